// What a crash leaves of a simulated disk: nothing that the port allows is missing, nothing that it forbids comes up.
// That the disk does what it is asked while nothing goes wrong is in test/contract/disk.test.ts.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededChance } from "../../src/core/lib/chance.ts";
import { copyPlain, equalPlain } from "../../src/core/lib/plain.ts";
import { type DiskRequest, SECTOR_BYTES } from "../../src/core/wal/disk.ts";
import {
  beginDisk,
  crashDisk,
  createSimDisk,
  failNext,
  fillSector,
  finishDisk,
  flipBits,
  listSimFiles,
  misdirectSector,
  type SimDisk,
  simFile,
} from "../../src/sim/disk.ts";

function done(disk: SimDisk, request: DiskRequest): void {
  beginDisk(disk, -1, request);
  expect(finishDisk(disk, -1)).toMatchObject({ ok: true });
}

/** A disk with one file of so many bytes, each of them "o". */
function withFile(bytes: number): SimDisk {
  const disk = createSimDisk();
  done(disk, { kind: "create", file: "f", size: bytes });
  done(disk, { kind: "write", file: "f", offset: 0, parts: [new Uint8Array(bytes).fill(0x6f)] });
  return disk;
}

const news = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(0x6e);

/**
 * One letter for each sector: "o"ld, "n"ew, "+" for one that is in part untouched and otherwise new, "?" for a
 * mixture.
 */
function sectorsOf(bytes: Uint8Array, offset: number, length: number): string {
  let letters = "";
  for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
    const sector = [...bytes.subarray(at, at + SECTOR_BYTES)];
    const inside = sector.filter((_, n) => at + n >= offset && at + n < offset + length);
    const outside = sector.filter((_, n) => at + n < offset || at + n >= offset + length);
    const whole = outside.every((byte) => byte === 0x6f) && new Set(inside).size < 2;
    letters += !whole ? "?" : inside[0] === 0x6e ? (outside.length > 0 ? "+" : "n") : "o";
  }
  return letters;
}

describe("a crash during a write", () => {
  test("leaves each sector old or new, and whatever lies outside as it was", () => {
    fc.assert(
      fc.property(
        fc.nat(1500),
        fc.integer({ min: 1, max: 1500 }),
        fc.nat(1000),
        fc.nat(),
        (offset, length, cut, seed) => {
          const disk = withFile(3072);
          const parts = [news(Math.min(cut, length)), news(Math.max(length - cut, 0))];
          beginDisk(disk, 1, { kind: "write", file: "f", offset, parts });
          crashDisk(disk, seededChance(`${seed}`));
          expect(sectorsOf(simFile(disk, "f"), offset, length)).not.toContain("?");
        },
      ),
      { numRuns: 500 },
    );
  });

  test("leaves any combination of sectors", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      const disk = withFile(2048);
      beginDisk(disk, 1, { kind: "write", file: "f", offset: 100, parts: [news(1900)] });
      crashDisk(disk, seededChance(`any ${seed}`));
      seen.add(sectorsOf(simFile(disk, "f"), 100, 1900).replaceAll("+", "n"));
    }
    expect(seen.size).toBe(16);
  });

  test("past the end leaves a file that is no longer than what arrived", () => {
    const sizes = new Set<number>();
    for (let seed = 0; seed < 100; seed++) {
      const disk = withFile(512);
      beginDisk(disk, 1, { kind: "write", file: "f", offset: 512, parts: [news(1000)] });
      crashDisk(disk, seededChance(`grow ${seed}`));
      sizes.add(simFile(disk, "f").length);
    }
    expect([...sizes].sort((a, b) => a - b)).toEqual([512, 1024, 1512]);
  });
});

describe("a crash", () => {
  const outcomes = (request: DiskRequest): string[] => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const disk = withFile(3);
      beginDisk(disk, 1, request);
      crashDisk(disk, seededChance(`crash ${seed}`));
      seen.add(
        listSimFiles(disk)
          .map((path) => `${path}:${simFile(disk, path).length}`)
          .join(" "),
      );
      expect(disk.pending.size).toBe(0);
    }
    return [...seen].sort();
  };

  test("while a file is created leaves nothing of it, or any part", () => {
    expect(outcomes({ kind: "create", file: "new", size: 3 })).toEqual([
      "f:3",
      "f:3 new:0",
      "f:3 new:1",
      "f:3 new:2",
      "f:3 new:3",
    ]);
  });

  test("while a file is renamed leaves it one name or the other", () => {
    expect(outcomes({ kind: "rename", file: "f", to: "g" })).toEqual(["f:3", "g:3"]);
  });

  test("while a file is removed leaves it there or not", () => {
    expect(outcomes({ kind: "remove", file: "f" })).toEqual(["", "f:3"]);
  });

  test.each([
    { kind: "list", folder: "." },
    { kind: "read", file: "f", offset: 0, length: 3 },
    { kind: "write", file: "absent", offset: 0, parts: [news(3)] },
    { kind: "rename", file: "absent", to: "f" },
  ] satisfies DiskRequest[])("while it is busy with $kind of nothing changes nothing", (request) => {
    expect(outcomes(request)).toEqual(["f:3"]);
  });

  test("leaves all that was done before as it was", () => {
    const disk = withFile(2000);
    done(disk, { kind: "write", file: "f", offset: 7, parts: [news(1000)] });
    done(disk, { kind: "rename", file: "f", to: "g" });
    const before = copyPlain(disk.files);
    crashDisk(disk, seededChance("calm"));
    expect(disk.files).toEqual(before);
  });

  test("is the same for the same seed", () => {
    const crashed = (seed: string): SimDisk => {
      const disk = withFile(9000);
      for (const op of [1, 2, 3])
        beginDisk(disk, op, { kind: "write", file: "f", offset: op * 700, parts: [news(2500)] });
      beginDisk(disk, 4, { kind: "create", file: "new", size: 1000 });
      crashDisk(disk, seededChance(seed));
      return disk;
    };
    expect(equalPlain(crashed("x"), crashed("x"))).toBe(true);
    expect(equalPlain(crashed("x"), crashed("y"))).toBe(false);
  });
});

describe("planned failures", () => {
  const error = { code: "EIO", detail: "write f: input/output error" };
  const request = { kind: "write", file: "f", offset: 100, parts: [news(1500)] } as const;

  test("fail once, the next operation of that kind, on a path like that", () => {
    const disk = withFile(2048);
    failNext(disk, "write", error, { path: "other" });
    failNext(disk, "read", error);
    done(disk, request);
    failNext(disk, "write", error, { path: "f" });
    beginDisk(disk, 1, request);
    expect(finishDisk(disk, 1)).toEqual({ ok: false, error });
    done(disk, request);
    expect(disk.failures.map(({ kind }) => kind)).toEqual(["write", "read"]);
  });

  test.each([
    [0, "oooo"],
    [1, "+ooo"],
    [2, "+noo"],
    [99, "+nn+"],
  ])("of a write may let %d sectors through", (sectors, left) => {
    const disk = withFile(2048);
    failNext(disk, "write", error, { sectors });
    beginDisk(disk, 1, request);
    finishDisk(disk, 1);
    expect(sectorsOf(simFile(disk, "f"), 100, 1500)).toBe(left);
  });

  test("of anything else change nothing", () => {
    for (const failing of [
      { kind: "create", file: "f", size: 9 },
      { kind: "rename", file: "f", to: "g" },
      { kind: "remove", file: "f" },
    ] satisfies DiskRequest[]) {
      const disk = withFile(5);
      failNext(disk, failing.kind, error);
      beginDisk(disk, 1, failing);
      expect(finishDisk(disk, 1)).toEqual({ ok: false, error });
      expect(simFile(disk, "f").length).toBe(5);
    }
  });
});

test("damage on purpose changes what it says", () => {
  const disk = withFile(1500);
  flipBits(disk, "f", 3, 0x01);
  expect(simFile(disk, "f")[3]).toBe(0x6e);
  fillSector(disk, "f", 2, 0);
  expect(simFile(disk, "f").subarray(1020, 1028)).toEqual(Uint8Array.of(0x6f, 0x6f, 0x6f, 0x6f, 0, 0, 0, 0));
  expect(simFile(disk, "f").length).toBe(1500);
  misdirectSector(disk, "f", 0, 1);
  expect(simFile(disk, "f")[515]).toBe(0x6e);
  expect(() => flipBits(disk, "f", 1500, 1)).toThrow("within the file");
  expect(() => simFile(disk, "g")).toThrow("there is a file g");
});

test("a write within a file copies no more than it writes", () => {
  const disk = withFile(1 << 20);
  const memory = simFile(disk, "f");
  done(disk, { kind: "write", file: "f", offset: 5, parts: [news(10)] });
  expect(simFile(disk, "f")).toBe(memory);
});

test("a disk is plain data, operations under way included", () => {
  const disk = withFile(600);
  beginDisk(disk, 1, { kind: "write", file: "f", offset: 0, parts: [news(600)] });
  failNext(disk, "read", { code: "EIO", detail: "read f" });
  const copy = copyPlain(disk);
  expect(equalPlain(copy, disk)).toBe(true);
  for (const each of [disk, copy]) crashDisk(each, seededChance("same"));
  expect(equalPlain(copy, disk)).toBe(true);
});

test("operations have numbers of their own, and end once", () => {
  const disk = withFile(1);
  const request: DiskRequest = { kind: "list", folder: "." };
  beginDisk(disk, 1, request);
  expect(() => beginDisk(disk, 1, request)).toThrow("a number of its own");
  finishDisk(disk, 1);
  expect(() => finishDisk(disk, 1)).toThrow("begins before it ends");
});

describe("a write that the disk confirms and does not make", () => {
  /** A log whose last write was lost. */
  function lying(): SimDisk {
    const disk = createSimDisk();
    done(disk, { kind: "create", file: "log/1", size: 4 });
    disk.lies.push({ kind: "lost-write", dice: 0 });
    done(disk, { kind: "write", file: "log/1", offset: 0, parts: [news(4)] });
    expect([...simFile(disk, "log/1")]).toEqual([0, 0, 0, 0]);
    return disk;
  }

  const behind: [string, boolean, DiskRequest][] = [
    ["nothing but a look at it", false, { kind: "read", file: "log/1", offset: 0, length: 4 }],
    ["an empty file (seed 3650)", false, { kind: "create", file: "log/2", size: 4 }],
    ["a write to another folder", false, { kind: "write", file: "info", offset: 0, parts: [news(1)] }],
    ["a write to the same file", true, { kind: "write", file: "log/1", offset: 2, parts: [news(1)] }],
    ["a write to a file beside it", true, { kind: "write", file: "log/2", offset: 0, parts: [news(1)] }],
    ["its file's new name", true, { kind: "rename", file: "log/1", to: "log/old" }],
  ];

  test.each(behind)("behind which there is %s is lost for good: %s", (_name, lost, request) => {
    const disk = lying();
    for (const file of ["info", "log/2"])
      if (request.kind === "write" && request.file === file) disk.files.set(file, new Uint8Array(4));
    done(disk, request);
    crashDisk(disk, seededChance("crash"));
    expect(disk.struck).toBe(lost ? 1 : 0);
    if (!lost) expect([...simFile(disk, "log/1")]).toEqual([...news(4)]);
  });
});

// Seed 17123: three sectors on stood what was acknowledged, and the torn write that followed left nothing of it to be known by.
describe("a write that comes over a misplaced one when the power goes", () => {
  /** How many bytes of the last write are there. */
  function left(seed: number, between?: DiskRequest): number {
    const disk = createSimDisk();
    done(disk, { kind: "create", file: "log/1", size: 8192 });
    disk.lies.push({ kind: "misdirected-write", dice: 2 });
    done(disk, { kind: "write", file: "log/1", offset: 0, parts: [new Uint8Array(1000).fill(1)] });
    if (between !== undefined) done(disk, between);
    beginDisk(disk, 99, {
      kind: "write",
      file: "log/1",
      offset: 1000,
      parts: [new Uint8Array(2000).fill(2)],
    });
    crashDisk(disk, seededChance(`torn ${seed}`));
    return simFile(disk, "log/1").filter((byte) => byte === 2).length;
  }
  const seeds = Array.from({ length: 60 }, (_, at) => at);

  test("is there or is not there: torn, it could bury the only trace of the other", () => {
    const found = new Set(seeds.map((seed) => left(seed)));
    expect([...found].sort((a, b) => a - b)).toEqual([0, 2000]);
  });

  test("may be torn once something stands behind the other", () => {
    const behind: DiskRequest = {
      kind: "write",
      file: "log/1",
      offset: 4096,
      parts: [new Uint8Array(8).fill(1)],
    };
    expect(seeds.some((seed) => ![0, 2000].includes(left(seed, behind)))).toBe(true);
  });
});
