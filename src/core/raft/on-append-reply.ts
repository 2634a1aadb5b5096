// AppendEntries, sender side: a follower's progress, and what follows from it for commits and reads.

import { must } from "../lib/assert.ts";
import { lastIndexUpToTerm } from "./log.ts";
import type { AppendReply, ServerId } from "./messages.ts";
import { onRoundEcho } from "./read-index.ts";
import { advanceCommitIndex, onMatch, startProbing } from "./replication.ts";
import { becomeFollower } from "./role.ts";
import type { Progress, Raft, RaftEffect } from "./state.ts";

export function onAppendReply(
  raft: Raft,
  from: ServerId,
  message: AppendReply,
  nowMs: number,
  out: RaftEffect[],
): void {
  if (message.term > raft.currentTerm) return becomeFollower(raft, message.term, undefined, nowMs, out);
  const progress = raft.leading?.progress.get(from);
  // A reply of an older term answers an older leader, even if that was we.
  if (progress === undefined || message.term < raft.currentTerm) return;
  if (message.round > progress.round) {
    progress.round = Math.min(message.round, must(raft.leading, "progress is a leader's").round);
    onRoundEcho(raft, out);
  }
  if (!message.success) onRefusal(raft, progress, message);
  else if (message.index <= raft.log.lastIndex) {
    onMatch(raft, progress, message.index);
    advanceCommitIndex(raft, nowMs, out);
  }
}

/** Steps back to the highest place where the logs may agree, by terms rather than entry by entry. */
function onRefusal(raft: Raft, progress: Progress, message: AppendReply): void {
  const stale =
    progress.mode === "replicate" ? message.index <= progress.match : message.index !== progress.next - 1;
  if (stale) return;
  const candidate = lastIndexUpToTerm(
    raft.log,
    Math.min(message.hintIndex, message.index - 1),
    message.hintTerm,
  );
  const next = Math.max(candidate, progress.match) + 1;
  // It refuses what it once had: its disk was lost. There is no place further back to look at, and asking again at once
  // would go round and round; the next heartbeat asks.
  if (progress.mode === "probe" && next === progress.next) return;
  startProbing(progress, next);
}
