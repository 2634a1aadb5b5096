// JSON as Go's encoding/json reads it: strict, with its error texts, which users of Consul know and scripts match on.
// Works on bytes, since Go names the offending byte. Numbers keep their text: JSON.parse would round a 64-bit flag.

import { type ByteString, textOf, utf8 } from "./bytes.ts";
import type { Parsed, RawMap, RawNumber, RawValue } from "./raw-value.ts";

/** Nested values past this are refused, so that no file can exhaust the stack. Go's own limit is 10,000. */
const MAX_DEPTH = 1000;

/** A field of the outermost object, as it came: names may repeat. */
export interface Member {
  readonly name: string;
  readonly value: RawValue;
  /** The value's own bytes. */
  readonly raw: ByteString;
}

interface Cursor {
  readonly text: ByteString;
  at: number;
  depth: number;
  /** Of the outermost object, where somebody wants to know. */
  readonly members: Member[] | undefined;
  /** What Go says where the text ends before the value does. */
  readonly endError: string;
}

/** Carries a syntax error from the depth of the parser to `parseJson`, which alone catches it. */
class SyntaxFault extends Error {}

/** One whole JSON value, or Go's error text. Of a repeated key the last one counts. */
export function parseJson(text: ByteString): Parsed {
  const endError = "unexpected end of JSON input";
  const cursor: Cursor = { text, at: 0, depth: 0, members: undefined, endError };
  return caught(() => {
    const value = parseValue(cursor);
    skipSpace(cursor);
    if (cursor.at < text.length) fail(cursor, "after top-level value");
    return { ok: true, value };
  });
}

/**
 * The first JSON value of a text, as Go's json.Decoder reads a request's body: what follows it is not looked at.
 * @returns With the members of an object in the order in which they came; none for another value.
 */
export function parseBody(
  text: ByteString,
):
  | { readonly ok: true; readonly value: RawValue; readonly members: readonly Member[] }
  | { readonly ok: false; readonly error: string } {
  const members: Member[] = [];
  const cursor: Cursor = { text, at: 0, depth: 0, members, endError: "unexpected EOF" };
  skipSpace(cursor);
  if (cursor.at === text.length) return { ok: false, error: "EOF" };
  return caught(() => ({ ok: true, value: parseValue(cursor), members }));
}

function caught<T>(parse: () => T): T | { readonly ok: false; readonly error: string } {
  try {
    return parse();
  } catch (fault) {
    if (fault instanceof SyntaxFault) return { ok: false, error: fault.message };
    throw fault;
  }
}

/** At the end of the text, where blanks would be allowed, Go says so; elsewhere it names the byte. */
function fail(cursor: Cursor, context: string): never {
  if (cursor.at >= cursor.text.length) throw new SyntaxFault(cursor.endError);
  throw new SyntaxFault(`invalid character ${quoteByte(cursor.text.charAt(cursor.at))} ${context}`);
}

/** Inside a word or number Go closes a whole text that ends too early with a blank, and then complains of the blank. */
function failInside(cursor: Cursor, context: string): never {
  if (cursor.at >= cursor.text.length && cursor.members === undefined)
    throw new SyntaxFault(`invalid character ' ' ${context}`);
  return fail(cursor, context);
}

function quoteByte(byte: string): string {
  if (byte === "'") return "'\\''";
  if (byte === '"') return "'\"'";
  if (/[ -[\]-~\xa1-\xff]/.test(byte)) return `'${byte}'`;
  const code = byte.charCodeAt(0).toString(16);
  return `'${ESCAPED[byte] ?? (byte < "\x80" ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`)}'`;
}

const ESCAPED: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

function skipSpace(cursor: Cursor): void {
  const { text } = cursor;
  let { at } = cursor;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    at++;
  }
  cursor.at = at;
}

function parseValue(cursor: Cursor): RawValue {
  skipSpace(cursor);
  const first = cursor.text.charAt(cursor.at);
  if (first === "{") return nested(cursor, parseObject);
  if (first === "[") return nested(cursor, parseArray);
  if (first === '"') return parseString(cursor);
  if (first === "t") return parseWord(cursor, "true", true);
  if (first === "f") return parseWord(cursor, "false", false);
  if (first === "n") return parseWord(cursor, "null", null);
  if (/[-0-9]/.test(first)) return parseNumber(cursor);
  return fail(cursor, "looking for beginning of value");
}

function nested<T>(cursor: Cursor, parse: (cursor: Cursor) => T): T {
  if (++cursor.depth > MAX_DEPTH) throw new SyntaxFault("exceeded max depth");
  cursor.at++;
  const value = parse(cursor);
  cursor.at++;
  cursor.depth--;
  return value;
}

function parseObject(cursor: Cursor): RawMap {
  const object = new Map<string, RawValue>();
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.at) === "}") return object;
  for (;;) {
    skipSpace(cursor);
    if (cursor.text.charAt(cursor.at) !== '"') fail(cursor, "looking for beginning of object key string");
    const key = parseString(cursor);
    skipSpace(cursor);
    if (cursor.text.charAt(cursor.at) !== ":") fail(cursor, "after object key");
    cursor.at++;
    skipSpace(cursor);
    const start = cursor.at;
    const value = parseValue(cursor);
    object.set(key, value);
    if (cursor.depth === 1)
      cursor.members?.push({ name: key, value, raw: cursor.text.slice(start, cursor.at) as ByteString });
    skipSpace(cursor);
    const next = cursor.text.charAt(cursor.at);
    if (next === "}") return object;
    if (next !== ",") fail(cursor, "after object key:value pair");
    cursor.at++;
  }
}

function parseArray(cursor: Cursor): readonly RawValue[] {
  const items: RawValue[] = [];
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.at) === "]") return items;
  for (;;) {
    items.push(parseValue(cursor));
    skipSpace(cursor);
    const next = cursor.text.charAt(cursor.at);
    if (next === "]") return items;
    if (next !== ",") fail(cursor, "after array element");
    cursor.at++;
  }
}

function parseWord<T>(cursor: Cursor, word: string, value: T): T {
  for (const letter of word) {
    if (cursor.text.charAt(cursor.at) !== letter)
      failInside(cursor, `in literal ${word} (expecting '${letter}')`);
    cursor.at++;
  }
  return value;
}

function parseNumber(cursor: Cursor): RawNumber {
  const start = cursor.at;
  if (cursor.text.charAt(cursor.at) === "-") cursor.at++;
  if (cursor.text.charAt(cursor.at) === "0") cursor.at++;
  else skipDigits(cursor, "in numeric literal");
  if (cursor.text.charAt(cursor.at) === ".") {
    cursor.at++;
    skipDigits(cursor, "after decimal point in numeric literal");
  }
  if (/[eE]/.test(cursor.text.charAt(cursor.at))) {
    cursor.at++;
    if (/[-+]/.test(cursor.text.charAt(cursor.at))) cursor.at++;
    skipDigits(cursor, "in exponent of numeric literal");
  }
  const text = cursor.text.slice(start, cursor.at);
  return { goType: "float64", text, value: Number(text) };
}

/** One digit or more. */
function skipDigits(cursor: Cursor, context: string): void {
  if (!/[0-9]/.test(cursor.text.charAt(cursor.at))) failInside(cursor, context);
  while (/[0-9]/.test(cursor.text.charAt(cursor.at))) cursor.at++;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Nothing that would have to be looked at: ASCII without a control character or an escape. */
const PLAIN = /^[ !#-[\]-\x7f]*$/;

function parseString(cursor: Cursor): string {
  // Nearly all are plain, and need no more than a look for the quote.
  const end = cursor.text.indexOf('"', cursor.at + 1);
  const plain = end < 0 ? "\\" : cursor.text.slice(cursor.at + 1, end);
  if (PLAIN.test(plain)) {
    cursor.at = end + 1;
    return plain;
  }
  return parseStrangeString(cursor);
}

function parseStrangeString(cursor: Cursor): string {
  let value = "";
  cursor.at++;
  for (;;) {
    const start = cursor.at;
    while (/[^"\\\0-\x1f]/.test(cursor.text.charAt(cursor.at))) cursor.at++;
    value += textOf(cursor.text.slice(start, cursor.at) as ByteString);
    const next = cursor.text.charAt(cursor.at);
    if (next === '"') {
      cursor.at++;
      return textOf(utf8(value)); // Escapes can spell half a surrogate pair, which is no character.
    }
    if (next !== "\\") fail(cursor, "in string literal");
    cursor.at++;
    value += parseEscape(cursor);
  }
}

function parseEscape(cursor: Cursor): string {
  const letter = cursor.text.charAt(cursor.at);
  if (letter !== "u") {
    const found = ESCAPES[letter];
    if (found === undefined) failInside(cursor, "in string escape code");
    cursor.at++;
    return found ?? "";
  }
  cursor.at++;
  const start = cursor.at;
  while (cursor.at < start + 4) {
    if (!/[0-9a-fA-F]/.test(cursor.text.charAt(cursor.at)))
      failInside(cursor, "in \\u hexadecimal character escape");
    cursor.at++;
  }
  return String.fromCharCode(Number.parseInt(cursor.text.slice(start, cursor.at), 16));
}
