// The store as one stream of rows, and back: made and taken in pieces of any size, so that neither end ever holds more
// than a piece and a row. Equal stores give equal bytes. A row is
//
//   1 byte   tag: 0 for the head, else the table's number (snapshot-tables.ts)
//   4 bytes  length of what follows, little-endian
//   n bytes  MessagePack
//
// The head comes first: what the store holds besides its tables, and how many rows each of them has. Then the tables in
// the order of their numbers, each in the order of its keys. Where the bytes lie is src/core/snapshot's business.

import { assert, must } from "../lib/assert.ts";
import { compareStrings, concatBytes } from "../lib/bytes.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import {
  type Decoded,
  decode,
  encode,
  list,
  orElse,
  pair,
  record,
  type Schema,
  text,
  uint,
  uintUpTo,
} from "../wire/schema.ts";
import { SNAPSHOT_TABLES } from "./snapshot-tables.ts";
import { createStore, type Store } from "./store.ts";

const HEAD_TAG = 0;
const ROW_HEADER_BYTES = 5;
/** No row of ours is longer: it came through the log, whose commands have 32 MiB at most. */
const MAX_ROW_BYTES: number = 64 << 20;

const uint32 = uintUpTo(0xffffffff);

interface Head {
  readonly lastApplied: number;
  readonly digest: readonly [a: number, b: number];
  /** By name, in code-unit order. */
  readonly tableIndexes: readonly (readonly [name: string, index: number])[];
  /** By the tables' numbers, without tables of no rows. */
  readonly rowCounts: readonly (readonly [tag: number, count: number])[];
  readonly indexShift: number;
}

const head: Schema<Head> = record({
  lastApplied: uint,
  digest: pair(uint32, uint32),
  tableIndexes: list(pair(text, uint)),
  rowCounts: list(pair(uint, uint)),
  indexShift: orElse(uint, 0),
});

/** How far the writing of a store has come. Plain data; the store is beside it, and must not change meanwhile. */
export interface RowEncoder {
  /** Place in SNAPSHOT_TABLES of the next row; -1 before the head. */
  place: number;
  /** Key of the last row of that table that was taken. */
  after: string | undefined;
  /** A row that did not fit wholly: `rest[restAt, …)` comes next. */
  rest: Uint8Array;
  restAt: number;
}

const NOTHING = new Uint8Array(0);

export function createRowEncoder(): RowEncoder {
  return { place: -1, after: undefined, rest: NOTHING, restAt: 0 };
}

/** Whether all rows have been written. */
export function isEncoded(encoder: RowEncoder): boolean {
  return encoder.place === SNAPSHOT_TABLES.length && encoder.restAt === encoder.rest.length;
}

/**
 * Writes what comes next into `into`.
 * @returns Bytes written: all that `into` has room for, fewer only when these are the last.
 */
export function encodeRows(
  encoder: RowEncoder,
  store: Store,
  into: Uint8Array,
  config: { readonly planted?: string | undefined },
): number {
  let at = writeRest(encoder, into, 0);
  // A row that does not fit is taken all the same, and its rest kept: so the last piece is known for the last.
  const take = (tag: number, row: Uint8Array): boolean => {
    const bytes = ROW_HEADER_BYTES + row.length;
    if (at + bytes <= into.length) {
      writeRow(into, at, tag, row);
      at += bytes;
      return true;
    }
    encoder.rest = new Uint8Array(bytes);
    encoder.restAt = 0;
    writeRow(encoder.rest, 0, tag, row);
    at = writeRest(encoder, into, at);
    return false;
  };
  if (encoder.restAt < encoder.rest.length) return at;
  if (encoder.place < 0) {
    encoder.place = 0;
    if (!take(HEAD_TAG, encode(head, headOf(store, config)))) return at;
  }
  for (; encoder.place < SNAPSHOT_TABLES.length; encoder.place++) {
    const table = must(SNAPSHOT_TABLES[encoder.place], "a place is in the list");
    let full = false;
    let skip = PLANTED && planted(config, "snapshot-skips-row") && encoder.after !== undefined;
    table.visitRows(store, encoder.after, (key, row) => {
      encoder.after = key;
      if (skip) skip = false;
      else full = !take(table.tag, row);
      return !full;
    });
    if (full) return at;
    encoder.after = undefined;
  }
  return at;
}

/** Moves of the rest what there is room for. @returns Where to go on writing. */
function writeRest(encoder: RowEncoder, into: Uint8Array, at: number): number {
  const { rest, restAt } = encoder;
  const bytes = Math.min(rest.length - restAt, into.length - at);
  into.set(rest.subarray(restAt, restAt + bytes), at);
  encoder.restAt += bytes;
  if (encoder.restAt === rest.length) {
    encoder.rest = NOTHING;
    encoder.restAt = 0;
  }
  return at + bytes;
}

function writeRow(into: Uint8Array, at: number, tag: number, row: Uint8Array): void {
  assert(row.length <= MAX_ROW_BYTES, "a row is at most 64 MiB");
  into[at] = tag;
  into[at + 1] = row.length;
  into[at + 2] = row.length >>> 8;
  into[at + 3] = row.length >>> 16;
  into[at + 4] = row.length >>> 24;
  into.set(row, at + ROW_HEADER_BYTES);
}

const FIRST_TABLES: readonly string[] = ["kv", "nodes", "tombstones"];

function headOf(store: Store, config: { readonly planted?: string | undefined }): Head {
  const { lastApplied, digest, tableIndexes, indexShift } = store;
  const indexes = Object.entries(tableIndexes).sort(([a], [b]) => compareStrings(a, b));
  const lossy = PLANTED && planted(config, "snapshot-drops-index");
  return {
    lastApplied,
    digest: [digest.a >>> 0, digest.b >>> 0],
    // Those of tables that came later are left out while there is nothing in them: so a release that does not have the
    // tables reads whatever it can.
    tableIndexes: indexes.filter(
      ([name, index]) => (index > 0 || FIRST_TABLES.includes(name)) && !(lossy && name === "tombstones"),
    ),
    rowCounts: SNAPSHOT_TABLES.map((table): [number, number] => [table.tag, table.rowCount(store)]).filter(
      ([, count]) => count > 0,
    ),
    indexShift,
  };
}

/** A store under construction. Plain data but for the store. */
export interface RowDecoder {
  readonly store: Store;
  /** Place in SNAPSHOT_TABLES of the last row; -1 before the head. */
  place: number;
  /** Key of the last row of that table. */
  after: string | undefined;
  rowCounts: Head["rowCounts"];
  /** A row that is not all there yet, and the bytes of it that there are. */
  readonly parts: Uint8Array[];
  held: number;
  /** Bytes of it that there must be before it is worth looking again. */
  wanted: number;
}

export function createRowDecoder(): RowDecoder {
  return {
    store: createStore(),
    place: -1,
    after: undefined,
    rowCounts: [],
    parts: [],
    held: 0,
    wanted: ROW_HEADER_BYTES,
  };
}

/**
 * Takes the next bytes of the stream, which must not change afterwards.
 * @returns What is wrong with them; the store is of no use then.
 */
export function decodeRows(decoder: RowDecoder, bytes: Uint8Array): string | undefined {
  decoder.parts.push(bytes);
  decoder.held += bytes.length;
  if (decoder.held < decoder.wanted) return undefined;
  const whole = concatBytes(decoder.parts);
  let at = 0;
  for (;;) {
    const left = whole.length - at;
    const rowBytes = left < ROW_HEADER_BYTES ? 0 : lengthAt(whole, at + 1);
    if (rowBytes > MAX_ROW_BYTES) return `a row claims to have ${rowBytes} bytes`;
    const wanted = ROW_HEADER_BYTES + rowBytes;
    if (left < wanted) return holdBack(decoder, whole.subarray(at), wanted);
    const wrong = addRow(decoder, whole[at] as number, whole.subarray(at + ROW_HEADER_BYTES, at + wanted));
    if (wrong !== undefined) return wrong;
    at += wanted;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  return low + (bytes[at + 3] as number) * 0x1000000;
}

function holdBack(decoder: RowDecoder, rest: Uint8Array, wanted: number): undefined {
  decoder.parts.length = 0;
  if (rest.length > 0) decoder.parts.push(rest);
  decoder.held = rest.length;
  decoder.wanted = wanted;
}

function addRow(decoder: RowDecoder, tag: number, row: Uint8Array): string | undefined {
  if (decoder.place < 0) return tag === HEAD_TAG ? addHead(decoder, row) : "the head is missing";
  const place = SNAPSHOT_TABLES.findIndex((table) => table.tag === tag);
  const table = SNAPSHOT_TABLES[place];
  if (table === undefined)
    return `table ${tag} is not known to this release: a later one wrote it; upgrade this server`;
  if (place < decoder.place) return `a row of ${table.name} stands behind its table`;
  const added = table.addRow(decoder.store, row);
  if (!added.ok) return `a row of ${table.name} cannot be read: ${added.error}`;
  const follows = place > decoder.place || decoder.after === undefined || added.value > decoder.after;
  if (!follows) return `the rows of ${table.name} are not in order`;
  decoder.place = place;
  decoder.after = added.value;
  return undefined;
}

function addHead(decoder: RowDecoder, row: Uint8Array): string | undefined {
  const { store } = decoder;
  const decoded = decode(head, row);
  if (!decoded.ok) return `the head cannot be read: ${decoded.error}`;
  const { lastApplied, digest, tableIndexes, rowCounts, indexShift } = decoded.value;
  const indexes: Record<string, number> = store.tableIndexes;
  for (const [name, index] of tableIndexes) {
    if (!Object.hasOwn(indexes, name))
      return `table "${name}" is not known to this release: a later one wrote it; upgrade this server`;
    indexes[name] = index;
  }
  store.lastApplied = lastApplied;
  store.indexShift = indexShift;
  // A digest's lanes are signed.
  store.digest.a = digest[0] | 0;
  store.digest.b = digest[1] | 0;
  decoder.rowCounts = rowCounts;
  decoder.place = 0;
  return undefined;
}

/** The store, once all bytes were taken; or what is missing. */
export function finishRows({ store, place, held, rowCounts }: RowDecoder): Decoded<Store> {
  if (place < 0) return { ok: false, error: "there is no whole row" };
  if (held > 0) return { ok: false, error: "it ends within a row" };
  for (const { tag, name, rowCount } of SNAPSHOT_TABLES) {
    const announced = rowCounts.find(([each]) => each === tag)?.[1] ?? 0;
    const count = rowCount(store);
    if (count !== announced)
      return { ok: false, error: `${name} has ${count} rows, but the head announces ${announced}` };
  }
  return { ok: true, value: store };
}
