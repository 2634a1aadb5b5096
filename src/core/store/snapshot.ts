// The store as plain data and back: what checkpoints and comparisons are made of. Rows come in key order, so that equal
// stores have equal dumps whatever their history. Raft's snapshots are bytes: snapshot-codec.ts.

import type { ByteString } from "../lib/bytes.ts";
import { copyDigest, type Digest } from "../lib/digest.ts";
import { createOrderedMap } from "../lib/ordered-map.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { CatalogService, Check, Node } from "../model/catalog.ts";
import type { KeptEntry } from "../model/config-entry.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { GatewayService } from "../model/gateway-service.ts";
import type { Intention } from "../model/intention.ts";
import type { KvPair } from "../model/kv.ts";
import type { PreparedQuery } from "../model/prepared-query.ts";
import type { Session } from "../model/session.ts";
import { idKey, nodeKey } from "./catalog-keys.ts";
import {
  cloneCheckTables,
  cloneServiceTables,
  createCheckTables,
  createServiceTables,
} from "./catalog-tables.ts";
import { configKey, gatewayServiceKey } from "./config-tables.ts";
import { coordinateKey } from "./coordinates.ts";
import { intentionKey } from "./intentions.ts";
import { cloneQueryTables, createQueryTables } from "./query-tables.ts";
import { cloneSessionTables, createLocks, createSessionTables } from "./session-tables.ts";
import type { Incoming, LockDelay, Store } from "./store.ts";

export interface StoreDump {
  readonly kv: readonly KvPair[];
  readonly tombstones: readonly (readonly [ByteString, number])[];
  readonly nodes: readonly Node[];
  readonly services: readonly CatalogService[];
  readonly serviceIndexes: readonly (readonly [name: string, index: number])[];
  readonly checks: readonly Check[];
  readonly coordinates: readonly NodeCoordinate[];
  readonly sessions: readonly Session[];
  readonly queries: readonly PreparedQuery[];
  readonly intentions: readonly Intention[];
  readonly lockDelays: readonly LockDelay[];
  readonly configEntries: readonly KeptEntry[];
  readonly gatewayServices: readonly GatewayService[];
  readonly autopilot: AutopilotConfig | undefined;
  readonly restoring: readonly (readonly [key: string, data: Uint8Array])[];
  readonly indexShift: number;
  readonly tableIndexes: Store["tableIndexes"];
  readonly lastApplied: number;
  readonly digest: Digest;
}

export function dumpStore(store: Store): StoreDump {
  return {
    kv: store.kv.valuesArray(),
    tombstones: store.tombstones.toArray(),
    nodes: store.nodes.valuesArray(),
    services: store.services.rows.valuesArray(),
    serviceIndexes: store.services.indexes.toArray(),
    checks: store.checks.rows.valuesArray(),
    sessions: store.sessions.rows.valuesArray(),
    queries: store.queries.rows.valuesArray(),
    intentions: store.intentions.valuesArray(),
    lockDelays: store.lockDelays.valuesArray(),
    coordinates: store.coordinates.valuesArray(),
    configEntries: store.configEntries.valuesArray(),
    gatewayServices: store.gatewayServices.valuesArray(),
    autopilot: store.autopilot,
    restoring: store.restoring.toArray(),
    indexShift: store.indexShift,
    tableIndexes: { ...store.tableIndexes },
    lastApplied: store.lastApplied,
    digest: copyDigest(store.digest),
  };
}

export function loadStore(dump: StoreDump): Store {
  return {
    kv: createOrderedMap(dump.kv.map((pair) => [pair.key, pair])),
    tombstones: createOrderedMap(dump.tombstones.map(([key, index]) => [key, index])),
    nodes: createOrderedMap(dump.nodes.map((node) => [nodeKey(node.node), node])),
    nodeKeys: createOrderedMap(
      dump.nodes.filter((node) => node.id !== "").map((node) => [idKey(node.id), nodeKey(node.node)]),
    ),
    services: createServiceTables(dump.services, dump.serviceIndexes),
    checks: createCheckTables(dump.checks),
    sessions: createSessionTables(dump.sessions),
    queries: createQueryTables(dump.queries),
    intentions: createOrderedMap(dump.intentions.map((row) => [intentionKey(row), row])),
    locks: createLocks(dump.kv),
    lockDelays: createOrderedMap(dump.lockDelays.map((row) => [row.key, row])),
    coordinates: createOrderedMap(dump.coordinates.map((row) => [coordinateKey(row.node, row.segment), row])),
    configEntries: createOrderedMap(dump.configEntries.map((row) => [configKey(row), row])),
    gatewayServices: createOrderedMap(dump.gatewayServices.map((row) => [gatewayServiceKey(row), row])),
    autopilot: dump.autopilot,
    restoring: createOrderedMap(dump.restoring.map(([key, data]) => [key, data])),
    incoming: undefined,
    indexShift: dump.indexShift,
    tableIndexes: { ...dump.tableIndexes },
    lastApplied: dump.lastApplied,
    digest: copyDigest(dump.digest),
  };
}

/**
 * The store as it is now, in O(1): both go on from here, and neither sees what becomes of the other. Pages of the tables
 * are shared until one of the two changes them.
 */
export function cloneStore(store: Store): Store {
  return {
    kv: store.kv.clone(),
    tombstones: store.tombstones.clone(),
    nodes: store.nodes.clone(),
    nodeKeys: store.nodeKeys.clone(),
    services: cloneServiceTables(store.services),
    checks: cloneCheckTables(store.checks),
    sessions: cloneSessionTables(store.sessions),
    queries: cloneQueryTables(store.queries),
    intentions: store.intentions.clone(),
    locks: store.locks.clone(),
    lockDelays: store.lockDelays.clone(),
    coordinates: store.coordinates.clone(),
    configEntries: store.configEntries.clone(),
    gatewayServices: store.gatewayServices.clone(),
    autopilot: store.autopilot,
    restoring: store.restoring.clone(),
    incoming: store.incoming && cloneIncoming(store.incoming),
    indexShift: store.indexShift,
    tableIndexes: { ...store.tableIndexes },
    lastApplied: store.lastApplied,
    digest: copyDigest(store.digest),
  };
}

function cloneIncoming({ tables, serviceIndexes, parts }: Incoming): Incoming {
  return { tables: cloneStore(tables), serviceIndexes: serviceIndexes.clone(), parts };
}

/** A clone that went its own way becomes the store: whoever holds the store has what the clone came to. */
export function takePlace(store: Store, clone: Store): void {
  Object.assign(store, clone);
}
