// What must be on disk before what (Figure 2: "Updated on stable storage before responding to RPCs"). The one place that
// asks the disk and the one place that holds messages back. A leader's AppendEntries vouch for nothing and never pass
// here: it writes its own log in parallel with its followers (thesis §10.2.1).

import { must } from "../lib/assert.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { rangeFrom, truncateFrom } from "./log.ts";
import type { RaftMessage, ServerId } from "./messages.ts";
import type { Durability, Raft, RaftEffect } from "./state.ts";

/** Marks a message that waits for whatever this turn will ask the disk; `askDisk` puts the token in its place. */
const THIS_TURN = Number.POSITIVE_INFINITY;

/** Bytes of one request to the disk: large enough to amortise, small enough that a crash tears little. */
const MAX_STORE_BYTES = 4 << 20;

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
  if (index >= durability.unaskedFrom) return THIS_TURN;
  return durability.underWay.find((each) => each.lastIndex >= index)?.token ?? durability.asked;
}

/** Ends a turn: asks the disk, in order, for everything that changed. Term and vote go first and together. */
export function askDisk(raft: Raft, out: RaftEffect[]): void {
  const { durability, log } = raft;
  if (durability.broken) return;
  if (durability.hardStateDirty) {
    durability.hardStateDirty = false;
    const hardState = { term: raft.currentTerm, votedFor: raft.votedFor };
    durability.hardStateToken = ++durability.asked;
    out.push({ type: "store", request: { token: durability.asked, hardState } });
  }
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
  for (const held of durability.heldBack) if (held.token === THIS_TURN) held.token = durability.asked;
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
  heldBack.length = kept;
}

/**
 * Drops the entries from `index` on; what was durable beyond it no longer counts. Nor does what is under way: its
 * completion says nothing of the entries that take the place of those it holds (the append/append ABA race). Should
 * the very same entries come back, they count only once they are stored again: what took their place meanwhile was
 * asked for in between, and drops them from the disk when it arrives there.
 */
export function truncateLog(raft: Raft, index: number): void {
  truncateFrom(raft.log, index);
  const { durability } = raft;
  durability.unaskedFrom = Math.min(durability.unaskedFrom, index);
  durability.stableIndex = Math.min(durability.stableIndex, index - 1);
  if (PLANTED && planted(raft.config, "raft-storage-aba")) return;
  for (const request of durability.underWay) request.lastIndex = Math.min(request.lastIndex, index - 1);
}

/** Term and vote change together, and are stored together (a crash between the two could vote twice). */
export function setTermAndVote(raft: Raft, term: number, votedFor: ServerId): void {
  raft.currentTerm = term;
  raft.votedFor = votedFor;
  raft.durability.hardStateDirty = true;
}
