// The table of contents: every input of a Raft server, what ends a turn, when it next wants to be woken.

import { assert, unreachable } from "../lib/assert.ts";
import { encodeServers, type ServerRecord } from "./configuration.ts";
import { askDisk, onStored, setTermAndVote } from "./durability.ts";
import { askForIndex, dropFollowerReads, onReadIndexReply } from "./follower-reads.ts";
import { BOOTSTRAPPED } from "./identity.ts";
import { appendEntry, bytesAfter } from "./log.ts";
import type { RaftMessage, ServerId } from "./messages.ts";
import { onAppendEntries } from "./on-append-entries.ts";
import { onAppendReply, onSnapshotReply } from "./on-append-reply.ts";
import { onInstallSnapshot, onSnapshotProgress, onSnapshotReceived } from "./on-install-snapshot.ts";
import { onPreVoteReply } from "./on-pre-vote-reply.ts";
import { onRequestPreVote } from "./on-request-pre-vote.ts";
import { onRequestVote } from "./on-request-vote.ts";
import { onVoteReply } from "./on-vote-reply.ts";
import { beginRound, onReadIndex, quorumDeadlineMs, startRound } from "./read-index.ts";
import { advanceCommitIndex, isDismissed, sendEntries, sendHeartbeats, tellCommit } from "./replication.ts";
import {
  canCampaign,
  hastenElection,
  onOwnVoteStored,
  resetElectionTimer,
  startCampaign,
  stepDown,
} from "./role.ts";
import { onSnapshotRead, resendPieces } from "./send-snapshot.ts";
import type { Raft, RaftEffect, RaftInput } from "./state.ts";
import { considerSnapshot, onSnapshotTaken } from "./take-snapshot.ts";
import { onTimeoutNow, reviewTransfer } from "./transfer.ts";

/** One input, run to its end. What it causes is completed by `flushRaft`, once for all inputs of a turn. */
export function stepRaft(raft: Raft, input: RaftInput, nowMs: number, out: RaftEffect[]): void {
  take(raft, input, nowMs, out);
  if (raft.leading !== undefined && isDismissed(raft)) leaveOffice(raft, nowMs, out);
}

/** A leader that is a voter no more tells its followers so, and leads no longer. */
function leaveOffice(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  sendHeartbeats(raft, nowMs, out);
  stepDown(raft, nowMs, out);
}

function take(raft: Raft, input: RaftInput, nowMs: number, out: RaftEffect[]): void {
  switch (input.type) {
    case "wake":
      return onWake(raft, nowMs, out);
    case "message":
      return onMessage(raft, input.from, input.message, nowMs, out);
    case "stored":
      onStored(raft, input.token, out);
      onOwnVoteStored(raft, nowMs, out);
      if (raft.leading !== undefined) advanceCommitIndex(raft, nowMs, out);
      return;
    case "storage-failed":
      return onStorageFailed(raft, nowMs, out);
    case "peer-refused":
      return onPeerRefused(raft, input.peer, nowMs, out);
    case "snapshot-taken":
      return onSnapshotTaken(raft, input.meta);
    case "snapshot-read":
      return onSnapshotRead(raft, input.to, input.chunk, nowMs, out);
    case "snapshot-progress":
      return onSnapshotProgress(raft, input.meta, input.received, out);
    case "snapshot-received":
      return onSnapshotReceived(raft, input.meta, nowMs, out);
    default:
      return unreachable(input);
  }
}

/** Ends a turn: one round for its reads, one batch to each follower and to the disk for its entries. */
export function flushRaft(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  if (raft.leading !== undefined) {
    startRound(raft, nowMs, out);
    sendEntries(raft, nowMs, out);
  } else askForIndex(raft, nowMs, out);
  askDisk(raft, out);
}

/** When this server next wants to be woken. */
export function raftDeadline(raft: Raft): number {
  const { leading, snapshot } = raft;
  if (leading === undefined) return Math.min(raft.electionAtMs, snapshot.dueAtMs);
  const heartbeat = leading.progress.size === 0 ? Number.POSITIVE_INFINITY : leading.heartbeatAtMs;
  const transfer = leading.transfer?.untilMs ?? Number.POSITIVE_INFINITY;
  return Math.min(heartbeat, leading.tellCommitAtMs, quorumDeadlineMs(raft), snapshot.dueAtMs, transfer);
}

function onWake(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const { leading } = raft;
  considerSnapshot(raft, nowMs, out);
  if (leading === undefined) {
    if (nowMs < raft.electionAtMs) return;
    if (canCampaign(raft)) startCampaign(raft, nowMs, out);
    else raft.electionAtMs = Number.POSITIVE_INFINITY;
    return;
  }
  if (nowMs >= quorumDeadlineMs(raft)) return stepDown(raft, nowMs, out);
  reviewTransfer(raft, nowMs, out);
  if (nowMs >= leading.heartbeatAtMs && leading.progress.size > 0) {
    beginRound(raft, nowMs);
    sendHeartbeats(raft, nowMs, out);
    resendPieces(raft, nowMs);
  }
  if (nowMs >= leading.tellCommitAtMs) tellCommit(raft, out);
}

function onMessage(raft: Raft, from: ServerId, message: RaftMessage, nowMs: number, out: RaftEffect[]): void {
  // A server that can't store takes part no more, but it must hear who leads: its clients' questions go there.
  if (raft.durability.broken && message.type !== "append" && message.type !== "snapshot") return;
  switch (message.type) {
    case "append":
      return onAppendEntries(raft, from, message, nowMs, out);
    case "append-reply":
      return onAppendReply(raft, from, message, nowMs, out);
    case "snapshot":
      return onInstallSnapshot(raft, from, message, nowMs, out);
    case "snapshot-reply":
      return onSnapshotReply(raft, from, message, nowMs, out);
    case "timeout-now":
      return onTimeoutNow(raft, from, message, nowMs, out);
    case "read-index":
      return onReadIndex(raft, from, message, out);
    case "read-index-reply":
      return onReadIndexReply(raft, from, message, out);
    case "vote":
      return onRequestVote(raft, from, message, nowMs, out);
    case "vote-reply":
      return onVoteReply(raft, from, message, nowMs, out);
    case "pre-vote":
      return onRequestPreVote(raft, from, message, nowMs, out);
    case "pre-vote-reply":
      return onPreVoteReply(raft, from, message, nowMs, out);
    default:
      return unreachable(message);
  }
}

/** A server that cannot persist neither votes nor leads: whatever it promised from now on, a crash would forget. */
function onStorageFailed(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  raft.durability.broken = true;
  raft.durability.heldBack.length = 0;
  raft.electionAtMs = Number.POSITIVE_INFINITY;
  if (raft.role !== "follower") stepDown(raft, nowMs, out);
  dropFollowerReads(raft, out);
  // What it holds is of now at best, and is going to grow old (on-append-entries.ts).
  if (!Number.isFinite(raft.leaderContactMs)) raft.leaderContactMs = nowMs;
}

/**
 * Nobody listens at the leader's address: its process is dead, so its lease cannot harm anyone, and followers need not
 * wait out the time that guards against a mere silence. Asking for pre-votes early is harmless in any case.
 */
function onPeerRefused(raft: Raft, peer: ServerId, nowMs: number, out: RaftEffect[]): void {
  if (raft.leading !== undefined || raft.leader !== peer) return;
  dropFollowerReads(raft, out);
  raft.leader = undefined;
  out.push({ type: "role", role: raft.role, term: raft.currentTerm, leader: undefined });
  hastenElection(raft, nowMs);
}

/** Why a proposal was not taken. */
export type Refusal =
  | "not-leader"
  /** Leadership is being handed over: ask again when that has come to an end. */
  | "transferring"
  | "too-much-uncommitted";

/**
 * Appends a command to the leader's log. It is committed once effect `committed` reaches its index and the entry there
 * still has this term; if another term's entry is committed there, or leadership is lost first, it may be lost.
 */
export function propose(
  raft: Raft,
  data: Uint8Array,
): { readonly index: number; readonly term: number } | Refusal {
  if (raft.leading === undefined || raft.durability.broken) return "not-leader";
  if (raft.leading.transfer !== undefined) return "transferring";
  if (bytesAfter(raft.log, raft.commitIndex) > raft.config.maxUncommittedBytes) return "too-much-uncommitted";
  return { index: appendEntry(raft.log, "command", raft.currentTerm, data), term: raft.currentTerm };
}

/** Of the first configuration. Nobody is ever asked for a vote in this term: the first campaign is for the next one. */
export const FOUNDING_TERM = 1;

/**
 * Whether this server has never been part of a cluster, and so may be bootstrapped. So may one that a crash stopped in the
 * middle of it: the disk has the term and the identity, which are written first, and not the configuration. It has promised
 * nothing, as both are on the disk before any answer; and without a configuration it could neither vote nor campaign, nor
 * could anybody else when it is so with most (`test/scenarios/founding.test.ts`).
 */
export function isBlank(raft: Raft): boolean {
  if (raft.log.lastIndex > 0) return false;
  return raft.currentTerm === 0 || (raft.currentTerm === FOUNDING_TERM && raft.identity === BOOTSTRAPPED);
}

/**
 * The first configuration of a new cluster, as entry 1 of term 1. Every server that bootstraps must be given the same
 * list, in the same order.
 */
export function bootstrapRaft(
  raft: Raft,
  servers: readonly Omit<ServerRecord, "identity">[],
  nowMs: number,
): void {
  assert(isBlank(raft), "only a blank server is bootstrapped");
  raft.identity = BOOTSTRAPPED;
  setTermAndVote(raft, FOUNDING_TERM, "");
  const records = servers.map((server) => ({ identity: BOOTSTRAPPED, ...server }));
  appendEntry(raft.log, "configuration", FOUNDING_TERM, encodeServers(records));
  resetElectionTimer(raft, nowMs);
  // Nobody else could lead: no need to wait for one. But in a turn of its own: the disk is told of the configuration before
  // it is told of the vote, so that a crash leaves nobody who has voted and does not know in which cluster.
  if (servers.length === 1 && canCampaign(raft)) raft.electionAtMs = nowMs + 1;
  else hastenElection(raft, nowMs);
}
