// What single headers of a request mean to the framing (RFC 9112 §6, §9.3), and which ones are kept for the agent.

import type { Draft } from "./head.ts";

/** Lower-case names of headers to be kept, by their length. */
export type HeaderNames = readonly (readonly string[] | undefined)[];

export function headerNames(names: readonly string[]): HeaderNames {
  const byLength: string[][] = [];
  for (const name of names) byLength[name.length] = [...(byLength[name.length] ?? []), name];
  return byLength;
}

/** What Go lets a Host header have: the bytes of names, addresses and ports, in any order. */
const HOST = /^[!$%&'()*+,\-.:;=[\]_~0-9A-Za-z]*$/;

/**
 * Takes in one header.
 * @param at Where its name begins.
 * @param colon Where its name ends.
 * @param end Where its value ends.
 */
export function takeHeader(
  draft: Draft,
  bytes: Buffer,
  at: number,
  colon: number,
  end: number,
  names: HeaderNames,
): void {
  const length = colon - at;
  if (length === 4 && isName(bytes, at, "host")) takeHost(draft, valueBetween(bytes, colon, end));
  else if (length === 6 && isName(bytes, at, "expect")) draft.expect ??= valueBetween(bytes, colon, end);
  else if (length === 7 && isName(bytes, at, "upgrade")) draft.upgrade = true;
  else if (length === 10 && isName(bytes, at, "connection"))
    takeConnection(draft, valueBetween(bytes, colon, end));
  else if (length === 14 && isName(bytes, at, "content-length"))
    takeLength(draft, valueBetween(bytes, colon, end));
  else if (length === 15 && isName(bytes, at, "accept-encoding"))
    draft.acceptEncoding ??= valueBetween(bytes, colon, end);
  else if (length === 17 && isName(bytes, at, "transfer-encoding")) {
    draft.codings++;
    draft.coding = valueBetween(bytes, colon, end);
  }
  const asked = names[length];
  if (asked !== undefined) keepHeader(draft, bytes, at, colon, end, asked);
}

/** Whether the token at `at` is the lower-case name, whatever its case. Nothing but letters and hyphens are in names here. */
function isName(bytes: Buffer, at: number, name: string): boolean {
  for (let offset = 0; offset < name.length; offset++)
    if (((bytes[at + offset] ?? 0) | 0x20) !== name.charCodeAt(offset)) return false;
  return true;
}

/** The value behind the colon without the blanks around it, one character a byte. */
function valueBetween(bytes: Buffer, colon: number, end: number): string {
  let from = colon + 1;
  let to = end;
  while (from < to && isBlank(bytes[from])) from++;
  while (to > from && isBlank(bytes[to - 1])) to--;
  return bytes.toString("latin1", from, to);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}

function takeHost(draft: Draft, value: string): void {
  draft.hosts++;
  if (!HOST.test(value)) draft.hostIsMalformed = true;
}

function takeConnection(draft: Draft, value: string): void {
  for (const token of value.toLowerCase().split(",")) {
    if (token.trim() === "close") draft.close = true;
    if (token.trim() === "keep-alive") draft.keepAlive = true;
  }
}

/** A length may be told twice if it is the same. */
function takeLength(draft: Draft, value: string): void {
  if (draft.lengths++ > 0 && draft.length !== value) draft.lengthIsInvalid = true;
  draft.length = value;
}

function keepHeader(
  draft: Draft,
  bytes: Buffer,
  at: number,
  colon: number,
  end: number,
  asked: readonly string[],
): void {
  for (const name of asked) {
    if (!isName(bytes, at, name) || draft.headers?.has(name) === true) continue;
    draft.headers ??= new Map();
    draft.headers.set(name, valueBetween(bytes, colon, end));
  }
}
