// One core's share of a campaign: takes the next seed, runs it, says what came of it, until there is none left.

import { parentPort } from "node:worker_threads";
import type { CampaignOptions } from "../../../sim/campaign/results.ts";
import { createRecorder } from "../../../sim/recording.ts";
import { type RunReport, runSwarm, type SwarmOptions } from "../../../sim/swarm.ts";
import { textLines } from "../../../sim/trace.ts";

/** What a worker is told when it begins. Plain data: it crosses to another thread. */
export interface CampaignTask {
  readonly campaign: true;
  readonly seeds: readonly string[];
  /** Index of the next seed that nobody has taken; workers count it up together. */
  readonly next: SharedArrayBuffer;
  /** With `twice` each seed is run a second time in every other way that must not make a difference. */
  readonly options: CampaignOptions;
}

export interface CampaignResult {
  readonly report: RunReport;
  /** How long it took, in milliseconds of this machine. */
  readonly wallMs: number;
}

export function isCampaignTask(data: unknown): data is CampaignTask {
  return typeof data === "object" && data !== null && "campaign" in data;
}

export function runCampaignWorker(task: CampaignTask): void {
  const next = new Int32Array(task.next);
  for (;;) {
    const seed = task.seeds[Atomics.add(next, 0, 1)];
    if (seed === undefined) break;
    parentPort?.postMessage(runSeed(task, seed));
  }
}

/** In the second run, in events. A dump costs as much as some hundred steps. */
const RELOAD_EVERY = 499;

/** Runs one seed of a campaign. */
export function runSeed({ options: { twice, ...told } }: CampaignTask, seed: string): CampaignResult {
  const options = { seed, ...told };
  const began = performance.now();
  const report = runAnyway(options);
  const wallMs = performance.now() - began;
  if (!twice || !report.ok) return { report, wallMs };
  const together = runAnyway(Object.assign({}, options, ...PERTURBATIONS.map(({ how }) => how())));
  if (together.digest === report.digest) return { report, wallMs };
  // Which of them makes the difference.
  const alone = PERTURBATIONS.map(({ name, how }) => `${name} ${runAnyway({ ...options, ...how() }).digest}`);
  const message = `seed ${seed} gives ${report.digest}, and run otherwise ${together.digest}; one by one: ${alone.join(", ")}`;
  return { report: { ...report, ok: false, violation: "not-deterministic", message }, wallMs };
}

/** Of the stack of an exception. */
const TOLD_FRAMES = 6;

/** An exception that is no finding of a checker is one of the core's or the simulator's own: it is the seed's failure, and not the campaign's end. */
function runAnyway(options: SwarmOptions): RunReport {
  try {
    return runSwarm(options);
  } catch (error) {
    const stack = error instanceof Error && error.stack !== undefined ? error.stack : String(error);
    return {
      seed: options.seed,
      ok: false,
      violation: "exception",
      message: stack.split("\n", TOLD_FRAMES).join("\n"),
      simulatedMs: 0,
      events: 0,
      digest: "",
      operations: { ok: 0, failed: 0, unknown: 0 },
      effects: new Map(),
      strikes: { kinds: new Map(), targets: new Map() },
      recovery: {},
    };
  }
}

/** Ways of running the same that must not differ. All of them at once in the second run. */
const PERTURBATIONS: readonly {
  readonly name: string;
  readonly how: () => Omit<SwarmOptions, "seed">;
}[] = [
  { name: "by way of bytes", how: () => ({ throughBytes: true }) },
  { name: "reloaded from dumps", how: () => ({ reloadEvery: RELOAD_EVERY }) },
  { name: "with another queue", how: () => ({ queueShape: 2 }) },
  { name: "observed", how: watched },
];

/** A recorder and a printer look on. */
function watched(): Omit<SwarmOptions, "seed"> {
  const recorder = createRecorder("swarm", "", () => undefined);
  return {
    listen: recorder.listen,
    observers: [recorder.observer, (world) => textLines(world, () => undefined)],
  };
}
