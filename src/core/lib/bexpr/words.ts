// The smallest things in a filter: selectors, numbers and texts. Each reader says where it ended, or -1; what was wrong
// is in the Reader.

import type { ByteString } from "../bytes.ts";
import { anySpace, complain, isEnd, literal, miss, type Reader, someSpace } from "./reader.ts";
import { unquote } from "./unquote.ts";

export interface Read<T> {
  readonly value: T;
  readonly end: number;
}

/** `name.name["any text"]`: a path of fields and keys. */
export function readSelector(reader: Reader, at: number): Read<readonly ByteString[]> | undefined {
  let end = identifierEnd(reader, at);
  if (end < 0) return undefined;
  const value = [reader.text.slice(at, end) as ByteString];
  for (;;) {
    const next = readField(reader, end) ?? readIndex(reader, end);
    if (next === undefined) return { value, end };
    value.push(next.value);
    end = next.end;
  }
}

function identifierEnd(reader: Reader, at: number): number {
  const { text } = reader;
  if (!/^[a-zA-Z]$/.test(text.charAt(at))) return miss(reader, at, "[a-zA-Z]");
  let end = at + 1;
  while (/^[a-zA-Z0-9_]$/.test(text.charAt(end))) end++;
  miss(reader, end, "[a-zA-Z0-9_]");
  return end;
}

function readField(reader: Reader, at: number): Read<ByteString> | undefined {
  const from = literal(reader, at, ".");
  const end = from < 0 ? -1 : identifierEnd(reader, from);
  return end < 0 ? undefined : { value: reader.text.slice(from, end) as ByteString, end };
}

function readIndex(reader: Reader, at: number): Read<ByteString> | undefined {
  const open = literal(reader, at, "[");
  if (open < 0) return undefined;
  const from = anySpace(reader, open);
  const key = readText(reader, from);
  if (key === undefined) {
    complain(reader, from, "index", "Invalid index");
    return undefined;
  }
  const close = anySpace(reader, key.end);
  const end = literal(reader, close, "]");
  if (end < 0) complain(reader, close, "index", "Unclosed index expression");
  return end < 0 ? undefined : { value: key.value, end };
}

/** What something is compared with: a bare word or path, a number, or a text in quotes. All of them are texts by now. */
export function readValue(reader: Reader, at: number): Read<ByteString> | undefined {
  const selector = readSelector(reader, at);
  return selector === undefined ? (readNumber(reader, at) ?? readText(reader, at)) : asValue(selector);
}

/** A selector that turns out to be the value. */
export function asValue({ value, end }: Read<readonly ByteString[]>): Read<ByteString> {
  return { value: value.join(".") as ByteString, end };
}

function readNumber(reader: Reader, at: number): Read<ByteString> | undefined {
  const sign = literal(reader, at, "-");
  const end = numberEnd(reader, sign < 0 ? at : sign);
  if (end < 0) return undefined;
  if (someSpace(reader, end) >= 0 || isEnd(reader, end) || literal(reader, end, ")") >= 0)
    return { value: reader.text.slice(at, end) as ByteString, end };
  complain(reader, end, "number", "Invalid number literal");
  return undefined;
}

function numberEnd(reader: Reader, at: number): number {
  let end = literal(reader, at, "0");
  if (end < 0) {
    if (!/^[1-9]$/.test(reader.text.charAt(at))) return miss(reader, at, "[1-9]");
    end = digitsEnd(reader, at + 1);
  }
  const fraction = literal(reader, end, ".");
  const last = fraction < 0 ? -1 : digitsEnd(reader, fraction);
  return last > fraction ? last : end;
}

/** @returns `at` if no digit stands there. */
function digitsEnd(reader: Reader, at: number): number {
  let end = at;
  while (/^[0-9]$/.test(reader.text.charAt(end))) end++;
  miss(reader, end, "[0-9]");
  return end;
}

/** In backquotes as it is, in double quotes with Go's escapes. Neither has its own quote in it, escaped or not. */
function readText(reader: Reader, at: number): Read<ByteString> | undefined {
  const { text } = reader;
  const quote = text.charAt(at);
  if (literal(reader, at, "`") < 0 && literal(reader, at, '"', '"\\""') < 0) return undefined;
  const close = text.indexOf(quote, at + 1);
  if (close < 0) {
    complain(reader, text.length, "string", "Unterminated string literal");
    return undefined;
  }
  const value = unquote(text.slice(at, close + 1) as ByteString);
  // It goes on behind it, with whatever else is wrong.
  if (value === undefined) complain(reader, at, "string", "invalid syntax");
  return { value: value ?? ("" as ByteString), end: close + 1 };
}
