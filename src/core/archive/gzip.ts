// Writing gzip: every block is a member of its own (RFC 1952 §2.2), so that a block can be written, and forgotten, without
// anything being kept for the next. Readers take members one after the other; Go's does so by itself.

import { gzipSync } from "fflate";

/** Two thirds of the time of zlib's default, and within a few per cent of its size for blocks like ours. */
const LEVEL = 5;

/** The block as a whole gzip member. No time is written. */
export function gzipMember(block: Uint8Array): Uint8Array {
  return gzipSync(block, { level: LEVEL, mtime: 0 });
}
