// The format is for ever: these are the bytes of a small segment as the first release wrote it, and every release must
// write and read them so (docs/wal-format.md).

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hexOf } from "../../../src/core/lib/bytes.ts";
import { DOOR } from "../../../src/core/lib/chance.ts";
import { crc32c } from "../../../src/core/lib/crc.ts";
import { ENTRY_HEADER_BYTES as RAFT_ENTRY_HEADER_BYTES } from "../../../src/core/raft/entry.ts";
import { ENTRY_HEADER_BYTES, isWhole, sliceBatch } from "../../../src/core/wal/entries.ts";
import {
  align,
  decodeRecordHeader,
  decodeSegmentHeader,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  writeRecordHeader,
  writeSegmentHeader,
  writeUint32,
} from "../../../src/core/wal/format.ts";
import { decodeItems, encodeRecord, itemBytes, type RecordItem } from "../../../src/core/wal/record.ts";
import { storeWal } from "../../../src/core/wal/wal.ts";
import { createSimDisk, simFile } from "../../../src/sim/disk.ts";
import { batch, contentOf, modelOf, openRig, reopen, SMALL, settle, storeEach } from "./rig.ts";

/** Hexadecimal and what it means, eight bytes a line where nothing else suggests itself. */
const GOLDEN = `
  51756f7257414c0a  segment header: "QuorWAL\\n"
  01000000 88fd5576  version 1, CRC-32C of the header
  dec0175a 00000000  salt
  0100000000000000  segment 1
  0100000000000000  begins with record 1
  0002000000000000  512 bytes long

  52656331 39000000  record: "Rec1", 57 bytes of payload
  0100000000000000  record 1
  8b690082 e3891b5d  CRC-32C of the payload; of this header, from the salt on
  01000000 08000000  hard state, 8 bytes (the preamble that every segment begins with)
  0000000000000000  term 0, no vote
  02000000 10000000  bounds, 16 bytes
  0000000000000000  nothing compacted
  0000000000000000  no entries
  01000000 09000000  hard state, 9 bytes (the request)
  0300000000000000  term 3
  62                vote for "b"
  00000000000000    to a multiple of eight

  52656331 34000000  record: 52 bytes of payload
  0200000000000000  record 2
  1784f746 5903ee11
  03000000 2c000000  entries, 44 bytes
  0100000000000000  from index 1
  02000000 00000000  two of them
  03000000 00 010000000000 6f6e65  command of 3 bytes, term 1: "one"
  03000000 00 010000000000 74776f  command of 3 bytes, term 1: "two"
  00000000          to a multiple of eight

  52656331 4f000000  record: two requests in one write
  0300000000000000  record 3
  7bdfa1d0 54243951
  01000000 08000000  hard state
  0400000000000000  term 4, no vote
  03000000 1f000000  entries, 31 bytes
  0200000000000000  from index 2: entry 2 above is overwritten
  01000000 00000000  one of them
  04000000 00 010000000000 7a776569  "zwei"
  02000000 10000000  bounds, 16 bytes
  0100000000000000  compacted up to 1
  0200000000000000  last entry 2
  00                to a multiple of eight
`;

function goldenBytes(): Uint8Array {
  const hex = GOLDEN.split("\n")
    .map((line) => /^ {2}((?:[0-9a-f]{2})+(?: (?:[0-9a-f]{2})+)*)(?: {2}|$)/.exec(line)?.[1] ?? "")
    .join("")
    .replaceAll(" ", "");
  const bytes = new Uint8Array(512);
  bytes.set(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
  return bytes;
}

const FILE = "raft/wal/0000000000000001.wal";
const CONFIG = { ...SMALL, firstSegmentBytes: 512 };
const REQUESTS = [
  { hardState: { term: 3, votedFor: "b", identity: 0 } },
  { entries: batch(1, "one", "two") },
  { hardState: { term: 4, votedFor: "", identity: 0 }, entries: batch(2, "zwei") },
  { compactTo: 1 },
];

describe("a segment is byte for byte what the first release wrote", () => {
  test("when it is written", () => {
    const rig = openRig(createSimDisk(), CONFIG, { [DOOR]: true, choose: () => 0x5a17c0de });
    storeEach(rig, ...REQUESTS.slice(0, 2));
    REQUESTS.slice(2).forEach((request, n) => {
      storeWal(rig.wal, { token: 3 + n, ...request });
    });
    settle(rig);
    expect(hexOf(simFile(rig.disk, FILE))).toBe(hexOf(goldenBytes()));
  });

  test("when it is read", () => {
    const disk = createSimDisk();
    disk.files.set(FILE, goldenBytes());
    const { recovered, failed } = reopen(disk);
    expect(failed).toBeUndefined();
    expect(recovered && contentOf(recovered)).toEqual(modelOf(REQUESTS));
  });
});

test("the log and Raft agree on where an entry's data begins", () => {
  expect(ENTRY_HEADER_BYTES).toBe(RAFT_ENTRY_HEADER_BYTES);
});

describe("headers", () => {
  const header = { salt: 7, number: 2 ** 40 + 3, firstSequence: 2 ** 52 + 1, size: 2 ** 33 };

  test("of segments and records are read as they were written, numbers past 2^32 too", () => {
    const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
    writeSegmentHeader(bytes, header);
    expect(decodeSegmentHeader(bytes)).toEqual({ kind: "used", header });
    const record = { sequence: 2 ** 50 + 5, payloadBytes: 2 ** 31 + 1, payloadCrc: 0xfffffffe };
    writeRecordHeader(bytes, 8, record, 7);
    expect(decodeRecordHeader(bytes, 8, 7)).toEqual(record);
    expect(decodeRecordHeader(bytes, 8, 8)).toBeUndefined();
  });

  test("no bit of a header may change", () => {
    const segment = new Uint8Array(SEGMENT_HEADER_BYTES);
    const record = new Uint8Array(RECORD_HEADER_BYTES);
    writeSegmentHeader(segment, header);
    writeRecordHeader(record, 0, { sequence: 9, payloadBytes: 0, payloadCrc: 0 }, 7);
    const turned = (bytes: Uint8Array, bit: number): Uint8Array =>
      bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    for (let bit = 0; bit < 8 * SEGMENT_HEADER_BYTES; bit++)
      expect(decodeSegmentHeader(turned(segment, bit)).kind).toBe("bad");
    for (let bit = 0; bit < 8 * RECORD_HEADER_BYTES; bit++)
      expect(decodeRecordHeader(turned(record, bit), 0, 7)).toBeUndefined();
  });

  test("a version that is not known is told from damage", () => {
    const bytes = goldenBytes();
    bytes[8] = 2;
    writeUint32(bytes, 12, crc32c(bytes, 16, SEGMENT_HEADER_BYTES, crc32c(bytes, 0, 12)));
    expect(decodeSegmentHeader(bytes)).toEqual({
      kind: "bad",
      why: "version 2 of the format is not known to this release",
    });
  });
});

const text = fc.string({ unit: "binary", maxLength: 20 }).filter((each) => !/\p{Surrogate}/u.test(each));
const item: fc.Arbitrary<RecordItem> = fc.oneof(
  fc.tuple(fc.maxSafeNat(), text, fc.oneof(fc.constant(0), fc.nat({ max: 2 ** 32 - 1 }))).map(
    ([term, votedFor, identity]): RecordItem => ({
      kind: "hard-state",
      hardState: { term, votedFor, identity },
    }),
  ),
  fc
    .tuple(fc.maxSafeNat(), fc.maxSafeNat())
    .map(
      ([a, b]): RecordItem => ({ kind: "bounds", compactedTo: Math.min(a, b), lastIndex: Math.max(a, b) }),
    ),
  fc.tuple(fc.integer({ min: 1, max: 2 ** 52 }), fc.nat(0xffffffff), fc.uint8Array({ maxLength: 100 })).map(
    ([firstIndex, count, bytes]): RecordItem => ({
      kind: "entries",
      entries: { firstIndex, count, bytes },
    }),
  ),
);

describe("records", () => {
  test("are read as they were written, and are as long as announced", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), fc.maxSafeNat(), fc.nat(), (items, sequence, salt) => {
        const { parts, bytes } = encodeRecord(sequence, items, salt, undefined);
        const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
        expect(whole.length).toBe(bytes);
        expect(bytes).toBe(items.reduce((sum, each) => sum + itemBytes(each), RECORD_HEADER_BYTES));
        expect(decodeRecordHeader(whole, 0, salt)).toMatchObject({ sequence });
        expect(decodeItems(whole, RECORD_HEADER_BYTES, whole.length)).toEqual(items);
      }),
    );
  });

  test("carry the bytes of entries without a copy", () => {
    const entries = batch(1, "some entry");
    const { parts } = encodeRecord(1, [{ kind: "entries", entries }], 0, undefined);
    expect(parts[1]).toBe(entries.bytes);
  });

  test("of any bytes whatever are read as items or refused, and never throw", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .array(fc.constantFrom(0, 1, 2, 3, 8, 16, 255), { maxLength: 80 })
        .map((each) => Uint8Array.from(each)),
    );
    fc.assert(
      fc.property(bytes, (each) => {
        const items = decodeItems(each, 0, each.length);
        for (const { kind } of items ?? []) expect(["hard-state", "bounds", "entries"]).toContain(kind);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    [0, 0],
    [1, 8],
    [8, 8],
    [9, 16],
    [2 ** 33 + 1, 2 ** 33 + 8],
  ])("%d bytes are padded to %d", (bytes, padded) => {
    expect(align(bytes)).toBe(padded);
  });
});

describe("batches", () => {
  const three = batch(5, "a", "bb", "ccc");

  test.each([
    ["all", 1, 99, batch(5, "a", "bb", "ccc")],
    ["the first", 5, 6, batch(5, "a")],
    ["the middle one", 6, 7, batch(6, "bb")],
    ["the end", 6, 8, batch(6, "bb", "ccc")],
  ])("are cut between entries: %s", (_name, from, to, want) => {
    expect(sliceBatch(three, from, to)).toEqual(want);
  });

  test.each([
    ["one entry too many", { ...three, count: 2 }],
    ["one entry too few", { ...three, count: 4 }],
    ["a byte too few", { ...three, bytes: three.bytes.subarray(0, -1) }],
    ["a length past the end", { ...three, bytes: Uint8Array.from([...three.bytes].with(0, 200)) }],
    ["a length of four gigabytes", { ...three, bytes: three.bytes.with(3, 255) }],
    ["a count of four billion", { ...three, count: 0xffffffff }],
  ])("are not whole with %s", (_name, wrong) => {
    expect(isWhole(wrong)).toBe(false);
  });
});
