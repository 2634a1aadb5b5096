// Client agents: whom they ask, and what their callers notice of servers that come to harm.

import { must } from "../../src/core/lib/assert.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c"];

/** The order in which a client agent asks, by the servers' names. */
function order(t: Scenario, client: string): string[] {
  const { service } = must(t.node(client).agent, "it is up");
  return service.preference.map((id) => must(service.servers.get(id), "it is known").name);
}

function followsAnybody(t: Scenario, server: string): boolean {
  const { service } = must(t.node(server).agent, "it is up");
  return service.server?.raft.leader !== undefined;
}

/** Has a client agent ask this server first. */
function prefer(t: Scenario, client: string, server: string): void {
  const { service } = must(t.node(client).agent, "it is up");
  const { preference } = service;
  const place = preference.findIndex((id) => service.servers.get(id)?.name === server);
  preference.unshift(...preference.splice(place, 1));
}

scenario("what is asked while a leader is elected waits, and its caller notices nothing", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], seed: 21 });
  t.elect("a");
  t.run(5_000);
  prefer(t, "x", "b");
  t.partition(["a"], ["b", "c", "x"]);
  t.until(() => !followsAnybody(t, "b"), { withinMs: 20_000 });
  t.expect(t.leader("b", "c") === undefined, "the election is yet to be won");
  t.put("k", "1", { via: "x" }).succeeds();
  t.expect(t.leader("b", "c") !== undefined, "another leads by then");
  t.get("k", { via: "x" }).says("1");
});

scenario("a client agent turns from a server that is cut off from the others to one that is not", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], seed: 22 });
  t.elect("b");
  t.run(5_000);
  prefer(t, "x", "a");
  t.partition(["a"], ["b", "c"]);
  t.run(2_000);
  prefer(t, "x", "a");
  t.put("k", "1", { via: "x" }).succeeds();
  t.expect(order(t, "x").at(-1) === "a" || !order(t, "x").includes("a"), "a is asked last, if at all");
  t.put("k", "2", { via: "x" }).succeeds();
  t.get("k", { via: "x" }).says("2");
});

scenario("a client agent's caller is told that there is no leader when there is none anywhere", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], seed: 25 });
  t.elect("b");
  t.run(5_000);
  t.partition(["a"], ["b", "c"]);
  t.partition(["b"], ["c"]);
  t.until(() => SERVERS.every((server) => !followsAnybody(t, server)), { withinMs: 20_000 });
  t.put("k", "1", { via: "x" }).fails().says("rpc error making call: No cluster leader");
  t.get("k", { via: "x" }).fails().says("rpc error making call: No cluster leader");
  t.heal();
  t.settle();
  t.put("k", "2", { via: "x" }).succeeds();
});

scenario("client agents spread over a server that comes back", (t) => {
  const clients = ["u", "v", "w", "x", "y", "z"];
  t.cluster({ servers: SERVERS, clients, seed: 23 });
  t.elect("a");
  t.kill("c");
  t.run(60_000);
  const onC = (): number => clients.filter((client) => order(t, client)[0] === "c").length;
  t.expect(onC() === 0, "nobody asks a server that is gone");
  t.restart("c");
  t.until(() => onC() > 0, { withinMs: 600_000 });
  t.settle();
});

scenario(
  "what may only be so stale is asked of the leader when the server has been without it for longer",
  (t) => {
    t.cluster({ servers: SERVERS, clients: ["x"], seed: 24 });
    t.elect("a");
    t.run(5_000);
    t.partition(["c"], ["a", "b"]);
    t.run(3_000);
    t.ask("PUT", "/v1/catalog/register", '{"Node":"late","Address":"10.9.9.9"}', { via: "a" }).succeeds();
    const asks = (what: string): boolean => {
      prefer(t, "x", "c");
      return t.ask("GET", `/v1/catalog/nodes?${what}`, undefined, { via: "x" }).body.includes('"late"');
    };
    t.expect(!asks("stale") && !asks("max_stale=1h"), "who bears it is told the past");
    t.expect(asks("max_stale=1s"), "who does not is told what the leader knows");
    t.expect(asks(""), "and so is who says nothing");
    // From its next life on, this agent's callers bear what they do not speak of.
    t.reconfigure("x", (config) => ({ discoveryMaxStaleMs: 3_600_000, ...config }));
    t.kill("x");
    t.restart("x");
    t.run(2_000);
    t.expect(!asks("") && asks("consistent"), "what is said goes before what is configured");
    t.heal();
    t.settle();
  },
);
