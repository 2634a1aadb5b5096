// Linearizable reads at a server that does not lead (thesis §6.4): it asks the leader from which index on it may answer, one
// question for all reads of a turn; the leader confirms that it still leads, as for its own reads; and once so much is
// applied here the reads are answered here. What is asked of one leader in one term is dropped when either changes.

import { recordOf } from "./configuration.ts";
import { sendOnceStored } from "./durability.ts";
import { latestConfiguration } from "./log.ts";
import type { ReadIndexReply, ServerId } from "./messages.ts";
import type { FollowerReads, Raft, RaftEffect } from "./state.ts";

/** Questions under way at a follower; beyond that the leader is asked for the reads themselves. */
const MAX_QUESTIONS = 256;

/**
 * @param identity Drawn anew whenever a server starts. Questions are numbered from there on, so that an answer to one of an
 *   earlier life, late on its way, is not taken for the answer to one of this life (etcd #20418).
 */
export function createFollowerReads(identity: number): FollowerReads {
  return { nextId: identity * 0x10_0000 + 1, wanted: [], questions: [] };
}

/**
 * Registers a read here. Effect `readable` or `unreadable` names it later.
 * @returns false when there is no leader to ask, or this server may not vouch for anything or is none of the cluster's any
 *   more: the read is to go elsewhere.
 */
export function requestFollowerRead(raft: Raft, id: number): boolean {
  const { id: self, log, leader, leading, durability, followerReads } = raft;
  if (leading !== undefined || leader === undefined || durability.broken) return false;
  // The leader may tell it an index, but sends it no more entries to get there by.
  if (recordOf(latestConfiguration(log), self) === undefined) return false;
  if (followerReads.questions.length >= MAX_QUESTIONS) return false;
  followerReads.wanted.push(id);
  return true;
}

/** Ends a turn: one question for the reads that came in it. */
export function askForIndex(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const { leader, followerReads } = raft;
  if (followerReads.wanted.length === 0 || leader === undefined) return;
  const id = followerReads.nextId++;
  followerReads.questions.push({ id, reads: followerReads.wanted.splice(0), askedAtMs: nowMs });
  ask(raft, leader, id, out);
}

/** The leader lives: what it has not answered for a while was lost on its way, or its answer. */
export function askForIndexAgain(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const { leader, followerReads, config } = raft;
  if (leader === undefined) return;
  for (const question of followerReads.questions) {
    if (nowMs - question.askedAtMs < config.heartbeatIntervalMs) continue;
    question.askedAtMs = nowMs;
    ask(raft, leader, question.id, out);
  }
}

function ask(raft: Raft, leader: ServerId, id: number, out: RaftEffect[]): void {
  sendOnceStored(raft, leader, { type: "read-index", term: raft.currentTerm, id }, 0, out);
}

/** @param index 0 for "no": this server does not lead, or has lost its quorum. */
export function answerReadIndex(
  raft: Raft,
  to: ServerId,
  id: number,
  index: number,
  out: RaftEffect[],
): void {
  sendOnceStored(raft, to, { type: "read-index-reply", term: raft.currentTerm, id, index }, 0, out);
}

/** Follower side. An answer of another term, or of one who is not our leader, may be older than the question. */
export function onReadIndexReply(
  raft: Raft,
  from: ServerId,
  { term, id, index }: ReadIndexReply,
  out: RaftEffect[],
): void {
  if (from !== raft.leader || term !== raft.currentTerm) return;
  const { questions } = raft.followerReads;
  const at = questions.findIndex((question) => question.id === id);
  const [question] = at < 0 ? [] : questions.splice(at, 1);
  if (question === undefined) return;
  if (index === 0) out.push({ type: "unreadable", ids: question.reads, refused: true });
  else out.push({ type: "readable", ids: question.reads, index });
}

/** The leader or the term has changed, or the disk is broken: nobody will answer for us any more. */
export function dropFollowerReads({ followerReads }: Raft, out: RaftEffect[]): void {
  const { wanted, questions } = followerReads;
  const ids = [...questions.flatMap(({ reads }) => reads), ...wanted];
  wanted.length = 0;
  questions.length = 0;
  if (ids.length > 0) out.push({ type: "unreadable", ids, refused: false });
}
