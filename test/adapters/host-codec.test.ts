import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeCodec } from "../../src/adapters/host-codec.ts";
import { useHostCodec } from "../../src/core/archive/codec.ts";
import { createFileHash, digestFileHash, updateFileHash } from "../../src/core/archive/file-hash.ts";
import { gzipMember } from "../../src/core/archive/gzip.ts";
import { createArchiveReader, endArchive, readPiece } from "../../src/core/archive/reader.ts";
import { concatBytes } from "../../src/core/lib/bytes.ts";
import { crc32 } from "../../src/core/lib/crc.ts";
import { sha256 } from "../../src/core/lib/sha256.ts";
import { recordedArchive } from "../core/archive/rig.ts";

beforeEach(() => useHostCodec(nodeCodec));
afterEach(() => useHostCodec(undefined));

/** As it is read by an agent: never copied on the way, as a hash of the host's could not be. */
function read(bytes: Uint8Array, piece: number): unknown {
  const reader = createArchiveReader("take");
  for (let at = 0; at < bytes.length; at += piece) readPiece(reader, bytes.subarray(at, at + piece));
  return endArchive(reader);
}

/** What comes of an archive with the host's functions and without. */
function bothWays(bytes: Uint8Array, piece: number = 1 << 20): readonly [unknown, unknown] {
  const withThem = read(bytes, piece);
  useHostCodec(undefined);
  const without = read(bytes, piece);
  useHostCodec(nodeCodec);
  return [withThem, without];
}

/** The recorded archive's tar as members of so many bytes, as we write it. */
function inMembers(size: number): Uint8Array {
  const tar = gunzipSync(recordedArchive());
  const members: Uint8Array[] = [];
  for (let at = 0; at < tar.length; at += size) members.push(gzipMember(tar.subarray(at, at + size)));
  return concatBytes(members);
}

describe("Node's zlib under the archives", () => {
  test("a member that it writes holds the block", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (block) => {
        expect(new Uint8Array(gunzipSync(gzipMember(block)))).toEqual(block);
      }),
    );
  });

  test("an archive reads the same with it, however it is cut into members and pieces", () => {
    for (const bytes of [recordedArchive(), inMembers(512), inMembers(5000)])
      for (const piece of [undefined, 700, 8192]) {
        const [withThem, without] = bothWays(bytes, piece);
        expect(withThem).toMatchObject({ ok: true });
        expect(withThem).toEqual(without);
      }
  });

  test("what is wrong with one is told in the same words", () => {
    const whole = inMembers(4000);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bent = whole.slice();
        bent[at] = byte;
        for (const bytes of [bent, whole.subarray(0, at), concatBytes([whole, whole.subarray(0, at)])]) {
          const [withThem, without] = bothWays(bytes);
          expect(withThem).toEqual(without);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("a stream that is cut off, broken or holds too much is left to us", () => {
    const stream = gzipSync(new Uint8Array(2000)).subarray(10, -8);
    expect(nodeCodec.inflate(concatBytes([stream, new Uint8Array(9)]), 2000)).toEqual({
      data: Buffer.alloc(2000),
      used: stream.length,
    });
    expect(nodeCodec.inflate(stream.subarray(0, -1), 2000)).toBeUndefined();
    expect(nodeCodec.inflate(stream, 1999)).toBeUndefined();
    expect(nodeCodec.inflate(Uint8Array.of(7, 7, 7), 2000)).toBeUndefined();
  });

  test("its hash is ours, in whatever pieces, and told again and again", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        const hash = createFileHash();
        for (const piece of pieces) updateFileHash(hash, piece);
        const expected = sha256(concatBytes([new Uint8Array(0), ...pieces]));
        for (let times = 0; times < 2; times++)
          expect(new Uint8Array(digestFileHash(hash))).toEqual(expected);
      }),
    );
  });

  test("its checksum is ours", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(nodeCodec.crc32(bytes)).toBe(crc32(bytes));
      }),
    );
  });
});
