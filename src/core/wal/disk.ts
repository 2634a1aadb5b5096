// The disk as the core sees it: it asks with a number, goes on, and is told later, in any order. Names are relative to
// the data directory, with "/" between parts. The real one is src/adapters/storage/files.ts, the faulty one is
// src/sim/disk.ts; test/contract/disk.test.ts holds both to the promises below.

/** What a disk writes wholly or not at all. Disks of 4096-byte sectors keep the promise too. */
export const SECTOR_BYTES = 512;

export type DiskRequest =
  /** The files directly in a folder, with their sizes, sorted by name; an absent folder is an empty one. */
  | { readonly kind: "list"; readonly folder: string }
  /** Bytes from `offset`, fewer than `length` at the end of the file. */
  | { readonly kind: "read"; readonly file: string; readonly offset: number; readonly length: number }
  /**
   * Makes (or empties) a file of `size` zero bytes, and its folder where needed. Once done, file, size and name survive
   * a crash; before that any prefix of it may exist, or nothing.
   */
  | { readonly kind: "create"; readonly file: string; readonly size: number }
  /**
   * Writes the parts one after the other from `offset` into an existing file, which grows if they reach past its end.
   * Once done they survive a crash; before that any of the 512-byte sectors may hold the old bytes or the new ones,
   * each sector wholly one or the other. So may they after a write that failed.
   */
  | {
      readonly kind: "write";
      readonly file: string;
      readonly offset: number;
      readonly parts: readonly Uint8Array[];
    }
  /** Atomic: after a crash the file has one name or the other. Replaces `to`. Once done it survives a crash. */
  | { readonly kind: "rename"; readonly file: string; readonly to: string }
  /** Once done the file stays away after a crash. Removing an absent file is no error. */
  | { readonly kind: "remove"; readonly file: string };

export interface DiskError {
  /** The system's code: "ENOSPC", "EIO", "EACCES"… */
  readonly code: string;
  /** For the log: what was tried on which file. */
  readonly detail: string;
}

export type DiskResult =
  | { readonly ok: true; readonly bytes?: Uint8Array; readonly files?: readonly DiskFile[] }
  | { readonly ok: false; readonly error: DiskError };

export interface DiskFile {
  readonly name: string;
  readonly size: number;
}

/**
 * Those who share a disk tell their answers apart by the number of the question: it is one of these, plus a multiple of
 * `OP_STEP`.
 */
export const OP_CLASSES: {
  readonly log: number;
  readonly snapshots: number;
  readonly peersFile: number;
  readonly quarantine: number;
  readonly lanMembers: number;
  readonly wanMembers: number;
  readonly keyrings: number;
  readonly local: number;
} = {
  log: 0,
  snapshots: 1,
  peersFile: 2,
  quarantine: 3,
  lanMembers: 4,
  wanMembers: 5,
  keyrings: 6,
  local: 7,
};
export const OP_STEP = 8;

/** A question to the disk, numbered by the asker. */
export interface DiskEffect {
  readonly type: "disk";
  readonly op: number;
  readonly request: DiskRequest;
}

/** What came of it. */
export interface DiskInput {
  readonly type: "disk-done";
  readonly op: number;
  readonly result: DiskResult;
}
