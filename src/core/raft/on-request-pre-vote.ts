// Pre-vote, receiver side (thesis §9.6): would you vote for me? Nothing is promised and nothing changes here.

import { sendOnceStored } from "./durability.ts";
import { mayVote } from "./identity.ts";
import type { RequestPreVote, ServerId } from "./messages.ts";
import { hasLiveLeader, isCandidateUpToDate } from "./role.ts";
import type { Raft, RaftEffect } from "./state.ts";

export function onRequestPreVote(
  raft: Raft,
  from: ServerId,
  message: RequestPreVote,
  nowMs: number,
  out: RaftEffect[],
): void {
  const couldVote = raft.votedFor === "" || raft.votedFor === from;
  const granted =
    (message.term > raft.currentTerm || (message.term === raft.currentTerm && couldVote)) &&
    mayVote(raft) &&
    isCandidateUpToDate(raft, message) &&
    raft.role !== "leader" &&
    !hasLiveLeader(raft, nowMs);
  // A refusal carries our own term, so that a sender who has fallen behind learns of it.
  const term = granted ? message.term : raft.currentTerm;
  const { identity } = raft;
  sendOnceStored(raft, from, { type: "pre-vote-reply", term, granted, identity }, 0, out);
}
