// `?near=`: what a list is about in order of the round trips from one node, by the coordinates in the catalog.

import { type CoordinateSet, distanceBetween, sharedCoordinates } from "../model/coordinate.ts";
import { coordinateSet } from "../store/coordinates.ts";
import type { Store } from "../store/store.ts";

/**
 * The items, those nearest to the node `near` first. Nodes without a coordinate come last, as do all whose distance is
 * not known, in the order that they were in. Where nobody is named, or the one named has no coordinate, all stay as they
 * are.
 * @param nodeOf The name of the node that an item is about.
 */
export function sortByDistance<T>(
  store: Store,
  near: string | undefined,
  items: readonly T[],
  nodeOf: (item: T) => string,
): readonly T[] {
  const source = near === undefined || near === "" ? undefined : coordinateSet(store, near);
  if (source === undefined || source.size === 0) return items;
  const seconds = new Map<string, number>();
  for (const item of items) {
    const node = nodeOf(item);
    if (!seconds.has(node)) seconds.set(node, secondsBetween(source, coordinateSet(store, node)));
  }
  const of = (item: T): number => seconds.get(nodeOf(item)) ?? Number.POSITIVE_INFINITY;
  return [...items].sort((a, b) => compareSeconds(of(a), of(b)));
}

function secondsBetween(source: CoordinateSet, target: CoordinateSet): number {
  return distanceBetween(...sharedCoordinates(source, target));
}

/** Infinity less Infinity is no number. */
function compareSeconds(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
