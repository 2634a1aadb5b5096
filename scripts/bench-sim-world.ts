// One world of scripts/bench-sim.ts, measured in a process of its own: prints what came of it as JSON.
//
//   node BUNDLE WORLD SEEDS ROUNDS WARM

import { must } from "../src/core/lib/assert.ts";
import { RUNNING_DIGEST } from "../src/sim/raft/state-machine.ts";
import { runRaftSeed } from "../src/sim/raft/swarm.ts";
import { runSwarm } from "../src/sim/swarm.ts";
import { LARGE_WORLDS, measureLarge } from "./bench/large-worlds.ts";

/** What a run of either world says of itself. */
interface Run {
  readonly ok: boolean;
  readonly violation: string;
  readonly message: string;
  readonly simulatedMs: number;
  readonly events: number;
}

export const WORLDS = ["whole agents, five servers", "whole agents, three servers", "Raft alone"] as const;
export type World = (typeof WORLDS)[number];

const RUNS: Readonly<Record<World, (seed: string) => Run>> = {
  "whole agents, five servers": (seed) => runSwarm({ seed }),
  "whole agents, three servers": (seed) => runSwarm({ seed, servers: 3 }),
  "Raft alone": (seed) => runRaftSeed({ seed, machine: RUNNING_DIGEST }),
};

export interface Round {
  readonly ratio: number;
  readonly wallRatio: number;
  readonly eventsPerSecond: number;
}

/** What is printed. */
export interface Measured {
  readonly rounds: readonly Round[];
  /** The process's first round: the compiler works beside it, and its time counts. */
  readonly cold: Round;
  /** Seeds that broke a rule, with what they broke. */
  readonly failures: readonly (readonly [where: string, what: string])[];
}

/** Of this process, on whatever core it was: what others do on the machine counts less than by the clock on the wall. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** @param failures Seeds that broke a rule, with what they broke, are added here. */
function round(world: World, seeds: number, failures: Map<string, string>): Round {
  let [simulatedMs, events, spentMs, wallMs] = [0, 0, 0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    const began = performance.now();
    const beganCpu = cpuMs();
    const report = RUNS[world](String(seed));
    if (!report.ok) {
      failures.set(`${world}, seed ${seed}`, `${report.violation}: ${report.message}`);
      continue;
    }
    spentMs += cpuMs() - beganCpu;
    wallMs += performance.now() - began;
    simulatedMs += report.simulatedMs;
    events += report.events;
  }
  return {
    ratio: simulatedMs / spentMs,
    wallRatio: simulatedMs / wallMs,
    eventsPerSecond: (events / spentMs) * 1000,
  };
}

/** @param warm Rounds before those that count. */
function measure(world: World, seeds: number, rounds: number, warm: number): Measured {
  const failures = new Map<string, string>();
  const all = Array.from({ length: warm + rounds }, () => round(world, seeds, failures));
  return { rounds: all.slice(warm), cold: must(all[0], "a round is run"), failures: [...failures] };
}

const [name = "", seeds, rounds, warm = "1"] = process.argv.slice(2);
const world = WORLDS.find((each) => each === name);
if (LARGE_WORLDS[name] !== undefined) console.log(JSON.stringify(measureLarge(name, seeds ?? "1")));
if (world !== undefined)
  console.log(JSON.stringify(measure(world, Number(seeds), Number(rounds), Number(warm))));
