// AppendEntries, receiver side (Figure 2, §5.3). The four rules, in order: whose term, does the previous entry agree,
// cut what conflicts, append what is new; then the commit index follows, no further than this message vouches for.

import { PLANTED, planted } from "../lib/planted.ts";
import { sendOnceStored, truncateLog } from "./durability.ts";
import { entryOffsets, entryTerm } from "./entry.ts";
import { askForIndexAgain } from "./follower-reads.ts";
import { appendEncoded, lastIndexUpToTerm, termAt } from "./log.ts";
import type { AppendEntries, AppendReply, ServerId } from "./messages.ts";
import { becomeFollower, resetElectionTimer } from "./role.ts";
import type { Raft, RaftEffect } from "./state.ts";

export function onAppendEntries(
  raft: Raft,
  from: ServerId,
  message: AppendEntries,
  nowMs: number,
  out: RaftEffect[],
): void {
  const offsets = entryOffsets(message.entries);
  // What no leader of ours would send, a second leader of our own term included, comes from a broken or lying peer.
  if (offsets === undefined || !isPlausible(message, offsets)) return;
  if (raft.role === "leader" && message.term === raft.currentTerm) return;
  // An old leader is answered, so that it steps down at once; so is one that cannot depose us because we sit at a
  // higher term: it has to learn of that term, or we could never rejoin (etcd #8243).
  if (message.term < raft.currentTerm) return refuse(raft, from, message, out);

  becomeFollower(raft, message.term, from, nowMs, out);
  if (PLANTED && planted(raft.config, "raft-append-clears-vote")) raft.votedFor = "";
  // It knows who leads. To say more would be to vouch for what it can't store; and the contact is not counted, as what
  // it holds is as old as the fault, and stale reads must say so.
  if (raft.durability.broken) return;
  raft.leaderContactMs = nowMs;
  askForIndexAgain(raft, nowMs, out);

  const agrees = isAgreed(raft, message);
  const taken = agrees && appendNew(raft, message, offsets);
  // Not before: the entries may bring, or take away, the configuration that gives this server its vote. Should the
  // leader die with these words, a timer set by the old one would never let the only up-to-date server campaign.
  resetElectionTimer(raft, nowMs);
  if (PLANTED && offsets.length === 0 && planted(raft.config, "raft-heartbeat-commits-unmatched"))
    advanceCommit(raft, message, raft.log.lastIndex, out);
  if (!agrees) return refuse(raft, from, message, out);
  if (!taken) {
    out.push({ type: "conflict", from, index: raft.commitIndex });
    return;
  }
  const lastNew = message.prevLogIndex + offsets.length;
  advanceCommit(raft, message, lastNew, out);
  sendOnceStored(raft, from, reply(raft, message, true, lastNew), lastNew, out);
}

/**
 * Whether the logs agree before the new entries. Before our base they do: what is there is committed, and in the log of
 * every leader to come (§5.4).
 */
function isAgreed({ log }: Raft, { prevLogIndex, prevLogTerm }: AppendEntries): boolean {
  return prevLogIndex < log.base.index || termAt(log, prevLogIndex) === prevLogTerm;
}

/** Terms never fall along a log, and no entry is of a term to come. */
function isPlausible(message: AppendEntries, offsets: readonly number[]): boolean {
  let before = message.prevLogTerm;
  for (const offset of offsets) {
    const term = entryTerm(message.entries, offset);
    if (term < before) return false;
    before = term;
  }
  return before <= message.term;
}

/**
 * Skips what is there, cuts at the first conflict, appends the rest. A shorter or older message cuts nothing.
 * @returns false, with nothing changed, when the conflict is with a committed entry: that never is (§5.4), unless the
 *   sender is no server of this cluster, or one of us has a fault.
 */
function appendNew(raft: Raft, message: AppendEntries, offsets: readonly number[]): boolean {
  const { log } = raft;
  if (PLANTED && planted(raft.config, "raft-truncate-always") && log.lastIndex > message.prevLogIndex)
    truncateLog(raft, message.prevLogIndex + 1);
  let first = 0;
  while (first < offsets.length && isThere(raft, message, offsets, first)) first++;
  if (first === offsets.length) return true;
  const index = message.prevLogIndex + 1 + first;
  if (index <= raft.commitIndex) return false;
  if (index <= log.lastIndex) truncateLog(raft, index);
  for (let at = first; at < offsets.length; at++) appendEncoded(log, message.entries, offsets[at] as number);
  return true;
}

/** Whether the log, or a snapshot, holds this entry of the message: equal terms at equal places are equal entries (§5.3). */
function isThere(
  { log }: Raft,
  { prevLogIndex, entries }: AppendEntries,
  offsets: readonly number[],
  at: number,
): boolean {
  const index = prevLogIndex + 1 + at;
  return index < log.base.index || termAt(log, index) === entryTerm(entries, offsets[at] as number);
}

/**
 * Figure 2, rule 5, to the letter: no further than "index of last new entry". What we hold beyond it may be a leftover
 * of another leader that this one has not yet seen.
 */
function advanceCommit(raft: Raft, message: AppendEntries, lastNew: number, out: RaftEffect[]): void {
  const careless = PLANTED && planted(raft.config, "raft-commit-beyond-last-new");
  const index = Math.min(message.leaderCommit, careless ? raft.log.lastIndex : lastNew);
  if (index <= raft.commitIndex) return;
  raft.commitIndex = index;
  out.push({ type: "committed", index });
}

/** Says no, and where the logs may still agree, so that the leader need not step back entry by entry (§5.3). */
function refuse(raft: Raft, from: ServerId, message: AppendEntries, out: RaftEffect[]): void {
  sendOnceStored(raft, from, reply(raft, message, false, message.prevLogIndex), 0, out);
}

function reply(raft: Raft, message: AppendEntries, success: boolean, index: number): AppendReply {
  // What a snapshot covers is committed, so the logs agree there at the latest.
  const hintIndex = success
    ? 0
    : Math.max(raft.log.base.index, lastIndexUpToTerm(raft.log, message.prevLogIndex, message.prevLogTerm));
  return {
    type: "append-reply",
    term: raft.currentTerm,
    success,
    index,
    hintIndex,
    hintTerm: termAt(raft.log, hintIndex) ?? 0,
    round: message.round,
    identity: raft.identity,
  };
}
