// docs/raft-checklist.md names for each rule what shows it: it is there, and every rule is.

import { expect, test } from "vitest";
import { checklistRows, expectShown, numberedRules } from "../../support/checklist.ts";

/** How many rules each part has; D and E name theirs. */
const RULES = { A1: 9, A2: 5, A3: 7, A4: 7, A5: 5, A6: 14, A7: 6, A8: 4, A9: 10, A10: 9, A11: 4 };

const ROWS = checklistRows("docs/raft-checklist.md", ["rule", "scenario", "trap"]);

test.each(ROWS)("$name", expectShown);

test("every rule has its row, once", () => {
  const names = ROWS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const expected = numberedRules(RULES);
  expect(names.filter((name) => /^A\d/.test(name))).toEqual(expected);
  expect(names.length - expected.length).toBe(28 + 26);
});
