// One core's share of a campaign: takes the next seed, runs it, says what came of it, until there is none left.

import { parentPort } from "node:worker_threads";
import { type RunReport, runSwarm } from "../../../sim/swarm.ts";

/** What a worker is told when it begins. Plain data: it crosses to another thread. */
export interface CampaignTask {
  readonly campaign: true;
  readonly seeds: readonly string[];
  /** Index of the next seed that nobody has taken; workers count it up together. */
  readonly next: SharedArrayBuffer;
  readonly seconds: number;
  readonly servers: number;
  readonly planted: string | undefined;
  /** Runs each seed a second time, by way of bytes and of agents reloaded from their dumps, and compares the digests. */
  readonly twice: boolean;
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
export function runSeed({ seconds, servers, planted, twice }: CampaignTask, seed: string): CampaignResult {
  const began = performance.now();
  const report = runSwarm({ seed, seconds, servers, planted });
  const wallMs = performance.now() - began;
  if (!twice || !report.ok) return { report, wallMs };
  const again = runSwarm({ seed, seconds, servers, planted, throughBytes: true, reloadEvery: RELOAD_EVERY });
  if (again.digest === report.digest) return { report, wallMs };
  const message = `run again by way of bytes and dumps, seed ${seed} gives ${again.digest} instead of ${report.digest}`;
  return { report: { ...report, ok: false, violation: "not-deterministic", message }, wallMs };
}
