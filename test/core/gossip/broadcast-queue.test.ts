import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BroadcastQueue,
  createBroadcastQueue,
  isQueued,
  queueBroadcast,
  takeBroadcasts,
} from "../../../src/core/gossip/broadcast-queue.ts";

const OVERHEAD = 2;

/** A message of this length that says who it is with its first byte. */
function message(length: number, label: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = label;
  return bytes;
}

function take(queue: BroadcastQueue, room: number, limit: number = 100): number[] {
  const taken: Uint8Array[] = [];
  takeBroadcasts(queue, room, OVERHEAD, limit, taken);
  return taken.map(([label]) => label as number);
}

function queueOf(...lengths: readonly number[]): BroadcastQueue {
  const queue = createBroadcastQueue();
  for (const [label, length] of lengths.entries())
    queueBroadcast(queue, undefined, message(length, label), 1000);
  return queue;
}

describe("the order of rumours", () => {
  test("the longest first, of equal ones the newest", () => {
    expect(take(queueOf(10, 30, 20, 20), 1000)).toEqual([1, 3, 2, 0]);
  });

  test("what does not fit is left for the next packet, something shorter takes its place", () => {
    const queue = queueOf(50, 40, 30, 5);
    expect(take(queue, 50 + 2 + 5 + 2)).toEqual([0, 3]);
    expect(take(queue, 50 + 2 + 5 + 2)).toEqual([1, 3]);
  });

  test("what was sent less often goes before what was sent more often, however short", () => {
    const queue = queueOf(50, 50);
    expect(take(queue, 52)).toEqual([1]);
    queueBroadcast(queue, undefined, message(5, 9), 1000);
    expect(take(queue, 52 + 7)).toEqual([0, 9]);
    expect(take(queue, 1000)).toEqual([1, 0, 9]);
  });

  test("each is sent as often as the limit says, then it is gone", () => {
    const queue = queueOf(10, 20);
    for (let k = 0; k < 4; k++) expect(take(queue, 1000, 4)).toEqual([1, 0]);
    expect(take(queue, 1000, 4)).toEqual([]);
    expect(queue.size).toBe(0);
  });

  test("with a limit of none it is sent once, as memberlist does", () => {
    const queue = queueOf(10);
    expect(take(queue, 1000, 0)).toEqual([0]);
    expect(take(queue, 1000, 0)).toEqual([]);
  });
});

describe("names", () => {
  test("news under a name replaces older news under it, and starts anew", () => {
    const queue = createBroadcastQueue();
    const first = queueBroadcast(queue, "a", message(10, 1), 1000);
    queueBroadcast(queue, "b", message(10, 2), 1000);
    take(queue, 1000);
    const second = queueBroadcast(queue, "a", message(10, 3), 1000);
    expect(isQueued(queue, first)).toBe(false);
    expect(isQueued(queue, second)).toBe(true);
    expect(take(queue, 1000)).toEqual([3, 2]);
  });

  test("a queue that is too long loses what was sent most often", () => {
    const queue = createBroadcastQueue();
    for (let label = 0; label < 4; label++) queueBroadcast(queue, undefined, message(10, label), 4);
    expect(take(queue, 2 * 12)).toEqual([3, 2]);
    queueBroadcast(queue, undefined, message(10, 4), 4);
    expect(take(queue, 1000)).toEqual([4, 1, 0, 3]);
  });
});

test("it takes what a naive queue takes", () => {
  interface Naive {
    id: number;
    name: string | undefined;
    length: number;
    transmits: number;
  }
  const queued = fc.record({
    name: fc.option(fc.constantFrom("a", "b", "c")),
    length: fc.integer({ min: 1, max: 60 }),
  });
  const step = fc.oneof(queued, fc.integer({ min: 0, max: 150 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (steps, limit) => {
      const queue = createBroadcastQueue();
      let naive: Naive[] = [];
      let id = 0;
      for (const each of steps) {
        if (typeof each !== "number") {
          const name = each.name ?? undefined;
          queueBroadcast(queue, name, message(each.length, id), 1000);
          naive = naive.filter((item) => item.name === undefined || item.name !== name);
          naive.push({ id: id++, name, length: each.length, transmits: 0 });
          continue;
        }
        const wanted: Naive[] = [];
        let room = each;
        naive.sort((a, b) => a.transmits - b.transmits || b.length - a.length || b.id - a.id);
        for (const item of [...naive])
          if (item.length + OVERHEAD <= room) {
            wanted.push(item);
            room -= item.length + OVERHEAD;
          }
        for (const item of wanted) item.transmits++;
        naive = naive.filter(({ transmits }) => transmits < limit);
        expect(take(queue, each, limit)).toEqual(wanted.map((item) => item.id));
        expect(queue.size).toBe(naive.length);
      }
    }),
  );
});
