// How fast the simulator runs on one core, every checker on, faults on: whole agents (the swarm: 5 servers, 60 simulated
// seconds a seed) and Raft alone (5 servers, 30 simulated seconds a seed). Simulated time over processor time, and events
// a second. Rounds over the same seeds are repeated, and the median told with the extremes. Each world has a process of its
// own, and is bundled as `npm run build` does it: so it runs for those who use it (dist/sim.js). Loaded module by module,
// as tests load it, Raft alone takes some fifteen percent longer: no constant of another module is a constant then.
//
//   npm run bench:sim                           seeds 1..30, five rounds
//   npm run bench:sim -- --seeds 100 --rounds 3
//   npm run bench:sim -- --write                writes the figures into docs/benchmarks.md
//
// A seed that breaks a rule is told, and left out of the figures: whatever it did before it stopped is no measure. The
// program then ends with 1.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildSync } from "esbuild";
import { type Measured, type Round, WORLDS } from "./bench-sim-world.ts";
import { replaceInPage } from "./report/page.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGE = join(ROOT, "docs/benchmarks.md");

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "30" },
    rounds: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
});

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    Math.round(sorted[Math.round((sorted.length - 1) * share)] ?? 0).toLocaleString("en");
  return `${at(0.5)} (${at(0)} to ${at(1)})`;
}

function rowsOf(world: string, { rounds }: Measured): string[] {
  const row = (figure: string, of: (each: Round) => number): string =>
    `| ${world} | ${figure} | ${spread(rounds.map(of))} |`;
  return [
    row("simulated time over processor time of one core", ({ ratio }) => ratio),
    row("simulated time over time on the wall", ({ wallRatio }) => wallRatio),
    row("events a second of processor time", ({ eventsPerSecond }) => eventsPerSecond),
  ];
}

/** @returns What each world measured, in the order of `WORLDS`. */
function measureAll(bundle: string): Measured[] {
  return WORLDS.map((world) => {
    const told = execFileSync(process.execPath, [bundle, world, options.seeds, options.rounds], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    return JSON.parse(told) as Measured;
  });
}

function main(): number {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "build/bench-sim-"));
  try {
    const bundle = join(folder, "world.cjs");
    buildSync({
      entryPoints: [join(import.meta.dirname, "bench-sim-world.ts")],
      outfile: bundle,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      minifySyntax: true,
      minifyWhitespace: true,
      logLevel: "warning",
    });
    return report(measureAll(bundle));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(measured: readonly Measured[]): number {
  const lines = [
    `${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}; ${options.seeds} seeds a round, ${options.rounds} rounds, median (least to most)`,
    "",
    "| world | figure | value |",
    "| --- | --- | --- |",
    ...measured.flatMap((each, at) => rowsOf(WORLDS[at] ?? "", each)),
  ];
  console.log(lines.join("\n"));
  const failures = measured.flatMap((each) => each.failures);
  for (const [where, what] of failures) console.log(`\nVIOLATED (${where}) ${what}`);
  if (options.write && failures.length === 0) replaceInPage(PAGE, "sim", lines.join("\n"));
  return failures.length === 0 ? 0 : 1;
}

process.exitCode = main();
