// MessagePack in the forms that our own messages, rows and log entries use: text as str, bytes as bin, whole numbers in
// their shortest form and floats in eight bytes. Reading takes any form of a kind, trusts nothing, and says by exception
// what does not fit; only `decode` (schema.ts) catches that. What memberlist and Serf speak is gossip/msgpack.ts.

import { type ByteString, byteStringAt, isAscii, textOf, utf8, writeByteStringAt } from "../lib/bytes.ts";
import type { Uint64 } from "../model/kv.ts";
import {
  createReader,
  put,
  reserve,
  skipValue,
  type Writer,
  writeFloat,
  writeInteger,
  writeRest,
} from "./gossip/msgpack.ts";

/** Where a reader has come to. */
export interface Source {
  readonly bytes: Uint8Array;
  at: number;
}

/** What was read is not what was wanted: where, from the outside in, and what had been. */
export class Misfit extends Error {
  readonly wanted: string;
  path = "";

  constructor(wanted: string) {
    super();
    this.wanted = wanted;
  }

  override get message(): string {
    return `${this.path === "" ? "value" : this.path} is not ${this.wanted}`;
  }
}

export function misfit(wanted: string): never {
  throw new Misfit(wanted);
}

/** What went wrong within a part, told from the whole. @param part A field's name, or the place in a list in brackets. */
export function within(part: string, error: unknown): unknown {
  if (error instanceof Misfit)
    error.path =
      error.path === "" || error.path.startsWith("[") ? part + error.path : `${part}.${error.path}`;
  return error;
}

/** The byte that stands for no value in MessagePack. */
const NEVER_USED = 0xc1;
const NOTHING: Source = { bytes: Uint8Array.of(NEVER_USED), at: 0 };

/** What a field is read from that its record is too short for: it fits nothing but what may be missing. */
export function nothing(): Source {
  return NOTHING;
}

/** Steps over a nil, or over what is not there at all. */
export function isMissing(from: Source): boolean {
  return from === NOTHING || isNil(from);
}

/** Steps over a nil. */
export function isNil(from: Source): boolean {
  if (from.bytes[from.at] !== 0xc0) return false;
  from.at++;
  return true;
}

/** Whether all has been read. */
export function isAtEnd({ bytes, at }: Source): boolean {
  return at === bytes.length;
}

/** Moves on by `count` bytes, all of which must be there. @returns Where they begin. */
function take(from: Source, count: number): number {
  const { at } = from;
  if (at + count > from.bytes.length) return misfit("whole");
  from.at = at + count;
  return at;
}

/** A big-endian unsigned number of `count` bytes, at most 4. */
function unsigned(from: Source, count: number): number {
  const { bytes } = from;
  const start = take(from, count);
  let value = 0;
  for (let at = start; at < start + count; at++) value = value * 256 + (bytes[at] as number);
  return value;
}

function unsigned64(from: Source): bigint {
  const high = unsigned(from, 4);
  return (BigInt(high) << 32n) | BigInt(unsigned(from, 4));
}

/** Shared, as nothing else happens between its writing and its reading. */
const float = new DataView(new ArrayBuffer(8));

function readFloat(from: Source, bytes: 4 | 8): number {
  float.setUint32(0, unsigned(from, 4));
  if (bytes === 4) return float.getFloat32(0);
  float.setUint32(4, unsigned(from, 4));
  return float.getFloat64(0);
}

/** A number of any form, a bigint where that has eight bytes; undefined, and nothing is read, where there is none. */
export function readNumber(from: Source): Uint64 | undefined {
  const first = from.bytes[from.at];
  if (first === undefined || (first >= 0x80 && first < 0xca)) return undefined;
  from.at++;
  if (first < 0x80) return first;
  if (first >= 0xe0) return first - 0x100;
  switch (first) {
    case 0xca:
      return readFloat(from, 4);
    case 0xcb:
      return readFloat(from, 8);
    case 0xcc:
      return unsigned(from, 1);
    case 0xcd:
      return unsigned(from, 2);
    case 0xce:
      return unsigned(from, 4);
    case 0xcf:
      return unsigned64(from);
    case 0xd0:
      return (unsigned(from, 1) << 24) >> 24;
    case 0xd1:
      return (unsigned(from, 2) << 16) >> 16;
    case 0xd2:
      return unsigned(from, 4) | 0;
    case 0xd3:
      return BigInt.asIntN(64, unsigned64(from));
    default:
      from.at--;
      return undefined;
  }
}

export function readBool(from: Source): boolean | undefined {
  const first = from.bytes[from.at];
  if (first !== 0xc2 && first !== 0xc3) return undefined;
  from.at++;
  return first === 0xc3;
}

export function readText(from: Source): string | undefined {
  const length = textLength(from);
  if (length < 0) return undefined;
  const start = take(from, length);
  const raw = byteStringAt(from.bytes, start, start + length);
  return isAscii(raw) ? raw : textOf(raw);
}

/** -1, and nothing is read, where no text begins. */
function textLength(from: Source): number {
  const first = from.bytes[from.at] ?? NEVER_USED;
  if (first >= 0xa0 && first < 0xc0) {
    from.at++;
    return first & 31;
  }
  if (first < 0xd9 || first > 0xdb) return -1;
  from.at++;
  return unsigned(from, 1 << (first - 0xd9));
}

/** A view. */
export function readBytes(from: Source): Uint8Array | undefined {
  const length = bytesLength(from);
  if (length < 0) return undefined;
  const start = take(from, length);
  return from.bytes.subarray(start, start + length);
}

/** The same bytes as a string. */
export function readByteString(from: Source): ByteString | undefined {
  const length = bytesLength(from);
  if (length < 0) return undefined;
  const start = take(from, length);
  return byteStringAt(from.bytes, start, start + length);
}

/** -1, and nothing is read, where no bytes begin. */
function bytesLength(from: Source): number {
  const first = from.bytes[from.at] ?? NEVER_USED;
  if (first < 0xc4 || first > 0xc6) return -1;
  from.at++;
  return unsigned(from, 1 << (first - 0xc4));
}

/** How many items a list says it has: there may be fewer. -1, and nothing is read, where none begins. */
export function readCount(from: Source): number {
  const first = from.bytes[from.at] ?? NEVER_USED;
  if (first >= 0x90 && first < 0xa0) {
    from.at++;
    return first & 15;
  }
  if (first !== 0xdc && first !== 0xdd) return -1;
  from.at++;
  return unsigned(from, first === 0xdc ? 2 : 4);
}

/** Steps over values that nobody looks at. */
export function skip(from: Source, count: number): void {
  if (count <= 0) return;
  const reader = createReader(from.bytes, from.at);
  for (let left = count; left > 0 && reader.error === undefined; left--) skipValue(reader);
  if (reader.error !== undefined) misfit("MessagePack");
  from.at = reader.at;
}

/** What 32 bits hold is a whole number, of whatever sign; the rest of what a double holds, a float. */
export function writeNumber(out: Writer, value: Uint64): void {
  if (typeof value === "bigint") writeBigint(out, value);
  else if (value >>> 0 === value || value >> 0 === value) writeInteger(out, value);
  else writeFloat(out, value);
}

/** Signed while that is enough. */
function writeBigint(out: Writer, value: bigint): void {
  put(out, value < 1n << 63n ? 0xd3 : 0xcf, Number((value >> 32n) & 0xffffffffn), 4);
  const low = Number(value & 0xffffffffn);
  put(out, low >>> 24, low & 0xffffff, 3);
}

export function writeText(out: Writer, text: string): void {
  const raw = isAscii(text) ? (text as ByteString) : utf8(text);
  const { length } = raw;
  if (length < 32) put(out, 0xa0 | length, 0, 0);
  else putLength(out, 0xd9, length);
  reserve(out, length);
  writeByteStringAt(out.bytes, out.at, raw);
  out.at += length;
}

export function writeBytes(out: Writer, bytes: Uint8Array): void {
  putLength(out, 0xc4, bytes.length);
  writeRest(out, bytes);
}

export function writeByteString(out: Writer, text: ByteString): void {
  const { length } = text;
  putLength(out, 0xc4, length);
  reserve(out, length);
  writeByteStringAt(out.bytes, out.at, text);
  out.at += length;
}

/** @param head Of the form with a length of one byte; those with two and four follow. */
function putLength(out: Writer, head: number, length: number): void {
  if (length < 0x100) put(out, head, length, 1);
  else if (length < 0x10000) put(out, head + 1, length, 2);
  else put(out, head + 2, length, 4);
}
