// Who watches what the agent measures (/v1/agent/metrics/stream, of later Consuls): when an interval is over each is told what
// was measured in it.

import type { HttpResponse } from "../api/http.ts";
import type { MetricsReport } from "../api/telemetry.ts";
import { streamedMetrics } from "../http/telemetry.ts";
import { INTERVAL_MS } from "../lib/metrics.ts";
import type { Effect, RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";

export interface MetricStreams {
  readonly watchers: Set<RequestId>;
  /** When the interval that runs is over; Infinity while nobody watches. */
  atMs: number;
}

export function createMetricStreams(): MetricStreams {
  return { watchers: new Set(), atMs: Number.POSITIVE_INFINITY };
}

export function watchMetrics(
  { metricStreams, config }: Agent,
  id: RequestId,
  head: HttpResponse,
  nowMs: number,
  out: Effect[],
): void {
  metricStreams.watchers.add(id);
  metricStreams.atMs = Math.min(metricStreams.atMs, intervalEnd(config.wallOffsetMs ?? 0, nowMs));
  out.push({ type: "metrics-stream", id, head });
}

/** Intervals are told by the time of day. */
function intervalEnd(wallOffsetMs: number, nowMs: number): number {
  const wallMs = nowMs + wallOffsetMs;
  return (Math.floor(wallMs / INTERVAL_MS) + 1) * INTERVAL_MS - wallOffsetMs;
}

/** What the process measures is asked first, as for everyone who asks once. */
export function wakeMetricStreams({ metricStreams, config }: Agent, nowMs: number, out: Effect[]): void {
  if (nowMs < metricStreams.atMs) return;
  metricStreams.atMs = intervalEnd(config.wallOffsetMs ?? 0, nowMs);
  for (const id of metricStreams.watchers) out.push({ type: "inspect", id, what: "metrics" });
}

/** Tells a watcher what was measured. @returns Whether it is one. */
export function tellWatcher(
  { metricStreams, config }: Agent,
  id: RequestId,
  report: MetricsReport,
  out: Effect[],
): boolean {
  if (!metricStreams.watchers.has(id)) return false;
  out.push({ type: "metrics-piece", id, text: streamedMetrics(config, report) });
  return true;
}

/** The caller hung up. */
export function forgetWatcher({ metricStreams }: Agent, id: RequestId): void {
  metricStreams.watchers.delete(id);
  if (metricStreams.watchers.size === 0) metricStreams.atMs = Number.POSITIVE_INFINITY;
}
