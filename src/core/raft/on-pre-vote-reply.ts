// Pre-vote, sender side: with a majority of yeses the real campaign begins.

import { isVoteOf } from "./identity.ts";
import type { PreVoteReply, ServerId } from "./messages.ts";
import { becomeFollower, countsStaleVotes, countVote } from "./role.ts";
import type { Raft, RaftEffect } from "./state.ts";

export function onPreVoteReply(
  raft: Raft,
  from: ServerId,
  message: PreVoteReply,
  nowMs: number,
  out: RaftEffect[],
): void {
  if (!message.granted && message.term > raft.currentTerm)
    return becomeFollower(raft, message.term, undefined, nowMs, out);
  if (raft.role !== "pre-candidate") return;
  // A yes to a campaign of an older term says nothing about this one.
  const stale = message.granted && message.term !== raft.currentTerm + 1;
  const granted = message.granted && isVoteOf(raft, from, message.identity);
  if (!stale || countsStaleVotes(raft)) countVote(raft, from, granted, nowMs, out);
}
