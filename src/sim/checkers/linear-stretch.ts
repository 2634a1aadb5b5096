// Judging a stretch: the operations of one key from one moment at which none was under way to another. A stretch is
// decided, when nothing comes after it; or folded, into all that matters of it for what comes after.

import type { Operation } from "./history.ts";
import { withoutEnded } from "./kv-lock.ts";
import type { Finding } from "./linear-finding.ts";
import { createProblem, type Ground, type Possibility } from "./linear-problem.ts";
import { screen } from "./linear-screen.ts";
import { type Cancel, search } from "./linear-search.ts";

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
 * @param budget The most steps to take in one search.
 */
export function decide({ ground, operations }: Stretch, budget: number, isCancelled?: Cancel): Decision {
  const problem = createProblem(ground, operations);
  const quick = search(problem, "quick", Math.min(budget, 1_000 + 20 * problem.entries.length), isCancelled);
  const { steps } = quick;
  if (quick.kind === "found") return { verdict: "ok", steps };
  const finding = screen(problem);
  if (finding !== undefined || quick.kind === "none") return { verdict: "violation", finding, steps };
  const long = search(problem, "one", budget, isCancelled);
  const total = steps + long.steps;
  if (long.kind === "gave-up") return { verdict: "undecided", steps: total };
  return long.kind === "found"
    ? { verdict: "ok", steps: total }
    : { verdict: "violation", finding: undefined, steps: total };
}

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
