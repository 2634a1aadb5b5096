// What the configuration says of measurements (block `telemetry`): how they are called, which are shown, and whether
// Prometheus may read them.

import type { TelemetrySettings } from "../../core/api/telemetry.ts";
import { must } from "../../core/lib/assert.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import type { SinkSettings } from "./settings.ts";
import { boolAt, type ConfigMap, stringAt, stringsAt } from "./values.ts";

export function telemetryOf(
  config: ConfigMap,
  hostname: string,
  durationMs: (key: string) => number,
  warnings: string[],
): TelemetrySettings {
  const prometheusRetentionMs = durationMs("telemetry.prometheus_retention_time");
  const { statsd, statsite, dogstatsd } = sinksOf(config);
  const forwards = statsd !== "" || statsite !== "" || dogstatsd !== "";
  // As in go-metrics, names of states have the host in them as soon as somebody outside gathers them.
  const gatheredOutside = prometheusRetentionMs > 0 || forwards;
  const namesHost = gatheredOutside && boolAt(config, "telemetry.disable_hostname") !== true;
  return {
    forwards,
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

/** Who else gathers what is measured. */
export function sinksOf(config: ConfigMap): SinkSettings {
  const text = (key: string): string => stringAt(config, `telemetry.${key}`) ?? "";
  return {
    statsd: text("statsd_address"),
    statsite: text("statsite_address"),
    dogstatsd: text("dogstatsd_addr"),
    dogstatsdTags: stringsAt(config, "telemetry.dogstatsd_tags"),
  };
}

/** What keeps the agent from starting, as in Consul; a wrong address of the other two is told of in the log. */
export function sinkFault({ dogstatsd }: SinkSettings): string | undefined {
  const what = "failed to initialize telemetry";
  if (dogstatsd.startsWith("unix:")) return `${what}: dogstatsd_addr: unix sockets are not supported`;
  if (dogstatsd === "" || /:\d+$/.test(dogstatsd)) return undefined;
  return `${what}: address ${dogstatsd}: missing port in address`;
}
