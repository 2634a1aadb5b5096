// A source of choices that answers from a list: with a list of fast-check's behind the door, what shrinks is the run.

import { type Chance, DOOR } from "../../src/core/lib/chance.ts";

/** Each answer is the next number of the list, modulo how many answers there are; after the last one 0, or round again. */
export function listedChance(
  numbers: readonly number[],
  { again = false }: { readonly again?: boolean } = {},
): Chance {
  let at = 0;
  return {
    [DOOR]: true,
    choose(_site, n) {
      if (again && numbers.length > 0) at %= numbers.length;
      return (numbers[at++] ?? 0) % n;
    },
  };
}
