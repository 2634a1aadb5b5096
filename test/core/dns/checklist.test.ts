// docs/dns-checklist.md names for each rule what shows it: it is there, and every rule is.

import { expect, test } from "vitest";
import { checklistRows, expectShown, numberedRules } from "../../support/checklist.ts";

/** How many rules each part has. */
const RULES = { N1: 10, N2: 6, N3: 5, N4: 9, N5: 3, N6: 3, N7: 5, N8: 4, N9: 9, N10: 5 };

const ROWS = checklistRows("docs/dns-checklist.md");

test.each(ROWS)("$name", expectShown);

test("every rule has its row, once", () => {
  expect(ROWS.map(({ name }) => name)).toEqual(numberedRules(RULES));
});
