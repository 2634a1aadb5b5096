// Network coordinates, from the probes of gossip to what clients are told.

import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c"];

/** Names of nodes in the order in which an answer lists them. */
function nodesIn(body: string): string {
  return [...body.matchAll(/"Node":"(\w+)"/g)].map(([, name]) => name).join(" ");
}

scenario("each agent's coordinate comes into the catalog, and tells near from far at every server", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], seed: 12 });
  // x is beside c, and everything else is far away from both.
  for (const [from, to] of ["ab", "ac", "bc", "ax", "bx"]) {
    const ms = from === "a" && to === "b" ? 5 : 60;
    const latencyUs = [ms * 1000, ms * 1000 + 200] as const;
    t.link(from as string, to as string, { latencyUs });
    t.link(to as string, from as string, { latencyUs });
  }
  t.elect("a");
  t.run(240_000);
  // Of two that are beside each other either may come first: a node has a distance to itself, too.
  const nearest = (near: string, via: string, stale: string): string => {
    const answer = t.ask("GET", `/v1/catalog/nodes?${stale}near=${near}`, undefined, { via }).succeeds();
    return nodesIn(answer.body).split(" ").slice(0, 2).sort().join(" ");
  };
  for (const via of SERVERS) {
    const all = nodesIn(t.ask("GET", "/v1/coordinate/nodes?stale", undefined, { via }).succeeds().body);
    t.expect(all === "a b c x", `all have a coordinate, at ${via}: ${all}`);
    t.expect(nearest("b", via, "stale&") === "a b", `a is near b, at ${via}`);
    t.expect(nearest("x", via, "stale&") === "c x", `c is near x, at ${via}`);
  }
  t.expect(nearest("_agent", "x", "") === "c x", "c is near the client that asks");
  t.expect(nearest("_agent", "a", "") === "a b", "b is near the server that asks");
  t.settle();
});

scenario("a node's coordinate goes with it", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], seed: 13 });
  t.elect("b");
  t.run(60_000);
  const known = (): string => nodesIn(t.ask("GET", "/v1/coordinate/nodes", undefined, { via: "a" }).body);
  t.expect(known() === "a b c x", `all have a coordinate: ${known()}`);
  t.ask("PUT", "/v1/agent/leave", "", { via: "x", withinMs: 20_000 }).succeeds();
  t.until(() => known() === "a b c", { withinMs: 30_000 });
});
