// One question for the search: operations on one key, what was known of the key before them, and what the answers give
// away in advance. A read that shows "a" at ModifyIndex 9 tells which index the only write of "a" had, and, if nobody
// knows what became of that write, that it did happen, and before the read returned.

import type { Operation } from "../history.ts";
import {
  effectOf,
  isPlain,
  isPure,
  type KnownIndexes,
  type KvEffect,
  type KvState,
  NEVER_WRITTEN,
  noticedValue,
  shownVersion,
  writtenValue,
} from "../kv/specification.ts";

/** One way in which the operations so far can have gone. */
export interface Possibility {
  readonly state: KvState;
  /** Ids of the ground's lost writes that have taken effect on this way, ascending. */
  readonly spent: readonly number[];
}

/** All that still matters of the operations that were decided before. */
export interface Ground {
  readonly possibilities: readonly Possibility[];
  /** Writes of unknown outcome that can still take effect at any time, in order of invocation. */
  readonly lost: readonly Operation[];
  /** Sessions that have ended on every way, and the position of the history by which they had. Only ever added to. */
  readonly ended?: ReadonlyMap<string, number>;
}

export const FRESH_KEY: Ground = { possibilities: [{ state: NEVER_WRITTEN, spent: [] }], lost: [] };

/** Whether nothing has been decided of the key yet. */
export function isFresh({ possibilities }: Ground): boolean {
  return possibilities === FRESH_KEY.possibilities;
}

/** An operation as the search sees it: it takes effect after `start` and before `end`. */
export interface Entry {
  readonly operation: Operation;
  readonly effect: KvEffect;
  /** It changes nothing, ever. */
  readonly pure: boolean;
  readonly start: number;
  /** Infinity: at any time, or never. Only this file writes to it. */
  end: number;
  /** The indexes that the write is known to have led to. Only this file writes to it. */
  known: KnownIndexes | undefined;
  /** The read that gave away `known` and that the write happened; undefined if it was told. Only this file writes to it. */
  evidence: Entry | undefined;
  /** The read that gave away that the write had happened by `end`; undefined if it was told. Only this file writes to it. */
  seenBy: Entry | undefined;
}

export interface Problem {
  readonly ground: Ground;
  /** What must have taken effect, by `start`. */
  readonly entries: readonly Entry[];
  /** What may have, by `start`. */
  readonly lost: readonly Entry[];
  /** The values that exactly one operation can have written, with that operation. */
  readonly soleWriters: ReadonlyMap<string, Entry>;
  /** The values that some answer or effect depends on: those that reads show and that swaps compare with. */
  readonly noticedValues: ReadonlySet<string>;
  /** All effects are plain ones (kv/specification.ts). Otherwise most shortcuts are not safe. */
  readonly isPlain: boolean;
}

/** @param operations Of one key, in any order. Open ones count as unknown. */
export function createProblem(ground: Ground, operations: readonly Operation[]): Problem {
  const entries: Entry[] = [];
  const lost: Entry[] = [];
  let allPlain = true;
  const endedAt = (session: string): number | undefined => ground.ended?.get(session);
  for (const each of [ground.lost, operations])
    for (const operation of each) {
      const entry = entryOf(operation, endedAt);
      if (entry === undefined) continue;
      allPlain &&= isPlain(entry.effect);
      if (entry.end < Number.POSITIVE_INFINITY) entries.push(entry);
      else lost.push(entry);
    }
  sortByStart(entries);
  sortByStart(lost);
  const soleWriters = soleWritersOf(ground, entries, lost);
  const seen = seenValues(entries, indexesTold([...entries, ...lost]));
  const happened = [...learnFromReads(seen, soleWriters), ...learnFromValues(entries, soleWriters)];
  const problem = {
    ground,
    entries,
    lost,
    soleWriters,
    noticedValues: noticedValuesOf([...entries, ...lost]),
    isPlain: allPlain,
  };
  if (happened.length === 0) return problem;
  entries.push(...happened);
  sortByStart(entries);
  return { ...problem, lost: lost.filter((entry) => entry.end === Number.POSITIVE_INFINITY) };
}

/** Undefined for what says nothing: a read without an answer, a write that certainly did not happen. */
function entryOf(operation: Operation, endedAt: (session: string) => number | undefined): Entry | undefined {
  const effect = effectOf(operation, endedAt);
  if (effect === undefined) return undefined;
  const { outcome, completedAt, invokedAt } = operation;
  const writes = writtenValue(effect) !== undefined;
  const told = writes && outcome?.kind === "applied" ? outcome.modifyIndex : undefined;
  return {
    operation,
    effect,
    pure: isPure(effect),
    start: invokedAt,
    end: outcome?.kind === "unknown" ? Number.POSITIVE_INFINITY : completedAt,
    known: told === undefined ? undefined : { modifyIndex: told, createIndex: undefined },
    evidence: undefined,
    seenBy: undefined,
  };
}

function sortByStart(entries: Entry[]): void {
  for (let at = 1; at < entries.length; at++)
    if ((entries[at - 1] as Entry).start > (entries[at] as Entry).start) {
      entries.sort((a, b) => a.start - b.start);
      return;
    }
}

function soleWritersOf(
  ground: Ground,
  entries: readonly Entry[],
  lost: readonly Entry[],
): Map<string, Entry> {
  const writers = new Map<string, Entry>();
  const shared = new Set<string>();
  const spent = new Set(ground.possibilities.flatMap((possibility) => possibility.spent));
  for (const { state } of ground.possibilities) if (state.value !== undefined) shared.add(state.value);
  for (const each of [entries, lost])
    for (const entry of each) {
      const value = writtenValue(entry.effect);
      if (value === undefined) continue;
      // One that may have happened before cannot be told by a read of its value to happen now.
      if (writers.has(value) || spent.has(entry.operation.id)) shared.add(value);
      else writers.set(value, entry);
    }
  for (const value of shared) writers.delete(value);
  return writers;
}

/** Which reads tell the index of the write whose value they show. */
type IndexesTold = "by all" | "by those that show a holder" | "by none";

/**
 * The end of a session changes a key's index and keeps its value, but then nobody holds it. A swap depends on what other
 * writes may have written as well.
 */
function indexesTold(entries: readonly Entry[]): IndexesTold {
  if (entries.some(({ effect }) => effect.kind === "swap" || effect.kind === "swap-refused"))
    return "by none";
  return entries.some(({ effect }) => effect.kind === "invalidate")
    ? "by those that show a holder"
    : "by all";
}

/** All reads of one value. */
interface Seen {
  /** The read that returned first. */
  first: Entry;
  /** The one of those that tell the write's indexes, and whether all of them show the same. */
  telling: Entry | undefined;
  agreed: boolean;
}

/**
 * Gives each write that alone can have caused a read the indexes that the read shows, and the read's deadline.
 * @returns The lost writes that have a deadline now: they did happen.
 */
function learnFromReads(seen: ReadonlyMap<string, Seen>, soleWriters: ReadonlyMap<string, Entry>): Entry[] {
  const happened: Entry[] = [];
  for (const [value, { first, telling, agreed }] of seen) {
    const writer = soleWriters.get(value);
    if (writer === undefined || !agreed) continue;
    if (writer.end === Number.POSITIVE_INFINITY) happened.push(writer);
    noteSeen(writer, first);
    const shown = telling && shownVersion(telling.effect);
    if (shown === undefined) continue;
    // If its teller says otherwise, the search will find that no order explains both.
    if (writer.known !== undefined && writer.known.modifyIndex !== shown.modifyIndex) continue;
    writer.known = shown;
    writer.evidence = telling;
  }
  return happened;
}

/** What a read that shows no index tells of the one write that it can have seen: by when it had happened. */
function learnFromValues(entries: readonly Entry[], soleWriters: ReadonlyMap<string, Entry>): Entry[] {
  const happened: Entry[] = [];
  for (const entry of entries) {
    const { effect } = entry;
    const writer = effect.kind === "saw-value" ? soleWriters.get(effect.shown) : undefined;
    if (writer === undefined) continue;
    if (writer.end === Number.POSITIVE_INFINITY) happened.push(writer);
    noteSeen(writer, entry);
  }
  return happened;
}

function noteSeen(writer: Entry, read: Entry): void {
  if (read.end >= writer.end) return;
  writer.end = read.end;
  writer.seenBy = read;
}

function noticedValuesOf(entries: readonly Entry[]): Set<string> {
  const values = new Set<string>();
  for (const { effect } of entries) {
    const value = noticedValue(effect);
    if (value !== undefined) values.add(value);
  }
  return values;
}

function seenValues(entries: readonly Entry[], told: IndexesTold): Map<string, Seen> {
  const seen = new Map<string, Seen>();
  for (const entry of entries) {
    const version = shownVersion(entry.effect);
    if (version === undefined) continue;
    let earlier = seen.get(version.value);
    if (earlier === undefined) {
      earlier = { first: entry, telling: undefined, agreed: true };
      seen.set(version.value, earlier);
    } else if (entry.end < earlier.first.end) earlier.first = entry;
    if (told === "by none" || (told !== "by all" && (version.session ?? "") === "")) continue;
    const other = earlier.telling && shownVersion(earlier.telling.effect);
    if (other !== undefined)
      earlier.agreed &&=
        other.modifyIndex === version.modifyIndex && other.createIndex === version.createIndex;
    if (earlier.telling === undefined || entry.end < earlier.telling.end) earlier.telling = entry;
  }
  return seen;
}
