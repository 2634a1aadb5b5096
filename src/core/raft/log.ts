// The log in memory: entries' bytes in a row of chunks, so that a hundred thousand entries are a hundred objects, a batch
// of them is a view, and no entry is ever encoded twice. Bytes once written are never changed: a view of them may be on
// its way to a disk or a follower. So a truncation closes the chunk it cuts, and later entries go into a fresh one. What a
// snapshot covers is dropped from the front (§7): whole chunks, and of the entries before the base nothing is known.

import { assert, must } from "../lib/assert.ts";
import type { Configuration } from "./configuration.ts";
import { decodeServers } from "./configuration.ts";
import {
  ENTRY_HEADER_BYTES,
  type EntryKind,
  entryDataLength,
  entryKind,
  entryTerm,
  writeEntry,
} from "./entry.ts";

/** First chunk of a log: simulated clusters are many and small. */
const LEAST_CHUNK_BYTES = 4 << 10;
/** Later chunks double up to this; a larger entry gets a chunk of its own size. */
const GREATEST_CHUNK_BYTES = 256 << 10;

interface LogChunk {
  readonly firstIndex: number;
  readonly bytes: Uint8Array;
  /** Where each entry starts. */
  readonly offsets: number[];
  /** Bytes in use. */
  used: number;
  /** Nothing more is put into it. */
  closed: boolean;
}

/** The entry before the first one that is kept: 0 and term 0 for a log that is kept whole. */
export interface LogBase {
  readonly index: number;
  readonly term: number;
}

export interface RaftLog {
  /** Entries up to this one are in a snapshot; of this one the term is still known. */
  base: LogBase;
  readonly chunks: LogChunk[];
  /** Index of the last entry; 0 for an empty log. */
  lastIndex: number;
  /**
   * Runs of equal terms, oldest first: where each starts. Terms rise a few times a day; so this replaces a column. The
   * first run of a compacted log starts at its base.
   */
  readonly termRuns: { readonly firstIndex: number; readonly term: number }[];
  /** Every configuration in the log, oldest first, after the one that was in force at the base. */
  readonly configurations: Configuration[];
}

export function createLog(): RaftLog {
  return {
    base: { index: 0, term: 0 },
    chunks: [],
    lastIndex: 0,
    termRuns: [],
    configurations: [{ index: 0, servers: [] }],
  };
}

/** The configuration in force: the latest in the log, committed or not. */
export function latestConfiguration(log: RaftLog): Configuration {
  return must(log.configurations.at(-1), "there is always a configuration, if only the empty one");
}

/** The configuration that was in force once the entry at `index` had been appended; `index` is not before the base. */
export function configurationAt(log: RaftLog, index: number): Configuration {
  const found = log.configurations.findLast((each) => each.index <= index);
  return found ?? must(log.configurations[0], "there is always a configuration, if only the empty one");
}

/** Term of the entry at `index`; 0 at index 0; undefined past the end and before the base. */
export function termAt(log: RaftLog, index: number): number | undefined {
  if (index > log.lastIndex || index < log.base.index) return undefined;
  for (let at = log.termRuns.length - 1; at >= 0; at--) {
    const run = log.termRuns[at];
    if (run !== undefined && run.firstIndex <= index) return run.term;
  }
  return 0;
}

/** Term of the last entry, even if only its term is known; 0 for an empty log. */
export function lastTerm(log: RaftLog): number {
  return log.termRuns.at(-1)?.term ?? 0;
}

/** Whether a log that ends so is at least as up to date as ours (§5.4.1): the term decides, then the length. */
export function isUpToDate(log: RaftLog, lastLogTerm: number, lastLogIndex: number): boolean {
  const ourTerm = lastTerm(log);
  return lastLogTerm > ourTerm || (lastLogTerm === ourTerm && lastLogIndex >= log.lastIndex);
}

/**
 * The highest index up to `index` whose term is at most `term`: where two logs may still agree. 0 when no entry from the
 * base on can be the one.
 */
export function lastIndexUpToTerm(log: RaftLog, index: number, term: number): number {
  let upTo = Math.min(index, log.lastIndex);
  for (let at = log.termRuns.length - 1; at >= 0; at--) {
    const run = log.termRuns[at];
    if (run === undefined || run.firstIndex > upTo) continue;
    if (run.term <= term) return upTo;
    upTo = run.firstIndex - 1;
  }
  return 0;
}

/** Appends an entry that this server has thought of. @returns Its index. */
export function appendEntry(log: RaftLog, kind: EntryKind, term: number, data: Uint8Array): number {
  const chunk = chunkWithRoom(log, ENTRY_HEADER_BYTES + data.length);
  writeEntry(chunk.bytes, chunk.used, kind, term, data);
  noteAppended(log, chunk, ENTRY_HEADER_BYTES + data.length);
  return log.lastIndex;
}

/** Appends an encoded entry, found at `offset` of `bytes`. */
export function appendEncoded(log: RaftLog, bytes: Uint8Array, offset: number): void {
  const length = ENTRY_HEADER_BYTES + entryDataLength(bytes, offset);
  const chunk = chunkWithRoom(log, length);
  copyBytes(bytes, offset, length, chunk.bytes, chunk.used);
  noteAppended(log, chunk, length);
}

/** Of a few bytes, which most entries are, a loop makes less ado than a view that is thrown away. */
const FEW_BYTES = 64;

function copyBytes(from: Uint8Array, start: number, length: number, into: Uint8Array, at: number): void {
  if (length > FEW_BYTES) into.set(from.subarray(start, start + length), at);
  else for (let done = 0; done < length; done++) into[at + done] = from[start + done] as number;
}

function chunkWithRoom(log: RaftLog, length: number): LogChunk {
  const last = log.chunks.at(-1);
  if (last !== undefined && !last.closed && last.used + length <= last.bytes.length) return last;
  if (last !== undefined) last.closed = true;
  const size = last === undefined ? LEAST_CHUNK_BYTES : Math.min(2 * last.bytes.length, GREATEST_CHUNK_BYTES);
  const chunk: LogChunk = {
    firstIndex: log.lastIndex + 1,
    bytes: new Uint8Array(Math.max(size, length)),
    offsets: [],
    used: 0,
    closed: false,
  };
  log.chunks.push(chunk);
  return chunk;
}

function noteAppended(log: RaftLog, chunk: LogChunk, length: number): void {
  const at = chunk.used;
  chunk.offsets.push(at);
  chunk.used += length;
  log.lastIndex++;
  const term = entryTerm(chunk.bytes, at);
  if (term !== lastTerm(log)) {
    assert(term > lastTerm(log), "terms in a log only grow");
    log.termRuns.push({ firstIndex: log.lastIndex, term });
  }
  if (entryKind(chunk.bytes, at) !== "configuration") return;
  const servers = decodeServers(chunk.bytes.subarray(at + ENTRY_HEADER_BYTES, chunk.used));
  // A later release's configuration that we can't read keeps the one before in force; nothing else is safe to assume.
  if (servers !== undefined) log.configurations.push({ index: log.lastIndex, servers });
}

/** Drops the entries from `index` on, with their configurations. */
export function truncateFrom(log: RaftLog, index: number): void {
  assert(index > log.base.index, "what a snapshot covers is never cut");
  while ((log.chunks.at(-1)?.firstIndex ?? 0) >= index) log.chunks.pop();
  const last = log.chunks.at(-1);
  if (last !== undefined && last.firstIndex + last.offsets.length > index) {
    last.used = must(last.offsets[index - last.firstIndex], "the cut is inside the chunk");
    last.offsets.length = index - last.firstIndex;
  }
  if (last !== undefined) last.closed = true;
  log.lastIndex = Math.min(log.lastIndex, index - 1);
  while ((log.termRuns.at(-1)?.firstIndex ?? 0) >= index) log.termRuns.pop();
  while (latestConfiguration(log).index >= index) log.configurations.pop();
}

/**
 * Forgets the entries before `index`, and of that one all but its term: a snapshot covers them. The chunk that holds it
 * stays as long as it has later ones.
 */
export function compactUpTo(log: RaftLog, index: number): void {
  assert(index >= log.base.index && index <= log.lastIndex, "the new base is in the log");
  const term = must(termAt(log, index), "the new base is in the log");
  log.configurations.splice(0, log.configurations.indexOf(configurationAt(log, index)));
  log.base = { index, term };
  const isGone = (chunk: LogChunk): boolean => chunk.firstIndex + chunk.offsets.length - 1 <= index;
  const kept = log.chunks.findIndex((chunk) => !isGone(chunk));
  log.chunks.splice(0, kept < 0 ? log.chunks.length : kept);
  startRunsAt(log, log.base);
}

/** Forgets everything: a snapshot from elsewhere takes the place of the whole log (Figure 13, rule 7). */
export function resetLog(log: RaftLog, { index, term }: LogBase, configuration: Configuration): void {
  log.base = { index, term };
  log.chunks.length = 0;
  log.lastIndex = index;
  log.termRuns.length = 0;
  startRunsAt(log, log.base);
  log.configurations.splice(0, log.configurations.length, configuration);
}

function startRunsAt({ termRuns }: RaftLog, { index, term }: LogBase): void {
  while ((termRuns[0]?.firstIndex ?? Number.POSITIVE_INFINITY) <= index) termRuns.shift();
  if (index > 0) termRuns.unshift({ firstIndex: index, term });
}

function chunkOf(log: RaftLog, index: number): LogChunk {
  assert(index > log.base.index && index <= log.lastIndex, "the index is in the log");
  // Nearly always: it is the end of the log that is sent, stored and committed.
  const last = must(log.chunks.at(-1), "a log with entries has chunks");
  if (last.firstIndex <= index) return last;
  let low = 0;
  let high = log.chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (must(log.chunks[middle], "a chunk between two").firstIndex <= index) low = middle;
    else high = middle - 1;
  }
  return must(log.chunks[low], "a log with entries has chunks");
}

/** Consecutive entries as they are in the log: a view, never to be written to. */
export interface LogRange {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/**
 * Entries from `index` on: at least one, then as many as fit in `maxBytes`, lie in one chunk and go up to `lastIndex`.
 * A longer stretch takes several calls.
 */
export function rangeFrom(log: RaftLog, index: number, lastIndex: number, maxBytes: number): LogRange {
  const chunk = chunkOf(log, index);
  const first = index - chunk.firstIndex;
  const start = must(chunk.offsets[first], "an entry of the chunk");
  const most = Math.min(chunk.offsets.length - first, lastIndex - index + 1);
  let count = most;
  if (endOf(chunk, first + most) - start > maxBytes) {
    count = 1;
    while (count < most && endOf(chunk, first + count + 1) - start <= maxBytes) count++;
  }
  return { bytes: chunk.bytes.subarray(start, endOf(chunk, first + count)), count };
}

/** Where a chunk's entry with this number begins, or the bytes in use end. */
function endOf({ offsets, used }: LogChunk, at: number): number {
  return at < offsets.length ? (offsets[at] as number) : used;
}

/** One entry, its data a view. */
export interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  readonly data: Uint8Array;
}

export function entryAt(log: RaftLog, index: number): LogEntry {
  const { bytes, start, end } = placeOf(log, index);
  return {
    index,
    term: entryTerm(bytes, start),
    kind: must(entryKind(bytes, start), "only entries of known kinds are appended"),
    data: bytes.subarray(start + ENTRY_HEADER_BYTES, end),
  };
}

/** Where an entry's bytes are, header included (entry.ts): for those who look at many and keep none. Not to be written to. */
export interface EntryPlace {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export function placeOf(log: RaftLog, index: number): EntryPlace {
  const chunk = chunkOf(log, index);
  const at = index - chunk.firstIndex;
  const start = must(chunk.offsets[at], "an entry of the chunk");
  return { bytes: chunk.bytes, start, end: endOf(chunk, at + 1) };
}

/** Bytes of the entries after `index`, or of all that are kept. */
export function bytesAfter(log: RaftLog, index: number): number {
  let bytes = 0;
  for (let at = log.chunks.length - 1; at >= 0; at--) {
    const chunk = must(log.chunks[at], "a chunk of the row");
    const first = index + 1 - chunk.firstIndex;
    bytes += chunk.used - (first <= 0 ? 0 : (chunk.offsets[first] ?? chunk.used));
    if (first >= 0) break;
  }
  return bytes;
}

/**
 * The lowest index of which at most `entries` entries follow up to `index`, and at most `bytes` bytes in whole chunks:
 * how much of a log is kept behind a snapshot for those who are a little late.
 */
export function trailingFrom(log: RaftLog, index: number, entries: number, bytes: number): number {
  let from = Math.max(log.base.index, index - entries);
  let held = bytesAfter(log, from) - bytesAfter(log, index);
  for (const chunk of log.chunks) {
    if (held <= bytes || from >= index) break;
    const end = Math.min(index, chunk.firstIndex + chunk.offsets.length - 1);
    if (end <= from) continue;
    held -= bytesAfter(log, from) - bytesAfter(log, end);
    from = end;
  }
  return from;
}
