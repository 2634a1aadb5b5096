// Measurements of one process, gathered as go-metrics gathers them in memory, since that is what Consul's clients are
// shown: counts and samples of ten seconds each, on the clock's tens. Beside the interval that runs only the one before it is
// kept, and what Prometheus wants: totals, and some values of each sample to take quantiles from. Plain data; time comes in.
// A request is measured several times over, so that to note a value is one look into one map.

import { must } from "./assert.ts";
import { hasLabels } from "./metric-key.ts";

/** What the values of one name came to in one interval. */
export interface Tally {
  count: number;
  sum: number;
  sumOfSquares: number;
  min: number;
  max: number;
}

/** All that is known of one name. */
export interface Series {
  readonly kind: "counter" | "sample";
  /** Since the process began. */
  count: number;
  sum: number;
  /** When there was last a value, since 1970. */
  lastMs: number;
  /** The last interval in which there was one, and the one before that: when they began, and what there was. */
  startMs: number;
  current: Tally;
  beforeMs: number;
  before: Tally;
  /** Where values are kept: those that stand for all of `current` and of `before`. */
  values: number[];
  valuesBefore: number[];
  /** One value in so many is kept. */
  stride: number;
}

export interface Metrics {
  /** What is added to the process's time to get the time of day. */
  readonly wallOffsetMs: number;
  /** Whether values are kept to take quantiles from. */
  readonly keepsValues: boolean;
  /** The time as of the last `tickMetrics`: the process's, and that of day. */
  nowMs: number;
  wallMs: number;
  /** When the interval that runs began; and whether there was another before it. */
  startMs: number;
  isFirst: boolean;
  /** By name, with labels (metric-key.ts). */
  readonly series: Map<string, Series>;
  /** When what takes a while began, by the name that it is measured under, or a longer one. */
  readonly begun: Map<string, number>;
  /** What is done within steps, by name: it takes a clock to say how long that took. */
  readonly tasks: Map<string, Task>;
  /** Those that were done since `endTasks`. */
  readonly openTasks: string[];
  /** What is so now, by its name, as it was when it last changed. */
  readonly states: Map<string, number>;
  /** How many of them have labels. */
  labelled: number;
  /** What was noted since it was last taken, where somebody else gathers too; undefined where nobody does. */
  readonly outbox: Outbox | undefined;
}

/** Something that was done so many times since `endTasks`, as a kind of something else perhaps. */
interface Task {
  count: number;
  readonly kindOf: string;
}

/** Whoever asks for services chooses labels: so many are kept, and those that were not heard of for so long make room. */
const MAX_LABELLED = 2048;
const IDLE_MS = 60_000;

/** Counts are added up on the way; samples are not, for whoever gathers them wants quantiles. */
export interface Outbox {
  readonly counts: Map<string, number>;
  samples: (readonly [name: string, value: number])[];
  /** Samples for which there was no room. */
  dropped: number;
}

export const INTERVAL_MS = 10_000;
/** Values kept of a sample in an interval: enough for a 99th percentile. */
const MAX_KEPT = 512;
/** go-metrics lets 4096 wait for a statsd that is too slow. */
const MAX_WAITING_SAMPLES = 4096;

/** @param forwards Whether what is noted is gathered elsewhere too: `takeOutbox` is then called from time to time. */
export function createMetrics(
  wallOffsetMs: number,
  nowMs: number,
  keepsValues: boolean,
  forwards: boolean = false,
): Metrics {
  const wallMs = nowMs + wallOffsetMs;
  return {
    wallOffsetMs,
    keepsValues,
    nowMs,
    wallMs,
    startMs: startOf(wallMs),
    isFirst: true,
    series: new Map(),
    begun: new Map(),
    tasks: new Map(),
    openTasks: [],
    states: new Map(),
    labelled: 0,
    outbox: forwards ? { counts: new Map(), samples: [], dropped: 0 } : undefined,
  };
}

/** All that was noted since the last call. */
export function takeOutbox({ outbox }: Metrics): Outbox {
  const taken: Outbox = { counts: new Map(outbox?.counts), samples: outbox?.samples ?? [], dropped: 0 };
  if (outbox === undefined) return taken;
  taken.dropped = outbox.dropped;
  outbox.counts.clear();
  outbox.samples = [];
  outbox.dropped = 0;
  return taken;
}

function startOf(wallMs: number): number {
  return Math.floor(wallMs / INTERVAL_MS) * INTERVAL_MS;
}

/** Tells the time, by which what is noted next is filed. @returns Whether an interval began. */
export function tickMetrics(metrics: Metrics, nowMs: number): boolean {
  const wallMs = nowMs + metrics.wallOffsetMs;
  metrics.nowMs = nowMs;
  metrics.wallMs = wallMs;
  if (wallMs < metrics.startMs + INTERVAL_MS) return false;
  metrics.startMs = startOf(wallMs);
  metrics.isFirst = false;
  return true;
}

/** Something happened, `by` times or bytes. */
export function countMetric(metrics: Metrics | undefined, name: string, by: number = 1): void {
  if (metrics !== undefined) note(metrics, name, "counter", by);
}

/** Something took so many milliseconds, or was so large. */
export function sampleMetric(metrics: Metrics | undefined, name: string, value: number): void {
  if (metrics !== undefined) note(metrics, name, "sample", value);
}

/** Something is so now. */
export function setMetric(metrics: Metrics | undefined, name: string, value: number): void {
  metrics?.states.set(name, value);
}

/** Something begins; `endMetric` measures how long it took. @param which Tells it from others under way at the same time. */
export function beginMetric(metrics: Metrics | undefined, name: string, which: string = ""): void {
  metrics?.begun.set(`${name}${which}`, metrics.nowMs);
}

/** @returns Whether it had begun. */
export function endMetric(metrics: Metrics | undefined, name: string, which: string = ""): boolean {
  if (metrics === undefined || metrics.begun.size === 0) return false;
  const begunMs = metrics.begun.get(`${name}${which}`);
  if (begunMs === undefined) return false;
  metrics.begun.delete(`${name}${which}`);
  sampleMetric(metrics, name, metrics.nowMs - begunMs);
  return true;
}

/** It will not end. */
export function dropMetric(metrics: Metrics | undefined, name: string, which: string = ""): void {
  metrics?.begun.delete(`${name}${which}`);
}

/**
 * Something is done within this step, so that time stands still meanwhile: whoever has a clock tells `endTasks`.
 * @param kind Another name, under which those of its kind alone are measured.
 */
export function taskMetric(metrics: Metrics | undefined, name: string, kind?: string): void {
  if (metrics === undefined) return;
  openTask(metrics, name, name).count++;
  if (kind !== undefined) openTask(metrics, kind, name).count++;
}

function openTask({ tasks, openTasks }: Metrics, name: string, kindOf: string): Task {
  let task = tasks.get(name);
  if (task === undefined) {
    task = { count: 0, kindOf };
    tasks.set(name, task);
  }
  if (task.count === 0) openTasks.push(name);
  return task;
}

/** The step took so long; what was done in it several times, each an equal part of that. */
export function endTasks(metrics: Metrics, tookMs: number): void {
  const { tasks, openTasks } = metrics;
  for (const name of openTasks) {
    const { count, kindOf } = must(tasks.get(name), "what is open is known");
    const { count: all } = must(tasks.get(kindOf), "a kind is one of something");
    note(metrics, name, "sample", tookMs / all, count);
  }
  // The records stay: the same is going to be done again.
  for (const name of openTasks) must(tasks.get(name), "what is open is known").count = 0;
  while (openTasks.length > 0) openTasks.pop();
}

/** @param times Samples: so many of this value. */
function note(metrics: Metrics, name: string, kind: Series["kind"], value: number, times: number = 1): void {
  let series = metrics.series.get(name);
  if (series === undefined && hasLabels(name) && !makeRoom(metrics)) return;
  if (metrics.outbox !== undefined)
    for (let left = times; left > 0; left--) post(metrics.outbox, name, kind, value);
  if (series === undefined) {
    series = newSeries(kind, metrics.startMs);
    metrics.series.set(name, series);
  } else if (series.startMs !== metrics.startMs) beginInterval(series, metrics.startMs);
  series.count += times;
  series.sum += value * times;
  series.lastMs = metrics.wallMs;
  const tally = series.current;
  tally.count += times;
  tally.sum += value * times;
  tally.sumOfSquares += value * value * times;
  if (value < tally.min) tally.min = value;
  if (value > tally.max) tally.max = value;
  if (metrics.keepsValues && kind === "sample" && tally.count % series.stride < times) keep(series, value);
}

/** For one more with labels. @returns Whether there is any. */
function makeRoom(metrics: Metrics): boolean {
  if (metrics.labelled >= MAX_LABELLED) {
    for (const [name, { lastMs }] of metrics.series)
      if (hasLabels(name) && metrics.wallMs - lastMs > IDLE_MS) {
        metrics.series.delete(name);
        metrics.labelled--;
      }
    if (metrics.labelled >= MAX_LABELLED) return false;
  }
  metrics.labelled++;
  return true;
}

function post(outbox: Outbox, name: string, kind: Series["kind"], value: number): void {
  const { counts, samples } = outbox;
  if (kind === "counter") counts.set(name, (counts.get(name) ?? 0) + value);
  else if (samples.length < MAX_WAITING_SAMPLES) samples.push([name, value]);
  else outbox.dropped++;
}

function newSeries(kind: Series["kind"], startMs: number): Series {
  return {
    kind,
    count: 0,
    sum: 0,
    lastMs: 0,
    startMs,
    current: newTally(),
    beforeMs: Number.NEGATIVE_INFINITY,
    before: newTally(),
    values: [],
    valuesBefore: [],
    stride: 1,
  };
}

function newTally(): Tally {
  return { count: 0, sum: 0, sumOfSquares: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
}

function beginInterval(series: Series, startMs: number): void {
  series.beforeMs = series.startMs;
  series.before = series.current;
  series.valuesBefore = series.values;
  series.startMs = startMs;
  series.current = newTally();
  series.values = [];
  series.stride = 1;
}

function keep(series: Series, value: number): void {
  const { values } = series;
  values.push(value);
  if (values.length < MAX_KEPT) return;
  // Every other one goes, and from now on half as many come.
  series.stride *= 2;
  series.values = values.filter((_, at) => at % 2 === 1);
}

export interface Shown {
  /** When the interval began. */
  readonly startMs: number;
  readonly counters: readonly (readonly [name: string, tally: Tally])[];
  readonly samples: readonly (readonly [name: string, tally: Tally])[];
}

/** What is shown of several gatherings, whose names have nothing in common: the last whole interval, or the first one. */
export function shownInterval(all: readonly Metrics[]): Shown {
  const latest = Math.max(...all.map(({ startMs }) => startMs));
  const startMs = all.every(({ isFirst }) => isFirst) ? latest : latest - INTERVAL_MS;
  const found: Record<Series["kind"], [string, Tally][]> = { counter: [], sample: [] };
  for (const { series } of all)
    for (const [name, each] of series) {
      if (each.startMs === startMs) found[each.kind].push([name, each.current]);
      else if (each.beforeMs === startMs) found[each.kind].push([name, each.before]);
    }
  return { startMs, counters: found.counter, samples: found.sample };
}

export function meanOf({ count, sum }: Tally): number {
  return count === 0 ? 0 : sum / count;
}

/** Of a sample of a population, as go-metrics has it. */
export function deviationOf({ count, sum, sumOfSquares }: Tally): number {
  if (count < 2) return 0;
  return Math.sqrt(Math.max(0, count * sumOfSquares - sum * sum) / (count * (count - 1)));
}

/**
 * The value that a share of the latest ones does not exceed; NaN where there are none.
 * @param sinceMs Intervals that began earlier do not count.
 */
export function quantileOf(series: Series, share: number, sinceMs: number): number {
  const { startMs, values, beforeMs, valuesBefore } = series;
  const latest = [...(beforeMs >= sinceMs ? valuesBefore : []), ...(startMs >= sinceMs ? values : [])];
  latest.sort((a, b) => a - b);
  return latest[Math.min(latest.length - 1, Math.floor(share * latest.length))] ?? Number.NaN;
}
