// What the keeper of snapshots is asked and what it answers. A snapshot is the store after one entry of the log, with the
// configuration that was committed by then: it takes the place of all entries up to there (§7).

import type { Configuration } from "../raft/configuration.ts";
import type { ServerId } from "../raft/messages.ts";
import type { Store } from "../store/store.ts";
import type { DiskEffect } from "../wal/disk.ts";

/** Which state a snapshot holds (Figure 13: lastIncludedIndex, lastIncludedTerm, lastConfig). */
export interface SnapshotMeta {
  /** The last entry that it covers. */
  readonly index: number;
  /** That entry's term. */
  readonly term: number;
  /** The committed configuration in force at that entry, with the index of its own entry. */
  readonly configuration: Configuration;
}

/** A piece of a snapshot on its way to a follower (Figure 13). */
export interface SnapshotChunk {
  readonly meta: SnapshotMeta;
  /** Bytes of the whole snapshot. */
  readonly size: number;
  /** Where this piece belongs. */
  readonly offset: number;
  readonly data: Uint8Array;
  /**
   * It is sent by another one than what is coming in, or than whoever sent the last: then this counts, however old it is, for
   * nobody finishes the other. What one and the same sends that is older is late on its way. Default: false.
   */
  readonly newSender?: boolean;
}

export type SnapshotEffect =
  | DiskEffect
  /** The answer to `startSnapshots`: the newest snapshot that is whole, if there is one. */
  | {
      readonly type: "loaded";
      readonly snapshot: { readonly meta: SnapshotMeta; readonly store: Store } | undefined;
      /** Snapshots that were there and could not be read, each with the reason, naming file and byte. */
      readonly damaged: readonly { readonly index: number; readonly reason: string }[];
    }
  /** The folder can't be read at all. */
  | { readonly type: "load-failed"; readonly reason: string }
  /** The snapshot that `takeSnapshot` asked for is durable; older ones go. */
  | { readonly type: "taken"; readonly meta: SnapshotMeta; readonly bytes: number }
  /** It came to nothing (a full disk, for instance); the older one is still there. */
  | { readonly type: "take-failed"; readonly meta: SnapshotMeta; readonly reason: string }
  /** A piece that came is kept (not yet durable): the next one wanted begins at `received`. */
  | { readonly type: "progress"; readonly meta: SnapshotMeta; readonly received: number }
  /** All pieces came, the snapshot is durable, its checksums are good and it has been decoded. */
  | { readonly type: "received"; readonly meta: SnapshotMeta; readonly store: Store }
  /** What came was no snapshot, or the disk refused; nothing of it is kept. */
  | { readonly type: "receive-failed"; readonly meta: SnapshotMeta; readonly reason: string }
  /**
   * The answer to `readSnapshot`: bytes at `offset` of the newest snapshot and its size. Undefined when there is none,
   * or when it turned out damaged: then a new one has to be taken.
   */
  | {
      readonly type: "read";
      readonly to: ServerId;
      readonly chunk: SnapshotChunk | undefined;
    };
