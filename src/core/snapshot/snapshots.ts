// The keeper of snapshots: takes them of the store, keeps the newest on the disk, gives pieces of them to followers that
// are too far behind for the log, and puts together what the leader sends in pieces (§7 of the paper). A machine of
// steps over the disk of core/wal/disk.ts, which it shares with the log. Refuses to know when a snapshot is due, and what
// becomes of the log. Format and rules: docs/snapshot-format.md.

import { assert } from "../lib/assert.ts";
import type { Store } from "../store/store.ts";
import type { DiskInput } from "../wal/disk.ts";
import { checkSnapshotConfig, type SnapshotConfig } from "./config.ts";
import { onLoadingAnswer, startLoading } from "./load.ts";
import { bytesMoved, performInMemory } from "./memory-disk.ts";
import type { SnapshotChunk, SnapshotEffect, SnapshotMeta } from "./ports.ts";
import { onPieceRead, type ReadRequest, startReading } from "./read.ts";
import { onChunk, onReceivingAnswer } from "./receive.ts";
import { onDiscardAnswer } from "./retention.ts";
import { createState, latestFile, type Snapshots } from "./state.ts";
import { onTakingAnswer, startTaking } from "./take.ts";

export function createSnapshots(config: SnapshotConfig): Snapshots {
  checkSnapshotConfig(config);
  return createState(config);
}

/** Begins to read what is there; `loaded` or `load-failed` will come. In memory nothing is, and `loaded` comes at once. */
export function startSnapshots(s: Snapshots, out: SnapshotEffect[]): void {
  assert(s.phase === "new", "snapshots are started once");
  startLoading(s, out);
}

/**
 * Begins to take a snapshot; `taken` or `take-failed` will come.
 * @param store A clone (store/snapshot.ts, cloneStore) that is given away.
 * @returns False when it comes to nothing: one is being taken, a newer one is there, or they have not been read yet.
 * @throws InvariantError when the store is not as it was after the entry `meta.index`.
 */
export function takeSnapshot(s: Snapshots, meta: SnapshotMeta, store: Store, out: SnapshotEffect[]): boolean {
  const began = startTaking(s, meta, store, out);
  workInMemory(s, out);
  return began;
}

/** Asks for a piece of a snapshot; `read` will come. */
export function readSnapshot(s: Snapshots, request: ReadRequest, out: SnapshotEffect[]): void {
  startReading(s, request, out);
  workInMemory(s, out);
}

/**
 * A piece of a snapshot came in. Each is answered by `progress` or `receive-failed`, but for one that comes while another
 * is being written: it is dropped, since the answer to that one is on its way. Whoever sends should send the piece at
 * `received` when `progress` says more than before, or after a while.
 */
export function receiveChunk(s: Snapshots, chunk: SnapshotChunk, out: SnapshotEffect[]): void {
  onChunk(s, chunk, out);
  workInMemory(s, out);
}

/** Takes an answer of the disk. Answers to nothing that was asked, or that came twice, change nothing. */
export function stepSnapshots(s: Snapshots, input: DiskInput, out: SnapshotEffect[]): void {
  const { op, result } = input;
  if (op === s.loading?.op) onLoadingAnswer(s, result, out);
  else if (op === s.taking?.op) onTakingAnswer(s, result, out);
  else if (op === s.receiving?.op) onReceivingAnswer(s, result, out);
  else if (s.reads.has(op)) onPieceRead(s, op, result, out);
  else if (s.discards.has(op)) onDiscardAnswer(s, op, out);
}

/** When `wakeSnapshots` wants to be called: 0 for at once, Infinity for never. Only snapshots in memory ever want it. */
export function snapshotsDeadline({ memory }: Snapshots): number {
  return memory !== undefined && memory.queue.length > 0 ? 0 : Number.POSITIVE_INFINITY;
}

/** Goes on with what was begun in memory, about one block of it. */
export function wakeSnapshots(s: Snapshots, out: SnapshotEffect[]): void {
  workInMemory(s, out);
}

/** Where there is no disk to wait for, large stores still take more than one step. */
function workInMemory(s: Snapshots, out: SnapshotEffect[]): void {
  const { memory } = s;
  if (memory === undefined) return;
  let bytes = 0;
  for (let next = memory.queue[0]; next !== undefined; next = memory.queue[0]) {
    const cost = bytesMoved(next.request);
    if (cost > 0 && bytes >= s.config.blockBytes) return;
    bytes += cost;
    memory.queue.shift();
    const result = performInMemory(memory, next.request);
    stepSnapshots(s, { type: "disk-done", op: next.op, result }, out);
  }
}

/** The newest whole snapshot; undefined when there is none, or it turned out damaged. */
export function latestSnapshot(
  s: Snapshots,
): { readonly meta: SnapshotMeta; readonly bytes: number } | undefined {
  const layout = latestFile(s)?.layout;
  return layout === undefined ? undefined : { meta: layout.header.meta, bytes: layout.size };
}
