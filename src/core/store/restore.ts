// A restore: an archive's rows take the place of all tables, through the log like every change, in parts that fit into
// entries. The parts are kept as they came until the last is there; then, in one step, all of the old state goes. So a
// restore that breaks off changes nothing, and every server restores the same, at the same entry.

import type { ByteString } from "../lib/bytes.ts";
import { createOrderedMap } from "../lib/ordered-map.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { CatalogService, Check, Node } from "../model/catalog.ts";
import type { KeptEntry } from "../model/config-entry.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { Intention } from "../model/intention.ts";
import type { KvPair } from "../model/kv.ts";
import type { PreparedQuery } from "../model/prepared-query.ts";
import type { Session } from "../model/session.ts";
import { configRow } from "../wire/config-rows.ts";
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
import { createCheckTables, createServiceTables, putCheck, putService } from "./catalog-tables.ts";
import type { Command } from "./commands.ts";
import { configKey } from "./config-tables.ts";
import { coordinateKey } from "./coordinates.ts";
import { writeGatewayRows } from "./gateway-services.ts";
import { intentionKey } from "./intentions.ts";
import { createQueryTables, putQuery } from "./query-tables.ts";
import { createLocks, createSessionTables, putSession } from "./session-tables.ts";
import { APPLIED, NO_INDEXES, type Outcome, type Store, type Touched } from "./store.ts";

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

const rows: Schema<RestoreRows> = record({
  kv: list(kvRow),
  tombstones: list(pair(byteString, uint)),
  nodes: list(nodeRow),
  sessions: list(sessionRow),
  autopilot: optional(autopilotRow),
  // Parts that the first release put into the log end here.
  services: orElse(list(serviceRow), []),
  serviceIndexes: orElse(list(pair(text, uint)), []),
  checks: orElse(list(checkRow), []),
  coordinates: orElse(list(coordinateRow), []),
  queries: orElse(list(queryRow), []),
  configEntries: orElse(list(configRow), []),
  intentions: orElse(list(intentionRow), []),
});

export function encodeRestoreRows(value: RestoreRows): Uint8Array {
  return encode(rows, value);
}

type Begin = Extract<Command, { kind: "restore.begin" }>;
type Part = Extract<Command, { kind: "restore.part" }>;
type End = Extract<Command, { kind: "restore.end" }>;

const BEGUN = "begun";

/** A new restore takes the place of one that was not finished. */
export function applyRestoreBegin(store: Store, { id }: Begin): Outcome {
  store.restoring = createOrderedMap();
  if (id !== "") store.restoring.set(`${id} ${BEGUN}`, new Uint8Array(0));
  return APPLIED;
}

function partKey(id: string, part: number): string {
  // Sixteen digits hold any index, and sort as the numbers do; digits sort before BEGUN.
  return `${id} ${String(part).padStart(16, "0")}`;
}

const SUPERSEDED: Outcome = { ok: false, error: "another restore was begun meanwhile" };

export function applyRestorePart(store: Store, { id, part, rows: data }: Part): Outcome {
  if (!store.restoring.has(`${id} ${BEGUN}`)) return SUPERSEDED;
  // The command's bytes belong to the log, which may let go of them.
  store.restoring.set(partKey(id, part), data.slice());
  return APPLIED;
}

/** @param index The entry's own; the rows' indexes go on above all that were given before, here and there. */
export function applyRestoreEnd(store: Store, index: number, command: End, touched: Touched[]): Outcome {
  const { id, parts, lastIndex, tableIndexes } = command;
  if (!store.restoring.has(`${id} ${BEGUN}`)) return SUPERSEDED;
  const decoded: RestoreRows[] = [];
  for (let part = 0; part < parts; part++) {
    const data = store.restoring.get(partKey(id, part));
    const read = data === undefined ? undefined : decode(rows, data);
    if (read === undefined) return { ok: false, error: `part ${part} of the restore is missing` };
    if (!read.ok) return { ok: false, error: `part ${part} of the restore can't be read: ${read.error}` };
    decoded.push(read.value);
  }
  replaceTables(store, decoded);
  store.tableIndexes = { ...NO_INDEXES };
  const indexes: Record<string, number> = store.tableIndexes;
  for (const [name, at] of tableIndexes) if (Object.hasOwn(indexes, name)) indexes[name] = at;
  const restoredAt = Math.max(index + store.indexShift, lastIndex) + 1;
  store.indexShift = restoredAt - index;
  touched.push({ table: "everything" });
  return APPLIED;
}

function replaceTables(store: Store, parts: readonly RestoreRows[]): void {
  const nodes = parts.flatMap((part) => part.nodes);
  store.kv = createOrderedMap();
  store.tombstones = createOrderedMap();
  store.nodes = createOrderedMap();
  store.nodeKeys = createOrderedMap();
  store.services = createServiceTables();
  store.checks = createCheckTables();
  store.sessions = createSessionTables();
  store.lockDelays = createOrderedMap();
  store.coordinates = createOrderedMap();
  store.queries = createQueryTables();
  store.intentions = createOrderedMap();
  store.configEntries = createOrderedMap();
  store.gatewayServices = createOrderedMap();
  store.restoring = createOrderedMap();
  store.autopilot = undefined;
  for (const part of parts) {
    // Field by field, as kv.ts does.
    for (const { key, value, flags, session, lockIndex, createIndex, modifyIndex } of part.kv)
      store.kv.set(key, { key, value, flags, session, lockIndex, createIndex, modifyIndex });
    for (const [key, buriedAt] of part.tombstones) store.tombstones.set(key, buriedAt);
    for (const session of part.sessions) putSession(store.sessions, session);
    for (const query of part.queries) putQuery(store.queries, query);
    for (const row of part.intentions) store.intentions.set(intentionKey(row), row);
    if (part.autopilot !== undefined) store.autopilot = part.autopilot;
  }
  store.locks = createLocks(store.kv.valuesArray());
  for (const node of nodes) putNode(store, node);
  putRowsOfNodes(store, parts);
  putConfigEntries(store, parts);
}

/** With the rows that follow from them, which are in no archive. */
function putConfigEntries(store: Store, parts: readonly RestoreRows[]): void {
  for (const entry of parts.flatMap((part) => part.configEntries)) {
    store.configEntries.set(configKey(entry), entry);
    if (entry.kind === "ingress-gateway" || entry.kind === "terminating-gateway")
      writeGatewayRows(store, entry.modifyIndex, entry, undefined, []);
  }
}

/** What stands on no node, as no state of ours or of Consul's has it, would never be found or removed: it is left out. */
function putRowsOfNodes(store: Store, parts: readonly RestoreRows[]): void {
  const isThere = ({ node }: { readonly node: string }): boolean => store.nodes.has(nodeKey(node));
  for (const part of parts) {
    for (const service of part.services) if (isThere(service)) putService(store.services, service);
    for (const check of part.checks) if (isThere(check)) putCheck(store.checks, check);
    for (const row of part.coordinates)
      if (isThere(row)) store.coordinates.set(coordinateKey(row.node, row.segment), row);
  }
  const indexes = new Map(parts.flatMap((part) => part.serviceIndexes));
  // Every service with instances has an index, whatever the archive forgot.
  store.services.byName.forEach(({ service, modifyIndex }) => {
    const name = serviceKey(service);
    store.services.indexes.set(
      name,
      Math.max(indexes.get(name) ?? 0, store.services.indexes.get(name) ?? 0, modifyIndex),
    );
  });
}

/** Of two nodes with one name, or one id, the last counts: an archive may be anything. */
function putNode(store: Store, node: Node): void {
  const key = nodeKey(node.node);
  const sameName = store.nodes.get(key);
  if (sameName !== undefined) store.nodeKeys.delete(idKey(sameName.id));
  const sameId = node.id === "" ? undefined : store.nodeKeys.get(idKey(node.id));
  if (sameId !== undefined) store.nodes.delete(sameId);
  store.nodes.set(key, node);
  if (node.id !== "") store.nodeKeys.set(idKey(node.id), key);
}
