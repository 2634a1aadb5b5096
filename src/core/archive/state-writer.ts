// Writing state.bin: the tables row by row, in the order in which Consul 1.8.7 writes its own, a bounded run of records at
// a time. Where it stands between two runs is a cursor of two numbers.

import { must } from "../lib/assert.ts";
import type { ByteString } from "../lib/bytes.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import type { CatalogService, Check, Node } from "../model/catalog.ts";
import type { KeptEntry } from "../model/config-entry.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { Intention } from "../model/intention.ts";
import type { KvPair } from "../model/kv.ts";
import type { PreparedQuery } from "../model/prepared-query.ts";
import type { Session } from "../model/session.ts";
import { nodeKey } from "../store/catalog-keys.ts";
import { createWriter, type Writer, writeByte, written } from "../wire/gossip/msgpack.ts";
import type { Kind } from "../wire/gossip/struct.ts";
import { checkRecord, nodeRecord, serviceRecord } from "./catalog-rows.ts";
import { configRecord } from "./config-record.ts";
import { intention, intentionRecord } from "./intention-record.ts";
import { query, queryRecord } from "./query-record.ts";
import { RECORD } from "./record-types.ts";
import { autopilot, chunking, coordinates, header, index, kv, session } from "./records.ts";
import { register } from "./register-record.ts";

/** The rows of a store at one moment; none of them is ever changed in place. */
export interface ArchiveRows {
  readonly kv: readonly KvPair[];
  readonly tombstones: readonly (readonly [key: ByteString, index: number])[];
  /** In the order of their keys. */
  readonly nodes: readonly Node[];
  /** Every one on one of the nodes. */
  readonly services: readonly CatalogService[];
  readonly checks: readonly Check[];
  readonly coordinates: readonly NodeCoordinate[];
  readonly sessions: readonly Session[];
  readonly configEntries: readonly KeptEntry[];
  readonly queries: readonly PreparedQuery[];
  readonly intentions: readonly Intention[];
  readonly autopilot: AutopilotConfig | undefined;
  /** By Consul's names of the tables, and of the services. */
  readonly tableIndexes: readonly (readonly [name: string, index: number])[];
  /** Index of the last entry applied. */
  readonly lastIndex: number;
}

/** Room behind a run of records, for the last of them. */
const ROW_BYTES = 4096;

/** The next row: table and place in it. */
export interface Cursor {
  table: number;
  row: number;
}

interface Table {
  readonly count: (rows: ArchiveRows) => number;
  readonly write: (writer: Writer, rows: ArchiveRows, at: number) => void;
}

/** Consul restores in this order too: a node comes before its services, and they before their checks. */
const TABLES: readonly Table[] = [
  { count: () => 1, write: (writer, { lastIndex }) => header.write(writer, { lastIndex }) },
  { count: ({ nodes }) => nodes.length, write: writeNode },
  { count: ({ services }) => services.length, write: writeService },
  { count: ({ checks }) => checks.length, write: writeCheck },
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
    count: ({ queries }) => queries.length,
    write: (writer, { queries }, at) =>
      record(writer, RECORD.preparedQuery, query, queryRecord(row(queries, at))),
  },
  {
    count: (rows) => (rows.autopilot === undefined ? 0 : 1),
    write: (writer, rows) =>
      record(writer, RECORD.autopilot, autopilot, must(rows.autopilot, "counted as one")),
  },
  {
    count: ({ intentions }) => intentions.length,
    write: (writer, { intentions }, at) =>
      record(writer, RECORD.intention, intention, intentionRecord(row(intentions, at))),
  },
  {
    count: ({ configEntries }) => configEntries.length,
    write: (writer, rows, at) =>
      record(writer, RECORD.configEntry, configRecord, row(rows.configEntries, at)),
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
  const writer = createWriter(mostBytes + ROW_BYTES);
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

/** Nil where Consul has nil. */
function writeSession(writer: Writer, { sessions }: ArchiveRows, at: number): void {
  const each = row(sessions, at);
  const checks = each.checks.length === 0 ? null : each.checks;
  record(writer, RECORD.session, session, { ...each, checks });
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

function writeNode(writer: Writer, { nodes }: ArchiveRows, at: number): void {
  record(writer, RECORD.register, register, nodeRecord(row(nodes, at)));
}

function writeService(writer: Writer, rows: ArchiveRows, at: number): void {
  const service = row(rows.services, at);
  const node = nodeRecord(nodeNamed(rows, service.node));
  record(writer, RECORD.register, register, { ...node, service: serviceRecord(service) });
}

function writeCheck(writer: Writer, rows: ArchiveRows, at: number): void {
  const check = row(rows.checks, at);
  const node = nodeRecord(nodeNamed(rows, check.node));
  record(writer, RECORD.register, register, { ...node, check: checkRecord(check) });
}

/** Nodes stand in the order of their keys. */
function nodeNamed({ nodes }: ArchiveRows, name: string): Node {
  const key = nodeKey(name);
  let low = 0;
  let high = nodes.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nodeKey(row(nodes, middle).node) < key) low = middle + 1;
    else high = middle;
  }
  return row(nodes, low);
}
