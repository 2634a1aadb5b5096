// Pools of up to five thousand members, measured in the simulator: numbers into docs/gossip-at-scale/figures.json, charts
// beside them, tables into docs/gossip-at-scale.md. Every number follows from the seeds: whoever runs this again gets the
// same, whatever else the machine is doing.
//
//   tsx scripts/plot-gossip.ts                       draws the charts and the page from the numbers that are there
//   tsx scripts/plot-gossip.ts --measure all         measures everything first: an hour or more; but for restart-5000
//   tsx scripts/plot-gossip.ts --measure detection-1000,loss
//
// Pools of 5,000 need a heap: NODE_OPTIONS=--max-old-space-size=14000.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Lifeguard } from "../src/core/gossip/config.ts";
import { drawCharts } from "./gossip/charts.ts";
import { measureDetection } from "./gossip/detection.ts";
import { CONFIGURATIONS, lossyNetwork, slowMembers, stoppedMembers } from "./gossip/false-positives.ts";
import type { Curves, Figures } from "./gossip/figures.ts";
import { measureMassRestart } from "./gossip/mass-restart.ts";
import { rounded } from "./gossip/pool.ts";
import { writeTables } from "./gossip/tables.ts";

const FOLDER = join(import.meta.dirname, "../docs/gossip-at-scale");
const PAGE = join(import.meta.dirname, "../docs/gossip-at-scale.md");
const NUMBERS = join(FOLDER, "figures.json");

const SICK = [1, 2, 4, 8, 16, 32];
/** Longer than a suspicion of SWIM's, which is 8.4 s in a pool of 128. */
const SICK_MS = 16_384;
/** Between two such times. */
const FREE_MS = 256;
const LOSS_PERCENT = [0, 5, 10, 15, 20, 25, 30];
const LOSS_SECONDS = 300;

/** Twenty-five million records and as many rumours that wait take more memory than most machines have, and hours. */
const TOO_LARGE = "restart-5000";

/** All of Lifeguard, and nothing of it. */
const WITH_AND_WITHOUT = CONFIGURATIONS.filter(([name]) => name === "SWIM" || name === "Lifeguard");

/** What each adds to the numbers, piece by piece: what was found is kept if somebody loses patience. */
const MEASURES: Readonly<Record<string, () => Iterable<Partial<Figures>>>> = {
  "detection-30": () => detectionIn(30),
  "detection-100": () => detectionIn(100),
  "detection-300": () => detectionIn(300),
  "detection-1000": () => detectionIn(1000),
  "detection-5000": () => detectionIn(5000),
  slow: () =>
    curves("slow", CONFIGURATIONS, SICK, (lifeguard, count) => {
      return slowMembers(lifeguard, count, SICK_MS, FREE_MS).atTheWell;
    }),
  stopped: () =>
    curves("stopped", WITH_AND_WITHOUT, SICK, (lifeguard, count) => {
      return stoppedMembers(lifeguard, count, SICK_MS, FREE_MS).atTheWell;
    }),
  loss: () =>
    curves("loss", WITH_AND_WITHOUT, LOSS_PERCENT, (lifeguard, percent) => {
      const { declared, nodeHours } = lossyNetwork(lifeguard, percent, LOSS_SECONDS);
      return rounded(declared / nodeHours);
    }),
  "restart-100": () => restartOf(100),
  "restart-300": () => restartOf(300),
  "restart-1000": () => restartOf(1000),
  "restart-5000": () => restartOf(5000),
};

function detectionIn(members: number): Partial<Figures>[] {
  return [{ detection: { [members]: measureDetection(members) } }];
}

function restartOf(members: number): Partial<Figures>[] {
  return [{ restart: { [members]: measureMassRestart(members, 0.9 * members) } }];
}

/** The points that are not there yet. */
function* curves(
  figure: "slow" | "stopped" | "loss",
  configurations: typeof CONFIGURATIONS,
  troubles: readonly number[],
  measure: (lifeguard: Lifeguard, trouble: number) => number,
): Generator<Partial<Figures>> {
  for (const [name, lifeguard] of configurations)
    for (const trouble of troubles) {
      if (readFigures()[figure][name]?.[trouble] !== undefined) continue;
      const value = measure(lifeguard, trouble);
      say(`${figure} ${name} ${trouble}: ${value}`);
      yield { [figure]: { [name]: { [trouble]: value } } };
    }
}

/** One more piece among those that are there. */
function merge(before: Figures, found: Partial<Figures>): Figures {
  const joined = (one: Curves, other: Curves = {}): Curves => {
    const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return Object.fromEntries(names.map((name) => [name, { ...one[name], ...other[name] }]));
  };
  return {
    detection: { ...before.detection, ...found.detection },
    restart: { ...before.restart, ...found.restart },
    slow: joined(before.slow, found.slow),
    stopped: joined(before.stopped, found.stopped),
    loss: joined(before.loss, found.loss),
  };
}

function say(text: string): void {
  console.log(text);
}

function readFigures(): Figures {
  const empty: Figures = { detection: {}, slow: {}, stopped: {}, loss: {}, restart: {} };
  return existsSync(NUMBERS)
    ? { ...empty, ...(JSON.parse(readFileSync(NUMBERS, "utf8")) as Figures) }
    : empty;
}

function main(): number {
  const { values } = parseArgs({ options: { measure: { type: "string", default: "" } } });
  const all = Object.keys(MEASURES).filter((name) => name !== TOO_LARGE);
  const asked = values.measure === "all" ? all : values.measure.split(",").filter(Boolean);
  const unknown = asked.find((name) => MEASURES[name] === undefined);
  if (unknown !== undefined) {
    console.error(`There is no measure "${unknown}". There are ${Object.keys(MEASURES).join(", ")}; or all.`);
    return 2;
  }
  for (const name of asked) {
    const began = process.cpuUsage();
    for (const found of MEASURES[name]?.() ?? [])
      writeFileSync(NUMBERS, `${JSON.stringify(merge(readFigures(), found), null, 1)}\n`);
    const { user, system } = process.cpuUsage(began);
    say(`${name}: ${((user + system) / 1e6).toFixed(0)} s of processor time`);
  }
  const figures = readFigures();
  for (const [name, svg] of drawCharts(figures)) writeFileSync(join(FOLDER, `${name}.svg`), svg);
  writeTables(PAGE, figures);
  return 0;
}

process.exitCode = main();
