// Classes: "[…]", "\d" and its like, "\p{…}".

import { type ReadChar, readChar, readEscape } from "./escape.ts";
import type { Fault } from "./fault.ts";
import { perlRanges, posixRanges, unicodeProperty } from "./groups.ts";
import { type CharSet, classNode, type Node } from "./tree.ts";

export interface ReadNode {
  readonly node: Node;
  readonly end: number;
}

interface ReadSet {
  readonly set: CharSet;
  readonly end: number;
}

/** The escape at `at` if it stands for a class; undefined when it does not. */
export function readClassEscape(text: string, at: number, fold: boolean): ReadSet | Fault | undefined {
  if (text[at] !== "\\") return undefined;
  const letter = text[at + 1] ?? "";
  if (letter === "p" || letter === "P") return readUnicode(text, at, fold);
  const ranges = perlRanges(letter.toLowerCase());
  if (ranges === undefined) return undefined;
  const negated = letter !== letter.toLowerCase();
  return { set: { ranges, property: undefined, fold, negated }, end: at + 2 };
}

function readUnicode(text: string, at: number, fold: boolean): ReadSet | Fault {
  const braced = text[at + 2] === "{";
  const close = text.indexOf("}", at);
  if (braced && close < 0) return badRange(text.slice(at));
  const end = braced ? close + 1 : at + 2 < text.length ? readChar(text, at + 2).end : at + 2;
  const given = braced ? text.slice(at + 3, close) : text.slice(at + 2, end);
  const name = given.startsWith("^") ? given.slice(1) : given;
  const property = unicodeProperty(name);
  if (property === undefined) return badRange(text.slice(at, end));
  const negated = (text[at + 1] === "P") !== (name !== given);
  return { set: { ranges: undefined, property, fold, negated }, end };
}

/** Reads the class whose bracket is at `at`. */
export function readClass(text: string, at: number, fold: boolean): ReadNode | Fault {
  const negated = text[at + 1] === "^";
  const from = at + (negated ? 2 : 1);
  const sets: CharSet[] = [];
  let end = from;
  // A bracket that comes first is one of the characters.
  while (text[end] !== "]" || end === from) {
    const read =
      readPosix(text, end, fold) ?? readClassEscape(text, end, fold) ?? readRange(text, at, end, fold);
    if ("code" in read) return read;
    sets.push(read.set);
    end = read.end;
  }
  return { node: classNode(sets, negated), end: end + 1 };
}

/** "[:alpha:]" and "[:^alpha:]"; undefined when there is nothing of the kind. */
function readPosix(text: string, at: number, fold: boolean): ReadSet | Fault | undefined {
  if (!text.startsWith("[:", at)) return undefined;
  const close = text.indexOf(":]", at + 2);
  if (close < 0) return undefined;
  const given = text.slice(at + 2, close);
  const negated = given.startsWith("^");
  const ranges = posixRanges(negated ? given.slice(1) : given);
  if (ranges === undefined) return badRange(text.slice(at, close + 2));
  return { set: { ranges, property: undefined, fold, negated }, end: close + 2 };
}

/** A character, or two with "-" between them. */
function readRange(text: string, classAt: number, at: number, fold: boolean): ReadSet | Fault {
  const low = readMember(text, classAt, at);
  if (!("end" in low)) return low;
  // "[a-]" means "a" or "-".
  const isRange = text[low.end] === "-" && low.end + 1 < text.length && text[low.end + 1] !== "]";
  const high = isRange ? readMember(text, classAt, low.end + 1) : low;
  if (!("end" in high)) return high;
  if (high.code < low.code) return badRange(text.slice(at, high.end));
  return {
    set: { ranges: [low.code, high.code], property: undefined, fold, negated: false },
    end: high.end,
  };
}

function readMember(text: string, classAt: number, at: number): ReadChar | Fault {
  if (at >= text.length) return { code: "missing closing ]", part: text.slice(classAt) };
  return text[at] === "\\" ? readEscape(text, at) : readChar(text, at);
}

function badRange(part: string): Fault {
  return { code: "invalid character class range", part };
}
