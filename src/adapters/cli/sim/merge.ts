// `sim merge`: what several machines have come to, added up.

import { mergeResults, type NamedResults } from "../../../sim/campaign/results.ts";
import { renderResults } from "../../../sim/campaign/results-text.ts";
import type { Call, Command } from "../command.ts";
import { boolFlag, type Flag, stringFlag } from "../flags.ts";
import { readResults, writeResults } from "./campaign-file.ts";
import { judgeResults, printResults } from "./campaign-report.ts";
import { COVERAGE_FLAGS, writeCoverage } from "./coverage.ts";
import { EXIT_CODES, misuse, simCommand } from "./words.ts";

const FLAGS: readonly Flag[] = [
  { name: "out", kind: "string", description: "Write the sum into this `file`, which can be merged again." },
  { name: "json", kind: "bool", description: "Print the sum as JSON, and nothing else." },
  ...COVERAGE_FLAGS,
];

export const command: Command = simCommand({
  usage: (program) => `
Usage: ${program} sim merge [options] <file>...

  Adds up what \`sim campaign -out\` wrote on several machines. All files must be
  of one campaign: the same build, the same options, no seed in two of them.
  Seeds that no file has make the sum incomplete, which counts as a failure.

      $ ${program} sim merge --coverage docs/testing.md shard-*.json

${EXIT_CODES}`,
  flags: FLAGS,
  names: true,
  run: runMerge,
});

async function runMerge(call: Call): Promise<number> {
  const { io, args, flags } = call;
  const all: NamedResults[] = [];
  for (const name of args) {
    const results = readResults(io.cwd, name);
    if (typeof results === "string") return misuse(io, results);
    all.push({ name, results });
  }
  const [first, ...others] = all;
  if (first === undefined) return misuse(io, `Which results? One file at least is needed.\n${call.help()}`);
  const sum = mergeResults(first, others);
  if (typeof sum === "string") return misuse(io, sum);
  const out = stringFlag(flags, "out");
  const coverage = stringFlag(flags, "coverage");
  const wrong =
    (out === undefined ? undefined : writeResults(io.cwd, out, sum)) ??
    (coverage === undefined ? undefined : writeCoverage(io.cwd, coverage, sum));
  if (wrong !== undefined) return misuse(io, wrong);
  if (boolFlag(flags, "json")) io.stdout(renderResults(sum));
  else printResults(io, sum);
  return judgeResults(io, sum, boolFlag(flags, "demand-coverage"));
}
