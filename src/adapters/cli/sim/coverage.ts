// `sim campaign -coverage FILE -demand-coverage`: what the campaign has tried, printed, written into a page, demanded.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Coverage, coverageLines, coveragePage, uncovered } from "../../../sim/coverage.ts";
import { complain, say } from "../command.ts";
import type { Flag } from "../flags.ts";
import type { Io } from "../io.ts";

export const COVERAGE_FLAGS: readonly Flag[] = [
  {
    name: "coverage",
    kind: "string",
    description:
      "Write into this `file` in how many runs each fault, and each pair of them, took effect: between its marks `<!-- written:coverage -->`, or all of it.",
  },
  { name: "demand-coverage", kind: "bool", description: "Fail when a kind of fault never took effect." },
];

const OPENING = "<!-- written:coverage -->";
const CLOSING = "<!-- /written:coverage -->";

export function printCoverage(io: Io, coverage: Coverage): void {
  for (const line of coverageLines(coverage)) say(io, line);
}

/** @returns Whether the file was written; if not, it has said why. */
export function writeCoverage(io: Io, file: string, coverage: Coverage): boolean {
  try {
    const before = existsSync(file) ? readFileSync(file, "utf8") : "";
    writeFileSync(file, pageWith(before, coveragePage(coverage)));
    return true;
  } catch (error) {
    complain(
      io,
      `The coverage could not be written: ${error instanceof Error ? error.message : String(error)}`,
    );
    return false;
  }
}

function pageWith(before: string, table: string): string {
  const from = before.indexOf(OPENING);
  const to = before.indexOf(CLOSING);
  if (from < 0 || to < from) return `${table}\n`;
  return `${before.slice(0, from + OPENING.length)}\n${table}\n${before.slice(to)}`;
}

/** @returns Whether every kind took effect; if not, it has said which did not. */
export function demandCoverage(io: Io, coverage: Coverage): boolean {
  const missing = uncovered(coverage);
  if (missing.length > 0)
    complain(io, `Never took effect: ${missing.join(", ")}. More seeds, or a fault of the simulator.`);
  return missing.length === 0;
}
