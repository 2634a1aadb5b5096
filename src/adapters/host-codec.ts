// Node's zlib and crypto for the archives of core/archive.

import { createHash, type Hash } from "node:crypto";
import { crc32, gzipSync, inflateRawSync } from "node:zlib";
import type { HostCodec } from "../core/archive/codec.ts";
import { must } from "../core/lib/assert.ts";

/** The least effort: a third of the default's time, and a few per cent more bytes. */
const LEVEL = 1;
/** Most blocks are shorter than this when compressed, and then nothing is put together of parts. */
const CHUNK_BYTES = 64 << 10;

/** Node gives `info` back, but its types do not know of it. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** By their owners: an archive that is given up takes its own with it. */
const hashes = new WeakMap<object, Hash>();

function hashOf(owner: object): Hash {
  return must(hashes.get(owner), "a hash was begun before it is fed");
}

export const nodeCodec: HostCodec = {
  // A copy: what zlib gives is a view of a whole chunk, and blocks are kept until all are made.
  gzip: (block) => new Uint8Array(gzipSync(block, { level: LEVEL, chunkSize: CHUNK_BYTES })),
  inflate(bytes, mostBytes) {
    try {
      const options = { info: true, chunkSize: mostBytes, maxOutputLength: mostBytes };
      const { buffer, engine } = inflateRawSync(bytes, options) as unknown as Inflated;
      return { data: buffer, used: engine.bytesWritten };
    } catch {
      return undefined;
    }
  },
  crc32: (bytes) => crc32(bytes),
  beginSha256: (owner) => void hashes.set(owner, createHash("sha256")),
  updateSha256: (owner, bytes) => void hashOf(owner).update(bytes),
  // A copy: the original would take no more.
  digestSha256: (owner) => hashOf(owner).copy().digest(),
};
