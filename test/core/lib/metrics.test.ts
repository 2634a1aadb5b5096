import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { chosenMetricKey, metricKey, readMetricKey } from "../../../src/core/lib/metric-key.ts";
import {
  beginMetric,
  countMetric,
  createMetrics,
  deviationOf,
  endMetric,
  endTasks,
  INTERVAL_MS,
  meanOf,
  quantileOf,
  sampleMetric,
  shownInterval,
  takeOutbox,
  taskMetric,
  tickMetrics,
} from "../../../src/core/lib/metrics.ts";

describe("measurements", () => {
  test("are shown when their ten seconds are over, and until then those of the ten before", () => {
    const metrics = createMetrics(100_000, 3_000, true);
    countMetric(metrics, "a");
    countMetric(metrics, "a", 4);
    expect(shownInterval([metrics])).toMatchObject({ startMs: 100_000 });
    tickMetrics(metrics, 9_999);
    expect(metrics.isFirst).toBe(true);
    tickMetrics(metrics, 10_000);
    countMetric(metrics, "b");
    const shown = shownInterval([metrics]);
    expect(shown.counters).toEqual([["a", { count: 2, sum: 5, sumOfSquares: 17, min: 1, max: 4 }]]);
    tickMetrics(metrics, 20_000);
    expect(shownInterval([metrics]).counters.map(([name]) => name)).toEqual(["b"]);
  });

  test("of ten seconds in which nothing happened are none", () => {
    const metrics = createMetrics(0, 0, true);
    countMetric(metrics, "a");
    tickMetrics(metrics, 35_000);
    expect(shownInterval([metrics]).counters).toEqual([]);
    expect(shownInterval([metrics]).startMs).toBe(20_000);
  });

  test("of two gatherings are shown as one", () => {
    const [one, two] = [createMetrics(0, 0, true), createMetrics(50_000, -50_000, true)];
    countMetric(one, "a");
    sampleMetric(two, "b", 3);
    tickMetrics(one, INTERVAL_MS);
    tickMetrics(two, INTERVAL_MS - 50_000);
    const shown = shownInterval([one, two]);
    expect([shown.counters.map(([name]) => name), shown.samples.map(([name]) => name)]).toEqual([
      ["a"],
      ["b"],
    ]);
  });

  test("of what is done within a step are equal parts of how long it took", () => {
    const metrics = createMetrics(0, 0, true, true);
    taskMetric(metrics, "apply", "apply.set");
    taskMetric(metrics, "apply", "apply.set");
    taskMetric(metrics, "apply", "apply.delete");
    taskMetric(metrics, "apply");
    taskMetric(metrics, "reconcile");
    expect(metrics.series.size).toBe(0);
    endTasks(metrics, 8);
    const found = [...metrics.series].map(([name, { count, sum }]) => [name, count, sum]);
    expect(found).toEqual([
      ["apply", 4, 8],
      ["apply.set", 2, 4],
      ["apply.delete", 1, 2],
      ["reconcile", 1, 8],
    ]);
    expect(takeOutbox(metrics).samples.filter(([name]) => name === "apply.set")).toEqual([
      ["apply.set", 2],
      ["apply.set", 2],
    ]);
    expect(must(metrics.series.get("apply"), "noted").values.length).toBeGreaterThan(0);
    endTasks(metrics, 100);
    taskMetric(metrics, "apply");
    endTasks(metrics, 1);
    expect(metrics.series.get("apply")).toMatchObject({ count: 5, sum: 9 });
  });

  test("of names that others choose are bounded like those with labels, and shown without any", () => {
    const metrics = createMetrics(0, 0, true);
    for (let at = 0; at < 5000; at++) countMetric(metrics, chosenMetricKey("serf.events", `e${at}`));
    expect(metrics.series.size).toBe(2048);
    const key = chosenMetricKey("serf.events", "consul:event:\0deploy");
    expect(readMetricKey(key)).toEqual({ name: "serf.events.consul:event:deploy", labels: [] });
  });

  test("with labels are so many at most, until some of them have been idle for a minute", () => {
    const metrics = createMetrics(0, 0, true, true);
    for (let at = 0; at < 5000; at++) countMetric(metrics, metricKey("query", "service", `s${at}`));
    countMetric(metrics, "plain");
    expect([metrics.series.size, metrics.outbox?.counts.size]).toEqual([2049, 2049]);
    tickMetrics(metrics, 70_000);
    countMetric(metrics, metricKey("query", "service", "new"));
    expect([...metrics.series.keys()]).toEqual(["plain", metricKey("query", "service", "new")]);
  });

  test("of what takes a while are samples of how long it took, if it ends", () => {
    const metrics = createMetrics(0, 0, true);
    beginMetric(metrics, "a");
    beginMetric(metrics, "b");
    tickMetrics(metrics, 250);
    for (const name of ["a", "a", "c"]) endMetric(metrics, name);
    expect(shownInterval([metrics]).samples).toMatchObject([["a", { count: 1, sum: 250 }]]);
  });

  test("are not made where nobody wants any", () => {
    beginMetric(undefined, "a");
    endMetric(undefined, "a");
    countMetric(undefined, "a");
    sampleMetric(undefined, "a", 1);
  });

  test("have the mean and the deviation that their values have", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2 }), (values) => {
        const metrics = createMetrics(0, 0, true);
        for (const value of values) sampleMetric(metrics, "a", value);
        const tally = must(metrics.series.get("a"), "it was sampled").current;
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
        expect(meanOf(tally)).toBeCloseTo(mean, 6);
        expect(deviationOf(tally)).toBeCloseTo(Math.sqrt(variance), 5);
      }),
    );
  });

  test("tell the quantiles of the last interval and the one that runs, however many there are", () => {
    const metrics = createMetrics(0, 0, true);
    for (let value = 1; value <= 100_000; value++) sampleMetric(metrics, "a", value);
    const series = must(metrics.series.get("a"), "it was sampled");
    expect(series.values.length).toBeLessThanOrEqual(512);
    for (const share of [0.5, 0.9, 0.99])
      expect(Math.abs(quantileOf(series, share, 0) / 100_000 - share)).toBeLessThan(0.01);
    tickMetrics(metrics, INTERVAL_MS);
    sampleMetric(metrics, "a", 1);
    expect(quantileOf(series, 0.5, 0)).toBeGreaterThan(49_000);
    expect(quantileOf(series, 0.5, INTERVAL_MS)).toBe(1);
    expect(quantileOf(series, 0.5, 2 * INTERVAL_MS)).toBe(Number.NaN);
    expect(series).toMatchObject({ count: 100_001, sum: 5_000_050_001 });
  });
});

describe("what is gathered elsewhere too", () => {
  test("is taken once: counts added up, samples one by one, and no more of them than there is room for", () => {
    const metrics = createMetrics(0, 0, false, true);
    countMetric(metrics, "a");
    countMetric(metrics, "a", 4);
    for (let value = 0; value < 5000; value++) sampleMetric(metrics, "b", value);
    const taken = takeOutbox(metrics);
    expect([...taken.counts]).toEqual([["a", 5]]);
    expect(taken.samples[17]).toEqual(["b", 17]);
    expect(taken.samples.length + taken.dropped).toBe(5000);
    expect(taken.dropped).toBe(904);
    expect(takeOutbox(metrics)).toEqual({ counts: new Map(), samples: [], dropped: 0 });
    expect(shownInterval([metrics]).counters[0]?.[1].sum).toBe(5);
  });

  test("is kept for nobody where nobody gathers it", () => {
    const metrics = createMetrics(0, 0, false);
    countMetric(metrics, "a");
    expect(metrics.outbox).toBe(undefined);
    expect(takeOutbox(metrics)).toEqual({ counts: new Map(), samples: [], dropped: 0 });
  });
});
