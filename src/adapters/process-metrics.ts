// What the process around an agent measures: how long each HTTP request took, what Node's memory and its collector do. By
// Consul's names where it has one for the same thing.

import { PerformanceObserver } from "node:perf_hooks";
import { memoryUsage } from "node:process";
import { httpMetricName } from "../core/agent/http-metrics.ts";
import type { HttpRequest } from "../core/api/http.ts";
import { createMetrics, type Metrics, sampleMetric, tickMetrics } from "../core/lib/metrics.ts";
import { monotonicMs } from "./driver.ts";
import type { DnsMetric } from "./net/dns-server.ts";

export interface ProcessMetrics {
  readonly metrics: Metrics;
  onAnswered(request: HttpRequest, tookMs: number): void;
  onDnsAnswered(metric: DnsMetric | undefined, tookMs: number): void;
  /** What was measured, and what is so now. */
  read(): { readonly metrics: Metrics; readonly gauges: readonly (readonly [string, number])[] };
  close(): void;
}

/**
 * @param keepsValues Whether somebody will want quantiles.
 * @param forwards Whether all of it is gathered elsewhere too.
 */
export function createProcessMetrics(
  wallOffsetMs: number,
  keepsValues: boolean,
  forwards: boolean,
): ProcessMetrics {
  const metrics = createMetrics(wallOffsetMs, monotonicMs(), keepsValues, forwards);
  const collections = { count: 0, ms: 0 };
  const observer = new PerformanceObserver((list) => {
    tickMetrics(metrics, monotonicMs());
    for (const { duration } of list.getEntries()) {
      collections.count++;
      collections.ms += duration;
      sampleMetric(metrics, "runtime.gc_pause_ns", duration * 1e6);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return {
    metrics,
    onAnswered: ({ method, target }, tookMs) => {
      const name = httpMetricName(method, target);
      if (name === undefined) return;
      tickMetrics(metrics, monotonicMs());
      sampleMetric(metrics, name, tookMs);
    },
    onDnsAnswered: (metric, tookMs) => {
      if (metric === undefined) return;
      tickMetrics(metrics, monotonicMs());
      sampleMetric(metrics, metric, tookMs);
    },
    read: () => {
      tickMetrics(metrics, monotonicMs());
      const { heapUsed, rss } = memoryUsage();
      return {
        metrics,
        gauges: [
          ["runtime.alloc_bytes", heapUsed],
          ["runtime.sys_bytes", rss],
          ["runtime.total_gc_pause_ns", Math.round(collections.ms * 1e6)],
          ["runtime.total_gc_runs", collections.count],
        ],
      };
    },
    close: () => observer.disconnect(),
  };
}
