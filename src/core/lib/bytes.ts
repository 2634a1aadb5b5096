// Bytes as strings and strings as bytes. Keys and values of the store are ByteStrings: JavaScript strings whose every
// code unit is one byte (0…255). V8 keeps such a string at one byte a character, compares it as memory, and it cannot be
// changed behind our back; so it is the smallest immutable byte sequence that JavaScript has, its order is Consul's order
// (bytewise), and a prefix of the string is a prefix of the bytes.
//
// Where the host has Node's Buffer its conversions are used: they are pure functions, equal to the loops beside them
// (test/core/lib/bytes.test.ts proves it on both), only many times faster. No other file in core knows of it.

declare const byteString: unique symbol;

/** A string of bytes: each code unit is 0…255. Compares and sorts bytewise. */
export type ByteString = string & { readonly [byteString]: true };

interface NativeView {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
  compare(target: Uint8Array, targetStart: number, targetEnd: number, start: number, end: number): number;
  latin1Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number): number;
  toString(encoding: string): string;
}
interface NativeBuffer {
  new (...none: never): NativeView & Uint8Array;
  from(bytes: Uint8Array): Uint8Array;
  from(text: string, encoding: string): NativeView;
  from(memory: ArrayBufferLike, offset: number, length: number): NativeView;
}
const native = (globalThis as unknown as { Buffer?: NativeBuffer }).Buffer;

/** The functions that have a native twin, in plain JavaScript: the fallback and the yardstick of the property tests. */
export const portable: {
  byteStringOf(bytes: Uint8Array): ByteString;
  bytesOf(text: ByteString): Uint8Array;
  utf8(text: string): ByteString;
  textOf(bytes: ByteString): string;
  base64(bytes: ByteString): string;
  /** @param text Standard base64 with padding. */
  fromBase64(text: string): ByteString;
} = {
  byteStringOf(bytes) {
    let text = "";
    // Short ones, as most keys are: spreading walks an iterator, and costs ten times as much.
    if (bytes.length < 16) {
      for (let at = 0; at < bytes.length; at++) text += String.fromCharCode(bytes[at] as number);
      return text as ByteString;
    }
    for (let at = 0; at < bytes.length; at += 8192)
      text += String.fromCharCode(...bytes.subarray(at, Math.min(at + 8192, bytes.length)));
    return text as ByteString;
  },
  bytesOf(text) {
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes;
  },
  utf8(text) {
    let out = "";
    for (const character of text) {
      let code = character.codePointAt(0) as number;
      if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd; // A lone surrogate has no UTF-8; Node writes this too.
      if (code < 0x80) out += character;
      else if (code < 0x800) out += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63));
      else if (code < 0x10000)
        out += String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      else
        out += String.fromCharCode(
          0xf0 | (code >> 18),
          0x80 | ((code >> 12) & 63),
          0x80 | ((code >> 6) & 63),
          0x80 | (code & 63),
        );
    }
    return out as ByteString;
  },
  textOf(bytes) {
    let out = "";
    let at = 0;
    while (at < bytes.length) {
      const { code, length } = decodeRune(bytes, at);
      out += code < 0 ? "\ufffd" : String.fromCodePoint(code);
      at += code < 0 ? maximalSubpart(bytes, at) : length;
    }
    return out;
  },
  base64(bytes) {
    let out = "";
    for (let at = 0; at < bytes.length; at += 3) {
      const a = bytes.charCodeAt(at);
      const b = at + 1 < bytes.length ? bytes.charCodeAt(at + 1) : 0;
      const c = at + 2 < bytes.length ? bytes.charCodeAt(at + 2) : 0;
      out += BASE64.charAt(a >> 2) + BASE64.charAt(((a & 3) << 4) | (b >> 4));
      out += at + 1 < bytes.length ? BASE64.charAt(((b & 15) << 2) | (c >> 6)) : "=";
      out += at + 2 < bytes.length ? BASE64.charAt(c & 63) : "=";
    }
    return out;
  },
  fromBase64(text) {
    let out = "";
    for (let at = 0; at < text.length; at += 4) {
      const [a, b, c, d] = [0, 1, 2, 3].map((k) => Math.max(0, BASE64.indexOf(text.charAt(at + k)))) as [
        number,
        number,
        number,
        number,
      ];
      const bytes = String.fromCharCode((a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d);
      out += bytes.slice(0, text.charAt(at + 2) === "=" ? 1 : text.charAt(at + 3) === "=" ? 2 : 3);
    }
    return out as ByteString;
  },
};

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bytes as an immutable string of bytes. */
/** @param from Where to begin. */
export function byteStringOf(bytes: Uint8Array, from: number = 0): ByteString {
  if (native === undefined || bytes.length < 8)
    return portable.byteStringOf(from === 0 ? bytes : bytes.subarray(from));
  const view =
    bytes instanceof native ? bytes : native.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.latin1Slice(from) as ByteString;
}

/** The same bytes, for somebody to change. Where Node's Buffer is, short copies share its pool: memory of their own costs more than they. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return native === undefined ? bytes.slice() : native.from(bytes);
}

/** What is longer has memory of its own. */
export const BRIEF_BYTES: number = 512;
const SHARED_BYTES = 8 << 10;
let shared: Uint8Array = new Uint8Array(SHARED_BYTES);
let sharedAt = 0;

/**
 * Zeros to be written over: for a message that is sent and forgotten. Memory of its own would cost a short one more than all
 * that is written into it, so many share one piece. Not for what is kept: it would keep its neighbours.
 */
export function briefBytes(length: number): Uint8Array {
  if (length > BRIEF_BYTES) return new Uint8Array(length);
  if (sharedAt + length > SHARED_BYTES) {
    shared = new Uint8Array(SHARED_BYTES);
    sharedAt = 0;
  }
  sharedAt += length;
  return shared.subarray(sharedAt - length, sharedAt);
}

/** From so many characters on the native way is the shorter one: to set out on it costs as much as writing these. */
const NATIVE_WRITE_LENGTH = 96;

/** The same where there is a view already. */
const NATIVE_STEP_LENGTH = 48;

/** A fresh array of the bytes. */
export function bytesOf(text: ByteString): Uint8Array {
  if (native === undefined || text.length < NATIVE_WRITE_LENGTH) return portable.bytesOf(text);
  const bytes = new Uint8Array(text.length);
  native.from(bytes.buffer, 0, bytes.length).latin1Write(text);
  return bytes;
}

/**
 * Native functions want a view of theirs around the memory, which costs as much as they save on a few hundred bytes; so the
 * latest is kept for whoever goes through one long array in small steps: one that is read and one that is written, since
 * those who translate do both in turn.
 */
let latestRead: Viewed | undefined;
let latestWritten: Viewed | undefined;

interface Viewed {
  readonly bytes: Uint8Array;
  readonly view: NativeView;
}

function viewed(bytes: Uint8Array, { from }: NativeBuffer): Viewed {
  return { bytes, view: from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

function viewOf(bytes: Uint8Array, buffer: NativeBuffer): NativeView {
  if (latestRead?.bytes !== bytes) latestRead = viewed(bytes, buffer);
  return latestRead.view;
}

function viewToWrite(bytes: Uint8Array, buffer: NativeBuffer): NativeView {
  if (latestWritten?.bytes !== bytes) latestWritten = viewed(bytes, buffer);
  return latestWritten.view;
}

/** Up to here V8 puts characters together faster than it calls anything: most names are so short. */
const SHORT_LENGTH = 13;

/** Some of an array's bytes as a string of bytes. */
export function byteStringAt(bytes: Uint8Array, start: number, end: number): ByteString {
  if (end - start < SHORT_LENGTH) {
    let text = "";
    for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
    return text as ByteString;
  }
  if (native === undefined) return portable.byteStringOf(bytes.subarray(start, end));
  return viewOf(bytes, native).latin1Slice(start, end) as ByteString;
}

/** Writes the text's bytes at a place of an array that has the room. */
export function writeByteStringAt(bytes: Uint8Array, at: number, text: ByteString): void {
  if (native === undefined || text.length < NATIVE_STEP_LENGTH) {
    for (let k = 0; k < text.length; k++) bytes[at + k] = text.charCodeAt(k);
  } else viewToWrite(bytes, native).latin1Write(text, at);
}

/** Whether bytes stand at a place of an array: those of `expected` in [from, to). False where there are not so many. */
export function isAt(
  bytes: Uint8Array,
  at: number,
  expected: Uint8Array,
  from: number = 0,
  to: number = expected.length,
): boolean {
  const length = to - from;
  const end = at + length;
  if (end > bytes.length) return false;
  if (native !== undefined && length >= NATIVE_STEP_LENGTH)
    return viewOf(bytes, native).compare(expected, from, to, at, end) === 0;
  for (let k = 0; k < length; k++) if (bytes[at + k] !== expected[from + k]) return false;
  return true;
}

/** Whether every character is below 0x80, so that the text, its UTF-8 and its ByteString are the same string. */
export function isAscii(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}

/** Out here: in a function it would be another object each time, and it is asked of nearly every text that is written. */
const BEYOND_ASCII = /[^\0-\x7f]/;

/** The UTF-8 encoding of `text`. A lone surrogate becomes U+FFFD. */
export function utf8(text: string): ByteString {
  if (isAscii(text)) return text as unknown as ByteString;
  if (native === undefined) return portable.utf8(text);
  return native.from(text, "utf8").latin1Slice() as ByteString;
}

/** The UTF-8 encoding of `text` as bytes. */
export function utf8Bytes(text: string): Uint8Array {
  return bytesOf(utf8(text));
}

/** The text whose UTF-8 this is; each maximal ill-formed part becomes one U+FFFD (WHATWG Encoding, as Node does). */
export function textOf(bytes: ByteString): string {
  if (isAscii(bytes)) return bytes;
  if (native === undefined) return portable.textOf(bytes);
  return native.from(bytes, "latin1").toString("utf8");
}

/** The text whose UTF-8 these bytes are. */
export function textOfBytes(bytes: Uint8Array): string {
  return textOf(byteStringOf(bytes));
}

/** Standard base64 with padding (RFC 4648 §4). */
export function base64(bytes: ByteString): string {
  if (native === undefined) return portable.base64(bytes);
  return native.from(bytes, "latin1").toString("base64");
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** The bytes of standard base64 with padding, or undefined where it is none. */
export function decodeBase64(text: string): ByteString | undefined {
  if (!isBase64(text)) return undefined;
  if (native === undefined) return portable.fromBase64(text);
  return native.from(text, "base64").latin1Slice() as ByteString;
}

/** The same as an array. */
export function base64Bytes(text: string): Uint8Array | undefined {
  if (!isBase64(text)) return undefined;
  if (native === undefined) return bytesOf(portable.fromBase64(text));
  const { buffer, byteOffset, byteLength } = native.from(text, "base64");
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * One UTF-8 encoded character at `at`, judged as Go's unicode/utf8 does: overlong forms, surrogates and values past
 * U+10FFFF are ill-formed.
 * @returns `code` -1 and `length` 1 for an ill-formed byte.
 */
export function decodeRune(bytes: string, at: number): { code: number; length: number } {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { code: first, length: 1 };
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return { code: -1, length: 1 };
  let code = first & (0xff >> (length + 1));
  for (let k = 1; k < length; k++) {
    const next = bytes.charCodeAt(at + k);
    if ((next & 0xc0) !== 0x80) return { code: -1, length: 1 };
    code = (code << 6) | (next & 63);
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return { code: -1, length: 1 };
  return { code, length };
}

/** How many bytes of an ill-formed sequence one U+FFFD stands for (Unicode 15 §3.9, "maximal subpart"). */
function maximalSubpart(bytes: string, at: number): number {
  const first = bytes.charCodeAt(at);
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 1;
  let taken = 1;
  while (taken < length && at + taken < bytes.length) {
    const next = bytes.charCodeAt(at + taken);
    const low = taken > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = taken > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (next < low || next > high) break;
    taken++;
  }
  return taken;
}

const HEX = "0123456789abcdef";

/** Lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15);
  return out;
}

/** Bytewise equality. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** One array holding all parts in order. A single part is returned as it is, not copied. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Order of strings by code unit: bytewise for ByteStrings, and the same on every host, unlike localeCompare. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
