// What clients were told, judged by every checker that judges histories: first mutual exclusion, which says what users of
// locks would say, then linearizability, which implies it and much more.

import { Violation } from "../violation.ts";
import type { History } from "./history.ts";
import {
  type CheckerOptions,
  checkHistory,
  createChecker,
  feedChecker,
  finishChecker,
  type HistoryVerdict,
  renderViolation,
} from "./linearizability.ts";
import { createLockChecker, feedLockChecker } from "./lock-exclusion.ts";

const LINEARIZABILITY = "linearizability";
const LINEARIZABILITY_UNDECIDED = "linearizability-undecided";

/** Both throw a Violation with what is wrong, as text for people. */
export interface HistoryJudge {
  /** Takes in what was recorded since the last call, so that a run that has gone wrong need not be run to its end. */
  soFar(): void;
  /** Takes in the rest and decides; what is still open counts as unknown. The judge is used up. */
  atLast(): void;
}

/**
 * @param history It must not be forgotten while it is judged: violations are explained from all of it.
 * @param options How long to search, if not as long as usual.
 */
export function createHistoryJudge(
  history: History,
  options: Pick<Partial<CheckerOptions>, "budget"> = {},
): HistoryJudge {
  const checker = createChecker({ remember: Number.POSITIVE_INFINITY, ...options });
  const locks = createLockChecker();
  const exclude = (): void => {
    const violation = feedLockChecker(locks, history);
    if (violation !== undefined) throw new Violation(violation.id, violation.explanation);
  };
  return {
    soFar() {
      exclude();
      if (feedChecker(checker, history) !== undefined) demandOk(checkHistory(history, options));
    },
    atLast() {
      exclude();
      demandOk(finishChecker(checker, history));
    },
  };
}

/** Judges a whole history. @throws Violation */
export function judgeHistory(history: History): void {
  createHistoryJudge(history).atLast();
}

function demandOk(verdict: HistoryVerdict): void {
  if (verdict.verdict === "violation") throw new Violation(LINEARIZABILITY, renderViolation(verdict));
  if (verdict.verdict === "undecided")
    throw new Violation(LINEARIZABILITY_UNDECIDED, `the search gave up on ${verdict.keys.join(", ")}`);
}
