// JSON the way Go's encoding/json prints it: which characters are escaped, how it is indented, sorted names, null for
// what is absent. Everything here is UTF-8 in ByteStrings, ready for the socket.

import type { Json } from "../api/response.ts";
import { type ByteString, compareStrings, decodeRune, utf8 } from "../lib/bytes.ts";
import type { Labels } from "../model/catalog.ts";

/** All that Go leaves alone: printable ASCII and DEL without the quote, the backslash and the three of HTML. */
const PLAIN = /^[ !#-%'-;=?-[\]-\x7f]*$/;

/** A JSON string of bytes that ought to be UTF-8; each ill-formed byte is printed as \ufffd. */
export function jsonBytes(bytes: ByteString): string {
  return PLAIN.test(bytes) ? `"${bytes}"` : `"${escaped(bytes)}"`;
}

/** A JSON string of text. */
export function jsonText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : jsonBytes(utf8(text));
}

function escaped(bytes: ByteString): string {
  let out = "";
  for (let at = 0; at < bytes.length; ) {
    const { code, length } = decodeRune(bytes, at);
    out += escapedRune(code, bytes.slice(at, at + length));
    at += length;
  }
  return out;
}

function escapedRune(code: number, bytes: string): string {
  if (code < 0) return "\\ufffd";
  if (code === 0x22 || code === 0x5c) return `\\${bytes}`;
  if (code === 0x0a) return "\\n";
  if (code === 0x0d) return "\\r";
  if (code === 0x09) return "\\t";
  // <, > and & so that the text is harmless inside HTML; U+2028 and U+2029 since JavaScript took them for line ends.
  if (code < 0x20 || code === 0x3c || code === 0x3e || code === 0x26 || code === 0x2028 || code === 0x2029)
    return `\\u${code.toString(16).padStart(4, "0")}`;
  return bytes;
}

/** A finite float. Go and JavaScript write the same digits, but for the sign of nothing. */
export function jsonNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A list; the items are JSON already. */
export function jsonList(items: readonly string[]): string {
  return `[${items.join(",")}]`;
}

/** A list of texts. */
export function jsonTexts(texts: readonly string[]): string {
  return jsonList(texts.map(jsonText));
}

/** An object whose values are JSON already, in the order given; undefined ones are left out. */
export function jsonObject(fields: readonly (readonly [name: string, json: string | undefined])[]): string {
  let out = "";
  for (const [name, json] of fields)
    if (json !== undefined) out += `${out === "" ? "" : ","}${jsonText(name)}:${json}`;
  return `{${out}}`;
}

/** A map of strings, sorted by name; null where there is none. */
export function jsonLabels(labels: Labels): string {
  return labels === null ? "null" : jsonMap(new Map(labels));
}

/** A map of strings, sorted by the bytes of the names as Go sorts them. */
export function jsonMap(map: ReadonlyMap<string, string>): string {
  const sorted = [...map].map(([name, value]) => [utf8(name), value] as const);
  sorted.sort((a, b) => compareStrings(a[0], b[0]));
  return `{${sorted.map(([name, value]) => `${jsonBytes(name)}:${jsonText(value)}`).join(",")}}`;
}

/** Any value; names of objects are sorted, as Go sorts its maps. */
export function jsonValue(value: Json): string {
  if (typeof value === "string") return jsonText(value);
  if (typeof value === "object" && value !== null) {
    if (isList(value)) return jsonList(value.map(jsonValue));
    const names = Object.keys(value).sort((a, b) => compareStrings(utf8(a), utf8(b)));
    return jsonObject(names.map((name) => [name, jsonValue(value[name] ?? null)]));
  }
  return String(value);
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

/** Compact JSON spread over lines, four spaces a level. Empty lists and objects stay closed, as Go's Indent leaves them. */
export function indentJson(compact: string): string {
  let out = "";
  let depth = 0;
  let from = 0;
  for (let at = 0; at < compact.length; at++) {
    switch (compact.charCodeAt(at)) {
      case 0x22: // A string: on to its closing quote.
        at = stringEnd(compact, at);
        break;
      case 0x5b:
      case 0x7b: {
        const next = compact.charCodeAt(at + 1);
        if (next === 0x5d || next === 0x7d) at++;
        else {
          depth++;
          out += compact.slice(from, at + 1) + newLine(depth);
          from = at + 1;
        }
        break;
      }
      case 0x5d:
      case 0x7d:
        depth--;
        out += compact.slice(from, at) + newLine(depth);
        from = at;
        break;
      case 0x2c:
        out += compact.slice(from, at + 1) + newLine(depth);
        from = at + 1;
        break;
      case 0x3a:
        out += `${compact.slice(from, at + 1)} `;
        from = at + 1;
    }
  }
  return out + compact.slice(from);
}

function newLine(depth: number): string {
  return `\n${"    ".repeat(depth)}`;
}

/** Where the string that begins at `start` has its closing quote. */
function stringEnd(json: string, start: number): number {
  let at = start;
  do at = json.indexOf('"', at + 1);
  while (at >= 0 && isEscaped(json, at));
  return at < 0 ? json.length : at;
}

/** Whether an odd number of backslashes stands before the quote. */
function isEscaped(json: string, quote: number): boolean {
  let at = quote;
  while (json.charCodeAt(at - 1) === 0x5c) at--;
  return (quote - at) % 2 === 1;
}
