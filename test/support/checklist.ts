// Checklists in docs name for each rule what shows it. This holds them to that: every name is the title of a test, the id of a
// checker, or the title of a comparison, where the page says.

import { existsSync, readFileSync } from "node:fs";
import { expect } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const NOT_APPLICABLE = "does not apply: ";

export interface ChecklistRow {
  readonly name: string;
  readonly shownBy: string;
}

/** The rows of a page's tables, without their headings. @param headings Words of first columns that are no names. */
export function checklistRows(page: string, headings: readonly string[] = ["rule"]): ChecklistRow[] {
  const text = readFileSync(new URL(page, ROOT), "utf8");
  return text
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map((row) => ({ name: row[1] ?? "", shownBy: row.at(-2) ?? "" }))
    .filter(({ name }) => name !== "" && !headings.includes(name) && !name.startsWith("---"));
}

function source(place: string): string | undefined {
  const path = /^(?:src|scripts)\//.test(place) ? `${place}.ts` : `test/${place}.test.ts`;
  const url = new URL(path, ROOT);
  return existsSync(url) ? readFileSync(url, "utf8") : undefined;
}

/** Whole, as it stands in the source; or the beginning of one that is put together there. */
function isNamed(text: string, title: string): boolean {
  return text.includes(`"${title}"`) || text.includes(`\`${title}`);
}

/** Everything that the row says shows its rule is there. */
export function expectShown({ shownBy }: ChecklistRow): void {
  if (shownBy.startsWith(NOT_APPLICABLE)) return;
  const evidence = [...shownBy.matchAll(/`([\w/.-]+)` "([^"]+)"/g)];
  expect(evidence.length).toBe(shownBy.split(" · ").length);
  for (const [, place = "", title = ""] of evidence) {
    const text = source(place);
    expect(text, place).toBeDefined();
    expect(isNamed(text ?? "", title), `${place}: ${title}`).toBe(true);
  }
}

/** The names "A1.1", "A1.2", … of rules that are numbered within their part. */
export function numberedRules(parts: Readonly<Record<string, number>>): string[] {
  return Object.entries(parts).flatMap(([part, count]) =>
    Array.from({ length: count }, (_, at) => `${part}.${at + 1}`),
  );
}
