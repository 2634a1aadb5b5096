// An order under construction: which operations of a problem are placed already, in which sequence, and which are left.
// Placing and taking back cost O(1), and whatever is placed costs one small object, so that a search can keep the longest
// order it has seen by keeping a reference.

import type { Operation } from "../history.ts";
import { applyEffect, type KvState } from "../kv/specification.ts";
import { countLevels, createLevels, type Levels } from "./levels.ts";
import type { Entry, Problem } from "./problem.ts";

/** One placed operation, on top of those before it. */
export interface Placed {
  /** Its place among the problem's entries; lost writes are numbered after them. */
  readonly at: number;
  readonly before: Placed | undefined;
  readonly count: number;
}

export interface Placement {
  readonly problem: Problem;
  readonly levels: Levels;
  /** The entries still to be placed, in order of start: a ring through `entries.length`. */
  readonly after: Int32Array;
  readonly before: Int32Array;
  /** The last operation placed. */
  last: Placed | undefined;
  /** How many entries are still to be placed. */
  left: number;
}

export function createPlacement(problem: Problem): Placement {
  const count = problem.entries.length;
  const after = new Int32Array(count + 1);
  const before = new Int32Array(count + 1);
  for (let at = 0; at <= count; at++) {
    after[at] = at === count ? 0 : at + 1;
    before[at] = at === 0 ? count : at - 1;
  }
  return { problem, levels: createLevels(problem), after, before, last: undefined, left: count };
}

export function isLost(placement: Placement, at: number): boolean {
  return at >= placement.problem.entries.length;
}

export function entryAt({ problem }: Placement, at: number): Entry {
  const { entries, lost } = problem;
  return (at < entries.length ? entries[at] : lost[at - entries.length]) as Entry;
}

export function place(placement: Placement, at: number): void {
  placement.last = { at, before: placement.last, count: (placement.last?.count ?? 0) + 1 };
  if (isLost(placement, at)) return;
  const before = placement.before[at] as number;
  const after = placement.after[at] as number;
  placement.after[before] = after;
  placement.before[after] = before;
  placement.left--;
  countLevels(placement.levels, at, -1);
}

/** Takes back what was placed after `mark`. */
export function takeBack(placement: Placement, mark: Placed | undefined): void {
  while (placement.last !== mark && placement.last !== undefined) {
    const { at, before } = placement.last;
    placement.last = before;
    if (isLost(placement, at)) continue;
    placement.after[placement.before[at] as number] = at;
    placement.before[placement.after[at] as number] = at;
    placement.left++;
    countLevels(placement.levels, at, 1);
  }
}

/**
 * Places everything that the state allows and that changes nothing, now or later: no order is lost by doing so at once.
 * @param high The highest place among the entries placed before; -1 for none.
 * @returns The same after it.
 */
export function placeAllowedAnswers(placement: Placement, state: KvState, high: number): number {
  const { after, problem } = placement;
  const { entries } = problem;
  let highest = high;
  let minEnd = Number.POSITIVE_INFINITY;
  for (let at = after[entries.length] as number; at !== entries.length; at = after[at] as number) {
    const entry = entries[at] as Entry;
    if (entry.start > minEnd) break;
    if (changesNothing(entry, state) && applyEffect(state, entry.effect, undefined) === state) {
      place(placement, at);
      if (at > highest) highest = at;
    } else if (entry.end < minEnd) minEnd = entry.end;
  }
  return highest;
}

/** A delete-cas of a version that cannot come any more is as good as a read: all it can do is find no key. */
function changesNothing({ pure, effect }: Entry, state: KvState): boolean {
  if (pure) return true;
  return effect.kind === "delete-cas" && state.value === undefined && effect.index <= state.floor;
}

/**
 * A text that is equal for equal sets of placed entries only: the highest placed and the holes below it. The holes were
 * all under way when the highest was invoked, so there are never more of them than clients.
 */
export function placementKey({ after, problem }: Placement, high: number): string {
  let key = `${high}`;
  for (let at = after[problem.entries.length] as number; at < high; at = after[at] as number) key += `,${at}`;
  return key;
}

/** The operations placed up to `last`, first to last. */
export function orderUpTo(placement: Placement, last: Placed | undefined): Operation[] {
  const order: Operation[] = [];
  for (let placed = last; placed !== undefined; placed = placed.before)
    order.push(entryAt(placement, placed.at).operation);
  return order.reverse();
}
