// Our servers beside the original's, measured in turn in one run on one machine: figures, their ratios, and the bars that
// were set before. Nothing here fails because a figure is bad: what a figure means is for a reader to judge
// (docs/benchmarks.md).
//
//   npm run bench                     everything, half an hour; each section says how long it took
//   npm run bench -- --quick          a shortened set
//   npm run bench -- --only start     one section, or several with commas: kv, sessions, watches, lists, dns, failover,
//                                     start, archive, rest, large
//   npm run bench -- --write          writes the tables of the sections that ran into docs/benchmarks.md
//   npm run bench -- --against DIST   compares with another build of ours (a folder with quorate.js) instead of consul
//   npm run bench -- --yardstick "COMMAND"   the original, where it is not "consul"

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { exitOnSignals } from "../test/support/children.ts";
import { runArchive } from "./bench/archive.ts";
import type { Bench, Effort, Section } from "./bench/bench.ts";
import { runDns } from "./bench/dns.ts";
import { runFailover } from "./bench/failover.ts";
import { runKeyValue } from "./bench/key-value.ts";
import { runLarge } from "./bench/large.ts";
import { runLists } from "./bench/lists.ts";
import { ALL_CORES, ONE_CORE } from "./bench/place.ts";
import { belowOf, lineOf, markdownOf, type Row } from "./bench/report.ts";
import { runRest } from "./bench/rest.ts";
import type { Product } from "./bench/server.ts";
import { runSessions } from "./bench/sessions.ts";
import { runStart } from "./bench/start.ts";
import { runWatches } from "./bench/watches.ts";
import { readOptions } from "./options.ts";
import { replaceInPage } from "./report/page.ts";

const SECTIONS: readonly Section[] = [
  { id: "kv", run: runKeyValue },
  { id: "sessions", run: runSessions },
  { id: "watches", run: runWatches },
  { id: "lists", run: runLists },
  { id: "dns", run: runDns },
  { id: "failover", run: runFailover },
  { id: "start", run: runStart },
  { id: "archive", run: runArchive },
  { id: "rest", run: runRest },
  { id: "large", run: runLarge },
];

const FULL: Effort = {
  places: [ONE_CORE, ALL_CORES],
  loadPairs: 3,
  loadSeconds: 1.5,
  warmUpSeconds: 2,
  kills: [
    { raftMultiplier: 1, count: 7 },
    { raftMultiplier: 5, count: 3 },
  ],
  startPairs: 11,
  restartPairs: 3,
  manyKeys: 100_000,
  settleSeconds: 30,
  restSeconds: 30,
};

const QUICK: Effort = {
  places: [ONE_CORE],
  loadPairs: 2,
  loadSeconds: 0.8,
  warmUpSeconds: 1.5,
  kills: [{ raftMultiplier: 1, count: 2 }],
  startPairs: 3,
  restartPairs: 2,
  manyKeys: 10_000,
  settleSeconds: 10,
  restSeconds: 5,
};

const root = join(import.meta.dirname, "..");
const page = join(root, "docs", "benchmarks.md");

const { values: options } = readOptions({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: SECTIONS.map(({ id }) => id).join(",") },
    write: { type: "boolean", default: false },
    against: { type: "string" },
    yardstick: { type: "string", default: "consul" },
  },
});

/** A copy of a build, so that building anew while we measure changes nothing. Within the repository, for its packages. */
function copyOfBuild(from: string, folder: string, name: string): Product {
  const to = join(folder, `dist-${name}`);
  cpSync(from, to, { recursive: true });
  return { name, command: [process.execPath, join(to, "quorate.js")] };
}

/** @returns undefined, having said so, when there is nothing to compare with. */
function yardstick(folder: string): Product | undefined {
  if (options.against !== undefined) return copyOfBuild(options.against, folder, "before");
  const command = options.yardstick.split(" ");
  const [program = "", ...rest] = command;
  const version = spawnSync(program, [...rest, "version"], { encoding: "utf8" });
  if (version.status === 0) {
    console.log(`yardstick: ${version.stdout.split("\n", 1)[0]}`);
    return { name: "consul", command };
  }
  console.log(`skipped: "${options.yardstick}" does not run; Debian has it as package "consul" (1.8.7)`);
  return undefined;
}

function machine(): string {
  const [first] = cpus();
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cpus().length} × ${first?.model ?? "unknown processor"}, Node ${process.version}`;
}

async function main(): Promise<void> {
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build", "bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  exitOnSignals();
  process.chdir(root);
  const other = yardstick(folder);
  if (other === undefined) return;
  execFileSync(process.execPath, ["--import", "tsx", join(root, "scripts/build.ts")], { stdio: "inherit" });
  const products = { candidate: copyOfBuild(join(root, "dist"), folder, "quorate"), yardstick: other };
  console.log(machine());
  await runSections({ products, effort: options.quick ? QUICK : FULL, folder });
}

async function runSections(given: Omit<Bench, "report" | "attempt">): Promise<void> {
  const { candidate, yardstick: other } = given.products;
  const names = [candidate.name, other.name] as const satisfies readonly [string, string];
  const wanted = options.only.split(",");
  const all: Row[] = [];
  for (const { id, run } of SECTIONS.filter((section) => wanted.includes(section.id))) {
    const beganMs = performance.now();
    const rows: Row[] = [];
    const failures: string[] = [];
    await run({
      ...given,
      report: (row) => {
        rows.push(row);
        console.log(lineOf(row, names));
      },
      attempt: async (what, measure) => {
        try {
          await measure();
        } catch (error) {
          const [said] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
          failures.push(`not measured: ${what}: ${said}`);
          console.log(failures.at(-1));
          process.exitCode = 1;
        }
      },
    });
    all.push(...rows);
    const told = [machine(), markdownOf(rows, names), ...(rows.some(hasBar) ? [belowOf(rows)] : [])];
    if (options.write) replaceInPage(page, id, [...told, ...failures].join("\n\n"));
    console.log(`${id}: ${((performance.now() - beganMs) / 60_000).toFixed(1)} minutes`);
  }
  console.log(belowOf(all));
}

function hasBar({ bar }: Row): boolean {
  return bar !== undefined;
}

await main();
