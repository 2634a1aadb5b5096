// The list of rules is true: each stands where the list says, is broken on purpose by some test, and is in the docs. That
// nothing else is thrown the compiler sees to: a Violation takes no other id.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RULES } from "../../src/sim/rules.ts";

const ROOT = join(import.meta.dirname, "../..");
const textOf = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), "utf8");

const tests = readdirSync(join(ROOT, "test/sim"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && file !== "rules.test.ts")
  .map((file) => textOf("test/sim", file));

describe.each(Object.entries(RULES))("%s", (id, { says, file }) => {
  test("stands where the list says", () => {
    expect(textOf("src/sim", file)).toContain(`"${id}"`);
  });

  test("is broken on purpose by a test", () => {
    expect(tests.filter((text) => text.includes(`"${id}"`)).length).toBeGreaterThan(0);
  });

  test("is in the docs (`npm run rules -- --write` puts it there)", () => {
    expect(textOf("docs/testing.md")).toContain(`| \`${id}\` | ${says} | \`${file}\` |`);
  });
});

test("the docs have no other rules", () => {
  const [, table = ""] =
    /<!-- written:rules -->\n(.*?)\n<!-- \/written:rules -->/s.exec(textOf("docs/testing.md")) ?? [];
  const ids = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, id]) => id);
  expect(ids).toEqual(Object.keys(RULES));
});
