// Against JavaScript's own expressions, where both mean the same; and what none of the original's can be asked: that the
// hostile ones stay within bounds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_SIZE } from "../../../../src/core/lib/re2/parse.ts";
import { compileCapturingRe2, compileRe2, findRe2, matchesRe2 } from "../../../../src/core/lib/re2/re2.ts";

/** One expression in both syntaxes: they differ in what a space, a line's end and a dot are. */
interface Both {
  readonly go: string;
  readonly js: string;
}

const same = (text: string): Both => ({ go: text, js: text });
const atom: fc.Arbitrary<Both> = fc.oneof(
  fc.constantFrom(..."abckxAK19-_é", "日").map(same),
  fc
    .constantFrom("\\d", "\\D", "\\w", "\\W", "\\.", "\\*", "\\n", "\\x41", "\\b", "\\B", "\\pL", "\\PL")
    .map((go) => ({
      go,
      js: go.replace(/\\([pP])L/, "\\$1{L}"),
    })),
  fc.constantFrom("[ab]", "[^a]", "[a-c]", "[\\dé]", "[^\\w]", "[a\\-]", "[\\]]", "[A-Z]").map(same),
  fc.constantFrom<Both>(
    { go: ".", js: "[^\\n]" },
    { go: "\\s", js: "[\\t\\n\\f\\r ]" },
    { go: "\\S", js: "[^\\t\\n\\f\\r ]" },
    { go: "(?s:.)", js: "[^]" },
    { go: "[[:alpha:]]", js: "[A-Za-z]" },
  ),
  fc.constantFrom(
    same("^"),
    same("$"),
    { go: "\\A", js: "^" },
    { go: "\\z", js: "$" },
    { go: "(?m:^)", js: "(?:(?<![^])|(?<=\\n))" },
    { go: "(?m:$)", js: "(?:(?![^])|(?=\\n))" },
  ),
);
/** None that repeats what may be empty or repeats: JavaScript's would take for ever. */
const repeated: fc.Arbitrary<Both> = fc
  .tuple(atom, fc.constantFrom("", "", "*", "+", "?", "*?", "{2}", "{1,3}", "{2,}"))
  .map(([{ go, js }, how]) => ({ go: `(?:${go})${how}`, js: `(?:${js})${how}` }));
const join = (parts: readonly Both[], by: string): Both => ({
  go: parts.map(({ go }) => go).join(by),
  js: parts.map(({ js }) => js).join(by),
});
const group = ({ go, js }: Both): Both => ({ go: `(${go})`, js: `(${js})` });
const sequence = fc
  .array(fc.oneof(atom, repeated), { minLength: 1, maxLength: 4 })
  .map((parts) => join(parts, ""));
const choice = fc.array(sequence, { minLength: 1, maxLength: 3 }).map((parts) => group(join(parts, "|")));
const expression: fc.Arbitrary<Both> = fc
  .array(fc.oneof(sequence, choice), { minLength: 1, maxLength: 3 })
  .map((parts) => join(parts, ""));
/** None beyond 16 bits: JavaScript looks for lines' ends within such characters too. */
const text = fc.string({ unit: fc.constantFrom(..."abckxAK19-_é \n.*]", "日"), maxLength: 8 });

function matches(go: string, given: string): boolean {
  const compiled = compileRe2(go);
  if (!compiled.ok) throw new Error(compiled.error);
  return matchesRe2(compiled.re2, given);
}

describe("as JavaScript does", () => {
  test("an expression matches a text or does not", () => {
    fc.assert(
      fc.property(expression, text, ({ go, js }, given) => {
        expect(matches(go, given), `${go} on ${JSON.stringify(given)}`).toBe(new RegExp(js, "u").test(given));
      }),
      { numRuns: 5000 },
    );
  });

  test("an expression's groups take the same of a text", () => {
    fc.assert(
      fc.property(expression, text, ({ go, js }, given) => {
        const compiled = compileCapturingRe2(go);
        if (!compiled.ok) throw new Error(compiled.error);
        const parts = new RegExp(js, "u").exec(given);
        const expected =
          parts === null ? undefined : [...parts].map((part: string | undefined) => part ?? "");
        expect(findRe2(compiled.re2, given), `${go} on ${JSON.stringify(given)}`).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });

  test("letters are the same in either case, and so are classes of them", () => {
    // \w and \W are not: those of JavaScript take in what only differs from a letter by case.
    const either = expression.filter(({ go }) => !/\\[wWbB]|[PA]/.test(go));
    fc.assert(
      fc.property(either, text, ({ go, js }, given) => {
        expect(matches(`(?i)${go}`, given), `${go} on ${JSON.stringify(given)}`).toBe(
          new RegExp(js, "iu").test(given),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test("every character folds to those that differ from it in case only", () => {
    // A class of one needs no other's letters. Asked of all that have cases, and of their neighbours.
    for (let code = 0x20; code < 0x600; code++) {
      const letter = String.fromCodePoint(code);
      const js = new RegExp(`^\\u{${code.toString(16)}}$`, "iu");
      for (const other of [
        letter.toUpperCase(),
        letter.toLowerCase(),
        "\u017f",
        "\u212a",
        "\u2126",
        "i",
        "I",
      ])
        expect(matches(`(?i)^\\x{${code.toString(16)}}$`, other), `${letter} and ${other}`).toBe(
          js.test(other),
        );
    }
  });
});

describe("whatever is sent", () => {
  const syllable = fc.constantFrom(
    ..."ab()[]{}*+?|^$.\\-,:<>1290iPQEpxdwsUL",
    "(?",
    "(?P<",
    "[[:",
    ":]",
    "\\p{",
    "{1000}",
    "{2,5}",
    "\\x{",
  );

  test("it is read or refused, and what was read runs", () => {
    fc.assert(
      fc.property(fc.array(syllable, { maxLength: 40 }), text, (syllables, given) => {
        const compiled = compileRe2(syllables.join(""));
        if (!compiled.ok) expect(compiled.error).toMatch(/^error parsing regexp: [^`]+: `/);
        else expect(typeof matchesRe2(compiled.re2, given)).toBe("boolean");
      }),
      { numRuns: 5000 },
    );
  });

  test("it reads what is no text too: halves of characters", () => {
    expect(matches("^.$", "\ud800")).toBe(true);
    expect(matches("\ud800", "a\ud800")).toBe(true);
    expect(matches("\\pL", "\ud800")).toBe(false);
  });

  test.each([
    ["what repeats much, again and again", "((x{10}){10}){10}".repeat(100), "expression too large"],
    ["a few great repetitions", "(abcdefghij){1000}".repeat(3), "expression too large"],
    ["choices of them", Array.from({ length: 50 }, () => "x{1000}").join("|"), "expression too large"],
    ["what nests without end", "(a".repeat(5000) + ")".repeat(5000), "expression nests too deeply"],
    ["choices that nest without end", "(a|b".repeat(5000) + ")".repeat(5000), "expression nests too deeply"],
    ["repetitions that nest without end", `a${"*(?i)".repeat(5000)}`, "expression nests too deeply"],
    ["groups that are never closed", "(".repeat(100_000), "missing closing )"],
  ])("%s is refused", (_name, go, code) => {
    const compiled = compileRe2(go);
    expect(compiled).toMatchObject({ ok: false });
    if (!compiled.ok) expect(compiled.error.startsWith(`error parsing regexp: ${code}: `)).toBe(true);
  });

  test.each([
    ["what makes others look back for ever", "^(a+)+$", `${"a".repeat(5000)}b`],
    ["nested stars", "((a*)*)*b", "a".repeat(5000)],
    ["as many optional ones as text", "(?:a?){500}a{500}$", "a".repeat(499)],
    ["one of each kind of choice", "(?:a|a|aa|ab|b?)*c", "ab".repeat(2500)],
  ])("%s takes time in proportion to the text", (_name, go, given) => {
    // No clock is asked: an engine that goes back would not come to an end.
    expect(matches(go, given)).toBe(false);
  });

  test("a program is no larger than is said", () => {
    const compiled = compileRe2(`(?:${"x".repeat(MAX_SIZE / 1000)}){1000}`);
    expect(compiled.ok && compiled.re2.instructions.length).toBe(MAX_SIZE + 1);
    const deep = compileRe2("(a|b".repeat(490) + ")".repeat(490));
    expect(deep.ok).toBe(true);
  });
});
