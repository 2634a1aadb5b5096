// Writing state.bin: the tables row by row, in the order in which Consul 1.8.7 writes its own, a bounded run of records at
// a time. Where it stands between two runs is a cursor of two numbers.

import { must } from "../lib/assert.ts";
import type { ByteString } from "../lib/bytes.ts";
import { concatBytes } from "../lib/bytes.ts";
import { splitHostPort } from "../model/address.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { Labels, Node } from "../model/catalog.ts";
import type { KvPair } from "../model/kv.ts";
import type { Session } from "../model/session.ts";
import { encodeKind } from "../wire/gossip/struct.ts";
import type { ArchiveServer } from "./meta.ts";
import { RECORD } from "./record-types.ts";
import { autopilot, chunking, header, index, kv, registerWritten, session } from "./records.ts";

/** The rows of a store at one moment; none of them is ever changed in place. */
export interface ArchiveRows {
  readonly kv: readonly KvPair[];
  readonly tombstones: readonly (readonly [key: ByteString, index: number])[];
  readonly nodes: readonly Node[];
  readonly sessions: readonly Session[];
  readonly autopilot: AutopilotConfig | undefined;
  /** By Consul's names of the tables. */
  readonly tableIndexes: readonly (readonly [name: string, index: number])[];
  /** The cluster's servers: they get their service `consul`. */
  readonly servers: readonly ArchiveServer[];
  /** Index of the last entry applied. */
  readonly lastIndex: number;
}

/** The next row: table and place in it. */
export interface Cursor {
  table: number;
  row: number;
}

interface Table {
  readonly count: (rows: ArchiveRows) => number;
  readonly write: (rows: ArchiveRows, at: number) => Uint8Array;
}

/** Consul restores in this order too: a node comes before its services. */
const TABLES: readonly Table[] = [
  { count: () => 1, write: ({ lastIndex }) => encodeKind(header, { lastIndex }) },
  { count: ({ nodes }) => nodes.length, write: writeNode },
  {
    count: ({ sessions }) => sessions.length,
    write: (rows, at) =>
      encodeKind(session, { ...row(rows.sessions, at), ...checksOf(row(rows.sessions, at)) }, RECORD.session),
  },
  { count: (rows) => rows.kv.length, write: (rows, at) => encodeKind(kv, row(rows.kv, at), RECORD.kv) },
  { count: ({ tombstones }) => tombstones.length, write: writeTombstone },
  {
    count: (rows) => (rows.autopilot === undefined ? 0 : 1),
    write: (rows) => encodeKind(autopilot, must(rows.autopilot, "counted as one"), RECORD.autopilot),
  },
  {
    count: ({ tableIndexes }) => tableIndexes.length,
    write({ tableIndexes }, at) {
      const [key, value] = row(tableIndexes, at);
      return encodeKind(index, { key, value }, RECORD.index);
    },
  },
  { count: () => 1, write: () => encodeKind(chunking, { chunkMap: new Map() }, RECORD.chunking) },
];

function row<T>(rows: readonly T[], at: number): T {
  return must(rows[at], "the cursor points at a row");
}

/**
 * The records from the cursor on, about `mostBytes` of them (one record more at most), and moves it.
 * @returns Nothing when all is written.
 */
export function nextRecords(rows: ArchiveRows, cursor: Cursor, mostBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < mostBytes) {
    const table = TABLES[cursor.table];
    if (table === undefined) break;
    if (cursor.row >= table.count(rows)) {
      cursor.table++;
      cursor.row = 0;
      continue;
    }
    const record = table.write(rows, cursor.row++);
    bytes += record.length;
    parts.push(record);
  }
  return concatBytes(parts);
}

/** From before 1.7 on, readers look in other fields for the same ids. */
function checksOf({ nodeChecks, serviceChecks }: Session): {
  readonly nodeChecks: readonly string[];
  readonly serviceChecks: Session["serviceChecks"] | null;
  readonly checks: null;
} {
  return { nodeChecks, serviceChecks: serviceChecks.length === 0 ? null : serviceChecks, checks: null };
}

function writeTombstone({ tombstones }: ArchiveRows, at: number): Uint8Array {
  const [key, modifyIndex] = row(tombstones, at);
  const body = {
    key,
    value: "" as ByteString,
    flags: 0,
    session: "",
    lockIndex: 0,
    createIndex: 0,
    modifyIndex,
  };
  return encodeKind(kv, body, RECORD.tombstone);
}

/** The service of a server says what its gossip tags say. */
const SERVER_META: ReadonlyMap<string, string> = new Map([
  ["raft_version", "3"],
  ["serf_protocol_current", "2"],
  ["serf_protocol_min", "1"],
  ["serf_protocol_max", "5"],
  ["version", "1.8.7"],
]);

/**
 * A node, and for one that is an agent its check `serfHealth`: by that check Consul knows a node that gossip once knew,
 * and removes it when gossip knows it no more. A server has its service `consul` besides.
 */
function writeNode({ nodes, servers }: ArchiveRows, at: number): Uint8Array {
  const node = row(nodes, at);
  const { id, address, datacenter, createIndex, modifyIndex } = node;
  const base = {
    id,
    node: node.node,
    address,
    datacenter,
    taggedAddresses: mapOfLabels(node.taggedAddresses),
    nodeMeta: mapOfLabels(node.meta),
    createIndex,
    modifyIndex,
    service: null,
    check: null,
    checks: null,
    skipNodeUpdate: false,
    token: "",
  };
  const parts = [encodeKind(registerWritten, base, RECORD.register)];
  const server = id === "" ? undefined : servers.find((each) => each.id === id);
  const made = { createIndex, modifyIndex: createIndex };
  if (server !== undefined) {
    const port = splitHostPort(server.address)?.port ?? 0;
    const meta = new Map([["non_voter", String(!server.voter)], ...SERVER_META]);
    const service = { port, meta, ...made };
    parts.push(encodeKind(registerWritten, { ...base, service }, RECORD.register));
  }
  if (id !== "") {
    const check = { node: node.node, ...made };
    parts.push(encodeKind(registerWritten, { ...base, check }, RECORD.register));
  }
  return concatBytes(parts);
}

function mapOfLabels(labels: Labels): ReadonlyMap<string, string> | null {
  return labels === null ? null : new Map(labels);
}
