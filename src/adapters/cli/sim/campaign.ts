// `sim campaign`: many seeds of the swarm on all cores. A line says how far it is; the first seed that fails ends it, with
// the command that repeats it.

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { addRun, type Coverage, createCoverage } from "../../../sim/coverage.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type Flag, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { type CampaignResult, type CampaignTask, runSeed } from "./campaign-worker.ts";
import { COVERAGE_FLAGS, demandCoverage, printCoverage, writeCoverage } from "./coverage.ts";
import {
  count,
  pace,
  parseSeeds,
  readSwarmWords,
  readWords,
  repeatLine,
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
  { name: "workers", kind: "int", description: "How many `threads`. Default: one for each core." },
  {
    name: "twice",
    kind: "bool",
    description: "Run each seed again by way of bytes and dumps, and compare the digests.",
  },
  { name: "keep-going", kind: "bool", description: "Do not stop at the first seed that fails." },
  ...COVERAGE_FLAGS,
];

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} sim campaign [options]

  Runs seeds of the swarm: clusters under trouble that each seed draws for
  itself, then calm, in which the cluster must come to rest. All checkers are on.
  Stops at the first seed that fails and says how to repeat it.`,
  flags: FLAGS,
  run: runCampaign,
};

const MOST_WORKERS = 256;
/** How often the progress line is written anew. */
const PROGRESS_MS = 500;

interface Totals {
  seeds: number;
  failures: number;
  simulatedMs: number;
  /** Spent in simulation, over all threads. */
  cpuMs: number;
  events: number;
  operations: number;
  readonly coverage: Coverage;
}

async function runCampaign(call: Call): Promise<number> {
  const { io } = call;
  const words = readWords(FLAGS, call.flags, call.args);
  if (!words.ok) return complain(io, words.error);
  if (words.args.length > 0) return complain(io, `Unexpected: ${words.args.join(" ")}\n${call.help()}`);
  const text = stringFlag(words.flags, "seeds") ?? "";
  const seeds = parseSeeds(text);
  if (seeds === undefined)
    return complain(
      io,
      `-seeds takes a range like 1..1000 (of a million at most) or a list like 3,7,12, not "${text}".`,
    );
  const swarm = readSwarmWords(words.flags);
  if (typeof swarm === "string") return complain(io, swarm);
  const threads = words.flags.has("workers")
    ? wholeNumber(words.flags, "workers", 1, MOST_WORKERS)
    : availableParallelism();
  if (typeof threads === "string") return complain(io, threads);
  const task: CampaignTask = {
    campaign: true,
    seeds,
    next: new SharedArrayBuffer(4),
    ...swarm,
    twice: boolFlag(words.flags, "twice"),
  };
  const workers = Math.min(threads, seeds.length);
  const totals: Totals = {
    seeds: 0,
    failures: 0,
    simulatedMs: 0,
    cpuMs: 0,
    events: 0,
    operations: 0,
    coverage: createCoverage(),
  };
  const began = performance.now();
  const keepGoing = boolFlag(words.flags, "keep-going");
  const progress = createProgress(io, seeds.length, began, totals);
  await work(task, workers, (result) => {
    account(totals, result);
    progress.tick();
    if (result.report.ok) return true;
    progress.clear();
    printFailure(io, result, task);
    return keepGoing;
  });
  progress.clear();
  printTotals(io, totals, seeds.length, performance.now() - began);
  const file = stringFlag(words.flags, "coverage");
  const written = file === undefined || writeCoverage(io, resolve(io.cwd, file), totals.coverage);
  const covered = !boolFlag(words.flags, "demand-coverage") || demandCoverage(io, totals.coverage);
  return totals.failures === 0 && written && covered ? 0 : 1;
}

/** Runs the task until there is no seed left or `onResult` says that it is enough. */
async function work(
  task: CampaignTask,
  count: number,
  onResult: (result: CampaignResult) => boolean,
): Promise<void> {
  // From sources there is no bundle that a thread could enter: one seed after the other, here.
  if (count <= 1 || import.meta.url.endsWith(".ts")) {
    for (const seed of task.seeds) if (!onResult(runSeed(task, seed))) return;
    return;
  }
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL(import.meta.url), { workerData: task }),
  );
  let enough = false;
  await Promise.all(
    workers.map(
      (worker) =>
        new Promise<void>((resolve, reject) => {
          worker.on("message", (result: CampaignResult) => {
            if (enough) return;
            enough = !onResult(result);
            if (enough) for (const each of workers) void each.terminate();
          });
          worker.on("error", reject);
          worker.on("exit", () => resolve());
        }),
    ),
  );
}

function account(totals: Totals, { report, wallMs }: CampaignResult): void {
  totals.seeds++;
  totals.simulatedMs += report.simulatedMs;
  totals.cpuMs += wallMs;
  totals.events += report.events;
  totals.operations += report.operations.ok + report.operations.failed + report.operations.unknown;
  if (!report.ok) totals.failures++;
  addRun(totals.coverage, report);
}

/** A line on stderr that is written over, where somebody looks at it. */
function createProgress(io: Io, all: number, began: number, totals: Totals): { tick(): void; clear(): void } {
  const shown = process.stderr.isTTY === true;
  let last = Number.NEGATIVE_INFINITY;
  return {
    tick() {
      const now = performance.now();
      if (!shown || now - last < PROGRESS_MS) return;
      last = now;
      const rate = totals.seeds / ((now - began) / 1000);
      const left = rate > 0 ? (all - totals.seeds) / rate : 0;
      const line = `${count(totals.seeds)}/${count(all)} seeds  ${rate.toFixed(1)}/s  ${totals.failures} failed  ${Math.ceil(left)} s left`;
      io.stderr(`\r\x1b[K${line}`);
    },
    clear() {
      if (shown) io.stderr("\r\x1b[K");
    },
  };
}

function printFailure(io: Io, { report }: CampaignResult, task: CampaignTask): void {
  say(io, `seed ${report.seed}: VIOLATED ${report.violation}: ${report.message}`);
  say(io, `repeat    ${repeatLine(io.program, "swarm", report.seed, task)}`);
}

function printTotals(io: Io, totals: Totals, all: number, wallMs: number): void {
  const verdict = totals.failures === 0 ? "no violation" : `${count(totals.failures)} failed`;
  say(io, `${count(totals.seeds)} of ${count(all)} seeds in ${(wallMs / 1000).toFixed(1)} s: ${verdict}`);
  say(
    io,
    `on one core ${pace(totals.simulatedMs, totals.cpuMs, totals.events)}, ${count(totals.operations)} operations judged`,
  );
  printCoverage(io, totals.coverage);
}
