// docs/gossip-checklist.md names for each rule what shows it: it is there, and every rule is.

import { expect, test } from "vitest";
import { checklistRows, expectShown, numberedRules } from "../../support/checklist.ts";

/** How many rules each part has. */
const RULES = {
  G1: 8,
  G2: 12,
  G3: 6,
  G4: 9,
  G5: 9,
  G6: 5,
  G7: 16,
  G8: 10,
  G9: 5,
  G10: 9,
  G11: 4,
  G12: 5,
  G13: 6,
  G14: 8,
};

const ROWS = checklistRows("docs/gossip-checklist.md");

test.each(ROWS)("$name", expectShown);

test("every rule has its row, once", () => {
  expect(ROWS.map(({ name }) => name)).toEqual(numberedRules(RULES));
});
