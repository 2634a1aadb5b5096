// How long Raft's errands take: from a question to the disk to its answer, from a message to its reply. Raft itself knows
// nothing of it: what goes in and what comes out is looked at on its way (agent/raft-telemetry.ts). Kept only where somebody
// measures.

import { countMetric, type Metrics, sampleMetric } from "../lib/metrics.ts";
import type { AppendEntries, AppendReply, ServerId } from "../raft/messages.ts";

export interface RaftTimings {
  /** What was asked of the disk, oldest first, and under which name it is measured. */
  readonly stores: { readonly token: number; readonly askedMs: number; readonly name: string }[];
  /** Leader: what is on its way to each follower. */
  readonly peers: Map<ServerId, PeerTimings>;
  /** Follower: entries that came and are not answered, oldest first. */
  readonly taken: Sent[];
}

interface Sent {
  readonly prevLogIndex: number;
  readonly atMs: number;
}

interface PeerTimings {
  readonly names: Readonly<Record<"rpc" | "logs" | "heartbeat" | "installSnapshot", string>>;
  /** Entries, oldest first. */
  readonly entries: Sent[];
  /** A heartbeat: its read round, 0 for none on its way. */
  heartbeatRound: number;
  heartbeatMs: number;
  /** When a snapshot began to be sent; undefined while none is. */
  snapshotMs: number | undefined;
}

/** What is not answered after so many others were sent is not going to be. */
const MOST_WAITING = 256;

export function createRaftTimings(): RaftTimings {
  return { stores: [], peers: new Map(), taken: [] };
}

function peerOf({ peers }: RaftTimings, id: ServerId): PeerTimings {
  const known = peers.get(id);
  if (known !== undefined) return known;
  const family = "raft.replication";
  const peer: PeerTimings = {
    names: {
      rpc: `${family}.appendEntries.rpc.${id}`,
      logs: `${family}.appendEntries.logs.${id}`,
      heartbeat: `${family}.heartbeat.${id}`,
      installSnapshot: `${family}.installSnapshot.${id}`,
    },
    entries: [],
    heartbeatRound: 0,
    heartbeatMs: 0,
    snapshotMs: undefined,
  };
  peers.set(id, peer);
  return peer;
}

function remember(list: Sent[], prevLogIndex: number, atMs: number): void {
  if (list.length >= MOST_WAITING) list.shift();
  list.push({ prevLogIndex, atMs });
}

export function noteStoreAsked({ stores }: RaftTimings, token: number, name: string, askedMs: number): void {
  // Raft began anew, and counts from the beginning.
  if ((stores.at(-1)?.token ?? 0) >= token) stores.splice(0);
  stores.push({ token, askedMs, name });
}

export function noteStored({ stores }: RaftTimings, metrics: Metrics, token: number, nowMs: number): void {
  for (let first = stores[0]; first !== undefined && first.token <= token; first = stores[0]) {
    sampleMetric(metrics, first.name, nowMs - first.askedMs);
    stores.shift();
  }
}

/** A leader sends entries, or a heartbeat. */
export function noteAppendSent(
  timings: RaftTimings,
  to: ServerId,
  { entries, prevLogIndex, round }: AppendEntries,
  nowMs: number,
): void {
  const peer = peerOf(timings, to);
  if (entries.length > 0) return remember(peer.entries, prevLogIndex, nowMs);
  if (peer.heartbeatRound > 0) return;
  peer.heartbeatRound = round;
  peer.heartbeatMs = nowMs;
}

export function noteSnapshotSent(timings: RaftTimings, to: ServerId, offset: number, nowMs: number): void {
  const peer = peerOf(timings, to);
  if (offset === 0) peer.snapshotMs ??= nowMs;
}

/** A follower's reply reached its leader. */
export function noteAppendAnswered(
  timings: RaftTimings,
  metrics: Metrics,
  from: ServerId,
  { success, index, round }: AppendReply,
  nowMs: number,
): void {
  // Whoever was sent nothing has nothing to answer.
  const peer = timings.peers.get(from);
  if (peer === undefined) return;
  const { entries, names } = peer;
  if (peer.heartbeatRound > 0 && round >= peer.heartbeatRound) {
    sampleMetric(metrics, names.heartbeat, nowMs - peer.heartbeatMs);
    peer.heartbeatRound = 0;
  }
  // What was sent behind entries that do not fit is refused too, or sent again.
  if (!success) return void entries.splice(0);
  if (peer.snapshotMs !== undefined) {
    sampleMetric(metrics, names.installSnapshot, nowMs - peer.snapshotMs);
    peer.snapshotMs = undefined;
  }
  const first = entries[0];
  if (first === undefined || first.prevLogIndex >= index) return;
  countMetric(metrics, names.logs, index - first.prevLogIndex);
  takeAnswered(entries, metrics, names.rpc, index, nowMs);
}

function takeAnswered(list: Sent[], metrics: Metrics, name: string, index: number, nowMs: number): void {
  for (let first = list[0]; first !== undefined && first.prevLogIndex < index; first = list[0]) {
    sampleMetric(metrics, name, nowMs - first.atMs);
    list.shift();
  }
}

/** Entries reached a follower. */
export function noteEntriesTaken({ taken }: RaftTimings, prevLogIndex: number, nowMs: number): void {
  remember(taken, prevLogIndex, nowMs);
}

/** A follower answers. */
export function noteEntriesAnswered(
  { taken }: RaftTimings,
  metrics: Metrics,
  { success, index }: AppendReply,
  nowMs: number,
): void {
  if (success) takeAnswered(taken, metrics, "raft.rpc.appendEntries", index, nowMs);
  else taken.splice(0);
}

/** Another role, or another term: of what is on its way nothing is going to be heard that could be measured. */
export function forgetMessages({ peers, taken }: RaftTimings): void {
  peers.clear();
  taken.splice(0);
}
