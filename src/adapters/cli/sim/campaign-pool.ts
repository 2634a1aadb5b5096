// Hands a campaign's seeds to as many threads as it was told, and their results to who waits for them.

import { type ResourceLimits, Worker } from "node:worker_threads";
import type { SeedReport } from "../../../sim/campaign/ground.ts";
import { type CampaignTask, runSeed } from "./campaign-worker.ts";

/**
 * A world makes much garbage and keeps little of it. With V8's usual room for what is young it is gone through five times
 * as often, and what happens to live then is copied each time: a tenth of all processor time.
 */
export const YOUNG_GENERATION_MIB = 96;
const ROOMY: ResourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB };

/**
 * Runs the task until there is no seed left or `stop` is aborted. What threads were at then is lost: nobody hears of it.
 * @throws Error: a thread died, of want of memory for example.
 */
export async function runPool(
  task: CampaignTask,
  threads: number,
  stop: AbortSignal,
  onResult: (report: SeedReport) => void,
): Promise<void> {
  // From sources there is no bundle that a thread could enter: one seed after the other, here.
  if (threads <= 1 || import.meta.url.endsWith(".ts")) return runHere(task, stop, onResult);
  const workers = Array.from(
    { length: Math.min(threads, task.seeds.length) },
    () => new Worker(new URL(import.meta.url), { workerData: task, resourceLimits: ROOMY }),
  );
  const endAll = (): void => {
    for (const worker of workers) void worker.terminate();
  };
  stop.addEventListener("abort", endAll);
  try {
    await Promise.all(workers.map((worker) => untilItEnds(worker, stop, onResult)));
  } finally {
    endAll();
    stop.removeEventListener("abort", endAll);
  }
}

function untilItEnds(
  worker: Worker,
  stop: AbortSignal,
  onResult: (report: SeedReport) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on("message", (report: SeedReport) => {
      if (!stop.aborted) onResult(report);
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve());
  });
}

async function runHere(
  task: CampaignTask,
  stop: AbortSignal,
  onResult: (report: SeedReport) => void,
): Promise<void> {
  for (const seed of task.seeds) {
    if (stop.aborted) return;
    onResult(runSeed(task, seed));
    // Signals and timers get a word in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
