// Delta debugging: what is left fails, and nothing of it can go.

import fc from "fast-check";
import { expect, test } from "vitest";
import { ddmin } from "../../../src/sim/shrink/ddmin.ts";

test("what is left fails still, and not without any one of it", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(60), { maxLength: 40 }),
      fc.array(fc.nat(60), { maxLength: 4 }),
      (items, needed) => {
        const all = [...new Set([...items, ...needed])];
        const fails = (list: readonly number[]): boolean => needed.every((each) => list.includes(each));
        const kept = ddmin(all, (list) => (fails(list) ? list : undefined));
        expect(fails(kept)).toBe(true);
        for (const item of kept) expect(fails(kept.filter((each) => each !== item))).toBe(false);
      },
    ),
  );
});

test("what a try makes even shorter is taken as it is", () => {
  const kept = ddmin([1, 2, 3, 4, 5, 6, 7, 8], (list) => (list.includes(8) ? [8] : undefined));
  expect(kept).toEqual([8]);
});

test("nothing can go of what fails only whole", () => {
  const all = [1, 2, 3, 4, 5];
  expect(ddmin(all, (list) => (list.length === 5 ? list : undefined))).toEqual(all);
});
