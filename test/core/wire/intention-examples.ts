// Intentions for tests: any, and one with something in every field.

import fc from "fast-check";
import type { Intention, IntentionFields } from "../../../src/core/model/intention.ts";

const text = fc.string({ maxLength: 4 });
const meta = fc
  .uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), text), { selector: ([name]) => name })
  .map((pairs) => pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
const seconds = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
/** As Go prints a moment of the years 1 to 9999. */
const moment = fc.tuple(seconds, fc.nat({ max: 999_999_999 })).map(([at, nanoseconds]) => {
  const fraction = String(nanoseconds).padStart(9, "0").replace(/0+$/, "");
  return `${new Date(at * 1000).toISOString().slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`;
});
const columns = {
  id: fc.uuid(),
  description: text,
  sourceNs: text,
  sourceName: text,
  destinationNs: text,
  destinationName: text,
  sourceType: text,
  action: text,
  defaultAddr: text,
  defaultPort: fc.integer(),
  meta,
  createdAt: moment,
  updatedAt: moment,
};
export const anyIntentionFields: fc.Arbitrary<IntentionFields> = fc.record(columns);
export const anyIntention: fc.Arbitrary<Intention> = fc.record({
  ...columns,
  createIndex: fc.nat(),
  modifyIndex: fc.nat(),
});

export const INTENTION: IntentionFields = {
  id: "0123abcd-0000-1111-2222-333344445555",
  description: "d",
  sourceNs: "default",
  sourceName: "web",
  destinationNs: "default",
  destinationName: "db",
  sourceType: "consul",
  action: "deny",
  defaultAddr: "a",
  defaultPort: 5,
  meta: [["a", "b"]],
  createdAt: "2026-11-22T02:37:14.396799454Z",
  updatedAt: "2026-11-22T02:37:14Z",
};
