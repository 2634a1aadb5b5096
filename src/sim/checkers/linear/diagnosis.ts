// From "no order explains these answers" to something a person can act on: the first answer after which nothing fits,
// the fewest operations that contradict one another, who wrote what they saw, and an order that explains all before.

import type { Operation } from "../history.ts";
import { describeState, effectOf, isPure } from "../kv/specification.ts";
import type { Finding } from "./finding.ts";
import { createProblem, isFresh } from "./problem.ts";
import { screen } from "./screen.ts";
import { type SearchResult, search } from "./search.ts";
import { decide, narrowDown, type Stretch } from "./stretch.ts";

/** Why a history is not linearizable. */
export interface LinearizabilityViolation {
  readonly key: string;
  /** A few words, equal for faults of one kind: "stale", "vanished", "two CAS on one version"… */
  readonly rule: string;
  /** One sentence that names operations by `#id`. */
  readonly explanation: string;
  /**
   * The fewest operations found that contradict one another, or what was before: whatever became of all others, no order
   * explains their answers. By invocation.
   */
  readonly operations: readonly Operation[];
  /**
   * A part that contradicts itself by its answers alone, whatever became of all other operations, and that cannot be made
   * smaller: without the answer of any one of these the others can be explained. By invocation.
   */
  readonly minimal: readonly Operation[];
  /** False: it takes too long to tell, and `minimal` is `operations`. */
  readonly isMinimal: boolean;
  /** Writes of the values that those saw, also such as are said to have failed. */
  readonly context: readonly Operation[];
  /**
   * An order that explains every answer before the one that broke it. Writes that take no part in the explanation
   * (unknown outcome, never noticed) are left out.
   */
  readonly witness: readonly Operation[];
  /** False: a quick search found none, and `witness` is the longest order that it found for a part of the answers. */
  readonly witnessIsWhole: boolean;
  /** Position of the event from which on operations were looked at one by one; 0 if from the beginning of the key. */
  readonly from: number;
  /** All that the key can have been by then; empty if from the beginning. */
  readonly before: readonly string[];
  /** Writes of unknown outcome from before. */
  readonly pending: readonly Operation[];
}

/** Steps for each of the questions below, of which there are tens: enough for what people can read. */
const QUESTION_STEPS = 10_000;

/**
 * @param remembered All that is known of the key: where rules see the fault, they name operations from anywhere in it.
 * @param last The part of it in which the fault shows.
 */
export function diagnose(key: string, remembered: Stretch, last: Stretch): LinearizabilityViolation {
  const seen = screen(createProblem(remembered.ground, remembered.operations));
  const stretch = seen === undefined ? narrowDown(last) : remembered;
  const { ground, operations } = stretch;
  const end = seen === undefined ? endOfFirstFault(stretch) : lastCompletion(seen.operations);
  const { rule, explanation, operations: culprits } = seen ?? findByShrinking(upTo(stretch, end));
  const minimal = minimalPart(stretch, culprits);
  const witness = searchWitness(upTo(remembered, end - 1));
  return {
    key,
    rule,
    explanation,
    operations: culprits,
    minimal: minimal ?? culprits,
    isMinimal: minimal !== undefined,
    context: writersOf(culprits, operations),
    witness: witness.order,
    witnessIsWhole: witness.kind === "found",
    from: isFresh(ground) ? 0 : Math.min(...operations.map(({ invokedAt }) => invokedAt)),
    before: isFresh(ground)
      ? []
      : [...new Set(ground.possibilities.map(({ state }) => describeState(state)))],
    pending: ground.lost,
  };
}

function searchWitness({ ground, operations }: Stretch): SearchResult {
  return search(createProblem(ground, operations), "quick", QUESTION_STEPS + 20 * operations.length);
}

/** The stretch as it stood after event `position`: what had not completed was open. */
function upTo({ ground, operations }: Stretch, position: number): Stretch {
  const begun = operations.filter(({ invokedAt }) => invokedAt <= position);
  return {
    ground,
    operations: begun.map((operation) =>
      operation.completedAt <= position ? operation : reopened(operation),
    ),
  };
}

function reopened(operation: Operation): Operation {
  return {
    ...operation,
    outcome: undefined,
    completedAt: Number.POSITIVE_INFINITY,
    completedMs: Number.POSITIVE_INFINITY,
  };
}

function completions(operations: readonly Operation[]): number[] {
  return operations
    .map(({ completedAt }) => completedAt)
    .filter((position) => position < Number.POSITIVE_INFINITY)
    .sort((a, b) => a - b);
}

function lastCompletion(operations: readonly Operation[]): number {
  return completions(operations).at(-1) ?? 0;
}

/** The first completion with which the operations stop being linearizable: before it every prefix is. */
function endOfFirstFault(stretch: Stretch): number {
  const ends = completions(stretch.operations);
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const prefix = upTo(stretch, ends[middle] as number);
    if (decide(prefix, QUESTION_STEPS).verdict === "violation") high = middle;
    else low = middle + 1;
  }
  return ends[low] ?? 0;
}

/** The fewest answers that contradict one another, as a finding. */
function findByShrinking(stretch: Stretch): Finding {
  const kept = shrink(stretch, answered(stretch));
  const { ground, operations } = keepingOnly(stretch, kept);
  return screen(createProblem(ground, operations)) ?? contradiction(kept);
}

function answered({ operations }: Stretch): Operation[] {
  return operations.filter(
    ({ outcome }) => outcome !== undefined && outcome.kind !== "unknown" && outcome.kind !== "failed",
  );
}

/** More answers than this are not tried one by one. */
const MOST_TO_SHRINK = 2_000;

/**
 * Begins with the operations that were named; if their answers alone do not contradict one another, because a rule rests
 * on what did not happen, with all. Undefined when that takes too long to tell.
 */
function minimalPart(stretch: Stretch, named: readonly Operation[]): Operation[] | undefined {
  const ids = new Set(named.map(({ id }) => id));
  const all = answered(stretch);
  for (const candidates of [all.filter(({ id }) => ids.has(id)), all]) {
    if (candidates.length > MOST_TO_SHRINK) return undefined;
    if (decide(keepingOnly(stretch, candidates), QUESTION_STEPS).verdict === "violation")
      return shrink(stretch, candidates);
  }
  return undefined;
}

/**
 * Takes away what the answers of ever more operations say, by halves and at last one by one, as long as the rest still
 * contradict one another. Taking more away never makes a contradiction, so one pass at each size is enough.
 */
function shrink(stretch: Stretch, candidates: readonly Operation[]): Operation[] {
  let kept = [...candidates];
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < kept.length; ) {
      const rest = kept.toSpliced(at, size);
      const verdict = decide(keepingOnly(stretch, rest), QUESTION_STEPS).verdict;
      if (verdict === "violation") kept = rest;
      else at += size;
    }
  return kept;
}

function contradiction(operations: readonly Operation[]): Finding {
  const names = operations.map(({ id }) => `#${id}`).join(", ");
  const explanation =
    operations.length === 1
      ? `the answer of ${names} fits nothing that the key can have been`
      : `no order of ${names} explains all of their answers`;
  return { rule: "no order explains the answers", explanation, operations };
}

/** All answers but those of `kept` taken away: what had no effect is gone, writes may have happened or not. */
function keepingOnly({ ground, operations }: Stretch, kept: readonly Operation[]): Stretch {
  const keep = new Set(kept);
  const weaker = operations.flatMap((operation) => {
    if (keep.has(operation)) return [operation];
    const effect = effectOf(operation);
    return effect === undefined || isPure(effect) ? [] : [reopened(operation)];
  });
  return { ground, operations: weaker };
}

/** Writes of the values that the culprits saw, also those that are said to have failed. */
function writersOf(culprits: readonly Operation[], operations: readonly Operation[]): Operation[] {
  const seen = new Set(
    culprits.flatMap(({ outcome }) =>
      outcome?.kind === "read" && outcome.version ? [outcome.version.value] : [],
    ),
  );
  return operations.filter(
    (operation) =>
      "value" in operation.action && seen.has(operation.action.value) && !culprits.includes(operation),
  );
}
