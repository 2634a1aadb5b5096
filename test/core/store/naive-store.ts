// The store again, as plainly as it can be said: lists that are searched from end to end, no tables, no trees, no code shared
// with the core. Slow, and easy to believe; model.test.ts holds the two together.

import type { KvVerb } from "../../../src/core/api/request.ts";

export interface NaivePair {
  readonly key: string;
  readonly value: string;
  readonly flags: number;
  readonly session: string;
  readonly lockIndex: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface NaiveNode {
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly meta: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** Where a node is; its error stands for all of its coordinate. */
export interface NaivePlace {
  readonly node: string;
  readonly segment: string;
  readonly error: number;
}

export interface NaiveStore {
  /** Entries of the log so far. */
  entry: number;
  /** What restores have added to the indexes of later entries. */
  shift: number;
  pairs: NaivePair[];
  /** Where something was deleted, and when: a key, or the prefix of a tree. */
  graves: { readonly at: string; readonly index: number }[];
  nodes: NaiveNode[];
  places: NaivePlace[];
  sessions: string[];
  /** When autopilot's configuration was made and last changed; 0 for never. */
  autopilot: { readonly minQuorum: number; readonly createIndex: number; readonly modifyIndex: number };
  /** Index of the last change of any pair, of any grave, of any node. */
  pairsIndex: number;
  gravesIndex: number;
  nodesIndex: number;
  placesIndex: number;
}

export type NaiveOutcome = "applied" | "not applied" | "refused";

export function createNaiveStore(sessions: readonly string[]): NaiveStore {
  return {
    entry: 0,
    shift: 0,
    pairs: [],
    graves: [],
    nodes: [],
    sessions: [...sessions],
    autopilot: { minQuorum: 0, createIndex: 0, modifyIndex: 0 },
    pairsIndex: 0,
    gravesIndex: 0,
    nodesIndex: 0,
    places: [],
    placesIndex: 0,
  };
}

/** The next entry. @returns The index that its rows bear. */
export function nextIndex(store: NaiveStore): number {
  return ++store.entry + store.shift;
}

export interface NaiveWrite {
  readonly verb: KvVerb;
  readonly key: string;
  readonly value: string;
  readonly flags: number;
  readonly session: string;
  readonly index: number;
}

export function write(store: NaiveStore, index: number, asked: NaiveWrite): NaiveOutcome {
  const known = store.pairs.find(({ key }) => key === asked.key);
  const { key, value, flags, session } = asked;
  const free = { key, value, flags, session: known?.session ?? "", lockIndex: 0 };
  switch (asked.verb) {
    case "cas":
      if (asked.index !== (known?.modifyIndex ?? 0)) return "not applied";
      return change(store, index, free);
    case "set":
      return change(store, index, free);
    case "lock": {
      if (!store.sessions.includes(session)) return "refused";
      if (known !== undefined && known.session !== "" && known.session !== session) return "not applied";
      const again = known?.session === session;
      return change(store, index, {
        ...free,
        session,
        lockIndex: (known?.lockIndex ?? 0) + (again ? 0 : 1),
      });
    }
    case "unlock":
      if (session === "") return "refused";
      if (known === undefined || known.session !== session) return "not applied";
      return change(store, index, { ...free, session: "", lockIndex: known.lockIndex });
    case "delete-cas":
      if (known !== undefined && known.modifyIndex !== asked.index) return "not applied";
      return known === undefined ? "applied" : remove(store, index, key);
    case "delete":
      return known === undefined ? "applied" : remove(store, index, key);
    case "delete-tree":
      return removeTree(store, index, key);
  }
}

/** What is as it was is not changed. */
function change(
  store: NaiveStore,
  index: number,
  fields: Omit<NaivePair, "createIndex" | "modifyIndex">,
): NaiveOutcome {
  const known = store.pairs.find(({ key }) => key === fields.key);
  if (known !== undefined && hasAll(known, fields)) return "applied";
  const after = { ...fields, createIndex: known?.createIndex ?? index, modifyIndex: index };
  store.pairs = [...store.pairs.filter(({ key }) => key !== fields.key), after];
  store.pairsIndex = index;
  return "applied";
}

function hasAll<T extends object>(record: T, fields: Partial<T>): boolean {
  return Object.entries(fields).every(([name, value]) => record[name as keyof T] === value);
}

function remove(store: NaiveStore, index: number, gone: string): NaiveOutcome {
  store.pairs = store.pairs.filter(({ key }) => key !== gone);
  dig(store, index, gone);
  return "applied";
}

function removeTree(store: NaiveStore, index: number, prefix: string): NaiveOutcome {
  const left = store.pairs.filter(({ key }) => !key.startsWith(prefix));
  if (left.length === store.pairs.length) return "applied";
  store.pairs = left;
  // Whoever waits inside the tree hears of it, at the graves that are there.
  store.graves = store.graves.map((grave) => (grave.at.startsWith(prefix) ? { ...grave, index } : grave));
  if (prefix === "") store.pairsIndex = index;
  else dig(store, index, prefix);
  return "applied";
}

function dig(store: NaiveStore, index: number, at: string): void {
  store.graves = [...store.graves.filter((grave) => grave.at !== at), { at, index }];
  store.pairsIndex = index;
  store.gravesIndex = index;
}

export function reap(store: NaiveStore, index: number, upToIndex: number): void {
  const left = store.graves.filter((grave) => grave.index > upToIndex);
  if (left.length < store.graves.length) store.gravesIndex = index;
  store.graves = left;
}

function tableIndex({ pairsIndex, gravesIndex }: NaiveStore): number {
  return Math.max(pairsIndex, gravesIndex);
}

/** What a client sees that asks for a key. */
export function get(
  store: NaiveStore,
  asked: string,
): { readonly pairs: NaivePair[]; readonly index: number } {
  const pairs = store.pairs.filter(({ key }) => key === asked);
  return { pairs, index: pairs[0]?.modifyIndex ?? tableIndex(store) };
}

/** What a client sees that lists a prefix. */
export function listBelow(
  store: NaiveStore,
  prefix: string,
): { readonly pairs: NaivePair[]; readonly index: number } {
  const pairs = store.pairs
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const graves = store.graves.filter(({ at }) => at.startsWith(prefix));
  const newest = Math.max(
    0,
    ...pairs.map(({ modifyIndex }) => modifyIndex),
    ...graves.map(({ index }) => index),
  );
  return { pairs, index: prefix === "" || newest === 0 ? tableIndex(store) : newest };
}

export function register(
  store: NaiveStore,
  index: number,
  asked: Pick<NaiveNode, "id" | "node" | "address" | "meta">,
): void {
  const byName = store.nodes.find(({ node }) => node.toLowerCase() === asked.node.toLowerCase());
  const byId = asked.id === "" ? undefined : store.nodes.find(({ id }) => id === asked.id);
  if (byName !== undefined && hasAll(byName, asked)) return;
  const before = byId ?? byName;
  const rest = store.nodes.filter((each) => each !== byName && each !== byId);
  if (byId !== undefined && byId.node !== asked.node) leavePlaces(store, index, byId.node);
  store.nodes = [...rest, { ...asked, createIndex: before?.createIndex ?? index, modifyIndex: index }];
  store.nodesIndex = index;
}

export function deregister(store: NaiveStore, index: number, name: string): void {
  const rest = store.nodes.filter(({ node }) => node.toLowerCase() !== name.toLowerCase());
  if (rest.length < store.nodes.length) store.nodesIndex = index;
  store.nodes = rest;
  leavePlaces(store, index, name);
}

export function putPlace(store: NaiveStore, index: number, place: NaivePlace): void {
  const isKnown = store.nodes.some(({ node }) => node.toLowerCase() === place.node.toLowerCase());
  const same = (each: NaivePlace): boolean =>
    each.node.toLowerCase() === place.node.toLowerCase() && each.segment === place.segment;
  const before = store.places.find(same);
  if (!isKnown || (before !== undefined && hasAll(before, place))) return;
  store.places = [...store.places.filter((each) => !same(each)), place];
  store.placesIndex = index;
}

function leavePlaces(store: NaiveStore, index: number, name: string): void {
  const rest = store.places.filter(({ node }) => node.toLowerCase() !== name.toLowerCase());
  if (rest.length < store.places.length) store.placesIndex = index;
  store.places = rest;
}

/** By name, then by segment. */
export function placesInOrder({ places }: NaiveStore): NaivePlace[] {
  const text = ({ node, segment }: NaivePlace): string => `${node.toLowerCase()}\0${segment}`;
  return [...places].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** @param expected The index that the configuration must have; undefined for any. */
export function setAutopilot(
  store: NaiveStore,
  index: number,
  minQuorum: number,
  expected: number | undefined,
): NaiveOutcome {
  const { createIndex, modifyIndex } = store.autopilot;
  if (expected !== undefined && expected !== modifyIndex) return "not applied";
  store.autopilot = { minQuorum, createIndex: createIndex === 0 ? index : createIndex, modifyIndex: index };
  return "applied";
}

/** Another state takes the place of all. Later rows have indexes above all that were given, here and there. */
export function replaceAll(
  store: NaiveStore,
  {
    lastIndex,
    ...state
  }: Pick<
    NaiveStore,
    | "pairs"
    | "graves"
    | "nodes"
    | "places"
    | "sessions"
    | "pairsIndex"
    | "gravesIndex"
    | "nodesIndex"
    | "placesIndex"
  > & { readonly lastIndex: number },
): void {
  const highest = Math.max(store.entry + store.shift, lastIndex);
  Object.assign(store, structuredClone(state));
  const names = state.nodes.map(({ node }) => node.toLowerCase());
  store.places = state.places.filter(({ node }) => names.includes(node.toLowerCase()));
  store.autopilot = { minQuorum: 0, createIndex: 0, modifyIndex: 0 };
  store.shift = highest + 1 - store.entry;
}
