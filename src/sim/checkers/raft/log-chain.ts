// A hash chain along a log: the hash at an index covers that entry and every entry before it, so that two numbers say
// whether two logs are identical up to there. It is kept up as the log grows: each entry is hashed once in a life of its
// server, and once more at each full recheck.

import { createDigest, mixBytes, mixNumber } from "../../../core/lib/digest.ts";
import { ENTRY_KINDS } from "../../../core/raft/entry.ts";
import { entryAt, type RaftLog } from "../../../core/raft/log.ts";
import { baseOf } from "./step.ts";

type TermRuns = RaftLog["termRuns"];

export interface LogChain {
  /** Entries up to here are under a snapshot. */
  baseIndex: number;
  /** Hash up to the base; undefined when nobody can tell it any more: then there are no hashes at all. */
  baseHash: number | undefined;
  /** By index - baseIndex - 1. */
  readonly hashes: number[];
  lastIndex: number;
  /** The log's runs of terms when it was last looked at. */
  runs: TermRuns;
}

/** The hash of an empty log. */
const EMPTY_HASH = 0;

/** Of a log that has not been looked at. */
export function createLogChain(): LogChain {
  return { baseIndex: 0, baseHash: EMPTY_HASH, hashes: [], lastIndex: 0, runs: [] };
}

/** Hash of the log up to `index`; undefined where the chain does not reach. */
export function hashAt({ baseIndex, baseHash, hashes }: LogChain, index: number): number | undefined {
  if (index === baseIndex) return baseHash;
  const at = index - baseIndex - 1;
  // Who reads beyond an array's end has it slower ever after.
  return at >= 0 && at < hashes.length ? hashes[at] : undefined;
}

/**
 * Brings the chain up to the log. Entries that were replaced by others of equal terms are not noticed: a recheck with a
 * fresh chain sees them.
 * @param hashOf What the log up to an entry of some other server hashes to, for a log that begins with a snapshot.
 * @returns The first index whose entry is new; lastIndex + 1 for none. Cost: O(new entries), and O(elections) after one.
 */
export function advanceChain(
  chain: LogChain,
  log: RaftLog,
  hashOf: (index: number, term: number) => number | undefined,
): number {
  const base = baseOf(log);
  if (base.index !== chain.baseIndex) moveBase(chain, base, () => hashOf(base.index, base.term));
  const kept = Math.max(base.index, unchangedUpTo(chain, log));
  chain.lastIndex = log.lastIndex;
  if (!haveSameRuns(chain.runs, log.termRuns)) chain.runs = [...log.termRuns];
  if (kept === log.lastIndex && chain.hashes.length <= kept - base.index) return kept + 1;
  chain.hashes.length = Math.min(chain.hashes.length, kept - base.index);
  let hash = hashAt(chain, kept);
  if (hash === undefined) return kept + 1;
  for (let index = kept + 1; index <= log.lastIndex; index++) {
    hash = linkHash(hash, log, index);
    chain.hashes.push(hash);
  }
  return kept + 1;
}

/** 53 bits of a digest over what is before and the entry. */
function linkHash(before: number, log: RaftLog, index: number): number {
  const { term, kind, data } = entryAt(log, index);
  const digest = createDigest();
  mixNumber(digest, before);
  mixNumber(digest, term);
  mixNumber(digest, ENTRY_KINDS.indexOf(kind));
  mixBytes(digest, data);
  return (digest.a >>> 0) * 0x200000 + (digest.b >>> 11);
}

function moveBase(
  chain: LogChain,
  { index: baseIndex, term }: RaftLog["base"],
  lookUp: () => number | undefined,
): void {
  // A snapshot may end where the log ended, with another entry than the log had there (swarm seed 957).
  const compacted = baseIndex > chain.baseIndex && runAt(chain.runs, baseIndex) === term;
  const known = compacted ? hashAt(chain, baseIndex) : undefined;
  if (known === undefined) chain.hashes.length = 0;
  else chain.hashes.splice(0, baseIndex - chain.baseIndex);
  chain.baseHash = known ?? lookUp();
  chain.baseIndex = baseIndex;
  if (known === undefined) chain.lastIndex = baseIndex;
}

/** The last index up to which the terms are what they were. */
function unchangedUpTo(chain: LogChain, log: RaftLog): number {
  const shared = Math.min(chain.lastIndex, log.lastIndex);
  const ours = chain.runs;
  const theirs = log.termRuns;
  if (haveSameRuns(ours, theirs)) return shared;
  // Terms only change where a run begins: comparing there is comparing everywhere.
  const starts = [...ours, ...theirs].map(({ firstIndex }) => firstIndex).sort((a, b) => a - b);
  const changed = starts.find(
    (at) => at > chain.baseIndex && at <= shared && runAt(ours, at) !== runAt(theirs, at),
  );
  return changed === undefined ? shared : changed - 1;
}

/** Runs of one log at two times: as many, and an equal last one, are equal. */
function haveSameRuns(ours: TermRuns, theirs: TermRuns): boolean {
  if (ours.length !== theirs.length) return false;
  if (ours.length === 0) return true;
  const ourLast = ours[ours.length - 1];
  const theirLast = theirs[theirs.length - 1];
  return ourLast?.firstIndex === theirLast?.firstIndex && ourLast?.term === theirLast?.term;
}

/** The term at `index` by a list of runs. */
export function runAt(runs: TermRuns, index: number): number | undefined {
  return runs.findLast((run) => run.firstIndex <= index)?.term;
}
