// Snapshots in the timed world of Raft: they are taken of the user's state machine, kept on the server's disk (the newest
// one), given to followers in pieces and put together again. Writing and reading takes as long as the disk does; a power cut
// in the middle leaves what was there before.

import { must } from "../../core/lib/assert.ts";
import { concatBytes } from "../../core/lib/bytes.ts";
import type { Raft, RaftEffect, RaftInput } from "../../core/raft/state.ts";
import { snapshotMeta } from "../../core/raft/take-snapshot.ts";
import type { SnapshotChunk, SnapshotMeta } from "../../core/snapshot/ports.ts";
import type { RaftDisk, SnapshotFile } from "./disk.ts";
import type { RaftServer } from "./server.ts";
import type { StateMachine } from "./state-machine.ts";

/** A server's snapshots that are on their way to its disk, or to it. Gone when it loses power. */
export interface SnapshotDesk {
  /** One of its own is being written. */
  taking: boolean;
  /** Pieces of the leader's, in order, from the beginning. */
  receiving:
    | { readonly meta: SnapshotMeta; readonly size: number; readonly pieces: Uint8Array[] }
    | undefined;
}

export function createSnapshotDesk(): SnapshotDesk {
  return { taking: false, receiving: undefined };
}

/** Whether a machine can be put away and taken out again: without that its log is kept whole. */
export function hasSnapshots<S>(machine: StateMachine<S>): boolean {
  return machine.snapshot !== undefined && machine.restore !== undefined;
}

/** What the disk is asked to do: once it is done, Raft is told what came of it. */
export type DiskTask = (disk: RaftDisk) => RaftInput | undefined;

/** What a snapshot's effect asks of the disk; undefined for nothing, and for effects that are none of this file's. */
export function snapshotTask<S>(
  server: RaftServer<S>,
  desk: SnapshotDesk,
  raft: Raft,
  machine: StateMachine<S>,
  effect: RaftEffect,
): DiskTask | undefined {
  switch (effect.type) {
    case "snapshot-due":
      return takeSnapshot(server, desk, raft, machine);
    case "read-snapshot":
      return (disk) => ({ type: "snapshot-read", to: effect.to, chunk: pieceOf(disk.snapshot, effect) });
    case "keep-chunk":
      return keepPiece(desk, effect.chunk);
    default:
      return undefined;
  }
}

function takeSnapshot<S>(
  { state, applied }: RaftServer<S>,
  desk: SnapshotDesk,
  raft: Raft,
  machine: StateMachine<S>,
): DiskTask | undefined {
  if (desk.taking || machine.snapshot === undefined || applied <= raft.snapshot.index) return undefined;
  desk.taking = true;
  // As it is now: later commands are applied while it is written.
  const file: SnapshotFile = { meta: snapshotMeta(raft, applied), bytes: machine.snapshot(state).slice() };
  return (disk) => {
    desk.taking = false;
    putSnapshot(disk, file);
    return { type: "snapshot-taken", meta: file.meta };
  };
}

/** One from the leader may have come meanwhile: the newer one stays. */
function putSnapshot(disk: RaftDisk, file: SnapshotFile): void {
  if (file.meta.index > (disk.snapshot?.meta.index ?? 0)) disk.snapshot = file;
}

function pieceOf(
  file: SnapshotFile | undefined,
  { index, offset, length }: { readonly index: number; readonly offset: number; readonly length: number },
): SnapshotChunk | undefined {
  if (file === undefined || (index !== 0 && index !== file.meta.index)) return undefined;
  const { meta, bytes } = file;
  return { meta, size: bytes.length, offset, data: bytes.subarray(offset, offset + length) };
}

function keepPiece(desk: SnapshotDesk, { meta, size, offset, data }: SnapshotChunk): DiskTask {
  let { receiving } = desk;
  if (receiving?.meta.index !== meta.index || receiving.meta.term !== meta.term || receiving.size !== size)
    receiving = { meta, size, pieces: [] };
  desk.receiving = receiving;
  const before = lengthOf(receiving.pieces);
  // A piece that came twice, or too early, asks for the one that is wanted.
  if (offset === before) receiving.pieces.push(data);
  const received = lengthOf(receiving.pieces);
  if (received < size) return () => ({ type: "snapshot-progress", meta, received });
  const file: SnapshotFile = { meta, bytes: concatBytes(receiving.pieces) };
  desk.receiving = undefined;
  return (disk) => {
    putSnapshot(disk, file);
    return { type: "snapshot-received", meta };
  };
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** The state that the snapshot on the disk stands for takes the place of the server's. */
export function restoreState<S>(server: RaftServer<S>, machine: StateMachine<S>): void {
  const { meta, bytes } = must(server.disk.snapshot, "what is restored is on the disk");
  server.state = must(machine.restore, "a machine whose snapshot was taken can restore it").call(
    machine,
    bytes.slice(),
  );
  server.applied = meta.index;
}
