// A restore: an archive's rows take the place of all tables, through the log like every change, in parts that fit into
// entries. The parts are kept as they came until the last is there; then, in one step, all of the old state goes. So a
// restore that breaks off changes nothing, and every server restores the same, at the same entry. The tables that will then
// take its place are filled as the parts come, so that the last step has next to nothing to do.

import { assert } from "../lib/assert.ts";
import { type ByteString, concatBytes } from "../lib/bytes.ts";
import { createOrderedMap } from "../lib/ordered-map.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { CatalogService, Check, Node } from "../model/catalog.ts";
import type { KeptEntry } from "../model/config-entry.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { Intention } from "../model/intention.ts";
import type { KvPair } from "../model/kv.ts";
import type { PreparedQuery } from "../model/prepared-query.ts";
import type { Session } from "../model/session.ts";
import { configRow } from "../wire/config-rows.ts";
import { type Writer, writeArrayHeader } from "../wire/gossip/msgpack.ts";
import {
  autopilotRow,
  checkRow,
  coordinateRow,
  intentionRow,
  kvRow,
  nodeRow,
  queryRow,
  serviceRow,
  sessionRow,
} from "../wire/rows.ts";
import {
  byteString,
  decode,
  encode,
  list,
  optional,
  orElse,
  pair,
  record,
  type Schema,
  text,
  uint,
} from "../wire/schema.ts";
import { idKey, nodeKey, serviceKey } from "./catalog-keys.ts";
import { putCheck, putService } from "./catalog-tables.ts";
import type { Command } from "./commands.ts";
import { configKey } from "./config-tables.ts";
import { coordinateKey } from "./coordinates.ts";
import { writeGatewayRows } from "./gateway-services.ts";
import { intentionKey } from "./intentions.ts";
import { putQuery } from "./query-tables.ts";
import { noteHolder, putSession } from "./session-tables.ts";
import { takePlace } from "./snapshot.ts";
import {
  APPLIED,
  createStore,
  type Incoming,
  NO_INDEXES,
  type Outcome,
  type Store,
  type Touched,
} from "./store.ts";

/** The rows of one part. */
export interface RestoreRows {
  readonly kv: readonly KvPair[];
  readonly tombstones: readonly (readonly [key: ByteString, index: number])[];
  readonly nodes: readonly Node[];
  readonly sessions: readonly Session[];
  readonly autopilot?: AutopilotConfig;
  readonly services: readonly CatalogService[];
  readonly serviceIndexes: readonly (readonly [name: string, index: number])[];
  readonly checks: readonly Check[];
  readonly coordinates: readonly NodeCoordinate[];
  readonly queries: readonly PreparedQuery[];
  readonly configEntries: readonly KeptEntry[];
  readonly intentions: readonly Intention[];
}

/** A list of rows in a part. */
export type RestoreTable = Exclude<keyof RestoreRows, "autopilot">;
export type RestoreRow<T extends RestoreTable> = RestoreRows[T][number];

/** How a row of each list is written. */
const rowOf: { readonly [T in RestoreTable]: Schema<RestoreRow<T>> } = {
  kv: kvRow,
  tombstones: pair(byteString, uint),
  nodes: nodeRow,
  sessions: sessionRow,
  services: serviceRow,
  serviceIndexes: pair(text, uint),
  checks: checkRow,
  coordinates: coordinateRow,
  queries: queryRow,
  configEntries: configRow,
  intentions: intentionRow,
};

const lists = {
  kv: list(rowOf.kv),
  tombstones: list(rowOf.tombstones),
  nodes: list(rowOf.nodes),
  sessions: list(rowOf.sessions),
  autopilot: optional(autopilotRow),
  // Parts that the first release put into the log end here.
  services: orElse(list(rowOf.services), []),
  serviceIndexes: orElse(list(rowOf.serviceIndexes), []),
  checks: orElse(list(rowOf.checks), []),
  coordinates: orElse(list(rowOf.coordinates), []),
  queries: orElse(list(rowOf.queries), []),
  configEntries: orElse(list(rowOf.configEntries), []),
  intentions: orElse(list(rowOf.intentions), []),
};
const rows: Schema<RestoreRows> = record(lists);

export function encodeRestoreRows(value: RestoreRows): Uint8Array {
  return encode(rows, value);
}

/** Writes a row of what will be a part of such rows alone. */
export function writeRestoreRow<T extends RestoreTable>(writer: Writer, table: T, row: RestoreRow<T>): void {
  rowOf[table].write(writer, row);
}

/** The part of `count` rows that were so written. The writer is as before, and may be used again. */
export function restorePartOf({ bytes, at }: Writer, table: RestoreTable, count: number): Uint8Array {
  const nothing = encodeRestoreRows(NO_ROWS);
  const names = Object.keys(lists);
  assert(nothing.length === 1 + names.length, "what has no rows takes a byte");
  const place = 1 + names.indexOf(table);
  const header: Writer = { bytes: new Uint8Array(LIST_HEADER_BYTES), at: 0 };
  writeArrayHeader(header, count);
  return concatBytes([
    nothing.subarray(0, place),
    header.bytes.subarray(0, header.at),
    bytes.subarray(0, at),
    nothing.subarray(place + 1),
  ]);
}

/** The longest. */
const LIST_HEADER_BYTES = 5;

export const NO_ROWS: RestoreRows = {
  kv: [],
  tombstones: [],
  nodes: [],
  sessions: [],
  services: [],
  serviceIndexes: [],
  checks: [],
  coordinates: [],
  queries: [],
  configEntries: [],
  intentions: [],
};

type Begin = Extract<Command, { kind: "restore.begin" }>;
type Part = Extract<Command, { kind: "restore.part" }>;
type End = Extract<Command, { kind: "restore.end" }>;

const BEGUN = "begun";

/** A new restore takes the place of one that was not finished. */
export function applyRestoreBegin(store: Store, { id }: Begin): Outcome {
  store.restoring = createOrderedMap();
  store.incoming = undefined;
  if (id !== "") store.restoring.set(`${id} ${BEGUN}`, new Uint8Array(0));
  return APPLIED;
}

function partKey(id: string, part: number): string {
  // Sixteen digits hold any index, and sort as the numbers do; digits sort before BEGUN.
  return `${id} ${String(part).padStart(16, "0")}`;
}

const SUPERSEDED: Outcome = { ok: false, error: "another restore was begun meanwhile" };

/** As many are put into the tables with each that comes: so they catch up after a start that had only the parts. */
const PARTS_AT_A_TIME = 2;

export function applyRestorePart(
  store: Store,
  { id, part, rows: data }: Part,
  config: { readonly planted?: string | undefined },
): Outcome {
  if (!store.restoring.has(`${id} ${BEGUN}`)) return SUPERSEDED;
  const key = partKey(id, part);
  // One that comes again may say something else than what is in the tables.
  if (store.restoring.has(key)) store.incoming = undefined;
  if (PLANTED && planted(config, "restore-forgets-half") && store.incoming === undefined)
    store.incoming = { ...nothingIncoming(), parts: part };
  // The command's bytes belong to the log, which may let go of them.
  store.restoring.set(key, data.slice());
  // What is wrong with a part is said at the end.
  putParts(store, id, Math.min(part + 1, (store.incoming?.parts ?? 0) + PARTS_AT_A_TIME));
  return APPLIED;
}

/** @param index The entry's own; the rows' indexes go on above all that were given before, here and there. */
export function applyRestoreEnd(store: Store, index: number, command: End, touched: Touched[]): Outcome {
  const { id, parts, lastIndex, tableIndexes } = command;
  if (!store.restoring.has(`${id} ${BEGUN}`)) return SUPERSEDED;
  if (store.incoming !== undefined && store.incoming.parts > parts) store.incoming = undefined;
  const put = putParts(store, id, parts);
  if (!put.ok) return put;
  const { tables } = put.incoming;
  settleServiceIndexes(put.incoming);
  const { indexShift, lastApplied, digest } = store;
  takePlace(store, { ...tables, tableIndexes: { ...NO_INDEXES }, indexShift, lastApplied, digest });
  const indexes: Record<string, number> = store.tableIndexes;
  for (const [name, at] of tableIndexes) if (Object.hasOwn(indexes, name)) indexes[name] = at;
  const restoredAt = Math.max(index + indexShift, lastIndex) + 1;
  store.indexShift = restoredAt - index;
  touched.push({ table: "everything" });
  return APPLIED;
}

function nothingIncoming(): Incoming {
  return { tables: createStore(), serviceIndexes: createOrderedMap(), parts: 0 };
}

/** Goes on until the first `count` parts are in the tables to come. */
function putParts(
  store: Store,
  id: string,
  count: number,
): { readonly ok: true; readonly incoming: Incoming } | { readonly ok: false; readonly error: string } {
  const incoming = store.incoming ?? nothingIncoming();
  store.incoming = incoming;
  for (; incoming.parts < count; incoming.parts++) {
    const part = incoming.parts;
    const data = store.restoring.get(partKey(id, part));
    if (data === undefined) return { ok: false, error: `part ${part} of the restore is missing` };
    const read = decode(rows, data);
    if (!read.ok) return { ok: false, error: `part ${part} of the restore can't be read: ${read.error}` };
    putRows(incoming, read.value);
  }
  return { ok: true, incoming };
}

/** Nodes are in a part before those of whatever stands on them, or in the same one. */
function putRows({ tables, serviceIndexes }: Incoming, part: RestoreRows): void {
  for (const pair of part.kv) putPair(tables, pair);
  for (const [key, buriedAt] of part.tombstones) tables.tombstones.set(key, buriedAt);
  for (const session of part.sessions) putSession(tables.sessions, session);
  for (const query of part.queries) putQuery(tables.queries, query);
  for (const row of part.intentions) tables.intentions.set(intentionKey(row), row);
  if (part.autopilot !== undefined) tables.autopilot = part.autopilot;
  for (const node of part.nodes) putNode(tables, node);
  putRowsOfNodes(tables, part);
  for (const [name, at] of part.serviceIndexes) serviceIndexes.set(name, at);
  for (const entry of part.configEntries) putConfigEntry(tables, entry);
}

function putPair(tables: Store, pair: KvPair): void {
  const { key, value, flags, session, lockIndex, createIndex, modifyIndex } = pair;
  // An archive may name a key twice. To look for it among a million that nobody holds would be for nothing.
  const holder = tables.locks.size === 0 ? "" : (tables.kv.get(key)?.session ?? "");
  // Field by field, as kv.ts does.
  tables.kv.set(key, { key, value, flags, session, lockIndex, createIndex, modifyIndex });
  noteHolder(tables.locks, key, holder, session);
}

/** With the rows that follow from it, which are in no archive. */
function putConfigEntry(tables: Store, entry: KeptEntry): void {
  tables.configEntries.set(configKey(entry), entry);
  if (entry.kind === "ingress-gateway" || entry.kind === "terminating-gateway")
    writeGatewayRows(tables, entry.modifyIndex, entry, undefined, []);
}

/** What stands on no node, as no state of ours or of Consul's has it, would never be found or removed: it is left out. */
function putRowsOfNodes(tables: Store, part: RestoreRows): void {
  const isThere = ({ node }: { readonly node: string }): boolean => tables.nodes.has(nodeKey(node));
  for (const service of part.services) {
    if (!isThere(service)) continue;
    putService(tables.services, service);
    raiseServiceIndex(tables, serviceKey(service.service), service.modifyIndex);
  }
  for (const check of part.checks) if (isThere(check)) putCheck(tables.checks, check);
  for (const row of part.coordinates)
    if (isThere(row)) tables.coordinates.set(coordinateKey(row.node, row.segment), row);
}

/** Every service with instances has an index, whatever the archive forgot. */
function raiseServiceIndex({ services }: Store, name: string, index: number): void {
  if (index > (services.indexes.get(name) ?? -1)) services.indexes.set(name, index);
}

/** What the archive says of the services that have instances. */
function settleServiceIndexes({ tables, serviceIndexes }: Incoming): void {
  serviceIndexes.forEach((index, name) => {
    if (tables.services.indexes.has(name)) raiseServiceIndex(tables, name, index);
  });
}

/** Of two nodes with one name, or one id, the last counts: an archive may be anything. */
function putNode(tables: Store, node: Node): void {
  const key = nodeKey(node.node);
  const sameName = tables.nodes.get(key);
  if (sameName !== undefined) tables.nodeKeys.delete(idKey(sameName.id));
  const sameId = node.id === "" ? undefined : tables.nodeKeys.get(idKey(node.id));
  if (sameId !== undefined) tables.nodes.delete(sameId);
  tables.nodes.set(key, node);
  if (node.id !== "") tables.nodeKeys.set(idKey(node.id), key);
}
