// A campaign's results for people: seeds, failures by kind, figures, what was tried.

import { type FailureGroup, inOrder } from "../../../sim/campaign/failures.ts";
import type { SeedReport } from "../../../sim/campaign/ground.ts";
import { type CampaignOptions, demandedKinds } from "../../../sim/campaign/options.ts";
import { type CampaignResults, failedSeeds, missingSeeds, tellSeeds } from "../../../sim/campaign/results.ts";
import { coverageLines, uncovered } from "../../../sim/coverage.ts";
import { complain, say } from "../command.ts";
import type { Io } from "../io.ts";
import { repeatGossip } from "./gossip-words.ts";
import { count, EXIT_OK, EXIT_VIOLATION, pace, repeatLine } from "./words.ts";

/** A failure as it is found. */
export function printFailure(
  io: Io,
  { seed, violation, message }: Pick<SeedReport, "seed" | "violation" | "message">,
  options: CampaignOptions,
): void {
  say(io, `seed ${seed}: VIOLATED ${violation}: ${message}`);
  say(io, `repeat    ${repeatOf(io.program, seed, options)}`);
}

function repeatOf(program: string, seed: string, options: CampaignOptions): string {
  return options.of === "gossip"
    ? repeatGossip(program, seed, options)
    : repeatLine(program, "swarm", seed, options);
}

/** How results came about, where that was here and now. */
interface Session {
  readonly wallMs: number;
  /** Failures that were printed as they were found. */
  readonly told: number;
}

export function printResults(io: Io, results: CampaignResults, session?: Session): void {
  const { asked, done, totals, options, coverage } = results;
  const failed = failedSeeds(results);
  const verdict = failed === 0 ? "no violation" : `${count(failed)} failed`;
  const time = session === undefined ? "" : ` in ${(session.wallMs / 1000).toFixed(1)} s`;
  say(io, `${count(done.size)} of ${count(asked.length)} seeds${time}: ${verdict}`);
  if (failed !== session?.told) for (const group of inOrder(results.failures)) printGroup(io, group, options);
  const { ok, failed: refused, unknown } = totals.operations;
  const judged = options.of === "swarm" ? `, ${count(ok + refused + unknown)} operations judged` : "";
  // What was run twice was simulated twice.
  const runs = options.twice ? 2 : 1;
  say(io, `on one core ${pace(runs * totals.simulatedMs, totals.cpuMs, runs * totals.events)}${judged}`);
  for (const line of coverageLines(coverage, demandedKinds(options))) say(io, line);
}

function printGroup(io: Io, { rule, seeds, example }: FailureGroup, options: CampaignOptions): void {
  const [line = ""] = example.message.split("\n", 1);
  say(io, `  ${rule}, ${tellSeeds([...seeds])}`);
  say(io, `    in seed ${example.seed}: ${line}`);
  say(io, `    ${repeatOf(io.program, example.seed, options)}`);
}

/** Says what was left out. @returns The exit code of a campaign with these results. */
export function judgeResults(io: Io, results: CampaignResults, demandCoverage: boolean): number {
  const missing = missingSeeds(results);
  const failed = failedSeeds(results);
  if (missing.length > 0 && failed === 0)
    complain(io, `Not complete: ${tellSeeds(missing)} ${missing.length === 1 ? "was" : "were"} not run.`);
  const unseen = demandCoverage ? uncovered(results.coverage, demandedKinds(results.options)) : [];
  if (unseen.length > 0)
    complain(io, `Never took effect: ${unseen.join(", ")}. More seeds, or a fault of the simulator.`);
  return failed + missing.length + unseen.length === 0 ? EXIT_OK : EXIT_VIOLATION;
}
