// Regular expressions that come from others: in Go's syntax, since that is what Serf and Consul say they are, and in
// linear time, which JavaScript's own do not promise. The syntax is RE2's (Go's regexp/syntax). For an expression of our own
// use a literal.

import { compile, compileCapturing, type Program } from "./compile.ts";
import { faultText } from "./fault.ts";
import { find } from "./find.ts";
import { matches, type Work } from "./match.ts";
import { parse } from "./parse.ts";

export type Re2 = Program;
export type { Work };

export type CompiledRe2 =
  | { readonly ok: true; readonly re2: Re2 }
  /** In the words of Go's regexp.Compile. */
  | { readonly ok: false; readonly error: string };

/** Takes time in proportion to the expression's length, and to the size of what its repetitions stand for, which is bounded. */
export function compileRe2(expression: string): CompiledRe2 {
  const parsed = parse(expression);
  if (!parsed.ok) return { ok: false, error: faultText(parsed.fault) };
  return { ok: true, re2: compile(parsed.node) };
}

/** One that also tells what its groups take: findRe2 wants it so. It costs more to run. */
export function compileCapturingRe2(expression: string): CompiledRe2 {
  const parsed = parse(expression);
  if (!parsed.ok) return { ok: false, error: faultText(parsed.fault) };
  return { ok: true, re2: compileCapturing(parsed.node, parsed.captures) };
}

/**
 * What the whole expression takes of the text, and then what each of its groups does: "" for a group that takes no part in
 * it. Of all matches the leftmost, and of those the one that a backtracking search finds first.
 * @returns undefined where nothing matches.
 */
export function findRe2(re2: Re2, text: string): readonly string[] | undefined {
  return find(re2, text);
}

/** Whether the expression matches some part of the text. With `work`, no longer than there is some left. */
export function matchesRe2(re2: Re2, text: string, work?: Work): boolean {
  return matches(re2, text, work);
}
