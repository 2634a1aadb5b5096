// What a campaign has come to so far, on one machine or on several: plain figures that can be added up. Which seeds are
// done is part of it, so that a campaign can go on where it was, and nothing is counted twice.

import { addRun, type Coverage, createCoverage, joinCoverage } from "../coverage.ts";
import { addFailure, type FailureGroups, joinGroup } from "./failures.ts";
import { GROUNDS, type SeedReport } from "./ground.ts";
import { type CampaignOptions, optionTexts } from "./options.ts";
import { renderSeeds } from "./seeds.ts";

export interface CampaignResults {
  /** Which code ran: the same seed of another build is another run. */
  readonly build: string;
  readonly options: CampaignOptions;
  /** All seeds of the campaign. */
  readonly seeds: readonly string[];
  /** Those of this machine's shard. */
  readonly asked: readonly string[];
  readonly done: Set<string>;
  readonly totals: {
    simulatedMs: number;
    /** Spent in simulation, over all threads and machines. */
    cpuMs: number;
    events: number;
    readonly operations: { ok: number; failed: number; unknown: number };
  };
  readonly failures: FailureGroups;
  readonly coverage: Coverage;
}

export function createResults(
  about: Pick<CampaignResults, "build" | "options" | "seeds" | "asked">,
): CampaignResults {
  return {
    ...about,
    done: new Set(),
    totals: { simulatedMs: 0, cpuMs: 0, events: 0, operations: { ok: 0, failed: 0, unknown: 0 } },
    failures: new Map(),
    coverage: createCoverage(GROUNDS[about.options.of]),
  };
}

/** Counts a run. @returns Whether it failed in a way in which none did before. */
export function addReport(results: CampaignResults, report: SeedReport, cpuMs: number): boolean {
  const { totals } = results;
  results.done.add(report.seed);
  totals.simulatedMs += report.simulatedMs;
  totals.cpuMs += cpuMs;
  totals.events += report.events;
  for (const key of ["ok", "failed", "unknown"] as const) totals.operations[key] += report.operations[key];
  addRun(results.coverage, report);
  return !report.ok && addFailure(results.failures, report);
}

export function failedSeeds({ failures }: CampaignResults): number {
  let failed = 0;
  for (const { seeds } of failures.values()) failed += seeds.size;
  return failed;
}

/** Seeds that were asked for and are not done, in the order in which they were asked for. */
export function missingSeeds({ asked, done }: CampaignResults): string[] {
  return asked.filter((seed) => !done.has(seed));
}

/** Results and where they come from, for complaints. */
export interface NamedResults {
  readonly name: string;
  readonly results: CampaignResults;
}

/** Adds up what several machines have come to. @returns Why it can't be done, as text. */
export function mergeResults(first: NamedResults, others: readonly NamedResults[]): CampaignResults | string {
  for (const other of others) {
    const difference = whatDiffers(first.results, other.results);
    if (difference !== undefined)
      return `${first.name} and ${other.name} are not of one campaign: ${difference}.`;
  }
  const all = [first, ...others];
  const overlap = findOverlap(all);
  if (overlap !== undefined) return overlap;
  const seeds = [...new Set(all.flatMap(({ results }) => results.seeds))];
  const { build, options } = first.results;
  const sum = createResults({ build, options, seeds, asked: seeds });
  for (const { results } of all) addResults(sum, results);
  return sum;
}

function addResults(sum: CampaignResults, { done, totals, failures, coverage }: CampaignResults): void {
  for (const seed of done) sum.done.add(seed);
  sum.totals.simulatedMs += totals.simulatedMs;
  sum.totals.cpuMs += totals.cpuMs;
  sum.totals.events += totals.events;
  for (const key of ["ok", "failed", "unknown"] as const)
    sum.totals.operations[key] += totals.operations[key];
  for (const group of failures.values()) joinGroup(sum.failures, group);
  joinCoverage(sum.coverage, coverage);
}

/** @returns What keeps two results from being of one campaign, in words; undefined for nothing. */
export function whatDiffers(a: CampaignResults, b: CampaignResults): string | undefined {
  if (a.build !== b.build) return `they are of two builds, ${a.build} and ${b.build}`;
  const [left, right] = [optionTexts(a.options), optionTexts(b.options)];
  const at = left.findIndex((text, index) => text !== right[index]);
  return at < 0 ? undefined : `one ran with ${left[at]}, the other with ${right[at]}`;
}

function findOverlap(all: readonly NamedResults[]): string | undefined {
  for (const [at, { name, results }] of all.entries())
    for (const other of all.slice(at + 1)) {
      const both = [...other.results.done].filter((seed) => results.done.has(seed));
      if (both.length > 0) return `${name} and ${other.name} both have ${tellSeeds(both)}.`;
    }
  return undefined;
}

const TOLD_PARTS = 10;

/** "seed 3", "seeds 1..4,9", "seeds 1,3,5,… (500 in all)" */
export function tellSeeds(seeds: readonly string[]): string {
  const parts = renderSeeds(seeds).split(",");
  const text = parts.slice(0, TOLD_PARTS).join(",");
  const more = parts.length > TOLD_PARTS ? `,… (${seeds.length} in all)` : "";
  return `seed${seeds.length === 1 ? "" : "s"} ${text}${more}`;
}
