// What an agent tells of its measurements, its machine and its log.

import type { Series, Shown } from "../lib/metrics.ts";

/** How measurements are gathered and shown (Consul's block `telemetry`). */
export interface TelemetrySettings {
  /** Before every name: "consul". */
  readonly prefix: string;
  /** Between prefix and name of what is a state rather than an event; "" for nothing. */
  readonly hostname: string;
  /** For how long Prometheus is shown what did not happen again; 0 where it is shown nothing. */
  readonly prometheusRetentionMs: number;
  /** Beginnings of names that are shown, or not shown; the longest one counts. */
  readonly filters: readonly { readonly prefix: string; readonly shown: boolean }[];
  /** Whether names are shown that no filter speaks of. */
  readonly shownByDefault: boolean;
  /** Whether somebody outside gathers too, to whom all is sent on. Absent: no. */
  readonly forwards?: boolean;
}

/** "consul.kvs.apply". @param isState What is so now, rather than what happened: its name has the host in it. */
export function wholeName({ prefix, hostname }: TelemetrySettings, name: string, isState: boolean): string {
  return [prefix, isState ? hostname : "", name].filter((part) => part !== "").join(".");
}

/** Whether anybody is to see it. @param name The whole name. */
export function isShown({ filters, shownByDefault }: TelemetrySettings, name: string): boolean {
  let longest = -1;
  let shown = shownByDefault;
  for (const filter of filters)
    if (name.startsWith(filter.prefix) && filter.prefix.length >= longest) {
      longest = filter.prefix.length;
      shown = filter.shown;
    }
  return shown;
}

export interface MetricsReport {
  /** The time of day. */
  readonly wallMs: number;
  readonly interval: Shown;
  readonly gauges: readonly (readonly [name: string, value: number])[];
  readonly series: ReadonlyMap<string, Series>;
  /** Of the process, under names that all programs have which Prometheus reads; with no prefix, and for it alone. */
  readonly process: readonly (readonly [name: string, kind: "counter" | "gauge", value: number])[];
}

/** The least level of log lines that are wanted. */
export type MonitorLevel = "trace" | "debug" | "info" | "warn" | "error";
