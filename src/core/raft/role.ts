// The four roles and how a server comes into each (Figure 4, with pre-vote of thesis §9.6).

import { assert } from "../lib/assert.ts";
import { chooseMs } from "../lib/chance.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { isVoter } from "./configuration.ts";
import { sendOnceStored, setTermAndVote } from "./durability.ts";
import { MAX_TERM } from "./entry.ts";
import { answerReadIndex, dropFollowerReads } from "./follower-reads.ts";
import { mayVote } from "./identity.ts";
import { appendEntry, isUpToDate, lastTerm, latestConfiguration } from "./log.ts";
import type { RequestPreVote, RequestVote, ServerId } from "./messages.ts";
import { electorate, tally } from "./quorum.ts";
import { startReplicating } from "./replication.ts";
import type { Raft, RaftEffect, Role } from "./state.ts";

const NO_DATA = new Uint8Array(0);

/** After a leader's death is certain, followers wait only so long, so that they do not all campaign at once. */
const SURE_DEATH_WAIT_MS: readonly [number, number] = [10, 160];

export function isLeader(raft: Raft): boolean {
  return raft.role === "leader";
}

/**
 * Whether this server may campaign, and has a term to do it in. Only a peer that lies brings us to the last term there
 * is; then nobody can be elected, but nobody counts from 0 again either.
 */
export function canCampaign(raft: Raft): boolean {
  if (raft.durability.broken || raft.currentTerm >= MAX_TERM) return false;
  return isNeeded(raft) && mayVote(raft);
}

/**
 * Whether it has a vote in the configuration in force, or had one in the one before and does not know this one committed:
 * the log that takes its vote away may be the longest there is, so that nobody else can be elected (thesis §4.2.2). It
 * does not count its own vote then, and leads until the change is committed.
 */
function isNeeded({ id, log, commitIndex }: Raft): boolean {
  const latest = latestConfiguration(log);
  if (isVoter(latest, id)) return true;
  const before = log.configurations.at(-2);
  return latest.index > commitIndex && before !== undefined && isVoter(before, id);
}

/** A fresh random wait, in [T, 2T), so that split votes do not repeat (§5.2). */
export function resetElectionTimer(raft: Raft, nowMs: number): void {
  const { electionTimeoutMs } = raft.config;
  raft.electionAtMs = canCampaign(raft)
    ? nowMs + chooseMs(raft.chance, "raft.election-timeout", electionTimeoutMs, 2 * electionTimeoutMs)
    : Number.POSITIVE_INFINITY;
}

/** Soon, but not at the same moment as the others. Pre-vote makes an early campaign harmless. */
export function hastenElection(raft: Raft, nowMs: number): void {
  const [least, most] = SURE_DEATH_WAIT_MS;
  if (!canCampaign(raft)) return;
  raft.electionAtMs = Math.min(
    raft.electionAtMs,
    nowMs + chooseMs(raft.chance, "raft.sure-death", least, most),
  );
}

/** Whether a leader was heard so lately that this server may not help to depose it (thesis §4.2.3, §9.6). */
export function hasLiveLeader(raft: Raft, nowMs: number): boolean {
  if (PLANTED && planted(raft.config, "raft-forsakes-live-leader")) return false;
  return (
    nowMs < raft.noVoteBeforeMs ||
    (raft.leader !== undefined && nowMs - raft.leaderContactMs < raft.config.electionTimeoutMs)
  );
}

/** Whether the sender's log holds all that may be committed, as far as its end tells (§5.4.1). */
export function isCandidateUpToDate(raft: Raft, message: RequestVote | RequestPreVote): boolean {
  if (PLANTED && planted(raft.config, "raft-vote-ignores-log")) return true;
  if (PLANTED && planted(raft.config, "raft-vote-by-length"))
    return message.lastLogIndex >= raft.log.lastIndex;
  return isUpToDate(raft.log, message.lastLogTerm, message.lastLogIndex);
}

function setRole(raft: Raft, role: Role, leader: ServerId | undefined, out: RaftEffect[]): void {
  giveUpReads(raft, out);
  const transfer = raft.leading?.transfer;
  if (transfer !== undefined) out.push({ type: "transfer", target: transfer.target, outcome: "done" });
  raft.leading = undefined;
  raft.role = role;
  raft.leader = leader;
  raft.votes.clear();
  out.push({ type: "role", role, term: raft.currentTerm, leader });
}

/** Reads that wait for a leader's word, ours or another's, need that of the next one. */
function giveUpReads(raft: Raft, out: RaftEffect[]): void {
  const ids: number[] = [];
  for (const { id, asker } of raft.leading?.reads ?? [])
    if (asker === undefined) ids.push(id);
    else answerReadIndex(raft, asker, id, 0, out);
  if (ids.length > 0) out.push({ type: "unreadable", ids, refused: false });
  dropFollowerReads(raft, out);
}

/**
 * Adopts a term, or stays in it, as a follower. The election timer is left alone: only what shows a live leader, or a
 * vote given away, postpones our own campaign.
 */
export function becomeFollower(
  raft: Raft,
  term: number,
  leader: ServerId | undefined,
  nowMs: number,
  out: RaftEffect[],
): void {
  assert(term >= raft.currentTerm, "terms only grow");
  const wasLeader = raft.role === "leader";
  if (term > raft.currentTerm) setTermAndVote(raft, term, "");
  if (raft.role !== "follower" || raft.leader !== leader || term > raft.currentTerm)
    setRole(raft, "follower", leader, out);
  if (!wasLeader) return;
  // It knew all until now; what it answers from here on grows old, and says so.
  raft.leaderContactMs = nowMs;
  resetElectionTimer(raft, nowMs);
}

/** Leads no longer, for want of a quorum: in the same term, without a leader. */
export function stepDown(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  setRole(raft, "follower", undefined, out);
  raft.leaderContactMs = nowMs;
  resetElectionTimer(raft, nowMs);
}

/** The time is up: asks whether a campaign could be won, changing nothing that matters; a lone voter skips that. */
export function startCampaign(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  assert(canCampaign(raft), "only voters campaign");
  const others = otherVoters(raft);
  if (others.length === 0) return becomeCandidate(raft, false, nowMs, out);
  setRole(raft, "pre-candidate", undefined, out);
  resetElectionTimer(raft, nowMs);
  raft.votes.set(raft.id, true);
  const message: RequestPreVote = {
    type: "pre-vote",
    term: raft.currentTerm + 1,
    lastLogIndex: raft.log.lastIndex,
    lastLogTerm: lastTerm(raft.log),
  };
  for (const to of others) out.push({ type: "send", to, message });
}

/**
 * A new term, a vote for oneself, and requests that leave once both are on disk.
 * @param transfer The leader asked for it.
 */
export function becomeCandidate(raft: Raft, transfer: boolean, nowMs: number, out: RaftEffect[]): void {
  assert(raft.role !== "leader", "a leader does not campaign");
  setTermAndVote(raft, raft.currentTerm + 1, raft.id);
  setRole(raft, "candidate", undefined, out);
  resetElectionTimer(raft, nowMs);
  const message: RequestVote = {
    type: "vote",
    term: raft.currentTerm,
    lastLogIndex: raft.log.lastIndex,
    lastLogTerm: lastTerm(raft.log),
    transfer,
  };
  for (const to of otherVoters(raft)) sendOnceStored(raft, to, message, 0, out);
}

/** Notes a vote of this campaign: each voter's counts once, however often its reply arrives. */
export function countVote(
  raft: Raft,
  from: ServerId,
  granted: boolean,
  nowMs: number,
  out: RaftEffect[],
): void {
  if (PLANTED && granted && raft.votes.get(from) === true && planted(raft.config, "raft-vote-counted-twice"))
    raft.votes.set(otherVoters(raft).find((id) => !raft.votes.has(id)) ?? from, true);
  raft.votes.set(from, granted);
  countVotes(raft, nowMs, out);
}

/** Never, in a sound server. */
export function countsStaleVotes(raft: Raft): boolean {
  return PLANTED && planted(raft.config, "raft-stale-vote-counted");
}

/** Draws the conclusion from the votes so far. */
function countVotes(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const outcome = tally(electorate(raft), raft.votes);
  if (outcome === "won" && raft.role === "pre-candidate") becomeCandidate(raft, false, nowMs, out);
  else if (outcome === "won") becomeLeader(raft, nowMs, out);
  else if (outcome === "lost") {
    const raced = raft.role === "candidate";
    // Wait for the timer, which already runs: somebody else may be winning.
    setRole(raft, "follower", undefined, out);
    // But who had a majority of pre-votes lost a race, often to one who lost it too: the silence need not be waited out
    // twice. If there is a winner its first word comes sooner.
    if (raced) hastenElection(raft, nowMs);
  }
}

/** The candidate's own vote counts once it is durable, like everybody's. */
export function onOwnVoteStored(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  if (raft.role !== "candidate" || raft.votes.has(raft.id)) return;
  if (raft.durability.hardStateDirty || raft.durability.stored < raft.durability.hardStateToken) return;
  countVote(raft, raft.id, true, nowMs, out);
}

function becomeLeader(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  assert(raft.role === "candidate", "only a candidate wins");
  setRole(raft, "leader", raft.id, out);
  raft.electionAtMs = Number.POSITIVE_INFINITY;
  // An entry of the leader's own term: nothing older is committed, and no read served, before it is (§5.4.2, §8).
  const firstIndex = appendEntry(raft.log, "no-op", raft.currentTerm, NO_DATA);
  startReplicating(raft, firstIndex, nowMs);
}

export function otherVoters(raft: Raft): ServerId[] {
  return electorate(raft).filter((id) => id !== raft.id);
}
