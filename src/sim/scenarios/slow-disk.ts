// The leader's disk takes two seconds for each write. The followers' disks are enough to commit; the leader still leads.

import type { Scenario } from "../scenario.ts";

export function slowDisk(t: Scenario): void {
  t.cluster({ servers: ["a", "b", "c"] });
  t.elect("a");
  t.slowDisk("a", 2_000);
  t.put("k", "1", { withinMs: 500 }).succeeds();
  t.put("k", "2", { via: "b", withinMs: 500 }).succeeds();
  t.get("k", { mode: "consistent" }).says("2");
  t.expect(t.leader() === "a", "a slow disk is no reason to lose the leadership");
  t.kill("a");
  t.until(() => t.leader("b", "c"));
  t.get("k", { via: "c" }).says("2");
  t.slowDisk("a", 0);
  t.restart("a");
  t.settle();
}
