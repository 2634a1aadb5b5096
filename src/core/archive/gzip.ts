// Writing gzip: every block is a member of its own (RFC 1952 §2.2), so that a block can be written, and forgotten, without
// anything being kept for the next. Readers take members one after the other; Go's does so by itself.

import { gzipSync } from "fflate";
import { hostCodec } from "./codec.ts";

/** Half of the time of zlib's default, and within a few per cent of its size for blocks like ours. */
const LEVEL = 4;
/** A table of 128 KiB finds as much in such a block as the library's own choice of a MiB, which each block allocates anew. */
const MEMORY = 4;

/** The block as a whole gzip member. No time is written. */
export function gzipMember(block: Uint8Array): Uint8Array {
  return hostCodec()?.gzip(block) ?? gzipSync(block, { level: LEVEL, mem: MEMORY, mtime: 0 });
}
