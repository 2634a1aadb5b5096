// What an archive holds, as far as we have tables for it; and the names and numbers of what we have none for, so that
// nobody takes a restore for whole that is not.

import type { ByteString } from "../lib/bytes.ts";
import { compareStrings } from "../lib/bytes.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { Labels, Node } from "../model/catalog.ts";
import { isCompatible, isFiniteCoordinate, type NodeCoordinate } from "../model/coordinate.ts";
import type { KvPair } from "../model/kv.ts";
import type { Session } from "../model/session.ts";
import { decodeKind, type Kind } from "../wire/gossip/struct.ts";
import { RECORD, RECORD_NAMES } from "./record-types.ts";
import { autopilot, coordinates, index, kv, register, session } from "./records.ts";

/** Rows with the indexes that they had. */
export interface Contents {
  readonly kv: KvPair[];
  readonly tombstones: [key: ByteString, index: number][];
  readonly nodes: Node[];
  readonly coordinates: NodeCoordinate[];
  readonly sessions: Session[];
  autopilot: AutopilotConfig | undefined;
  /** By Consul's names of the tables: "kvs", "tombstones", "nodes", "coordinates". */
  readonly tableIndexes: Map<string, number>;
  /** What we have no table for, by name, with how often it came. */
  readonly left: Map<string, number>;
}

export function createContents(): Contents {
  return {
    kv: [],
    tombstones: [],
    nodes: [],
    coordinates: [],
    sessions: [],
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

type Registration = (typeof register)["zero"];

function takeRegistration(contents: Contents, row: Registration): string | undefined {
  if (row.node === "") return "a registration without a node";
  if (row.peerName !== "") return leave(contents, "imported registration");
  if (row.hasService) return leave(contents, "service");
  if (row.hasCheck || row.hasChecks) return leave(contents, "check");
  const { id, node, address, datacenter, createIndex, modifyIndex } = row;
  contents.nodes.push({
    id,
    node,
    address,
    datacenter,
    taggedAddresses: labelsOf(row.taggedAddresses),
    meta: labelsOf(row.nodeMeta),
    createIndex,
    modifyIndex,
  });
  return undefined;
}

function labelsOf(map: ReadonlyMap<string, string> | null): Labels {
  return map === null ? null : [...map].sort((a, b) => compareStrings(a[0], b[0]));
}

type SessionRow = (typeof session)["zero"];

function takeSession(contents: Contents, row: SessionRow): string | undefined {
  if (row.id === "") return "a session without an id";
  const { id, name, node, lockDelayNs, ttl, createIndex, modifyIndex } = row;
  contents.sessions.push({
    id,
    name,
    node,
    lockDelayNs,
    behavior: row.behavior === "delete" ? "delete" : "release",
    ttl,
    nodeChecks: [...new Set([...(row.nodeChecks ?? []), ...(row.checks ?? [])])],
    serviceChecks: row.serviceChecks ?? [],
    createIndex,
    modifyIndex,
  });
  return undefined;
}
