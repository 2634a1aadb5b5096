// docs/raft-checklist.md names for each rule what shows it. This test holds it to that: every name is the title of a test, or
// the id of a checker, where the page says; and every rule is there.

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../../", import.meta.url);
const NOT_APPLICABLE = "does not apply: ";
/** How many rules each part has; D and E name theirs. */
const RULES = { A1: 9, A2: 5, A3: 7, A4: 7, A5: 5, A6: 14, A7: 6, A8: 4, A9: 10, A10: 9, A11: 4 };

interface Row {
  readonly name: string;
  readonly shownBy: string;
}

function rows(): Row[] {
  const page = readFileSync(new URL("docs/raft-checklist.md", ROOT), "utf8");
  const cells = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return cells
    .map((row) => ({ name: row[1] ?? "", shownBy: row.at(-2) ?? "" }))
    .filter(({ name }) => name !== "" && name !== "rule" && !name.startsWith("---"))
    .filter(({ name }) => name !== "scenario" && name !== "trap");
}

function source(place: string): string | undefined {
  const path = place.startsWith("src/") ? `${place}.ts` : `test/${place}.test.ts`;
  const url = new URL(path, ROOT);
  return existsSync(url) ? readFileSync(url, "utf8") : undefined;
}

/** Whole, as it stands in the source; or the beginning of one that is put together there. */
function isNamed(text: string, title: string): boolean {
  return text.includes(`"${title}"`) || text.includes(`\`${title}`);
}

test.each(rows())("$name", ({ shownBy }) => {
  if (shownBy.startsWith(NOT_APPLICABLE)) return;
  const evidence = [...shownBy.matchAll(/`([\w/.-]+)` "([^"]+)"/g)];
  expect(evidence.length).toBe(shownBy.split(" · ").length);
  for (const [, place = "", title = ""] of evidence) {
    const text = source(place);
    expect(text, place).toBeDefined();
    expect(isNamed(text ?? "", title), `${place}: ${title}`).toBe(true);
  }
});

test("every rule has its row, once", () => {
  const names = rows().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const expected = Object.entries(RULES).flatMap(([part, count]) =>
    Array.from({ length: count }, (_, at) => `${part}.${at + 1}`),
  );
  expect(names.filter((name) => /^A\d/.test(name))).toEqual(expected);
  expect(names.length - expected.length).toBe(28 + 26);
});
