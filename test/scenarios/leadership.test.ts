// Who leads, who stops leading, and who takes over.

import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c"];

scenario("a leader cut off from its followers steps down, and what it could not commit is gone", (t) => {
  t.cluster({ servers: SERVERS, seed: 7 });
  t.elect("a");
  t.put("motd", "before", { via: "a" }).succeeds();
  t.partition(["a"], ["b", "c"]);
  t.put("motd", "lost", { via: "a", withinMs: 200 }).fails();
  t.until(() => t.leader("b", "c"), { withinMs: 5_000 });
  t.put("motd", "after", { via: "b" }).succeeds();
  t.heal();
  t.settle();
  t.get("motd", { via: "a" }).says("after");
  t.same("commitIndex");
  t.golden("leader-cut-off");
});

scenario("a killed leader is replaced by one that has all that was acknowledged", (t) => {
  t.cluster({ servers: SERVERS, seed: 11 });
  t.elect("b");
  t.put("motd", "acknowledged", { via: "c" }).succeeds();
  t.kill("b");
  t.until(() => t.leader("a", "c"));
  t.get("motd", { via: "a", mode: "consistent" }).says("acknowledged");
  t.restart("b");
  t.settle();
  t.same("commitIndex");
  t.golden("leader-killed");
});

scenario("a server whose log is behind is not elected", (t) => {
  t.cluster({ servers: SERVERS, seed: 3 });
  t.elect("a");
  t.partition(["c"], ["a", "b"]);
  t.put("motd", "c has not this", { via: "a" }).succeeds();
  t.heal();
  t.kill("a");
  t.until(() => t.leader("b", "c"));
  t.expect(t.leader("b", "c") === "b", "b, which has the entry, leads");
  t.get("motd", { via: "c" }).says("c has not this");
});

scenario("a follower that was cut off does not depose the leader when it comes back", (t) => {
  t.cluster({ servers: SERVERS, seed: 5 });
  t.elect("a");
  const term = t.world.nodes[0]?.agent?.service.server?.raft.currentTerm;
  t.partition(["c"], ["a", "b"]);
  t.run(10_000);
  t.heal();
  t.run(5_000);
  t.expect(t.leader() === "a", "a still leads");
  t.expect(t.world.nodes[0]?.agent?.service.server?.raft.currentTerm === term, "its term is the same");
});

scenario("without a majority nothing is acknowledged, and with one again all goes on", (t) => {
  t.cluster({ servers: SERVERS, seed: 2 });
  t.elect("a");
  t.kill("b", "c");
  t.put("motd", "alone", { via: "a", withinMs: 3_000 }).fails();
  t.get("motd", { via: "a", mode: "consistent", withinMs: 3_000 }).fails();
  t.restart("b");
  t.until(() => t.leader());
  t.put("motd", "two of three", { via: "a" }).succeeds();
  t.restart("c");
  t.settle();
  t.same("commitIndex");
});

scenario("three of five is a majority, two are none", (t) => {
  t.cluster({ servers: ["a", "b", "c", "d", "e"], seed: 9 });
  t.elect("a");
  t.partition(["a", "b"], ["c", "d", "e"]);
  t.put("motd", "of two", { via: "a", withinMs: 100 }).fails();
  t.until(() => t.leader("c", "d", "e"));
  t.put("motd", "of three", { via: "d" }).succeeds();
  t.heal();
  t.settle();
  t.get("motd", { via: "b" }).says("of three");
});
