// Nothing reaches the leader any more, but what it sends reaches everyone: it must step down for want of answers, though
// its heartbeats keep the followers quiet, and somebody else must take over.

import type { Scenario } from "../scenario.ts";

export function oneWayCut(t: Scenario): void {
  t.cluster({ servers: ["a", "b", "c"] });
  t.elect("a");
  t.put("k", "1").succeeds();
  t.cutOneWay(["b", "c"], ["a"]);
  t.until(() => t.leader("b", "c"), { withinMs: 8_000 });
  t.put("k", "2", { via: "b" }).succeeds();
  t.heal();
  t.settle();
  t.get("k", { via: "a" }).says("2");
}
