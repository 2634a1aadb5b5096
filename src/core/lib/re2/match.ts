// Runs a program over a text: all places where it could be at once, one character after the other. Takes time in proportion
// to the text's length times the program's, whatever the expression, and memory in proportion to the program.

import { unreachable } from "../assert.ts";
import type { Instruction, Program } from "./compile.ts";
import { orbitOf } from "./fold.ts";
import type { Assertion, CharSet } from "./tree.ts";

const NEWLINE = 10;
/** What stands before the first character and after the last. */
export const NONE = -1;

/** Instructions, each at most once, in the order in which they came. */
interface Places {
  readonly list: number[];
  /** By instruction: the number of the round in which it came last. */
  readonly round: Uint32Array;
  now: number;
}

/** What may still be spent: a unit for each place that is looked at. */
export interface Work {
  /** Below 0 when it was too little. */
  left: number;
}

/** Whether the expression matches somewhere in the text; false too when `work` is used up before that is clear. */
export function matches(
  program: Program,
  text: string,
  work: Work = { left: Number.POSITIVE_INFINITY },
): boolean {
  const { instructions, start } = program;
  const places: Places = { list: [], round: new Uint32Array(instructions.length), now: 0 };
  const anchored = isAnchored(program);
  // What has just been set up was not for nothing either.
  work.left -= instructions.length >> 4;
  let before = NONE;
  let from: number[] = [];
  for (let at = 0; ; ) {
    const code = text.codePointAt(at) ?? NONE;
    places.list.length = 0;
    places.now++;
    for (const each of from) enter(instructions, places, each, before, code);
    if (at === 0 || !anchored) enter(instructions, places, start, before, code);
    // The instruction that ends all programs is the first.
    if (places.round[0] === places.now) return true;
    work.left -= places.list.length + 1;
    if (work.left < 0) return false;
    if (code === NONE || (anchored && places.list.length === 0)) return false;
    from = [];
    for (const each of places.list) {
      const instruction = instructions[each] as Instruction;
      if ("next" in instruction && takes(instruction, code)) from.push(instruction.next);
    }
    before = code;
    at += code > 0xffff ? 2 : 1;
  }
}

/** Whether it can match at the beginning of the text only. */
export function isAnchored({ instructions, start }: Program): boolean {
  const first = instructions[start];
  return first?.op === "assert" && first.assertion === "begin-text";
}

/** Adds an instruction, and those that it leads to without taking a character. */
function enter(
  instructions: readonly Instruction[],
  places: Places,
  first: number,
  before: number,
  after: number,
): void {
  const pending = [first];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (places.round[at] === places.now) continue;
    places.round[at] = places.now;
    const instruction = instructions[at] as Instruction;
    if (instruction.op === "split") pending.push(instruction.second, instruction.first);
    else if (instruction.op === "save") pending.push(instruction.next);
    else if (instruction.op !== "assert") places.list.push(at);
    else if (holds(instruction.assertion, before, after)) pending.push(instruction.next);
  }
}

export function holds(assertion: Assertion, before: number, after: number): boolean {
  switch (assertion) {
    case "begin-text":
      return before === NONE;
    case "end-text":
      return after === NONE;
    case "begin-line":
      return before === NONE || before === NEWLINE;
    case "end-line":
      return after === NONE || after === NEWLINE;
    case "word-boundary":
      return isWord(before) !== isWord(after);
    case "no-word-boundary":
      return isWord(before) === isWord(after);
    default:
      return unreachable(assertion);
  }
}

function isWord(code: number): boolean {
  return code !== NONE && code < 0x80 && /\w/.test(String.fromCharCode(code));
}

export function takes(instruction: Instruction, code: number): boolean {
  switch (instruction.op) {
    case "char":
      return instruction.code === code;
    case "class":
      return instruction.sets.some((set) => isIn(set, code)) !== instruction.negated;
    case "any":
      return true;
    case "any-but-newline":
      return code !== NEWLINE;
    default:
      return false;
  }
}

function isIn(set: CharSet, code: number): boolean {
  const found = set.fold ? orbitOf(code).some((each) => holdsCode(set, each)) : holdsCode(set, code);
  return found !== set.negated;
}

function holdsCode({ ranges, property }: CharSet, code: number): boolean {
  if (ranges === undefined) return property?.test(String.fromCodePoint(code)) === true;
  for (let at = 0; at < ranges.length; at += 2)
    if (code >= (ranges[at] as number) && code <= (ranges[at + 1] as number)) return true;
  return false;
}
