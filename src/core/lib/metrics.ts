// Measurements of one process, gathered as go-metrics gathers them in memory, since that is what Consul's clients are
// shown: counts and samples of ten seconds each, on the clock's tens. Beside the interval that runs only the one before it is
// kept, and what Prometheus wants: totals, and some values of each sample to take quantiles from. Plain data; time comes in.

/** What the values of one name came to. */
export interface Tally {
  count: number;
  sum: number;
  sumOfSquares: number;
  min: number;
  max: number;
}

export interface Interval {
  /** Milliseconds since 1970: when it began. */
  readonly startMs: number;
  readonly counters: Map<string, Tally>;
  readonly samples: Map<string, Tally>;
}

/** All values of one name since the process began. */
export interface Total {
  readonly kind: "counter" | "sample";
  count: number;
  sum: number;
  /** When there was last one, since 1970. */
  lastMs: number;
  /** Samples: values that stand for those of the last interval, and of the one that runs. */
  readonly before: number[];
  readonly recent: number[];
  /** Of the values of this interval one in so many is kept. */
  stride: number;
}

export interface Metrics {
  /** What is added to the process's time to get the time of day. */
  readonly wallOffsetMs: number;
  /** The time as of the last `tickMetrics`: the process's, and that of day. */
  nowMs: number;
  wallMs: number;
  current: Interval;
  finished: Interval | undefined;
  readonly totals: Map<string, Total>;
}

export const INTERVAL_MS = 10_000;
/** Values kept of a sample in an interval: enough for a 99th percentile. */
const MAX_KEPT = 512;

export function createMetrics(wallOffsetMs: number, nowMs: number): Metrics {
  const wallMs = nowMs + wallOffsetMs;
  return { wallOffsetMs, nowMs, wallMs, current: interval(wallMs), finished: undefined, totals: new Map() };
}

function interval(wallMs: number): Interval {
  return {
    startMs: Math.floor(wallMs / INTERVAL_MS) * INTERVAL_MS,
    counters: new Map(),
    samples: new Map(),
  };
}

/** Tells the time, by which what is counted next is filed. */
export function tickMetrics(metrics: Metrics, nowMs: number): void {
  const wallMs = nowMs + metrics.wallOffsetMs;
  metrics.nowMs = nowMs;
  metrics.wallMs = wallMs;
  if (wallMs < metrics.current.startMs + INTERVAL_MS) return;
  metrics.finished = metrics.current;
  metrics.current = interval(wallMs);
  const wasBefore = metrics.finished.startMs === metrics.current.startMs - INTERVAL_MS;
  for (const total of metrics.totals.values()) {
    total.before.length = 0;
    if (wasBefore) total.before.push(...total.recent);
    total.recent.length = 0;
    total.stride = 1;
  }
}

/** Something happened, `by` times or bytes. */
export function countMetric(metrics: Metrics | undefined, name: string, by: number = 1): void {
  if (metrics === undefined) return;
  addTo(metrics.current.counters, name, by);
  const total = totalOf(metrics, name, "counter");
  total.count++;
  total.sum += by;
}

/** Something took so many milliseconds, or was so large. */
export function sampleMetric(metrics: Metrics | undefined, name: string, value: number): void {
  if (metrics === undefined) return;
  const tally = addTo(metrics.current.samples, name, value);
  const total = totalOf(metrics, name, "sample");
  total.count++;
  total.sum += value;
  if (tally.count % total.stride !== 0) return;
  total.recent.push(value);
  if (total.recent.length < MAX_KEPT) return;
  // Every other one goes, and from now on half as many come.
  total.stride *= 2;
  for (let at = 0; at < MAX_KEPT / 2; at++) total.recent[at] = total.recent[at * 2 + 1] ?? 0;
  total.recent.length = MAX_KEPT / 2;
}

function addTo(tallies: Map<string, Tally>, name: string, value: number): Tally {
  const tally = tallies.get(name);
  if (tally === undefined) {
    const first = { count: 1, sum: value, sumOfSquares: value * value, min: value, max: value };
    tallies.set(name, first);
    return first;
  }
  tally.count++;
  tally.sum += value;
  tally.sumOfSquares += value * value;
  if (value < tally.min) tally.min = value;
  if (value > tally.max) tally.max = value;
  return tally;
}

function totalOf(metrics: Metrics, name: string, kind: Total["kind"]): Total {
  let total = metrics.totals.get(name);
  if (total === undefined) {
    total = { kind, count: 0, sum: 0, lastMs: 0, before: [], recent: [], stride: 1 };
    metrics.totals.set(name, total);
  }
  total.lastMs = metrics.wallMs;
  return total;
}

/** What is shown of several gatherings, whose names have nothing in common: the last whole interval, or the first one. */
export function shownInterval(all: readonly Metrics[]): Interval {
  const latest = Math.max(...all.map(({ current }) => current.startMs));
  const wanted = all.some(({ finished }) => finished !== undefined) ? latest - INTERVAL_MS : latest;
  const shown: Interval = { startMs: wanted, counters: new Map(), samples: new Map() };
  for (const { current, finished } of all)
    for (const each of [finished, current]) {
      if (each?.startMs !== wanted) continue;
      for (const [name, tally] of each.counters) shown.counters.set(name, tally);
      for (const [name, tally] of each.samples) shown.samples.set(name, tally);
    }
  return shown;
}

export function meanOf({ count, sum }: Tally): number {
  return count === 0 ? 0 : sum / count;
}

/** Of a sample of a population, as go-metrics has it. */
export function deviationOf({ count, sum, sumOfSquares }: Tally): number {
  if (count < 2) return 0;
  return Math.sqrt(Math.max(0, count * sumOfSquares - sum * sum) / (count * (count - 1)));
}

/** The value that a share of the latest ones does not exceed; NaN where there are none. */
export function quantileOf({ before, recent }: Total, share: number): number {
  const values = [...before, ...recent].sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN;
}
