// From a tree to a judge of rows. Whatever is wrong with the filter is found here, before the first row, in go-bexpr's order
// and words: a selector that leads nowhere, an operator that its field does not take, a value that is none.

import { type ByteString, textOf } from "../bytes.ts";
import type { Work } from "../re2/re2.ts";
import { type Made, quoted } from "./coerce.ts";
import { boolTest, numberTest, type Patterns, type Test, textTest } from "./comparisons.ts";
import type { Expression, Match, Operator } from "./expression.ts";
import type { Entries, Field, Fields } from "./fields.ts";

export type Compiled<T> = Made<Test<T>>;

export function compileFilter<T>(expression: Expression, fields: Fields<T>): Compiled<T> {
  return compileExpression(expression, fields as Fields<never>, { instructions: 0 }) as Compiled<T>;
}

function compileExpression(
  expression: Expression,
  fields: Fields<never>,
  patterns: Patterns,
): Compiled<never> {
  if (expression.kind === "match") return compileMatch({ match: expression, patterns }, 0, fields);
  if (expression.kind === "not") {
    const operand = compileExpression(expression.operand, fields, patterns);
    if (!operand.ok) return operand;
    return made((row, work) => !operand.value(row, work));
  }
  const tests: Test<never>[] = [];
  for (const each of expression.operands) {
    const operand = compileExpression(each, fields, patterns);
    if (!operand.ok) return operand;
    tests.push(operand.value);
  }
  if (expression.kind === "and") return made((row, work) => tests.every((test) => test(row, work)));
  return made((row, work) => tests.some((test) => test(row, work)));
}

type Fault = Extract<Made<unknown>, { ok: false }>;

function made(value: Test<never>): Compiled<never> {
  return { ok: true, value };
}

/** A comparison on the way along its selector. */
interface Way {
  readonly match: Match;
  readonly patterns: Patterns;
}

/** @param depth How much of the selector has led to these fields. */
function compileMatch(way: Way, depth: number, fields: Fields<never>): Compiled<never> {
  const { selector } = way.match;
  const field = fields.get(selector[depth] ?? "");
  if (field === undefined) return noSelector(way, depth + 1);
  const rest = selector.length - depth - 1;
  switch (field.kind) {
    case "text":
    case "number":
    case "bool":
    case "texts":
      return rest === 0 ? compileLeaf(way, field) : noSelector(way, depth + 2);
    case "labels":
      if (rest === 0) return compileKeys(way, field.of);
      if (rest > 1) return noSelector(way, depth + 3);
      return underKey(way, field.of, keyAt(way, depth + 1), compileText(way));
    case "row": {
      if (rest === 0) return noOperator(way);
      const inner = compileMatch(way, depth + 1, field.fields);
      return inner.ok ? made((row, work) => inner.value(field.of(row) as never, work)) : inner;
    }
    case "rows": {
      if (rest === 0) return compileEmptiness(way, (row) => field.of(row).length === 0);
      const inner = compileMatch(way, depth + 1, field.fields);
      if (!inner.ok) return inner;
      return made(
        (row, work) => spend(work) && field.of(row).some((each) => inner.value(each as never, work)),
      );
    }
    case "rows-by-key": {
      if (rest === 0) return compileKeys(way, field.of);
      if (rest === 1) return noOperator(way);
      return underKey(way, field.of, keyAt(way, depth + 1), compileMatch(way, depth + 2, field.fields));
    }
  }
}

function keyAt({ match: { selector } }: Way, depth: number): ByteString {
  return selector[depth] ?? ("" as ByteString);
}

function noSelector({ match }: Way, depth: number): Fault {
  return { ok: false, error: `Selector ${quotedSelector(match, depth)} is not valid` };
}

function noOperator({ match }: Way): Fault {
  const error = `Invalid match operator "${match.operator}" for selector ${quotedSelector(match)}`;
  return { ok: false, error };
}

function quotedSelector({ selector }: Match, depth = selector.length): string {
  return quoted(selector.slice(0, depth).join(".") as ByteString);
}

type Leaf = Extract<Field<never>, { kind: "text" | "number" | "bool" | "texts" }>;

function compileLeaf(way: Way, field: Leaf): Compiled<never> {
  const { operator, value } = way.match;
  switch (field.kind) {
    case "text": {
      const test = compileText(way);
      return test.ok ? made((row, work) => test.value(field.of(row), work)) : test;
    }
    case "texts": {
      const isEmpty = (row: never): boolean => field.of(row).length === 0;
      return compileMembers(way, (row, isWanted) => field.of(row).some(isWanted), isEmpty);
    }
    case "number": {
      if (!isEquality(operator)) return noOperator(way);
      const test = numberTest(operator, value);
      return test.ok ? made((row, work) => test.value(field.of(row), work)) : noValue(way, test.error);
    }
    case "bool": {
      if (!isEquality(operator)) return noOperator(way);
      const test = boolTest(operator, value);
      return test.ok ? made((row, work) => test.value(field.of(row), work)) : noValue(way, test.error);
    }
  }
}

function isEquality(operator: Operator): operator is "Equal" | "Not Equal" {
  return operator === "Equal" || operator === "Not Equal";
}

function noValue({ match }: Way, error: string): Fault {
  const what = `value ${quoted(match.value)} for selector ${quotedSelector(match)}`;
  return { ok: false, error: `Failed to coerce ${what}: ${error}` };
}

function compileText(way: Way): Made<Test<string>> {
  const { operator, value } = way.match;
  if (operator === "Is Empty" || operator === "Is Not Empty") return noOperator(way);
  return textTest(operator, value, way.patterns);
}

function compileEmptiness(way: Way, isEmpty: (row: never) => boolean): Compiled<never> {
  const { operator } = way.match;
  if (operator === "Is Empty") return made((row, work) => spend(work) && isEmpty(row));
  return operator === "Is Not Empty" ? made((row, work) => spend(work) && !isEmpty(row)) : noOperator(way);
}

/** Of lists and maps, which may have nothing in them that would cost anything. */
function spend(work: Work): boolean {
  work.left--;
  return true;
}

/** A map itself is asked for its keys. */
function compileKeys(way: Way, of: (row: never) => Entries<unknown> | null): Compiled<never> {
  const isEmpty = (row: never): boolean => (of(row) ?? []).length === 0;
  return compileMembers(way, (row, isWanted) => (of(row) ?? []).some(([key]) => isWanted(key)), isEmpty);
}

/** Whether there is a certain one of several texts, or any at all. */
function compileMembers(
  way: Way,
  hasSome: (row: never, isWanted: (member: string) => boolean) => boolean,
  isEmpty: (row: never) => boolean,
): Compiled<never> {
  const { operator, value } = way.match;
  if (operator !== "In" && operator !== "Not In") return compileEmptiness(way, isEmpty);
  const same = textTest("Equal", value, way.patterns);
  if (!same.ok) return same;
  const wanted = operator === "In";
  return made((row, work) => spend(work) && hasSome(row, (member) => same.value(member, work)) === wanted);
}

/** What stands under a key: "Equal" and the like are false of what is not there, all others true, "Matches" too. */
function underKey(
  { match: { operator } }: Way,
  of: (row: never) => Entries<unknown> | null,
  key: ByteString,
  test: Made<Test<never>>,
): Compiled<never> {
  if (!test.ok) return test;
  const wanted = textOf(key);
  const absent = operator !== "Equal" && operator !== "In" && operator !== "Is Not Empty";
  return made((row, work) => {
    const entry = of(row)?.find(([name]) => name === wanted);
    return spend(work) && (entry === undefined ? absent : test.value(entry[1] as never, work));
  });
}
