// Pools of up to five thousand members, measured in the simulator: numbers into docs/gossip-at-scale/figures.json, charts
// beside them, tables into docs/gossip-at-scale.md. Every number follows from the seeds: whoever runs this again gets the
// same, whatever else the machine is doing.
//
//   tsx scripts/plot-gossip.ts                       draws the charts and the page from the numbers that are there
//   tsx scripts/plot-gossip.ts --measure all         measures everything first: an hour or more; but for restart-5000
//   tsx scripts/plot-gossip.ts --measure detection-1000,loss
//
// What is measured runs in a process of its own, bundled: it is the quicker for it, and gets the memory that it needs.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withBundle } from "./bench/bundle.ts";
import { drawCharts } from "./gossip/charts.ts";
import { readFigures } from "./gossip/figures.ts";
import { NAMES } from "./gossip/measures.ts";
import { writeTables } from "./gossip/tables.ts";
import { readOptions } from "./options.ts";

const FOLDER = join(import.meta.dirname, "../docs/gossip-at-scale");
const PAGE = join(import.meta.dirname, "../docs/gossip-at-scale.md");
const NUMBERS = join(FOLDER, "figures.json");

/** Twenty-five million records and as many rumours that wait: more memory than many machines have, and an hour and a half. */
const TOO_LARGE = "restart-5000";

/** More than V8 takes by itself: it grows to what is needed. Much room for the young is cheaper than to move it often. */
const MEMORY = ["--max-old-space-size=19500", "--max-semi-space-size=128"];

/**
 * The largest pool fills 13 GB, which is dear to look through: the seldomer the better. But whatever garbage is let grow V8 does
 * not give back: with 25 instead of 15 percent, and 2 GB more in use, it had no room left before the end. Linux has to allow
 * it: V8 takes its memory in pieces of 256 KiB, and ends with "out of memory" at 16 GB where a process may have but 65,530
 * (`sysctl -w vm.max_map_count=262144`).
 */
const MEMORY_OF_LARGEST = [
  "--max-old-space-size=19500",
  "--min-semi-space-size=512",
  "--max-semi-space-size=512",
  "--heap-growing-percent=15",
];

/** @returns Whether all went well. */
function measure(names: readonly string[]): boolean {
  return withBundle(join(import.meta.dirname, "gossip/measure.ts"), (bundle) => {
    const memory = names.includes(TOO_LARGE) ? MEMORY_OF_LARGEST : MEMORY;
    const { status } = spawnSync(process.execPath, [...memory, bundle, NUMBERS, ...names], {
      stdio: "inherit",
    });
    return status === 0;
  });
}

function main(): number {
  const { values } = readOptions({ options: { measure: { type: "string", default: "" } } });
  const all = NAMES.filter((name) => name !== TOO_LARGE);
  const asked = values.measure === "all" ? all : values.measure.split(",").filter(Boolean);
  const unknown = asked.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    console.error(`There is no measure "${unknown}". There are ${NAMES.join(", ")}; or all.`);
    return 2;
  }
  if (asked.length > 0 && !measure(asked)) return 1;
  const figures = readFigures(NUMBERS);
  for (const [name, svg] of drawCharts(figures)) writeFileSync(join(FOLDER, `${name}.svg`), svg);
  writeTables(PAGE, figures);
  return 0;
}

process.exitCode = main();
