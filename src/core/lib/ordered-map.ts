// The ordered map under the store's tables: sorted-btree, a B+ tree with O(1) copy-on-write clones. This file is the
// only one that knows the library: its CommonJS default export needs unwrapping under Node's ES modules.

import btree from "sorted-btree";
import { compareStrings } from "./bytes.ts";

/** Strings in code-unit order (bytewise for ByteStrings) → values. `clone()` is O(1); ranges cost the items they visit. */
export type OrderedMap<K extends string, V> = btree.default<K, V>;

const BTree = btree.default;

export function createOrderedMap<K extends string, V>(entries?: [K, V][]): OrderedMap<K, V> {
  return new BTree<K, V>(entries, compareStrings);
}

/**
 * Visits the entries whose key starts with `prefix`, in order, until `visit` returns false.
 * Do not change the map meanwhile: collect first, then change.
 */
export function forPrefix<K extends string, V>(
  map: OrderedMap<K, V>,
  prefix: string,
  visit: (key: K, value: V) => boolean,
): void {
  // No key goes on with U+FFFF, which is not a character; ByteStrings end at U+00FF. forRange allocates nothing per item.
  map.forRange(prefix as K, `${prefix}\uffff` as K, true, (key, value) =>
    visit(key, value) ? undefined : { break: 0 },
  );
}

/**
 * Visits the entries whose key comes after `after`, in order, until `visit` returns false: how a walk goes on where it
 * stopped, in O(log n). Undefined begins with the first. Do not change the map meanwhile.
 */
export function forAfter<K extends string, V>(
  map: OrderedMap<K, V>,
  after: K | undefined,
  visit: (key: K, value: V) => boolean,
): void {
  // The array is used again for each entry, so that a walk over a million of them allocates nothing.
  for (const [key, value] of map.entries(after, [] as unknown as [K, V]))
    if (key !== after && !visit(key, value)) return;
}
