// One workload, measured for both in turn and told as one row: how much each got done, and what that cost its servers.

import type { Bench } from "./bench.ts";
import { type Better, compare, forBoth, inTurn, median, type Pair, type Side, valuesOf } from "./compare.ts";
import { machineCpuSeconds } from "./place.ts";
import { amount, figure } from "./report.ts";
import { cpuUs, type Server } from "./server.ts";

/** What every load says of itself. */
export interface LoadFigures {
  readonly answers: number;
  readonly seconds: number;
  /** CPU time of the load. */
  readonly cpuUs: number;
}

interface Spent {
  readonly perSecond: number;
  /** Of all servers, for each answer. */
  readonly serverUs: number;
  /** Share of one core that the load used, and that others used. */
  readonly loadShare: number;
  readonly othersShare: number;
}

export type Turn<R extends LoadFigures> = R & Spent;

/** A core that others used for more than this share makes a turn's figures doubtful. */
const NOISY_SHARE = 0.25;

export async function measure<R extends LoadFigures>(
  servers: readonly Server[],
  run: () => Promise<R>,
): Promise<Turn<R>> {
  const machineBefore = machineCpuSeconds();
  const ownBefore = process.cpuUsage();
  const serverBefore = cpuUs(servers);
  const began = performance.now();
  const result = await run();
  const elapsed = (performance.now() - began) / 1000;
  const spent = cpuUs(servers) - serverBefore;
  const own = process.cpuUsage(ownBefore);
  const ours = (spent + result.cpuUs + own.user + own.system) / 1e6;
  return {
    ...result,
    perSecond: result.answers / result.seconds,
    serverUs: spent / result.answers,
    loadShare: result.cpuUs / 1e6 / result.seconds,
    othersShare: Math.max(0, machineCpuSeconds() - machineBefore - ours) / elapsed,
  };
}

/** One number of a turn, and how it is printed. */
export interface Figure<R extends LoadFigures> {
  readonly of: (turn: Turn<R>) => number;
  readonly unit: string;
}

export const RATE: Figure<LoadFigures> = { of: ({ perSecond }) => perSecond, unit: "/s" };
export const SERVER_CPU: Figure<LoadFigures> = { of: ({ serverUs }) => serverUs, unit: "µs CPU" };
export const LOAD_CPU: Figure<LoadFigures> = { of: ({ loadShare }) => 100 * loadShare, unit: "%" };

export interface Comparing<R extends LoadFigures> {
  readonly workload: string;
  readonly where: string;
  readonly bar: number | undefined;
  /** What the ratio is of. */
  readonly by: Figure<R>;
  readonly better: Better;
  readonly more: Readonly<Record<string, Figure<R>>>;
}

/** First a turn of each that does not count: connections and caches get warm, and V8 compiles what it sees often. */
export async function compareInTurn<R extends LoadFigures>(
  bench: Bench,
  { by, better, more, ...told }: Comparing<R>,
  turn: (side: Side, seconds: number) => Promise<Turn<R>>,
): Promise<void> {
  const { loadPairs, loadSeconds, warmUpSeconds } = bench.effort;
  await forBoth((side) => turn(side, warmUpSeconds));
  const pairs = await inTurn(loadPairs, (side) => turn(side, loadSeconds));
  bench.report({
    ...told,
    unit: by.unit,
    ...compare(valuesOf(pairs, by.of), better),
    pairs: pairs.length,
    more: Object.fromEntries(Object.entries(more).map(([name, each]) => [name, medians(pairs, each)])),
    noisy: pairs.some(
      (pair) => Math.max(pair.candidate.othersShare, pair.yardstick.othersShare) > NOISY_SHARE,
    ),
  });
}

function medians<R extends LoadFigures>(
  pairs: readonly Pair<Turn<R>>[],
  { of, unit }: Figure<R>,
): [candidate: string, yardstick: string] {
  const { candidate, yardstick } = valuesOf(pairs, of);
  return [print(median(candidate), unit), print(median(yardstick), unit)];
}

function print(value: number, unit: string): string {
  if (unit === "%") return `${value.toFixed(0)} %`;
  if (unit === "") return figure(value);
  return unit === "µs" && value >= 1000 ? amount(value / 1000, "ms") : amount(value, unit);
}
