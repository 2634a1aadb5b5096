// Pools of up to five thousand members, measured in the simulator: numbers into docs/gossip-at-scale/figures.json, charts
// beside them, tables into docs/gossip-at-scale.md. Every number follows from the seeds: whoever runs this again gets the
// same, whatever else the machine is doing.
//
//   tsx scripts/plot-gossip.ts                       draws the charts and the page from the numbers that are there
//   tsx scripts/plot-gossip.ts --measure all         measures everything first: an hour or more
//   tsx scripts/plot-gossip.ts --measure detection-1000,loss
//
// Pools of 5,000 need a heap: NODE_OPTIONS=--max-old-space-size=14000.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawCharts } from "./gossip/charts.ts";
import { measureDetection } from "./gossip/detection.ts";
import {
  CONFIGURATIONS,
  type Falsely,
  lossyNetwork,
  slowMembers,
  stoppedMembers,
} from "./gossip/false-positives.ts";
import type { Figures } from "./gossip/figures.ts";
import { measureMassRestart } from "./gossip/mass-restart.ts";
import { writeTables } from "./gossip/tables.ts";

const FOLDER = join(import.meta.dirname, "../docs/gossip-at-scale");
const PAGE = join(import.meta.dirname, "../docs/gossip-at-scale.md");
const NUMBERS = join(FOLDER, "figures.json");

const SICK = [1, 2, 4, 8, 16, 32];
/** Longer than a suspicion of SWIM's (8.4 s in a pool of 128), and shorter. */
const ANOMALIES_MS: readonly (readonly [sickMs: number, freeMs: number])[] = [
  [4096, 256],
  [16_384, 256],
];
const LOSS_PERCENT = [0, 5, 10, 15, 20, 25, 30];
const LOSS_SECONDS = 300;

/** All of Lifeguard, and nothing of it. */
const WITH_AND_WITHOUT = CONFIGURATIONS.filter(([name]) => name === "SWIM" || name === "Lifeguard");

/** What each adds to the numbers. */
const MEASURES: Readonly<Record<string, () => Partial<Figures>>> = {
  "detection-30": () => detectionIn(30),
  "detection-100": () => detectionIn(100),
  "detection-300": () => detectionIn(300),
  "detection-1000": () => detectionIn(1000),
  "detection-5000": () => detectionIn(5000),
  slow: () => ({ slow: sickMembers("slow", CONFIGURATIONS, slowMembers) }),
  stopped: () => ({ stopped: sickMembers("stopped", WITH_AND_WITHOUT, stoppedMembers) }),
  loss: () => ({ loss: losses() }),
  "restart-1000": () => ({ restart: { "1000": measureMassRestart(1000, 900) } }),
  "restart-5000": () => ({ restart: { "5000": measureMassRestart(5000, 4500) } }),
};

function detectionIn(members: number): Partial<Figures> {
  return { detection: { [members]: measureDetection(members) } };
}

function sickMembers(
  what: string,
  configurations: typeof CONFIGURATIONS,
  measure: typeof slowMembers,
): Figures["slow"] {
  return configurations.map(([name, lifeguard]) => ({
    name,
    points: SICK.map((count) => {
      const each = ANOMALIES_MS.map(([sickMs, freeMs]) => measure(lifeguard, count, sickMs, freeMs));
      say(`${what} ${name} ${count}: ${each.map(({ atTheWell }) => atTheWell).join(" ")}`);
      return { sick: count, ...added(each) };
    }),
  }));
}

function losses(): Figures["loss"] {
  return WITH_AND_WITHOUT.map(([name, lifeguard]) => ({
    name,
    points: LOSS_PERCENT.map((percent) => {
      const found = lossyNetwork(lifeguard, percent, LOSS_SECONDS);
      say(`loss ${name} ${percent} %: ${found.declared}`);
      return { percent, ...found };
    }),
  }));
}

function added(each: readonly Falsely[]): Falsely {
  const sum = (pick: (one: Falsely) => number): number => each.reduce((all, one) => all + pick(one), 0);
  return {
    anywhere: sum(({ anywhere }) => anywhere),
    atTheWell: sum(({ atTheWell }) => atTheWell),
    declared: sum(({ declared }) => declared),
    nodeHours: sum(({ nodeHours }) => nodeHours),
  };
}

function say(text: string): void {
  console.log(text);
}

function readFigures(): Figures {
  const empty: Figures = { detection: {}, slow: [], stopped: [], loss: [], restart: {} };
  return existsSync(NUMBERS)
    ? { ...empty, ...(JSON.parse(readFileSync(NUMBERS, "utf8")) as Figures) }
    : empty;
}

function main(): number {
  const { values } = parseArgs({ options: { measure: { type: "string", default: "" } } });
  const asked = values.measure === "all" ? Object.keys(MEASURES) : values.measure.split(",").filter(Boolean);
  const unknown = asked.find((name) => MEASURES[name] === undefined);
  if (unknown !== undefined) {
    console.error(`There is no measure "${unknown}". There are ${Object.keys(MEASURES).join(", ")}; or all.`);
    return 2;
  }
  for (const name of asked) {
    const began = process.cpuUsage();
    const found = MEASURES[name]?.() ?? {};
    // Others may have measured meanwhile: what they found stays.
    const before = readFigures();
    const merged: Figures = {
      ...before,
      ...found,
      detection: { ...before.detection, ...found.detection },
      restart: { ...before.restart, ...found.restart },
    };
    writeFileSync(NUMBERS, `${JSON.stringify(merged, null, 1)}\n`);
    const { user, system } = process.cpuUsage(began);
    say(`${name}: ${((user + system) / 1e6).toFixed(0)} s of processor time`);
  }
  const figures = readFigures();
  for (const [name, svg] of drawCharts(figures)) writeFileSync(join(FOLDER, `${name}.svg`), svg);
  writeTables(PAGE, figures);
  return 0;
}

process.exitCode = main();
