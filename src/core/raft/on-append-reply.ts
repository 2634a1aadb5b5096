// AppendEntries, sender side: a follower's progress, and what follows from it for commits and reads.

import { must } from "../lib/assert.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { recordOf } from "./configuration.ts";
import { lastIndexUpToTerm, latestConfiguration } from "./log.ts";
import type { AppendReply, LogIdentity, ServerId, SnapshotReply } from "./messages.ts";
import { onRoundEcho } from "./read-index.ts";
import { advanceCommitIndex, needsSnapshot, onMatch, startProbing } from "./replication.ts";
import { becomeFollower } from "./role.ts";
import { onPieceKept } from "./send-snapshot.ts";
import type { Progress, Raft, RaftEffect } from "./state.ts";
import { considerTransfer } from "./transfer.ts";

export function onAppendReply(
  raft: Raft,
  from: ServerId,
  message: AppendReply,
  nowMs: number,
  out: RaftEffect[],
): void {
  const progress = heard(raft, from, message, nowMs, out);
  if (progress === undefined) return;
  if (!message.success) onRefusal(raft, progress, message);
  else if (message.index <= raft.log.lastIndex) {
    onMatch(raft, progress, message.index);
    advanceCommitIndex(raft, nowMs, out);
    considerTransfer(raft, from, out);
  }
}

/** InstallSnapshot, sender side. */
export function onSnapshotReply(
  raft: Raft,
  from: ServerId,
  message: SnapshotReply,
  nowMs: number,
  out: RaftEffect[],
): void {
  const progress = heard(raft, from, message, nowMs, out);
  if (progress !== undefined) onPieceKept(progress, message);
}

/** A follower's word. @returns Its progress; undefined when it has nothing to say to the leader of this term. */
function heard(
  raft: Raft,
  from: ServerId,
  message: AppendReply | SnapshotReply,
  nowMs: number,
  out: RaftEffect[],
): Progress | undefined {
  if (message.term > raft.currentTerm) {
    becomeFollower(raft, message.term, undefined, nowMs, out);
    return undefined;
  }
  const progress = raft.leading?.progress.get(from);
  // A reply of an older term answers an older leader, even if that was we.
  if (progress === undefined || message.term < raft.currentTerm) return undefined;
  if (isOfOtherLife(progress, message)) return undefined;
  recognise(raft, from, progress, message.identity, out);
  if (message.round > progress.round) {
    progress.round = Math.min(message.round, must(raft.leading, "progress is a leader's").round);
    onRoundEcho(raft, out);
  }
  return progress;
}

/**
 * Words with one identity and with another may be on their way at the same time: those of the life before the disk was lost,
 * and of the life after it. The later ones answer a later round. Were each believed as it comes, everything would be sent
 * from the beginning again with every change of mind (swarm seed 1267: 96,000 refusals).
 */
function isOfOtherLife(progress: Progress, { identity, round }: AppendReply | SnapshotReply): boolean {
  return progress.identity !== undefined && progress.identity !== identity && round <= progress.round;
}

/** With another log than before, nothing that it acknowledged is there any more: all of it has to be sent again. */
function recognise(
  raft: Raft,
  from: ServerId,
  progress: Progress,
  identity: LogIdentity,
  out: RaftEffect[],
): void {
  if (progress.identity === identity) return;
  const hadAnother = progress.identity !== undefined;
  progress.identity = identity;
  if (hadAnother && !(PLANTED && planted(raft.config, "raft-lost-log-still-counts"))) {
    progress.match = 0;
    startProbing(progress, raft.log.lastIndex + 1);
  }
  const record = recordOf(latestConfiguration(raft.log), from);
  if (record !== undefined && record.identity !== identity)
    out.push({ type: "stranger", server: from, identity });
}

/** Steps back to the highest place where the logs may agree, by terms rather than entry by entry. */
function onRefusal(raft: Raft, progress: Progress, message: AppendReply): void {
  // It is asked for nothing before the snapshot is there.
  if (progress.mode === "snapshot") return;
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
  if (progress.mode === "probe" && next === progress.next && !needsSnapshot(raft, progress)) return;
  startProbing(progress, next);
}
