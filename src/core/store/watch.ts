// Who waits for which key, prefix, table, node or service. A change costs what its own watchers cost: exact keys are
// looked up in one map, prefixes in another by each length that is watched at all, the rest in a third; what others of
// ten thousand watch is not looked at.

import { must } from "../lib/assert.ts";
import type { ByteString } from "../lib/bytes.ts";
import type { Check } from "../model/catalog.ts";
import { nodeKey, serviceKey } from "./catalog-keys.ts";
import { queryKey } from "./query-tables.ts";
import type { Touched } from "./store.ts";

/** What a read depends on. */
export type WatchKey =
  | { readonly on: "key"; readonly key: ByteString }
  | { readonly on: "prefix"; readonly prefix: ByteString }
  | { readonly on: "nodes" }
  | { readonly on: "services" }
  | { readonly on: "checks" }
  | { readonly on: "sessions" }
  | { readonly on: "coordinates" }
  | { readonly on: "queries" }
  | { readonly on: "query"; readonly query: string }
  | { readonly on: "autopilot" }
  | { readonly on: "intentions" }
  | { readonly on: "config-entries" }
  | { readonly on: "gateway-services" }
  /** A node's record and the services on it. */
  | { readonly on: "node"; readonly node: string }
  /** All that is told of a service: its instances, their nodes, the health of both. */
  | { readonly on: "service"; readonly service: string }
  | { readonly on: "checks-of-node"; readonly node: string }
  | { readonly on: "coordinates-of-node"; readonly node: string }
  | { readonly on: "checks-of-service"; readonly service: string }
  | { readonly on: "state"; readonly state: string };

export interface Watches {
  readonly keys: Map<ByteString, Set<number>>;
  readonly prefixes: Map<ByteString, Set<number>>;
  /** How many watched prefixes have each length. */
  readonly prefixLengths: Map<number, number>;
  /** All others, by what topic() calls them. */
  readonly topics: Map<string, Set<number>>;
}

export function createWatches(): Watches {
  return { keys: new Map(), prefixes: new Map(), prefixLengths: new Map(), topics: new Map() };
}

type Topical = Exclude<WatchKey, { on: "key" | "prefix" }>;

/** One word for one thing that can be watched. */
function topic(on: Topical): string {
  switch (on.on) {
    case "node":
    case "checks-of-node":
    case "coordinates-of-node":
      return `${on.on} ${nodeKey(on.node)}`;
    case "service":
    case "checks-of-service":
      return `${on.on} ${serviceKey(on.service)}`;
    case "query":
      return `query ${queryKey(on.query)}`;
    case "state":
      return `state ${on.state}`;
    default:
      return on.on;
  }
}

export function watch(watches: Watches, on: WatchKey, id: number): void {
  if (on.on === "key") addTo(watches.keys, on.key, id);
  else if (on.on !== "prefix") addTo(watches.topics, topic(on), id);
  else if (addTo(watches.prefixes, on.prefix, id))
    watches.prefixLengths.set(on.prefix.length, (watches.prefixLengths.get(on.prefix.length) ?? 0) + 1);
}

export function unwatch(watches: Watches, on: WatchKey, id: number): void {
  if (on.on === "key") removeFrom(watches.keys, on.key, id);
  else if (on.on !== "prefix") removeFrom(watches.topics, topic(on), id);
  else if (removeFrom(watches.prefixes, on.prefix, id)) {
    const count = must(watches.prefixLengths.get(on.prefix.length), "a watched prefix is counted");
    if (count === 1) watches.prefixLengths.delete(on.prefix.length);
    else watches.prefixLengths.set(on.prefix.length, count - 1);
  }
}

/** Adds the ids of all who wait for what was touched. Their order is that of watching: the first come is the first woken. */
export function collectWoken(watches: Watches, touched: Touched, woken: Set<number>): void {
  switch (touched.table) {
    case "everything":
      return addEveryone(watches, woken);
    case "kv":
      return addWatchersOfKey(watches, touched.key, woken);
    case "kv-tree":
      return addWatchersOfTree(watches, touched.prefix, woken);
    case "checks":
      for (const on of topicsOfCheck(touched.check)) addAll(watches.topics.get(topic(on)), woken);
      return;
    case "coordinates":
      addAll(watches.topics.get(topic({ on: "coordinates" })), woken);
      return addAll(watches.topics.get(topic({ on: "coordinates-of-node", node: touched.node })), woken);
    case "queries":
      addAll(watches.topics.get(topic({ on: "queries" })), woken);
      return addAll(watches.topics.get(topic({ on: "query", query: touched.query })), woken);
    case "node":
      return addAll(watches.topics.get(topic({ on: "node", node: touched.node })), woken);
    case "service":
      return addAll(watches.topics.get(topic({ on: "service", service: touched.service })), woken);
    default:
      return addAll(watches.topics.get(touched.table), woken);
  }
}

function topicsOfCheck({ node, serviceName, status }: Check): readonly Topical[] {
  return [
    { on: "checks" },
    { on: "checks-of-node", node },
    { on: "checks-of-service", service: serviceName },
    { on: "state", state: status },
  ];
}

function addWatchersOfKey(watches: Watches, key: ByteString, woken: Set<number>): void {
  addAll(watches.keys.get(key), woken);
  for (const length of watches.prefixLengths.keys())
    if (length <= key.length) addAll(watches.prefixes.get(key.slice(0, length) as ByteString), woken);
}

/** A whole tree is rarely deleted: every watcher below it, and every prefix above it, is looked at. */
function addWatchersOfTree(watches: Watches, tree: ByteString, woken: Set<number>): void {
  for (const [key, ids] of watches.keys) if (key.startsWith(tree)) addAll(ids, woken);
  for (const [prefix, ids] of watches.prefixes)
    if (prefix.startsWith(tree) || tree.startsWith(prefix)) addAll(ids, woken);
}

function addEveryone({ keys, prefixes, topics }: Watches, woken: Set<number>): void {
  for (const map of [keys, prefixes, topics]) for (const ids of map.values()) addAll(ids, woken);
}

function addAll(from: ReadonlySet<number> | undefined, to: Set<number>): void {
  if (from !== undefined) for (const id of from) to.add(id);
}

/** @returns true when this is the first to watch it. */
function addTo<K>(map: Map<K, Set<number>>, key: K, id: number): boolean {
  const ids = map.get(key);
  if (ids !== undefined) ids.add(id);
  else map.set(key, new Set([id]));
  return ids === undefined;
}

/** @returns true when nobody watches it any more. */
function removeFrom<K>(map: Map<K, Set<number>>, key: K, id: number): boolean {
  const ids = map.get(key);
  if (ids === undefined) return false;
  ids.delete(id);
  if (ids.size === 0) map.delete(key);
  return ids.size === 0;
}
