// How fast the simulator runs on one core, every checker on, faults on: whole agents (the swarm of 5 servers, and of 3; 60
// simulated seconds a seed) and Raft alone (5 servers, 30 simulated seconds a seed). Simulated time over processor time,
// and events a second. And pools of a thousand in which nothing is wrong (bench/large-worlds.ts). Rounds over the same
// seeds are repeated, and the median told with the extremes: those of a process that is warm. V8 compiles the core for the
// better part of a minute, on another thread whose time counts here; a campaign of thousands of seeds does not notice, a
// single run does, and so the first round is told as well. Each world has a process of its own, and is bundled as `npm run
// build` does it: so it runs for those who use it (dist/sim.js). Loaded module by module, as tests load it, Raft alone takes
// some fifteen percent longer: no constant of another module is a constant then.
//
//   npm run bench:sim                           seeds 1..30, five rounds after five that do not count
//   npm run bench:sim -- --seeds 100 --rounds 3 --warm 2
//   npm run bench:sim -- --only large           the pools of a thousand; --only seeds: the others
//   npm run bench:sim -- --write                writes the figures into docs/benchmarks.md
//
// A seed that breaks a rule is told, and left out of the figures: whatever it did before it stopped is no measure. The
// program then ends with 1.

import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import { YOUNG_GENERATION_MIB } from "../src/adapters/cli/sim/campaign-pool.ts";
import { withBundle } from "./bench/bundle.ts";
import { LARGE_WORLDS, type MeasuredLarge } from "./bench/large-worlds.ts";
import { type Measured, type Round, WORLDS } from "./bench-sim-world.ts";
import { readOptions } from "./options.ts";
import { replaceInPage } from "./report/page.ts";

const ROOT = join(import.meta.dirname, "..");
const MACHINE = `${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}`;
const PAGE = join(ROOT, "docs/benchmarks.md");
/** Each half of the room for what is young: what `quorate sim campaign` gives to its threads. */
const ROOM_FOR_THE_YOUNG_MIB = YOUNG_GENERATION_MIB / 3;

const { values: options } = readOptions({
  options: {
    seeds: { type: "string", default: "30" },
    rounds: { type: "string", default: "5" },
    warm: { type: "string", default: "5" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string => whole(sorted[Math.round((sorted.length - 1) * share)] ?? 0);
  return `${at(0.5)} (${at(0)} to ${at(1)})`;
}

function rowsOf(world: string, { rounds, cold }: Measured): string[] {
  const row = (figure: string, of: (each: Round) => number): string =>
    `| ${world} | ${figure} | ${spread(rounds.map(of))} | ${whole(of(cold))} |`;
  return [
    row("simulated time over processor time of one core", ({ ratio }) => ratio),
    row("simulated time over time on the wall", ({ wallRatio }) => wallRatio),
    row("events a second of processor time", ({ eventsPerSecond }) => eventsPerSecond),
  ];
}

/** Each large world with one seed: what it does when nothing is wrong hardly depends on that. */
function reportLarge(bundle: string): number {
  const lines = [
    `${MACHINE}; simulated time over processor time of one core`,
    "",
    "| world | part of the run | times as fast as the clock | memory of the process |",
    "| --- | --- | --- | --- |",
  ];
  let failed = 0;
  for (const world of Object.keys(LARGE_WORLDS)) {
    const { parts, mebibytes, failure } = JSON.parse(run(bundle, world, "1")) as MeasuredLarge;
    for (const { part, ratio } of parts)
      lines.push(`| ${world} | ${part} | ${ratio.toFixed(1)} | ${mebibytes.toLocaleString("en")} MiB |`);
    if (failure !== "") failed = 1;
    if (failure !== "") console.log(`VIOLATED (${world}) ${failure}`);
  }
  console.log(`${lines.join("\n")}\n`);
  if (options.write && failed === 0) replaceInPage(PAGE, "sim-large", lines.join("\n"));
  return failed;
}

function run(bundle: string, ...words: string[]): string {
  return execFileSync(
    process.execPath,
    [`--max-semi-space-size=${ROOM_FOR_THE_YOUNG_MIB}`, bundle, ...words],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
}

/** @returns What each world measured, in the order of `WORLDS`. */
function measureAll(bundle: string): Measured[] {
  return WORLDS.map((world) => {
    return JSON.parse(run(bundle, world, options.seeds, options.rounds, options.warm)) as Measured;
  });
}

function main(): number {
  return withBundle(join(import.meta.dirname, "bench-sim-world.ts"), (bundle) => {
    const large = options.only === "seeds" ? 0 : reportLarge(bundle);
    return Math.max(large, options.only === "large" ? 0 : report(measureAll(bundle)));
  });
}

function report(measured: readonly Measured[]): number {
  const lines = [
    `${MACHINE}; ${options.seeds} seeds a round, ${options.rounds} rounds after ${options.warm}, median (least to most)`,
    "",
    "| world | figure | value | of the process's first round |",
    "| --- | --- | --- | --- |",
    ...measured.flatMap((each, at) => rowsOf(WORLDS[at] ?? "", each)),
  ];
  console.log(lines.join("\n"));
  const failures = measured.flatMap((each) => each.failures);
  for (const [where, what] of failures) console.log(`\nVIOLATED (${where}) ${what}`);
  if (options.write && failures.length === 0) replaceInPage(PAGE, "sim", lines.join("\n"));
  return failures.length === 0 ? 0 : 1;
}

process.exitCode = main();
