// The replicated state: tables with the indexes that queries need, and a fingerprint of all that was ever applied. It is
// changed by `applyCommand` (apply.ts) alone, in the order of the log; equal logs give equal stores on every server.
// Rows are never changed in place, so an answer or a snapshot may hold on to one.

import type { TxnOutcome } from "../api/txn.ts";
import type { ByteString } from "../lib/bytes.ts";
import { createDigest, type Digest } from "../lib/digest.ts";
import { createOrderedMap, type OrderedMap } from "../lib/ordered-map.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { Check, Node } from "../model/catalog.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { GatewayService } from "../model/gateway-service.ts";
import type { KvPair } from "../model/kv.ts";
import type { Session } from "../model/session.ts";
import {
  type CheckTables,
  createCheckTables,
  createServiceTables,
  type ServiceTables,
} from "./catalog-tables.ts";
import type { ConfigTable } from "./config-tables.ts";
import type { IntentionTable } from "./intentions.ts";
import { createQueryTables, type QueryTables } from "./query-tables.ts";
import { createLocks, createSessionTables, type Locks, type SessionTables } from "./session-tables.ts";

// A type, not an interface: snapshots go through it by name.
export type TableIndexes = {
  kv: number;
  tombstones: number;
  nodes: number;
  services: number;
  checks: number;
  sessions: number;
  coordinates: number;
  configEntries: number;
  gatewayServices: number;
  preparedQueries: number;
  intentions: number;
  /** When a service last lost its last instance. */
  serviceExtinction: number;
  /** When a node was last removed. */
  nodeExtinction: number;
};

export const NO_INDEXES: Readonly<TableIndexes> = {
  kv: 0,
  tombstones: 0,
  nodes: 0,
  services: 0,
  checks: 0,
  sessions: 0,
  coordinates: 0,
  configEntries: 0,
  gatewayServices: 0,
  preparedQueries: 0,
  intentions: 0,
  serviceExtinction: 0,
  nodeExtinction: 0,
};

export interface LockDelay {
  readonly key: ByteString;
  readonly ms: number;
  /** Of the entry that ended the session. */
  readonly index: number;
}

export interface Store {
  kv: OrderedMap<ByteString, KvPair>;
  /**
   * Where keys were deleted, so that the index of a prefix never goes back (state-machine side of blocking queries).
   * Key → index of the deletion; a deleted tree leaves one at its prefix.
   */
  tombstones: OrderedMap<ByteString, number>;
  /** By lower-cased name: node names are one without regard to case. */
  nodes: OrderedMap<string, Node>;
  /** Lower-cased node id → key in `nodes`, of those that have an id. */
  nodeKeys: OrderedMap<string, string>;
  services: ServiceTables;
  checks: CheckTables;
  sessions: SessionTables;
  locks: Locks;
  /** Keys whose lock went with its session, and for how long nobody may take it: a leader's clock says when that is over. */
  lockDelays: OrderedMap<ByteString, LockDelay>;
  queries: QueryTables;
  intentions: IntentionTable;
  /** By lower-cased name and segment (coordinates.ts). */
  coordinates: OrderedMap<string, NodeCoordinate>;
  configEntries: ConfigTable;
  /** By gateway, service and port; WILDCARD among the services. */
  gatewayServices: OrderedMap<string, GatewayService>;
  /** Undefined while nobody has set it. */
  autopilot: AutopilotConfig | undefined;
  /** Parts of a restore under way (restore.ts), by its id and their number. */
  restoring: OrderedMap<string, Uint8Array>;
  /** What those parts hold, as far as it was put together: it follows from them, and so is in no snapshot. */
  incoming: Incoming | undefined;
  /**
   * What is added to the index of an entry to get the index that its rows bear. 0 until a restore brings rows with
   * higher indexes than the log has: an index must never be given twice.
   */
  indexShift: number;
  /** Per table: index of the entry that last changed it; 0 for never. */
  tableIndexes: TableIndexes;
  /** Index of the last entry applied. */
  lastApplied: number;
  /** Fingerprint of every entry applied and of what came of it: two servers that agree on it have the same state. */
  readonly digest: Digest;
}

/** The tables that will take the place of all when a restore ends. */
export interface Incoming {
  readonly tables: Store;
  /** What the archive says of the services' indexes, by their lower-cased names: also of those that have no instances. */
  readonly serviceIndexes: OrderedMap<string, number>;
  /** Parts that are in them: the first ones. */
  parts: number;
}

export function createStore(): Store {
  return {
    kv: createOrderedMap(),
    tombstones: createOrderedMap(),
    nodes: createOrderedMap(),
    nodeKeys: createOrderedMap(),
    services: createServiceTables(),
    checks: createCheckTables(),
    sessions: createSessionTables(),
    locks: createLocks(),
    lockDelays: createOrderedMap(),
    queries: createQueryTables(),
    intentions: createOrderedMap(),
    coordinates: createOrderedMap(),
    configEntries: createOrderedMap(),
    gatewayServices: createOrderedMap(),
    autopilot: undefined,
    restoring: createOrderedMap(),
    incoming: undefined,
    indexShift: 0,
    tableIndexes: { ...NO_INDEXES },
    lastApplied: 0,
    digest: createDigest(),
  };
}

/** What a command changed, for those who watch. */
export type Touched =
  | { readonly table: "kv"; readonly key: ByteString }
  /** Every key with this prefix may have changed. */
  | { readonly table: "kv-tree"; readonly prefix: ByteString }
  | { readonly table: "nodes" }
  /** A node's record, or the services on it. */
  | { readonly table: "node"; readonly node: string }
  /** Some service or other. */
  | { readonly table: "services" }
  /** What a reader of this service is told: an instance, its node, the health of either. */
  | { readonly table: "service"; readonly service: string }
  /** A check, as it was or as it is. */
  | { readonly table: "checks"; readonly check: Check }
  | { readonly table: "sessions"; readonly session: Session; readonly ended: boolean }
  /** The key's lock is held off from now on, or is so no longer. */
  | { readonly table: "lock-delays"; readonly key: ByteString }
  | { readonly table: "queries"; readonly query: string }
  | { readonly table: "intentions" }
  /** Of one node. */
  | { readonly table: "coordinates"; readonly node: string }
  | { readonly table: "autopilot" }
  | { readonly table: "config-entries" }
  | { readonly table: "gateway-services" }
  /** A restore put another state in the place of all. */
  | { readonly table: "everything" };

/** What came of a command: whether it applied (a compare-and-set may not), or the state machine's refusal. */
export type Outcome =
  | {
      readonly ok: true;
      readonly applied: boolean;
      /** Id of the session that was made. */
      readonly session?: string;
      /** Id of the query that was made or replaced. */
      readonly query?: string;
      /** Id of the intention that was made or replaced. */
      readonly intention?: string;
      /** Of a transaction. */
      readonly txn?: TxnOutcome;
    }
  | { readonly ok: false; readonly error: string };

export const APPLIED: Outcome = { ok: true, applied: true };
export const NOT_APPLIED: Outcome = { ok: true, applied: false };
