// From a failing seed to a schedule that a person can read: the run is simplified, taken down as a schedule, and that is
// reduced. A schedule leaves much of the timed world out (schedule.ts), so now and then a run fails in a way that its
// schedule does not; then other runs like it are looked at, of seeds made from this one.

import type { SwarmOptions } from "../swarm.ts";
import { type Reduction, reduceSchedule } from "./reduce.ts";
import { countFaults, countSteps, type Schedule } from "./schedule.ts";
import { type FailedRun, reportedRule, runAndCapture, simplifyRun } from "./simplify-run.ts";

export interface ShrinkOptions {
  /** Steps of agents that the reduction of one schedule may cost. */
  readonly budget?: number;
  /** How many runs like the failing one are looked at, at most. */
  readonly neighbours?: number;
  readonly onProgress?: (schedule: Schedule) => void;
}

export type ShrinkResult =
  /** The run breaks no rule: there is nothing to shrink. */
  | { readonly outcome: "clean"; readonly run: FailedRun }
  /** It could not be told as a schedule; `simplest` is the simplest run that fails in the same way. */
  | { readonly outcome: "timed"; readonly run: FailedRun; readonly simplest: FailedRun }
  | {
      readonly outcome: "shrunk";
      readonly run: FailedRun;
      /** The run whose schedule it is. */
      readonly from: FailedRun;
      readonly reduction: Reduction;
      /** Steps of that schedule before. */
      readonly stepsBefore: number;
    };

/** Enough for most; some tens of seconds. */
export const DEFAULT_BUDGET: number = 3_000_000;
const DEFAULT_NEIGHBOURS = 12;
/** A schedule of so many steps is short enough to be read; a longer one is worth a look at another run. */
const SHORT_STEPS = 25;
const SHORT_FAULTS = 3;
/** Rules that are broken only when the cluster is left in peace. */
const SHOWS_IN_CALM: ReadonlySet<string> = new Set(["not-at-rest", "no-progress", "missed-wake-up"]);

export function shrinkSwarm(options: SwarmOptions, how: ShrinkOptions = {}): ShrinkResult {
  const run = runAndCapture({ options, edits: [] });
  if (run.report.ok) return { outcome: "clean", run };
  const rule = reportedRule(run.report);
  const simpler = simplifyRun(run);
  let best: (ShrinkResult & { outcome: "shrunk" }) | undefined;
  for (const from of candidates(simpler, rule, how.neighbours ?? DEFAULT_NEIGHBOURS)) {
    const shrunk = shrinkRun(run, from, rule, how);
    if (shrunk !== undefined && (best === undefined || weigh(shrunk) < weigh(best))) best = shrunk;
    if (best !== undefined && isShort(best)) break;
  }
  return best ?? { outcome: "timed", run, simplest: simpler.at(-1) ?? run };
}

/** The simplest first, the run itself last, then runs of other seeds. */
function* candidates(simpler: readonly FailedRun[], rule: string, neighbours: number): Generator<FailedRun> {
  yield* simpler.toReversed();
  const [run] = simpler;
  if (run === undefined) return;
  for (let number = 1; number <= neighbours; number++) {
    const servers = Math.min(3, run.options.servers ?? 5);
    const seed = `${run.options.seed}~${number}`;
    const datacenters = simpler.at(-1)?.report.datacenters;
    const near = runAndCapture({ edits: [], options: { ...run.options, datacenters, servers, seed } });
    if (!near.report.ok && reportedRule(near.report) === rule) yield near;
  }
}

function shrinkRun(
  run: FailedRun,
  from: FailedRun,
  rule: string,
  { budget = DEFAULT_BUDGET, onProgress }: ShrinkOptions,
): (ShrinkResult & { outcome: "shrunk" }) | undefined {
  const schedule = from.capture.schedule();
  if (schedule === undefined) return undefined;
  const reduction = reduceSchedule({ ...schedule, calm: SHOWS_IN_CALM.has(rule) }, rule, {
    budget,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return reduction && { outcome: "shrunk", run, from, reduction, stepsBefore: countSteps(schedule) };
}

function weigh({ reduction: { schedule } }: ShrinkResult & { outcome: "shrunk" }): number {
  return countSteps(schedule) + 5 * countFaults(schedule);
}

function isShort({ reduction: { schedule } }: ShrinkResult & { outcome: "shrunk" }): boolean {
  return countSteps(schedule) <= SHORT_STEPS && countFaults(schedule) <= SHORT_FAULTS;
}
