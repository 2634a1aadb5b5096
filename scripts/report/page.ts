// Pages in docs whose tables are written by a script, between marks.

import { readFileSync, writeFileSync } from "node:fs";

/** Puts text between `<!-- written:ID -->` and `<!-- /written:ID -->`. @throws when the page has no such place. */
export function replaceInPage(page: string, id: string, text: string): void {
  const before = readFileSync(page, "utf8");
  const [opening, closing] = [`<!-- written:${id} -->`, `<!-- /written:${id} -->`];
  const from = before.indexOf(opening);
  const to = before.indexOf(closing);
  if (from < 0 || to < from) throw new Error(`${page} has no place for ${id}: ${opening} … ${closing}`);
  writeFileSync(page, `${before.slice(0, from + opening.length)}\n${text}\n${before.slice(to)}`);
}
