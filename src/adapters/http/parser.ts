// Reads the head of an HTTP/1.x request (RFC 9112 §2–§5) from the bytes that have come so far: a pure function, without
// sockets or state. It takes lines apart; what they amount to is judged in head.ts. Bare line feeds end a line too, as
// they do for Go's server.

import { type HeaderNames, takeHeader } from "./fields.ts";
import {
  BAD_REQUEST,
  type Draft,
  HEAD_TOO_LARGE,
  type Head,
  judge,
  type NotPlain,
  type Refusal,
} from "./head.ts";

/** More bytes are needed. */
export interface Incomplete {
  readonly kind: "incomplete";
}

export type ParsedHead = Head | Refusal | NotPlain | Incomplete;

/** 1 MiB and a little: what Go's server reads before it gives up. */
export const MAX_HEAD_BYTES: number = (1 << 20) + 4096;

const INCOMPLETE: Incomplete = { kind: "incomplete" };

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const PERCENT = 0x25;
const SLASH = 0x2f;
const COLON = 0x3a;
const QUESTION = 0x3f;
const DEL = 0x7f;

/** Bytes that a method and the name of a header are made of (RFC 9110 §5.6.2). */
const TOKEN = byteSet(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
const HEX = byteSet(/[0-9A-Fa-f]/);
/** Text without what no value may have: control characters but the tab. */
const VALUE = byteSet(/[\t -~\x80-\xff]/);

function byteSet(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));
}

function isIn(set: Uint8Array, byte: number | undefined): boolean {
  return byte !== undefined && set[byte] === 1;
}

/**
 * Reads the head that begins at `from` in the bytes up to `to`. Never throws. More bytes after a whole head change
 * nothing; neither do more bytes after what was refused.
 * @param names From headerNames: what goes into `Head.headers`.
 */
export function parseHead(bytes: Buffer, from: number, to: number, names: HeaderNames): ParsedHead {
  const lineFeed = bytes.indexOf(LF, from);
  if (lineFeed < 0 || lineFeed >= to) return incomplete(to - from);
  const draft = parseRequestLine(bytes, from, trimmedEnd(bytes, from, lineFeed));
  if (draft === undefined) return BAD_REQUEST;
  let at = lineFeed + 1;
  if (at < to && isFolded(bytes[at])) return BAD_REQUEST; // Nothing comes before it that could go on.
  while (at < to) {
    const blank = blankLineEnd(bytes, at, to);
    if (blank > 0) return blank - from > MAX_HEAD_BYTES ? HEAD_TOO_LARGE : judge(draft, blank);
    if (isFolded(bytes[at])) return parseUnfolded(bytes, from, to, names);
    const next = parseHeaderLine(draft, bytes, at, to, names);
    if (next === MALFORMED) return BAD_REQUEST;
    if (next === UNFINISHED) break;
    at = next;
  }
  return incomplete(to - from);
}

function incomplete(length: number): Incomplete | Refusal {
  return length > MAX_HEAD_BYTES ? HEAD_TOO_LARGE : INCOMPLETE;
}

/**
 * Where the head ends, or -1, looking only at line feeds from `from` on: for a head that comes in many pieces, so that
 * each byte is looked at once.
 */
export function findHeadEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < to; at = bytes.indexOf(LF, at + 1)) {
    const blank = blankLineEnd(bytes, at + 1, to);
    if (blank > 0) return blank;
  }
  return -1;
}

/** Where the empty line that begins at `at` ends, or -1 when none is there. */
function blankLineEnd(bytes: Uint8Array, at: number, to: number): number {
  const lineFeed = bytes[at] === CR ? at + 1 : at;
  return lineFeed < to && bytes[lineFeed] === LF ? lineFeed + 1 : -1;
}

/** The end of a line without its carriage return. */
function trimmedEnd(bytes: Uint8Array, from: number, lineFeed: number): number {
  return lineFeed > from && bytes[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed;
}

/** "GET /v1/kv/a?raw HTTP/1.1". @returns undefined when it is malformed. */
function parseRequestLine(bytes: Buffer, from: number, end: number): Draft | undefined {
  let at = from;
  while (at < end && isIn(TOKEN, bytes[at])) at++;
  if (at === from || bytes[at] !== SPACE) return undefined;
  const start = at + 1;
  const stop = targetEnd(bytes, start, end);
  if (stop < 0) return undefined;
  const version = versionOf(bytes.toString("latin1", stop + 1, end));
  if (version === undefined) return undefined;
  return {
    method: bytes.toString("latin1", from, at),
    target: bytes.toString("latin1", start, stop),
    major: version.major,
    old: version.minor === 0,
    hosts: 0,
    hostIsMalformed: false,
    nameIsInvalid: false,
    valueIsInvalid: false,
    expect: undefined,
    upgrade: false,
    close: false,
    keepAlive: false,
    lengths: 0,
    length: "",
    lengthIsInvalid: false,
    codings: 0,
    coding: "",
    acceptEncoding: undefined,
    headers: undefined,
  };
}

/** The space behind a target of no other spaces or control characters and no broken escapes in its path; -1 for none. */
function targetEnd(bytes: Buffer, start: number, end: number): number {
  let inQuery = false;
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === SPACE) break;
    if (byte < SPACE || byte === DEL) return -1;
    if (byte === QUESTION) inQuery = true;
    else if (byte === PERCENT && !inQuery && !(isIn(HEX, bytes[at + 1]) && isIn(HEX, bytes[at + 2])))
      return -1;
  }
  return at < end && isTarget(bytes, start, at) ? at : -1;
}

/** A path, the asterisk, or an absolute target of a scheme that we serve. */
function isTarget(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] === SLASH) return true;
  return /^(?:\*|https?:\/\/[^/]*\/.*)$/i.test(bytes.toString("latin1", start, end));
}

const HTTP_1_1 = { major: 1, minor: 1 };
const HTTP_1_0 = { major: 1, minor: 0 };

function versionOf(text: string): { major: number; minor: number } | undefined {
  if (text === "HTTP/1.1") return HTTP_1_1;
  if (text === "HTTP/1.0") return HTTP_1_0;
  const match = /^HTTP\/(\d{1,6})\.(\d{1,6})$/.exec(text);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

const MALFORMED = -1;
const UNFINISHED = -2;

/** Whether the line goes on where the one before it ended (obsolete line folding, RFC 9112 §5.2). */
function isFolded(first: number | undefined): boolean {
  return first === SPACE || first === TAB;
}

/** Parses a copy of the head with a space for each fold. */
function parseUnfolded(bytes: Buffer, from: number, to: number, names: HeaderNames): ParsedHead {
  const end = findHeadEnd(bytes, from, to);
  if (end < 0 || end - from > MAX_HEAD_BYTES) return incomplete(to - from);
  const unfolded = Buffer.from(bytes.toString("latin1", from, end).replace(/\r?\n[ \t]+/g, " "), "latin1");
  const parsed = parseHead(unfolded, 0, unfolded.length, names);
  return parsed.kind === "head" ? { ...parsed, end } : parsed;
}

/** Takes in the header line at `at`. @returns where the next line begins, MALFORMED or UNFINISHED. */
function parseHeaderLine(draft: Draft, bytes: Buffer, at: number, to: number, names: HeaderNames): number {
  let colon = at;
  while (colon < to && isIn(TOKEN, bytes[colon])) colon++;
  if (colon < to && bytes[colon] !== COLON) {
    // No name at all, or none that may be: the line is still taken in, since an earlier fault may be told instead.
    while (colon < to && bytes[colon] !== COLON && bytes[colon] !== LF) colon++;
    if (colon < to && bytes[colon] === LF) return MALFORMED;
    draft.nameIsInvalid = true;
  }
  let end = colon + 1;
  while (end < to && isIn(VALUE, bytes[end])) end++;
  let lineFeed = bytes[end] === CR ? end + 1 : end;
  if (lineFeed < to && bytes[lineFeed] !== LF) {
    draft.valueIsInvalid = true;
    lineFeed = bytes.indexOf(LF, end);
    end = trimmedEnd(bytes, end, lineFeed);
  }
  if (lineFeed < 0 || lineFeed >= to) return UNFINISHED;
  takeHeader(draft, bytes, at, colon, end, names);
  return lineFeed + 1;
}
