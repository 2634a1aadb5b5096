// The request target: percent-decoding, cleaning and re-encoding of paths as Go's net/url and path packages do them,
// since which paths exist, redirect or are refused is visible to every client (RFC 3986 §2.1, §5.2.4). Paths are
// ByteStrings: a key may be any bytes.

import { type ByteString, decodeRune } from "../lib/bytes.ts";
import { isPrintableRune } from "../lib/go-quote.ts";

export interface Target {
  /** Decoded; begins with "/". */
  readonly path: ByteString;
  /** Undecoded, without "?". */
  readonly rawQuery: string;
  /** Whether every character of the path is printable, as Go's unicode.IsPrint judges. */
  readonly printable: boolean;
  /** Whether the path is what cleanPath would make of it. */
  readonly clean: boolean;
}

const PERCENT = 0x25;
const SLASH = 0x2f;
const DOT = 0x2e;
/** What would end a line, or the request line's word, wherever it is written again. */
const CONTROL = /[\0-\x20\x7f]/;

/** Reads "/path?query" or "http://host/path?query". @returns undefined for what is neither, or is ill-encoded. */
export function readTarget(target: string): Target | undefined {
  const from = target.charCodeAt(0) === SLASH ? 0 : authorityEnd(target);
  if (from < 0) return undefined;
  const mark = target.indexOf("?", from);
  const end = mark < 0 ? target.length : mark;
  const rawQuery = mark < 0 ? "" : target.slice(mark + 1);
  if (CONTROL.test(rawQuery)) return undefined;
  const rawPath = target.slice(from, end);
  if (isPlain(rawPath)) return { path: rawPath as ByteString, rawQuery, printable: true, clean: true };
  const path = CONTROL.test(rawPath) ? undefined : percentDecode(rawPath);
  if (path === undefined) return undefined;
  return { path, rawQuery, printable: isPrintable(path), clean: cleanPath(path) === path };
}

/** Where the path of an absolute target begins, or -1 (RFC 9112 §3.2.2; a path must follow). */
function authorityEnd(target: string): number {
  const scheme = /^https?:\/\//i.exec(target);
  return scheme === null ? -1 : target.indexOf("/", scheme[0].length);
}

/** The common case, told in one pass: printable ASCII without escapes and without a segment that is empty or begins with a dot. */
function isPlain(path: string): boolean {
  let before = 0;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code <= 0x20 || code > 0x7e || code === PERCENT) return false;
    if (before === SLASH && (code === SLASH || code === DOT)) return false;
    before = code;
  }
  return true;
}

/** The bytes that `text` stands for, or undefined when a "%" is not followed by two hexadecimal digits. */
export function percentDecode(text: string): ByteString | undefined {
  if (!text.includes("%")) return isBytes(text) ? (text as ByteString) : undefined;
  let out = "";
  let from = 0;
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", from)) {
    const high = hexDigit(text.charCodeAt(at + 1));
    const low = hexDigit(text.charCodeAt(at + 2));
    if (high < 0 || low < 0) return undefined;
    out += text.slice(from, at) + String.fromCharCode(high * 16 + low);
    from = at + 3;
  }
  out += text.slice(from);
  return isBytes(out) ? (out as ByteString) : undefined;
}

/** Nothing above 0xff: what an adapter decodes as latin1 is always so; this keeps the promise for whoever does not. */
function isBytes(text: string): boolean {
  return !/[^\0-\xff]/.test(text);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

/** Go's path.Clean, which keeps the slash at the end: no empty, "." or ".." segments. `path` begins with "/". */
export function cleanPath(path: ByteString): ByteString {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") kept.pop();
    else kept.push(segment);
  }
  const clean = `/${kept.join("/")}`;
  return (path.endsWith("/") && clean !== "/" ? `${clean}/` : clean) as ByteString;
}

/** What Go's url.URL prints for a path: everything escaped but the unreserved and most of the sub-delimiters. */
export function encodePath(path: ByteString): string {
  return path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@]/g, percentEncode);
}

/** "%XX" of a character below 0x100. */
export function percentEncode(character: string): string {
  const code = character.charCodeAt(0);
  return `%${code < 16 ? "0" : ""}${code.toString(16).toUpperCase()}`;
}

/** Whether all of the UTF-8 is printable. An ill-formed byte counts as U+FFFD, which is. */
function isPrintable(path: ByteString): boolean {
  for (let at = 0; at < path.length; ) {
    const { code, length } = decodeRune(path, at);
    if (code >= 0 && !isPrintableRune(code)) return false;
    at += length;
  }
  return true;
}
