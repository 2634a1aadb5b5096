// Against the original: what Consul 1.8.7 (Go 1.15's regexp) said of these expressions, and which texts they matched.
// Recorded by scripts/record-re2.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileRe2, matchesRe2 } from "../../../../src/core/lib/re2/re2.ts";

interface Recorded {
  readonly texts: readonly string[];
  /** What is wrong, or the numbers of the texts that match. */
  readonly cases: readonly (readonly [expression: string, result: string | readonly number[]])[];
}

const FILE = join(import.meta.dirname, "../../../vectors/re2.json");
const { texts, cases }: Recorded = JSON.parse(readFileSync(FILE, "utf8"));

function resultOf(expression: string): string | number[] {
  const compiled = compileRe2(expression);
  if (!compiled.ok) return compiled.error;
  return texts.flatMap((text, at) => (matchesRe2(compiled.re2, text) ? [at] : []));
}

test("every expression is wrong in the same words, or matches the same texts", () => {
  const differences = cases.flatMap(([expression, result]) => {
    const ours = resultOf(expression);
    return JSON.stringify(ours) === JSON.stringify(result) ? [] : [{ expression, ours, result }];
  });
  expect(differences).toEqual([]);
  expect(cases.length).toBeGreaterThan(1000);
});
