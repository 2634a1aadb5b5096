// What may come next in an order, and what to try first. Only operations that nothing still to be placed precedes may come
// next. Of several that nothing can tell apart one is enough; and a good guess at the first to try is what lets a search
// over a hundred thousand operations on one key walk straight through. A bad guess costs time, never an answer.

import { type KvEffect, type KvState, writtenValue } from "../kv/specification.ts";
import { isHidden, type Need, needOf } from "./levels.ts";
import type { Placement } from "./placement.ts";
import type { Entry, Problem } from "./problem.ts";
import { isWanted, type Wants } from "./wants.ts";

/** For each entry a number that it shares with all entries that nothing can tell from it; 0 for one of a kind. */
export type Twins = Uint8Array;
const DELETE_TWIN = 1;
const HIDDEN_PUT_TWIN = 2;

/**
 * Deletes are all alike. So are puts of values that nobody else writes and nobody reads, if nothing comes after this
 * problem (`isLast`): whichever of them is the last write, its value is never seen.
 */
export function twinsOf(problem: Problem, isLast: boolean): Twins {
  return Uint8Array.from(problem.entries, (entry) => {
    if (entry.effect.kind === "delete") return DELETE_TWIN;
    return isLast && entry.effect.kind === "put" && isHidden(entry, problem) ? HIDDEN_PUT_TWIN : 0;
  });
}

export interface Moves {
  /** Places of operations, the most promising first. */
  readonly places: number[];
  /** The earliest deadline among the entries still to be placed: what began after it cannot come next. */
  readonly minEnd: number;
}

/** The entries that may come next. */
export function nextEntries(placement: Placement, twins: Twins, state: KvState): Moves {
  const { after, problem, levels } = placement;
  const { entries } = problem;
  const places: number[] = [];
  let minEnd = Number.POSITIVE_INFINITY;
  for (let at = after[entries.length] as number; at !== entries.length; at = after[at] as number) {
    const entry = entries[at] as Entry;
    if (entry.start > minEnd) break;
    places.push(at);
    if (entry.end < minEnd) minEnd = entry.end;
  }
  if (places.length > 1) {
    keepFirstTwins(entries, twins, places);
    sortByUrgency(entries, levels.urgencies, needOf(levels, state), places);
  }
  return { places, minEnd };
}

/** Of twins the one with the earliest deadline can always come first: where another does, the two can change places. */
function keepFirstTwins(entries: readonly Entry[], twins: Twins, places: number[]): void {
  places.sort((a, b) => compareNumbers((entries[a] as Entry).end, (entries[b] as Entry).end));
  let kept = 0;
  let met = 0;
  for (const at of places) {
    const twin = twins[at] as number;
    if (twin > 0 && (met & (1 << twin)) !== 0) continue;
    met |= 1 << twin;
    places[kept++] = at;
  }
  places.length = kept;
}

/** What is due at a lower height comes first, then what has less time left. The sort is stable: see keepFirstTwins. */
function sortByUrgency(
  entries: readonly Entry[],
  urgencies: Float64Array,
  need: Need | undefined,
  places: number[],
): void {
  const urgency = (at: number): number => {
    const own = urgencies[at] as number;
    if (need === undefined || own < need.height) return own;
    const entry = entries[at] as Entry;
    if (!isNeeded(entry, need.what)) return own;
    // A CAS on the absent key fits nowhere else.
    return entry.effect.kind === "cas" ? need.height - 0.125 : need.height;
  };
  places.sort(
    (a, b) =>
      compareNumbers(urgency(a), urgency(b)) ||
      compareNumbers(urgencies[a] as number, urgencies[b] as number),
  );
}

/** Unlike a difference it can tell that Infinity equals itself. */
function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isNeeded({ effect, pure, known }: Entry, what: Need["what"]): boolean {
  if (what === "write") return known === undefined && writtenValue(effect) !== undefined;
  return !pure && writtenValue(effect) === undefined;
}

/**
 * The lost writes that may come next and are wanted; of several that ask for the same thing the first.
 * @param spent Ids of those placed already.
 */
export function nextLost(problem: Problem, spent: readonly number[], wants: Wants, minEnd: number): number[] {
  const places: number[] = [];
  const asked = new Set<string>();
  problem.lost.forEach((entry, at) => {
    if (entry.start > minEnd || spent.includes(entry.operation.id) || !isWanted(entry, wants)) return;
    const question = questionOf(entry.effect);
    if (asked.has(question)) return;
    asked.add(question);
    places.push(problem.entries.length + at);
  });
  return places;
}

function questionOf(effect: KvEffect): string {
  const index = "index" in effect ? effect.index : "";
  // What the end of a session does depends on its terms and on when it was.
  if (effect.kind === "invalidate") return JSON.stringify(effect);
  if (effect.kind === "swap") return JSON.stringify(effect);
  const session = "session" in effect ? effect.session : "";
  return `${effect.kind} ${index} ${session} ${writtenValue(effect) ?? ""}`;
}
