// Comparisons of one value with what a filter says: texts, numbers, truths. Texts are compared as Go's are, byte by byte; since
// what is in the catalog is UTF-8, so can be all that it is compared with, but for what an escape made of single bytes.

import { type ByteString, textOf, utf8 } from "../bytes.ts";
import { compileRe2, matchesRe2, type Work } from "../re2/re2.ts";
import { type Made, quoted, toBool, toInt64 } from "./coerce.ts";
import type { Operator } from "./expression.ts";

/** Whether a value is what the filter says. What it costs is taken from `work`; when that is used up, nothing is true. */
export type Test<T> = (value: T, work: Work) => boolean;

/** What the regular expressions of one filter have come to. */
export interface Patterns {
  instructions: number;
}

/** For all of one filter: some five megabytes. */
const MAX_INSTRUCTIONS = 50_000;

export function textTest(
  operator: Exclude<Operator, "Is Empty" | "Is Not Empty">,
  wanted: ByteString,
  patterns: Patterns,
): Made<Test<string>> {
  switch (operator) {
    case "Equal":
      return counted(equals(wanted));
    case "Not Equal":
      return counted(not(equals(wanted)));
    case "In":
      return counted(contains(wanted));
    case "Not In":
      return counted(not(contains(wanted)));
    case "Matches":
      return matching(wanted, patterns);
    case "Not Matches": {
      const test = matching(wanted, patterns);
      return test.ok ? { ok: true, value: (value, work) => !test.value(value, work) } : test;
    }
  }
}

function counted<T>(holds: (value: T) => boolean): Made<Test<T>> {
  return {
    ok: true,
    value(value, work) {
      work.left--;
      return holds(value);
    },
  };
}

function not(holds: (value: string) => boolean): (value: string) => boolean {
  return (value) => !holds(value);
}

function isUtf8(bytes: ByteString): boolean {
  return utf8(textOf(bytes)) === bytes;
}

function equals(bytes: ByteString): (value: string) => boolean {
  if (!isUtf8(bytes)) return () => false;
  const wanted = textOf(bytes);
  return (value) => value === wanted;
}

function contains(bytes: ByteString): (value: string) => boolean {
  if (!isUtf8(bytes)) return (value) => utf8(value).includes(bytes);
  const wanted = textOf(bytes);
  return (value) => value.includes(wanted);
}

function matching(bytes: ByteString, patterns: Patterns): Made<Test<string>> {
  const expression = textOf(bytes);
  const compiled = isUtf8(bytes)
    ? compileRe2(expression)
    : { ok: false as const, error: `error parsing regexp: invalid UTF-8: \`${expression}\`` };
  if (!compiled.ok)
    return {
      ok: false,
      error: `Failed to compile regular expression ${quoted(bytes)}: ${compiled.error}`,
    };
  patterns.instructions += compiled.re2.instructions.length;
  if (patterns.instructions > MAX_INSTRUCTIONS)
    return { ok: false, error: "The regular expressions are too large together" };
  return { ok: true, value: (value, work) => matchesRe2(compiled.re2, value, work) };
}

export function numberTest(operator: "Equal" | "Not Equal", text: ByteString): Made<Test<number>> {
  return scalarTest(operator, toInt64(text));
}

export function boolTest(operator: "Equal" | "Not Equal", text: ByteString): Made<Test<boolean>> {
  return scalarTest(operator, toBool(text));
}

function scalarTest<T>(operator: "Equal" | "Not Equal", wanted: Made<T>): Made<Test<T>> {
  if (!wanted.ok) return wanted;
  return counted((value) => (value === wanted.value) === (operator === "Equal"));
}
