// From a tree to a program for the machine in match.ts (Thompson 1968; Cox, "Regular Expression Matching: the Virtual
// Machine Approach", 2009). Built from its end: each part is told where to go on.

import { unreachable } from "../assert.ts";
import type { Assertion, CharSet, Node } from "./tree.ts";

export type Instruction =
  /** Takes one character, and goes on at `next`. */
  | { readonly op: "char"; readonly code: number; readonly next: number }
  | {
      readonly op: "class";
      readonly sets: readonly CharSet[];
      readonly negated: boolean;
      readonly next: number;
    }
  | { readonly op: "any"; readonly next: number }
  | { readonly op: "any-but-newline"; readonly next: number }
  /** Takes none. */
  | { readonly op: "assert"; readonly assertion: Assertion; readonly next: number }
  | { readonly op: "split"; next: number; readonly other: number }
  | { readonly op: "match" };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

export function compile(tree: Node): Program {
  const instructions: Instruction[] = [{ op: "match" }];
  const start = emit(instructions, tree, 0);
  return { instructions, start };
}

/** Appends what `node` takes. @returns Where it begins. */
function emit(program: Instruction[], node: Node, next: number): number {
  switch (node.type) {
    case "char":
      return program.push({ op: "char", code: node.code, next }) - 1;
    case "class":
      return program.push({ op: "class", sets: node.sets, negated: node.negated, next }) - 1;
    case "any":
    case "any-but-newline":
      return program.push({ op: node.type, next }) - 1;
    case "assert":
      return program.push({ op: "assert", assertion: node.assertion, next }) - 1;
    case "concat": {
      let start = next;
      for (const part of node.parts.toReversed()) start = emit(program, part, start);
      return start;
    }
    case "alternate": {
      let start: number | undefined;
      for (const choice of node.choices.toReversed()) {
        const own = emit(program, choice, next);
        start = start === undefined ? own : program.push({ op: "split", next: own, other: start }) - 1;
      }
      return start ?? next;
    }
    case "repeat":
      return emitRepeat(program, node, next);
    default:
      return unreachable(node);
  }
}

/** "x{2,5}" is "xx(x(x(x)?)?)?", and "x{2,}" is "xxx*". */
function emitRepeat(
  program: Instruction[],
  { part, min, max }: Extract<Node, { type: "repeat" }>,
  next: number,
): number {
  let start = next;
  if (max < 0) {
    const loop: Instruction = { op: "split", next: 0, other: next };
    start = program.push(loop) - 1;
    loop.next = emit(program, part, start);
  }
  for (let k = min; k < max; k++) {
    const taken = emit(program, part, start);
    start = program.push({ op: "split", next: taken, other: next }) - 1;
  }
  for (let k = 0; k < min; k++) start = emit(program, part, start);
  return start;
}
