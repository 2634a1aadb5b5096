// The proof that the checkers would notice: every planted bug of the corpus is switched on in turn, seeds of the swarm are
// run until one is caught, and the table says by which rule, after how many seeds and how much processor time. Those that
// the swarm's world cannot reach are proved by tests of their part, which are run here with them.
//
//   npm run mutants                       all of them, to the first seed that catches each (at most 500)
//   npm run mutants -- --seeds 2000       with more patience
//   npm run mutants -- --only raft-quorum # those whose name begins so
//   npm run mutants -- --write            writes the table into docs/testing.md

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hunt, MUTANTS, type Mutant } from "../src/sim/mutants.ts";
import { replaceInPage } from "./report/page.ts";

const root = join(import.meta.dirname, "..");
const PAGE = join(root, "docs/testing.md");

/** What became of one. */
interface Caught {
  readonly mutant: Mutant;
  /** The rule that it broke; "" when nothing noticed. */
  readonly by: string;
  readonly seeds: number;
  readonly cpuSeconds: number;
}

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "500" },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});

function track(mutant: Mutant, patience: number): Caught {
  const began = process.cpuUsage();
  const cpuSeconds = (): number => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6;
  };
  const found = hunt(mutant.name, patience);
  return {
    mutant,
    by: found?.violation ?? "",
    seeds: Number(found?.seed ?? patience),
    cpuSeconds: cpuSeconds(),
  };
}

/** The tests that plant these bugs themselves; each must have one that names it. */
function tests(mutants: readonly Mutant[]): Caught[] {
  const files = ["test/core/gossip/planted.test.ts", "test/core/wal/damage.test.ts"];
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--project", "fast", ...files];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "ignore" });
  const texts = files.map((file) => [file, readFileSync(join(root, file), "utf8")] as const);
  return mutants.map((mutant) => {
    const file = texts.find(([, text]) => text.includes(`"${mutant.name}"`))?.[0];
    return { mutant, by: status === 0 && file !== undefined ? file : "", seeds: 0, cpuSeconds: 0 };
  });
}

function row({ mutant, by, seeds, cpuSeconds }: Caught): readonly string[] {
  const verdict = by === "" ? "**not caught**" : by;
  if (mutant.foundBy === "tests") return [mutant.name, mutant.about, verdict, "–", "–"];
  return [mutant.name, mutant.about, verdict, String(seeds), cpuSeconds.toFixed(1)];
}

const HEAD = ["planted bug", "what it does", "caught by", "seeds", "CPU s"];

function table(found: readonly Caught[]): string {
  const rows = [HEAD, HEAD.map(() => "---"), ...found.map(row)];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function main(): number {
  const chosen = MUTANTS.filter(({ name }) => name.startsWith(options.only));
  const found: Caught[] = [];
  const say = (caught: Caught): void => {
    found.push(caught);
    const [name = "", , by = "", seeds = "", cpu = ""] = row(caught);
    console.log(`${name.padEnd(36)} ${by.padEnd(36)} ${seeds.padStart(5)} ${cpu.padStart(8)}`);
  };
  console.log(`${"planted bug".padEnd(36)} ${"caught by".padEnd(36)} seeds    CPU s`);
  for (const mutant of chosen.filter(({ foundBy }) => foundBy === "swarm"))
    say(track(mutant, Number(options.seeds)));
  for (const caught of tests(chosen.filter(({ foundBy }) => foundBy === "tests"))) say(caught);
  if (options.write) replaceInPage(PAGE, "mutants", table(found));
  const missed = found.filter(({ by }) => by === "");
  console.log(`\n${found.length - missed.length} caught, ${missed.length} not caught`);
  return missed.length === 0 ? 0 : 1;
}

process.exitCode = main();
