// What a grammar draws with: everything that is left open is answered by one seeded source, so that a seed is a sequence.

import { type Chance, seededChance } from "../../../src/core/lib/chance.ts";

export class Draw {
  readonly #chance: Chance;

  constructor(seed: number) {
    this.#chance = seededChance(`compare ${seed}`);
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return this.#chance.choose("compare.generated", n);
  }

  /** Once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  one<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to draw from");
    return item;
  }

  /** Each item once in `n` times, in their order. */
  some<Item>(items: readonly Item[], n: number): Item[] {
    return items.filter(() => this.oneIn(n));
  }

  /** `least` to `most` items, each drawn anew. */
  many<Item>(least: number, most: number, item: () => Item): Item[] {
    return Array.from({ length: least + this.below(most - least + 1) }, item);
  }

  /** One of the ways, the more often the greater its weight. */
  weighted<Result>(ways: readonly (readonly [weight: number, way: () => Result])[]): Result {
    let left = this.below(ways.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, way] of ways) {
      if (left < weight) return way();
      left -= weight;
    }
    throw new Error("nothing to draw from");
  }
}
