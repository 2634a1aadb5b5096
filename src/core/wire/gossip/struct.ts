// Go structs as MessagePack maps: keys sorted bytewise, as Go's codec writes them, so that what we encode is what the
// original would send; read with keys in any order, unknown keys skipped, missing keys and nil as zero values. Knows
// kinds of fields and no message.

import { assert } from "../../lib/assert.ts";
import { compareStrings } from "../../lib/bytes.ts";
import type { Uint64 } from "../../model/kv.ts";
import type { Decoded } from "../schema.ts";
import {
  createReader,
  createWriter,
  failRead,
  type Reader,
  readArrayHeader,
  readBool,
  readBytes,
  readBytesInPlace,
  readFloat,
  readInteger,
  readMapHeader,
  readRawHeader,
  readText,
  skipValue,
  type Writer,
  writeArrayHeader,
  writeBool,
  writeByte,
  writeBytes,
  writeFloat,
  writeInteger,
  writeMapHeader,
  writeNil,
  writeRest,
  writeText,
  written,
} from "./msgpack.ts";

/** Items of one list or map. Far above any pool; so that a few megabytes of nothing do not become gigabytes of objects. */
export const MAX_ITEMS: number = 1 << 17;

/** How values of one kind are read and written. */
export interface Kind<T> {
  /** After a fault the reader carries it and the value means nothing. */
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
  /** The value of a field that its struct does not mention. */
  readonly zero: T;
}

/** A field: its key on the wire, its kind, and whether a zero value is left out (Go's "omitempty"). */
export type Field<T> = readonly [key: string, kind: Kind<T>, omitEmpty?: "omitempty"];

type Tag = { readonly type?: string };

/** The fields of T by our names; a field `type` tells the members of a union apart and is not on the wire. */
export type Fields<T> = { readonly [K in Exclude<keyof T, "type">]-?: Field<T[K]> };

interface Entry {
  readonly property: string;
  /** The key as it is on the wire, with its header byte. */
  readonly keyBytes: Uint8Array;
  readonly kind: Kind<unknown>;
  readonly omitEmpty: boolean;
}

/** Reads `bytes[start, end)` as one value; what follows it is ignored, as Go does. */
export function decodeKind<T>(
  kind: Kind<T>,
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Decoded<T> {
  const reader = createReader(bytes, start, end);
  const value = kind.read(reader);
  return reader.error === undefined ? { ok: true, value } : { ok: false, error: reader.error };
}

/** The value behind `head`, which is the message's type byte (or bytes). */
export function encodeKind<T>(kind: Kind<T>, value: T, ...head: readonly number[]): Uint8Array {
  const writer = createWriter();
  for (const byte of head) writeByte(writer, byte);
  kind.write(writer, value);
  return written(writer);
}

function unsignedKind(max: number, name: string): Kind<number> {
  return {
    zero: 0,
    read(reader) {
      const value = readInteger(reader);
      if (typeof value === "number" && value >= 0 && value <= max) return value;
      failRead(reader, `not a ${name}`);
      return 0;
    },
    write: writeInteger,
  };
}

export const u8: Kind<number> = unsignedKind(0xff, "uint8");
export const u16: Kind<number> = unsignedKind(0xffff, "uint16");
export const u32: Kind<number> = unsignedKind(0xffffffff, "uint32");
/** Go's int where only sizes and counts are sent. */
export const size: Kind<number> = unsignedKind(Number.MAX_SAFE_INTEGER, "size");

export const u64: Kind<Uint64> = {
  zero: 0,
  read(reader) {
    const value = readInteger(reader);
    if (value >= 0) return value;
    failRead(reader, "not a uint64");
    return 0;
  },
  write: writeInteger,
};

export const i64: Kind<Uint64> = {
  zero: 0,
  read(reader) {
    const value = readInteger(reader);
    if (typeof value === "number" || value < 2n ** 63n) return value;
    failRead(reader, "not an int64");
    return 0;
  },
  write: writeInteger,
};

export const f64: Kind<number> = { zero: 0, read: readFloat, write: writeFloat };
export const bool: Kind<boolean> = { zero: false, read: readBool, write: writeBool };
export const text: Kind<string> = { zero: "", read: readText, write: writeText };
/** Null is Go's nil, which is written unlike an empty slice. */
export const bytes: Kind<Uint8Array | null> = { zero: null, read: readBytes, write: writeBytes };

/** The same, but read in place: the value is a view of what it was read from, and not to be kept. */
export const bytesInPlace: Kind<Uint8Array | null> = {
  zero: null,
  read: readBytesInPlace,
  write: writeBytes,
};

function boundedCount(reader: Reader, count: number): number {
  if (count <= MAX_ITEMS) return count;
  failRead(reader, "too many items");
  return 0;
}

const NEVER = (): boolean => false;

/** A slice; null is Go's nil. */
export function list<T>(item: Kind<T>): Kind<readonly T[] | null> {
  return {
    zero: null,
    read(reader) {
      const count = boundedCount(reader, readArrayHeader(reader));
      if (count < 0) return null;
      const items: T[] = [];
      for (let k = 0; k < count && reader.error === undefined; k++) items.push(item.read(reader));
      return items;
    },
    write(writer, items) {
      if (items === null) return writeNil(writer);
      writeArrayHeader(writer, items.length);
      for (const each of items) item.write(writer, each);
    },
  };
}

/**
 * A map by name, in the order it came in: Go's is random, so ours may be any that is the same every time.
 * @param skipping Makes, for a reader, what steps over entries that need not be in the map (expected.ts).
 */
export function mapOf<T>(
  item: Kind<T>,
  skipping: (reader: Reader) => () => boolean = () => NEVER,
): Kind<ReadonlyMap<string, T>> {
  return {
    zero: new Map(),
    read(reader) {
      const count = boundedCount(reader, readMapHeader(reader));
      const map = new Map<string, T>();
      const skips = skipping(reader);
      for (let k = 0; k < count && reader.error === undefined; k++)
        if (!skips()) map.set(readText(reader), item.read(reader));
      return map;
    },
    write(writer, map) {
      writeMapHeader(writer, map.size);
      // Not `for … of`, which makes a pair for each: a push-pull has an entry of every member.
      map.forEach((value, name) => {
        writeText(writer, name);
        item.write(writer, value);
      });
    },
  };
}

/** A pointer: null is Go's nil. */
export function nullable<T>(inner: Kind<T>): Kind<T | null> {
  return {
    zero: null,
    read(reader) {
      if (reader.at >= reader.end || reader.bytes[reader.at] !== 0xc0) return inner.read(reader);
      reader.at++;
      return null;
    },
    write: (writer, value) => (value === null ? writeNil(writer) : inner.write(writer, value)),
  };
}

/** A struct. `base` holds what every value of it starts with: its `type`, or nothing. */
export function struct<T extends object>(base: Tag, fields: Fields<T>): Kind<T> {
  const entries: Entry[] = Object.entries(fields as Readonly<Record<string, Field<unknown>>>)
    .sort((a, b) => compareStrings(a[1][0], b[1][0]))
    .map(([property, [key, kind, omit]]) => {
      assert(key.length < 32, "keys are fixraws");
      return { property, keyBytes: encodeKind(text, key), kind, omitEmpty: omit !== undefined };
    });
  const zero: Record<string, unknown> = { ...base };
  for (const entry of entries) zero[entry.property] = entry.kind.zero;
  return {
    zero: zero as T,
    read: (reader) => readStruct(reader, entries, { ...zero }) as T,
    write: (writer, value) => writeStruct(writer, entries, value as Readonly<Record<string, unknown>>),
  };
}

function readStruct(
  reader: Reader,
  entries: readonly Entry[],
  out: Record<string, unknown>,
): Record<string, unknown> {
  const count = readMapHeader(reader);
  let expected = 0;
  for (let k = 0; k < count && reader.error === undefined; k++) {
    const index = takeKey(reader, entries, expected);
    const entry = entries[index];
    if (entry === undefined) skipValue(reader);
    else {
      out[entry.property] = entry.kind.read(reader);
      expected = index + 1;
    }
  }
  return out;
}

/**
 * Takes a key and finds its entry, -1 for one we do not know. Peers sort their keys as we do, so the one behind the
 * last is looked at first, and no string is made of any.
 */
function takeKey(reader: Reader, entries: readonly Entry[], expected: number): number {
  const start = reader.at;
  const length = readRawHeader(reader);
  if (reader.error !== undefined) return -1;
  const end = reader.at + Math.max(0, length);
  // One header byte in front of the key; a longer header belongs to a key that is none of ours, or oddly encoded.
  const header = reader.at - start;
  reader.at = end;
  if (header !== 1) return -1;
  for (let k = 0; k < entries.length; k++) {
    const index = (expected + k) % entries.length;
    if (isKey(reader.bytes, start, end, (entries[index] as Entry).keyBytes)) return index;
  }
  return -1;
}

function isKey(bytes: Uint8Array, start: number, end: number, key: Uint8Array): boolean {
  if (end - start !== key.length) return false;
  for (let k = 0; k < key.length; k++) if (bytes[start + k] !== key[k]) return false;
  return true;
}

function writeStruct(
  writer: Writer,
  entries: readonly Entry[],
  value: Readonly<Record<string, unknown>>,
): void {
  let shown = 0;
  for (const entry of entries) if (isShown(entry, value[entry.property])) shown++;
  writeMapHeader(writer, shown);
  for (const entry of entries) {
    const field = value[entry.property];
    if (!isShown(entry, field)) continue;
    writeRest(writer, entry.keyBytes);
    entry.kind.write(writer, field);
  }
}

function isShown({ omitEmpty }: Entry, value: unknown): boolean {
  if (!omitEmpty) return true;
  if (value instanceof Uint8Array) return value.length > 0;
  return value !== null && value !== 0 && value !== "";
}
