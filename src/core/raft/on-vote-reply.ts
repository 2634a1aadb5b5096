// RequestVote, sender side: counting.

import { isVoteOf } from "./identity.ts";
import type { ServerId, VoteReply } from "./messages.ts";
import { becomeFollower, countsStaleVotes, countVote } from "./role.ts";
import type { Raft, RaftEffect } from "./state.ts";

export function onVoteReply(
  raft: Raft,
  from: ServerId,
  message: VoteReply,
  nowMs: number,
  out: RaftEffect[],
): void {
  if (message.term > raft.currentTerm) return becomeFollower(raft, message.term, undefined, nowMs, out);
  if (raft.role !== "candidate") return;
  // A vote of an older term was for another campaign.
  if (message.term === raft.currentTerm || countsStaleVotes(raft))
    countVote(raft, from, message.granted && isVoteOf(raft, from, message.identity), nowMs, out);
}
