// `sim campaign`: many seeds of the swarm, or of pools of gossip, on all cores. The first seed that fails ends it, unless it is told to go on;
// what it has come to is kept in a file, from which it goes on and which `sim merge` adds to those of other machines.

import {
  addReport,
  type CampaignResults,
  createResults,
  failedSeeds,
  missingSeeds,
} from "../../../sim/campaign/results.ts";
import { renderResults } from "../../../sim/campaign/results-text.ts";
import type { Call, Command } from "../command.ts";
import type { Io } from "../io.ts";
import { buildId } from "./build-id.ts";
import { resumeResults, writeResults } from "./campaign-file.ts";
import { runPool } from "./campaign-pool.ts";
import { createProgress } from "./campaign-progress.ts";
import { judgeResults, printFailure, printResults } from "./campaign-report.ts";
import { CAMPAIGN_FLAGS, type CampaignWords, readCampaignWords } from "./campaign-words.ts";
import type { CampaignTask } from "./campaign-worker.ts";
import { whyNoCoverage, writeCoverage } from "./coverage.ts";
import { count, EXIT_CODES, misuse, reasonOf, simCommand } from "./words.ts";

export const command: Command = simCommand({
  usage: (program) => `
Usage: ${program} sim campaign [options] [swarm | gossip]

  Runs seeds of the swarm: clusters under trouble that each seed draws for
  itself, then calm, in which the cluster must come to rest; or seeds of pools of
  gossip alone, as \`sim gossip\` runs them. All checkers are on. -duration,
  -servers and -clients are for the swarm, -members, -pool, -founded and -calm
  for gossip.

  Stops at the first seed that fails and says how to repeat it. Says on stderr
  how far it is.

  A thousand seeds, to be interrupted and gone on with:

      $ ${program} sim campaign --seeds 1..1000 --out results.json
      $ ${program} sim campaign gossip --seeds 1..1000 --out pools.json

  A million on four machines, and what they have come to:

      $ ${program} sim campaign --seeds 1..1000000 --shard 1/4 --out 1.json
      $ ${program} sim merge 1.json 2.json 3.json 4.json

${EXIT_CODES}`,
  flags: CAMPAIGN_FLAGS,
  names: true,
  run: runCampaign,
});

/** What is lost at most when the machine dies. */
const SAVE_MS = 10_000;
/** How often the progress is looked at while no seed ends. */
const TICK_MS = 500;

async function runCampaign(call: Call): Promise<number> {
  const { io, args, flags } = call;
  const words = readCampaignWords(args, flags);
  if (typeof words === "string") return misuse(io, words);
  const { seeds, asked, options, out, coverage, json } = words;
  const fresh = createResults({ build: buildId(), options, seeds, asked });
  const results = out === undefined ? fresh : resumeResults(io.cwd, out, fresh);
  if (typeof results === "string") return misuse(io, results);
  // At once: a file that can't be written is better known now than in an hour.
  const unwritable =
    (coverage === undefined ? undefined : whyNoCoverage(io.cwd, coverage)) ??
    (out === undefined ? undefined : writeResults(io.cwd, out, results));
  if (unwritable !== undefined) return misuse(io, unwritable);
  const began = performance.now();
  const ended = await work(io, words, results);
  if (json) io.stdout(renderResults(results));
  else printResults(io, results, { wallMs: performance.now() - began, told: ended.told });
  return conclude(io, words, results, ended);
}

/** How the work ended. */
interface Ended {
  /** Failures that were printed as they were found. */
  readonly told: number;
  /** The signal that interrupted it. */
  readonly signal: NodeJS.Signals | undefined;
  /** Why it could not go on. */
  readonly error: string | undefined;
}

/** Runs what is missing and counts it, until nothing is left, a seed fails, or somebody interrupts. */
async function work(io: Io, words: CampaignWords, results: CampaignResults): Promise<Ended> {
  const { options, threads, out, keepGoing, json } = words;
  const seeds = missingSeeds(results);
  if (seeds.length < words.asked.length)
    io.stderr(
      `${count(words.asked.length - seeds.length)} of ${count(words.asked.length)} seeds are done already.\n`,
    );
  const progress = createProgress({
    write: io.stderr,
    terminal: process.stderr.isTTY === true,
    all: seeds.length,
    now: () => performance.now(),
  });
  const task: CampaignTask = { campaign: true, seeds, next: new SharedArrayBuffer(4), options };
  const stop = new AbortController();
  let signal: NodeJS.Signals | undefined;
  let error: string | undefined;
  const interrupt = (which: NodeJS.Signals): void => {
    signal = which;
    stop.abort();
  };
  for (const each of SIGNALS) process.once(each, interrupt);
  let savedMs = performance.now();
  const save = (): void => {
    savedMs = performance.now();
    if (out !== undefined) error = writeResults(io.cwd, out, results) ?? error;
    if (error !== undefined) stop.abort();
  };
  const spentMs = createCpuMeter();
  let done = 0;
  let told = 0;
  const tick = (): void => progress.tick(done, failedSeeds(results));
  const ticking = setInterval(tick, TICK_MS);
  try {
    await runPool(task, threads, stop.signal, (report) => {
      done++;
      const isNew = addReport(results, report, spentMs());
      if (isNew && !json) {
        progress.clear();
        printFailure(io, report, options);
        told++;
      }
      if (!report.ok && !keepGoing) stop.abort();
      if (performance.now() - savedMs >= SAVE_MS) save();
      tick();
    });
  } catch (reason) {
    error = `The campaign broke off: ${reasonOf(reason)}`;
  } finally {
    clearInterval(ticking);
    for (const each of SIGNALS) process.removeListener(each, interrupt);
  }
  progress.clear();
  save();
  return { told, signal, error };
}

/**
 * Processor time of all threads since it was last asked for, so that the sum is that of the campaign: a thread can't tell its
 * own, and by the clock on the wall it would seem long whenever others use the machine.
 */
function createCpuMeter(): () => number {
  let before = process.cpuUsage();
  return () => {
    const now = process.cpuUsage();
    const us = now.user - before.user + now.system - before.system;
    before = now;
    return us / 1000;
  };
}

/** Those that a person or a CI ends a program with, and what a shell makes of them. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
const SIGNALS = Object.keys(SIGNAL_CODES) as (keyof typeof SIGNAL_CODES)[];

/** @returns The exit code. */
function conclude(io: Io, words: CampaignWords, results: CampaignResults, { signal, error }: Ended): number {
  const { out, coverage, demandCoverage } = words;
  if (error !== undefined) return misuse(io, error);
  if (signal !== undefined) {
    const again = out === undefined ? "" : " The same command goes on from here.";
    misuse(io, `Interrupted: ${count(missingSeeds(results).length)} seeds are left.${again}`);
    return SIGNAL_CODES[signal as keyof typeof SIGNAL_CODES];
  }
  const unwritten = coverage === undefined ? undefined : writeCoverage(io.cwd, coverage, results);
  if (unwritten !== undefined) return misuse(io, unwritten);
  return judgeResults(io, results, demandCoverage);
}
