// The leader's process is stopped (SIGSTOP) long enough for an election, and goes on as if nothing had happened: whatever
// it still believes, it must not answer from its old state.

import type { Scenario } from "../scenario.ts";

export function stoppedLeader(t: Scenario): void {
  t.cluster({ servers: ["a", "b", "c"] });
  t.elect("a");
  t.put("k", "old").succeeds();
  t.stop("a");
  t.until(() => t.leader("b", "c"));
  t.put("k", "new", { via: "b" }).succeeds();
  t.cont("a");
  t.get("k", { via: "a" }).says("new");
  t.get("k", { via: "a", mode: "consistent" }).says("new");
  t.settle();
}
