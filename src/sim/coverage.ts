// What a campaign has tried, and how soon its clusters or pools were well again: for each kind of trouble and each pair of kinds,
// in how many runs it really did something; for each target, how often somebody was hit; the times to recover. Plain data,
// so that what several machines have gathered can be added up.

import type { Ground, SeedReport } from "./campaign/ground.ts";

export interface Coverage {
  readonly ground: Ground;
  runs: number;
  /** Runs in which it did something, and how often in all of them. */
  readonly kinds: Map<string, { runs: number; times: number }>;
  /** "a+b" (in the order of the ground's kinds) → runs in which both did something. */
  readonly pairs: Map<string, number>;
  readonly targets: Map<string, number>;
  /** By key, milliseconds, in the order in which runs ended. */
  readonly recovery: ReadonlyMap<string, number[]>;
}

export function createCoverage(ground: Ground): Coverage {
  return {
    ground,
    runs: 0,
    kinds: new Map(),
    pairs: new Map(),
    targets: new Map(),
    recovery: new Map(ground.recoveries.map(({ key }) => [key, []])),
  };
}

type Covering = Pick<SeedReport, "effects" | "strikes" | "recovery">;

/** Adds what one run tried. */
export function addRun(coverage: Coverage, { effects, strikes, recovery }: Covering): void {
  coverage.runs++;
  const seen = coverage.ground.kinds.filter((kind) => effects.has(kind));
  for (const [at, kind] of seen.entries()) {
    const known = coverage.kinds.get(kind) ?? { runs: 0, times: 0 };
    coverage.kinds.set(kind, { runs: known.runs + 1, times: known.times + (effects.get(kind) ?? 0) });
    for (const other of seen.slice(at + 1)) {
      const pair = `${kind}+${other}`;
      coverage.pairs.set(pair, (coverage.pairs.get(pair) ?? 0) + 1);
    }
  }
  for (const [target, times] of strikes.targets)
    coverage.targets.set(target, (coverage.targets.get(target) ?? 0) + times);
  for (const [key, times] of coverage.recovery) {
    const ms = recovery[key];
    if (ms !== undefined) times.push(ms);
  }
}

/** Adds what another campaign tried. */
export function joinCoverage(coverage: Coverage, other: Coverage): void {
  coverage.runs += other.runs;
  for (const [kind, { runs, times }] of other.kinds) {
    const known = coverage.kinds.get(kind) ?? { runs: 0, times: 0 };
    coverage.kinds.set(kind, { runs: known.runs + runs, times: known.times + times });
  }
  for (const [pair, runs] of other.pairs) coverage.pairs.set(pair, (coverage.pairs.get(pair) ?? 0) + runs);
  for (const [target, times] of other.targets)
    coverage.targets.set(target, (coverage.targets.get(target) ?? 0) + times);
  // Not by spreading: it may be a million of them.
  for (const [key, times] of coverage.recovery)
    for (const ms of other.recovery.get(key) ?? []) times.push(ms);
}

/** Kinds that never did anything. */
export function uncovered(
  coverage: Coverage,
  demanded: readonly string[] = coverage.ground.kinds,
): readonly string[] {
  return demanded.filter((kind) => !coverage.kinds.has(kind));
}

/** Those of a table: what is demanded, and what was there besides. */
function kindsToTell(coverage: Coverage, demanded: readonly string[]): readonly string[] {
  return coverage.ground.kinds.filter((kind) => demanded.includes(kind) || coverage.kinds.has(kind));
}

/** Pairs of these kinds that were together in some run, and how many there are. */
export function pairsCovered(
  { ground, pairs }: Coverage,
  kinds: readonly string[] = ground.kinds,
): { readonly seen: number; readonly all: number } {
  const seen = [...pairs.keys()].filter((pair) => pair.split("+").every((kind) => kinds.includes(kind)));
  return { seen: seen.length, all: (kinds.length * (kinds.length - 1)) / 2 };
}

/** The value below which so much of the others lies; undefined for no values. @param share 0…1 */
export function quantile(values: readonly number[], share: number): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.round((values.length - 1) * share)];
}

const thousands = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
const seconds = (ms: number | undefined): string => (ms === undefined ? "–" : (ms / 1000).toFixed(1));

/** For people: kinds, then targets, then times. */
export function coverageLines(
  coverage: Coverage,
  demanded: readonly string[] = coverage.ground.kinds,
): string[] {
  const { targets } = coverage.ground;
  const told = kindsToTell(coverage, demanded);
  const { seen, all } = pairsCovered(coverage, told);
  const kinds = told.map((kind) => {
    const { runs, times } = coverage.kinds.get(kind) ?? { runs: 0, times: 0 };
    return `  ${kind.padEnd(18)} ${thousands(times).padStart(11)} times in ${thousands(runs)} seeds`;
  });
  const aims = targets.map((target) => `${target} ${thousands(coverage.targets.get(target) ?? 0)}`);
  return [
    ...kinds,
    `  ${thousands(seen)} of ${thousands(all)} pairs of these in one run`,
    ...(aims.length === 0 ? [] : [`aimed at: ${aims.join(", ")}`]),
    ...recoveryRows(coverage).map(
      ([what, p50, p99, most, bound]) =>
        `${what}: ${p50} s (half of the runs), ${p99} s (99 of 100), ${most} s (the slowest); bound ${bound} s`,
    ),
  ];
}

function recoveryRows({ ground, recovery }: Coverage): string[][] {
  return ground.recoveries.map(({ key, what, boundMs }) => [
    what,
    ...[0.5, 0.99, 1].map((share) => seconds(quantile(recovery.get(key) ?? [], share))),
    seconds(boundMs),
  ]);
}

/** The same as tables of a page: kinds, the triangle of pairs, times. */
export function coveragePage(
  coverage: Coverage,
  demanded: readonly string[] = coverage.ground.kinds,
): string {
  const told = kindsToTell(coverage, demanded);
  const number = (kind: string): number => told.indexOf(kind) + 1;
  const kinds = told.map((kind) => {
    const { runs, times } = coverage.kinds.get(kind) ?? { runs: 0, times: 0 };
    const row = told.slice(0, number(kind) - 1).map((other) => coverage.pairs.get(`${other}+${kind}`) ?? 0);
    return [String(number(kind)), kind, thousands(times), thousands(runs), ...row.map(thousands)];
  });
  const width = told.length;
  const head = ["", "kind", "times", "runs", ...told.slice(0, -1).map((kind) => String(number(kind)))];
  const { seen, all } = pairsCovered(coverage, told);
  return [
    `${thousands(coverage.runs)} runs. "runs": in how many it did something; the columns after it: in how many it did something beside the kind of that number. ${thousands(seen)} of ${thousands(all)} pairs.`,
    "",
    table(
      head,
      kinds.map((row) => [...row, ...new Array<string>(width + 3 - row.length).fill("")]),
    ),
    "",
    table(
      ["simulated seconds after all trouble", "half", "99 of 100", "slowest", "bound"],
      recoveryRows(coverage),
    ),
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
