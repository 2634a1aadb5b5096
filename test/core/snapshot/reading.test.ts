// Pieces for followers: any bytes of the newest snapshot, each judged before it leaves. And the start: what is damaged is
// found, named and passed over.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { latestSnapshot } from "../../../src/core/snapshot/snapshots.ts";
import {
  createSimDisk,
  failNext,
  fillSector,
  flipBits,
  listSimFiles,
  misdirectSector,
  type SimDisk,
  simFile,
} from "../../../src/sim/disk.ts";
import {
  expectSame,
  fileOf,
  finish,
  heard,
  loaded,
  metaOf,
  openRig,
  pathOf,
  type Rig,
  read,
  reopen,
  SMALL,
  settle,
  storeAfter,
  take,
} from "./rig.ts";

const OLD = storeAfter(31);
const NEW = storeAfter(45);
const OLD_BYTES = fileOf(OLD);
const BYTES = fileOf(NEW);

function diskOf(...names: readonly (readonly [path: string, bytes: Uint8Array])[]): SimDisk {
  const disk = createSimDisk();
  for (const [path, bytes] of names) disk.files.set(path, bytes.slice());
  return disk;
}

const both = (): SimDisk => diskOf([pathOf(31), OLD_BYTES], [pathOf(45), BYTES]);

function started(disk: SimDisk): Rig {
  const rig = reopen(disk);
  rig.said.length = 0;
  return rig;
}

describe("a piece of a snapshot", () => {
  test("is the bytes that were asked for, as many as there are and a piece may have", () => {
    const rig = started(both());
    fc.assert(
      fc.property(fc.nat(BYTES.length + 50), fc.nat(400), fc.constantFrom(0, 45), (offset, length, index) => {
        read(rig, { offset, length, index });
        settle(rig);
        const [answer] = heard(rig, "read");
        const at = Math.min(offset, BYTES.length);
        expect(answer).toEqual({
          type: "read",
          to: "b",
          chunk: {
            meta: metaOf(NEW),
            size: BYTES.length,
            offset: at,
            data: BYTES.slice(at, at + Math.min(length, SMALL.maxChunkBytes)),
          },
        });
      }),
      { numRuns: 400 },
    );
  });

  test.each([Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY])("at an offset of %d does no harm", (offset) => {
    const rig = started(both());
    read(rig, { offset });
    settle(rig);
    expect(heard(rig, "read")[0]?.chunk?.size).toBe(BYTES.length);
  });

  test("is none where there is no snapshot, nor one of that index", () => {
    const rig = started(createSimDisk());
    read(rig);
    expect(heard(rig, "read")).toEqual([{ type: "read", to: "b", chunk: undefined }]);
    const other = started(both());
    read(other, { index: 44 });
    expect(heard(other, "read")[0]?.chunk).toBeUndefined();
  });

  test("is asked for by several at once, answered in whatever order the disk likes", () => {
    const rig = started(both());
    for (const to of ["b", "c", "d"]) read(rig, { to, offset: 300 });
    while (rig.pending.length > 0) finish(rig, rig.pending.length - 1);
    expect(heard(rig, "read").map(({ to }) => to)).toEqual(["d", "c", "b"]);
  });

  test("of the one before is there while a follower is at it", () => {
    const rig = started(both());
    take(rig, storeAfter(50));
    settle(rig);
    rig.said.length = 0;
    read(rig, { index: 45 });
    settle(rig);
    expect(heard(rig, "read")[0]?.chunk?.meta.index).toBe(45);
  });

  test("that cannot be read is none, and may be read later", () => {
    const rig = started(both());
    failNext(rig.disk, "read", { code: "EIO", detail: "x" });
    read(rig);
    settle(rig);
    expect(heard(rig, "read")[0]?.chunk).toBeUndefined();
    read(rig);
    settle(rig);
    expect(heard(rig, "read")[0]?.chunk?.meta.index).toBe(45);
  });
});

describe("what rots while the agent runs", () => {
  test("is found wherever it is, before it leaves, and the snapshot is not offered again", () => {
    for (let at = 0; at < BYTES.length; at += 11) {
      const rig = started(both());
      flipBits(rig.disk, pathOf(45), at, 1 << (at & 7));
      for (let offset = 0; offset < BYTES.length; offset += SMALL.maxChunkBytes) {
        read(rig, { offset });
        settle(rig);
      }
      const chunks = heard(rig, "read").map(({ chunk }) => chunk);
      for (const chunk of chunks)
        if (chunk !== undefined)
          expect(chunk.data).toEqual(BYTES.slice(chunk.offset, chunk.offset + chunk.data.length));
      expect(chunks).toContain(undefined);
      expect(chunks.at(-1)).toBeUndefined();
      expect(latestSnapshot(rig.s)).toBeUndefined();
    }
  });

  test("or was cut short, or is another's, is found as well", () => {
    for (const harm of [
      (disk: SimDisk) => disk.files.set(pathOf(45), BYTES.slice(0, 700)),
      (disk: SimDisk) => disk.files.set(pathOf(45), fileOf(NEW, 2)),
    ]) {
      const rig = started(both());
      harm(rig.disk);
      read(rig, { offset: 600 });
      settle(rig);
      expect(heard(rig, "read")[0]?.chunk).toBeUndefined();
      expect(latestSnapshot(rig.s)).toBeUndefined();
    }
  });

  test("is replaced by the next that is taken, of the same entry too", () => {
    const rig = started(both());
    flipBits(rig.disk, pathOf(45), 300, 1);
    read(rig);
    settle(rig);
    expect(take(rig, NEW)).toBe(true);
    settle(rig);
    rig.said.length = 0;
    read(rig);
    settle(rig);
    expect(heard(rig, "read")[0]?.chunk?.data).toEqual(BYTES.slice(0, 200));
    expect(listSimFiles(rig.disk)).toEqual([pathOf(31), pathOf(45)]);
    flipBits(rig.disk, pathOf(45), 300, 1);
    read(rig, { offset: 300 });
    settle(rig);
    take(rig, storeAfter(50));
    settle(rig);
    expect(listSimFiles(rig.disk)).toEqual([pathOf(31), pathOf(50)]);
  });
});

describe("a damaged snapshot at the start", () => {
  const HEADER = must(reopen(both()).s.files.at(-1)?.layout, "it was read").header.headerBytes;
  const block = (number: number): number => HEADER + number * (SMALL.blockBytes + 16);
  const last = BYTES.length - 32;
  const cases: readonly [string, (disk: SimDisk, path: string) => void, RegExp][] = [
    ["a bit of the magic", (disk, path) => flipBits(disk, path, 3, 1), /byte 0: this is no snapshot/],
    [
      "a bit of the header",
      (disk, path) => flipBits(disk, path, 60, 1),
      /byte 0: the header has a wrong check/,
    ],
    [
      "a bit of a block",
      (disk, path) => flipBits(disk, path, block(3) + 40, 1),
      new RegExp(`byte ${block(3)}: block 3 has a wrong checksum`),
    ],
    [
      "a bit of a block's header",
      (disk, path) => flipBits(disk, path, block(2) + 1, 1),
      new RegExp(`byte ${block(2)}: block 2 has a wrong checksum`),
    ],
    [
      "a block in the place of another",
      (disk, path) => {
        const at = block(2);
        simFile(disk, path).set(simFile(disk, path).slice(block(1), at), at);
      },
      new RegExp(`byte ${block(2)}: block 2 is missing; another stands in its place`),
    ],
    [
      "a block of another snapshot",
      (disk, path) => simFile(disk, path).set(fileOf(NEW, 2).subarray(block(2), block(3)), block(2)),
      /block 2 has a wrong checksum/,
    ],
    [
      "the end missing",
      (disk, path) => cut(disk, path, BYTES.length - 1),
      /it does not end as a snapshot does/,
    ],
    ["half of it missing", (disk, path) => cut(disk, path, 2000), /it does not end as a snapshot does/],
    ["all but the header missing", (disk, path) => cut(disk, path, HEADER + 8), /within its first block/],
    ["all of it missing", (disk, path) => cut(disk, path, 0), /byte 0: this is no snapshot/],
    [
      "a bit of the footer",
      (disk, path) => flipBits(disk, path, last + 9, 1),
      new RegExp(`byte ${last}: the footer has a wrong checksum`),
    ],
    ["a sector of zeros", (disk, path) => fillSector(disk, path, 3, 0), /wrong checksum/],
    ["a sector in the place of another", (disk, path) => misdirectSector(disk, path, 3, 2), /wrong checksum/],
    [
      "another's under its name",
      (disk, path) => disk.files.set(path, OLD_BYTES.slice()),
      /byte 0: it is the snapshot of entry 31 of term 1, under another's name/,
    ],
  ];

  test.each(cases)("%s: the one before is taken, and nothing is removed", (_name, harm, says) => {
    const disk = both();
    harm(disk, pathOf(45));
    const rig = reopen(disk);
    const { snapshot, damaged } = loaded(rig);
    expect(snapshot?.meta).toEqual(metaOf(OLD));
    expectSame(snapshot?.store ?? NEW, OLD);
    expect(damaged.map(({ index }) => index)).toEqual([45]);
    expect(damaged[0]?.reason).toMatch(says);
    expect(damaged[0]?.reason).toMatch(/^raft\/snapshots\/0000000000000001-0000000000000045\.snap/);
    expect(listSimFiles(disk)).toEqual([pathOf(31), pathOf(45)]);
    expect(latestSnapshot(rig.s)?.meta.index).toBe(31);
  });

  test("any bit of it is found", () => {
    for (let at = 0; at < BYTES.length; at++) {
      const disk = diskOf([pathOf(45), BYTES]);
      flipBits(disk, pathOf(45), at, 1 << (at & 7));
      const { snapshot, damaged } = loaded(reopen(disk));
      expect(snapshot).toBeUndefined();
      expect(damaged.length).toBe(1);
    }
  });

  test("goes when a newer one is durable, and not before", () => {
    const disk = both();
    flipBits(disk, pathOf(45), 400, 1);
    const rig = reopen(disk);
    take(rig, storeAfter(40));
    settle(rig);
    expect(listSimFiles(disk)).toEqual([pathOf(31), pathOf(40), pathOf(45)]);
    take(rig, storeAfter(50));
    settle(rig);
    expect(listSimFiles(disk)).toEqual([pathOf(40), pathOf(50)]);
  });

  test("is another thing than a disk that refuses to read: that ends the start, and nothing is taken for lost", () => {
    const rig = openRig(both());
    failNext(rig.disk, "read", { code: "EIO", detail: "read 45" });
    settle(rig);
    expect(rig.said).toEqual([
      { type: "load-failed", reason: `${pathOf(45)} cannot be read: read 45 (EIO)` },
    ]);
    expect(rig.disk.files.size).toBe(2);
  });

  function cut(disk: SimDisk, path: string, bytes: number): void {
    disk.files.set(path, simFile(disk, path).slice(0, bytes));
  }
});

describe("the start", () => {
  test("of an empty folder finds nothing", () => {
    const rig = reopen(createSimDisk());
    expect(rig.said).toEqual([{ type: "loaded", snapshot: undefined, damaged: [] }]);
    expect(latestSnapshot(rig.s)).toBeUndefined();
  });

  test("takes the newest by index, whatever the terms, and leaves alone what is none of ours", () => {
    const strange = ["raft/snapshots/notes.txt", "raft/snapshots/1-2.snap", "raft/snapshots/peers.json"];
    const disk = diskOf([pathOf(31, 9), fileOf(OLD, 9)], [pathOf(45), BYTES]);
    for (const path of strange) disk.files.set(path, new Uint8Array(5));
    const { snapshot, damaged } = loaded(reopen(disk));
    expect(snapshot?.meta).toEqual(metaOf(NEW));
    expect(damaged).toEqual([]);
    expect(listSimFiles(disk)).toEqual([pathOf(45), pathOf(31, 9), ...strange].sort());
  });

  test("removes what was left over, also where that does not work at once", () => {
    const disk = both();
    for (const kind of ["7.tmp", "8.part"])
      disk.files.set(pathOf(50).replace(/snap$/, kind), new Uint8Array(9));
    const rig = openRig(disk);
    failNext(disk, "remove", { code: "EIO", detail: "x" });
    settle(rig);
    expect(loaded(rig).snapshot?.meta.index).toBe(45);
    expect(listSimFiles(disk).length).toBe(3);
    reopen(disk);
    expect(listSimFiles(disk)).toEqual([pathOf(31), pathOf(45)]);
  });

  test("says so when the folder cannot be read, and then nothing is taken or given", () => {
    const rig = openRig(createSimDisk());
    failNext(rig.disk, "list", { code: "EACCES", detail: "scandir raft/snapshots" });
    settle(rig);
    expect(rig.said).toEqual([
      { type: "load-failed", reason: "the snapshots cannot be read: scandir raft/snapshots (EACCES)" },
    ]);
    expect(take(rig, NEW)).toBe(false);
    read(rig);
    expect(heard(rig, "read")[0]?.chunk).toBeUndefined();
  });

  test("reads a block at a time, and stays plain data from step to step", () => {
    const rig = openRig(both(), SMALL, true);
    while (rig.pending.length > 0) {
      expect(rig.pending.length).toBe(1);
      finish(rig);
    }
    expectSame(loaded(rig).snapshot?.store ?? OLD, NEW);
  });
});
