// The leader is killed, three times over, under load; each time another takes over, and nobody's write is lost.

import type { Scenario } from "../scenario.ts";

export function leaderLoss(t: Scenario): void {
  t.cluster({ servers: ["a", "b", "c"] });
  t.form();
  t.clients({ clients: 4 });
  for (let round = 1; round <= 3; round++) {
    t.run(2_000);
    const lost = t.leader();
    if (lost === undefined) continue;
    const answered = t.answered;
    t.kill(lost);
    t.until(() => t.leader() !== undefined && t.leader() !== lost);
    t.run(1_000);
    t.expect(t.answered > answered, "clients go on after the leader's death");
    t.restart(lost);
  }
  t.settle();
  t.same("commitIndex");
}
