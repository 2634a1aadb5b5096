// Two datacenters with a WAN between them: one join by hand is enough, each keeps its own state, questions cross, and what
// goes wrong between them or in one of them is no trouble of the other's.

import { gossipMembers } from "../../src/core/gossip/step.ts";
import type { ClusterOptions } from "../../src/sim/cluster.ts";
import { placeIn } from "../../src/sim/place.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

const HERE = ["a", "b", "c"];
const THERE = ["x", "y", "z"];
const ALL: readonly string[] = [...HERE, ...THERE, "k", "l"];
const elsewhere: readonly ClusterOptions[] = [{ servers: THERE, clients: ["l"] }];

function federate(t: Scenario, seed: number): void {
  t.cluster({ servers: HERE, clients: ["k"], elsewhere, seed });
  t.until(() => t.leader(...HERE) && t.leader(...THERE));
  t.settle();
}

/** What a server knows of another in the WAN. */
function statusOf(t: Scenario, observer: string, name: string): string | undefined {
  const wan = t.world.nodes.find((node) => node.name === observer)?.agent?.pools.wan;
  return wan && gossipMembers(wan).find((member) => member.name === name)?.status;
}

scenario("one server told of one of the other datacenter brings all servers together", (t) => {
  federate(t, 1);
  for (const via of ALL) t.ask("GET", "/v1/catalog/datacenters", undefined, { via }).succeeds();
  t.ask("GET", "/v1/catalog/datacenters", undefined, { via: "k" }).says('["dc1","dc2"]');
  t.ask("GET", "/v1/catalog/datacenters", undefined, { via: "y" }).says('["dc2","dc1"]');
});

scenario("each datacenter has its own keys, and either can be asked for the other's", (t) => {
  federate(t, 2);
  t.put("k0", "here", { via: "k" }).succeeds();
  t.put("k0?dc=dc1", "from-there", { via: "l" }).succeeds();
  t.get("k0", { mode: "consistent", via: "a" }).says("from-there");
  t.get("k0", { via: "x" }).fails();
  t.get("k0", { mode: "dc=dc1&consistent", via: "x" }).says("from-there");
  t.get("k0", { mode: "dc=dc9", via: "x" }).fails().says("No path to datacenter");
});

scenario("a datacenter that has lost its leader answers nobody, and nobody but its own minds", (t) => {
  federate(t, 3);
  t.kill("x", "y");
  t.put("k0", "still", { via: "b" }).succeeds();
  t.put("k0?dc=dc2", "never", { via: "b", withinMs: 20_000 }).fails();
  t.restart("x", "y");
  t.until(() => t.leader(...THERE), { withinMs: 30_000 });
  t.put("k0?dc=dc2", "again", { via: "b" }).succeeds();
  t.settle({ withinMs: 200_000 });
});

scenario("a read goes to the next server of a datacenter when the first is dead", (t) => {
  federate(t, 4);
  t.put("k0?dc=dc2", "v", { via: "a" }).succeeds();
  t.kill("x");
  t.until(() => t.leader("y", "z"), { withinMs: 30_000 });
  for (let times = 0; times < 6; times++) t.get("k0", { mode: "dc=dc2", via: "a" }).says("v");
});

scenario("datacenters that were cut off from each other for minutes find back without being told", (t) => {
  federate(t, 5);
  t.partition([...HERE, "k"], [...THERE, "l"]);
  t.run(300_000);
  t.expect(statusOf(t, "a", "x.dc2") === "failed", "the other datacenter is given up");
  t.ask("GET", "/v1/catalog/datacenters", undefined, { via: "a" }).says('["dc1","dc2"]');
  t.put("k0", "meanwhile", { via: "a" }).succeeds();
  t.heal();
  t.settle({ withinMs: 300_000 });
  t.get("k0", { mode: "dc=dc1", via: "z" }).says("meanwhile");
});

scenario("a server that leaves has left in both pools, before its LAN lets go of it", (t) => {
  federate(t, 6);
  t.ask("PUT", "/v1/agent/leave", undefined, { via: "c", withinMs: 30_000 }).succeeds();
  t.run(5_000);
  for (const observer of ["a", "b", "x", "y", "z"])
    t.expect(statusOf(t, observer, "c.dc1") === "left", `${observer} knows that c.dc1 left`);
  t.restart("c");
  t.settle({ withinMs: 120_000 });
});

scenario("a server that autopilot gives up is given up in both pools", (t) => {
  federate(t, 7);
  t.kill("z");
  t.until(() => statusOf(t, "a", "z.dc2") === "left", { withinMs: 200_000 });
});

scenario("a server of another datacenter that nobody there can give up is given up from here", (t) => {
  federate(t, 9);
  t.kill("y", "z");
  t.until(() => statusOf(t, "a", "z.dc2") === "failed", { withinMs: 200_000 });
  t.ask("PUT", "/v1/agent/force-leave/nobody.dc2", undefined, { via: "a" }).fails();
  t.ask("PUT", "/v1/agent/force-leave/z.dc2", undefined, { via: "a" }).succeeds();
  t.until(() => ["a", "x"].every((observer) => statusOf(t, observer, "z.dc2") === "left"));
});

scenario(
  "what clients of two datacenters are told of one's keys is one history, whatever happens between",
  (t) => {
    federate(t, 8);
    t.clients({ place: placeIn("dc1"), clients: 6 });
    const links = { latencyUs: [30_000, 60_000] } as const;
    for (const from of ["k", ...HERE])
      for (const to of ["l", ...THERE]) void [t.link(from, to, links), t.link(to, from, links)];
    for (let round = 0; round < 12; round++) {
      t.run(3_000);
      const [victim = "a", other = "x"] = [HERE[round % 3], THERE[(round * 2) % 3]];
      if (round % 4 === 0) t.kill(victim);
      if (round % 4 === 1) t.kill(other);
      if (round % 4 === 2)
        t.partition(
          [victim],
          ALL.filter((name) => name !== victim),
        );
      if (round % 4 === 3) t.partition([...HERE, "k"], [...THERE, "l"]);
      t.run(4_000);
      t.heal();
      t.restart(
        ...ALL.filter((name) => t.world.nodes.find((node) => node.name === name)?.agent === undefined),
      );
    }
    t.settle({ withinMs: 300_000 });
    t.expect(t.answered > 300, `clients were answered often enough, ${t.answered} times`);
  },
);
