// What the log on disk is asked and what it answers. Raft asks through src/core/agent; entries are opaque bytes here,
// but for their length (entries.ts).

import type { DiskEffect } from "./disk.ts";

/** Raft's durable word besides the log, always written together. */
export interface HardState {
  readonly term: number;
  /** "" for none in this term. */
  readonly votedFor: string;
  /** Which log this is (raft/identity.ts), at most 2^32 - 1; 0 in a log of a release that knew of none. */
  readonly identity: number;
}

/**
 * Consecutive entries, encoded by raft/entry.ts. Storing them drops every stored entry from `firstIndex` on; a batch
 * of no entries only does that.
 */
export interface EntryBatch {
  readonly firstIndex: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/**
 * One thing to make durable. Requests become durable in the order they were made, each wholly or not at all. The fields
 * take effect in their order here.
 */
export interface StoreRequest {
  /** Grows with each request; given back by `stored`. */
  readonly token: number;
  readonly hardState?: HardState;
  /**
   * A durable snapshot holds everything up to this index: the log may forget those entries, and goes on after it (so it
   * may lie past the last entry, when a snapshot came from the leader). Never goes back.
   */
  readonly compactTo?: number;
  /** `firstIndex` leaves no gap after the last entry or `compactTo`. The bytes must never change afterwards. */
  readonly entries?: EntryBatch;
}

export type WalEffect =
  | DiskEffect
  /** The log has been read; storing may begin. Batches are consecutive, without gaps, overwritten parts left out. */
  | {
      readonly type: "recovered";
      readonly hardState: HardState;
      readonly batches: readonly EntryBatch[];
      /** The last `compactTo`: the first batch starts right after it. 0 when nothing was ever compacted. */
      readonly compactedTo: number;
      /** Bytes of a torn tail that were cut off: a write that a crash interrupted, which nobody was told of. */
      readonly tornBytes: number;
    }
  /** Everything up to and with this token is durable. */
  | { readonly type: "stored"; readonly token: number }
  /** The log can't be read or written any more: nothing after the last `stored` may be vouched for. Final. */
  | {
      readonly type: "wal-failed";
      readonly reason: string;
      /** When what is on the disk is damaged: the entries before the damage. Undefined when the disk refused. */
      readonly intact: readonly EntryBatch[] | undefined;
    };
