// What an archive holds, as far as we have tables for it; and the names and numbers of what we have none for, so that
// nobody takes a restore for whole that is not.

import type { ByteString } from "../lib/bytes.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { CatalogService, Check, Node } from "../model/catalog.ts";
import type { KeptEntry } from "../model/config-entry.ts";
import { isCompatible, isFiniteCoordinate, type NodeCoordinate } from "../model/coordinate.ts";
import type { Intention } from "../model/intention.ts";
import type { KvPair } from "../model/kv.ts";
import type { PreparedQuery } from "../model/prepared-query.ts";
import type { Session } from "../model/session.ts";
import { canonicalUuid } from "../model/uuid.ts";
import { decodeKind, type Kind } from "../wire/gossip/struct.ts";
import { checkOf, nodeOf, serviceOf } from "./catalog-rows.ts";
import { configRecord } from "./config-record.ts";
import { intention, intentionOf } from "./intention-record.ts";
import { query, queryOf } from "./query-record.ts";
import { RECORD, RECORD_NAMES } from "./record-types.ts";
import { autopilot, coordinates, index, kv, session } from "./records.ts";
import { type RegisterRecord, register } from "./register-record.ts";

/** Rows with the indexes that they had. */
export interface Contents {
  readonly kv: KvPair[];
  readonly tombstones: [key: ByteString, index: number][];
  readonly nodes: Node[];
  readonly services: CatalogService[];
  readonly checks: Check[];
  readonly coordinates: NodeCoordinate[];
  readonly sessions: Session[];
  readonly queries: PreparedQuery[];
  readonly intentions: Intention[];
  readonly configEntries: KeptEntry[];
  autopilot: AutopilotConfig | undefined;
  /** By Consul's names: "kvs", "nodes", …, and "service.NAME" for each service. */
  readonly tableIndexes: Map<string, number>;
  /** What we have no table for, by name, with how often it came. */
  readonly left: Map<string, number>;
}

export function createContents(): Contents {
  return {
    kv: [],
    tombstones: [],
    nodes: [],
    services: [],
    checks: [],
    coordinates: [],
    sessions: [],
    queries: [],
    intentions: [],
    configEntries: [],
    autopilot: undefined,
    tableIndexes: new Map(),
    left: new Map(),
  };
}

/** Takes in one record. @returns What is wrong with it, or undefined. */
export function takeRecord(
  contents: Contents,
  type: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  const read = <T>(kind: Kind<T>, take: (value: T) => string | undefined): string | undefined => {
    const decoded = decodeKind(kind, bytes, start, end);
    return decoded.ok ? take(decoded.value) : decoded.error;
  };
  switch (type) {
    case RECORD.kv:
      return read(kv, (pair) => {
        if (pair.key === "") return "a pair without a key";
        const { key, value, flags, lockIndex, createIndex, modifyIndex } = pair;
        contents.kv.push({ key, value, flags, session: pair.session, lockIndex, createIndex, modifyIndex });
        return undefined;
      });
    case RECORD.tombstone:
      return read(kv, ({ key, modifyIndex }) => void contents.tombstones.push([key, modifyIndex]));
    case RECORD.register:
      return read(register, (row) => takeRegistration(contents, row));
    case RECORD.coordinates:
      return read(coordinates, (rows) => {
        // Consul leaves those out that it could not compute with.
        for (const row of rows ?? [])
          if (isCompatible(row.coordinate) && isFiniteCoordinate(row.coordinate))
            contents.coordinates.push(row);
        return undefined;
      });
    case RECORD.session:
      return read(session, (row) => takeSession(contents, row));
    case RECORD.preparedQuery:
      return read(query, (row) => {
        if (row.id === "") return "a prepared query without an id";
        contents.queries.push(queryOf(row));
        return undefined;
      });
    case RECORD.intention:
      return read(intention, (row) => {
        if (row.id === "") return "an intention without an id";
        contents.intentions.push(intentionOf(row));
        return undefined;
      });
    case RECORD.configEntry:
      return read(configRecord, (entry) => {
        if (entry === null) return leave(contents, "ConfigEntry");
        if (entry.name === "") return "a configuration entry without a name";
        contents.configEntries.push(entry);
        return undefined;
      });
    case RECORD.autopilot:
      return read(autopilot, (row) => {
        contents.autopilot = row;
        return undefined;
      });
    case RECORD.index:
      return read(index, ({ key, value }) => void contents.tableIndexes.set(key, value));
    case RECORD.chunking:
      // Commands that were on their way in pieces: the pieces not yet there will never come.
      return undefined;
    default:
      return leave(contents, RECORD_NAMES.get(type) ?? `type ${type} of Consul Enterprise`);
  }
}

function leave(contents: Contents, name: string): undefined {
  contents.left.set(name, (contents.left.get(name) ?? 0) + 1);
}

function takeRegistration(contents: Contents, row: RegisterRecord): string | undefined {
  const { service, check } = row;
  if (row.node === "") return "a registration without a node";
  if (row.peerName !== "") return leave(contents, "imported registration");
  if (service !== null) {
    if (service.id === "" || service.service === "") return "a service without an id or a name";
    contents.services.push(serviceOf(row.node, service));
  } else if (check !== null) {
    if (check.checkId === "") return "a check without an id";
    contents.checks.push(checkOf(row.node, check));
  } else if (row.checks === null || row.checks.length === 0) contents.nodes.push(nodeOf(row));
  else for (const each of row.checks) contents.checks.push(checkOf(row.node, each));
  return undefined;
}

type SessionRow = (typeof session)["zero"];

function takeSession(contents: Contents, row: SessionRow): string | undefined {
  if (row.id === "") return "a session without an id";
  const { id, name, node, lockDelayNs, ttl, createIndex, modifyIndex } = row;
  contents.sessions.push({
    id: canonicalUuid(id),
    name,
    node,
    lockDelayNs,
    behavior: row.behavior === "delete" ? "delete" : "release",
    ttl,
    nodeChecks: row.nodeChecks,
    serviceChecks: row.serviceChecks,
    checks: row.checks ?? [],
    createIndex,
    modifyIndex,
  });
  return undefined;
}
