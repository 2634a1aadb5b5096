// Batches of entries as the log sees them: so many, from that index, in those bytes. Of an entry it must know only where
// it ends, since what is stored later may overwrite a batch in its middle; raft/entry.ts has the rest.

import { must } from "../lib/assert.ts";
import type { EntryBatch } from "./ports.ts";

/**
 * Bytes of an entry before its data; the first four hold the length of the data (raft/entry.ts, ENTRY_HEADER_BYTES).
 */
export const ENTRY_HEADER_BYTES = 11;

/**
 * Where entry number `count` after `from` begins.
 * @returns undefined when the bytes do not hold that many whole entries.
 */
function afterEntries(bytes: Uint8Array, from: number, count: number): number | undefined {
  let at = from;
  for (let n = 0; n < count; n++) {
    if (at + ENTRY_HEADER_BYTES > bytes.length) return undefined;
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    at += ENTRY_HEADER_BYTES + low + (bytes[at + 3] as number) * 0x1000000;
  }
  return at <= bytes.length ? at : undefined;
}

/** Whether the bytes are exactly `count` entries. */
export function isWhole(batch: EntryBatch): boolean {
  return afterEntries(batch.bytes, 0, batch.count) === batch.bytes.length;
}

/** Index of the last entry; firstIndex - 1 for a batch of none. */
export function lastIndexOf(batch: EntryBatch): number {
  return batch.firstIndex + batch.count - 1;
}

/** The entries of a whole batch with `from` ≤ index < `to`, of which there is at least one, as a view of its bytes. */
export function sliceBatch(batch: EntryBatch, from: number, to: number): EntryBatch {
  const firstIndex = Math.max(batch.firstIndex, from);
  const count = Math.min(lastIndexOf(batch) + 1, to) - firstIndex;
  const start = must(
    afterEntries(batch.bytes, 0, firstIndex - batch.firstIndex),
    "a whole batch has its start",
  );
  const end = must(afterEntries(batch.bytes, start, count), "a whole batch has all its entries");
  return { firstIndex, count, bytes: batch.bytes.subarray(start, end) };
}
