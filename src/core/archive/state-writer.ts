// Writing state.bin: the tables row by row, in the order in which Consul 1.8.7 writes its own, a bounded run of records at
// a time. Where it stands between two runs is a cursor of two numbers.

import { must } from "../lib/assert.ts";
import type { ByteString } from "../lib/bytes.ts";
import { splitHostPort } from "../model/address.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { Labels, Node } from "../model/catalog.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { KvPair } from "../model/kv.ts";
import type { Session } from "../model/session.ts";
import { createWriter, type Writer, writeByte, written } from "../wire/gossip/msgpack.ts";
import type { Kind } from "../wire/gossip/struct.ts";
import type { ArchiveServer } from "./meta.ts";
import { RECORD } from "./record-types.ts";
import { autopilot, chunking, coordinates, header, index, kv, registerWritten, session } from "./records.ts";

/** The rows of a store at one moment; none of them is ever changed in place. */
export interface ArchiveRows {
  readonly kv: readonly KvPair[];
  readonly tombstones: readonly (readonly [key: ByteString, index: number])[];
  readonly nodes: readonly Node[];
  readonly coordinates: readonly NodeCoordinate[];
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
  readonly write: (writer: Writer, rows: ArchiveRows, at: number) => void;
}

/** Consul restores in this order too: a node comes before its services. */
const TABLES: readonly Table[] = [
  { count: () => 1, write: (writer, { lastIndex }) => header.write(writer, { lastIndex }) },
  { count: ({ nodes }) => nodes.length, write: writeNode },
  {
    count: (rows) => rows.coordinates.length,
    write: (writer, rows, at) => record(writer, RECORD.coordinates, coordinates, [row(rows.coordinates, at)]),
  },
  { count: ({ sessions }) => sessions.length, write: writeSession },
  {
    count: (rows) => rows.kv.length,
    write: (writer, rows, at) => record(writer, RECORD.kv, kv, row(rows.kv, at)),
  },
  { count: ({ tombstones }) => tombstones.length, write: writeTombstone },
  {
    count: (rows) => (rows.autopilot === undefined ? 0 : 1),
    write: (writer, rows) =>
      record(writer, RECORD.autopilot, autopilot, must(rows.autopilot, "counted as one")),
  },
  {
    count: ({ tableIndexes }) => tableIndexes.length,
    write(writer, { tableIndexes }, at) {
      const [key, value] = row(tableIndexes, at);
      record(writer, RECORD.index, index, { key, value });
    },
  },
  { count: () => 1, write: (writer) => record(writer, RECORD.chunking, chunking, { chunkMap: new Map() }) },
];

function row<T>(rows: readonly T[], at: number): T {
  return must(rows[at], "the cursor points at a row");
}

function record<T>(writer: Writer, type: number, kind: Kind<T>, body: T): void {
  writeByte(writer, type);
  kind.write(writer, body);
}

/**
 * The records from the cursor on, about `mostBytes` of them (one record more at most), and moves it.
 * @returns Nothing when all is written.
 */
export function nextRecords(rows: ArchiveRows, cursor: Cursor, mostBytes: number): Uint8Array {
  const writer = createWriter();
  while (writer.at < mostBytes) {
    const table = TABLES[cursor.table];
    if (table === undefined) break;
    if (cursor.row < table.count(rows)) table.write(writer, rows, cursor.row++);
    else {
      cursor.table++;
      cursor.row = 0;
    }
  }
  return written(writer);
}

/** Nil where Consul has nil. Sessions of before 1.7 have their checks in another field. */
function writeSession(writer: Writer, { sessions }: ArchiveRows, at: number): void {
  const each = row(sessions, at);
  const serviceChecks = each.serviceChecks.length === 0 ? null : each.serviceChecks;
  record(writer, RECORD.session, session, { ...each, serviceChecks, checks: null });
}

function writeTombstone(writer: Writer, { tombstones }: ArchiveRows, at: number): void {
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
  record(writer, RECORD.tombstone, kv, body);
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
function writeNode(writer: Writer, { nodes, servers }: ArchiveRows, at: number): void {
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
  record(writer, RECORD.register, registerWritten, base);
  const server = id === "" ? undefined : servers.find((each) => each.id === id);
  const made = { createIndex, modifyIndex: createIndex };
  if (server !== undefined) {
    const port = splitHostPort(server.address)?.port ?? 0;
    const meta = new Map([["non_voter", String(!server.voter)], ...SERVER_META]);
    const service = { port, meta, ...made };
    record(writer, RECORD.register, registerWritten, { ...base, service });
  }
  if (id !== "") {
    const check = { node: node.node, ...made };
    record(writer, RECORD.register, registerWritten, { ...base, check });
  }
}

function mapOfLabels(labels: Labels): ReadonlyMap<string, string> | null {
  return labels === null ? null : new Map(labels);
}
