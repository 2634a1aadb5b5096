// Reads a filter's text into a tree, by the grammar of go-bexpr 0.1 (Consul 1.8's):
//
//   or     and (_ "or" _ and)*
//   and    not (_ "and" _ not)*
//   not    "not" _ not / group
//   group  "(" _? or _? ")" / match
//   match  selector (== != contains matches) value / selector is empty / value in selector
//
// Choices are ordered and nothing is reserved: a field may be called "not". The original tries what failed again and again,
// so that every pair of parentheses takes it four times as long; here nothing is read twice but what "not" may begin, and
// the only recursion is that of parentheses, which is bounded.

import { type ByteString, decodeRune, isAscii } from "../bytes.ts";
import type { Expression, Match, Operator } from "./expression.ts";
import {
  anySpace,
  complain,
  faultOf,
  isEnd,
  literal,
  placesOf,
  type Reader,
  readerOf,
  someSpace,
} from "./reader.ts";
import { asValue, type Read, readSelector, readValue } from "./words.ts";

export type ParsedFilter =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly error: string };

/** Bytes. A request's head may have a million of them, of which Consul would read as many. */
export const MAX_LENGTH: number = 128 << 10;
/** Parentheses within each other. At eight of them the original thinks for seconds, at twenty for months. */
export const MAX_DEPTH = 200;

export function parseFilter(text: ByteString): ParsedFilter {
  if (text.length > MAX_LENGTH)
    return { ok: false, error: `a filter of ${text.length} bytes is too long: at most ${MAX_LENGTH}` };
  const ill = illFormedAt(text);
  if (ill >= 0) return { ok: false, error: `${placesOf(text, [ill]).get(ill)}: invalid encoding` };
  const reader = readerOf(text);
  const read = readOr(reader, anySpace(reader, 0), 0);
  const ended = read !== undefined && isEnd(reader, anySpace(reader, read.end));
  // A rule that complained makes the whole wrong, even where another reading would go on.
  if (read === undefined || !ended || reader.errors.size > 0) return { ok: false, error: faultOf(reader) };
  return { ok: true, expression: read.value };
}

/** Where the text stops being UTF-8, or -1. */
function illFormedAt(text: ByteString): number {
  if (isAscii(text)) return -1;
  for (let at = 0; at < text.length; ) {
    const { code, length } = decodeRune(text, at);
    if (code < 0) return at;
    at += length;
  }
  return -1;
}

type ReadExpression = Read<Expression> | undefined;

function readOr(reader: Reader, at: number, depth: number): ReadExpression {
  return readChain(reader, at, "or", (from) => readAnd(reader, from, depth));
}

function readAnd(reader: Reader, at: number, depth: number): ReadExpression {
  return readChain(reader, at, "and", (from) => readNot(reader, from, depth));
}

/** As many as there are; what is behind the last that could be read is left to others. */
function readChain(
  reader: Reader,
  at: number,
  word: "and" | "or",
  readOperand: (at: number) => ReadExpression,
): ReadExpression {
  const first = readOperand(at);
  if (first === undefined) return undefined;
  const operands = [first.value];
  let { end } = first;
  for (;;) {
    const from = wordsEnd(reader, end, [word]);
    const next = from < 0 ? undefined : readOperand(from);
    if (next === undefined) break;
    operands.push(next.value);
    end = next.end;
  }
  return { value: operands.length === 1 ? first.value : { kind: word, operands }, end };
}

/** Each "not" turns round what is behind it; where that is nothing, it may have been the name of a field. */
function readNot(reader: Reader, at: number, depth: number): ReadExpression {
  const places = [at];
  for (let from = notEnd(reader, at); from >= 0; from = notEnd(reader, from)) places.push(from);
  for (let count = places.length - 1; count >= 0; count--) {
    const read = readGroup(reader, places[count] as number, depth);
    if (read === undefined) continue;
    return count % 2 === 0 ? read : { value: { kind: "not", operand: read.value }, end: read.end };
  }
  return undefined;
}

function notEnd(reader: Reader, at: number): number {
  const word = literal(reader, at, "not");
  return word < 0 ? -1 : someSpace(reader, word);
}

function readGroup(reader: Reader, at: number, depth: number): ReadExpression {
  const open = literal(reader, at, "(");
  if (open < 0) return readMatch(reader, at);
  if (depth === MAX_DEPTH) {
    complain(reader, at, "grouping", `More than ${MAX_DEPTH} parentheses within each other`);
    return undefined;
  }
  const inner = readOr(reader, anySpace(reader, open), depth + 1);
  if (inner === undefined) return undefined;
  const close = anySpace(reader, inner.end);
  const end = literal(reader, close, ")");
  if (end >= 0) return { value: inner.value, end };
  complain(reader, close, "grouping", "Unmatched parentheses");
  return undefined;
}

type Spelling = readonly [words: readonly string[], operator: Operator];

const COMPARING: readonly Spelling[] = [
  [["contains"], "In"],
  [["not", "contains"], "Not In"],
  [["matches"], "Matches"],
  [["not", "matches"], "Not Matches"],
];
const CONTAINED: readonly Spelling[] = [
  [["in"], "In"],
  [["not", "in"], "Not In"],
];

function readMatch(reader: Reader, at: number): Read<Match> | undefined {
  const selector = readSelector(reader, at);
  const read =
    selector === undefined
      ? undefined
      : (readComparison(reader, selector) ?? readEmptiness(reader, selector));
  if (read !== undefined) return read;
  const value = selector === undefined ? readValue(reader, at) : asValue(selector);
  return value === undefined ? undefined : readContained(reader, value);
}

function matchOf(
  selector: readonly ByteString[],
  operator: Operator,
  value: ByteString,
  end: number,
): Read<Match> {
  return { value: { kind: "match", selector, operator, value }, end };
}

function readComparison(reader: Reader, selector: Read<readonly ByteString[]>): Read<Match> | undefined {
  const found = equalityAt(reader, selector.end) ?? wordsAt(reader, selector.end, COMPARING);
  const value = found === undefined ? undefined : readValue(reader, found.end);
  if (found === undefined || value === undefined) return undefined;
  return matchOf(selector.value, found.value, value.value, value.end);
}

function readEmptiness(reader: Reader, selector: Read<readonly ByteString[]>): Read<Match> | undefined {
  const is = wordsEnd(reader, selector.end, ["is"]);
  if (is < 0) return undefined;
  const nothing = "" as ByteString;
  const empty = literal(reader, is, "empty");
  if (empty >= 0) return matchOf(selector.value, "Is Empty", nothing, empty);
  const not = notEnd(reader, is);
  const end = not < 0 ? -1 : literal(reader, not, "empty");
  return end < 0 ? undefined : matchOf(selector.value, "Is Not Empty", nothing, end);
}

function readContained(reader: Reader, value: Read<ByteString>): Read<Match> | undefined {
  const found = wordsAt(reader, value.end, CONTAINED);
  if (found === undefined) return undefined;
  const selector = readSelector(reader, found.end);
  if (selector !== undefined) return matchOf(selector.value, found.value, value.value, selector.end);
  complain(reader, found.end, "match", "Invalid selector");
  return undefined;
}

/** Signs need no space around them. */
function equalityAt(reader: Reader, at: number): Read<Operator> | undefined {
  const from = anySpace(reader, at);
  const equal = literal(reader, from, "==");
  if (equal >= 0) return { value: "Equal", end: anySpace(reader, equal) };
  const unequal = literal(reader, from, "!=");
  return unequal < 0 ? undefined : { value: "Not Equal", end: anySpace(reader, unequal) };
}

function wordsAt(reader: Reader, at: number, spellings: readonly Spelling[]): Read<Operator> | undefined {
  for (const [words, value] of spellings) {
    const end = wordsEnd(reader, at, words);
    if (end >= 0) return { value, end };
  }
  return undefined;
}

/** @returns Where it goes on behind these words and the space that each has on both sides; -1 if they are not there. */
function wordsEnd(reader: Reader, at: number, words: readonly string[]): number {
  let end = someSpace(reader, at);
  for (const word of words) {
    const behind = end < 0 ? -1 : literal(reader, end, word);
    if (behind < 0) return -1;
    end = someSpace(reader, behind);
  }
  return end;
}
