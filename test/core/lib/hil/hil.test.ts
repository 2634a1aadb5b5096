// Against the original: what Consul 1.8.7 made of these templates. Recorded by scripts/record-hil.ts. And what it does not
// survive.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateHil, parseHil } from "../../../../src/core/lib/hil/hil.ts";
import { compileCapturingRe2, findRe2 } from "../../../../src/core/lib/re2/re2.ts";
import { HIL_VECTORS, type HilCase, type HilVectors } from "../../../support/hil-vectors.ts";

const { cases } = JSON.parse(readFileSync(HIL_VECTORS, "utf8")) as HilVectors;
const DEFAULTS = { prefix: "geo-", name: "geo-abc-1", regexp: "^geo-(.*)-([0-9])$" };

type Result = NonNullable<HilCase["result"]>;

/** As the original does: tried with the prefix for a name first. */
function make({ template, prefix, name, regexp }: Omit<HilCase, "result">): Result {
  const refused = (error: string): Result => ({ error: `failed compiling template: ${error}` });
  const hil = parseHil(template);
  if (hil === undefined)
    return refused(`Bad format '${template}' in Service.Tags[0]: parse error: syntax error`);
  const compiled = compileCapturingRe2(regexp);
  if (!compiled.ok) return refused(`Bad Regexp: ${compiled.error}`);
  const render = (full: string): ReturnType<typeof evaluateHil> => {
    const parts = regexp === "" ? undefined : findRe2(compiled.re2, full);
    const suffix = full.startsWith(prefix) ? full.slice(prefix.length) : full;
    return evaluateHil(hil, {
      variables: new Map([
        ["name.full", full],
        ["name.prefix", prefix],
        ["name.suffix", suffix],
        ["agent.segment", ""],
      ]),
      functions: new Map([["match", (number: number) => parts?.[number] ?? ""]]),
    });
  };
  const tried = render(prefix);
  if (!tried.ok) return refused(`Bad evaluation for '${template}' in Service.Tags[0]: ${tried.error}`);
  const rendered = render(name);
  return rendered.ok ? { text: rendered.value } : { error: rendered.error };
}

function text(template: string): string | undefined {
  const made = make({ ...DEFAULTS, template });
  return "text" in made ? made.text : undefined;
}

/** A dollar sign that is all of a text, or of what stands behind the last "${…}", gets lost in the original. */
const LOST_DOLLAR = ["$", "$" + "{name.full}$"];

describe("as in the original", () => {
  const survived = cases.filter(({ result, template }) => result !== null && !LOST_DOLLAR.includes(template));
  test.each(survived)("$template of $name", ({ result, ...given }) => {
    expect(make(given)).toEqual(result);
  });

  test("and these are most", () => {
    expect(survived.length).toBeGreaterThan(230);
  });
});

const inside = (expression: string): string => `$\{${expression}}`;

describe("what the original does not survive", () => {
  test.each([
    ['match("1")', "abc"],
    ['"3" + 1', "4"],
    ['1 + "3"', "4"],
    ["1/0", undefined],
    ["1%0", undefined],
    ["-1.0/0", undefined],
    ["*2", undefined],
  ])("%s", (expression, expected) => {
    expect(text(inside(expression))).toBe(expected);
  });

  test("dollar signs", () => {
    expect(LOST_DOLLAR.map(text)).toEqual(["$", "geo-abc-1$"]);
    expect(text("$\u00fc")).toBe("$\u00fc");
  });

  test("nor do we follow anybody without end", () => {
    const deep = (count: number): string => inside(`${"(".repeat(count)}1${")".repeat(count)}`);
    expect(text(deep(100))).toBe("1");
    expect(text(deep(100_000))).toBeUndefined();
    expect(text(inside(`${"-".repeat(100_000)}1`))).toBe("1");
    expect(text(inside(`1${"+1".repeat(10_000)}`))).toBe("10001");
  });
});

test("whatever is given, it says something or is refused", () => {
  const syllable = fc.constantFrom(...'$}{()[]"\\,.+-*/%019 \nabz\u00e9', "name.full", "match(", "$" + "{");
  fc.assert(
    fc.property(fc.array(syllable, { maxLength: 30 }), (syllables) => {
      expect(make({ ...DEFAULTS, template: syllables.join("") })).toBeTypeOf("object");
    }),
    { numRuns: 2000 },
  );
});

test("a text without dollar signs says itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 50 }), (given) => {
      if (!given.includes("$")) expect(text(given)).toBe(given);
    }),
  );
});
