// Node's zlib and crypto for the archives of core/archive.

import { createHash, type Hash } from "node:crypto";
import { crc32, gzipSync, inflateRawSync } from "node:zlib";
import { type HostCodec, MAX_HOSTED } from "../core/archive/codec.ts";
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

/** Those under way, oldest first: nobody says of an archive that it was given up. */
const hashes = new Map<number, Hash>();
let lastHash = 0;

function hashOf(id: number): Hash {
  return must(hashes.get(id), "a hash that is fed is one of the latest");
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
  openSha256() {
    const id = ++lastHash;
    hashes.set(id, createHash("sha256"));
    hashes.delete(id - MAX_HOSTED);
    return id;
  },
  updateSha256: (id, bytes) => void hashOf(id).update(bytes),
  // A copy: the original would take no more.
  digestSha256: (id) => hashOf(id).copy().digest(),
};
