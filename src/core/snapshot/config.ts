// The snapshots' knobs: where they lie, whether they lie anywhere, and sizes that trade the time of one step against the
// number of steps.

import { assert } from "../lib/assert.ts";
import { MAX_BLOCK_BYTES } from "./format.ts";

export interface SnapshotConfig {
  /** Of the snapshots, relative to the data directory. Nothing else may be kept in it. */
  readonly folder: string;
  /** False keeps them in memory, and asks nothing of the disk. */
  readonly durable: boolean;
  /** Of the store's rows in one block, which is what one step encodes or decodes. A multiple of 8. */
  readonly blockBytes: number;
  /** The largest piece that is sent to a follower or taken from a leader. */
  readonly maxChunkBytes: number;
  readonly planted?: string | undefined;
}

/** The sizes of production: 256 KiB of rows are encoded in a few milliseconds. */
export function snapshotConfig(folder: string, durable: boolean): SnapshotConfig {
  return { folder, durable, blockBytes: 256 << 10, maxChunkBytes: 1 << 20 };
}

/** @throws InvariantError on sizes that could not work. */
export function checkSnapshotConfig({ blockBytes, maxChunkBytes }: SnapshotConfig): void {
  assert(
    blockBytes % 8 === 0 && blockBytes >= 8 && blockBytes <= MAX_BLOCK_BYTES,
    "a block is a multiple of 8 bytes, 8 to 16 Mi",
  );
  assert(maxChunkBytes > 0, "a piece holds at least something");
}
