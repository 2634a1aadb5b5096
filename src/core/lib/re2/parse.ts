// Reads an expression in Go's syntax (RE2's, as regexp.Compile takes it) into a tree. One pass, no recursion: groups that
// are open are kept on a list.

import { readChar, readEscape } from "./escape.ts";
import type { Fault, FaultCode } from "./fault.ts";
import { orbitOf } from "./fold.ts";
import { readClass, readClassEscape } from "./read-class.ts";
import {
  type Assertion,
  alternateNode,
  anyNode,
  assertNode,
  charNode,
  classNode,
  concatNode,
  groupNode,
  type Node,
  repeatNode,
} from "./tree.ts";

/** Go's limit of a repetition count, and of the product of those within each other. */
const MAX_REPEATS = 1000;
/** What we walk through by recursion must not be deeper. Go has no limit of its own before 1.18, and then one of 1000. */
const MAX_HEIGHT = 1500;
/** Instructions. A text of 512 bytes (a tag at its longest) then takes five million steps at worst, some 50 ms. */
export const MAX_SIZE: number = 10_000;

const NOTHING: Node = concatNode([]);

interface Flags {
  /** i */
  readonly fold: boolean;
  /** m */
  readonly lines: boolean;
  /** s */
  readonly dotAll: boolean;
  /** U: repetitions are greedy only with the question mark that makes others lazy. */
  readonly lazy: boolean;
}

/** A group that is open, or the whole. */
interface Group {
  readonly choices: Node[];
  parts: Node[];
  /** What applies again behind it. */
  readonly outer: Flags;
  /** Under which it captures what it takes; 0 for one that does not. */
  readonly number: number;
}

interface Parser {
  readonly text: string;
  at: number;
  flags: Flags;
  readonly open: Group[];
  group: Group;
  /** Groups that capture, so far. */
  captures: number;
  /** Where the repetition that was read last began, when nothing was read since; -1 otherwise. */
  repetitionAt: number;
}

type Parsed =
  | { readonly ok: true; readonly node: Node; readonly captures: number }
  | { readonly ok: false; readonly fault: Fault };

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: "begin-text",
  z: "end-text",
  b: "word-boundary",
  B: "no-word-boundary",
};

export function parse(text: string): Parsed {
  const flags: Flags = { fold: false, lines: false, dotAll: false, lazy: false };
  const group: Group = { choices: [], parts: [], outer: flags, number: 0 };
  const parser: Parser = { text, at: 0, flags, open: [], group, captures: 0, repetitionAt: -1 };
  while (parser.at < text.length) {
    const fault = readNext(parser) ?? tooMuch(parser.group.parts.at(-1) ?? NOTHING, text);
    if (fault !== undefined) return { ok: false, fault };
  }
  if (parser.open.length > 0) return { ok: false, fault: { code: "missing closing )", part: text } };
  const node = endGroup(parser.group);
  const fault = tooMuch(node, text);
  return fault === undefined ? { ok: true, node, captures: parser.captures } : { ok: false, fault };
}

/** Reads one item: a character, a class, an operator, one end of a group. */
function readNext(parser: Parser): Fault | undefined {
  const { text, at, flags } = parser;
  const repetitionAt = parser.repetitionAt;
  parser.repetitionAt = -1;
  switch (text[at]) {
    case "(":
      return text[at + 1] === "?" ? readFlags(parser) : openGroup(parser, at + 1, flags, ++parser.captures);
    case ")":
      return closeGroup(parser);
    case "|":
      parser.group.choices.push(concatNode(parser.group.parts));
      parser.group.parts = [];
      parser.at++;
      return undefined;
    case "^":
      return push(parser, assertNode(flags.lines ? "begin-line" : "begin-text"), at + 1);
    case "$":
      return push(parser, assertNode(flags.lines ? "end-line" : "end-text"), at + 1);
    case ".":
      return push(parser, anyNode(flags.dotAll ? "any" : "any-but-newline"), at + 1);
    case "[": {
      const read = readClass(text, at, flags.fold);
      return "code" in read ? read : push(parser, read.node, read.end);
    }
    case "*":
      return repeat(parser, 0, -1, at + 1, repetitionAt);
    case "+":
      return repeat(parser, 1, -1, at + 1, repetitionAt);
    case "?":
      return repeat(parser, 0, 1, at + 1, repetitionAt);
    case "{":
      return readCounts(parser, repetitionAt);
    case "\\":
      return readBackslash(parser);
    default: {
      const { code, end } = readChar(text, at);
      return push(parser, charOf(code, flags), end);
    }
  }
}

function push(parser: Parser, node: Node, end: number): undefined {
  parser.group.parts.push(node);
  parser.at = end;
}

function charOf(code: number, { fold }: Flags): Node {
  if (!fold || orbitOf(code).length === 1) return charNode(code);
  return classNode([{ ranges: [code, code], property: undefined, fold: true, negated: false }], false);
}

/** @param number Under which it captures; 0 for not at all. */
function openGroup(parser: Parser, end: number, inner: Flags, number: number): undefined {
  parser.open.push(parser.group);
  parser.group = { choices: [], parts: [], outer: parser.flags, number };
  parser.flags = inner;
  parser.at = end;
}

function closeGroup(parser: Parser): Fault | undefined {
  const { group } = parser;
  const around = parser.open.pop();
  if (around === undefined) return { code: "unexpected )", part: parser.text };
  parser.flags = group.outer;
  parser.group = around;
  const node = endGroup(group);
  return push(parser, group.number === 0 ? node : groupNode(node, group.number), parser.at + 1);
}

function endGroup({ choices, parts }: Group): Node {
  return alternateNode([...choices, concatNode(parts)]);
}

/** "(?P<name>", "(?flags)" or "(?flags:". */
function readFlags(parser: Parser): Fault | undefined {
  const { text, at } = parser;
  if (text.startsWith("(?P<", at) && text.length - at > 4) return readName(parser);
  let { fold, lines, dotAll, lazy } = parser.flags;
  let set = true;
  // A minus sign must be followed by something that it takes away.
  let sawFlag = true;
  for (let end = at + 2; end < text.length; end++) {
    const letter = text[end];
    if ((letter === ":" || letter === ")") && (set || sawFlag)) {
      const flags: Flags = { fold, lines, dotAll, lazy };
      if (letter === ":") return openGroup(parser, end + 1, flags, 0);
      parser.flags = flags;
      parser.at = end + 1;
      return undefined;
    }
    if (letter === "i") fold = set;
    else if (letter === "m") lines = set;
    else if (letter === "s") dotAll = set;
    else if (letter === "U") lazy = set;
    else if (letter === "-" && set) set = false;
    else return badPerl(text.slice(at, readChar(text, end).end));
    sawFlag = letter !== "-";
  }
  return badPerl(text.slice(at));
}

function badPerl(part: string): Fault {
  return { code: "invalid or unsupported Perl syntax", part };
}

function readName(parser: Parser): Fault | undefined {
  const { text, at, flags } = parser;
  const close = text.indexOf(">", at);
  const part = close < 0 ? text.slice(at) : text.slice(at, close + 1);
  if (close < 0 || !/^[A-Za-z0-9_]+$/.test(text.slice(at + 4, close)))
    return { code: "invalid named capture", part };
  return openGroup(parser, close + 1, flags, ++parser.captures);
}

/** "{2}", "{2,}" or "{2,5}"; anything else in braces is characters. */
function readCounts(parser: Parser, repetitionAt: number): Fault | undefined {
  const { text, at, flags } = parser;
  const found = /^\{(0|[1-9][0-9]*)(,?)(0|[1-9][0-9]*)?\}/.exec(text.slice(at));
  const [all, least, comma, most] = found ?? [];
  if (all === undefined || (comma === "" && most !== undefined))
    return push(parser, charOf(0x7b, flags), at + 1);
  const min = Number(least);
  const max = comma === "" ? min : most === undefined ? -1 : Number(most);
  const end = at + all.length;
  if (min > MAX_REPEATS || max > MAX_REPEATS || (max >= 0 && min > max))
    return { code: "invalid repeat count", part: text.slice(at, end) };
  return repeat(parser, min, max, end, repetitionAt);
}

function repeat(
  parser: Parser,
  min: number,
  max: number,
  operatorEnd: number,
  repetitionAt: number,
): Fault | undefined {
  const { text, at, group, flags } = parser;
  const marked = text[operatorEnd] === "?";
  const end = marked ? operatorEnd + 1 : operatorEnd;
  const fault = (code: FaultCode, from: number): Fault => ({ code, part: text.slice(from, end) });
  if (repetitionAt >= 0) return fault("invalid nested repetition operator", repetitionAt);
  const part = group.parts.pop();
  if (part === undefined) return fault("missing argument to repetition operator", at);
  const node = repeatNode(part, min, max, marked === flags.lazy);
  if ((min >= 2 || max >= 2) && node.repeats > MAX_REPEATS) return fault("invalid repeat count", at);
  parser.repetitionAt = at;
  return push(parser, node, end);
}

function readBackslash(parser: Parser): Fault | undefined {
  const { text, at, flags } = parser;
  const letter = text[at + 1] ?? "";
  if (letter === "Q") return readQuoted(parser);
  if (letter === "C") return { code: "invalid escape sequence", part: "\\C" };
  const assertion = Object.hasOwn(ASSERTIONS, letter) ? ASSERTIONS[letter] : undefined;
  if (assertion !== undefined) return push(parser, assertNode(assertion), at + 2);
  const group = readClassEscape(text, at, flags.fold);
  if (group !== undefined)
    return "code" in group ? group : push(parser, classNode([group.set], false), group.end);
  const read = readEscape(text, at);
  return "end" in read ? push(parser, charOf(read.code, flags), read.end) : read;
}

/** "\Q…\E": characters, whatever they are. */
function readQuoted(parser: Parser): undefined {
  const { text, at, flags } = parser;
  const close = text.indexOf("\\E", at + 2);
  const quoted = text.slice(at + 2, close < 0 ? text.length : close);
  for (const each of quoted) parser.group.parts.push(charOf(each.codePointAt(0) ?? 0, flags));
  parser.at = close < 0 ? text.length : close + 2;
}

function tooMuch({ size, height }: Node, text: string): Fault | undefined {
  if (size > MAX_SIZE) return { code: "expression too large", part: text };
  return height > MAX_HEIGHT ? { code: "expression nests too deeply", part: text } : undefined;
}
