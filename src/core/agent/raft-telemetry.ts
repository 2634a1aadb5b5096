// What is measured of Raft, by hashicorp/raft's names: whatever goes into it and comes out of it passes here. How long it
// took is a matter of two moments, or of the step's length where it begins and ends in one.

import {
  beginMetric,
  countMetric,
  endMetric,
  type Metrics,
  sampleMetric,
  setMetric,
  taskMetric,
} from "../lib/metrics.ts";
import type { RaftMessage } from "../raft/messages.ts";
import { isLeader } from "../raft/role.ts";
import type { RaftEffect, RaftInput, Role } from "../raft/state.ts";
import {
  forgetMessages,
  noteAppendAnswered,
  noteAppendSent,
  noteEntriesAnswered,
  noteEntriesTaken,
  noteSnapshotSent,
  noteStoreAsked,
  noteStored,
  type RaftTimings,
} from "../service/raft-timings.ts";
import type { Server, Service } from "../service/state.ts";

/** What Raft is about to be given. */
export function noteRaftInput(
  { telemetry }: Service,
  { timings }: Server,
  input: RaftInput,
  nowMs: number,
): void {
  if (telemetry === undefined) return;
  if (input.type === "stored") return noteStored(timings, telemetry, input.token, nowMs);
  if (input.type !== "message") return;
  const { from, message } = input;
  switch (message.type) {
    case "append":
      if (message.entries.length > 0) return noteEntriesTaken(timings, message.prevLogIndex, nowMs);
      taskMetric(telemetry, "raft.rpc.appendEntries");
      return taskMetric(telemetry, "raft.rpc.processHeartbeat");
    case "append-reply":
      return noteAppendAnswered(timings, telemetry, from, message, nowMs);
    case "vote":
      return beginMetric(telemetry, "raft.rpc.requestVote");
    case "snapshot":
      if (message.offset === 0) beginMetric(telemetry, "raft.rpc.installSnapshot");
      return;
  }
}

/** What Raft causes. */
export function noteRaft({ telemetry }: Service, server: Server, effect: RaftEffect, nowMs: number): void {
  if (telemetry === undefined) return;
  const { raft, timings } = server;
  switch (effect.type) {
    case "send":
      return noteSent(telemetry, timings, effect.to, effect.message, nowMs);
    case "store":
      return noteStore(telemetry, server, effect, nowMs);
    case "committed":
      if (!isLeader(raft)) return taskMetric(telemetry, "raft.rpc.appendEntries.processLogs");
      setMetric(telemetry, "raft.commitNumLogs", effect.index - server.store.lastApplied);
      if (effect.index >= (raft.leading?.firstIndex ?? 0)) endMetric(telemetry, "leader.barrier");
      return;
    case "role":
      return noteRole(telemetry, server, effect.role);
    case "restore":
      endMetric(telemetry, "raft.rpc.installSnapshot");
      return taskMetric(telemetry, "raft.fsm.restore");
  }
}

function noteSent(
  telemetry: Metrics,
  timings: RaftTimings,
  to: string,
  message: RaftMessage,
  nowMs: number,
): void {
  switch (message.type) {
    case "append":
      return noteAppendSent(timings, to, message, nowMs);
    case "append-reply":
      return noteEntriesAnswered(timings, telemetry, message, nowMs);
    case "snapshot":
      return noteSnapshotSent(timings, to, message.offset, nowMs);
    case "vote":
      return void endMetric(telemetry, "raft.candidate.electSelf");
    case "vote-reply":
      return void endMetric(telemetry, "raft.rpc.requestVote");
  }
}

function noteStore(
  telemetry: Metrics,
  { raft, timings }: Server,
  { request }: Extract<RaftEffect, { type: "store" }>,
  nowMs: number,
): void {
  const count = request.entries?.count ?? 0;
  if (count === 0) {
    if (request.compactTo !== undefined) noteStoreAsked(timings, request.token, "raft.compactLogs", nowMs);
    return;
  }
  if (!isLeader(raft)) {
    // What a cluster begins with came from no leader.
    if (raft.leader !== undefined)
      noteStoreAsked(timings, request.token, "raft.rpc.appendEntries.storeLogs", nowMs);
    return;
  }
  countMetric(telemetry, "raft.apply", count);
  setMetric(telemetry, "raft.leader.dispatchNumLogs", count);
  noteStoreAsked(timings, request.token, "raft.leader.dispatchLog", nowMs);
}

function noteRole(telemetry: Metrics, { timings, told }: Server, role: Role): void {
  // Only its term, or its leader, is another one.
  if (told.role === role) return;
  forgetMessages(timings);
  // To campaign begins with asking whether it could be won, unless nobody else is there; the other roles are Consul's.
  if (told.role === "follower") countMetric(telemetry, "raft.transition.heartbeat_timeout");
  if (role === "pre-candidate") return;
  countMetric(telemetry, `raft.state.${role}`);
  if (role === "candidate") beginMetric(telemetry, "raft.candidate.electSelf");
  if (role !== "leader") return;
  // What a leader begins its term with: until that is committed it has no other duties.
  countMetric(telemetry, "raft.barrier");
  beginMetric(telemetry, "leader.barrier");
}

/** A leader is about to remind its followers of itself: how long ago did most of them answer? */
export function noteHeartbeat({ telemetry }: Service, { raft }: Server, nowMs: number): void {
  if (telemetry === undefined || raft.leading === undefined || raft.leading.progress.size === 0) return;
  sampleMetric(telemetry, "raft.leader.lastContact", Math.max(0, nowMs - raft.leading.quorumMs));
}
