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

export interface NaiveInstance {
  readonly node: string;
  readonly id: string;
  readonly service: string;
  readonly port: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface NaiveCheck {
  readonly node: string;
  readonly checkId: string;
  readonly status: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
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
  instances: NaiveInstance[];
  checks: NaiveCheck[];
  /** Lower-case name → when something about the service changed last; of services with instances. */
  serviceIndexes: Map<string, number>;
  places: NaivePlace[];
  sessions: string[];
  /** When autopilot's configuration was made and last changed; 0 for never. */
  autopilot: { readonly minQuorum: number; readonly createIndex: number; readonly modifyIndex: number };
  /** Index of the last change of any pair, of any grave, of any node. */
  pairsIndex: number;
  gravesIndex: number;
  nodesIndex: number;
  placesIndex: number;
  servicesIndex: number;
  checksIndex: number;
  /** When a service last lost its last instance. */
  extinctionIndex: number;
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
    instances: [],
    checks: [],
    serviceIndexes: new Map(),
    servicesIndex: 0,
    checksIndex: 0,
    extinctionIndex: 0,
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

type NodeFields = Pick<NaiveNode, "id" | "node" | "address" | "meta">;

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export interface NaiveRegistration extends NodeFields {
  readonly skip: boolean;
  readonly service?: Pick<NaiveInstance, "id" | "service" | "port"> | undefined;
  readonly check?: Pick<NaiveCheck, "checkId" | "status" | "serviceId"> | undefined;
}

/** All of it, or nothing. */
export function register(store: NaiveStore, index: number, asked: NaiveRegistration): NaiveOutcome {
  const byName = store.nodes.find(({ node }) => same(node, asked.node));
  const byId = asked.id === "" ? undefined : store.nodes.find(({ id }) => id === asked.id);
  const keeps = asked.skip && byName !== undefined;
  if (!keeps && isReserved(store, asked, byName, byId)) return "refused";
  const { service, check } = asked;
  if (check !== undefined && check.serviceId !== "") {
    const comes = service !== undefined && same(service.id, check.serviceId);
    const goes = !keeps && byId !== undefined && byId === byName && byId.node !== asked.node;
    const stays = store.instances.some(
      (each) => same(each.node, asked.node) && same(each.id, check.serviceId),
    );
    if (!comes && (goes || !stays)) return "refused";
  }
  if (!keeps) registerNode(store, index, asked, byName, byId);
  const node = store.nodes.find((each) => same(each.node, asked.node))?.node ?? "";
  if (service !== undefined) registerService(store, index, node, service);
  if (check !== undefined) registerCheck(store, index, node, check);
  return "applied";
}

/** A name belongs to whom gossip says is alive under another id. */
function isReserved(
  store: NaiveStore,
  { id }: NodeFields,
  holder: NaiveNode | undefined,
  byId: NaiveNode | undefined,
): boolean {
  if (id === "" || holder === undefined || holder.id === id) return false;
  if (holder.id === "" && byId === undefined) return false;
  const health = store.checks.find((each) => same(each.node, holder.node) && each.checkId === "serfHealth");
  return health !== undefined && health.status !== "critical";
}

function registerNode(
  store: NaiveStore,
  index: number,
  { id, node, address, meta }: NodeFields,
  byName: NaiveNode | undefined,
  byId: NaiveNode | undefined,
): void {
  const fields = { id, node, address, meta };
  if (byName !== undefined && hasAll(byName, fields)) return;
  if (byId !== undefined && byId.node !== node) deregister(store, index, byId.node);
  const createIndex = (byId ?? byName)?.createIndex ?? index;
  const rest = store.nodes.filter((each) => !same(each.node, node));
  store.nodes = [...rest, { ...fields, createIndex, modifyIndex: index }];
  store.nodesIndex = index;
  noteNode(store, index, node);
}

function registerService(
  store: NaiveStore,
  index: number,
  node: string,
  fields: Pick<NaiveInstance, "id" | "service" | "port">,
): void {
  const known = store.instances.find((each) => same(each.node, node) && same(each.id, fields.id));
  const said = { ...fields, node };
  if (known !== undefined && hasAll(known, fields)) return;
  const made = { ...said, createIndex: known?.createIndex ?? index, modifyIndex: index };
  store.instances = [...store.instances.filter((each) => each !== known), made];
  store.servicesIndex = index;
  if (known !== undefined && !same(known.service, fields.service)) noteService(store, index, known.service);
  noteService(store, index, fields.service);
}

function registerCheck(
  store: NaiveStore,
  index: number,
  node: string,
  fields: Pick<NaiveCheck, "checkId" | "status" | "serviceId">,
): void {
  const known = store.checks.find((each) => same(each.node, node) && same(each.checkId, fields.checkId));
  const of = store.instances.find((each) => same(each.node, node) && same(each.id, fields.serviceId));
  const said = { ...fields, node, serviceName: fields.serviceId === "" ? "" : (of?.service ?? "") };
  if (known !== undefined && hasAll(known, said)) return;
  const made = { ...said, createIndex: known?.createIndex ?? index, modifyIndex: index };
  store.checks = [...store.checks.filter((each) => each !== known), made];
  if (known !== undefined) noteCheck(store, index, known);
  noteCheck(store, index, made);
}

/** The service has changed; or it has no instance any more. */
function noteService(store: NaiveStore, index: number, service: string): void {
  const name = service.toLowerCase();
  if (store.instances.some((each) => same(each.service, service))) store.serviceIndexes.set(name, index);
  else {
    store.serviceIndexes.delete(name);
    store.extinctionIndex = index;
  }
}

function noteNode(store: NaiveStore, index: number, node: string): void {
  for (const each of store.instances) if (same(each.node, node)) noteService(store, index, each.service);
}

function noteCheck(store: NaiveStore, index: number, { node, serviceId }: NaiveCheck): void {
  store.checksIndex = index;
  if (serviceId === "") return noteNode(store, index, node);
  const of = store.instances.find((each) => same(each.node, node) && same(each.id, serviceId));
  if (of !== undefined) noteService(store, index, of.service);
}

function removeCheck(store: NaiveStore, index: number, check: NaiveCheck): void {
  store.checks = store.checks.filter((each) => each !== check);
  noteCheck(store, index, check);
  if (check.serviceId === "") store.servicesIndex = index;
}

export function deregisterService(store: NaiveStore, index: number, node: string, id: string): void {
  const known = store.instances.find((each) => same(each.node, node) && same(each.id, id));
  if (known === undefined) return;
  for (const check of store.checks.filter((each) => same(each.node, node) && same(each.serviceId, id)))
    removeCheck(store, index, check);
  store.instances = store.instances.filter((each) => each !== known);
  store.servicesIndex = index;
  store.checksIndex = index;
  noteService(store, index, known.service);
}

export function deregisterCheck(store: NaiveStore, index: number, node: string, checkId: string): void {
  const known = store.checks.find((each) => same(each.node, node) && same(each.checkId, checkId));
  if (known !== undefined) removeCheck(store, index, known);
}

export function deregister(store: NaiveStore, index: number, name: string): void {
  const rest = store.nodes.filter(({ node }) => !same(node, name));
  if (rest.length === store.nodes.length) return;
  for (const check of store.checks.filter(({ node }) => same(node, name))) removeCheck(store, index, check);
  for (const { id } of store.instances.filter(({ node }) => same(node, name)))
    deregisterService(store, index, name, id);
  store.nodesIndex = index;
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
  Object.assign(store, { instances: [], checks: [], serviceIndexes: new Map() });
  Object.assign(store, { servicesIndex: 0, checksIndex: 0, extinctionIndex: 0 });
  const names = state.nodes.map(({ node }) => node.toLowerCase());
  store.places = state.places.filter(({ node }) => names.includes(node.toLowerCase()));
  store.autopilot = { minQuorum: 0, createIndex: 0, modifyIndex: 0 };
  store.shift = highest + 1 - store.entry;
}
