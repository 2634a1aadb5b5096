// What must be on disk before what (Figure 2: "Updated on stable storage before responding to RPCs"). The one place that
// asks the disk and the one place that holds messages back. A leader's AppendEntries vouch for nothing and never pass
// here: it writes its own log in parallel with its followers (thesis §10.2.1).

import { must } from "../lib/assert.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { Configuration } from "./configuration.ts";
import { compactUpTo, type LogBase, latestConfiguration, rangeFrom, resetLog, truncateFrom } from "./log.ts";
import type { RaftMessage, ServerId } from "./messages.ts";
import type { Durability, Raft, RaftEffect } from "./state.ts";

/** Marks a message that waits for whatever this turn will ask the disk; `askDisk` puts the token in its place. */
const THIS_TURN = Number.POSITIVE_INFINITY;

/** Bytes of one request to the disk: large enough to amortise, small enough that a crash tears little. */
const MAX_STORE_BYTES = 4 << 20;

const NO_ENTRIES = new Uint8Array(0);

/**
 * Sends a message that vouches for this server's term and vote, and for its log up to `logIndex` (0 for none of it), as
 * soon as they are durable.
 */
export function sendOnceStored(
  raft: Raft,
  to: ServerId,
  message: RaftMessage,
  logIndex: number,
  out: RaftEffect[],
): void {
  const { durability } = raft;
  if (durability.broken) return;
  const token = Math.max(hardStateNeeds(durability), logNeeds(durability, logIndex));
  const careless =
    PLANTED &&
    ((message.type === "vote-reply" && planted(raft.config, "raft-vote-before-stored")) ||
      (message.type === "append-reply" && planted(raft.config, "raft-append-reply-before-stored")));
  if (token <= durability.stored || careless) out.push({ type: "send", to, message });
  else durability.heldBack.push({ token, to, message });
}

function hardStateNeeds(durability: Durability): number {
  return durability.hardStateDirty ? THIS_TURN : durability.hardStateToken;
}

function logNeeds(durability: Durability, index: number): number {
  if (index <= durability.stableIndex) return 0;
  if (index >= durability.unaskedFrom || durability.restartAfter !== undefined) return THIS_TURN;
  for (const { token, lastIndex } of durability.underWay) if (lastIndex >= index) return token;
  return durability.asked;
}

/** Ends a turn: asks the disk, in order, for everything that changed. Term and vote go first and together. */
export function askDisk(raft: Raft, out: RaftEffect[]): void {
  const { durability, log } = raft;
  if (durability.broken) return;
  if (durability.hardStateDirty) {
    durability.hardStateDirty = false;
    const hardState = { term: raft.currentTerm, votedFor: raft.votedFor, identity: raft.identity };
    durability.hardStateToken = ++durability.asked;
    out.push({ type: "store", request: { token: durability.asked, hardState } });
  }
  askRestart(durability, out);
  while (durability.unaskedFrom <= log.lastIndex) {
    const firstIndex = durability.unaskedFrom;
    const { bytes, count } = rangeFrom(log, firstIndex, log.lastIndex, MAX_STORE_BYTES);
    const lastIndex = firstIndex + count - 1;
    durability.unaskedFrom = lastIndex + 1;
    out.push({
      type: "store",
      request: { token: ++durability.asked, entries: { firstIndex, count, bytes } },
    });
    durability.underWay.push({ token: durability.asked, lastIndex });
  }
  askCompaction(durability, out);
  for (const held of durability.heldBack) if (held.token === THIS_TURN) held.token = durability.asked;
}

/** Before any entry of the new log. */
function askRestart(durability: Durability, out: RaftEffect[]): void {
  const { restartAfter } = durability;
  if (restartAfter === undefined) return;
  durability.restartAfter = undefined;
  const entries = { firstIndex: restartAfter + 1, count: 0, bytes: NO_ENTRIES };
  out.push({ type: "store", request: { token: ++durability.asked, compactTo: restartAfter, entries } });
  durability.underWay.push({ token: durability.asked, lastIndex: restartAfter });
}

/** After the entries that it may speak of. */
function askCompaction(durability: Durability, out: RaftEffect[]): void {
  const { compactTo } = durability;
  if (compactTo === undefined) return;
  durability.compactTo = undefined;
  out.push({ type: "store", request: { token: ++durability.asked, compactTo } });
}

/** The disk has everything up to `token`: what waited for it leaves. */
export function onStored(raft: Raft, token: number, out: RaftEffect[]): void {
  const { durability } = raft;
  if (durability.broken || token <= durability.stored) return;
  durability.stored = token;
  while ((durability.underWay[0]?.token ?? Number.POSITIVE_INFINITY) <= token) {
    const { lastIndex } = must(durability.underWay.shift(), "there is a first one");
    durability.stableIndex = Math.max(durability.stableIndex, lastIndex);
  }
  releaseHeldBack(raft, out);
}

function releaseHeldBack(raft: Raft, out: RaftEffect[]): void {
  const { heldBack, stored } = raft.durability;
  let kept = 0;
  for (const held of heldBack) {
    if (held.token > stored) heldBack[kept++] = held;
    // A word of an older term is of no use to anyone, and would be a lie if it granted a vote again.
    else if (held.message.term >= raft.currentTerm)
      out.push({ type: "send", to: held.to, message: held.message });
  }
  // One by one: an array that is emptied at once gives back its memory, only to ask for it again with the next message.
  while (heldBack.length > kept) heldBack.pop();
}

/**
 * Drops the entries from `index` on; what was durable beyond it no longer counts. Nor does what is under way: its
 * completion says nothing of the entries that take the place of those it holds (the append/append ABA race). Should
 * the very same entries come back, they count only once they are stored again: what took their place meanwhile was
 * asked for in between, and drops them from the disk when it arrives there.
 */
export function truncateLog(raft: Raft, index: number): void {
  const before = latestConfiguration(raft.log);
  truncateFrom(raft.log, index);
  if (PLANTED && before.index >= index && planted(raft.config, "raft-configuration-outlives-truncation"))
    raft.log.configurations.push({ ...before, index: index - 1 });
  const { durability } = raft;
  durability.unaskedFrom = Math.min(durability.unaskedFrom, index);
  durability.stableIndex = Math.min(durability.stableIndex, index - 1);
  if (PLANTED && planted(raft.config, "raft-storage-aba")) return;
  for (const request of durability.underWay) request.lastIndex = Math.min(request.lastIndex, index - 1);
}

/**
 * A durable snapshot covers the log up to `index` and beyond: the log may begin there. On disk it keeps that one entry,
 * the only witness of its term.
 */
export function compactLog(raft: Raft, index: number): void {
  if (index <= raft.log.base.index) return;
  compactUpTo(raft.log, index);
  raft.durability.compactTo = index - 1;
}

/**
 * A durable snapshot takes the place of the whole log. Its file alone is enough for a restart, which drops a log that does
 * not hold its last entry (recovery.ts). But the log has to know of it before anything is vouched for: should the file be
 * damaged, an older log beside it would pass for all that there was, and what was acknowledged be forgotten (seed 10286).
 * Until then durable is what was committed here before.
 */
export function replaceLog(raft: Raft, base: LogBase, configuration: Configuration): void {
  resetLog(raft.log, base, configuration);
  const { durability, commitIndex } = raft;
  durability.unaskedFrom = base.index + 1;
  durability.stableIndex = Math.min(durability.stableIndex, commitIndex);
  durability.restartAfter = base.index;
  durability.compactTo = undefined;
  for (const request of durability.underWay) request.lastIndex = Math.min(request.lastIndex, commitIndex);
}

/** Term and vote change together, and are stored together (a crash between the two could vote twice). */
export function setTermAndVote(raft: Raft, term: number, votedFor: ServerId): void {
  raft.currentTerm = term;
  raft.votedFor = votedFor;
  raft.durability.hardStateDirty = true;
}
