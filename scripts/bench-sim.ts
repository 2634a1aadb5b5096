// How fast the simulator runs on one core, every checker on, faults on: whole agents (the swarm: 5 servers, 60 simulated
// seconds a seed) and Raft alone (5 servers, 30 simulated seconds a seed). Simulated time over processor time, and events
// a second. Rounds over the same seeds are repeated, and the median told with the extremes.
//
//   npm run bench:sim                           seeds 1..30, five rounds
//   npm run bench:sim -- --seeds 100 --rounds 3
//   npm run bench:sim -- --write                writes the figures into docs/benchmarks.md
//
// A seed that breaks a rule is told, and left out of the figures: whatever it did before it stopped is no measure. The
// program then ends with 1.

import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RUNNING_DIGEST } from "../src/sim/raft/state-machine.ts";
import { runRaftSeed } from "../src/sim/raft/swarm.ts";
import { runSwarm } from "../src/sim/swarm.ts";
import { replaceInPage } from "./report/page.ts";

const PAGE = join(import.meta.dirname, "../docs/benchmarks.md");

/** What a run of either world says of itself. */
interface Run {
  readonly ok: boolean;
  readonly violation: string;
  readonly message: string;
  readonly simulatedMs: number;
  readonly events: number;
}

interface World {
  readonly name: string;
  run(seed: string): Run;
}

const WORLDS: readonly World[] = [
  { name: "whole agents", run: (seed) => runSwarm({ seed }) },
  { name: "Raft alone", run: (seed) => runRaftSeed({ seed, machine: RUNNING_DIGEST }) },
];

interface Round {
  readonly ratio: number;
  readonly wallRatio: number;
  readonly eventsPerSecond: number;
}

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "30" },
    rounds: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
});

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
    const report = world.run(String(seed));
    if (!report.ok) {
      failures.set(`${world.name}, seed ${seed}`, `${report.violation}: ${report.message}`);
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

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    Math.round(sorted[Math.round((sorted.length - 1) * share)] ?? 0).toLocaleString("en");
  return `${at(0.5)} (${at(0)} to ${at(1)})`;
}

/** @returns A row for each figure. */
function measure(world: World, seeds: number, rounds: number, failures: Map<string, string>): string[] {
  // The first round warms the compiler up and is not counted.
  round(world, Math.min(5, seeds), failures);
  const all = Array.from({ length: rounds }, () => round(world, seeds, failures));
  const row = (figure: string, of: (each: Round) => number): string =>
    `| ${world.name} | ${figure} | ${spread(all.map(of))} |`;
  return [
    row("simulated time over processor time of one core", ({ ratio }) => ratio),
    row("simulated time over time on the wall", ({ wallRatio }) => wallRatio),
    row("events a second of processor time", ({ eventsPerSecond }) => eventsPerSecond),
  ];
}

function main(): number {
  const [seeds, rounds] = [Number(options.seeds), Number(options.rounds)];
  const failures = new Map<string, string>();
  const lines = [
    `${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}; ${seeds} seeds a round, ${rounds} rounds, median (least to most)`,
    "",
    "| world | figure | value |",
    "| --- | --- | --- |",
    ...WORLDS.flatMap((world) => measure(world, seeds, rounds, failures)),
  ];
  console.log(lines.join("\n"));
  for (const [where, what] of failures) console.log(`\nVIOLATED (${where}) ${what}`);
  if (options.write && failures.size === 0) replaceInPage(PAGE, "sim", lines.join("\n"));
  return failures.size === 0 ? 0 : 1;
}

process.exitCode = main();
