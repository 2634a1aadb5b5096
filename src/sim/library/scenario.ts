// Stories of whole agents for those who use the simulator as a library: one call tells a story (sim/scenario.ts) and says
// what came of it.

import { Scenario, type Story } from "../scenario.ts";
import type { Violation } from "../violation.ts";
import { asViolation } from "../violation.ts";

export interface ScenarioOptions {
  /** Everything is drawn from it. Default 1. */
  readonly seed?: number | string;
  /** A planted bug (`quorate sim list`), to see the checkers at work. */
  readonly planted?: string;
}

export interface ScenarioReport {
  readonly seed: string;
  /** Everything came about that the story demands, and no rule was broken. */
  readonly ok: boolean;
  /** Id of the rule that was broken: "story" where the story's own demands were not met; "" for none. */
  readonly violation: string;
  readonly message: string;
  readonly simulatedMs: number;
  readonly events: number;
  /** Sixteen digits over all that happened: equal for equal runs. */
  readonly digest: string;
  /** The run, a line an event. */
  readonly lines: readonly string[];
}

/**
 * Tells a story of whole agents. @throws What the story itself throws; broken rules are in the report.
 * @param story Is handed the scenario, and begins with `t.cluster(…)`.
 */
export function scenario(story: Story, { seed = 1, planted }: ScenarioOptions = {}): ScenarioReport {
  const told = new Scenario({ seed: String(seed), planted });
  let violation: Violation | undefined;
  try {
    story(told);
    told.judge();
  } catch (error) {
    violation = asViolation(error);
  }
  const { world } = told;
  return {
    seed: String(seed),
    ok: violation === undefined,
    violation: violation?.id ?? "",
    message: violation?.message ?? "",
    simulatedMs: world.nowUs / 1000,
    events: world.events,
    digest: told.digest(),
    lines: told.lines,
  };
}
