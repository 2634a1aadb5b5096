// The proof that the checkers would notice: every planted bug of the corpus is switched on in turn and looked for, in seeds
// of the swarm, by a search, or by the tests of its part; the table says what found it, after how many seeds and how much
// processor time, and how short the failing run could be made.
//
//   npm run mutants                       all of them, to the first seed that catches each (at most 500)
//   npm run mutants -- --seeds 2000       with more patience
//   npm run mutants -- --only raft-quorum # those whose name begins so
//   npm run mutants -- --shrink           makes the failing runs short as well
//   npm run mutants -- --write            that, and writes the table into docs/testing.md
//   npm run mutants -- --write --only raft-quorum   writes their rows anew, and leaves the others

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "../src/sim/mutants/ways.ts";
import { MUTANTS } from "../src/sim/mutants.ts";
import { bySimulator, shorten } from "./mutants/by-simulator.ts";
import { byTests, onlySound } from "./mutants/by-tests.ts";
import type { Found } from "./mutants/found.ts";
import { readOptions } from "./options.ts";
import { replaceInPage } from "./report/page.ts";

const PAGE = join(import.meta.dirname, "../docs/testing.md");

const { values: options } = readOptions({
  options: {
    seeds: { type: "string", default: "500" },
    only: { type: "string", default: "" },
    shrink: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

function lookFor(mutant: Mutant): Found {
  if (mutant.foundBy.kind === "test") return byTests(mutant);
  const found = bySimulator(mutant, Number(options.seeds));
  return options.shrink || options.write ? shorten(found) : found;
}

/** A bug that breaks no promise need not be caught. */
function isMissed({ by, mutant }: Found): boolean {
  return by === "" && mutant.equivalent === undefined;
}

function verdict({ by, mutant }: Found): string {
  if (by !== "") return by;
  return mutant.equivalent === undefined ? "**not caught**" : `equivalent: ${mutant.equivalent}`;
}

function seedsText({ mutant, seeds }: Found): string {
  if (seeds === undefined) return "–";
  const { foundBy } = mutant;
  if (foundBy.kind === "search") return `search, ${seeds} runs`;
  if (foundBy.kind === "gossip") return `gossip, ${seeds}`;
  const { faults } = foundBy.kind === "swarm" ? foundBy : { faults: undefined };
  return faults === undefined ? String(seeds) : `${seeds} with ${faults.join(", ")}`;
}

const HEAD = ["planted bug", "#", "what it does", "caught by", "seeds", "CPU s", "steps", "faults"];

function row(found: Found): readonly string[] {
  const { mutant, cpuSeconds, steps, faults } = found;
  const { name, number, about } = mutant;
  // Tests run in another process, and mostly start up.
  const cpu = found.seeds === undefined ? "–" : cpuSeconds.toFixed(1);
  const cells = [String(number ?? ""), about, verdict(found), seedsText(found), cpu];
  return [name, ...cells, String(steps ?? "–"), String(faults ?? "–")];
}

type Row = readonly string[];

function table(rows: readonly Row[]): string {
  return [HEAD, HEAD.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The rows of the page as it is, and those that were just found in their place: in the order of the list of bugs. */
function merged(found: readonly Found[]): readonly Row[] {
  const rows = new Map<string, Row>();
  const [, before = ""] =
    /<!-- written:mutants -->(.*)<!-- \/written:mutants -->/s.exec(readFileSync(PAGE, "utf8")) ?? [];
  for (const line of before.split("\n").filter((each) => each.startsWith("| "))) {
    const cells = line.slice(2, -2).split(" | ");
    rows.set(cells[0] ?? "", cells);
  }
  for (const each of found) rows.set(each.mutant.name, row(each));
  return MUTANTS.map(({ name }) => rows.get(name)).filter((each) => each !== undefined);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** The figures that the corpus is held to, from the rows of the table. */
function summary(rows: readonly Row[]): string {
  const column = (name: string, of: readonly Row[] = rows): string[] =>
    of.map((cells) => cells[HEAD.indexOf(name)] ?? "");
  const numbers = (texts: readonly string[]): number[] => texts.filter((text) => text !== "–").map(Number);
  const verdicts = column("caught by");
  const equivalent = verdicts.filter((text) => text.startsWith("equivalent")).length;
  const missed = verdicts.filter((text) => text === "**not caught**").length;
  const simulated = rows.filter(
    (cells, at) => cells[HEAD.indexOf("CPU s")] !== "–" && verdicts[at] !== "**not caught**",
  );
  const short = simulated.filter((cells) => cells[HEAD.indexOf("faults")] !== "–");
  const lines = [
    `${rows.length} planted bugs: ${rows.length - missed - equivalent} caught, ${missed} not caught, ${equivalent} equivalent`,
    `of the ${simulated.length} that the simulator caught: ${median(numbers(column("CPU s", simulated))).toFixed(1)} CPU seconds at the median`,
  ];
  if (short.length > 0)
    lines.push(
      `${short.length} made short: ${median(numbers(column("steps", short)))} steps and ${median(numbers(column("faults", short)))} faults at the median`,
    );
  return lines.join("; ");
}

function main(): number {
  const chosen = MUTANTS.filter(({ name }) => name.startsWith(options.only));
  const found: Found[] = [];
  console.log(
    `${"planted bug".padEnd(40)} ${"seeds".padStart(6)} ${"CPU s".padStart(7)} steps faults  caught by`,
  );
  for (const mutant of chosen) {
    const each = lookFor(mutant);
    found.push(each);
    const [name = "", , , by = "", seeds = "", cpu = "", steps = "", faults = ""] = row(each);
    console.log(
      `${name.padEnd(40)} ${seeds.padStart(6)} ${cpu.padStart(7)} ${steps.padStart(5)} ${faults.padStart(6)}  ${by}`,
    );
    if (each.remark !== undefined) console.log(`    ${each.remark}`);
  }
  const sound = onlySound(found);
  for (const { mutant, remark } of sound.filter((each, at) => each !== found[at]))
    console.log(`${mutant.name} counts as not caught: ${remark}`);
  const rows = options.write ? merged(sound) : sound.map(row);
  const text = summary(rows);
  if (options.write) replaceInPage(PAGE, "mutants", `${table(rows)}\n\n${text}.`);
  console.log(`\n${text}`);
  return sound.some(isMissed) ? 1 : 0;
}

process.exitCode = main();
