import { expect, test } from "vitest";
import { besiegeDns } from "./dns-siege.ts";

test("no question over DNS, and no answer of a recursor, can break an agent", () => {
  const report = besiegeDns("house", 4_000);
  // The damage is good: much of it is answered, and enough of it is not.
  expect(report.answered).toBeGreaterThan(500);
  expect(report.refused).toBeGreaterThan(500);
  expect(report.ignored).toBeGreaterThan(50);
  expect(report.passedOn).toBeGreaterThan(50);
});
