// Who waits for which key, prefix or table. A change costs what its own watchers cost: exact keys are looked up in one
// map, prefixes in another by each length that is watched at all; the rest of ten thousand watchers is not looked at.

import { must } from "../lib/assert.ts";
import type { ByteString } from "../lib/bytes.ts";
import type { Touched } from "./store.ts";

/** What a read depends on. */
export type WatchKey =
  | { readonly on: "key"; readonly key: ByteString }
  | { readonly on: "prefix"; readonly prefix: ByteString }
  | { readonly on: "nodes" }
  /** Of one node, by its lower-cased name; "" for all. */
  | { readonly on: "coordinates"; readonly node: string }
  | { readonly on: "autopilot" };

export interface Watches {
  readonly keys: Map<ByteString, Set<number>>;
  readonly prefixes: Map<ByteString, Set<number>>;
  /** How many watched prefixes have each length. */
  readonly prefixLengths: Map<number, number>;
  readonly nodes: Set<number>;
  /** By lower-cased name; "" for those who wait for any. */
  readonly coordinates: Map<string, Set<number>>;
  readonly autopilot: Set<number>;
}

export function createWatches(): Watches {
  return {
    keys: new Map(),
    prefixes: new Map(),
    prefixLengths: new Map(),
    nodes: new Set(),
    coordinates: new Map(),
    autopilot: new Set(),
  };
}

export function watch(watches: Watches, on: WatchKey, id: number): void {
  if (on.on === "nodes" || on.on === "autopilot") watches[on.on].add(id);
  else if (on.on === "coordinates") addTo(watches.coordinates, on.node, id);
  else if (on.on === "key") addTo(watches.keys, on.key, id);
  else if (addTo(watches.prefixes, on.prefix, id))
    watches.prefixLengths.set(on.prefix.length, (watches.prefixLengths.get(on.prefix.length) ?? 0) + 1);
}

export function unwatch(watches: Watches, on: WatchKey, id: number): void {
  if (on.on === "nodes" || on.on === "autopilot") watches[on.on].delete(id);
  else if (on.on === "coordinates") removeFrom(watches.coordinates, on.node, id);
  else if (on.on === "key") removeFrom(watches.keys, on.key, id);
  else if (removeFrom(watches.prefixes, on.prefix, id)) {
    const count = must(watches.prefixLengths.get(on.prefix.length), "a watched prefix is counted");
    if (count === 1) watches.prefixLengths.delete(on.prefix.length);
    else watches.prefixLengths.set(on.prefix.length, count - 1);
  }
}

/** Adds the ids of all who wait for what was touched. Their order is that of watching: the first come is the first woken. */
export function collectWoken(watches: Watches, touched: Touched, woken: Set<number>): void {
  if (touched.table === "nodes" || touched.table === "autopilot")
    return addAll(watches[touched.table], woken);
  if (touched.table === "everything") return addEveryone(watches, woken);
  if (touched.table === "coordinates") {
    addAll(watches.coordinates.get(touched.node), woken);
    return addAll(watches.coordinates.get(""), woken);
  }
  if (touched.table === "kv") {
    addAll(watches.keys.get(touched.key), woken);
    for (const length of watches.prefixLengths.keys())
      if (length <= touched.key.length)
        addAll(watches.prefixes.get(touched.key.slice(0, length) as ByteString), woken);
    return;
  }
  // A whole tree is rarely deleted: every watcher below it, and every prefix above it, is looked at.
  for (const [key, ids] of watches.keys) if (key.startsWith(touched.prefix)) addAll(ids, woken);
  for (const [prefix, ids] of watches.prefixes)
    if (prefix.startsWith(touched.prefix) || touched.prefix.startsWith(prefix)) addAll(ids, woken);
}

function addEveryone(watches: Watches, woken: Set<number>): void {
  for (const ids of [
    ...watches.keys.values(),
    ...watches.prefixes.values(),
    ...watches.coordinates.values(),
    watches.nodes,
    watches.autopilot,
  ])
    addAll(ids, woken);
}

function addAll(from: ReadonlySet<number> | undefined, to: Set<number>): void {
  if (from !== undefined) for (const id of from) to.add(id);
}

/** @returns true when this is the first to watch it. */
function addTo<K extends string>(map: Map<K, Set<number>>, key: K, id: number): boolean {
  const ids = map.get(key);
  if (ids !== undefined) ids.add(id);
  else map.set(key, new Set([id]));
  return ids === undefined;
}

/** @returns true when nobody watches it any more. */
function removeFrom<K extends string>(map: Map<K, Set<number>>, key: K, id: number): boolean {
  const ids = map.get(key);
  if (ids === undefined) return false;
  ids.delete(id);
  if (ids.size === 0) map.delete(key);
  return ids.size === 0;
}
