// What the process around an agent measures: how long each HTTP request took, what Node's memory and its collector do. By
// Consul's names where it has one for the same thing.

import { readdirSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";
import { memoryUsage, resourceUsage } from "node:process";
import { httpMetricName } from "../core/agent/http-metrics.ts";
import type { HttpRequest } from "../core/api/http.ts";
import type { MetricsReport } from "../core/api/telemetry.ts";
import { metricKey } from "../core/lib/metric-key.ts";
import { countMetric, createMetrics, type Metrics, sampleMetric, tickMetrics } from "../core/lib/metrics.ts";
import { monotonicMs } from "./driver.ts";
import type { DnsMetric } from "./net/dns-server.ts";

export interface ProcessMetrics {
  readonly metrics: Metrics;
  onAnswered(request: HttpRequest, tookMs: number): void;
  onDnsAnswered(metric: DnsMetric | undefined, tookMs: number): void;
  /** Another agent has connected. */
  onRpcAccepted(): void;
  /** What was measured, and what is so now. */
  read(): Pick<MetricsReport, "gauges" | "process"> & { readonly metrics: Metrics };
  close(): void;
}

/**
 * @param nodeName The agent's, by which Consul labels what it measures of DNS.
 * @param keepsValues Whether somebody will want quantiles.
 * @param forwards Whether all of it is gathered elsewhere too.
 */
export function createProcessMetrics(
  wallOffsetMs: number,
  nodeName: string,
  keepsValues: boolean,
  forwards: boolean,
): ProcessMetrics {
  const metrics = createMetrics(wallOffsetMs, monotonicMs(), keepsValues, forwards);
  const dnsKeys: Readonly<Record<DnsMetric, string>> = {
    "dns.domain_query": metricKey("dns.domain_query", "node", nodeName),
    "dns.ptr_query": metricKey("dns.ptr_query", "node", nodeName),
  };
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
      sampleMetric(metrics, dnsKeys[metric], tookMs);
    },
    onRpcAccepted: () => {
      tickMetrics(metrics, monotonicMs());
      countMetric(metrics, "rpc.accept_conn");
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
        process: processFacts(rss),
      };
    },
    close: () => observer.disconnect(),
  };
}

/** What Prometheus' own client libraries tell of the process that they are in. */
function processFacts(rss: number): MetricsReport["process"] {
  const { userCPUTime, systemCPUTime } = resourceUsage();
  return [
    ["process_cpu_seconds_total", "counter", (userCPUTime + systemCPUTime) / 1e6],
    ["process_resident_memory_bytes", "gauge", rss],
    ["process_start_time_seconds", "gauge", Math.round(performance.timeOrigin / 10) / 100],
    ...openFiles(),
  ];
}

/** Where the system tells, as Linux does. */
function openFiles(): MetricsReport["process"] {
  try {
    return [["process_open_fds", "gauge", readdirSync("/proc/self/fd").length]];
  } catch {
    return [];
  }
}
