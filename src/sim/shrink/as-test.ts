// A shrunk schedule as a test to paste into test/scenarios: it fails for as long as the bug is there, and stays as its
// memorial when it is gone.

import type { Violation } from "../violation.ts";
import { printSchedule, type Schedule } from "./schedule.ts";

/**
 * @param name What the test is to be called: the bug in plain words is best, and this is what is known of it.
 * @returns The text of a whole file of vitest.
 */
export function printTest(name: string, schedule: Schedule, { id, message }: Violation): string {
  const lines = printSchedule({ ...schedule, planted: undefined })
    .trimEnd()
    .split("\n");
  const about = `${id}: ${message}`.replace(/\s+/g, " ");
  const planted = schedule.planted === undefined ? "" : ` (with the planted bug ${schedule.planted})`;
  return [
    'import { expect, test } from "vitest";',
    'import { performText } from "../../src/sim/shrink/perform-text.ts";',
    "",
    `// Broke a rule once${planted}:`,
    `// ${about}`,
    `test(${JSON.stringify(name)}, () => {`,
    "  const { violation } = performText(`",
    ...lines.map((line) => `    ${line.replace(/[\\`]|\$\{/g, "\\$&")}`),
    "  `);",
    "  expect(violation?.message).toBeUndefined();",
    "});",
    "",
  ].join("\n");
}
