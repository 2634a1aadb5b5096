// The format is for ever: these are the bytes of a small snapshot as the first release wrote it, and every release must
// write and read them so (docs/snapshot-format.md).

import { describe, expect, test } from "vitest";
import { hexOf } from "../../../src/core/lib/bytes.ts";
import { crc32c } from "../../../src/core/lib/crc.ts";
import {
  BLOCK_HEADER_BYTES,
  decodeFooter,
  decodeHeader,
  encodeFooter,
  encodeHeader,
  judgeBlock,
  sealBlock,
} from "../../../src/core/snapshot/format.ts";
import { takeSnapshot } from "../../../src/core/snapshot/snapshots.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { writeUint32, writeUint64 } from "../../../src/core/wal/format.ts";
import { createSimDisk, simFile } from "../../../src/sim/disk.ts";
import { apply, kvWrite, registerNode, storeAt } from "../store/shelf.ts";
import { act, loaded, metaAt, openRig, reopen, SMALL, settle, shown } from "./rig.ts";

const GOLDEN = `
  51756f72536e700a  header: "QuorSnp\\n"
  01000000 f71cc117  version 1, CRC-32C of the header: the id of this snapshot
  70000000 80000000  112 bytes of header; 128 bytes of rows in a block
  0300000000000000  term 3
  0400000000000000  index 4
  0200000000000000  the configuration is that of entry 2
  33000000 00000000  and has 51 bytes
  5b7b226964223a2261222c22616464726573  [{"id":"a","addres
  73223a2231302e302e302e313a3833303022  s":"10.0.0.1:8300"
  2c22766f746572223a747275657d5d        ,"voter":true}]
  0000000000        to a multiple of eight

  80000000 1cd02baa  block: 128 bytes; CRC-32C of number, length and rows, from the id on
  0000000000000000  block 0
  00 36000000       head, 54 bytes
  95                five things:
  04                last applied: entry 4
  92 ce6f8081c2 ce2cfe22b6  the digest's two lanes
  93 92 a26b76 03 92 a56e6f646573 04 92 aa746f6d6273746f6e6573 03  indexes: kv 3, nodes 4, tombstones 3
  94 9201 01 9202 01 9203 01 9204 01  rows: one in each of the tables 1 to 4
  00                nothing is added to an entry's index
  01 13000000       kv, 19 bytes
  97 c4046d6f7464 c40568656c6c6f 2a a0 00 01 01  "motd" is "hello", flags 42, no session, lock 0, made by 1, changed by 1
  02 08000000       tombstone, 8 bytes
  92 c404676f6e65 03  "gone" was deleted by entry 3
  03 43000000       node, 67 bytes
  98                eight fields:
  d9243636363636363636  the id, as text of 36 bytes, 8 of them
  2d373737372d383838382d393939392d  more of it: "-7777-8888-9999-"

  67000000 41a0afa8  block: 103 bytes
  0100000000000000  block 1
  616161616161616161616161  the rest of the id: a row may lie in two blocks
  a24e31            "N1"
  a831302e302e302e31 a3646331 c0  "10.0.0.1", "dc1", no tagged addresses
  9192a47261636ba137 04 04  rack 7; made and changed by entry 4
  04 3a000000       session, 58 bytes
  9b d92431313131313131312d323232322d333333  its id
  332d343434342d353535353535353535353535
  a0 a16e cb420bf08eb0000000 00 a0 90 90 01 01 90  no name, node "n", 15e9 ns, "release", no TTL, no checks; of entry 1

  51756f72456e640a  footer: "QuorEnd\\n"
  9701000000000000  407 bytes in all
  0200000000000000  two blocks
  82145a37          CRC-32 (IEEE) of everything before the footer
  c8693e00          CRC-32C of the footer, from the id on
`;

function goldenBytes(): Uint8Array {
  const hex = GOLDEN.split("\n")
    .map((line) => /^ {2}((?:[0-9a-f]{2})+(?: (?:[0-9a-f]{2})+)*)(?: {2}|$)/.exec(line)?.[1] ?? "")
    .join("")
    .replaceAll(" ", "");
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

const FILE = "raft/snapshots/0000000000000003-0000000000000004.snap";
const CONFIG = { ...SMALL, blockBytes: 128 };
const META = {
  index: 4,
  term: 3,
  configuration: { index: 2, servers: [{ id: "a", address: "10.0.0.1:8300", voter: true, identity: 0 }] },
};

function goldenStore(): Store {
  const store = storeAt(1, ["11111111-2222-3333-4444-555555555555"]);
  apply(store, kvWrite("set", "motd", { value: "hello", flags: 42 }));
  apply(store, kvWrite("set", "gone"));
  apply(store, kvWrite("delete", "gone"));
  apply(store, registerNode("N1", { id: "66666666-7777-8888-9999-aaaaaaaaaaaa", meta: [["rack", "7"]] }));
  return store;
}

describe("a snapshot is byte for byte what the first release wrote", () => {
  test("when it is written", () => {
    const rig = settle(openRig(createSimDisk(), CONFIG));
    act(rig, (out) => takeSnapshot(rig.s, META, goldenStore(), out));
    settle(rig);
    expect(hexOf(simFile(rig.disk, FILE))).toBe(hexOf(goldenBytes()));
  });

  test("when it is read", () => {
    const disk = createSimDisk();
    disk.files.set(FILE, goldenBytes());
    const { snapshot, damaged } = loaded(reopen(disk));
    expect(damaged).toEqual([]);
    expect(snapshot?.meta).toEqual(META);
    expect(snapshot && shown(snapshot.store)).toBe(shown(goldenStore()));
  });
});

const turned = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

describe("headers, blocks and footers", () => {
  const meta = { ...metaAt(2 ** 52 + 1, 2 ** 47 + 3), configuration: metaAt(1).configuration };
  const header = encodeHeader(meta, 1 << 20);
  const block = new Uint8Array(BLOCK_HEADER_BYTES + 20).fill(7);
  sealBlock(block, 2 ** 40, 99);
  const footer = { size: 2 ** 50 + 1, blockCount: 2 ** 33, contentCrc: 0xfffffffe };

  test("are read as they were written, numbers past 2^32 too", () => {
    const decoded = decodeHeader(header);
    expect(decoded.ok && decoded.value).toMatchObject({
      meta,
      blockBytes: 1 << 20,
      headerBytes: header.length,
    });
    expect(judgeBlock(block, 2 ** 40, 99)).toBeUndefined();
    expect(decodeFooter(encodeFooter(footer, 99), 99)).toEqual({ ok: true, value: footer });
  });

  test("may not change by a bit, nor be another snapshot's", () => {
    for (let bit = 0; bit < 8 * header.length; bit++)
      expect(decodeHeader(turned(header, bit)).ok).toBe(false);
    for (let bit = 0; bit < 8 * block.length; bit++)
      expect(judgeBlock(turned(block, bit), 2 ** 40, 99)).toBeDefined();
    const end = encodeFooter(footer, 99);
    for (let bit = 0; bit < 8 * end.length; bit++) expect(decodeFooter(turned(end, bit), 99).ok).toBe(false);
    expect(judgeBlock(block, 2 ** 40, 98)).toMatch(/wrong checksum/);
    expect(judgeBlock(block, 5, 99)).toBe("block 5 is missing; another stands in its place");
    expect(decodeFooter(end, 98).ok).toBe(false);
  });

  /** The golden header with something else in it, and the checksum for that. */
  function headerWith(change: (bytes: Uint8Array) => void): Uint8Array {
    const bytes = goldenBytes().slice(0, 112);
    change(bytes);
    writeUint32(bytes, 12, crc32c(bytes, 16, 112, crc32c(bytes, 0, 12)));
    return bytes;
  }

  test.each<[string, (bytes: Uint8Array) => void, string]>([
    [
      "a version of a later release",
      (b) => writeUint32(b, 8, 2),
      "version 2 of the format is not known to this release",
    ],
    ["a term past all numbers", (b) => writeUint64(b, 24, 2 ** 60), "the header says what cannot be"],
    ["blocks of nothing", (b) => writeUint32(b, 20, 0), "the header says what cannot be"],
    ["blocks that nobody can hold", (b) => writeUint32(b, 20, 2 ** 31), "the header says what cannot be"],
    ["a configuration past its end", (b) => writeUint32(b, 48, 5000), "the header says what cannot be"],
    ["a configuration that is none", (b) => writeUint32(b, 48, 3), "the header says what cannot be"],
  ])(
    "that are sound and say what this release cannot take are told from damage: %s",
    (_name, change, why) => {
      expect(decodeHeader(headerWith(change))).toEqual({ ok: false, why });
    },
  );

  test("of any bytes are refused", () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(56), header.subarray(0, 55), new Uint8Array(4096)])
      expect(decodeHeader(bytes)).toEqual({ ok: false, why: "this is no snapshot" });
    expect(decodeFooter(new Uint8Array(32), 0).ok).toBe(false);
  });
});
