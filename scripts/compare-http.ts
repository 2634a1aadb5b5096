// Plays the same requests against the original Consul and against ours, over raw sockets, and compares what comes back to
// the byte: status line, headers in their order, framing, body, and whether the connection goes on. Against agents in
// development mode, against servers that write to disk with a client agent beside each, and against servers whose
// configuration says what HTTP does. What differs by intent stands in compare/intended.ts and, in the user's words, in
// docs/compatibility.md; anything else ends the script with 1. Takes two minutes, most of it in reads that wait.
//
// Where a pair of agents differed, all of it is played once more on a fresh pair: a difference that is one comes again,
// what a busy machine made late does not, and is only told of.
//
//   npx tsx scripts/compare-http.ts                   all
//   npx tsx scripts/compare-http.ts --only TEXT       plays all, since later cases read what earlier ones have written, and
//                                                     judges those whose group or name contains TEXT
//   npx tsx scripts/compare-http.ts --alone TEXT      plays and judges only the groups whose title contains TEXT, for those
//                                                     that need nothing of others
//   npx tsx scripts/compare-http.ts --quorate FILE    another build of ours than dist/quorate.js
//   npx tsx scripts/compare-http.ts --consul PATH     another program of the original than the one on the PATH

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitOnSignals } from "../test/support/children.ts";
import { type Kind, type Pair, type Program, startPair, stopPair } from "./compare/agents.ts";
import { buildIfStale, isThere, PROGRAM } from "./compare/build.ts";
import type { Case } from "./compare/cases.ts";
import { startCheckTargets } from "./compare/checks.ts";
import { differences } from "./compare/differences.ts";
import { GROUPS } from "./compare/groups.ts";
import { createIndexes, type Indexes } from "./compare/indexes.ts";
import { INTENDED } from "./compare/intended.ts";
import { pageFaults } from "./compare/page.ts";
import { play } from "./compare/play.ts";
import { transcribe } from "./compare/transcript.ts";
import { readOptions } from "./options.ts";

interface Verdict {
  /** Pair, group and case. */
  readonly name: string;
  readonly kind: "equal" | "intended" | "unexpected";
  /** What to show of it. */
  readonly lines: readonly string[];
  /** The intended differences that were seen. */
  readonly numbers: readonly string[];
}

async function playAll(pair: Pair, wanted: string, alone: string): Promise<Verdict[]> {
  const indexes = { consul: createIndexes(), ours: createIndexes() };
  const verdicts: Verdict[] = [];
  let number = 0;
  for (const { title, cases, kinds } of GROUPS) {
    if (!kinds.includes(pair.kind) || !title.includes(alone)) continue;
    const counts = { equal: 0, intended: 0, unexpected: 0 };
    for (const each of cases) {
      number++;
      const judged = await compare(each, pair, indexes, number);
      if (!`${title}: ${each.name}`.includes(wanted)) continue;
      const verdict = { name: `${pair.kind}: ${title}: ${each.name}`, ...judged };
      counts[verdict.kind]++;
      verdicts.push(verdict);
      if (verdict.kind === "unexpected") show("UNEXPECTED", verdict);
    }
    console.log(row(pair.kind, title, counts));
  }
  return verdicts;
}

function row(kind: Kind, title: string, counts: Readonly<Record<Verdict["kind"], number>>): string {
  const { equal, intended, unexpected } = counts;
  return columns(kind, title, [equal + intended + unexpected, equal, intended, unexpected]);
}

function columns(kind: string, title: string, others: readonly (string | number)[]): string {
  return `${kind.padEnd(12)}${title.padEnd(36)}${others.map((each) => String(each).padStart(12)).join("")}`;
}

function show(what: string, { name, lines }: Verdict): void {
  console.log(`\n${what}  ${name}`);
  for (const line of lines) console.log(`    ${line}`);
  console.log("");
}

async function compare(
  each: Case,
  pair: Pair,
  indexes: { readonly consul: Indexes; readonly ours: Indexes },
  number: number,
): Promise<Omit<Verdict, "name">> {
  const [consulTold, oursTold] = await Promise.all([play(each, pair.consul), play(each, pair.ours)]);
  const consul = transcribe(each, consulTold, { agent: pair.consul, indexes: indexes.consul, number });
  const ours = transcribe(each, oursTold, { agent: pair.ours, indexes: indexes.ours, number });
  return judge(each.name, pair.kind, consul, ours);
}

function judge(
  name: string,
  kind: Kind,
  consul: readonly string[],
  ours: readonly string[],
): Omit<Verdict, "name"> {
  const numbers = new Set<string>();
  const stale: string[] = [];
  let expected = consul.join("\n");
  for (const { number, seen } of INTENDED)
    for (const { in: names, only, byChance, turns } of seen) {
      if (!names.includes(name) || (only ?? kind) !== kind) continue;
      const turned = turns(expected);
      if (turned !== expected) numbers.add(number);
      else if (!byChance) stale.push(`${number} is not seen here`);
      expected = turned;
    }
  const lines = [...stale, ...differences(expected.split("\n"), ours)];
  if (lines.length > 0) return { kind: "unexpected", lines, numbers: [] };
  return { kind: numbers.size === 0 ? "equal" : "intended", lines: [], numbers: [...numbers] };
}

const RETOLD_CASES = 10;
const RETOLD_LINES = 6;
const RETOLD_CHARACTERS = 160;

async function main(): Promise<number> {
  const { values } = readOptions({
    options: {
      only: { type: "string", default: "" },
      alone: { type: "string", default: "" },
      consul: { type: "string", default: "consul" },
      quorate: { type: "string" },
    },
  });
  if (!isThere(values.consul)) {
    console.log(
      `skipped: there is no ${values.consul} to compare with (Debian has it in the package consul)`,
    );
    return 0;
  }
  if (values.quorate === undefined) buildIfStale();
  const programs: { consul: Program; ours: Program } = {
    consul: [values.consul],
    ours: [process.execPath, values.quorate ?? PROGRAM],
  };
  const began = performance.now();
  const directory = mkdtempSync(join(tmpdir(), "compare-http-"));
  console.log(columns("agents", "group", ["compared", "equal", "by intent", "unexpected"]));
  const verdicts: Verdict[] = [];
  const targets = await startCheckTargets();
  try {
    for (const kind of ["dev", "server", "configured"] as const) {
      if (!GROUPS.some(({ title, kinds }) => kinds.includes(kind) && title.includes(values.alone))) continue;
      const playOn = async (run: string): Promise<Verdict[]> => {
        const pair = await startPair(kind, programs, join(directory, run), {
          DOCKER_HOST: `unix://${targets.docker}`,
        });
        try {
          return await playAll(pair, values.only, values.alone);
        } finally {
          await stopPair(pair);
        }
      };
      const first = await playOn("first");
      const doubted = first.some((each) => each.kind === "unexpected");
      verdicts.push(...(doubted ? confirmed(first, await playOn("second")) : first));
    }
  } catch (error) {
    console.error(`The agents' logs are below ${directory}`);
    throw error;
  } finally {
    await targets.close();
  }
  rmSync(directory, { recursive: true, force: true });
  return summary(verdicts, (performance.now() - began) / 1000);
}

/** @returns The verdicts of the first play; of its differences only those that are there in the second one, too. */
function confirmed(first: readonly Verdict[], second: readonly Verdict[]): Verdict[] {
  return first.map((verdict, at) => {
    const again = second[at];
    if (verdict.kind !== "unexpected" || again === undefined || again.kind === "unexpected") return verdict;
    show("ONLY ONCE", verdict);
    return again;
  });
}

function summary(verdicts: readonly Verdict[], seconds: number): number {
  const count = (kind: Verdict["kind"]): number => verdicts.filter((each) => each.kind === kind).length;
  console.log("\nBy intent:");
  for (const { number, why } of INTENDED) {
    const seen = verdicts.filter(({ numbers }) => numbers.includes(number));
    console.log(`  ${number.padEnd(4)}${String(seen.length).padStart(5)}  ${why}`);
  }
  const faults = pageFaults();
  for (const fault of faults) console.log(fault);
  // Once more, in few lines: of a long output often only the end is kept.
  for (const { name, lines } of verdicts
    .filter((each) => each.kind === "unexpected")
    .slice(0, RETOLD_CASES)) {
    console.log(`UNEXPECTED  ${name}`);
    for (const line of lines.slice(0, RETOLD_LINES)) console.log(`    ${line.slice(0, RETOLD_CHARACTERS)}`);
  }
  const unexpected = count("unexpected");
  console.log(
    `\n${verdicts.length} compared, ${count("equal")} equal, ${count("intended")} differ by intent, ${unexpected} unexpected, in ${Math.round(seconds)} s`,
  );
  return unexpected + faults.length === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
