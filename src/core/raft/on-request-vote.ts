// RequestVote, receiver side (Figure 2, §5.2, §5.4.1).

import { assert } from "../lib/assert.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { sendOnceStored, setTermAndVote } from "./durability.ts";
import { mayVote } from "./identity.ts";
import type { RequestVote, ServerId } from "./messages.ts";
import { becomeFollower, hasLiveLeader, isCandidateUpToDate, resetElectionTimer } from "./role.ts";
import type { Raft, RaftEffect } from "./state.ts";

export function onRequestVote(
  raft: Raft,
  from: ServerId,
  message: RequestVote,
  nowMs: number,
  out: RaftEffect[],
): void {
  // While a leader is alive its followers do not even look at the term (thesis §4.2.3), or a server that was cut off for
  // a while could depose it. A leader that has its quorum does likewise; one without steps down by itself soon. But when
  // the leader itself asked for the campaign, that is what it wants.
  const protectedLeader = raft.role === "leader" || (hasLiveLeader(raft, nowMs) && raft.leader !== from);
  if (protectedLeader && !message.transfer && message.term > raft.currentTerm) return;

  if (message.term > raft.currentTerm) becomeFollower(raft, message.term, undefined, nowMs, out);
  assert(message.term <= raft.currentTerm, "a newer term is adopted before it is judged");

  const granted =
    message.term === raft.currentTerm && mayVoteFor(raft, from) && isCandidateUpToDate(raft, message);
  if (granted) {
    if (raft.votedFor !== from) setTermAndVote(raft, raft.currentTerm, from);
    // Only a granted vote postpones our own campaign: a candidate we refuse must not keep us quiet.
    resetElectionTimer(raft, nowMs);
  }
  // Held back until what it vouches for is stored: a vote that a crash forgets could be cast twice (§5.2).
  const { currentTerm: term, identity } = raft;
  sendOnceStored(raft, from, { type: "vote-reply", term, granted, identity }, 0, out);
}

function mayVoteFor(raft: Raft, candidate: ServerId): boolean {
  if (!mayVote(raft)) return false;
  if (PLANTED && raft.role !== "follower" && planted(raft.config, "raft-campaigner-votes")) return true;
  return raft.votedFor === "" || raft.votedFor === candidate;
}
