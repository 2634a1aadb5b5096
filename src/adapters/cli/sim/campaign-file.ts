// The file that a campaign keeps its results in (`-out`), and that `sim merge` reads.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type CampaignResults, tellSeeds, whatDiffers } from "../../../sim/campaign/results.ts";
import { parseResults, renderResults } from "../../../sim/campaign/results-text.ts";
import { reasonOf } from "./words.ts";

/** @returns Why it can't be read, as text. */
export function readResults(cwd: string, file: string): CampaignResults | string {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, file), "utf8");
  } catch (error) {
    return `${file} can't be read: ${reasonOf(error)}`;
  }
  const results = parseResults(text);
  return typeof results === "string" ? `${file} can't be read: ${results}.` : results;
}

/** In one piece: whoever reads it finds the old results or the new ones. @returns What went wrong, as text. */
export function writeResults(cwd: string, file: string, results: CampaignResults): string | undefined {
  const path = resolve(cwd, file);
  try {
    writeFileSync(`${path}.tmp`, renderResults(results));
    renameSync(`${path}.tmp`, path);
    return undefined;
  } catch (error) {
    return `${file} could not be written: ${reasonOf(error)}`;
  }
}

/**
 * What an earlier campaign left in the file, so that this one can go on where it was; `fresh` where there is no file.
 * @returns Why this campaign can't go on from there, as text.
 */
export function resumeResults(cwd: string, file: string, fresh: CampaignResults): CampaignResults | string {
  if (!existsSync(resolve(cwd, file))) return fresh;
  const before = readResults(cwd, file);
  if (typeof before === "string") return before;
  const other = "Name another file for -out, or remove this one";
  const difference = whatDiffers(before, fresh);
  if (difference !== undefined) return `${file} is of another campaign: ${difference}. ${other}.`;
  const asked = new Set(fresh.asked);
  const strange = [...before.done].filter((seed) => !asked.has(seed));
  if (strange.length > 0)
    return `${file} is of another campaign: it has ${tellSeeds(strange)}, which ${strange.length === 1 ? "is" : "are"} not asked for here. ${other}.`;
  return { ...before, seeds: fresh.seeds, asked: fresh.asked };
}
