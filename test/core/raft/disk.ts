// The rig's disk under the log (core/wal/ports.ts): requests become durable in the order in which they were made, each
// wholly or not at all. What is compacted is gone, and may only go once a durable snapshot covers it.

import { assert, must } from "../../../src/core/lib/assert.ts";
import { concatBytes } from "../../../src/core/lib/bytes.ts";
import { entryOffsets, entryTerm } from "../../../src/core/raft/entry.ts";
import type { EntryBatch, HardState, StoreRequest } from "../../../src/core/wal/ports.ts";

export interface Disk {
  hardState: HardState;
  /** Entries up to here are gone. */
  compactedTo: number;
  /** Each entry's bytes, the first of them that of entry `compactedTo` + 1. */
  readonly entries: Uint8Array[];
  /** Asked and not finished, oldest first. */
  readonly pending: StoreRequest[];
  /** Requests wait until `finishDisk`. Otherwise each is finished as soon as it is asked. */
  held: boolean;
}

export function emptyDisk(): Disk {
  return {
    hardState: { term: 0, votedFor: "", identity: 0 },
    compactedTo: 0,
    entries: [],
    pending: [],
    held: false,
  };
}

export function batchesOn({ compactedTo, entries }: Disk): EntryBatch[] {
  const count = entries.length;
  return count === 0 ? [] : [{ firstIndex: compactedTo + 1, count, bytes: concatBytes(entries) }];
}

/** @param covered What durable snapshots cover. */
export function writeTo(disk: Disk, { hardState, compactTo, entries }: StoreRequest, covered: number): void {
  if (hardState !== undefined) disk.hardState = hardState;
  if (compactTo !== undefined) compact(disk, compactTo, covered);
  if (entries === undefined) return;
  const { compactedTo } = disk;
  assert(entries.firstIndex > compactedTo, "what is compacted is not written again");
  assert(entries.firstIndex <= compactedTo + disk.entries.length + 1, "the log on disk has no gap");
  disk.entries.length = entries.firstIndex - 1 - compactedTo;
  const offsets = must(entryOffsets(entries.bytes), "what is stored is whole entries");
  assert(offsets.length === entries.count, "the count is that of the entries");
  offsets.forEach((start, at) => {
    disk.entries.push(entries.bytes.slice(start, offsets[at + 1] ?? entries.bytes.length));
  });
}

function compact(disk: Disk, compactTo: number, covered: number): void {
  assert(compactTo <= covered, "nothing goes that no durable snapshot covers (§7)");
  assert(compactTo >= disk.compactedTo, "a log is not compacted backwards");
  disk.entries.splice(0, compactTo - disk.compactedTo);
  disk.compactedTo = compactTo;
}

/** The term of each entry on the disk; 0 for those that are compacted. */
export function termsOn({ compactedTo, entries }: Disk): number[] {
  return [...Array<number>(compactedTo).fill(0), ...entries.map((bytes) => entryTerm(bytes, 0))];
}
