// Values that many states share, each kept once under a small number, with its fingerprint under every renaming. A state is
// then a handful of numbers, and its fingerprint the sum of those of its parts: what a step changes is taken off and put on.

import type { Digest } from "../../core/lib/digest.ts";
import type { Renaming } from "./renaming.ts";

export interface Atoms<T> {
  readonly values: T[];
  readonly renamings: readonly Renaming[];
  /** Two words for each value and renaming: `2 * (number * renamings + which)`. */
  prints: Int32Array;
  readonly numbers: Map<number, number>;
  readonly digest: (value: T, renaming: Renaming) => Digest;
}

export function createAtoms<T>(
  renamings: readonly Renaming[],
  digest: (value: T, renaming: Renaming) => Digest,
): Atoms<T> {
  return { values: [], renamings, prints: new Int32Array(1 << 12), numbers: new Map(), digest };
}

/** The number of a value, which is kept if it is new. */
export function numberOf<T>(atoms: Atoms<T>, value: T): number {
  const { renamings, values, numbers } = atoms;
  const own = atoms.digest(value, renamings[0] as Renaming);
  const a = stir(own.a);
  const b = stir(own.b ^ 0x5bd1e995);
  // 53 bits that a Map takes as they are.
  const key = (a >>> 0) * 0x200000 + (b >>> 11);
  const known = numbers.get(key);
  if (known !== undefined) return known;
  const number = values.length;
  values.push(value);
  numbers.set(key, number);
  const at = 2 * number * renamings.length;
  if (at + 2 * renamings.length > atoms.prints.length) grow(atoms, at + 2 * renamings.length);
  renamings.forEach((renaming, which) => {
    const digest = which === 0 ? own : atoms.digest(value, renaming);
    atoms.prints[at + 2 * which] = stir(digest.a);
    atoms.prints[at + 2 * which + 1] = stir(digest.b ^ 0x5bd1e995);
  });
  return number;
}

function grow<T>(atoms: Atoms<T>, least: number): void {
  const wider = new Int32Array(Math.max(2 * atoms.prints.length, least));
  wider.set(atoms.prints);
  atoms.prints = wider;
}

/** The finaliser of MurmurHash3: sums of fingerprints must not cancel out. */
export function stir(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
