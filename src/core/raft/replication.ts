// The leader's side of log replication (§5.3): what to send to whom, batched and pipelined within a window, and when an
// entry counts as committed (§5.4.2). Every follower has a Progress; the handlers of replies move it.

import { assert, must } from "../lib/assert.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { isVoter } from "./configuration.ts";
import { type LogRange, latestConfiguration, rangeFrom, termAt } from "./log.ts";
import type { AppendEntries, ServerId } from "./messages.ts";
import { majority, majorityReached, reachedByVoters } from "./quorum.ts";
import { readNextPiece } from "./send-snapshot.ts";
import type { Leading, Progress, Raft, RaftEffect } from "./state.ts";

const NOTHING: LogRange = { bytes: new Uint8Array(0), count: 0 };

/** Begins a term as its leader: nothing is known of the followers (Figure 2, "reinitialized after election"). */
export function startReplicating(raft: Raft, firstIndex: number, nowMs: number): void {
  raft.leading = {
    firstIndex,
    progress: new Map(),
    heartbeatAtMs: nowMs + raft.config.heartbeatIntervalMs,
    tellCommitAtMs: Number.POSITIVE_INFINITY,
    round: 1,
    openRounds: [{ round: 1, beganMs: nowMs }],
    quorumMs: nowMs,
    reads: [],
    roundWanted: false,
    transfer: undefined,
    leaseless: false,
  };
  for (const { id } of latestConfiguration(raft.log).servers)
    if (id !== raft.id) raft.leading.progress.set(id, newProgress(id, firstIndex));
}

/**
 * Follows a change of the configuration. Who is added is probed; who is removed is told so before it is forgotten: a
 * server that never hears of its removal goes on campaigning (thesis §4.2.3).
 */
export function followConfiguration(raft: Raft, nowMs: number): void {
  const { progress } = must(raft.leading, "only a leader has followers");
  const { servers } = latestConfiguration(raft.log);
  for (const { id } of servers) {
    const known = progress.get(id);
    if (known !== undefined) known.departsAtMs = Number.POSITIVE_INFINITY;
    // From the very change on, so that it is asked at once where its log ends.
    else if (id !== raft.id) progress.set(id, newProgress(id, raft.log.lastIndex));
  }
  for (const each of progress.values())
    if (!servers.some(({ id }) => id === each.id))
      each.departsAtMs = Math.min(each.departsAtMs, nowMs + 2 * raft.config.electionTimeoutMs);
}

/** Forgets the servers that have heard of their removal, or have had time to. */
function dismissDeparted(raft: Raft, leading: Leading, nowMs: number): void {
  for (const { id, departsAtMs, toldCommit, match } of leading.progress.values()) {
    if (departsAtMs === Number.POSITIVE_INFINITY) continue;
    const { index } = latestConfiguration(raft.log);
    if (nowMs >= departsAtMs || (match >= index && toldCommit >= index)) leading.progress.delete(id);
  }
}

/** Messages under way to one of whom it has just been found out where the logs agree. */
const FIRST_WINDOW = 8;

function newProgress(id: ServerId, next: number): Progress {
  return {
    id,
    match: 0,
    next,
    mode: "probe",
    probing: false,
    window: FIRST_WINDOW,
    inflight: [],
    inflightBytes: 0,
    toldCommit: 0,
    round: 0,
    identity: undefined,
    sending: undefined,
    departsAtMs: Number.POSITIVE_INFINITY,
  };
}

/** What a follower with this progress needs next is in the snapshot alone: its entries, or the one before, are gone. */
export function needsSnapshot(raft: Raft, { next }: Progress): boolean {
  return next <= raft.log.base.index;
}

/**
 * Ends a leader's turn: everyone is sent what the window allows. Followers in the same place get the very same message
 * object, so that whoever encodes it need do so once.
 */
export function sendEntries(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const leading = must(raft.leading, "only a leader sends entries");
  let shared: Shared | undefined;
  for (const progress of leading.progress.values()) {
    if (progress.mode !== "snapshot" && needsSnapshot(raft, progress)) startSnapshot(progress, nowMs);
    if (progress.mode === "snapshot") readNextPiece(raft, progress, out);
    while (maySend(raft, progress)) shared = sendNext(raft, leading, progress, shared, out);
  }
}

/** A message that others may be sent as well. */
interface Shared {
  readonly message: AppendEntries;
  /** How many entries are in it. */
  readonly count: number;
}

/** Its entries are compacted away: the snapshot goes instead, from its beginning (§7). */
function startSnapshot(progress: Progress, nowMs: number): void {
  progress.mode = "snapshot";
  progress.probing = false;
  progress.inflight.length = 0;
  progress.inflightBytes = 0;
  progress.sending = { index: 0, offset: 0, stage: "idle", unwanted: false, againAtMs: nowMs };
}

function maySend(raft: Raft, progress: Progress): boolean {
  if (progress.mode === "snapshot" || progress.next > raft.log.lastIndex) return false;
  if (progress.mode === "probe") return !progress.probing;
  const { maxInflightMessages, maxInflightBytes } = raft.config;
  const window = Math.min(progress.window, maxInflightMessages);
  return progress.inflight.length < window && progress.inflightBytes < maxInflightBytes;
}

function sendNext(
  raft: Raft,
  leading: Leading,
  progress: Progress,
  shared: Shared | undefined,
  out: RaftEffect[],
): Shared {
  const sent =
    shared?.message.prevLogIndex === progress.next - 1 ? shared : nextEntries(raft, leading, progress);
  const { message, count } = sent;
  if (progress.mode === "probe") progress.probing = true;
  else {
    progress.next += count;
    progress.inflight.push({ lastIndex: progress.next - 1, bytes: message.entries.length });
    progress.inflightBytes += message.entries.length;
  }
  progress.toldCommit = message.leaderCommit;
  out.push({ type: "send", to: progress.id, message });
  return sent;
}

function nextEntries(raft: Raft, leading: Leading, { next }: Progress): Shared {
  const range = rangeFrom(raft.log, next, raft.log.lastIndex, raft.config.maxAppendBytes);
  return { message: appendEntries(raft, leading, next - 1, range), count: range.count };
}

function appendEntries(raft: Raft, leading: Leading, previous: number, range: LogRange): AppendEntries {
  return {
    type: "append",
    term: raft.currentTerm,
    prevLogIndex: previous,
    prevLogTerm: must(termAt(raft.log, previous), "next is at most one past the log"),
    entries: range.bytes,
    leaderCommit: raft.commitIndex,
    round: leading.round,
  };
}

/**
 * An empty AppendEntries to everyone. It asserts leadership, tells the commit index, carries the read round, and says
 * where the follower should be: one that lost a message refuses it and is probed again.
 */
export function sendHeartbeats(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const leading = must(raft.leading, "only a leader sends heartbeats");
  let message: AppendEntries | undefined;
  for (const progress of leading.progress.values()) {
    progress.probing = false;
    message = tellPosition(raft, leading, progress, message, out);
  }
  dismissDeparted(raft, leading, nowMs);
  leading.heartbeatAtMs = nowMs + raft.config.heartbeatIntervalMs;
  leading.tellCommitAtMs = Number.POSITIVE_INFINITY;
}

/** Tells the commit index to those who have not heard of it with an entry. */
export function tellCommit(raft: Raft, out: RaftEffect[]): void {
  const leading = must(raft.leading, "only a leader tells the commit index");
  leading.tellCommitAtMs = Number.POSITIVE_INFINITY;
  let message: AppendEntries | undefined;
  for (const progress of leading.progress.values())
    if (progress.mode === "replicate" && progress.toldCommit < raft.commitIndex)
      message = tellPosition(raft, leading, progress, message, out);
}

/** @param shared What the one before was told in this very step, if anybody. @returns What this one is told. */
function tellPosition(
  raft: Raft,
  leading: Leading,
  progress: Progress,
  shared: AppendEntries | undefined,
  out: RaftEffect[],
): AppendEntries {
  // To one that is sent a snapshot: the least that we could know it to have, as soon as it has it.
  const previous = Math.max(progress.next - 1, raft.log.base.index);
  const message =
    shared?.prevLogIndex === previous ? shared : appendEntries(raft, leading, previous, NOTHING);
  progress.toldCommit = message.leaderCommit;
  out.push({ type: "send", to: progress.id, message });
  return message;
}

/** A follower has everything up to `index`. */
export function onMatch(raft: Raft, progress: Progress, index: number): void {
  // A late acknowledgement of what was known is no answer to the probe: were it one, each pair of a late refusal and a
  // late acknowledgement would send the whole window again (seed 106 of the swarm: 4,000 messages in a tenth of a second).
  const late = progress.mode === "probe" && index <= progress.match;
  progress.match =
    PLANTED && planted(raft.config, "raft-match-goes-back") ? index : Math.max(progress.match, index);
  progress.next = Math.max(progress.next, progress.match + 1);
  progress.probing = false;
  if (late) return;
  progress.window = Math.min(2 * progress.window, raft.config.maxInflightMessages);
  // An acknowledgement of anything that the log still reaches ends a snapshot, whichever it was. If the log has moved on
  // meanwhile, the next snapshot is sent.
  const { sending } = progress;
  if (!needsSnapshot(raft, progress)) {
    progress.mode = "replicate";
    progress.sending = undefined;
  } else if (sending !== undefined && index >= sending.index && sending.stage !== "reading") {
    sending.index = 0;
    sending.offset = 0;
    sending.stage = "idle";
  }
  while ((progress.inflight[0]?.lastIndex ?? Number.POSITIVE_INFINITY) <= index)
    progress.inflightBytes -= must(progress.inflight.shift(), "there is a first one").bytes;
}

/** A follower's log does not agree at the place we thought: look for that place from `next` on, one message at a time. */
export function startProbing(progress: Progress, next: number): void {
  assert(next > progress.match, "what matches is not probed again");
  progress.mode = "probe";
  progress.sending = undefined;
  progress.probing = false;
  progress.window = FIRST_WINDOW;
  progress.next = next;
  progress.inflight.length = 0;
  progress.inflightBytes = 0;
}

/**
 * Commits what a majority has on disk, the leader's own disk counted like the others, and only entries of its own term
 * by counting: older ones are committed with them (§5.4.2, Figure 8).
 */
export function advanceCommitIndex(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const leading = must(raft.leading, "only a leader counts");
  // Most answers are to heartbeats, when there is nothing left to commit.
  if (raft.commitIndex >= raft.log.lastIndex) return;
  const self =
    PLANTED && planted(raft.config, "raft-leader-counts-unstored")
      ? raft.log.lastIndex
      : raft.durability.stableIndex;
  const matches = reachedByVoters(raft, leading, self, matchOf);
  const index = quorumIndex(raft, matches);
  if (index <= raft.commitIndex) return;
  const ownTerm = termAt(raft.log, index) === raft.currentTerm;
  if (!ownTerm && !(PLANTED && planted(raft.config, "raft-commit-older-term"))) return;
  raft.commitIndex = index;
  leading.tellCommitAtMs = Math.min(leading.tellCommitAtMs, nowMs + raft.config.commitIntervalMs);
  out.push({ type: "committed", index });
}

function matchOf({ match }: Progress): number {
  return match;
}

/**
 * Whether this leader has been taken out of the configuration, and that is committed: it has seen its own removal through
 * and leads no longer (§6).
 */
export function isDismissed(raft: Raft): boolean {
  const configuration = latestConfiguration(raft.log);
  return !isVoter(configuration, raft.id) && raft.commitIndex >= configuration.index;
}

function quorumIndex(raft: Raft, matches: readonly number[]): number {
  if (PLANTED && planted(raft.config, "raft-quorum-unsorted")) return matches[matches.length >> 1] ?? 0;
  if (PLANTED && planted(raft.config, "raft-quorum-off-by-one"))
    return [...matches].sort((a, b) => b - a)[majority(matches.length) - 2] ?? 0;
  return majorityReached(matches);
}
