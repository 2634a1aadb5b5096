// All servers lose power at the same moment, in the middle of writes; what was acknowledged is there when they are back.

import type { Scenario } from "../scenario.ts";

export function powerCut(t: Scenario): void {
  t.cluster({ servers: ["a", "b", "c"] });
  t.form();
  t.clients({ clients: 8, thinkUs: [1_000, 20_000] });
  for (let round = 0; round < 3; round++) {
    t.run(1_500);
    t.kill("a", "b", "c");
    t.run(500);
    t.restart("a", "b", "c");
    t.until(() => t.leader());
  }
  t.run(1_000);
  t.settle();
  t.same("commitIndex");
}
