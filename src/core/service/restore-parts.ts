// An archive's rows on their way into the log: each is written into a part of bounded size (store/restore.ts) as soon as it was
// read, so that what is held of an archive until all of it has proved good is bytes, and a row is no object for longer than
// its reading takes.

import type { Contents } from "../archive/contents.ts";
import {
  encodeRestoreRows,
  NO_ROWS,
  type RestoreRow,
  type RestoreTable,
  restorePartOf,
  writeRestoreRow,
} from "../store/restore.ts";
import type { Writer } from "../wire/gossip/msgpack.ts";
import { SERVICE_INDEX } from "./archive-indexes.ts";

/** Those whose rows stand one by one in archives. */
type Table = Exclude<RestoreTable, "serviceIndexes">;

/**
 * In the order in which their parts go into the log: nodes before what stands on them, services before the gateways whose
 * configuration may mean all of them.
 */
const TABLES: readonly Table[] = [
  "kv",
  "tombstones",
  "nodes",
  "services",
  "checks",
  "coordinates",
  "configEntries",
  "sessions",
  "queries",
  "intentions",
];

export interface RestoreParts {
  readonly tables: Readonly<Record<Table, TableParts>>;
  /** The highest index of any row. */
  highestIndex: number;
}

interface TableParts {
  readonly full: Uint8Array[];
  /** Rows of the next part, and how many they are; the writer comes with the first one. */
  writer: Writer | undefined;
  rows: number;
  /** Rows of the full parts. */
  count: number;
}

/** A part is a few milliseconds' work for whoever applies it; several may come in one turn. */
const PART_BYTES = 256 << 10;
const PART_PAIRS = 2048;
/** Of rows that are kept under several keys. */
const PART_ROWS = 256;
const FIRST_BYTES = 4096;

export function createRestoreParts(): RestoreParts {
  const tables = TABLES.map((table) => [table, { full: [], writer: undefined, rows: 0, count: 0 }]);
  return { tables: Object.fromEntries(tables) as RestoreParts["tables"], highestIndex: 0 };
}

/** Takes the rows out of the contents. To be called after every record. */
export function takeRows(parts: RestoreParts, contents: Contents): void {
  for (const table of TABLES) if (contents[table].length > 0) takeRowsOf(parts, contents, table);
}

function takeRowsOf<T extends Table>(parts: RestoreParts, contents: Contents, table: T): void {
  const rows = contents[table] as unknown as RestoreRow<T>[];
  const its = parts.tables[table];
  const most = table === "kv" ? PART_PAIRS : PART_ROWS;
  for (const row of rows) {
    const writer = its.writer ?? { bytes: new Uint8Array(FIRST_BYTES), at: 0 };
    its.writer = writer;
    writeRestoreRow(writer, table, row);
    its.rows++;
    note(parts, indexOf(row));
    if (writer.at >= PART_BYTES || its.rows >= most) closePart(parts, table);
  }
  rows.length = 0;
}

function closePart({ tables }: RestoreParts, table: Table): void {
  const its = tables[table];
  if (its.writer === undefined || its.rows === 0) return;
  its.full.push(restorePartOf(its.writer, table, its.rows));
  its.writer.at = 0;
  its.count += its.rows;
  its.rows = 0;
}

/** All parts, in their order; they are the caller's now. @param contents What is left of them: what is of no table. */
export function takeParts(parts: RestoreParts, contents: Contents): Uint8Array[] {
  const { autopilot, tableIndexes } = contents;
  for (const table of TABLES) closePart(parts, table);
  const all = TABLES.flatMap((table) => parts.tables[table].full.splice(0));
  for (const index of tableIndexes.values()) note(parts, index);
  const serviceIndexes = serviceIndexesOf(contents);
  if (autopilot !== undefined) note(parts, autopilot.modifyIndex);
  if (autopilot !== undefined) all.push(encodeRestoreRows({ ...NO_ROWS, serviceIndexes, autopilot }));
  else if (serviceIndexes.length > 0) all.push(encodeRestoreRows({ ...NO_ROWS, serviceIndexes }));
  return all;
}

/** Rows of a table. */
export function rowCount({ tables }: RestoreParts, table: Table): number {
  return tables[table].count + tables[table].rows;
}

function note(parts: RestoreParts, index: number): void {
  if (index > parts.highestIndex) parts.highestIndex = index;
}

/** Coordinates have none. */
function indexOf(row: RestoreRow<Table>): number {
  if (Array.isArray(row)) return row[1] as number;
  return "modifyIndex" in row ? row.modifyIndex : 0;
}

function serviceIndexesOf({ tableIndexes }: Contents): readonly RestoreRow<"serviceIndexes">[] {
  return [...tableIndexes]
    .filter(([name]) => name.startsWith(SERVICE_INDEX))
    .map(([name, at]) => [name.slice(SERVICE_INDEX.length).toLowerCase(), at]);
}
