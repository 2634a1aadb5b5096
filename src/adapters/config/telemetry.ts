// What the configuration says of measurements (block `telemetry`): how they are called, which are shown, and whether
// Prometheus may read them.

import type { TelemetrySettings } from "../../core/api/telemetry.ts";
import { must } from "../../core/lib/assert.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { boolAt, type ConfigMap, stringAt, stringsAt } from "./values.ts";

export function telemetryOf(
  config: ConfigMap,
  hostname: string,
  durationMs: (key: string) => number,
  warnings: string[],
): TelemetrySettings {
  const prometheusRetentionMs = durationMs("telemetry.prometheus_retention_time");
  // As in go-metrics, names of states have the host in them as soon as somebody outside gathers them.
  const namesHost = prometheusRetentionMs > 0 && boolAt(config, "telemetry.disable_hostname") !== true;
  return {
    prefix: must(stringAt(config, "telemetry.metrics_prefix"), "it has a default"),
    hostname: namesHost ? hostname : "",
    prometheusRetentionMs,
    filters: stringsAt(config, "telemetry.prefix_filter").flatMap((rule) => filterOf(rule, warnings)),
    shownByDefault: boolAt(config, "telemetry.filter_default") ?? true,
  };
}

function filterOf(rule: string, warnings: string[]): TelemetrySettings["filters"] {
  if (rule.startsWith("+") || rule.startsWith("-"))
    return [{ prefix: rule.slice(1), shown: rule.startsWith("+") }];
  warnings.push(
    rule === ""
      ? "Cannot have empty filter rule in prefix_filter"
      : `Filter rule must begin with either '+' or '-': ${quoteText(rule)}`,
  );
  return [];
}
