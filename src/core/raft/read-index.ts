// Linearizable reads without writing (thesis §6.4). A read is served when (1) the leader has committed an entry of its
// own term, (2) it has heard from a quorum in a round that began after the read came, and (3) what was committed then is
// applied. Rounds are numbered; all reads of a turn share one, those that followers ask for too (follower-reads.ts). Within its lease a leader may skip (2) (§6.4.1).

import { must } from "../lib/assert.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { isOnlyVoter } from "./configuration.ts";
import { answerReadIndex, requestFollowerRead } from "./follower-reads.ts";
import { latestConfiguration } from "./log.ts";
import type { ReadIndex, ServerId } from "./messages.ts";
import { majorityReached, reachedByVoters } from "./quorum.ts";
import { sendHeartbeats } from "./replication.ts";
import type { Leading, Progress, Raft, RaftEffect } from "./state.ts";

/** Whether the leader's own term has begun to commit: before that it may not know all that is committed. */
function hasCommittedInTerm(raft: Raft, leading: Leading): boolean {
  return raft.commitIndex >= leading.firstIndex;
}

/**
 * Whether this server may answer from its own state now, once everything up to commitIndex is applied: it leads, and a
 * quorum has promised to elect nobody else for longer than the lease still runs.
 */
export function holdsLease(raft: Raft, nowMs: number): boolean {
  const { leading, config } = raft;
  if (leading === undefined) return false;
  if (PLANTED && planted(config, "raft-lease-forever")) return true;
  if (leading.leaseless || !hasCommittedInTerm(raft, leading)) return false;
  return isAlone(raft) || nowMs - leading.quorumMs < config.leaseMs;
}

/**
 * Registers a read that needs its leader confirmed. Effect `readable` or `unreadable` names it later.
 * @returns false when this server neither leads nor can ask who does.
 */
export function requestRead(raft: Raft, id: number): boolean {
  const { leading } = raft;
  if (leading === undefined) return requestFollowerRead(raft, id);
  const early = PLANTED && planted(raft.config, "raft-read-before-own-commit");
  leading.reads.push({ id, index: early ? raft.commitIndex : readIndex(raft, leading), round: 0 });
  leading.roundWanted = true;
  return true;
}

/** What a read that comes now must see. A new leader may not know all that is committed; its no-op, once committed, covers it. */
function readIndex({ commitIndex }: Raft, { firstIndex }: Leading): number {
  return Math.max(commitIndex, firstIndex);
}

/** Reads that wait at a leader; beyond that its followers are told to ask again later. */
const MAX_WAITING = 1 << 16;

/**
 * A follower asks for its reads (follower-reads.ts). Nobody's term is adopted: whoever asks has heard us in this term, or has
 * another leader in mind.
 */
export function onReadIndex(raft: Raft, from: ServerId, { term, id }: ReadIndex, out: RaftEffect[]): void {
  const { leading } = raft;
  if (leading === undefined || term !== raft.currentTerm || leading.reads.length >= MAX_WAITING)
    return answerReadIndex(raft, from, id, 0, out);
  const index = readIndex(raft, leading);
  if (PLANTED && planted(raft.config, "raft-follower-read-unconfirmed"))
    return answerReadIndex(raft, from, id, index, out);
  leading.reads.push({ id, asker: from, index, round: 0 });
  leading.roundWanted = true;
}

/** Ends a leader's turn: begins a round for the reads that came in it. */
export function startRound(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const leading = must(raft.leading, "only a leader reads");
  if (!leading.roundWanted) return;
  leading.roundWanted = false;
  if (!(PLANTED && planted(raft.config, "raft-read-round-reused"))) beginRound(raft, nowMs);
  for (const read of leading.reads) if (read.round === 0) read.round = leading.round;
  if (isAlone(raft)) return onQuorumRound(raft, leading.round, out);
  sendHeartbeats(raft, nowMs, out);
}

/**
 * Heartbeats open rounds of their own: their echoes renew the lease and show that there is a quorum. The only voter is its
 * own quorum: its rounds end as they begin, whether its learners answer or not.
 */
export function beginRound(raft: Raft, nowMs: number): void {
  const leading = must(raft.leading, "only a leader begins rounds");
  leading.round++;
  leading.openRounds.push({ round: leading.round, beganMs: nowMs });
  if (!isAlone(raft)) return;
  leading.openRounds.length = 0;
  leading.quorumMs = nowMs;
}

/** A follower's reply echoed a round: perhaps a quorum has by now. */
export function onRoundEcho(raft: Raft, out: RaftEffect[]): void {
  const leading = must(raft.leading, "only a leader gets echoes");
  // A quorum has echoed every round: the late echoes of the others change nothing.
  if (leading.openRounds.length === 0 && leading.reads.length === 0) return;
  const rounds = reachedByVoters(raft, leading, leading.round, roundOf);
  onQuorumRound(raft, majorityReached(rounds), out);
}

function roundOf({ round }: Progress): number {
  return round;
}

function onQuorumRound(raft: Raft, round: number, out: RaftEffect[]): void {
  const leading = must(raft.leading, "only a leader gets echoes");
  while ((leading.openRounds[0]?.round ?? Number.POSITIVE_INFINITY) <= round)
    leading.quorumMs = must(leading.openRounds.shift(), "there is a first one").beganMs;
  if (leading.reads.length > 0) serveReads(raft, leading, round, out);
}

/** The reads that waited for a round up to this one may be served. */
function serveReads(raft: Raft, leading: Leading, round: number, out: RaftEffect[]): void {
  const ids: number[] = [];
  let latest = 0;
  while (leading.reads.length > 0) {
    const read = must(leading.reads[0], "there is a first one");
    if (read.round === 0 || read.round > round) break;
    leading.reads.shift();
    if (read.asker !== undefined) answerReadIndex(raft, read.asker, read.id, read.index, out);
    else {
      ids.push(read.id);
      latest = Math.max(latest, read.index);
    }
  }
  if (ids.length > 0) out.push({ type: "readable", ids, index: latest });
}

/** When this leader must step down unless it hears from a quorum first; Infinity when it is one by itself. */
export function quorumDeadlineMs(raft: Raft): number {
  const { leading, config } = raft;
  if (leading === undefined || isAlone(raft)) return Number.POSITIVE_INFINITY;
  return leading.quorumMs + config.electionTimeoutMs;
}

/** Whether this server is its own quorum. */
export function isAlone(raft: Raft): boolean {
  return isOnlyVoter(latestConfiguration(raft.log), raft.id);
}
