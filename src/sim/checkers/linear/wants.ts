// Where a write of unknown outcome could be of use. Such a write may have happened at any time, so a search that tried it
// everywhere would never end. It is worth trying only where an operation cannot be placed, or would do something else
// after it; and what kind of write that takes can mostly be told.

import {
  floorOf,
  type KnownIndexes,
  type KvEffect,
  type KvState,
  writtenValue,
} from "../kv/specification.ts";
import type { Entry, Problem } from "./problem.ts";

/** What an operation wants to happen before it, as bits. */
export type Wants = number;
export const WANTS_NOTHING: Wants = 0;
const WANTS_DELETE: Wants = 1;
const WANTS_WRITE: Wants = 2;
export const WANTS_ANY: Wants = WANTS_DELETE | WANTS_WRITE;

/** Whether the entry is a write of unknown outcome of a kind that is wanted. */
export function isWanted({ effect }: Entry, wants: Wants): boolean {
  return (wants & (writtenValue(effect) === undefined ? WANTS_DELETE : WANTS_WRITE)) !== 0;
}

/**
 * Whether the shortcuts of `wantsOf` can be trusted: all written values are different, and every CAS names an index that
 * a read shows or that was used up before. So it is in histories of well-behaved clients; in others a write of unknown
 * outcome can be of use in ways that are not worth telling apart.
 */
export function isOrderly(problem: Problem): boolean {
  const { entries, lost, ground } = problem;
  if (!problem.isPlain) return false;
  const shown = new Set<number>();
  for (const { effect } of entries) if (effect.kind === "saw") shown.add(effect.version.modifyIndex);
  const floor = Math.min(...ground.possibilities.map(({ state }) => knownFloor(state)));
  const isGuess = ({ effect }: Entry): boolean =>
    "index" in effect && effect.index > floor && !shown.has(effect.index);
  const repeats = (entry: Entry): boolean => {
    const value = writtenValue(entry.effect);
    return value !== undefined && problem.soleWriters.get(value)?.operation !== entry.operation;
  };
  return ![...entries, ...lost].some((entry) => isGuess(entry) || repeats(entry));
}

/** The highest index that the key is known to have used up. */
function knownFloor(state: KvState): number {
  const unsettled = state.value !== undefined && !state.bounds.settled;
  return unsettled ? floorOf(state) - 1 : floorOf(state);
}

/**
 * What an operation wants in an orderly problem.
 * @param after The state after it; undefined if it is not allowed in `state`.
 */
export function wantsOf(
  effect: KvEffect,
  known: KnownIndexes | undefined,
  state: KvState,
  after: KvState | undefined,
): Wants {
  const absent = state.value === undefined;
  switch (effect.kind) {
    case "put":
      return wantsOfCreation(absent, after, known?.createIndex);
    case "cas":
      if (effect.index > 0) return WANTS_NOTHING;
      return absent ? wantsOfCreation(absent, after, known?.createIndex) : WANTS_DELETE;
    case "saw-nothing":
    case "delete-cas":
      return after === undefined ? WANTS_DELETE : WANTS_NOTHING;
    case "cas-refused":
    case "delete-cas-refused":
      return after === undefined ? WANTS_ANY : WANTS_NOTHING;
    // A version that a read shows has a writer of its own, which is placed first; a delete is always allowed.
    case "saw":
    case "delete":
      return WANTS_NOTHING;
    // The write that a read without indexes saw is not known to have happened.
    case "saw-value":
      return after === undefined ? WANTS_ANY : WANTS_NOTHING;
    // Where not all is plain any lost write may be of use (isOrderly).
    case "swap":
    case "swap-refused":
    case "acquire":
    case "acquire-refused":
    case "acquire-no-session":
    case "release":
    case "release-refused":
    case "invalidate":
      return WANTS_ANY;
  }
}

/** Of a write that creates the key here, or does not: it can be that it must not, or must. */
function wantsOfCreation(
  absent: boolean,
  after: KvState | undefined,
  createIndex: number | undefined,
): Wants {
  if (after !== undefined && createIndex !== undefined) return WANTS_NOTHING;
  return absent ? WANTS_WRITE : WANTS_DELETE;
}
