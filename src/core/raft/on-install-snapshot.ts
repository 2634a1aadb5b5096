// InstallSnapshot, receiver side (Figure 13). Pieces go to the keeper of snapshots (src/core/snapshot); when all are
// there and durable, the snapshot takes the place of the applied state, and of the log unless that holds its last entry.

import { PLANTED, planted } from "../lib/planted.ts";
import type { SnapshotMeta } from "../snapshot/ports.ts";
import { decodeServers } from "./configuration.ts";
import { replaceLog, sendOnceStored } from "./durability.ts";
import { termAt } from "./log.ts";
import type { AppendReply, InstallSnapshot, ServerId } from "./messages.ts";
import { becomeFollower, resetElectionTimer } from "./role.ts";
import type { Raft, RaftEffect } from "./state.ts";

export function onInstallSnapshot(
  raft: Raft,
  from: ServerId,
  message: InstallSnapshot,
  nowMs: number,
  out: RaftEffect[],
): void {
  const servers = decodeServers(message.configuration);
  // What no leader of ours would send comes from a broken or lying peer.
  if (servers === undefined || !isPlausible(message)) return;
  if (raft.role === "leader" && message.term === raft.currentTerm) return;
  const index = message.lastIncludedIndex;
  if (message.term < raft.currentTerm) return sendOnceStored(raft, from, nothingKept(raft, message), 0, out);
  becomeFollower(raft, message.term, from, nowMs, out);
  if (raft.durability.broken) return;
  raft.leaderContactMs = nowMs;
  resetElectionTimer(raft, nowMs);
  const obsolete = index <= raft.commitIndex && !(PLANTED && planted(raft.config, "raft-older-snapshot"));
  if (obsolete) return acknowledge(raft, from, raft.commitIndex, message.round, out);
  if (termAt(raft.log, index) === message.lastIncludedTerm) return fastForward(raft, from, message, out);
  // What another leader had begun to send will not be finished, however new it was.
  const newSender = raft.installing?.from !== from;
  raft.installing = { from, index, term: message.lastIncludedTerm, round: message.round };
  const configuration = { index: message.configurationIndex, servers };
  const meta: SnapshotMeta = { index, term: message.lastIncludedTerm, configuration };
  const { size, offset, data } = message;
  out.push({ type: "keep-chunk", chunk: { meta, size, offset, data, newSender } });
}

/**
 * The log holds the snapshot's last entry: then it holds all before it as the leader has it, and all of it is committed
 * (Log Matching, §5.3). No more of the snapshot is wanted.
 */
function fastForward(
  raft: Raft,
  from: ServerId,
  { lastIncludedIndex: index, round }: InstallSnapshot,
  out: RaftEffect[],
): void {
  raft.installing = undefined;
  raft.commitIndex = index;
  out.push({ type: "committed", index });
  acknowledge(raft, from, index, round, out);
}

function isPlausible(message: InstallSnapshot): boolean {
  const { term, lastIncludedIndex, lastIncludedTerm, configurationIndex, size, offset, data } = message;
  return (
    lastIncludedIndex >= 1 &&
    lastIncludedTerm >= 1 &&
    lastIncludedTerm <= term &&
    configurationIndex <= lastIncludedIndex &&
    offset + data.length <= size
  );
}

function nothingKept(raft: Raft, message: InstallSnapshot): Parameters<typeof sendOnceStored>[2] {
  const { lastIncludedIndex, lastIncludedTerm, round } = message;
  const { currentTerm: term, identity } = raft;
  return {
    type: "snapshot-reply",
    term,
    lastIncludedIndex,
    lastIncludedTerm,
    received: 0,
    round,
    identity,
  };
}

/** The keeper has so much of it: the leader may send on. */
export function onSnapshotProgress(
  raft: Raft,
  meta: SnapshotMeta,
  received: number,
  out: RaftEffect[],
): void {
  const { installing } = raft;
  if (installing?.index !== meta.index || installing.term !== meta.term) return;
  if (raft.role !== "follower" || raft.leader !== installing.from) return;
  const { from, index, term, round } = installing;
  sendOnceStored(
    raft,
    from,
    {
      type: "snapshot-reply",
      term: raft.currentTerm,
      lastIncludedIndex: index,
      lastIncludedTerm: term,
      received,
      round,
      identity: raft.identity,
    },
    0,
    out,
  );
}

/**
 * All of it is durable. If the log holds its last entry, what follows is kept (it may have been acknowledged); if not, the
 * whole log goes: a leftover that conflicts would be refused, and the snapshot sent again, for ever (rules 6 and 7).
 */
export function onSnapshotReceived(raft: Raft, meta: SnapshotMeta, nowMs: number, out: RaftEffect[]): void {
  const { installing } = raft;
  const wanted = installing?.index === meta.index && installing.term === meta.term;
  raft.installing = undefined;
  const older = meta.index <= raft.commitIndex && !(PLANTED && planted(raft.config, "raft-older-snapshot"));
  if (!wanted || raft.role === "leader" || older || raft.durability.broken) return;
  const keeps =
    termAt(raft.log, meta.index) === meta.term ||
    (PLANTED && planted(raft.config, "raft-install-keeps-tail"));
  if (!keeps || meta.index > raft.log.lastIndex) replaceLog(raft, meta, meta.configuration);
  raft.commitIndex = meta.index;
  noteSnapshot(raft, meta);
  out.push({ type: "restore", meta });
  // The configuration may have brought, or taken, this server's vote.
  resetElectionTimer(raft, nowMs);
  if (installing !== undefined && raft.leader === installing.from)
    acknowledge(raft, installing.from, meta.index, installing.round, out);
}

/** This server has a durable snapshot up to there. */
export function noteSnapshot(raft: Raft, { index, term }: SnapshotMeta): void {
  raft.snapshot.index = index;
  raft.snapshot.term = term;
}

/** Everything up to `index` is here, as if it had been appended. */
function acknowledge(raft: Raft, to: ServerId, index: number, round: number, out: RaftEffect[]): void {
  const reply: AppendReply = {
    type: "append-reply",
    term: raft.currentTerm,
    success: true,
    index,
    hintIndex: 0,
    hintTerm: 0,
    round,
    identity: raft.identity,
  };
  sendOnceStored(raft, to, reply, index, out);
}
