// The one hot operation of the disk, a durable write, and the road it takes. scripts/bench-disk.ts measures the roads;
// another one is another function of this type, handed to openFiles.

import { writev } from "node:fs";

/**
 * Writes all parts one after the other from `offset` on, durably.
 * @param fd Opened with O_DSYNC: when the system call returns, data and size are on the disk. One call where a write
 *   and
 *   an fdatasync would be two, each with its own way through the thread pool.
 * @param done Told once, never before `writeDurably` has returned.
 */
export type DurableWrite = (
  fd: number,
  parts: readonly Uint8Array[],
  offset: number,
  done: (error: NodeJS.ErrnoException | null) => void,
) => void;

/** Through libuv's thread pool, whose threads it shares with compression and name look-ups. */
export const writeThroughPool: DurableWrite = (fd, parts, offset, done) => {
  writev(fd, parts, offset, (error, written) => {
    if (error !== null) return done(error);
    const rest = dropBytes(parts, written);
    if (rest.length === 0) done(null);
    // A full disk or a quota takes a part and says why only when asked to take the rest.
    else if (written > 0) writeThroughPool(fd, rest, offset + written, done);
    else done(Object.assign(new Error("nothing was written"), { code: "EIO" }));
  });
};

/** What is left of the parts after their first `bytes` bytes, without empty ones. */
function dropBytes(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let toDrop = bytes;
  for (const part of parts) {
    if (toDrop < part.length) rest.push(part.subarray(toDrop));
    toDrop = Math.max(toDrop - part.length, 0);
  }
  return rest;
}
