// Texts with "${…}" in them, that others write: the language of Consul's query templates (HashiCorp's HIL, as it was in
// 2016). It has names, one kind of function, and sums.

import { type Evaluated, evaluate, type Scope } from "./evaluate.ts";
import { parse } from "./parse.ts";
import type { Node } from "./tree.ts";

export type Hil = Node;

/** @returns undefined for what is not written in the language: of that the original says "parse error: syntax error". */
export function parseHil(text: string): Hil | undefined {
  return parse(text);
}

/** The text that comes of it, or what is wrong in the original's words. */
export function evaluateHil(hil: Hil, scope: Scope): Evaluated {
  return evaluate(hil, scope);
}
