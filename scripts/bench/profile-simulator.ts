// Where the simulator's time goes: one of its worlds runs under V8's sampling profiler, in a process of its own.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withBundle } from "./bundle.ts";
import { type CpuProfile, timeByFunction } from "./cpu-profile.ts";
import type { MeasuredLarge } from "./large-worlds.ts";

/** By the name of the workload: which world of bench-sim-world.ts, and how many seeds of it. */
export const SIMULATED: Readonly<Record<string, readonly [world: string, seeds: number]>> = {
  "sim-swarm": ["whole agents, five servers", 30],
  "sim-raft": ["Raft alone", 100],
  "sim-agents": ["1,000 whole agents, 5 of them servers", 1],
  "sim-gossip": ["1,000 members of gossip", 1],
};

const SAMPLE_US = 500;

/** Prints which functions the time of each part of the run went to. */
export function profileSimulator(workload: string, out: string, top: number): void {
  const [world, seeds] = SIMULATED[workload] ?? ["", 0];
  const folder = mkdtempSync(join(tmpdir(), "quorate-profile-"));
  try {
    const told = withBundle(join(import.meta.dirname, "../bench-sim-world.ts"), (bundle) =>
      execFileSync(
        process.execPath,
        [
          "--cpu-prof",
          `--cpu-prof-interval=${SAMPLE_US}`,
          `--cpu-prof-dir=${folder}`,
          bundle,
          world,
          String(seeds),
          "1",
        ],
        { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
      ),
    );
    const [written = ""] = readdirSync(folder);
    mkdirSync(out, { recursive: true });
    const file = join(out, `${workload}.cpuprofile`);
    renameSync(join(folder, written), file);
    console.log(`profile: ${file}`);
    printProfile(
      JSON.parse(readFileSync(file, "utf8")) as CpuProfile,
      JSON.parse(told) as Partial<MeasuredLarge>,
      top,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function printProfile(profile: CpuProfile, { parts, failure }: Partial<MeasuredLarge>, top: number): void {
  if (failure !== undefined && failure !== "") console.log(`VIOLATED ${failure}`);
  const whole = { part: "all of it", ratio: Number.NaN, fromUs: 0, toUs: Number.POSITIVE_INFINITY };
  for (const { part, ratio, fromUs, toUs } of parts ?? [whole]) {
    const times = timeByFunction(profile, fromUs, toUs);
    const busyUs = times.reduce((sum, { selfUs }) => sum + selfUs, 0);
    const pace = Number.isNaN(ratio) ? "" : `, ${ratio.toFixed(1)} times as fast as the clock`;
    console.log(`\n${part}: ${(busyUs / 1e6).toFixed(1)} s (under the profiler)${pace}`);
    console.log("    self     total  function");
    const percent = (us: number): string => `${((100 * us) / busyUs).toFixed(1)} %`.padStart(8);
    for (const { name, selfUs, totalUs } of times.slice(0, top))
      console.log(`${percent(selfUs)}  ${percent(totalUs)}  ${name}`);
  }
}
