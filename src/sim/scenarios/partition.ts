// The leader is cut off with one follower from the other three: the majority elects another, the old leader steps down,
// what it could not commit is not there when the network heals.

import type { Scenario } from "../scenario.ts";

export function partition(t: Scenario): void {
  t.cluster({ servers: ["a", "b", "c", "d", "e"] });
  t.elect("a");
  t.put("motd", "before").succeeds();
  t.partition(["a", "b"], ["c", "d", "e"]);
  t.put("motd", "lost", { via: "a", withinMs: 500 }).fails();
  t.until(() => t.leader("c", "d", "e"));
  t.put("motd", "after", { via: "d" }).succeeds();
  t.until(() => t.leader("a") === undefined);
  t.get("motd", { via: "a", mode: "consistent", withinMs: 500 }).fails();
  t.get("motd", { via: "a", mode: "stale" }).says("before");
  t.heal();
  t.settle();
  t.get("motd", { via: "a" }).says("after");
  t.same("commitIndex");
}
