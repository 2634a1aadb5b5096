// A server's disk as Raft sees it (core/wal/ports.ts): requests become durable in the order they were made, each wholly or
// not at all, some time after they were made. A power cut keeps what was finished, and of the rest as many of the oldest as
// chance likes: a disk may have written what it had no time to confirm. The bytes of a real log, torn ones included, are
// simulated with whole agents (sim/disk.ts).

import { assert, must } from "../../core/lib/assert.ts";
import { entryTerm, offsetAfter } from "../../core/raft/entry.ts";
import type { SnapshotMeta } from "../../core/snapshot/ports.ts";
import type { EntryBatch, HardState, StoreRequest } from "../../core/wal/ports.ts";

/** A snapshot as bytes. */
export interface SnapshotFile {
  readonly meta: SnapshotMeta;
  readonly bytes: Uint8Array;
}

export interface RaftDisk {
  hardState: HardState;
  /** Entries up to this one were dropped; 0 for none. */
  compactedTo: number;
  /** Consecutive entries, oldest first, without gaps. */
  readonly batches: EntryBatch[];
  /** The newest that is whole: it is there at once or not at all (a file that is renamed when it is written). */
  snapshot: SnapshotFile | undefined;
  /** Asked and not finished, oldest first. */
  readonly pending: StoreRequest[];
}

export function createRaftDisk(): RaftDisk {
  return {
    hardState: { term: 0, votedFor: "", identity: 0 },
    compactedTo: 0,
    batches: [],
    snapshot: undefined,
    pending: [],
  };
}

/** Finishes the oldest request. @returns Its token, or undefined when nothing was asked. */
export function finishStore(disk: RaftDisk): number | undefined {
  const request = disk.pending.shift();
  if (request === undefined) return undefined;
  if (request.hardState !== undefined) disk.hardState = request.hardState;
  if (request.compactTo !== undefined) compact(disk, request.compactTo);
  if (request.entries !== undefined) putBatch(disk, request.entries);
  return request.token;
}

/** Loses power after the oldest `kept` requests were written, though nobody has heard of it. */
export function cutPower(disk: RaftDisk, kept: number): void {
  for (let left = kept; left > 0; left--) finishStore(disk);
  disk.pending.length = 0;
}

/** Index of the last durable entry, compacted or not; 0 for none. */
export function lastDurableIndex({ batches, compactedTo }: RaftDisk): number {
  const last = batches.at(-1);
  return last === undefined ? compactedTo : last.firstIndex + last.count - 1;
}

/** Term of a durable entry; undefined where there is none, or it was compacted. */
export function durableTermAt({ batches }: RaftDisk, index: number): number | undefined {
  for (let at = batches.length - 1; at >= 0; at--) {
    const { bytes, firstIndex, count } = must(batches[at], "a batch of the row");
    if (index >= firstIndex + count) return undefined;
    if (index < firstIndex) continue;
    return entryTerm(bytes, offsetAfter(bytes, index - firstIndex));
  }
  return undefined;
}

/** Drops the entries up to an index; past the last one when a snapshot took the place of all. */
function compact(disk: RaftDisk, upTo: number): void {
  assert(upTo <= (disk.snapshot?.meta.index ?? 0), "nothing is dropped that no durable snapshot covers (§7)");
  assert(upTo >= disk.compactedTo, "a log is not compacted backwards");
  disk.compactedTo = upTo;
  const { batches } = disk;
  for (let first = batches[0]; first !== undefined && first.firstIndex <= upTo; first = batches[0]) {
    batches.shift();
    const dropped = upTo + 1 - first.firstIndex;
    if (dropped < first.count) batches.unshift(lastOf(first, dropped));
  }
}

/** Storing entries drops every stored one from their first index on. */
function putBatch({ batches, compactedTo }: RaftDisk, batch: EntryBatch): void {
  assert(batch.firstIndex > compactedTo, "what was compacted is not written again");
  assert(offsetAfter(batch.bytes, batch.count) === batch.bytes.length, "what is stored is whole entries");
  for (let last = batches.at(-1); last !== undefined; last = batches.at(-1)) {
    const end = last.firstIndex + last.count;
    if (end <= batch.firstIndex) {
      assert(end === batch.firstIndex, "the log on disk has no gap");
      break;
    }
    batches.pop();
    if (last.firstIndex < batch.firstIndex) batches.push(firstOf(last, batch.firstIndex - last.firstIndex));
  }
  if (batch.count === 0) return;
  assert(batches.length > 0 || batch.firstIndex === compactedTo + 1, "the log on disk has no gap");
  batches.push(batch);
}

function firstOf({ firstIndex, bytes }: EntryBatch, count: number): EntryBatch {
  return { firstIndex, count, bytes: bytes.subarray(0, offsetAfter(bytes, count)) };
}

function lastOf({ firstIndex, count, bytes }: EntryBatch, dropped: number): EntryBatch {
  const start = offsetAfter(bytes, dropped);
  return { firstIndex: firstIndex + dropped, count: count - dropped, bytes: bytes.subarray(start) };
}
