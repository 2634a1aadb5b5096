// Plays sequences of requests that nobody has written, drawn from seeds by the grammar in compare/generated/, against the
// original Consul and against ours, both in development mode, and compares what comes back as compare-http.ts does. A
// sequence that shows a difference is made as short as it can be, and printed as cases to paste into a group of
// compare-http.ts; then this script ends with 1.
//
//   npx tsx scripts/compare-generated.ts                      seeds 1..1000
//   npx tsx scripts/compare-generated.ts --seeds 7..99        these
//   npx tsx scripts/compare-generated.ts --seconds 60         no new seed after a minute
//   npx tsx scripts/compare-generated.ts --only sessions      only sequences that have to do with such things
//   npx tsx scripts/compare-generated.ts --differences 5      goes on until so many were found; 1 unless it is said
//   npx tsx scripts/compare-generated.ts --quorate FILE --consul PATH    as compare-http.ts

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitOnSignals } from "../test/support/children.ts";
import { type Pair, startPair, stopPair } from "./compare/agents.ts";
import { buildIfStale, isThere, PROGRAM } from "./compare/build.ts";
import { type Played, playSequence } from "./compare/generated/play-sequence.ts";
import { type Request, toSource } from "./compare/generated/request.ts";
import { type Sequence, sequenceOf } from "./compare/generated/sequence.ts";
import { shorten } from "./compare/generated/simpler.ts";
import { readOptions } from "./options.ts";

interface Tally {
  sequences: number;
  requests: number;
  differences: number;
  /** By intent, by their numbers. */
  readonly known: Map<string, number>;
}

const { values } = readOptions({
  options: {
    seeds: { type: "string", default: "1..1000" },
    seconds: { type: "string", default: "Infinity" },
    only: { type: "string", default: "" },
    differences: { type: "string", default: "1" },
    consul: { type: "string", default: "consul" },
    quorate: { type: "string" },
  },
});

async function playSeeds(pair: Pair, tally: Tally): Promise<void> {
  const [first = 1, last = first] = values.seeds.split("..").map(Number);
  const until = performance.now() + Number(values.seconds) * 1000;
  for (let seed = first; seed <= last; seed++) {
    if (performance.now() > until || tally.differences >= Number(values.differences)) return;
    const sequence = sequenceOf(seed, values.only);
    if (sequence === undefined) throw new Error(`nothing has to do with ${values.only}`);
    const played = await playSequence(sequence.requests, pair);
    tally.sequences++;
    tally.requests += played.compared;
    for (const { number } of played.known) tally.known.set(number, (tally.known.get(number) ?? 0) + 1);
    if (played.difference === undefined) continue;
    if (await show(sequence, pair, played)) tally.differences++;
  }
}

/** @returns Whether it is one: what does not come again when the same is played again was made by a busy machine. */
async function show({ seed, of, requests }: Sequence, pair: Pair, first: Played): Promise<boolean> {
  const upToIt = requests.slice(0, (first.difference?.at ?? 0) + 1);
  let shortest = { requests: upToIt, played: first };
  const shows = async (fewer: readonly Request[]): Promise<boolean> => {
    const played = await playSequence(fewer, pair);
    if (played.difference === undefined) return false;
    shortest = { requests: fewer.slice(0, played.difference.at + 1), played };
    return true;
  };
  const isOne = await shows(upToIt);
  console.log(`\n${isOne ? "DIFFERENT" : "different only once:"}  seed ${seed} (${of})`);
  if (isOne) await shorten(upToIt, shows);
  const { difference, names } = shortest.played;
  for (const [at, request] of shortest.requests.entries())
    console.log(`  ${toSource(request, names, at + 1)}`);
  console.log(`  the answer to request ${(difference?.at ?? 0) + 1}:`);
  for (const line of difference?.lines ?? []) console.log(`    ${line}`);
  return isOne;
}

async function main(): Promise<number> {
  if (!isThere(values.consul)) {
    console.log(
      `skipped: there is no ${values.consul} to compare with (Debian has it in the package consul)`,
    );
    return 0;
  }
  if (values.quorate === undefined) buildIfStale();
  const directory = mkdtempSync(join(tmpdir(), "compare-generated-"));
  const ours = [process.execPath, values.quorate ?? PROGRAM] as const;
  const tally: Tally = { sequences: 0, requests: 0, differences: 0, known: new Map() };
  const pair = await startPair("dev", { consul: [values.consul], ours }, directory);
  const began = performance.now();
  try {
    await playSeeds(pair, tally);
  } catch (error) {
    console.error(`The agents' logs are below ${directory}`);
    throw error;
  } finally {
    await stopPair(pair);
  }
  rmSync(directory, { recursive: true, force: true });
  for (const [number, times] of tally.known) console.log(`${number.padEnd(4)} by intent, ${times} times`);
  console.log(
    `compare-generated: ${tally.sequences} sequences of ${tally.requests} requests, ${tally.differences} differ, in ${Math.round((performance.now() - began) / 1000)} s`,
  );
  return tally.differences === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
