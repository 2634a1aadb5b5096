// How fast the simulator runs: the swarm (5 servers, faults on, 60 simulated seconds a seed, every checker on) on one
// core, as simulated time over real time. Rounds over the same seeds are repeated, and the median told with the extremes.
//
//   npm run bench:sim                           seeds 1..30, five rounds
//   npm run bench:sim -- --seeds 100 --rounds 3
//   npm run bench:sim -- --write                writes the figure into docs/benchmarks.md

import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runSwarm } from "../src/sim/swarm.ts";
import { replaceInPage } from "./report/page.ts";

const PAGE = join(import.meta.dirname, "../docs/benchmarks.md");

interface Round {
  readonly ratio: number;
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

function round(seeds: number): Round & { readonly wallRatio: number } {
  const began = performance.now();
  const beganCpu = cpuMs();
  let simulatedMs = 0;
  let events = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const report = runSwarm({ seed: String(seed) });
    if (!report.ok) throw new Error(`seed ${seed}: ${report.violation}: ${report.message}`);
    simulatedMs += report.simulatedMs;
    events += report.events;
  }
  const spentMs = cpuMs() - beganCpu;
  return {
    ratio: simulatedMs / spentMs,
    wallRatio: simulatedMs / (performance.now() - began),
    eventsPerSecond: (events / spentMs) * 1000,
  };
}

function spread(values: readonly number[]): { readonly median: number; readonly text: string } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  const text = (value: number): string => Math.round(value).toLocaleString("en");
  return { median: at(0.5), text: `${text(at(0.5))} (${text(at(0))} to ${text(at(1))})` };
}

function main(): void {
  const seeds = Number(options.seeds);
  // The first round warms the compiler up and is not counted.
  round(Math.min(5, seeds));
  const rounds = Array.from({ length: Number(options.rounds) }, () => round(seeds));
  const lines = [
    `${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}; ${seeds} seeds a round, ${rounds.length} rounds, median (least to most)`,
    "",
    "| figure | value |",
    "| --- | --- |",
    `| simulated time over processor time of one core | ${spread(rounds.map(({ ratio }) => ratio)).text} |`,
    `| simulated time over time on the wall | ${spread(rounds.map(({ wallRatio }) => wallRatio)).text} |`,
    `| events a second | ${spread(rounds.map(({ eventsPerSecond }) => eventsPerSecond)).text} |`,
  ];
  console.log(lines.join("\n"));
  if (options.write) replaceInPage(PAGE, "sim", lines.join("\n"));
}

main();
