// One core's share of a campaign: takes the next seed, runs it, says what came of it, until there is none left.

import { parentPort } from "node:worker_threads";
import type { SeedReport } from "../../../sim/campaign/ground.ts";
import type { CampaignOptions, GossipCampaign, SwarmCampaign } from "../../../sim/campaign/options.ts";
import { createGossipRecorder } from "../../../sim/gossip/recording.ts";
import { type GossipReport, type GossipSwarmOptions, runGossipSeed } from "../../../sim/gossip/swarm.ts";
import { createRecorder } from "../../../sim/recording.ts";
import { runSwarm, type SwarmOptions } from "../../../sim/swarm.ts";
import { textLines } from "../../../sim/trace.ts";
import { gossipOptions } from "./gossip-words.ts";

/** What a worker is told when it begins. Plain data: it crosses to another thread. */
export interface CampaignTask {
  readonly campaign: true;
  readonly seeds: readonly string[];
  /** Index of the next seed that nobody has taken; workers count it up together. */
  readonly next: SharedArrayBuffer;
  /** With `twice` each seed is run a second time in every other way that must not make a difference. */
  readonly options: CampaignOptions;
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

/** Runs one seed of a campaign. */
export function runSeed({ options }: CampaignTask, seed: string): SeedReport {
  return options.of === "gossip" ? runGossip(options, seed) : runAgents(options, seed);
}

function runAgents({ of: _, twice, ...told }: SwarmCampaign, seed: string): SeedReport {
  return runWays(seed, twice, AGENT_WAYS, (way) => runSwarm({ seed, ...told, ...way }));
}

function runGossip({ of: _, twice, ...told }: GossipCampaign, seed: string): SeedReport {
  const options = { seed, ...gossipOptions(told) };
  return runWays(seed, twice, GOSSIP_WAYS, (way) => reportOf(runGossipSeed({ ...options, ...way })));
}

/** What a campaign wants to know of a pool. */
function reportOf({ pool, faults, settledMs, ...report }: GossipReport): SeedReport {
  return {
    ...report,
    operations: { ok: 0, failed: 0, unknown: 0 },
    effects: faults,
    strikes: { targets: new Map() },
    recovery: settledMs === undefined ? {} : { [`${pool}Ms`]: settledMs },
  };
}

/** Ways of running the same that must not differ. All of them at once in the second run. */
type Ways<Way> = readonly { readonly name: string; readonly how: () => Way }[];

/** @param twice Once more in every other way that must make no difference; where it does, in each by itself. */
function runWays<Way extends object>(
  seed: string,
  twice: boolean,
  ways: Ways<Way>,
  run: (way: Way | undefined) => SeedReport,
): SeedReport {
  const report = runAnyway(seed, () => run(undefined));
  if (!twice || !report.ok) return report;
  const digestOf = (way: Way): string => runAnyway(seed, () => run(way)).digest;
  const together = digestOf(Object.assign({}, ...ways.map(({ how }) => how())) as Way);
  if (together === report.digest) return report;
  const alone = ways.map(({ name, how }) => `${name} ${digestOf(how())}`);
  const message = `seed ${seed} gives ${report.digest}, and run otherwise ${together}; one by one: ${alone.join(", ")}`;
  return { ...report, ok: false, violation: "not-deterministic", message };
}

/** Of the stack of an exception. */
const TOLD_FRAMES = 6;

/** An exception that is no finding of a checker is one of the core's or the simulator's own: it is the seed's failure, and not the campaign's end. */
function runAnyway(seed: string, run: () => SeedReport): SeedReport {
  try {
    return run();
  } catch (error) {
    const stack = error instanceof Error && error.stack !== undefined ? error.stack : String(error);
    return {
      seed,
      ok: false,
      violation: "exception",
      message: stack.split("\n", TOLD_FRAMES).join("\n"),
      simulatedMs: 0,
      events: 0,
      digest: "",
      operations: { ok: 0, failed: 0, unknown: 0 },
      effects: new Map(),
      strikes: { targets: new Map() },
      recovery: {},
    };
  }
}

/** In the second run, in events or steps. A dump costs as much as some hundred steps. */
const RELOAD_EVERY = 499;

const AGENT_WAYS: Ways<Omit<SwarmOptions, "seed">> = [
  { name: "by way of bytes", how: () => ({ throughBytes: true }) },
  { name: "reloaded from dumps", how: () => ({ reloadEvery: RELOAD_EVERY }) },
  { name: "with another queue", how: () => ({ queueShape: 2 }) },
  { name: "observed", how: watched },
];

/** Gossip goes by way of bytes as it is. */
const GOSSIP_WAYS: Ways<Omit<GossipSwarmOptions, "seed">> = [
  { name: "reloaded from dumps", how: () => ({ reloadEvery: RELOAD_EVERY }) },
  { name: "with another queue", how: () => ({ queueShape: 2 }) },
  { name: "observed", how: watchedGossip },
];

function watchedGossip(): Omit<GossipSwarmOptions, "seed"> {
  const { listen, observer } = createGossipRecorder("", () => undefined);
  return { listen, observers: [observer] };
}

/** A recorder and a printer look on. */
function watched(): Omit<SwarmOptions, "seed"> {
  const recorder = createRecorder("swarm", "", () => undefined);
  return {
    listen: recorder.listen,
    observers: [recorder.observer, (world) => textLines(world, () => undefined)],
  };
}
