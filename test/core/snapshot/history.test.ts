// Everything at once, at random, on a disk that tears and answers in any order: whatever is taken, received, given up
// for a newer one, read and crashed, a snapshot that was said to be durable is there, what is given away is what was
// taken, and the machine is plain data at every step.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { equalPlain } from "../../../src/core/lib/plain.ts";
import { dumpSnapshots, loadSnapshots } from "../../../src/core/snapshot/dump.ts";
import type { SnapshotChunk } from "../../../src/core/snapshot/ports.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { createSimDisk, listSimFiles } from "../../../src/sim/disk.ts";
import {
  chunksOf,
  crash,
  expectSame,
  fileOf,
  finish,
  metaAt,
  openRig,
  type Rig,
  read,
  receive,
  SMALL,
  settle,
  storeAfter,
  take,
} from "./rig.ts";

type Step =
  | { readonly do: "take" | "receive-next" | "settle" }
  | { readonly do: "receive"; readonly place: number }
  | { readonly do: "finish"; readonly which: number; readonly times: number }
  | { readonly do: "read"; readonly offset: number; readonly older: boolean }
  | { readonly do: "grow" | "leader-takes"; readonly entries: number }
  | { readonly do: "crash"; readonly after: number };

const simple = (name: "take" | "receive-next" | "settle"): fc.Arbitrary<Step> => fc.constant({ do: name });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: simple("take") },
  { weight: 12, arbitrary: simple("receive-next") },
  { weight: 3, arbitrary: simple("settle") },
  { weight: 3, arbitrary: fc.nat(40).map((place): Step => ({ do: "receive", place })) },
  {
    weight: 14,
    arbitrary: fc
      .record({ which: fc.nat(3), times: fc.integer({ min: 1, max: 5 }) })
      .map((fields): Step => ({ do: "finish", ...fields })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ offset: fc.nat(6000), older: fc.boolean() })
      .map((fields): Step => ({ do: "read", ...fields })),
  },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 6 }).map((entries): Step => ({ do: "grow", entries })) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 9 }).map((entries): Step => ({ do: "leader-takes", entries })),
  },
  { weight: 2, arbitrary: fc.nat(12).map((after): Step => ({ do: "crash", after })) },
);

/** Stores and files by index are the same in each run. */
const stores = new Map<number, Store>();
const files = new Map<number, Uint8Array>();

function remembered<T>(known: Map<number, T>, index: number, make: (index: number) => T): T {
  const found = known.get(index) ?? make(index);
  known.set(index, found);
  return found;
}

const storeOf = (index: number): Store => remembered(stores, index, storeAfter);
const bytesOf = (index: number): Uint8Array => remembered(files, index, (each) => fileOf(storeOf(each)));

interface History {
  rig: Rig;
  /** Entries that this server has applied. */
  applied: number;
  /** The newest snapshot that was said to be durable. */
  durable: number;
  /** What the leader sends. */
  coming: { readonly index: number; readonly chunks: readonly SnapshotChunk[] };
  wanted: number;
  serial: number;
}

function leaderTakes(index: number): History["coming"] {
  return { index, chunks: chunksOf(metaAt(index), bytesOf(index)) };
}

function listen(history: History): void {
  for (const each of history.rig.said.splice(0)) {
    switch (each.type) {
      case "taken":
        expect(each.bytes).toBe(bytesOf(each.meta.index).length);
        history.durable = Math.max(history.durable, each.meta.index);
        break;
      case "received":
        expectSame(each.store, storeOf(each.meta.index));
        history.durable = Math.max(history.durable, each.meta.index);
        history.applied = Math.max(history.applied, each.meta.index);
        break;
      case "progress":
        if (each.meta.index === history.coming.index) history.wanted = each.received;
        break;
      case "read": {
        const { chunk } = each;
        if (chunk === undefined) break;
        const from = bytesOf(chunk.meta.index);
        expect(chunk.size).toBe(from.length);
        expect(chunk.data).toEqual(from.slice(chunk.offset, chunk.offset + chunk.data.length));
        break;
      }
      case "receive-failed":
        expect(each.reason).toMatch(/it is older than/);
        break;
      case "take-failed":
      case "load-failed":
        throw new Error(each.reason);
      case "loaded":
        expect(each.damaged).toEqual([]);
        expect(each.snapshot?.meta.index ?? 0).toBeGreaterThanOrEqual(history.durable);
        if (each.snapshot !== undefined) expectSame(each.snapshot.store, storeOf(each.snapshot.meta.index));
        // What came back once, and may have been acted on, comes back for ever.
        history.durable = each.snapshot?.meta.index ?? 0;
        history.applied = Math.max(history.applied, history.durable);
    }
  }
}

function go(history: History, each: Step): void {
  const { rig, coming } = history;
  switch (each.do) {
    case "grow":
      history.applied += each.entries;
      return;
    case "leader-takes":
      history.coming = leaderTakes(Math.max(history.coming.index, history.applied) + each.entries);
      history.wanted = 0;
      return;
    case "take":
      if (history.applied > 0) take(rig, storeOf(history.applied));
      return;
    case "receive":
      return receive(rig, coming.chunks[each.place % coming.chunks.length] as SnapshotChunk);
    case "receive-next": {
      const next = coming.chunks.find(({ offset }) => offset === history.wanted);
      if (next !== undefined) receive(rig, next);
      return;
    }
    case "read":
      return read(rig, { offset: each.offset, index: each.older ? history.durable : 0 });
    case "finish":
      for (let n = 0; n < each.times; n++) finish(rig, each.which % Math.max(rig.pending.length, 1));
      return;
    case "settle":
      settle(rig);
      return;
    case "crash":
      history.rig = crash(rig, `${history.serial++}`);
      for (let n = 0; n < each.after; n++) finish(history.rig);
      if (history.rig.s.phase !== "open") settle(history.rig);
  }
}

function play(steps: readonly Step[], after: (rig: Rig) => void = () => {}, planted?: string): void {
  const rig = settle(openRig(createSimDisk(), { ...SMALL, planted }));
  const history: History = { rig, applied: 0, durable: 0, coming: leaderTakes(5), wanted: 0, serial: 0 };
  for (const each of [...steps, { do: "settle" } as const, { do: "crash", after: 0 } as const]) {
    go(history, each);
    listen(history);
    after(history.rig);
  }
  settle(history.rig);
  const left = listSimFiles(history.rig.disk);
  expect(left.every((path) => path.endsWith(".snap"))).toBe(true);
  expect(left.length).toBeLessThanOrEqual(2);
}

const steps = (maxLength: number): fc.Arbitrary<Step[]> => fc.array(step, { maxLength, size: "max" });

describe("whatever is taken, received, given up, read and crashed", () => {
  test("what was durable is there, and what is given away is what was taken", () => {
    fc.assert(
      fc.property(steps(80), (each) => play(each)),
      { numRuns: 300 },
    );
  });

  test.each([
    "snapshot-drops-index",
    "snapshot-removes-old-first",
    "snapshot-renamed-before-written",
    "snapshot-skips-row",
  ])("the planted bug %s is found", (planted) => {
    const histories = fc.property(steps(80), (each) => play(each, undefined, planted));
    expect(fc.check(histories, { numRuns: 300, endOnFailure: true, seed: 1 }).failed).toBe(true);
  });

  test("it is plain data at every step, and goes on from it", () => {
    fc.assert(
      fc.property(steps(40), (each) =>
        play(each, (rig) => {
          const dump = dumpSnapshots(rig.s);
          rig.s = loadSnapshots(dumpSnapshots(rig.s));
          expect(equalPlain(dumpSnapshots(rig.s), dump)).toBe(true);
        }),
      ),
      { numRuns: 40 },
    );
  });

  test("no more is held than a piece and a few blocks, however large the snapshot", () => {
    const big = chunksOf(metaAt(400), bytesOf(400));
    const rig = settle(openRig(createSimDisk()));
    take(rig, storeOf(200));
    let most = 0;
    const weigh = (): void => {
      const { taking, receiving } = rig.s;
      const held = (taking?.encoder.rest.length ?? 0) + (receiving?.piece.length ?? 0);
      most = Math.max(most, held + (receiving?.scan?.decoder.held ?? 0));
      const asked = rig.pending.flatMap(({ request }) => (request.kind === "write" ? request.parts : []));
      expect(asked.reduce((sum, part) => sum + part.length, 0)).toBeLessThan(4 * SMALL.blockBytes);
    };
    for (const chunk of big) {
      receive(rig, chunk);
      while (rig.pending.length > 0) {
        weigh();
        finish(rig);
      }
    }
    // The largest row has some 1,300 bytes.
    expect(most).toBeLessThan(1300 + 3 * SMALL.blockBytes);
    expect(must(rig.said.at(-1), "something was said").type).toBe("received");
  });
});
