// What only the process around the agent knows, and is asked for when somebody wants to know: its machine, and what it
// measures itself. And the log, which it shows to whoever wants to watch it.

import type { Json } from "../api/response.ts";
import type { MetricsReport } from "../api/telemetry.ts";
import type { Metrics } from "../lib/metrics.ts";
import { answerHttp } from "./answer-http.ts";
import { tellWatcher } from "./metric-streams.ts";
import type { Effect, RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";
import { reportMetrics } from "./telemetry.ts";

/** What the process found. */
export type Inspected =
  | { readonly what: "host"; readonly host: Json }
  | {
      readonly what: "metrics";
      readonly metrics: Metrics;
      /** What is so now, by name. */
      readonly gauges: readonly (readonly [string, number])[];
      /** Of the process, for Prometheus. */
      readonly process: MetricsReport["process"];
    };

export function startInspection(id: RequestId, what: Inspected["what"], out: Effect[]): void {
  out.push({ type: "inspect", id, what });
}

export function onInspected(
  agent: Agent,
  id: RequestId,
  found: Inspected,
  nowMs: number,
  out: Effect[],
): void {
  if (found.what === "host")
    return answerHttp(agent, id, { ok: true, body: { kind: "host", host: found.host } }, out);
  const report = reportMetrics(agent, found, nowMs);
  if (tellWatcher(agent, id, report, out)) return;
  answerHttp(agent, id, { ok: true, body: { kind: "metrics", report } }, out);
}
