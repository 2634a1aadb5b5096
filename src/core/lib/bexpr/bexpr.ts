// Filters: a language in which users ask for some of the rows that they would otherwise get, as Consul has it (`?filter=`;
// hashicorp/go-bexpr 0.1). Filters come from others: whatever they say, reading one takes time in proportion to its length,
// and running one has a bounded amount of work to do.

import type { ByteString } from "../bytes.ts";
import type { Work } from "../re2/re2.ts";
import type { Test } from "./comparisons.ts";
import { compileFilter } from "./compile.ts";
import type { Fields } from "./fields.ts";
import { parseFilter } from "./parse.ts";

/** Of rows of type T. */
export type Filter<T> = Test<T>;

export type MadeFilter<T> =
  | { readonly ok: true; readonly filter: Filter<T> }
  | { readonly ok: false; readonly error: string };

export type Filtered<T> =
  | { readonly ok: true; readonly rows: readonly T[] }
  | { readonly ok: false; readonly error: string };

/** With Consul's words before whatever is wrong. */
export function makeFilter<T>(text: ByteString, fields: Fields<T>): MadeFilter<T> {
  const parsed = parseFilter(text);
  const compiled = parsed.ok ? compileFilter(parsed.expression, fields) : parsed;
  return compiled.ok ? { ok: true, filter: compiled.value } : notMade(compiled.error);
}

function notMade(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error: `Failed to create boolean expression evaluator: ${error}` };
}

/** Why the text is no filter, whatever it may ask for; undefined if it is one. */
export function filterFault(text: ByteString): string | undefined {
  const parsed = parseFilter(text);
  return parsed.ok ? undefined : notMade(parsed.error).error;
}

/**
 * `makeFilter` and `runFilter` where Consul looks at what the filter asks for only when there is a row to ask, and then without its words before
 * what is wrong: of an agent's checks.
 */
export function runLateFilter<T, R extends T>(
  text: ByteString,
  fields: Fields<T>,
  rows: readonly R[],
): Filtered<R> {
  const parsed = parseFilter(text);
  if (!parsed.ok) return notMade(parsed.error);
  if (rows.length === 0) return { ok: true, rows };
  const compiled = compileFilter(parsed.expression, fields);
  return compiled.ok ? runFilter(compiled.value, rows) : compiled;
}

/** Comparisons and steps of regular expressions: a second's worth at most, since others wait meanwhile. */
const MAX_WORK = 20_000_000;

/** The rows that are what the filter says, in their order. */
export function runFilter<T, R extends T>(
  filter: Filter<T>,
  rows: readonly R[],
  maxWork: number = MAX_WORK,
): Filtered<R> {
  const work: Work = { left: maxWork };
  const kept = rows.filter((row) => work.left >= 0 && filter(row, work));
  if (work.left >= 0) return { ok: true, rows: kept };
  return {
    ok: false,
    error: "The filter takes too long for so many results: make it simpler, or ask for less",
  };
}
