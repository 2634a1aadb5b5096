// `-coverage FILE`: the table of what a campaign has tried, written into a page.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { demandedKinds } from "../../../sim/campaign/options.ts";
import type { CampaignResults } from "../../../sim/campaign/results.ts";
import { coveragePage } from "../../../sim/coverage.ts";
import type { Flag } from "../flags.ts";
import { reasonOf } from "./words.ts";

export const COVERAGE_FLAGS: readonly Flag[] = [
  {
    name: "coverage",
    kind: "string",
    description:
      "Write into this `file` in how many runs each fault, and each pair of them, took effect: a new file, or a page with the marks <!-- written:coverage -->.",
  },
  { name: "demand-coverage", kind: "bool", description: "Fail when a kind of fault never took effect." },
];

const OPENING = "<!-- written:coverage -->";
const CLOSING = "<!-- /written:coverage -->";

/** @returns Why the file can't take the table, as text: better known before a campaign than after it. */
export function whyNoCoverage(cwd: string, file: string): string | undefined {
  const path = resolve(cwd, file);
  try {
    if (!existsSync(path)) return undefined;
    return between(readFileSync(path, "utf8"), "") === undefined ? noMarks(file) : undefined;
  } catch (error) {
    return `${file} can't be read: ${reasonOf(error)}`;
  }
}

function noMarks(file: string): string {
  return `${file} has no marks ${OPENING} and ${CLOSING} for the coverage to stand between.`;
}

/** @returns Why it could not be written, as text. */
export function writeCoverage(
  cwd: string,
  file: string,
  { coverage, options }: CampaignResults,
): string | undefined {
  const path = resolve(cwd, file);
  try {
    const table = coveragePage(coverage, demandedKinds(options));
    const page = existsSync(path) ? between(readFileSync(path, "utf8"), table) : `${table}\n`;
    if (page === undefined) return noMarks(file);
    writeFileSync(path, page);
    return undefined;
  } catch (error) {
    return `The coverage could not be written: ${reasonOf(error)}`;
  }
}

/** The page with the table between its marks; undefined where it has none: a page of somebody's is not to be lost. */
function between(page: string, table: string): string | undefined {
  const from = page.indexOf(OPENING);
  const to = page.indexOf(CLOSING);
  if (from < 0 || to < from) return undefined;
  return `${page.slice(0, from + OPENING.length)}\n${table}\n${page.slice(to)}`;
}
