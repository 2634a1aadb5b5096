// A server's disk as Raft sees it (core/wal/ports.ts): requests become durable in the order they were made, each wholly or
// not at all, some time after they were made. A power cut keeps what was finished, and of the rest as many of the oldest as
// chance likes: a disk may have written what it had no time to confirm. The bytes of a real log, torn ones included, are
// simulated with whole agents (sim/disk.ts).

import { assert, must } from "../../core/lib/assert.ts";
import { entryOffsets, entryTerm } from "../../core/raft/entry.ts";
import type { EntryBatch, HardState, StoreRequest } from "../../core/wal/ports.ts";

export interface RaftDisk {
  hardState: HardState;
  /** Consecutive entries, oldest first, without gaps. */
  readonly batches: EntryBatch[];
  /** Asked and not finished, oldest first. */
  readonly pending: StoreRequest[];
}

export function createRaftDisk(): RaftDisk {
  return { hardState: { term: 0, votedFor: "", identity: 0 }, batches: [], pending: [] };
}

/** Finishes the oldest request. @returns Its token, or undefined when nothing was asked. */
export function finishStore(disk: RaftDisk): number | undefined {
  const request = disk.pending.shift();
  if (request === undefined) return undefined;
  if (request.hardState !== undefined) disk.hardState = request.hardState;
  if (request.entries !== undefined) putBatch(disk.batches, request.entries);
  return request.token;
}

/** Loses power after the oldest `kept` requests were written, though nobody has heard of it. */
export function cutPower(disk: RaftDisk, kept: number): void {
  for (let left = kept; left > 0; left--) finishStore(disk);
  disk.pending.length = 0;
}

/** Index of the last durable entry; 0 for none. */
export function lastDurableIndex({ batches }: RaftDisk): number {
  const last = batches.at(-1);
  return last === undefined ? 0 : last.firstIndex + last.count - 1;
}

/** Term of a durable entry; undefined where there is none. */
export function durableTermAt({ batches }: RaftDisk, index: number): number | undefined {
  for (let at = batches.length - 1; at >= 0; at--) {
    const { bytes, firstIndex, count } = must(batches[at], "a batch of the row");
    if (index >= firstIndex + count) return undefined;
    if (index < firstIndex) continue;
    // Most batches have one term; the offsets need be looked for only where they have not.
    const offsets = must(entryOffsets(bytes), "what is stored is whole entries");
    return entryTerm(bytes, must(offsets[index - firstIndex], "the batch has as many entries as it says"));
  }
  return undefined;
}

/** Storing entries drops every stored one from their first index on. */
function putBatch(batches: EntryBatch[], batch: EntryBatch): void {
  for (let last = batches.at(-1); last !== undefined; last = batches.at(-1)) {
    const end = last.firstIndex + last.count;
    if (end <= batch.firstIndex) {
      assert(end === batch.firstIndex, "the log on disk has no gap");
      break;
    }
    batches.pop();
    if (last.firstIndex < batch.firstIndex) batches.push(firstOf(last, batch.firstIndex - last.firstIndex));
  }
  if (batch.count > 0) batches.push(batch);
}

function firstOf({ firstIndex, bytes }: EntryBatch, count: number): EntryBatch {
  const end = must(entryOffsets(bytes)?.[count], "a cut inside the batch");
  return { firstIndex, count, bytes: bytes.subarray(0, end) };
}
