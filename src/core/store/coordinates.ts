// The table of coordinates: where each node is in the network, by its own last word. A node's coordinates live and die
// with it; an update for a node that is not in the catalog is dropped, since nobody would ever remove it.

import { forPrefix } from "../lib/ordered-map.ts";
import { equalPlain } from "../lib/plain.ts";
import {
  type CoordinateSet,
  isCompatible,
  isFiniteCoordinate,
  type NodeCoordinate,
} from "../model/coordinate.ts";
import { nodeKey } from "./catalog-keys.ts";
import type { CoordinateBatchUpdate } from "./commands.ts";
import { APPLIED, type Outcome, type Store, type Touched } from "./store.ts";

/** No name has the character that parts it from the segment in order before all others. */
export function coordinateKey(node: string, segment: string): string {
  return `${nodeKey(node)}\0${segment}`;
}

/** Each is looked at by itself: one that is of no use takes no other with it. */
export function applyCoordinates(
  store: Store,
  index: number,
  { updates }: CoordinateBatchUpdate,
  touched: Touched[],
): Outcome {
  for (const update of updates) {
    if (!changesAnything(store, update)) continue;
    const { node, segment, coordinate } = update;
    store.coordinates.set(coordinateKey(node, segment), { node, segment, coordinate });
    noteChange(store, index, node, touched);
  }
  return APPLIED;
}

/** Whether the table is another one after this update. */
export function changesAnything(store: Store, { node, segment, coordinate }: NodeCoordinate): boolean {
  if (!isCompatible(coordinate) || !isFiniteCoordinate(coordinate)) return false;
  if (!store.nodes.has(nodeKey(node))) return false;
  const known = store.coordinates.get(coordinateKey(node, segment));
  return known?.node !== node || !equalPlain(known.coordinate, coordinate);
}

function noteChange(store: Store, index: number, node: string, touched: Touched[]): void {
  store.tableIndexes.coordinates = index;
  touched.push({ table: "coordinates", node });
}

/** The node is gone, or has another name now. */
export function removeCoordinates(store: Store, index: number, node: string, touched: Touched[]): void {
  const rows = coordinatesOf(store, node);
  for (const { segment } of rows) store.coordinates.delete(coordinateKey(node, segment));
  if (rows.length > 0) noteChange(store, index, node, touched);
}

/** All of them in order of the lower-cased names; with a segment only those in it. */
export function listCoordinates(
  store: Store,
  segment: string | undefined,
): { readonly coordinates: readonly NodeCoordinate[]; readonly index: number } {
  const all = store.coordinates.valuesArray();
  const coordinates = segment === undefined ? all : all.filter((each) => each.segment === segment);
  return { coordinates, index: store.tableIndexes.coordinates };
}

/** A node's coordinates in order of their segments; none for an unknown one. */
export function coordinatesOf(store: Store, node: string): NodeCoordinate[] {
  const rows: NodeCoordinate[] = [];
  const key = nodeKey(node);
  // A name may have the separator in it: such a one is another node.
  forPrefix(store.coordinates, coordinateKey(node, ""), (_, row) => {
    if (nodeKey(row.node) === key) rows.push(row);
    return true;
  });
  return rows;
}

/** The same by segment. */
export function coordinateSet(store: Store, node: string): CoordinateSet {
  return new Map(coordinatesOf(store, node).map(({ segment, coordinate }) => [segment, coordinate]));
}
