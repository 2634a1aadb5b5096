// A follower comes and goes every half second. Pre-vote keeps it from deposing the leader each time it is back.

import type { Scenario } from "../scenario.ts";

export function flapping(t: Scenario): void {
  t.cluster({ servers: ["a", "b", "c"] });
  t.elect("a");
  t.clients();
  for (let round = 0; round < 12; round++) {
    t.partition(["c"], ["a", "b"]);
    t.run(round % 3 === 0 ? 3_000 : 500);
    t.heal();
    t.run(500);
    t.expect(t.leader() === "a", "the leader stays");
  }
  t.settle();
  t.same("currentTerm");
}
