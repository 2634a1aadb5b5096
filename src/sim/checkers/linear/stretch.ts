// Judging a stretch: the operations of one key from one moment at which none was under way to another. A stretch is
// decided, when nothing comes after it; or folded, into all that matters of it for what comes after.

import { seededChance } from "../../../core/lib/chance.ts";
import type { Operation } from "../history.ts";
import { withoutEnded } from "../kv/lock.ts";
import type { Finding } from "./finding.ts";
import { createProblem, type Ground, type Possibility, type Problem } from "./problem.ts";
import { screen } from "./screen.ts";
import { type Cancel, type SearchResult, search } from "./search.ts";

export interface Stretch {
  readonly ground: Ground;
  /** Of one key. Open ones count as unknown. */
  readonly operations: readonly Operation[];
}

export type Decision = { readonly steps: number } & (
  | { readonly verdict: "ok" }
  /** `finding`: what the rules say of it, if they were asked and see it. */
  | { readonly verdict: "violation"; readonly finding: Finding | undefined }
  | { readonly verdict: "undecided" }
);

/**
 * Whether some order explains the operations, when nothing comes after them: a quick search, since nearly all histories
 * are right; then the rules, which find most of what is wrong without searching; then the long search.
 * @param budget The most steps to take in the quick search, and once more in the long one.
 */
export function decide({ ground, operations }: Stretch, budget: number, isCancelled?: Cancel): Decision {
  const problem = createProblem(ground, operations);
  const quick = search(problem, "quick", Math.min(budget, quickSteps(problem)), isCancelled);
  const { steps } = quick;
  if (quick.kind === "found") return { verdict: "ok", steps };
  const finding = screen(problem);
  if (finding !== undefined || quick.kind === "none") return { verdict: "violation", finding, steps };
  const long = searchLong(problem, budget, isCancelled);
  const total = steps + long.steps;
  if (long.kind === "gave-up") return { verdict: "undecided", steps: total };
  return long.kind === "found"
    ? { verdict: "ok", steps: total }
    : { verdict: "violation", finding: undefined, steps: total };
}

/** What a search takes that hardly ever has to go back, and some. */
function quickSteps({ entries }: Problem): number {
  return 1_000 + 20 * entries.length;
}

/**
 * One wrong guess near the beginning can cost a depth-first search more than all else, and another guess there nothing: so
 * half of the budget goes to searches that guess differently, ever longer ones, and the rest to one that does not stop.
 * (Gomes, Selman & Kautz, "Boosting combinatorial search through randomization", 1998.) The guesses are always the same.
 */
function searchLong(problem: Problem, budget: number, isCancelled?: Cancel): SearchResult {
  let steps = 0;
  let most = quickSteps(problem);
  for (let round = 0; steps + most <= budget / 2 && !isCancelled?.(); round++) {
    const goal = round % 2 === 0 ? "quick" : "one";
    const result = search(problem, goal, most, isCancelled, seededChance(`guess ${round}`));
    steps += result.steps;
    if (result.kind !== "gave-up") return { ...result, steps };
    most = Math.ceil(most * LONGER);
  }
  const result = search(problem, "one", budget - steps, isCancelled);
  return { ...result, steps: steps + result.steps };
}

/** How much longer each search is than the one before: half of the budget suffices for tens of them. */
const LONGER = 1.1;

export type Fold = { readonly steps: number } & (
  | { readonly kind: "folded"; readonly ground: Ground }
  | { readonly kind: "violation" }
  /** It can be left in too many ways, or it takes too long to find them all. */
  | { readonly kind: "too-much" }
);

/** Past this many ways for a key to be, waiting for the answers that rule some out is cheaper than following all. */
const MOST_POSSIBILITIES = 32;

/** All ways in which the operations can leave the key. */
export function fold({ ground, operations }: Stretch, isCancelled?: Cancel): Fold {
  const problem = createProblem(ground, operations);
  const result = search(problem, "all", 500 + 20 * operations.length, isCancelled);
  const { steps } = result;
  if (result.kind === "none") return { kind: "violation", steps };
  if (result.kind === "gave-up" || result.ends.length > MOST_POSSIBILITIES)
    return { kind: "too-much", steps };
  const lost = problem.lost.map((entry) => entry.operation);
  return { kind: "folded", steps, ground: groundAfter(ground, lost, result.ends, endOf(operations)) };
}

function endOf(operations: readonly Operation[]): number {
  let end = 0;
  for (const { completedAt, invokedAt } of operations)
    end = Math.max(end, completedAt < Number.POSITIVE_INFINITY ? completedAt : invokedAt);
  return end;
}

/** A lost write that has taken effect on every way is lost no more; a session that has ended on every way is known to. */
function groundAfter(
  { ended }: Ground,
  lost: readonly Operation[],
  ends: readonly Possibility[],
  position: number,
): Ground {
  const stillLost = lost.filter(({ id }) => !ends.every(({ spent }) => spent.includes(id)));
  const ids = new Set(stillLost.map(({ id }) => id));
  const endedNow = new Set(
    ends[0]?.state.lock.ended.filter((session) =>
      ends.every(({ state }) => state.lock.ended.includes(session)),
    ),
  );
  return {
    possibilities: ends.map(({ state, spent }) => ({
      state: endedNow.size === 0 ? state : { ...state, lock: withoutEnded(state.lock, endedNow) },
      spent: spent.filter((id) => ids.has(id)),
    })),
    lost: stillLost,
    ...noteEnded(ended, endedNow, position),
  };
}

/** One map for all grounds of a key: it is only added to, and says from which position on each entry counts. */
function noteEnded(
  ended: Ground["ended"],
  endedNow: ReadonlySet<string>,
  position: number,
): Pick<Ground, "ended"> {
  if (endedNow.size === 0) return ended === undefined ? {} : { ended };
  const all = (ended ?? new Map<string, number>()) as Map<string, number>;
  for (const session of endedNow) if (!all.has(session)) all.set(session, position);
  return { ended: all };
}

/** The shortest stretch in which the violation in `stretch` shows, as far as can be told by folding what is before. */
export function narrowDown(stretch: Stretch): Stretch {
  let { ground } = stretch;
  let operations: Operation[] = [];
  for (const piece of piecesAtRest(stretch.operations)) {
    operations = [...operations, ...piece];
    const result = fold({ ground, operations });
    if (result.kind === "violation") break;
    if (result.kind === "too-much") continue;
    ground = result.ground;
    operations = [];
  }
  return operations.length === 0 ? stretch : { ground, operations };
}

/** The operations, cut wherever none was under way, but for those whose outcome nobody will ever know. */
function piecesAtRest(operations: readonly Operation[]): Operation[][] {
  const pieces: Operation[][] = [];
  let restAt = -1;
  for (const operation of [...operations].sort((a, b) => a.invokedAt - b.invokedAt)) {
    const piece = pieces.at(-1);
    if (piece === undefined || operation.invokedAt > restAt) pieces.push([operation]);
    else piece.push(operation);
    const { outcome, completedAt } = operation;
    if (outcome !== undefined && outcome.kind !== "unknown") restAt = Math.max(restAt, completedAt);
  }
  return pieces;
}
