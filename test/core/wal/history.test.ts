// The one promise that Raft rests on, against random histories on a disk that tears: what was `stored` is there, what
// was under way is there wholly or not at all, and nothing else is, ever again.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { copyPlain, equalPlain } from "../../../src/core/lib/plain.ts";
import type { StoreRequest } from "../../../src/core/wal/ports.ts";
import { storeWal } from "../../../src/core/wal/wal.ts";
import { createSimDisk } from "../../../src/sim/disk.ts";
import { batch, contentOf, crash, finish, flush, modelOf, openRig, type Rig, SMALL, settle } from "./rig.ts";

type Request = Omit<StoreRequest, "token">;

/** One step of a history; numbers are made fit when the step is taken. */
type Step =
  | {
      readonly do: "store";
      readonly vote: number;
      readonly back: number;
      readonly sizes: readonly number[];
      readonly compact: number;
    }
  | { readonly do: "finish"; readonly which: number }
  /** Crashes again and again while it recovers, each time after so many operations of the disk. */
  | { readonly do: "crash"; readonly again: readonly number[] }
  | { readonly do: "settle" };

const size = fc.oneof(
  { weight: 8, arbitrary: fc.nat(60) },
  { weight: 2, arbitrary: fc.nat(900) },
  { weight: 1, arbitrary: fc.nat(9000) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("store" as const),
      vote: fc.nat(3),
      back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(6) }),
      sizes: fc.array(size, { maxLength: 4 }),
      compact: fc.nat(30),
    }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant("finish" as const), which: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("crash" as const), again: fc.array(fc.nat(9), { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "settle" as const }) },
);

/** Histories as long as they may be, not the short ones that fast-check prefers. */
const steps = (maxLength: number): fc.Arbitrary<Step[]> => fc.array(step, { maxLength, size: "max" });

/** A log, what it was asked since it was created, and how much of that it owes us. */
interface History {
  rig: Rig;
  requests: Request[];
  /** Requests before the present start. */
  before: number;
  lastIndex: number;
  compactedTo: number;
  serial: number;
}

function requestFor(history: History, { vote, back, sizes, compact }: Step & { do: "store" }): Request {
  const serial = ++history.serial;
  const compactTo =
    compact < 3 ? Math.min(history.lastIndex + 2 * compact, history.compactedTo + 5 * compact) : undefined;
  if (compactTo !== undefined) {
    history.compactedTo = Math.max(compactTo, history.compactedTo);
    history.lastIndex = Math.max(history.lastIndex, history.compactedTo);
  }
  const firstIndex = Math.max(history.compactedTo, history.lastIndex - back) + 1;
  const texts = sizes.map((bytes, n) => `${serial}.${n}.`.padEnd(bytes, n % 2 === 0 ? "x" : "\0"));
  if (sizes.length > 0 || back > 0) history.lastIndex = firstIndex + texts.length - 1;
  return {
    ...(vote === 0 && { hardState: { term: serial, votedFor: `server-${serial}`, identity: serial % 3 } }),
    ...(compactTo !== undefined && { compactTo: history.compactedTo }),
    ...((sizes.length > 0 || back > 0) && { entries: batch(firstIndex, ...texts) }),
  };
}

/** After a crash: finds which prefix of the requests the log came back with, and holds it to its promise. */
function judge(history: History, stored: number, underWay: number): void {
  const { rig, requests } = history;
  expect(rig.failed).toBeUndefined();
  if (rig.recovered === undefined) throw new Error("the log was not recovered");
  const content = contentOf(rig.recovered);
  const fits = (count: number): boolean => equalPlain(content, modelOf(requests.slice(0, count)));
  // A record holds several requests: all of them are there or none.
  const count = fits(underWay) ? underWay : stored;
  expect(content).toEqual(modelOf(requests.slice(0, count)));
  history.requests = requests.slice(0, count);
  history.before = count;
  history.compactedTo = content.compactedTo;
  history.lastIndex = content.entries.at(-1)?.[0] ?? content.compactedTo;
}

function take(history: History, each: Step, seed: string): void {
  const { rig } = history;
  switch (each.do) {
    case "store": {
      if (rig.recovered === undefined) return;
      const request = requestFor(history, each);
      history.requests.push(request);
      storeWal(rig.wal, { token: history.requests.length - history.before, ...request });
      return flush(rig);
    }
    case "finish":
      return finish(rig, each.which % Math.max(rig.pending.length, 1));
    case "settle":
      settle(rig);
      expect(rig.stored).toBe(history.requests.length - history.before);
      return;
    case "crash":
      crashAndRecover(history, each.again, seed);
  }
}

function crashAndRecover(history: History, again: readonly number[], seed: string): void {
  const { rig, before } = history;
  let stored = before + rig.stored;
  let underWay = before + (rig.wal.writing?.token ?? rig.stored);
  for (const operations of [...again, Number.POSITIVE_INFINITY]) {
    history.rig = crash(history.rig, seededChance(`${seed}.${history.serial++}`));
    for (let n = 0; n < operations && history.rig.pending.length > 0; n++) finish(history.rig);
    if (history.rig.recovered === undefined) continue;
    judge(history, stored, underWay);
    // What came back once, and may have been acted on, comes back for ever.
    stored = history.before;
    underWay = history.before;
  }
  expect(history.rig.recovered).toBeDefined();
}

function begin(seed: string, config = SMALL): History {
  const rig = settle(openRig(createSimDisk(), config, seededChance(seed)));
  return { rig, requests: [], before: 0, lastIndex: 0, compactedTo: 0, serial: 0 };
}

function play(steps: readonly Step[], seed: string, config = SMALL): History {
  const history = begin(seed, config);
  for (const each of [...steps, { do: "settle" } as const, { do: "crash", again: [] } as const])
    take(history, each, seed);
  return history;
}

describe("whatever is stored, overwritten, compacted and crashed, and wherever", () => {
  test("the log comes back with all that was stored, and with all or nothing of the write under way", () => {
    fc.assert(
      fc.property(steps(60), fc.string({ maxLength: 4 }), (history, seed) => {
        play(history, seed);
      }),
      { numRuns: 400 },
    );
  });

  test.each(["wal-accepts-torn-tail", "wal-acks-before-durable", "wal-forgets-hard-state"])(
    "the planted bug %s is found",
    (planted) => {
      const histories = fc.property(steps(60), fc.string({ maxLength: 4 }), (history, seed) => {
        play(history, seed, { ...SMALL, planted });
      });
      expect(fc.check(histories, { numRuns: 500, endOnFailure: true, seed: 1 }).failed).toBe(true);
    },
  );

  test("reads of any size put the same log together", () => {
    fc.assert(
      fc.property(steps(40), fc.integer({ min: 8, max: 200 }), (history, eights) => {
        const { rig } = play(history, "reads", { ...SMALL, readBytes: eights * 8 });
        const again = settle(openRig(rig.disk, { ...SMALL, readBytes: 1 << 16 }));
        if (rig.recovered === undefined || again.recovered === undefined) throw new Error("not recovered");
        expect(contentOf(again.recovered)).toEqual(contentOf(rig.recovered));
      }),
      { numRuns: 60 },
    );
  });

  test("the log's state is plain data at every step", () => {
    fc.assert(
      fc.property(steps(30), (taken) => {
        const history = begin("plain");
        for (const each of taken) {
          take(history, each, "plain");
          expect(equalPlain(copyPlain(history.rig.wal), history.rig.wal)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});
