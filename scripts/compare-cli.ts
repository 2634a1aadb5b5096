// Runs the same command lines through the original Consul's program and ours, against one Consul agent in development
// mode, and compares what they print, on which stream, and their exit codes. What is ours by intent (the program's name,
// our own words in help texts) is taken out of both first. Exits with 1 if they differ where they should not, and do so
// once more: what a busy machine made late is only told of. Takes a minute.
//
//   npx tsx scripts/compare-cli.ts            all command lines
//   npx tsx scripts/compare-cli.ts TEXT       those that contain TEXT

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitOnSignals } from "../test/support/children.ts";
import { isThere } from "./compare/build.ts";
import { type CommandAgent, prepare, startConsul } from "./compare/command-agent.ts";
import { CASES } from "./compare/command-cases.ts";
import { uncovered } from "./compare/command-coverage.ts";
import type { Case } from "./compare/command-lines.ts";
import { type Outcome, programs, run } from "./compare/command-run.ts";
import { outcomeDifferences } from "./compare/command-text.ts";
import { bundlesOfBoth } from "./compare/debug-bundles.ts";
import { holdersBesideEachOther } from "./compare/lock-holders.ts";

async function compare(each: Case, agent: CommandAgent, root: string): Promise<string[]> {
  const outcomes: Outcome[] = [];
  for (const program of ["consul", "ours"] as const) {
    const values = await prepare(each.args[0], agent);
    const cwd = mkdtempSync(join(root, "run-"));
    mkdirSync(join(cwd, "data"));
    if (each.file !== undefined) writeFileSync(join(cwd, each.file[0]), each.file[1]);
    outcomes.push(await run(program, each, values, cwd));
  }
  return outcomeDifferences(each, outcomes[0] as Outcome, outcomes[1] as Outcome);
}

interface Verdict {
  readonly kind: "equal" | "intended" | "unexpected";
  /** What to show of it. */
  readonly text: string;
}

async function judge(each: Case, agent: CommandAgent, root: string): Promise<Verdict> {
  const first = await compare(each, agent, root);
  if (first.length === 0) return { kind: "equal", text: "" };
  const file = each.file === undefined ? [] : [JSON.stringify(each.file[1])];
  const name = [...each.args, ...file].join(" ");
  const { differs } = each;
  if (differs !== undefined) return { kind: "intended", text: `intended  ${name}\n    ${differs}` };
  const again = await compare(each, agent, root);
  if (again.length === 0) return { kind: "equal", text: `ONLY ONCE ${name}\n${first.join("\n")}` };
  return { kind: "unexpected", text: `DIFFERS   ${name}\n${again.join("\n")}` };
}

/** Of each line that is told again at the end. */
const RETOLD_CHARACTERS = 200;

async function main(): Promise<number> {
  if (!isThere("consul")) {
    console.log(
      "skipped: there is no consul on the PATH to compare with (Debian has it in the package consul)",
    );
    return 0;
  }
  const words = ({ args, file }: Case): string => [...args, file?.[1] ?? ""].join(" ");
  const wanted = CASES.filter((each) => words(each).includes(process.argv[2] ?? ""));
  const root = mkdtempSync(join(tmpdir(), "compare-cli-"));
  const agent = await startConsul(root);
  const verdicts: Verdict[] = [];
  if (wanted.length === CASES.length)
    for (const flag of await uncovered()) verdicts.push({ kind: "unexpected", text: `NOT COMPARED ${flag}` });
  try {
    for (const each of wanted) {
      const verdict = await judge(each, agent, root);
      verdicts.push(verdict);
      if (verdict.text !== "") console.log(verdict.text);
    }
    const together = async (command: string, what: string, wrong: () => Promise<string[]>): Promise<void> => {
      if (!wanted.some(({ args }) => args[0] === command)) return;
      const lines = await wrong();
      const text = `DIFFERS   ${what} of both programs\n    ${lines.join("\n    ")}`;
      if (lines.length > 0) verdicts.push({ kind: "unexpected", text });
    };
    const { http } = agent.values;
    await together("lock", "holders", () => holdersBesideEachOther(Object.values(programs()), http, root));
    await together("debug", "bundles", () => bundlesOfBoth(http, root));
  } finally {
    agent.process.kill();
    rmSync(root, { recursive: true, force: true });
  }
  // Once more, in few lines: of a long output often only the end is kept.
  for (const { text } of verdicts.filter(({ kind }) => kind === "unexpected"))
    for (const line of text.split("\n")) console.log(line.slice(0, RETOLD_CHARACTERS));
  const count = (kind: Verdict["kind"]): number => verdicts.filter((each) => each.kind === kind).length;
  console.log(
    `compare-cli: ${wanted.length} command lines: ${count("equal")} equal, ${count("intended")} differ by intent, ${count("unexpected")} differ`,
  );
  return count("unexpected") === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
