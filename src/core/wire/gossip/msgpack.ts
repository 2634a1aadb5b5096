// MessagePack as memberlist and Serf speak it: the specification of before str8 and bin existed. Strings and bytes are
// both "raw" (fixraw, raw16, raw32), whole numbers take their smallest unsigned form. Knows no message. Reading trusts
// nothing: the first fault is kept in the reader, which from there on yields nothing but zeroes until its owner looks,
// so that no value read from a socket can throw or keep us busy.

import {
  BRIEF_BYTES,
  type ByteString,
  briefBytes,
  byteStringOf,
  isAscii,
  textOf,
  utf8,
  utf8Bytes,
  writeByteStringAt,
} from "../../lib/bytes.ts";
import type { Uint64 } from "../../model/kv.ts";

/** The error of bytes that end inside a value: with more of them it might have been read. */
export const TRUNCATED = "truncated";

/** Values nested deeper are refused: the deepest that any peer sends (events in a push-pull) is four. */
const MAX_DEPTH = 16;

export interface Reader {
  readonly bytes: Uint8Array;
  /** Next byte to be read. */
  at: number;
  readonly end: number;
  /** What was wrong first; undefined while all is well. */
  error: string | undefined;
  /** After TRUNCATED: how many bytes, counted from the start of `bytes`, the value that broke off needs at least. */
  wanted: number;
}

export function createReader(bytes: Uint8Array, start: number = 0, end: number = bytes.length): Reader {
  return { bytes, at: start, end, error: undefined, wanted: 0 };
}

/** Notes the first fault and moves to the end, so that loops over what is left stop. */
export function failRead(reader: Reader, error: string): void {
  reader.error ??= error;
  reader.at = reader.end;
}

/** Whether `count` more bytes are there. */
function has(reader: Reader, count: number): boolean {
  if (count <= reader.end - reader.at) return true;
  if (reader.error === undefined) reader.wanted = reader.at + count;
  failRead(reader, TRUNCATED);
  return false;
}

/** A big-endian unsigned number of `count` bytes, at most 4; 0 when they are not there. */
function unsigned(reader: Reader, count: number): number {
  if (!has(reader, count)) return 0;
  let value = 0;
  for (let k = 0; k < count; k++) value = value * 256 + (reader.bytes[reader.at++] as number);
  return value;
}

/** A number while it is exact, else a bigint. */
function exact(value: bigint): Uint64 {
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}

function unsigned64(reader: Reader): bigint {
  const high = unsigned(reader, 4);
  return (BigInt(high) << 32n) | BigInt(unsigned(reader, 4));
}

/** A whole number in any of its encodings; nil is 0. Floats are refused, as Go's decoder does. */
export function readInteger(reader: Reader): Uint64 {
  const first = unsigned(reader, 1);
  if (first < 0x80) return first;
  if (first >= 0xe0) return first - 0x100;
  switch (first) {
    case 0xc0:
      return 0;
    case 0xcc:
      return unsigned(reader, 1);
    case 0xcd:
      return unsigned(reader, 2);
    case 0xce:
      return unsigned(reader, 4);
    case 0xcf:
      return exact(unsigned64(reader));
    case 0xd0:
      return (unsigned(reader, 1) << 24) >> 24;
    case 0xd1:
      return (unsigned(reader, 2) << 16) >> 16;
    case 0xd2:
      return unsigned(reader, 4) | 0;
    case 0xd3:
      return exact(BigInt.asIntN(64, unsigned64(reader)));
    default:
      failRead(reader, "not a whole number");
      return 0;
  }
}

/** Where the bytes of a float are looked at: shared, as nothing else happens between its writing and its reading. */
const floatView = new DataView(new ArrayBuffer(8));

/** A float of either size, or a whole number; nil is 0. */
export function readFloat(reader: Reader): number {
  const first = reader.bytes[reader.at];
  if (reader.at >= reader.end || (first !== 0xca && first !== 0xcb)) return Number(readInteger(reader));
  reader.at++;
  const high = unsigned(reader, 4);
  floatView.setUint32(0, high);
  if (first === 0xca) return floatView.getFloat32(0);
  floatView.setUint32(4, unsigned(reader, 4));
  return reader.error === undefined ? floatView.getFloat64(0) : 0;
}

/** False for nil. */
export function readBool(reader: Reader): boolean {
  const first = unsigned(reader, 1);
  if (first !== 0xc2 && first !== 0xc3 && first !== 0xc0) failRead(reader, "not a boolean");
  return first === 0xc3;
}

/**
 * The length of a raw (or, from newer peers, str or bin) whose bytes begin at `reader.at` and are all there; -1 for nil.
 */
export function readRawHeader(reader: Reader): number {
  const length = rawLength(reader, unsigned(reader, 1));
  return length <= 0 || has(reader, length) ? length : 0;
}

function rawLength(reader: Reader, first: number): number {
  if (first >= 0xa0 && first < 0xc0) return first & 31;
  switch (first) {
    case 0xc0:
      return -1;
    case 0xc4:
    case 0xd9:
      return unsigned(reader, 1);
    case 0xc5:
    case 0xda:
      return unsigned(reader, 2);
    case 0xc6:
    case 0xdb:
      return unsigned(reader, 4);
    default:
      failRead(reader, "not a string or bytes");
      return 0;
  }
}

/** A copy of the bytes: what is decoded may be kept, and the packet it came in is somebody else's. Null for nil. */
export function readBytes(reader: Reader): Uint8Array | null {
  const length = readRawHeader(reader);
  if (length < 0) return null;
  const bytes = new Uint8Array(length);
  if (length > SHORT_BYTES) bytes.set(reader.bytes.subarray(reader.at, reader.at + length));
  else for (let k = 0; k < length; k++) bytes[k] = reader.bytes[reader.at + k] as number;
  reader.at += length;
  return bytes;
}

/** Up to here it is quicker to go byte by byte than to ask for a view: addresses, versions, keys of structs. */
const SHORT_BYTES = 24;

/** The same without copying: for who looks at them and keeps nothing. Longer copies are what a push-pull would cost most. */
export function readBytesInPlace(reader: Reader): Uint8Array | null {
  const length = readRawHeader(reader);
  if (length < 0) return null;
  reader.at += length;
  return reader.bytes.subarray(reader.at - length, reader.at);
}

/**
 * UTF-8 text; "" for nil. Ill-formed UTF-8 is refused: it has no text that would encode to the same bytes again, so a
 * name made of it would become another name when we pass it on.
 */
export function readText(reader: Reader): string {
  const length = readRawHeader(reader);
  if (length <= 0) return "";
  const start = reader.at;
  reader.at += length;
  const short = length < SHORT_TEXT ? shortAscii(reader.bytes, start, reader.at) : undefined;
  if (short !== undefined) return short;
  const raw = byteStringOf(reader.bytes.subarray(start, reader.at));
  if (isAscii(raw)) return raw;
  const text = textOf(raw);
  if (utf8(text) !== raw) failRead(reader, "not UTF-8");
  return text;
}

/** Up to here V8 puts characters together faster than it calls anything: most names are so short. */
const SHORT_TEXT = 13;

function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  for (let at = start; at < end; at++) {
    const code = bytes[at] as number;
    if (code >= 0x80) return undefined;
    text += String.fromCharCode(code);
  }
  return text;
}

/** How many items follow, each of one byte at least; -1 for nil. */
export function readArrayHeader(reader: Reader): number {
  const first = unsigned(reader, 1);
  if (first >= 0x90 && first < 0xa0) return countOf(reader, first & 15, 1);
  if (first === 0xdc) return countOf(reader, unsigned(reader, 2), 1);
  if (first === 0xdd) return countOf(reader, unsigned(reader, 4), 1);
  if (first === 0xc0) return -1;
  failRead(reader, "not an array");
  return 0;
}

/** How many pairs of key and value follow, each of two bytes at least; -1 for nil. */
export function readMapHeader(reader: Reader): number {
  const first = unsigned(reader, 1);
  if (first >= 0x80 && first < 0x90) return countOf(reader, first & 15, 2);
  if (first === 0xde) return countOf(reader, unsigned(reader, 2), 2);
  if (first === 0xdf) return countOf(reader, unsigned(reader, 4), 2);
  if (first === 0xc0) return -1;
  failRead(reader, "not a map");
  return 0;
}

/** A count that the bytes left could hold, so that nobody makes us allocate by announcing. */
function countOf(reader: Reader, count: number, leastBytes: number): number {
  return has(reader, count * leastBytes) ? count : 0;
}

/** Steps over one value of any kind, nested at most so deep. */
export function skipValue(reader: Reader, depth: number = 0, mostDepth: number = MAX_DEPTH): void {
  if (depth > mostDepth) return failRead(reader, "nested too deep");
  const first = reader.bytes[reader.at];
  if (reader.at >= reader.end || first === undefined) {
    has(reader, 1);
  } else if (first < 0x80 || first >= 0xe0 || first === 0xc0 || first === 0xc2 || first === 0xc3) {
    reader.at++;
  } else if (first < 0xa0 || (first >= 0xdc && first <= 0xdf)) {
    skipContainer(reader, first < 0x90 || first >= 0xde, depth, mostDepth);
  } else if (first < 0xc0 || (first >= 0xc4 && first <= 0xc6) || (first >= 0xd9 && first <= 0xdb)) {
    const length = readRawHeader(reader);
    reader.at += length;
  } else skipFixed(reader, first);
}

function skipContainer(reader: Reader, isMap: boolean, depth: number, mostDepth: number): void {
  const items = isMap ? 2 * readMapHeader(reader) : readArrayHeader(reader);
  for (let k = 0; k < items && reader.error === undefined; k++) skipValue(reader, depth + 1, mostDepth);
}

/** Bytes behind the first one, 0xca and on: floats, unsigned and signed numbers, extensions of a fixed length. */
const FIXED_BYTES = Uint8Array.of(4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17);
const FIRST_FIXED = 0xca;

/** Numbers, floats and extensions: their size follows from the first byte, or from the length behind it. */
function skipFixed(reader: Reader, first: number): void {
  reader.at++;
  const size = FIXED_BYTES[first - FIRST_FIXED] ?? extensionBytes(reader, first);
  if (has(reader, size)) reader.at += size;
}

function extensionBytes(reader: Reader, first: number): number {
  if (first >= 0xc7 && first <= 0xc9) return 1 + unsigned(reader, 1 << (first - 0xc7));
  failRead(reader, "not MessagePack");
  return 0;
}

/** Grows as it is written to. */
export interface Writer {
  bytes: Uint8Array;
  at: number;
}

const FIRST_BYTES = 1024;
/** Most messages are short, and memory for each would cost more than to write it: what one writer had, the next one gets. */
const SPARE_BYTES: number = 1 << 16;
let spare: Uint8Array | undefined;

/** @param bytes About how much will be written, where that is known to be much. */
export function createWriter(bytes: number = FIRST_BYTES): Writer {
  if (bytes > SPARE_BYTES) return { bytes: takeReturned(bytes), at: 0 };
  if (spare === undefined || spare.length < bytes) return { bytes: new Uint8Array(bytes), at: 0 };
  const writer = { bytes: spare, at: 0 };
  spare = undefined;
  return writer;
}

/** Memory of long messages that nobody looks at any more, by its length. */
const returned = new Map<number, ArrayBufferLike[]>();
const MOST_RETURNED = 64;

/**
 * Gives back the memory of a long message that was written here: another will be written into it. For a process with
 * thousands of members, whose push-pulls are gigabytes a second: to find out that they are not needed any more would take
 * the host longer than all else.
 */
export function giveBack({ buffer }: Uint8Array): void {
  if (buffer.byteLength <= SPARE_BYTES || !Number.isInteger(Math.log2(buffer.byteLength))) return;
  const equal = returned.get(buffer.byteLength) ?? [];
  returned.set(buffer.byteLength, equal);
  if (equal.length < MOST_RETURNED) equal.push(buffer);
}

/** Of a power of two, so that the next message, a little longer, has room in it too. */
function takeReturned(bytes: number): Uint8Array {
  const length = 2 ** Math.ceil(Math.log2(bytes));
  const again = returned.get(length)?.pop();
  return again === undefined ? new Uint8Array(length) : new Uint8Array(again);
}

const NOTHING = new Uint8Array(0);

/** What was written. The writer is empty again. */
export function written(writer: Writer): Uint8Array {
  const { bytes, at } = writer;
  writer.bytes = NOTHING;
  writer.at = 0;
  if (bytes.length > SPARE_BYTES) return bytes.subarray(0, at);
  spare = bytes;
  if (at > BRIEF_BYTES) return bytes.slice(0, at);
  const copy = briefBytes(at);
  for (let k = 0; k < at; k++) copy[k] = bytes[k] as number;
  return copy;
}

/** What mostly follows on something long. */
const AFTERWARDS_BYTES = 64;

/** Makes sure of room for so many bytes more. */
export function reserve(writer: Writer, count: number): void {
  if (writer.at + count <= writer.bytes.length) return;
  const grown = new Uint8Array(Math.max(2 * writer.bytes.length, writer.at + count + AFTERWARDS_BYTES));
  grown.set(writer.bytes.subarray(0, writer.at));
  writer.bytes = grown;
}

/** `head`, then `value` as a big-endian number of `count` bytes, at most 4. */
export function put(writer: Writer, head: number, value: number, count: number): void {
  reserve(writer, 1 + count);
  writer.bytes[writer.at++] = head;
  for (let shift = 8 * (count - 1); shift >= 0; shift -= 8) writer.bytes[writer.at++] = value >>> shift;
}

export function writeByte(writer: Writer, byte: number): void {
  put(writer, byte, 0, 0);
}

export function writeRest(writer: Writer, bytes: Uint8Array): void {
  const { length } = bytes;
  reserve(writer, length);
  if (length > SHORT_BYTES) writer.bytes.set(bytes, writer.at);
  else for (let k = 0; k < length; k++) writer.bytes[writer.at + k] = bytes[k] as number;
  writer.at += length;
}

export function writeNil(writer: Writer): void {
  writeByte(writer, 0xc0);
}

export function writeBool(writer: Writer, value: boolean): void {
  writeByte(writer, value ? 0xc3 : 0xc2);
}

/** The smallest form: unsigned from 0 up, signed below. A bigint is for what a number cannot hold. */
export function writeInteger(writer: Writer, value: Uint64): void {
  if (typeof value === "bigint") write64(writer, value);
  else if (value >= 0) {
    if (value < 0x80) writeByte(writer, value);
    else if (value < 0x100) put(writer, 0xcc, value, 1);
    else if (value < 0x10000) put(writer, 0xcd, value, 2);
    else if (value < 0x100000000) put(writer, 0xce, value, 4);
    else write64(writer, BigInt(value));
  } else if (value >= -32) writeByte(writer, 0x100 + value);
  else if (value >= -0x80) put(writer, 0xd0, value, 1);
  else if (value >= -0x8000) put(writer, 0xd1, value, 2);
  else if (value >= -0x80000000) put(writer, 0xd2, value, 4);
  else write64(writer, BigInt(value));
}

function write64(writer: Writer, value: bigint): void {
  put(writer, value >= 0n ? 0xcf : 0xd3, Number((value >> 32n) & 0xffffffffn), 4);
  const low = Number(value & 0xffffffffn);
  put(writer, low >>> 24, low & 0xffffff, 3);
}

/** Always of eight bytes, as Go writes its float64. */
export function writeFloat(writer: Writer, value: number): void {
  floatView.setFloat64(0, value);
  const [high, low] = [floatView.getUint32(0), floatView.getUint32(4)];
  put(writer, 0xcb, high, 4);
  put(writer, low >>> 24, low & 0xffffff, 3);
}

export function writeRawHeader(writer: Writer, length: number): void {
  if (length < 32) writeByte(writer, 0xa0 | length);
  else if (length < 0x10000) put(writer, 0xda, length, 2);
  else put(writer, 0xdb, length, 4);
}

/** Null is written as nil, an empty array as the empty raw: Go tells the two apart, and so do its peers' bytes. */
export function writeBytes(writer: Writer, bytes: Uint8Array | null): void {
  if (bytes === null) return writeNil(writer);
  writeRawHeader(writer, bytes.length);
  writeRest(writer, bytes);
}

export function writeText(writer: Writer, text: string): void {
  if (!isAscii(text)) return writeBytes(writer, utf8Bytes(text));
  writeByteString(writer, text as ByteString);
}

/** Bytes that are kept as a string. */
export function writeByteString(writer: Writer, text: ByteString): void {
  const { length } = text;
  writeRawHeader(writer, length);
  reserve(writer, length);
  writeByteStringAt(writer.bytes, writer.at, text);
  writer.at += length;
}

export function writeArrayHeader(writer: Writer, count: number): void {
  if (count < 16) writeByte(writer, 0x90 | count);
  else if (count < 0x10000) put(writer, 0xdc, count, 2);
  else put(writer, 0xdd, count, 4);
}

export function writeMapHeader(writer: Writer, count: number): void {
  if (count < 16) writeByte(writer, 0x80 | count);
  else if (count < 0x10000) put(writer, 0xde, count, 2);
  else put(writer, 0xdf, count, 4);
}
