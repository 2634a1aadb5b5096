// A backslash and what follows it, where that stands for a single character.

import type { Fault } from "./fault.ts";

const PLAIN: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const MAX_CODE = 0x10ffff;

export interface ReadChar {
  readonly code: number;
  /** Where it goes on. */
  readonly end: number;
}

/** The character that begins at `at`; there must be one. */
export function readChar(text: string, at: number): ReadChar {
  const code = text.codePointAt(at) ?? 0;
  return { code, end: at + (code > 0xffff ? 2 : 1) };
}

/** Reads the escape whose backslash is at `at`. */
export function readEscape(text: string, at: number): ReadChar | Fault {
  const letter = text[at + 1];
  if (letter === undefined) return { code: "trailing backslash at end of expression", part: "" };
  if (/[0-7]/.test(letter)) return readOctal(text, at);
  if (letter === "x") return readHex(text, at);
  const plain = Object.hasOwn(PLAIN, letter) ? PLAIN[letter] : undefined;
  if (plain !== undefined) return { code: plain, end: at + 2 };
  // Punctuation stands for itself; letters and digits may come to mean something.
  const { code, end } = readChar(text, at + 1);
  return code < 0x80 && !/[0-9A-Za-z]/.test(letter) ? { code, end } : bad(text, at, end);
}

/** One digit but 0 by itself would be a reference back to a group, which takes more than linear time. */
function readOctal(text: string, at: number): ReadChar | Fault {
  const [digits] = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4)) ?? [""];
  if (digits.length === 1 && digits !== "0") return bad(text, at, at + 2);
  return { code: Number.parseInt(digits, 8), end: at + 1 + digits.length };
}

function readHex(text: string, at: number): ReadChar | Fault {
  const from = at + 2;
  if (text[from] === "{") return readBracedHex(text, at);
  const pair = text.slice(from, from + 2);
  if (/^[0-9A-Fa-f]{2}$/.test(pair)) return { code: Number.parseInt(pair, 16), end: from + 2 };
  // As much as Go has looked at: two characters, if there are two.
  let end = from;
  for (let taken = 0; taken < 2 && end < text.length; taken++) ({ end } = readChar(text, end));
  return bad(text, at, end);
}

function readBracedHex(text: string, at: number): ReadChar | Fault {
  let code = 0;
  let end = at + 3;
  for (; end < text.length && text[end] !== "}"; end++) {
    const digit = text[end] ?? "";
    if (!/[0-9A-Fa-f]/.test(digit)) return bad(text, at, readChar(text, end).end);
    code = code * 16 + Number.parseInt(digit, 16);
    if (code > MAX_CODE) return bad(text, at, end + 1);
  }
  if (end >= text.length) return bad(text, at, end);
  return end === at + 3 ? bad(text, at, end + 1) : { code, end: end + 1 };
}

function bad(text: string, from: number, to: number): Fault {
  return { code: "invalid escape sequence", part: text.slice(from, to) };
}
