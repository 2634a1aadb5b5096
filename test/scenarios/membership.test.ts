// Who knows whom: gossip through crashes and cuts.

import { must } from "../../src/core/lib/assert.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c", "d", "e"];

/** From its next life on each agent has to find the others by itself. */
function tellNobody(t: Scenario): void {
  for (const { name } of t.world.nodes) t.reconfigure(name, (config) => ({ ...config, retryJoin: [] }));
}

// Seed 1208 of the swarm: the halves had each forgotten the other, and nobody looked for anybody any more.
scenario(
  "two halves that were restarted while the network was split find each other when it is whole",
  (t) => {
    t.cluster({ servers: SERVERS, seed: 1208 });
    t.until(() => t.leader());
    t.kill(...SERVERS);
    t.partition(["a", "c", "d"], ["b", "e"]);
    t.restart(...SERVERS);
    t.run(60_000);
    t.heal();
    t.settle();
    t.same("commitIndex");
    t.run(5_000);
    const looking = t.world.nodes.filter(
      ({ agent }) => agent?.joins.retries.lan.atMs !== Number.POSITIVE_INFINITY,
    );
    t.expect(looking.length === 0, "whoever knows everyone looks for nobody");
  },
);

scenario("a server that was cut off for minutes is a member again soon after", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], seed: 2 });
  t.until(() => t.leader());
  t.partition(["e"], ["a", "b", "c", "d", "x"]);
  t.run(180_000);
  t.heal();
  t.settle({ withinMs: 300_000 });
});

scenario("all members, restarted at once and told of nobody, find each other by what they remember", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x", "y"], seed: 5 });
  t.until(() => t.leader());
  t.settle();
  t.run(2_000);
  const everyone = [...SERVERS, "x", "y"];
  tellNobody(t);
  t.kill(...everyone);
  t.run(1_000);
  t.restart(...everyone);
  t.settle();
  t.put("motd", "hi", { via: "x" }).succeeds();
});

scenario(
  "two halves that were restarted while the network was split, told of nobody, find each other",
  (t) => {
    t.cluster({ servers: SERVERS, seed: 6 });
    t.until(() => t.leader());
    t.settle();
    t.run(2_000);
    tellNobody(t);
    t.kill(...SERVERS);
    t.partition(["a", "b", "c"], ["d", "e"]);
    t.restart(...SERVERS);
    t.run(60_000);
    t.heal();
    t.settle({ withinMs: 300_000 });
  },
);

scenario("a server whose memory of the pool is lost or torn comes back by what it is told", (t) => {
  t.cluster({ servers: SERVERS, seed: 7 });
  t.until(() => t.leader());
  t.settle();
  t.run(2_000);
  for (const name of ["a", "b"]) {
    t.kill(name);
    const { disk } = t.node(name);
    const bytes = must(disk.files.get("serf/local.snapshot"), "it remembered");
    if (name === "a") disk.files.delete("serf/local.snapshot");
    else disk.files.set("serf/local.snapshot", bytes.slice(0, bytes.length - 9).fill(0, 20, 40));
    t.restart(name);
    t.settle();
  }
});

// Seed 7213 of the swarm: a datacenter was let in by a server that was leaving, and nobody knew of it when that was gone.
scenario("whoever was let in by somebody who left looks for him, and finds him when he is back", (t) => {
  t.cluster({ servers: ["a"], clients: ["x"], seed: 8 });
  t.until(() => t.leader());
  t.settle();
  t.reconfigure("a", (config) => ({ ...config, retryJoin: [] }));
  t.ask("PUT", "/v1/agent/leave", "", { via: "a", withinMs: 30_000 }).succeeds();
  t.until(() => t.world.nodes.some(({ name, agent }) => name === "a" && agent === undefined));
  t.run(60_000);
  t.restart("a");
  t.settle({ withinMs: 20_000 });
  t.put("motd", "hi", { via: "x" }).succeeds();
  t.run(5_000);
  const looking = t.world.nodes.filter(
    ({ agent }) => agent?.joins.retries.lan.atMs !== Number.POSITIVE_INFINITY,
  );
  t.expect(looking.length === 0, "nobody looks any more");
});
