// What an expression's groups take. Observed on Consul 1.8.7 (Go 1.15), by templates of prepared queries.

import { describe, expect, test } from "vitest";
import { compileCapturingRe2, findRe2 } from "../../../../src/core/lib/re2/re2.ts";

function find(expression: string, text: string): readonly string[] | undefined {
  const compiled = compileCapturingRe2(expression);
  if (!compiled.ok) throw new Error(compiled.error);
  return findRe2(compiled.re2, text);
}

describe("as in the original", () => {
  test.each([
    ["^geo-(.*)-([0-9])$", "geo-abc-1", ["geo-abc-1", "abc", "1"]],
    ["^(geo)?-?(a|ab|abc)+", "geo-abcab", ["geo-a", "geo", "a"]],
    ["(a*)(a+)", "geo-aaaa", ["aaaa", "aaa", "a"]],
    ["(a*?)(a+?)", "geo-aaaa", ["a", "", "a"]],
    ["(x)|(g)", "geo-aaaa", ["g", "", "g"]],
    ["(?U)(a+)", "geo-aaaa", ["a", "a"]],
    ["(?U)(a+?)", "geo-aaaa", ["aaaa", "aaaa"]],
    ["(?P<n>a)(?:b)(c)", "geo-abc", ["abc", "a", "c"]],
    ["(?:(a)|(b))*$", "geo-abab", ["abab", "a", "b"]],
    ["(\\b\\w+$)", "geo-abc", ["abc", "abc"]],
    ["^(.*?)-(?:(x)|)(.*)$", "geo-", ["geo-", "geo", "", ""]],
    ["(a|b)*(c|d){2,3}", "geo-abcdcdc", ["abcdc", "b", "c"]],
    ["(|a)*(|b)+", "geo-abcdcdc", ["", "", ""]],
    ["(|a)+(b?)+", "geo-abcdcdc", ["", "", ""]],
    ["((a){0}b?)*", "geo-b", ["", "", ""]],
  ])("%s of %s", (expression, text, parts) => {
    expect(find(expression, text)).toEqual(parts);
  });
});

test("what does not match has no parts", () => {
  expect(find("nomatch(x)", "geo-abc")).toBeUndefined();
});

test("characters beyond 16 bits are whole", () => {
  expect(find("(.)(.)$", "a\u{1f600}\u{1f601}")).toEqual(["\u{1f600}\u{1f601}", "\u{1f600}", "\u{1f601}"]);
});
