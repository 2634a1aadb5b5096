// What reads promise: the default one, the consistent one, the stale one.

import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c"];

scenario("a leader that was stopped while another took over does not answer with the past", (t) => {
  t.cluster({ servers: SERVERS, seed: 4 });
  t.elect("a");
  t.put("motd", "old", { via: "a" }).succeeds();
  t.stop("a");
  t.until(() => t.leader("b", "c"));
  t.put("motd", "new", { via: "b" }).succeeds();
  t.cont("a");
  // Its first turn after SIGCONT: it does not know yet what happened meanwhile, but its lease is over.
  t.get("motd", { via: "a" }).says("new");
  t.get("motd", { via: "a", mode: "consistent" }).says("new");
  t.golden("stopped-leader-reads");
});

scenario("a stale read is answered by whoever is asked, even alone, and may be of the past", (t) => {
  t.cluster({ servers: SERVERS, seed: 6 });
  t.elect("a");
  t.put("motd", "one", { via: "a" }).succeeds();
  t.run(500);
  t.partition(["c"], ["a", "b"]);
  t.put("motd", "two", { via: "a" }).succeeds();
  t.get("motd", { via: "c", mode: "stale" }).says("one");
  t.get("motd", { via: "c", mode: "consistent", withinMs: 2_000 }).fails();
  t.heal();
  t.settle();
  t.get("motd", { via: "c", mode: "stale" }).says("two");
});

scenario("a compare-and-set that comes second is refused, whoever was asked", (t) => {
  t.cluster({ servers: SERVERS, clients: ["x"], seed: 8 });
  t.elect("b");
  t.cas("lock", 0, "first", { via: "a" }).succeeds();
  t.cas("lock", 0, "second", { via: "x" }).fails();
  t.get("lock", { via: "c" }).says("first");
  t.delete("lock", { via: "x" }).succeeds();
  t.cas("lock", 0, "third", { via: "c" }).succeeds();
  t.get("lock", { via: "x", mode: "consistent" }).says("third");
});
