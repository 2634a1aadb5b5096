// An agent that keeps nothing on a disk has snapshots all the same: nothing is asked of a disk, and a large store takes
// many small steps.

import { expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { latestSnapshot, snapshotsDeadline } from "../../../src/core/snapshot/snapshots.ts";
import { createSimDisk } from "../../../src/sim/disk.ts";
import {
  chunksOf,
  expectSame,
  fileOf,
  heard,
  metaAt,
  metaOf,
  openRig,
  type Rig,
  read,
  receive,
  SMALL,
  settle,
  storeAfter,
  take,
  wake,
} from "./rig.ts";

const MEMORY = { ...SMALL, durable: false };
const STORE = storeAfter(45);

function memoryRig(reloads: boolean = false): Rig {
  const rig = openRig(createSimDisk(), MEMORY, reloads);
  expect(heard(rig, "loaded")).toEqual([{ type: "loaded", snapshot: undefined, damaged: [] }]);
  return rig;
}

test.each([false, true])("is taken and given away in pieces (from dumps: %s)", (reloads) => {
  const rig = memoryRig(reloads);
  take(rig, STORE);
  settle(rig);
  const bytes = fileOf(STORE);
  expect(heard(rig, "taken")).toEqual([{ type: "taken", meta: metaOf(STORE), bytes: bytes.length }]);
  for (let offset = 0; offset < bytes.length; offset += 200) {
    read(rig, { offset });
    settle(rig);
    expect(heard(rig, "read")[0]?.chunk?.data).toEqual(bytes.slice(offset, offset + 200));
  }
  expect(rig.asked).toEqual([]);
});

test.each([false, true])("is received (from dumps: %s)", (reloads) => {
  const rig = memoryRig(reloads);
  for (const chunk of chunksOf(metaOf(STORE), fileOf(STORE))) {
    receive(rig, chunk);
    settle(rig);
  }
  expectSame(must(heard(rig, "received")[0], "it was received").store, STORE);
  expect(latestSnapshot(rig.s)?.meta).toEqual(metaOf(STORE));
  expect(rig.asked).toEqual([]);
});

test("takes one small step after the other, and asks to be woken until it is done", () => {
  const rig = memoryRig();
  take(rig, STORE);
  let wakes = 0;
  for (; snapshotsDeadline(rig.s) === 0; wakes++) {
    const before = rig.s.taking?.size ?? 0;
    wake(rig);
    expect((rig.s.taking?.size ?? before) - before).toBeLessThan(3 * SMALL.blockBytes);
  }
  expect(wakes).toBeGreaterThan(5);
  expect(heard(rig, "taken").length).toBe(1);
  expect(snapshotsDeadline(rig.s)).toBe(Number.POSITIVE_INFINITY);
});

test("of a small store is done at once", () => {
  const rig = openRig(createSimDisk(), { ...MEMORY, blockBytes: 4096 });
  take(rig, STORE);
  expect(heard(rig, "taken").length).toBe(1);
});

test("keeps the newest two, and nothing of what was given up", () => {
  const rig = memoryRig();
  for (const index of [10, 20, 30]) {
    take(rig, storeAfter(index));
    settle(rig);
  }
  const [first] = chunksOf(metaOf(STORE), fileOf(STORE));
  receive(rig, must(first, "there is a piece"));
  settle(rig);
  expect(rig.s.memory?.files.size).toBe(3);
  for (const chunk of chunksOf(metaAt(80), fileOf(storeAfter(80)))) {
    receive(rig, chunk);
    settle(rig);
  }
  expect([...(rig.s.memory?.files.keys() ?? [])].map((path) => path.slice(-7))).toEqual([
    "30.snap",
    "80.snap",
  ]);
});
