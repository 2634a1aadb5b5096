// Runs a program over a text and tells what each group took: all places where it could be at once, the preferred ones
// first, each with what was noted on the way there (Pike's machine; Cox 2009). Like match.ts in linear time, whatever the
// expression.

import { must } from "../assert.ts";
import type { Instruction, Program } from "./compile.ts";
import { holds, isAnchored, NONE, takes } from "./match.ts";

/** A place in the program, and where in the text each slot was noted; NONE for one that was not. */
interface Thread {
  readonly at: number;
  readonly noted: readonly number[];
}

/** @param program From compileCapturing. */
export function find(program: Program, text: string): string[] | undefined {
  const { instructions, start, slots } = program;
  const nothing: readonly number[] = new Array<number>(slots).fill(NONE);
  const anchored = isAnchoredBehindSave(program);
  const visited = new Uint32Array(instructions.length);
  let best: readonly number[] | undefined;
  let from: Thread[] = [];
  let before = NONE;
  for (let at = 0, round = 1; ; round++) {
    const code = text.codePointAt(at) ?? NONE;
    const threads: Thread[] = [];
    const enter = (first: Thread): void => {
      const pending = [first];
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        if (visited[next.at] === round) continue;
        visited[next.at] = round;
        const { noted } = next;
        const instruction = must(instructions[next.at], "a program leads to its own instructions");
        if (instruction.op === "split")
          pending.push({ at: instruction.second, noted }, { at: instruction.first, noted });
        else if (instruction.op === "save")
          pending.push({ at: instruction.next, noted: noted.with(instruction.slot, at) });
        else if (instruction.op !== "assert") threads.push(next);
        else if (holds(instruction.assertion, before, code)) pending.push({ at: instruction.next, noted });
      }
    };
    for (const thread of from) enter(thread);
    // Whoever begins later is less to the left.
    if (best === undefined && (at === 0 || !anchored)) enter({ at: start, noted: nothing });
    from = [];
    for (const thread of threads) {
      const instruction = instructions[thread.at] as Instruction;
      if (instruction.op === "match") {
        best = thread.noted;
        break;
      }
      if (code !== NONE && "next" in instruction && takes(instruction, code))
        from.push({ at: instruction.next, noted: thread.noted });
    }
    if (code === NONE || (from.length === 0 && (best !== undefined || anchored))) break;
    before = code;
    at += code > 0xffff ? 2 : 1;
  }
  return best === undefined ? undefined : partsOf(text, best);
}

/** Whether it can match at the beginning of the text only: what comes first is noting where the whole begins. */
function isAnchoredBehindSave(program: Program): boolean {
  const first = program.instructions[program.start];
  return first?.op === "save" && isAnchored({ ...program, start: first.next });
}

function partsOf(text: string, noted: readonly number[]): string[] {
  const parts: string[] = [];
  for (let slot = 0; slot < noted.length; slot += 2) {
    const start = must(noted[slot], "slots come in pairs");
    const end = must(noted[slot + 1], "slots come in pairs");
    parts.push(start === NONE || end === NONE ? "" : text.slice(start, end));
  }
  return parts;
}
