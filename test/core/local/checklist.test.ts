// docs/checks-checklist.md names for each rule what shows it: it is there, and every rule is.

import { expect, test } from "vitest";
import { checklistRows, expectShown, numberedRules } from "../../support/checklist.ts";

/** How many rules each part has. */
const RULES = { C1: 7, C2: 10, C3: 9, C4: 10, C5: 5, C6: 7, C7: 7, C8: 12, C9: 5, C10: 7, C11: 2 };

const ROWS = checklistRows("docs/checks-checklist.md");

test.each(ROWS)("$name", expectShown);

test("every rule has its row, once", () => {
  expect(ROWS.map(({ name }) => name)).toEqual(numberedRules(RULES));
});
