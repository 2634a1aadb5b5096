// Filters against a naive evaluation of the trees that they were written from; and what the original can't be asked: that
// hostile ones stay within bounds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeFilter, runFilter, runLateFilter } from "../../../../src/core/lib/bexpr/bexpr.ts";
import {
  bool,
  type Fields,
  fields,
  labels,
  number,
  row,
  rows,
  rowsByKey,
  text,
  texts,
} from "../../../../src/core/lib/bexpr/fields.ts";
import { MAX_DEPTH, MAX_LENGTH } from "../../../../src/core/lib/bexpr/parse.ts";
import { type ByteString, utf8 } from "../../../../src/core/lib/bytes.ts";

interface Leaf {
  readonly t: string;
  readonly n: number;
}

interface Row extends Leaf {
  readonly b: boolean;
  readonly list: readonly string[];
  readonly meta: readonly (readonly [string, string])[] | null;
  readonly one: Leaf;
  readonly many: readonly Leaf[];
  readonly named: readonly (readonly [string, Leaf])[];
}

const LEAF: Fields<Leaf> = fields({ T: text(({ t }) => t), N: number(({ n }) => n) });
const ROW: Fields<Row> = fields({
  T: text(({ t }) => t),
  N: number(({ n }) => n),
  B: bool(({ b }) => b),
  List: texts(({ list }) => list),
  Meta: labels(({ meta }) => meta),
  One: row(({ one }) => one, LEAF),
  Many: rows(({ many }) => many, LEAF),
  Named: rowsByKey(({ named }) => named, LEAF),
});

/** Few words, so that they meet. */
const word = fc.constantFrom("a", "b", "ab", "", "é", "a b", "1", "日a", "or", "not");
const small = fc.integer({ min: -1, max: 2 });
const leaf: fc.Arbitrary<Leaf> = fc.record({ t: word, n: small });
const keyed = <V>(value: fc.Arbitrary<V>): fc.Arbitrary<[string, V][]> =>
  fc.uniqueArray(fc.tuple(word, value), { maxLength: 3, selector: ([key]) => key });
const anyRow: fc.Arbitrary<Row> = fc.record({
  t: word,
  n: small,
  b: fc.boolean(),
  list: fc.array(word, { maxLength: 3 }),
  meta: fc.option(keyed(word)),
  one: leaf,
  many: fc.array(leaf, { maxLength: 3 }),
  named: keyed(leaf),
});

/** A filter as it is written, and what it means. */
interface Meant {
  readonly written: string;
  readonly holds: (row: Row) => boolean;
  /** Needs parentheses inside others. */
  readonly loose: boolean;
}

/** All of the ways to write a text. */
function quotings(value: string): fc.Arbitrary<string> {
  const ways = [`"${value}"`, `\`${value}\``, `"${[...utf8(value)].map(escaped).join("")}"`];
  if (/^[a-z]+$/.test(value)) ways.push(value);
  if (value === "1") ways.push("1");
  return fc.constantFrom(...ways);
}

function escaped(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

const space = fc.constantFrom(" ", "  ", "\n", "\t ");

type Op = "==" | "!=" | "contains" | "not contains" | "in" | "not in" | "matches" | "not matches";
const OPS: readonly Op[] = ["==", "!=", "contains", "not contains", "in", "not in", "matches", "not matches"];

function judge(op: Op, value: string | undefined, wanted: string): boolean {
  // Of what is not there most things are true.
  if (value === undefined) return !["==", "contains", "in"].includes(op);
  const negated = op === "!=" || op.startsWith("not ");
  if (op === "==" || op === "!=") return (value === wanted) !== negated;
  return value.includes(wanted) !== negated;
}

function write(selector: string, op: Op, value: string, gap: string): string {
  const words = op.replace(" ", gap);
  if (op === "in" || op === "not in") return `${value}${gap}${words}${gap}${selector}`;
  return `${selector}${gap}${words}${gap}${value}`;
}

/** A comparison of a text, got by `of`; there may be several, of which one is enough. */
function ofText(
  selector: fc.Arbitrary<readonly [written: string, of: (row: Row) => readonly (string | undefined)[]]>,
): fc.Arbitrary<Meant> {
  return fc
    .tuple(
      selector,
      fc.constantFrom(...OPS),
      word.chain((value) => quotings(value).map((written) => ({ value, written }))),
      space,
    )
    .map(([[written, of], op, wanted, gap]) => ({
      written: write(written, op, wanted.written, gap),
      holds: (each: Row) => of(each).some((value) => judge(op, value, wanted.value)),
      loose: false,
    }));
}

const textSelector = fc.constantFrom<readonly [string, (row: Row) => readonly (string | undefined)[]]>(
  ["T", ({ t }) => [t]],
  ["One.T", ({ one }) => [one.t]],
  ["Many.T", ({ many }) => many.map(({ t }) => t)],
  ["Meta.ab", ({ meta }) => [meta?.find(([key]) => key === "ab")?.[1]]],
  ['Meta["a b"]', ({ meta }) => [meta?.find(([key]) => key === "a b")?.[1]]],
  ["Meta[ `é` ]", ({ meta }) => [meta?.find(([key]) => key === "é")?.[1]]],
  ["Named.b.T", ({ named }) => [named.find(([key]) => key === "b")?.[1].t]],
);

const ofNumber: fc.Arbitrary<Meant> = fc
  .tuple(
    fc.constantFrom<readonly [string, (row: Row) => readonly (number | undefined)[]]>(
      ["N", ({ n }) => [n]],
      ["One.N", ({ one }) => [one.n]],
      ["Many.N", ({ many }) => many.map(({ n }) => n)],
      ['Named["é"].N', ({ named }) => [named.find(([key]) => key === "é")?.[1].n]],
    ),
    small,
    fc.boolean(),
    fc.constantFrom(
      (n: number) => String(n),
      (n: number) => `"${n}"`,
      (n: number) => `"${n < 0 ? "-" : ""}0x${Math.abs(n)}"`,
    ),
  )
  .map(([[written, of], wanted, equal, print]) => ({
    written: `${written}${equal ? "==" : " != "}${print(wanted)}`,
    holds: (each: Row) =>
      of(each).some((value) => (value === undefined ? !equal : (value === wanted) === equal)),
    loose: false,
  }));

const ofBool: fc.Arbitrary<Meant> = fc
  .tuple(fc.constantFrom("true", "T", "1", "false", '"0"', "False"), fc.boolean())
  .map(([value, equal]) => ({
    written: `B ${equal ? "==" : "!="} ${value}`,
    holds: ({ b }: Row) => (b === /[tT1]/.test(value)) === equal,
    loose: false,
  }));

const ofKeys: fc.Arbitrary<Meant> = fc
  .tuple(
    fc.constantFrom<readonly [string, (row: Row) => readonly string[]]>(
      ["List", ({ list }) => list],
      ["Meta", ({ meta }) => (meta ?? []).map(([key]) => key)],
      ["Named", ({ named }) => named.map(([key]) => key)],
    ),
    fc.constantFrom<Op>("contains", "not contains", "in", "not in"),
    word.chain((value) => quotings(value).map((written) => ({ value, written }))),
    space,
  )
  .map(([[selector, of], op, wanted, gap]) => ({
    written: write(selector, op, wanted.written, gap),
    holds: (each: Row) => of(each).includes(wanted.value) !== op.startsWith("not"),
    loose: false,
  }));

const ofEmptiness: fc.Arbitrary<Meant> = fc
  .tuple(
    fc.constantFrom<readonly [string, (row: Row) => readonly unknown[]]>(
      ["List", ({ list }) => list],
      ["Meta", ({ meta }) => meta ?? []],
      ["Named", ({ named }) => named],
      ["Many", ({ many }) => many],
    ),
    fc.boolean(),
    space,
  )
  .map(([[selector, of], empty, gap]) => ({
    written: [selector, "is", ...(empty ? [] : ["not"]), "empty"].join(gap),
    holds: (each: Row) => (of(each).length === 0) === empty,
    loose: false,
  }));

const match = fc.oneof(ofText(textSelector), ofNumber, ofBool, ofKeys, ofEmptiness);

const { meant } = fc.letrec<{ meant: Meant }>((tie) => ({
  meant: fc.oneof(
    { maxDepth: 4 },
    match,
    fc.tuple(fc.array(tie("meant"), { minLength: 2, maxLength: 3 }), fc.boolean()).map(([parts, all]) => ({
      written: parts.map((each) => tight(each)).join(all ? " and " : "\nor\t"),
      holds: (each: Row) => (all ? parts.every((p) => p.holds(each)) : parts.some((p) => p.holds(each))),
      loose: true,
    })),
    // "and" before "or", without parentheses.
    fc.tuple(match, match, match, fc.boolean()).map(([a, b, c, first]) => ({
      written: first
        ? `${a.written} and ${b.written} or ${c.written}`
        : `${c.written} or ${a.written} and ${b.written}`,
      holds: (each: Row) => (a.holds(each) && b.holds(each)) || c.holds(each),
      loose: true,
    })),
    fc.tuple(tie("meant"), fc.integer({ min: 1, max: 3 })).map(([inner, count]) => ({
      written: "not ".repeat(count) + tight(inner),
      holds: (each: Row) => inner.holds(each) !== (count % 2 === 1),
      loose: false,
    })),
    tie("meant").map((inner) => ({ ...inner, written: `( ${inner.written})`, loose: false })),
  ),
}));

function tight({ written, loose }: Meant): string {
  return loose ? `(${written})` : written;
}

describe("a filter", () => {
  test("lets through what it says", () => {
    fc.assert(
      fc.property(meant, fc.array(anyRow, { maxLength: 6 }), ({ written, holds }, given) => {
        const made = makeFilter(utf8(written), ROW);
        if (!made.ok) throw new Error(made.error);
        expect(runFilter(made.filter, given)).toEqual({ ok: true, rows: given.filter(holds) });
      }),
      { numRuns: 500 },
    );
  });

  test("has an answer whatever it is", () => {
    const syllable = fc.constantFrom(
      ...[
        "T",
        "List",
        "Meta",
        "One.T",
        "==",
        "!=",
        "in",
        "not",
        "is",
        "empty",
        "and",
        "or",
        "matches",
        "(",
        ")",
      ],
      ...[
        '"a"',
        '"',
        "`",
        "\\",
        "[",
        "]",
        ".",
        "-",
        "0",
        "1.5",
        " ",
        "\n",
        "é",
        "😀",
        "\0",
        "\xff",
        "a+",
        "(a",
        "contains",
      ],
    );
    const noise = fc.oneof(
      fc.array(syllable, { maxLength: 30 }).map((all) => all.join(" ")),
      fc.array(syllable, { maxLength: 30 }).map((all) => all.join("")),
      fc.string({ unit: "binary", maxLength: 50 }),
    );
    fc.assert(
      fc.property(noise, fc.boolean(), (filter, asBytes) => {
        const bytes = asBytes ? (filter.replace(/[^\0-\xff]/gu, "\xe6") as ByteString) : utf8(filter);
        const made = makeFilter(bytes, ROW);
        if (!made.ok) expect(made.error).toMatch(/^Failed to create boolean expression evaluator: ./);
      }),
      { numRuns: 1000 },
    );
  });
});

function errorOf(filter: string): string {
  const made = makeFilter(filter as ByteString, ROW);
  if (made.ok) throw new Error("it is one");
  return made.error.replace(/^Failed to create boolean expression evaluator: /, "");
}

const A_ROW: Row = {
  t: "a",
  n: 0,
  b: false,
  list: [],
  meta: null,
  one: { t: "", n: 0 },
  many: [],
  named: [],
};

describe("a hostile filter", () => {
  test("that is too long is not read", () => {
    expect(errorOf(`T == ${"a".repeat(MAX_LENGTH)}`)).toBe(
      `a filter of ${MAX_LENGTH + 5} bytes is too long: at most ${MAX_LENGTH}`,
    );
  });

  test("nests as deep as any that makes sense, and no deeper", () => {
    const nested = (depth: number): string => `${"(".repeat(depth)}T == a${")".repeat(depth)}`;
    const made = makeFilter(nested(MAX_DEPTH) as ByteString, ROW);
    expect(made.ok && runFilter(made.filter, [A_ROW])).toEqual({ ok: true, rows: [A_ROW] });
    const error = `rule "grouping": More than ${MAX_DEPTH} parentheses within each other`;
    expect(errorOf(nested(MAX_DEPTH + 1))).toBe(`1:${MAX_DEPTH + 1} (${MAX_DEPTH}): ${error}`);
    expect(errorOf("(".repeat(MAX_LENGTH))).toContain(error);
  });

  test.each([
    ["of many terms", "T == a or ".repeat(10_000)],
    ["of many conditions", "T == a and ".repeat(10_000)],
    ["of many groups", "(T == a) and ".repeat(9_000)],
    ["of many negations", "not ".repeat(30_000)],
    ["of many negations and groups", "not (T == a) or not T == b or ".repeat(4_000)],
  ])("%s is read as any other", (_, repeated) => {
    const made = makeFilter(`${repeated}T == a` as ByteString, ROW);
    expect(made.ok && runFilter(made.filter, [A_ROW])).toEqual({ ok: true, rows: [A_ROW] });
  });

  test.each([
    ["of negations of nothing", "not ".repeat(30_000)],
    ["of indexes of nothing", "T[".repeat(30_000)],
    ["of quotes", '"'.repeat(100_000)],
    ["of escapes that are none", 'T == "\\q" or '.repeat(9_000)],
    ["of spaces", `T${" ".repeat(100_000)}`],
    ["of lines", "\n".repeat(100_000)],
    ["of dots", `T${".a".repeat(60_000)} == 1`],
    ["of digits", "9".repeat(100_000)],
  ])("%s is refused", (_, filter) => {
    expect(errorOf(filter)).not.toBe("");
  });

  test("of large expressions is refused before they are all built", () => {
    const filter = Array.from({ length: 100 }, () => 'T matches "(a{1000}){1}"').join(" or ");
    expect(errorOf(filter)).toBe("The regular expressions are too large together");
  });

  test("is given up when it has worked for too long", () => {
    const made = makeFilter('T matches "(a?){100}b"' as ByteString, ROW);
    const slow = { ...A_ROW, t: "a".repeat(200) };
    expect(made.ok && runFilter(made.filter, [slow], 100_000)).toEqual({ ok: true, rows: [] });
    expect(
      made.ok &&
        runFilter(
          made.filter,
          Array.from({ length: 10 }, () => slow),
          100_000,
        ),
    ).toMatchObject({
      ok: false,
      error: expect.stringContaining("takes too long"),
    });
  });
});

describe("a filter that is looked at late", () => {
  test.each([
    ["T ==", [], "Failed to create boolean expression evaluator: 1:5 (4): no match found, expected: "],
    ["Nope == 1", [A_ROW], 'Selector "Nope" is not valid'],
    ['T matches "("', [A_ROW], 'Failed to compile regular expression "(": error parsing regexp: '],
  ])("%s is told what is wrong with it", (filter, given, error) => {
    const result = runLateFilter(filter as ByteString, ROW, given);
    expect(result.ok ? "" : result.error.slice(0, error.length)).toBe(error);
  });

  test("may ask for anything while there is nothing to ask", () => {
    expect(runLateFilter("Nope == 1" as ByteString, ROW, [])).toEqual({ ok: true, rows: [] });
    expect(runLateFilter("T == a" as ByteString, ROW, [A_ROW])).toEqual({ ok: true, rows: [A_ROW] });
  });
});
