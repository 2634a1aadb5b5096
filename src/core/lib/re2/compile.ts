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
  /** Goes on at both; what `first` leads to is preferred. */
  | { readonly op: "split"; readonly first: number; readonly second: number }
  /** Notes where it is, and takes none. */
  | { readonly op: "save"; readonly slot: number; readonly next: number }
  | { readonly op: "match" };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
  /** Places that it notes: where each group begins and ends, and before those the whole. None at all in one that only tells
   * whether a text matches. */
  readonly slots: number;
}

export function compile(tree: Node): Program {
  const instructions: Instruction[] = [{ op: "match" }];
  const start = emit({ instructions, saves: false }, tree, 0);
  return { instructions, start, slots: 0 };
}

/** With what is needed to tell what each group took. @param captures How many groups there are. */
export function compileCapturing(tree: Node, captures: number): Program {
  const instructions: Instruction[] = [{ op: "match" }];
  const emitter: Emitter = { instructions, saves: true };
  return { instructions, start: emitSaved(emitter, tree, 0, 0), slots: 2 * (captures + 1) };
}

interface Emitter {
  readonly instructions: Instruction[];
  readonly saves: boolean;
}

/** @returns Where it is. */
function append({ instructions }: Emitter, instruction: Instruction): number {
  return instructions.push(instruction) - 1;
}

function emitSaved(emitter: Emitter, part: Node, number: number, next: number): number {
  if (!emitter.saves) return emit(emitter, part, next);
  const end = append(emitter, { op: "save", slot: 2 * number + 1, next });
  return append(emitter, { op: "save", slot: 2 * number, next: emit(emitter, part, end) });
}

/** Appends what `node` takes. @returns Where it begins. */
function emit(emitter: Emitter, node: Node, next: number): number {
  switch (node.type) {
    case "char":
      return append(emitter, { op: "char", code: node.code, next });
    case "class":
      return append(emitter, { op: "class", sets: node.sets, negated: node.negated, next });
    case "any":
    case "any-but-newline":
      return append(emitter, { op: node.type, next });
    case "assert":
      return append(emitter, { op: "assert", assertion: node.assertion, next });
    case "concat": {
      let start = next;
      for (const part of node.parts.toReversed()) start = emit(emitter, part, start);
      return start;
    }
    case "alternate": {
      let start: number | undefined;
      for (const choice of node.choices.toReversed()) {
        const own = emit(emitter, choice, next);
        start = start === undefined ? own : append(emitter, { op: "split", first: own, second: start });
      }
      return start ?? next;
    }
    case "repeat":
      return emitRepeat(emitter, node, next);
    case "group":
      return emitSaved(emitter, node.part, node.number, next);
    default:
      return unreachable(node);
  }
}

/** "x{2,5}" is "xx(x(x(x)?)?)?", and "x{2,}" is "xxx*". */
function emitRepeat(
  emitter: Emitter,
  { part, min, max, greedy }: Extract<Node, { type: "repeat" }>,
  next: number,
): number {
  let start = next;
  const choose = (taken: number, left: number): Instruction =>
    greedy ? { op: "split", first: taken, second: left } : { op: "split", first: left, second: taken };
  if (max < 0) {
    // The loop stands before its part is there to be gone to.
    start = append(emitter, choose(0, next));
    emitter.instructions[start] = choose(emit(emitter, part, start), next);
  }
  for (let k = min; k < max; k++) start = append(emitter, choose(emit(emitter, part, start), next));
  for (let k = 0; k < min; k++) start = emit(emitter, part, start);
  return start;
}
