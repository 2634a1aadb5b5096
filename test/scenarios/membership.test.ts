// Who knows whom: gossip through crashes and cuts.

import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c", "d", "e"];

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
