// RequestVote, sender side: counting.

import { PLANTED, planted } from "../lib/planted.ts";
import type { ServerId, VoteReply } from "./messages.ts";
import { becomeFollower, countVotes, otherVoters } from "./role.ts";
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
  if (message.term < raft.currentTerm && !(PLANTED && planted(raft.config, "raft-stale-vote-counted")))
    return;
  if (PLANTED && message.granted && raft.votes.get(from) && planted(raft.config, "raft-vote-counted-twice"))
    raft.votes.set(otherVoters(raft).find((id) => !raft.votes.has(id)) ?? from, true);
  raft.votes.set(from, message.granted);
  countVotes(raft, nowMs, out);
}
