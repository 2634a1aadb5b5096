// Taking a snapshot: a block at a time, nobody stopped, and until the last moment a crash or a full disk leaves the older
// one as it was.

import { describe, expect, test } from "vitest";
import { InvariantError } from "../../../src/core/lib/assert.ts";
import { latestSnapshot, takeSnapshot } from "../../../src/core/snapshot/snapshots.ts";
import { createSimDisk, failNext, listSimFiles, simFile } from "../../../src/sim/disk.ts";
import { apply, kvWrite } from "../store/shelf.ts";
import {
  crash,
  expectSame,
  fileOf,
  finish,
  heard,
  loaded,
  metaAt,
  metaOf,
  openRig,
  pathOf,
  type Rig,
  reopen,
  SMALL,
  settle,
  shown,
  step,
  storeAfter,
  take,
} from "./rig.ts";

const OLD = storeAfter(31);
const OLD_BYTES = fileOf(OLD);
const NEW = storeAfter(45);

/** A machine with a snapshot of OLD. */
function withOld(planted?: string, reloads: boolean = false): Rig {
  const disk = createSimDisk();
  disk.files.set(pathOf(31), OLD_BYTES.slice());
  const rig = settle(openRig(disk, { ...SMALL, planted }, reloads));
  rig.said.length = 0;
  return rig;
}

describe("a snapshot that was taken", () => {
  test("is the newest from then on, and is loaded at the next start", () => {
    const rig = withOld();
    expect(take(rig, NEW, 2)).toBe(true);
    settle(rig);
    const bytes = simFile(rig.disk, pathOf(45, 2)).length;
    expect(heard(rig, "taken")).toEqual([{ type: "taken", meta: metaOf(NEW, 2), bytes }]);
    expect(latestSnapshot(rig.s)).toEqual({ meta: metaOf(NEW, 2), bytes });
    const again = reopen(rig.disk);
    const { snapshot, damaged } = loaded(again);
    expect(damaged).toEqual([]);
    expect(snapshot?.meta).toEqual(metaOf(NEW, 2));
    expectSame(snapshot?.store ?? OLD, NEW);
    expect(latestSnapshot(again.s)).toEqual({ meta: metaOf(NEW, 2), bytes });
  });

  test("holds the store as it was when it began, though the store went on", () => {
    const rig = withOld();
    const store = storeAfter(45);
    take(rig, store);
    while (rig.pending.length > 0) {
      finish(rig);
      apply(store, kvWrite("set", `key/${store.lastApplied}`, { value: "later" }));
      apply(store, kvWrite("delete-tree", "key/4"));
    }
    expectSame(loaded(reopen(rig.disk)).snapshot?.store ?? store, NEW);
  });

  test("has the same bytes on every server, and again after it was loaded", () => {
    const { snapshot } = loaded(reopen(withOld().disk));
    expect(fileOf(snapshot?.store ?? NEW)).toEqual(fileOf(OLD));
  });

  test("is written a block at a time, each when the disk has the one before", () => {
    const rig = withOld();
    take(rig, NEW);
    let writes = 0;
    while (rig.pending.length > 0) {
      expect(rig.pending.length).toBe(1);
      const [{ request }] = rig.pending as [Rig["pending"][number]];
      if (request.kind === "write") {
        writes++;
        const bytes = request.parts.reduce((sum, part) => sum + part.length, 0);
        expect(bytes).toBeLessThan(2 * SMALL.blockBytes + 300);
      }
      finish(rig);
    }
    expect(writes).toBeGreaterThan(5);
  });

  test("goes on from a dump at any moment, to the same bytes", () => {
    const rig = withOld(undefined, true);
    take(rig, NEW);
    settle(rig);
    expect(simFile(rig.disk, pathOf(45))).toEqual(fileOf(NEW));
    expect(heard(rig, "taken").length).toBe(1);
  });
});

test("one is taken at a time, and none that is older than the newest", () => {
  const rig = withOld();
  expect(take(rig, storeAfter(30))).toBe(false);
  expect(take(rig, NEW)).toBe(true);
  expect(take(rig, storeAfter(46))).toBe(false);
  settle(rig);
  expect(heard(rig, "taken").map(({ meta }) => meta.index)).toEqual([45]);
  expect(take(rig, storeAfter(46))).toBe(true);
  settle(rig);
  expect(heard(rig, "taken").map(({ meta }) => meta.index)).toEqual([46]);
});

test("none is taken before the folder has been read, nor of a store that is another's", () => {
  const rig = openRig(createSimDisk());
  expect(take(rig, NEW)).toBe(false);
  settle(rig);
  expect(() => takeSnapshot(rig.s, metaAt(44), NEW, [])).toThrow(InvariantError);
});

test("the newest two are kept", () => {
  const rig = settle(openRig(createSimDisk()));
  for (const index of [10, 20, 30, 40]) {
    take(rig, storeAfter(index));
    settle(rig);
  }
  expect(listSimFiles(rig.disk)).toEqual([pathOf(30), pathOf(40)]);
  const again = reopen(rig.disk);
  take(again, storeAfter(50));
  settle(again);
  expect(listSimFiles(rig.disk)).toEqual([pathOf(40), pathOf(50)]);
});

/** How many operations of the disk taking NEW needs, with what is removed after it. */
function operations(planted?: string): number {
  const rig = withOld(planted);
  take(rig, NEW);
  let count = 0;
  for (; rig.pending.length > 0; count++) finish(rig);
  return count;
}

/** Stops in the middle of taking NEW, after so many operations, and looks what the next start finds. */
function crashAfter(count: number, seed: string, planted?: string): void {
  const rig = withOld(planted);
  take(rig, NEW);
  for (let n = 0; n < count; n++) finish(rig);
  const taken = heard(rig, "taken").length > 0;
  const after = settle(crash(rig, seed));
  const { snapshot, damaged } = loaded(after);
  expect(damaged).toEqual([]);
  const index = snapshot?.meta.index;
  expect(taken ? [45] : [31, 45]).toContain(index);
  if (snapshot !== undefined) expectSame(snapshot.store, index === 45 ? NEW : OLD);
  expect(listSimFiles(after.disk).filter((path) => !path.endsWith(".snap"))).toEqual([]);
  // And it can be done again.
  take(after, storeAfter(46));
  settle(after);
  expect(heard(after, "taken").map(({ meta }) => meta.index)).toEqual([46]);
}

describe("wherever it is interrupted", () => {
  test("by a crash, the next start finds the one before or the whole new one", () => {
    for (let count = 0; count <= operations(); count++)
      for (let seed = 0; seed < 6; seed++) crashAfter(count, `${count}.${seed}`);
  });

  test.each(["ENOSPC", "EIO"])("by %s, it says so, leaves nothing behind, and can be done again", (code) => {
    for (let count = 0; count < operations(); count++) {
      const rig = withOld();
      take(rig, NEW);
      for (let n = 0; n < count; n++) finish(rig);
      const kind = rig.pending[0]?.request.kind;
      if (kind === undefined || kind === "remove") continue;
      failNext(rig.disk, kind, { code, detail: `${kind} snapshot: refused` }, { sectors: 1 });
      settle(rig);
      expect(rig.said).toEqual([
        { type: "take-failed", meta: metaOf(NEW), reason: `${kind} snapshot: refused (${code})` },
      ]);
      rig.said.length = 0;
      expect(listSimFiles(rig.disk)).toEqual([pathOf(31)]);
      expect(latestSnapshot(rig.s)?.meta.index).toBe(31);
      expect(take(rig, NEW)).toBe(true);
      settle(rig);
      expect(heard(rig, "taken").length).toBe(1);
      expectSame(loaded(reopen(rig.disk)).snapshot?.store ?? OLD, NEW);
    }
  });

  test("by a disk that does not even remove what is left, the next start does", () => {
    const rig = withOld();
    take(rig, NEW);
    finish(rig);
    failNext(rig.disk, "write", { code: "EIO", detail: "x" });
    failNext(rig.disk, "remove", { code: "EIO", detail: "x" });
    settle(rig);
    expect(listSimFiles(rig.disk).length).toBe(2);
    expect(take(rig, NEW)).toBe(true);
    settle(rig);
    reopen(rig.disk);
    expect(listSimFiles(rig.disk)).toEqual([pathOf(31), pathOf(45)]);
  });
});

test("answers to nothing that was asked, or that come twice, change nothing", () => {
  const rig = withOld();
  take(rig, NEW);
  while (rig.pending.length > 0) {
    const op = rig.pending[0]?.op ?? 0;
    finish(rig);
    const before = JSON.stringify([rig.s.taking?.step, rig.s.taking?.size, rig.s.nextOp]);
    for (const stray of [op, op - 1, op + 1, 4, 0, 1 << 20])
      if (stray !== rig.pending[0]?.op) step(rig, stray, { ok: false, error: { code: "EIO", detail: "" } });
    expect(JSON.stringify([rig.s.taking?.step, rig.s.taking?.size, rig.s.nextOp])).toBe(before);
  }
  expect(heard(rig, "taken").length).toBe(1);
});

describe("planted bugs are found", () => {
  const found = (run: () => void): void => expect(run).toThrow();

  test("snapshot-renamed-before-written: a file has its name before all of it is there", () => {
    found(() => {
      for (let count = 0; count <= operations("snapshot-renamed-before-written"); count++)
        for (let seed = 0; seed < 6; seed++)
          crashAfter(count, `${count}.${seed}`, "snapshot-renamed-before-written");
    });
  });

  test("snapshot-removes-old-first: the old one goes before the new one is there", () => {
    found(() => {
      for (let count = 0; count <= 6; count++) crashAfter(count, `${count}`, "snapshot-removes-old-first");
    });
  });

  test.each(["snapshot-drops-index", "snapshot-skips-row"])("%s", (planted) => {
    const rig = withOld(planted);
    take(rig, NEW);
    settle(rig);
    const { snapshot, damaged } = loaded(reopen(rig.disk));
    expect(damaged.length > 0 || (snapshot !== undefined && shown(snapshot.store) !== shown(NEW))).toBe(true);
  });
});
