import fc from "fast-check";
import { expect, test } from "vitest";
import {
  firstFrom,
  insertRanked,
  lastRanked,
  type Ranked,
  removeRanked,
  someRanked,
} from "../../../src/core/gossip/ranked.ts";

/** Enough that pieces fall in two, and go into each other again. */
const MOST_STEPS = 1500;

test("it holds what an array that is sorted each time holds", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 2000 })), {
    maxLength: MOST_STEPS,
    size: "max",
  });
  fc.assert(
    fc.property(steps, fc.boolean(), (given, emptied) => {
      const ranked: Ranked<string> = [];
      const naive = new Set<number>();
      const put = (rank: number): void => {
        if (naive.has(rank)) return;
        insertRanked(ranked, rank, `item ${rank}`);
        naive.add(rank);
      };
      const take = (rank: number): void => {
        removeRanked(ranked, rank);
        naive.delete(rank);
      };
      for (const [isNew, rank] of given) {
        if (isNew) put(rank);
        else for (const other of [...naive].filter((each) => each % 50 === rank % 50)) take(other);
        expectSorted(ranked, naive);
        const next = Math.min(...[...naive].filter((each) => each >= rank));
        expect(firstFrom(ranked, rank)).toBe(Number.isFinite(next) ? `item ${next}` : undefined);
      }
      if (emptied) for (const rank of naive) take(rank);
      expectSorted(ranked, naive);
    }),
    { numRuns: 20 },
  );
});

function expectSorted(ranked: Ranked<string>, naive: ReadonlySet<number>): void {
  const ranks = ranked.flatMap((piece) => piece.ranks);
  expect(ranked.every(({ items }) => items.length > 0)).toBe(true);
  expect(ranks).toEqual([...naive].sort((a, b) => a - b));
  expect(ranked.flatMap(({ items }) => items)).toEqual(ranks.map((rank) => `item ${rank}`));
  expect(lastRanked(ranked)).toBe(naive.size === 0 ? undefined : `item ${ranks.at(-1)}`);
  expect(someRanked(ranked, (item) => item === `item ${ranks[0]}`)).toBe(naive.size > 0);
}

test("a thousand of them are in pieces of no more than 256, and few are in few", () => {
  const ranked: Ranked<number> = [];
  const sizes = (): number[] => ranked.map(({ items }) => items.length);
  for (let k = 0; k < 1000; k++) insertRanked(ranked, (k * 7919) % 1000, k);
  expect(Math.max(...sizes())).toBeLessThanOrEqual(256);
  expect(sizes().length).toBeLessThan(12);
  for (let k = 0; k < 1000; k++) if (k % 20 !== 0) removeRanked(ranked, k);
  expect(sizes()).toEqual([50]);
});

test("what is not there is not taken out", () => {
  const ranked: Ranked<string> = [];
  expect(() => removeRanked(ranked, 1)).toThrow("what is taken out was put in");
  insertRanked(ranked, 2, "two");
  expect(() => removeRanked(ranked, 1)).toThrow("what is taken out was put in");
});
