// A place in a filter's text, and what was found to be wrong with it. The original's parser is generated (pigeon, a PEG with
// ordered choice) and tells of a failure in one of two ways, which are kept to the letter, as people and tests read them:
// what would have been expected at the farthest place that any attempt came to; or, once some rule knew better ("Invalid
// number literal"), the errors of such rules alone, each once, in the order in which they were met. So it matters that
// whatever the original attempts is attempted here, and in its order; not that it be attempted as often.

import { type ByteString, decodeRune } from "../bytes.ts";

export interface Reader {
  readonly text: ByteString;
  /** The farthest place where something was missing. */
  farthest: number;
  /** What would have gone on there, as the grammar writes it; may repeat itself. */
  readonly expected: string[];
  /** Of rules that knew better, by place and words: each counts once. */
  readonly errors: Map<string, Complaint>;
}

interface Complaint {
  readonly at: number;
  readonly error: string;
}

/** What the grammar calls whitespace. */
const SPACE = "[ \\t\\r\\n]";
const END = "EOF";

export function readerOf(text: ByteString): Reader {
  return { text, farthest: 0, expected: [], errors: new Map() };
}

/** Notes that `wanted` is not what stands at `at`. @returns -1, which is where nothing goes on. */
export function miss(reader: Reader, at: number, wanted: string): -1 {
  if (at > reader.farthest) {
    reader.farthest = at;
    reader.expected.length = 0;
  }
  if (at === reader.farthest) reader.expected.push(wanted);
  return -1;
}

/** Notes an error of a rule that knows what is wrong. @returns -1. */
export function complain(reader: Reader, at: number, rule: string, error: string): -1 {
  const complaint = { at, error: `rule "${rule}": ${error}` };
  reader.errors.set(`${at} ${complaint.error}`, complaint);
  return -1;
}

/** @returns Where it goes on behind `word`, which the grammar writes as `quoted`; -1 if that is not what stands there. */
export function literal(reader: Reader, at: number, word: string, quoted = `"${word}"`): number {
  return reader.text.startsWith(word, at) ? at + word.length : miss(reader, at, quoted);
}

/** @returns Where it goes on behind any whitespace, if there is some. */
export function anySpace(reader: Reader, at: number): number {
  const { text } = reader;
  let end = at;
  while (isSpace(text.charCodeAt(end))) end++;
  miss(reader, end, SPACE);
  return end;
}

/** @returns Where it goes on behind whitespace; -1 if there is none. */
export function someSpace(reader: Reader, at: number): number {
  const end = anySpace(reader, at);
  return end === at ? -1 : end;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** Whether the text ends here. */
export function isEnd(reader: Reader, at: number): boolean {
  if (at === reader.text.length) return true;
  miss(reader, at, END);
  return false;
}

/** Why the text is no filter. Only for one that is none. */
export function faultOf({ text, farthest, expected, errors }: Reader): string {
  if (errors.size > 0) {
    const complaints = [...errors.values()];
    const places = placesOf(
      text,
      complaints.map(({ at }) => at),
    );
    return complaints.map(({ at, error }) => `${places.get(at)}: ${error}`).join("\n");
  }
  const wanted = [...new Set(expected)].filter((each) => each !== END).sort();
  if (expected.includes(END)) wanted.push(END);
  const last = wanted.pop() ?? END;
  const list = wanted.length === 0 ? last : `${wanted.join(", ")} or ${last}`;
  return `${placesOf(text, [farthest]).get(farthest)}: no match found, expected: ${list}`;
}

/**
 * Each offset as "line:column (offset)", in one walk over the text. Columns are counted in characters from 1, and a line's
 * end is column 0 of the line behind it.
 */
export function placesOf(text: ByteString, offsets: readonly number[]): ReadonlyMap<number, string> {
  const places = new Map<number, string>();
  const sorted = [...new Set(offsets)].sort((a, b) => b - a);
  let line = 1;
  let column = 1;
  for (let at = 0; sorted.length > 0; column++) {
    if (text[at] === "\n") {
      line++;
      column = 0;
    }
    if (at === sorted.at(-1)) {
      places.set(at, `${line}:${column} (${at})`);
      sorted.pop();
    }
    at += decodeRune(text, at).length;
  }
  return places;
}
