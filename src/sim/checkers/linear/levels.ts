// Which ModifyIndexes an order of operations still has to pass through, and what must come before each: the version order
// as a witness. A key's index only grows, so an order that has come to 9 while a read of version 7 is still to be placed
// has failed already, however many ways there are to go on. This turns most of the search into a walk.

import { isIndex, mayBeCreatedAt } from "../kv/index-bounds.ts";
import { type KvState, meetsAbsence, shownVersion, writtenValue } from "../kv/specification.ts";
import type { Entry, Problem } from "./problem.ts";

/**
 * A height for each index that some operation is known to have written (2·index) or found (2·index + 1). An operation of
 * which only is known which version it must precede is due just below that (2·index - 0.5).
 */
export interface Levels {
  /** Ascending, and Infinity at the end. */
  readonly heights: readonly number[];
  /** CreateIndex of the next version at or above each height that a read shows; 0 if there is none. */
  readonly creates: Float64Array;
  /** How many operations are still to be placed at each. */
  readonly left: Int32Array;
  /** The lowest level at which anything is left. */
  lowest: number;
  /** Places in `heights`, two for each entry: where it writes or is due, and where it finds; -1 for none. */
  readonly places: Int32Array;
  /** For each entry the height before which it had better be placed; Infinity if it matters little. */
  readonly urgencies: Float64Array;
}

export function createLevels(problem: Problem): Levels {
  const { entries } = problem;
  const lives = livesIn(entries);
  const due = dueHeights(problem, lives);
  const wanted = new Float64Array(2 * entries.length);
  entries.forEach((entry, at) => {
    const [written, found] = [writtenHeight(entry), foundHeight(entry, problem)];
    wanted[2 * at] = written < 0 && found < 0 ? (due[at] as number) : written;
    wanted[2 * at + 1] = found;
  });
  const heights = [...new Set(wanted)].filter(isHeight).sort((a, b) => a - b);
  const placeOf = new Map(heights.map((height, place) => [height, place]));
  const places = Int32Array.from(wanted, (height) => placeOf.get(height) ?? -1);
  const left = new Int32Array(heights.length + 1);
  for (const place of places) if (place >= 0) left[place] = (left[place] as number) + 1;
  heights.push(Number.POSITIVE_INFINITY);
  return {
    heights,
    creates: createsAt(heights, lives),
    left,
    lowest: 0,
    places,
    urgencies: urgenciesOf(problem, due, wanted),
  };
}

function isHeight(height: number): boolean {
  return height > 0 && height < Number.POSITIVE_INFINITY;
}

function writtenHeight({ known, evidence }: Entry): number {
  if (known === undefined || !isIndex(known.modifyIndex)) return -1;
  // An index that only the teller vouches for may be that of a write that found its value there and changed nothing.
  return evidence === undefined ? 2 * known.modifyIndex + 1 : 2 * known.modifyIndex;
}

function foundHeight({ effect }: Entry, { isPlain, soleWriters }: Problem): number {
  if (effect.kind === "saw-value" && isPlain) {
    const index = soleWriters.get(effect.shown)?.known?.modifyIndex ?? 0;
    return isIndex(index) ? 2 * index + 1 : -1;
  }
  const index = effect.kind === "cas" ? effect.index : (shownVersion(effect)?.modifyIndex ?? 0);
  return isIndex(index) ? 2 * index + 1 : -1;
}

/** What the reads show of the lifetimes of the key. */
interface Lives {
  /** CreateIndex by ModifyIndex. */
  readonly creates: ReadonlyMap<number, number>;
  /** The lowest ModifyIndex of each CreateIndex. */
  readonly first: ReadonlyMap<number, number>;
}

function livesIn(entries: readonly Entry[]): Lives {
  const creates = new Map<number, number>();
  const first = new Map<number, number>();
  for (const { effect } of entries) {
    const { createIndex = 0, modifyIndex = 0 } = shownVersion(effect) ?? {};
    if (!isIndex(createIndex) || !isIndex(modifyIndex)) continue;
    creates.set(modifyIndex, createIndex);
    first.set(createIndex, Math.min(first.get(createIndex) ?? modifyIndex, modifyIndex));
  }
  return { creates, first };
}

/**
 * For each entry the height that must not be passed before it is placed: its own, or one that something has which began
 * after it had returned; Infinity for none.
 */
function dueHeights(problem: Problem, lives: Lives): Float64Array {
  const { entries } = problem;
  const due = Float64Array.from(entries, (entry) => {
    const own = [writtenHeight(entry), foundHeight(entry, problem)].filter(isHeight);
    return Math.min(...own);
  });
  const byEnd = Uint32Array.from(entries.keys());
  byEnd.sort((a, b) => (entries[b] as Entry).end - (entries[a] as Entry).end);
  let lowest = Number.POSITIVE_INFINITY;
  let later = entries.length - 1;
  for (const at of byEnd) {
    const entry = entries[at] as Entry;
    for (; later >= 0 && (entries[later] as Entry).start > entry.end; later--)
      lowest = Math.min(lowest, due[later] as number);
    if (lowest === Number.POSITIVE_INFINITY) continue;
    due[at] = Math.min(due[at] as number, heightBefore(lowest, entry, problem, lives));
  }
  return due;
}

/** The height at which `entry` is due if it must precede something that is due at `height`. */
function heightBefore(height: number, entry: Entry, problem: Problem, { creates, first }: Lives): number {
  const index = indexAbove(height);
  if (meetsAbsence(entry.effect)) {
    // Within a lifetime the key is never absent: what finds it so, or makes it so, comes before its first version.
    const create = creates.get(index);
    return justBelow(create === undefined ? index : Math.min(index, first.get(create) ?? index));
  }
  return height > 2 * index && !isHidden(entry, problem) ? height : justBelow(index);
}

function justBelow(index: number): number {
  return 2 * index - 0.5;
}

/** The index of the version that is written, found or waited for at a height. */
function indexAbove(height: number): number {
  return Math.ceil((height - 1) / 2);
}

/** Whether it wrote a version that nobody noticed and that is like no other: it cannot come between two sights of one. */
export function isHidden({ effect, known, operation }: Entry, problem: Problem): boolean {
  const value = writtenValue(effect);
  if (value === undefined || known !== undefined) return false;
  return !problem.noticedValues.has(value) && problem.soleWriters.get(value)?.operation === operation;
}

/**
 * The heights at which entries are due. For deletes a little later, since hidden writes that are due as well can mostly be
 * placed only before them; for hidden puts earlier, where more of them are due below a version than there are indexes
 * between it and the one before: of these the ones that ended first.
 */
function urgenciesOf(problem: Problem, due: Float64Array, wanted: Float64Array): Float64Array {
  const urgencies = due.slice();
  const hidden = new Map<number, number[]>();
  problem.entries.forEach((entry, at) => {
    const height = due[at] as number;
    if (entry.effect.kind === "delete") urgencies[at] = height + 0.25;
    if (entry.effect.kind !== "put" || height === Number.POSITIVE_INFINITY || !isHidden(entry, problem))
      return;
    const others = hidden.get(height);
    if (others === undefined) hidden.set(height, [at]);
    else others.push(at);
  });
  if (hidden.size === 0) return urgencies;
  const endOf = (at: number): number => (problem.entries[at] as Entry).end;
  const indexes = [...new Set(Array.from(wanted, indexAbove))]
    .filter((index) => index > 0)
    .sort((a, b) => b - a);
  let crowd: number[] = [];
  indexes.forEach((index, place) => {
    const height = justBelow(index);
    crowd = [...crowd, ...(hidden.get(height) ?? [])].sort((a, b) => endOf(a) - endOf(b));
    for (const at of crowd) urgencies[at] = Math.min(urgencies[at] as number, height);
    const room = index - (indexes[place + 1] ?? 0) - 1;
    crowd.length = Math.max(0, crowd.length - room);
  });
  return urgencies;
}

function createsAt(heights: readonly number[], { creates }: Lives): Float64Array {
  const found = new Float64Array(heights.length);
  for (let place = heights.length - 2; place >= 0; place--)
    found[place] = creates.get(indexAbove(heights[place] as number)) ?? (found[place + 1] as number);
  return found;
}

/** The entry at `at` is placed (`change` -1) or taken back (+1). */
export function countLevels(levels: Levels, at: number, change: -1 | 1): void {
  countLevel(levels, levels.places[2 * at] as number, change);
  countLevel(levels, levels.places[2 * at + 1] as number, change);
}

function countLevel(levels: Levels, place: number, change: -1 | 1): void {
  if (place < 0) return;
  const { left, heights } = levels;
  left[place] = (left[place] as number) + change;
  if (change > 0) {
    if (place < levels.lowest) levels.lowest = place;
    return;
  }
  while (levels.lowest < heights.length - 1 && left[levels.lowest] === 0) levels.lowest++;
}

/** What the next version that a read shows takes first, by its CreateIndex, and the height that is just below it. */
export interface Need {
  readonly what: "delete" | "write";
  readonly height: number;
}

export function needOf(levels: Levels, state: KvState): Need | undefined {
  const create = levels.creates[levels.lowest] as number;
  if (create === 0) return undefined;
  const index = indexAbove(levels.heights[levels.lowest] as number);
  const height = 2 * index - 0.25;
  if (state.value === undefined) return create < index ? { what: "write", height } : undefined;
  return mayBeCreatedAt(state.bounds, create) ? undefined : { what: "delete", height };
}

/** Whether the next level can still be reached from `state`: it is not below, and its lifetime is this one or to come. */
export function levelsAllow(levels: Levels, state: KvState): boolean {
  const height = levels.heights[levels.lowest] as number;
  const create = levels.creates[levels.lowest] as number;
  if (state.value === undefined)
    return height > 2 * state.floor + 1 && (create === 0 || create > state.floor);
  const { bounds } = state;
  if (height <= 2 * bounds.floor) return false;
  return create === 0 || mayBeCreatedAt(bounds, create) || create > bounds.floor + 1;
}
