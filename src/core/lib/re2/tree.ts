// An expression as a tree, in the terms of Go's regexp/syntax. Every node knows how much it will cost, so that what is too
// large is refused while it is read.

/** A set of characters as part of a class. */
export interface CharSet {
  /** First and last code point in turn, ascending; undefined when `property` says which. */
  readonly ranges: readonly number[] | undefined;
  /** Matches a single character of a Unicode category or script. */
  readonly property: RegExp | undefined;
  /** A character belongs to it if another that differs from it only in case does. */
  readonly fold: boolean;
  readonly negated: boolean;
}

/** What is true of a place between two characters. */
export type Assertion =
  | "begin-text"
  | "end-text"
  | "begin-line"
  | "end-line"
  | "word-boundary"
  | "no-word-boundary";

interface Cost {
  /** Instructions that it compiles to. */
  readonly size: number;
  /** How deep it nests. */
  readonly height: number;
  /** The largest product of repetition counts, one within the other. */
  readonly repeats: number;
}

export type Node = Cost &
  (
    | { readonly type: "char"; readonly code: number }
    | { readonly type: "class"; readonly sets: readonly CharSet[]; readonly negated: boolean }
    | { readonly type: "any" }
    | { readonly type: "any-but-newline" }
    | { readonly type: "assert"; readonly assertion: Assertion }
    | { readonly type: "concat"; readonly parts: readonly Node[] }
    | { readonly type: "alternate"; readonly choices: readonly Node[] }
    /** `max` is -1 for no limit. Greedy or not decides what is captured, never whether a text matches. */
    | {
        readonly type: "repeat";
        readonly part: Node;
        readonly min: number;
        readonly max: number;
        readonly greedy: boolean;
      }
    /** What it takes is captured, under a number from 1 on. */
    | { readonly type: "group"; readonly part: Node; readonly number: number }
  );

const LEAF: Cost = { size: 1, height: 1, repeats: 1 };

export function charNode(code: number): Node {
  return { type: "char", code, ...LEAF };
}

export function classNode(sets: readonly CharSet[], negated: boolean): Node {
  return { type: "class", sets, negated, ...LEAF };
}

export function anyNode(type: "any" | "any-but-newline"): Node {
  return { type, ...LEAF };
}

export function assertNode(assertion: Assertion): Node {
  return { type: "assert", assertion, ...LEAF };
}

export function concatNode(parts: readonly Node[]): Node {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return { type: "concat", parts, ...costOf(parts, 0) };
}

export function alternateNode(choices: readonly Node[]): Node {
  const [only] = choices;
  if (choices.length === 1 && only !== undefined) return only;
  return { type: "alternate", choices, ...costOf(choices, choices.length - 1) };
}

export function repeatNode(part: Node, min: number, max: number, greedy = true): Node {
  const optional = max < 0 ? part.size + 1 : (max - min) * (part.size + 1);
  const most = max < 0 ? min : max;
  return {
    type: "repeat",
    part,
    min,
    max,
    greedy,
    size: min * part.size + optional,
    height: part.height + 1,
    repeats: max === 0 ? 0 : Math.max(1, most) * Math.max(1, part.repeats),
  };
}

export function groupNode(part: Node, number: number): Node {
  return {
    type: "group",
    part,
    number,
    size: part.size + 2,
    height: part.height + 1,
    repeats: part.repeats,
  };
}

function costOf(parts: readonly Node[], more: number): Cost {
  let [size, height, repeats] = [more, 0, 0];
  for (const part of parts) {
    size += part.size;
    height = Math.max(height, part.height);
    repeats = Math.max(repeats, part.repeats);
  }
  return { size, height: height + 1, repeats };
}
