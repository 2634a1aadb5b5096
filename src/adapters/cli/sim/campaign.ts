// `sim campaign`: many seeds of the swarm on all cores. The first seed that fails ends it, unless it is told to go on;
// what it has come to is kept in a file, from which it goes on and which `sim merge` adds to those of other machines.

import { availableParallelism } from "node:os";
import {
  addReport,
  type CampaignOptions,
  type CampaignResults,
  createResults,
  failedSeeds,
  missingSeeds,
} from "../../../sim/campaign/results.ts";
import { renderResults } from "../../../sim/campaign/results-text.ts";
import { parseSeeds, type Shard, shardOf } from "../../../sim/campaign/seeds.ts";
import type { Call, Command } from "../command.ts";
import { boolFlag, type Flag, type FlagValues, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { buildId } from "./build-id.ts";
import { resumeResults, writeResults } from "./campaign-file.ts";
import { runPool } from "./campaign-pool.ts";
import { createProgress } from "./campaign-progress.ts";
import { judgeResults, printFailure, printResults } from "./campaign-report.ts";
import type { CampaignTask } from "./campaign-worker.ts";
import { COVERAGE_FLAGS, writeCoverage } from "./coverage.ts";
import {
  count,
  EXIT_CODES,
  EXIT_USAGE,
  misuse,
  PLANTED_FLAG,
  readSwarmWords,
  readWords,
  reasonOf,
  SWARM_FLAGS,
  wholeNumber,
} from "./words.ts";

const FLAGS: readonly Flag[] = [
  {
    name: "seeds",
    kind: "string",
    description: "Which `seeds`: 1..1000, 42, or 3,7,12.",
    fallback: "1..1000",
  },
  ...SWARM_FLAGS,
  PLANTED_FLAG,
  { name: "workers", kind: "int", description: "How many `threads`. Default: one for each core." },
  {
    name: "shard",
    kind: "string",
    description: "Run the i-th of n parts of the seeds only: `i/n`. The other parts are for other machines.",
  },
  {
    name: "out",
    kind: "string",
    description: "Keep the results in this `file`. A campaign that was interrupted goes on from there.",
  },
  {
    name: "twice",
    kind: "bool",
    description: "Run each seed again by way of bytes and dumps, and compare the digests.",
  },
  { name: "keep-going", kind: "bool", description: "Do not stop at the first seed that fails." },
  { name: "json", kind: "bool", description: "Print the results as JSON, and nothing else." },
  ...COVERAGE_FLAGS,
];

export const command: Command = {
  type: "command",
  usageCode: EXIT_USAGE,
  usage: (program) => `
Usage: ${program} sim campaign [options]

  Runs seeds of the swarm: clusters under trouble that each seed draws for
  itself, then calm, in which the cluster must come to rest. All checkers are on.
  Stops at the first seed that fails and says how to repeat it. Says on stderr
  how far it is.

  A thousand seeds, to be interrupted and gone on with:

      $ ${program} sim campaign --seeds 1..1000 --out results.json

  A million on four machines, and what they have come to:

      $ ${program} sim campaign --seeds 1..1000000 --shard 1/4 --out 1.json
      $ ${program} sim merge 1.json 2.json 3.json 4.json

${EXIT_CODES}`,
  flags: FLAGS,
  run: runCampaign,
};

const MOST_WORKERS = 256;
const MOST_SHARDS = 10_000;
/** What is lost at most when the machine dies. */
const SAVE_MS = 10_000;
/** How often the progress is looked at while no seed ends. */
const TICK_MS = 500;

interface CampaignWords {
  readonly seeds: readonly string[];
  readonly asked: readonly string[];
  readonly options: CampaignOptions;
  readonly threads: number;
  readonly out: string | undefined;
  readonly coverage: string | undefined;
  readonly demandCoverage: boolean;
  readonly keepGoing: boolean;
  readonly json: boolean;
}

async function runCampaign(call: Call): Promise<number> {
  const { io } = call;
  const given = readWords(FLAGS, call.flags, call.args);
  if (!given.ok) return misuse(io, given.error);
  if (given.args.length > 0) return misuse(io, `Unexpected: ${given.args.join(" ")}\n${call.help()}`);
  const words = readCampaignWords(given.flags);
  if (typeof words === "string") return misuse(io, words);
  const { seeds, asked, options, out, json } = words;
  const fresh = createResults({ build: buildId(), options, seeds, asked });
  const results = out === undefined ? fresh : resumeResults(io.cwd, out, fresh);
  if (typeof results === "string") return misuse(io, results);
  // At once: a file that can't be written is better known now than in an hour.
  const unwritable = out === undefined ? undefined : writeResults(io.cwd, out, results);
  if (unwritable !== undefined) return misuse(io, unwritable);
  const began = performance.now();
  const ended = await work(io, words, results);
  if (json) io.stdout(renderResults(results));
  else printResults(io, results, { wallMs: performance.now() - began, told: ended.told });
  return conclude(io, words, results, ended);
}

/** @returns What is wrong with them, as text. */
function readCampaignWords(flags: FlagValues): CampaignWords | string {
  const text = stringFlag(flags, "seeds") ?? "";
  const seeds = parseSeeds(text);
  if (seeds === undefined)
    return `-seeds takes a range like 1..1000 (of a million at most) or a list like 3,7,12, not "${text}".`;
  const shard = readShard(stringFlag(flags, "shard"));
  if (typeof shard === "string") return shard;
  const asked = shard === undefined ? seeds : shardOf(seeds, shard);
  if (asked.length === 0) return `There are fewer seeds than shards: ${count(seeds.length)}.`;
  const swarm = readSwarmWords(flags);
  if (typeof swarm === "string") return swarm;
  const threads = flags.has("workers")
    ? wholeNumber(flags, "workers", 1, MOST_WORKERS)
    : availableParallelism();
  if (typeof threads === "string") return threads;
  return {
    seeds,
    asked,
    options: { ...swarm, twice: boolFlag(flags, "twice") },
    threads,
    out: stringFlag(flags, "out"),
    coverage: stringFlag(flags, "coverage"),
    demandCoverage: boolFlag(flags, "demand-coverage"),
    keepGoing: boolFlag(flags, "keep-going"),
    json: boolFlag(flags, "json"),
  };
}

/** @returns What is wrong with it, as text. */
function readShard(text: string | undefined): Shard | string | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  return index >= 1 && index <= of && of <= MOST_SHARDS
    ? { index, of }
    : `-shard takes i/n, from 1/n to n/n (of ${count(MOST_SHARDS)} at most), not "${text}".`;
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
  let done = 0;
  let told = 0;
  const tick = (): void => progress.tick(done, failedSeeds(results));
  const ticking = setInterval(tick, TICK_MS);
  try {
    await runPool(task, threads, stop.signal, ({ report, wallMs }) => {
      done++;
      const isNew = addReport(results, report, wallMs);
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
