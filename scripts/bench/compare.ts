// Two programs measured in turn, A B, then B A, then A B…, so that a machine that is busy for a while is busy for both.
// What counts is the ratio within each pair; figures of two runs are not comparable.

export interface Pair<T> {
  readonly candidate: T;
  readonly yardstick: T;
}

export type Side = keyof Pair<unknown>;

export const SIDES: readonly Side[] = ["candidate", "yardstick"];

/** The same for both, one after the other. */
export async function forBoth<T>(make: (side: Side) => Promise<T>): Promise<Pair<T>> {
  const candidate = await make("candidate");
  return { candidate, yardstick: await make("yardstick") };
}

/** Measures each side `count` times. Who begins changes from pair to pair. */
export async function inTurn<T>(count: number, measure: (side: Side) => Promise<T>): Promise<Pair<T>[]> {
  const pairs: Pair<T>[] = [];
  for (let turn = 0; turn < count; turn++) {
    const yardstickFirst = turn % 2 === 1 ? await measure("yardstick") : undefined;
    const candidate = await measure("candidate");
    pairs.push({ candidate, yardstick: yardstickFirst ?? (await measure("yardstick")) });
  }
  return pairs;
}

/** One number of each measurement. */
export function valuesOf<T>(
  pairs: readonly Pair<T>[],
  value: (measured: T) => number,
): Pair<readonly number[]> {
  return {
    candidate: pairs.map(({ candidate }) => value(candidate)),
    yardstick: pairs.map(({ yardstick }) => value(yardstick)),
  };
}

export interface Comparison {
  /** Medians. */
  readonly candidate: number;
  readonly yardstick: number;
  /** Median of the pairs' ratios; above 1 the candidate is ahead. */
  readonly ratio: number;
  /** The worst pair's. */
  readonly least: number;
}

export type Better = "more" | "less";

/** @param better Whether more is better (answers a second) or less (milliseconds). */
export function compare({ candidate, yardstick }: Pair<readonly number[]>, better: Better): Comparison {
  const ratios = candidate.map((ours, at) => {
    const theirs = yardstick[at] ?? Number.NaN;
    return better === "more" ? ours / theirs : theirs / ours;
  });
  return {
    candidate: median(candidate),
    yardstick: median(yardstick),
    ratio: median(ratios),
    least: Math.min(...ratios),
  };
}

/** The middle one, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
