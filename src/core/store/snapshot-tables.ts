// The tables of the store as a snapshot writes them: each one's number and the schema of its rows, for ever. A new table
// is one more item at the end of the list (and a field of the store, its dump and its clone); numbers are never reused,
// and fields of rows are appended.

import type { ByteString } from "../lib/bytes.ts";
import { forAfter, type OrderedMap } from "../lib/ordered-map.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { CatalogService, Check, Node } from "../model/catalog.ts";
import type { KeptEntry } from "../model/config-entry.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { GatewayService } from "../model/gateway-service.ts";
import type { Intention } from "../model/intention.ts";
import type { KvPair } from "../model/kv.ts";
import type { PreparedQuery } from "../model/prepared-query.ts";
import type { Session } from "../model/session.ts";
import { configRow, gatewayServiceRow } from "../wire/config-rows.ts";
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
  amount,
  byteString,
  bytes,
  type Decoded,
  decode,
  encode,
  record,
  type Schema,
  text,
  uint,
} from "../wire/schema.ts";
import { idKey, nodeKey, rowKey } from "./catalog-keys.ts";
import { putCheck, putService } from "./catalog-tables.ts";
import { configKey, gatewayServiceKey } from "./config-tables.ts";
import { coordinateKey } from "./coordinates.ts";
import { intentionKey } from "./intentions.ts";
import { putQuery, queryKey } from "./query-tables.ts";
import { noteHolder, putSession } from "./session-tables.ts";
import type { LockDelay, Store } from "./store.ts";

/** A table as rows of bytes, in the order of their keys. */
export interface SnapshotTable {
  /** 1…255, ascending in the list below. */
  readonly tag: number;
  readonly name: string;
  /** The fields of the store that its rows bring back. */
  readonly restores: readonly (keyof Store)[];
  rowCount(store: Store): number;
  /**
   * Visits the rows after the one with the key `after`, from the first on if undefined, until `visit` returns false.
   * The bytes are of use only during the visit.
   */
  visitRows(store: Store, after: string | undefined, visit: (key: string, row: Uint8Array) => boolean): void;
  /** Puts a row into the store. @returns Its key, or what is wrong with it. */
  addRow(store: Store, row: Uint8Array): Decoded<string>;
}

interface Description<K extends string, V, R> {
  readonly name: string;
  readonly restores: readonly (keyof Store)[];
  readonly map: (store: Store) => OrderedMap<K, V>;
  readonly row: Schema<R>;
  readonly rowOf: (key: K, value: V) => R;
  readonly keyOf: (row: R) => K;
  readonly add: (store: Store, key: K, row: R) => void;
}

function table<K extends string, V, R>(tag: number, its: Description<K, V, R>): SnapshotTable {
  return {
    tag,
    name: its.name,
    restores: its.restores,
    rowCount: (store) => its.map(store).size,
    visitRows(store, after, visit) {
      forAfter(its.map(store), after as K | undefined, (key, value) =>
        visit(key, encode(its.row, its.rowOf(key, value))),
      );
    },
    addRow(store, bytes) {
      const row = decode(its.row, bytes);
      if (!row.ok) return row;
      const key = its.keyOf(row.value);
      its.add(store, key, row.value);
      return { ok: true, value: key };
    },
  };
}

interface Tombstone {
  readonly key: ByteString;
  readonly index: number;
}

const lockDelayRow: Schema<LockDelay> = record({ key: byteString, ms: amount, index: uint });

const tombstoneRow: Schema<Tombstone> = record({ key: byteString, index: uint });

interface ServiceIndex {
  readonly service: string;
  readonly index: number;
}

const serviceIndexRow: Schema<ServiceIndex> = record({ service: text, index: uint });

interface RestorePart {
  readonly key: string;
  readonly data: Uint8Array;
}

const restorePartRow: Schema<RestorePart> = record({ key: text, data: bytes });

interface SingleDescription<R> {
  readonly name: string;
  readonly restores: readonly (keyof Store)[];
  readonly row: Schema<R>;
  readonly rowOf: (store: Store) => R | undefined;
  readonly add: (store: Store, row: R) => void;
}

/** A table of one row, or none. */
function single<R>(tag: number, its: SingleDescription<R>): SnapshotTable {
  return {
    tag,
    name: its.name,
    restores: its.restores,
    rowCount: (store) => (its.rowOf(store) === undefined ? 0 : 1),
    visitRows(store, after, visit) {
      const row = its.rowOf(store);
      if (row !== undefined && after === undefined) visit(ONLY_KEY, encode(its.row, row));
    },
    addRow(store, bytes) {
      const row = decode(its.row, bytes);
      if (!row.ok) return row;
      its.add(store, row.value);
      return { ok: true, value: ONLY_KEY };
    },
  };
}

const ONLY_KEY = "";

/** Append only. */
export const SNAPSHOT_TABLES: readonly SnapshotTable[] = [
  table<ByteString, KvPair, KvPair>(1, {
    name: "kv",
    restores: ["kv", "locks"],
    map: (store) => store.kv,
    row: kvRow,
    rowOf: (_, pair) => pair,
    keyOf: (pair) => pair.key,
    add(store, key, { value, flags, session, lockIndex, createIndex, modifyIndex }) {
      // Field by field, as kv.ts does: of a record that grew by names V8 makes one several times as large.
      store.kv.set(key, { key, value, flags, session, lockIndex, createIndex, modifyIndex });
      noteHolder(store.locks, key, "", session);
    },
  }),
  table<ByteString, number, Tombstone>(2, {
    name: "tombstones",
    restores: ["tombstones"],
    map: (store) => store.tombstones,
    row: tombstoneRow,
    rowOf: (key, index) => ({ key, index }),
    keyOf: ({ key }) => key,
    add: (store, key, { index }) => store.tombstones.set(key, index),
  }),
  table<string, Node, Node>(3, {
    name: "nodes",
    restores: ["nodes", "nodeKeys"],
    map: (store) => store.nodes,
    row: nodeRow,
    rowOf: (_, node) => node,
    keyOf: ({ node }) => nodeKey(node),
    add(store, key, node) {
      store.nodes.set(key, node);
      if (node.id !== "") store.nodeKeys.set(idKey(node.id), key);
    },
  }),
  table<string, Session, Session>(4, {
    name: "sessions",
    restores: ["sessions"],
    map: (store) => store.sessions.rows,
    row: sessionRow,
    rowOf: (_, session) => session,
    keyOf: ({ id }) => id,
    add: (store, _, session) => putSession(store.sessions, session),
  }),
  single<AutopilotConfig>(5, {
    name: "autopilot",
    restores: ["autopilot"],
    row: autopilotRow,
    rowOf: (store) => store.autopilot,
    add: (store, config) => {
      store.autopilot = config;
    },
  }),
  table<string, Uint8Array, RestorePart>(6, {
    name: "restoring",
    restores: ["restoring", "incoming"],
    map: (store) => store.restoring,
    row: restorePartRow,
    rowOf: (key, data) => ({ key, data }),
    keyOf: ({ key }) => key,
    add: (store, key, { data }) => store.restoring.set(key, data),
  }),
  table<string, CatalogService, CatalogService>(7, {
    name: "services",
    restores: ["services"],
    map: (store) => store.services.rows,
    row: serviceRow,
    rowOf: (_, service) => service,
    keyOf: ({ node, id }) => rowKey(node, id),
    add: (store, _, service) => putService(store.services, service),
  }),
  table<string, number, ServiceIndex>(8, {
    name: "service indexes",
    restores: ["services"],
    map: (store) => store.services.indexes,
    row: serviceIndexRow,
    rowOf: (service, index) => ({ service, index }),
    keyOf: ({ service }) => service,
    add: (store, service, { index }) => store.services.indexes.set(service, index),
  }),
  table<string, Check, Check>(9, {
    name: "checks",
    restores: ["checks"],
    map: (store) => store.checks.rows,
    row: checkRow,
    rowOf: (_, check) => check,
    keyOf: ({ node, checkId }) => rowKey(node, checkId),
    add: (store, _, check) => putCheck(store.checks, check),
  }),
  table<ByteString, LockDelay, LockDelay>(10, {
    name: "lock delays",
    restores: ["lockDelays"],
    map: (store) => store.lockDelays,
    row: lockDelayRow,
    rowOf: (_, delay) => delay,
    keyOf: ({ key }) => key,
    add: (store, key, delay) => store.lockDelays.set(key, delay),
  }),
  table<string, NodeCoordinate, NodeCoordinate>(16, {
    name: "coordinates",
    restores: ["coordinates"],
    map: (store) => store.coordinates,
    row: coordinateRow,
    rowOf: (_, row) => row,
    keyOf: ({ node, segment }) => coordinateKey(node, segment),
    add: (store, key, row) => store.coordinates.set(key, row),
  }),
  table<string, KeptEntry, KeptEntry>(24, {
    name: "config entries",
    restores: ["configEntries"],
    map: (store) => store.configEntries,
    row: configRow,
    rowOf: (_, row) => row,
    keyOf: configKey,
    add: (store, key, row) => store.configEntries.set(key, row),
  }),
  table<string, GatewayService, GatewayService>(25, {
    name: "gateway services",
    restores: ["gatewayServices"],
    map: (store) => store.gatewayServices,
    row: gatewayServiceRow,
    rowOf: (_, row) => row,
    keyOf: gatewayServiceKey,
    add: (store, key, row) => store.gatewayServices.set(key, row),
  }),
  table<string, PreparedQuery, PreparedQuery>(32, {
    name: "prepared queries",
    restores: ["queries"],
    map: (store) => store.queries.rows,
    row: queryRow,
    rowOf: (_, query) => query,
    keyOf: ({ id }) => queryKey(id),
    add: (store, _, query) => putQuery(store.queries, query),
  }),
  table<string, Intention, Intention>(33, {
    name: "intentions",
    restores: ["intentions"],
    map: (store) => store.intentions,
    row: intentionRow,
    rowOf: (_, intention) => intention,
    keyOf: intentionKey,
    add: (store, key, intention) => store.intentions.set(key, intention),
  }),
];
