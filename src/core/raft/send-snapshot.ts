// The leader's side of a snapshot on its way to a follower (§7, Figure 13): read a piece from our disk, send it, wait for
// the word that it is kept, read the next. One piece at a time bounds the memory at both ends; one that is lost is sent
// again; a follower that has begun goes on where it was, as long as the snapshot is the same.

import type { SnapshotChunk } from "../snapshot/ports.ts";
import { encodeServers } from "./configuration.ts";
import type { InstallSnapshot, ServerId, SnapshotReply } from "./messages.ts";
import type { Progress, Raft, RaftEffect, Sending } from "./state.ts";

/** Asks for the next piece, if it is time for one. */
export function readNextPiece(raft: Raft, { id, sending }: Progress, out: RaftEffect[]): void {
  if (sending?.stage !== "idle") return;
  sending.stage = "reading";
  const { index, offset } = sending;
  out.push({ type: "read-snapshot", to: id, index, offset, length: raft.config.snapshotPieceBytes });
}

/** A piece was read, or could not be: then the snapshot is gone, and the next one is sent from its beginning. */
export function onSnapshotRead(
  raft: Raft,
  to: ServerId,
  chunk: SnapshotChunk | undefined,
  nowMs: number,
  out: RaftEffect[],
): void {
  const progress = raft.leading?.progress.get(to);
  const sending = progress?.sending;
  if (raft.leading === undefined || sending?.stage !== "reading") return;
  if (chunk !== undefined && !isAskedFor(sending, chunk)) return;
  // Answered or not, by then it is sent again. No sooner: a slow link would carry the same piece over and over.
  sending.againAtMs = nowMs + raft.config.electionTimeoutMs;
  sending.stage = "sent";
  if (chunk === undefined) {
    sending.index = 0;
    sending.offset = 0;
    // Soon, but not at once: a new one has to be taken first.
    sending.againAtMs = nowMs + raft.config.heartbeatIntervalMs;
    out.push({ type: "snapshot-due" });
    return;
  }
  sending.index = chunk.meta.index;
  const { meta, size, offset, data } = chunk;
  const message: InstallSnapshot = {
    type: "snapshot",
    term: raft.currentTerm,
    lastIncludedIndex: meta.index,
    lastIncludedTerm: meta.term,
    configuration: encodeServers(meta.configuration.servers),
    configurationIndex: meta.configuration.index,
    size,
    offset,
    data,
    round: raft.leading.round,
  };
  out.push({ type: "send", to, message });
}

/**
 * Whether it is the piece that was asked for last. The disk may have taken its time over one before that, for a follower that
 * has begun anew since: to go on with that one's snapshot would be to send what is older than what it has, for ever.
 */
function isAskedFor({ index, offset }: Sending, { meta, size, offset: read }: SnapshotChunk): boolean {
  return (index === 0 || meta.index === index) && read === Math.min(offset, size);
}

/** The follower says how much of the snapshot it has. */
export function onPieceKept(progress: Progress, { lastIncludedIndex, received }: SnapshotReply): void {
  const { sending } = progress;
  if (sending?.stage !== "sent" || lastIncludedIndex !== sending.index) return;
  sending.unwanted = received === 0 && sending.offset === 0;
  // The reply to a piece that was sent twice asks for nothing new.
  if (received === sending.offset) return;
  sending.offset = received;
  sending.stage = "idle";
}

/** A piece that nobody answered is sent again; what is read from the disk is waited for. */
export function resendPieces(raft: Raft, nowMs: number): void {
  for (const { sending } of raft.leading?.progress.values() ?? []) {
    if (sending?.stage !== "sent" || nowMs < sending.againAtMs) continue;
    sending.stage = "idle";
    if (sending.unwanted) sending.index = 0;
    sending.unwanted = false;
  }
}
