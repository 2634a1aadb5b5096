// Damage, drawn from a seed: to bytes, and to the values that MessagePack carries. Byte damage mostly finds the decoder's
// first check; damaged values get past it, with fields of the wrong kind, order, count or size.

import { concatBytes } from "../../../src/core/lib/bytes.ts";
import type { Chance } from "../../../src/core/lib/chance.ts";

/** Longer results are cut, so that repeated doubling stays bounded. */
const MAX_BYTES = 4096;
const EDGE_BYTES = [0, 0x7f, 0x80, 0x90, 0xc0, 0xc1, 0xdd, 0xdf, 0xff];

export function pick<T>(chance: Chance, site: string, from: readonly T[]): T {
  return from[chance.choose(site, from.length)] as T;
}

/** Flips, cuts, doublings, insertions, and bytes that off-by-one errors are fond of. */
export function mutateBytes(chance: Chance, original: Uint8Array): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let left = 1 + chance.choose("mutate.count", 4); left > 0; left--) bytes = damage(chance, bytes);
  return bytes;
}

function damage(chance: Chance, bytes: Uint8Array): Uint8Array {
  const at = chance.choose("mutate.at", bytes.length + 1);
  const set = (byte: number): Uint8Array => {
    if (at < bytes.length) bytes[at] = byte;
    return bytes;
  };
  switch (chance.choose("mutate.kind", 6)) {
    case 0:
      return set((bytes[at] ?? 0) ^ (1 << chance.choose("mutate.bit", 8)));
    case 1:
      return set(chance.choose("mutate.byte", 256));
    case 2:
      return set(pick(chance, "mutate.edge", EDGE_BYTES));
    case 3:
      return bytes.slice(0, at);
    case 4:
      return concatBytes([bytes.subarray(0, at), bytes.subarray(at >> 1)]).slice(0, MAX_BYTES);
    default:
      return concatBytes([
        bytes.subarray(0, at),
        Uint8Array.of(chance.choose("mutate.byte", 256)),
        bytes.subarray(at),
      ]);
  }
}

/** Bytes that nobody meant. */
export function randomBytes(chance: Chance, most: number): Uint8Array {
  const bytes = new Uint8Array(chance.choose("random.length", most));
  for (let at = 0; at < bytes.length; at++) bytes[at] = chance.choose("random.byte", 256);
  return bytes;
}

/** Numbers at and past the ends of what fields hold: 6-byte terms, safe integers, 64 bits, no numbers at all. */
export const EDGE_NUMBERS: readonly number[] = [
  0,
  1,
  2,
  -1,
  0.5,
  127,
  128,
  255,
  256,
  65_535,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 48 - 2,
  2 ** 48 - 1,
  2 ** 48,
  2 ** 53 - 1,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

const EDGE_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  "",
  "x",
  "\0",
  "\ud800",
  [],
  [[]],
  {},
  { __proto__: null, length: 1 },
  new Uint8Array(0),
  Uint8Array.of(0, 255),
  2n ** 64n - 1n,
  -1n,
  ...EDGE_NUMBERS,
];

/** Replaces, drops, repeats or swaps a few values anywhere in a tree of arrays. */
export function mutateValue(chance: Chance, original: unknown): unknown {
  let value = original;
  for (let left = 1 + chance.choose("value.count", 3); left > 0; left--) value = damageValue(chance, value);
  return value;
}

function damageValue(chance: Chance, value: unknown): unknown {
  if (!Array.isArray(value) || value.length === 0) return pick(chance, "value.edge", EDGE_VALUES);
  const items: unknown[] = [...value];
  const at = chance.choose("value.at", items.length);
  switch (chance.choose("value.kind", 8)) {
    case 0:
      items.splice(at, 1);
      return items;
    case 1:
      items.splice(at, 0, items[chance.choose("value.other", items.length)]);
      return items;
    case 2: {
      const other = chance.choose("value.other", items.length);
      [items[at], items[other]] = [items[other], items[at]];
      return items;
    }
    default:
      items[at] = damageValue(chance, items[at]);
      return items;
  }
}
