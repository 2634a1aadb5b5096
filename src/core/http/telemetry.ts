// /v1/agent/metrics, /v1/agent/host and /v1/agent/monitor. Consul 1.8's agent/agent_endpoint.go; the shapes are
// go-metrics', gopsutil's and Prometheus's text format.

import type { HttpResponse } from "../api/http.ts";
import type { Json } from "../api/response.ts";
import {
  isShown,
  type MetricsReport,
  type MonitorLevel,
  type TelemetrySettings,
  wholeName,
} from "../api/telemetry.ts";
import { type ByteString, compareStrings, textOf, utf8 } from "../lib/bytes.ts";
import { type MetricName, readMetricKey } from "../lib/metric-key.ts";
import { deviationOf, INTERVAL_MS, meanOf, quantileOf, type Tally } from "../lib/metrics.ts";
import { utcText } from "../lib/utc-time.ts";
import { apiResponse, refuse, VARY } from "./answer.ts";
import { indentJson, jsonList, jsonNumber, jsonObject, jsonText, jsonValue } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue, isSet } from "./query.ts";
import { askAgent, jsonResponse } from "./render.ts";

export function readAgentHost(call: Call): HttpPlan {
  return askAgent(call, { kind: "agent.host" });
}

export function readAgentMetrics(call: Call): HttpPlan {
  const plan = askAgent(call, { kind: "agent.metrics" });
  if (plan.kind === "answer" || firstValue(call.query, "format") !== "prometheus") return plan;
  if ((call.settings.telemetry?.prometheusRetentionMs ?? 0) > 0)
    return { ...plan, view: { ...plan.view, prometheus: true } };
  return refuse(call.settings, 415, "Prometheus is not enabled since its retention time is not positive");
}

/** Of later Consuls. */
export function readMetricsStream(call: Call): HttpPlan {
  return askAgent(call, { kind: "agent.stream-metrics" });
}

const LEVELS: Readonly<Record<string, MonitorLevel>> = {
  "": "info",
  TRACE: "trace",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warn",
  ERR: "error",
  ERROR: "error",
};

export function readAgentMonitor(call: Call): HttpPlan {
  const word = textOf(firstValue(call.query, "loglevel") ?? ("" as ByteString));
  const level = LEVELS[word.toUpperCase()];
  if (level === undefined) return refuse(call.settings, 400, `Bad request: Unknown log level: ${word}`);
  return askAgent(call, { kind: "agent.monitor", level, json: isSet(call.query, "logjson") });
}

/** The head of an answer that never ends by itself. */
export function monitorHead(settings: HttpSettings): HttpResponse {
  return apiResponse(settings, 200, VARY, "" as ByteString);
}

export function renderHost(view: HttpView, settings: HttpSettings, host: Json): HttpResponse {
  // The names stand in the order in which they were made, as the fields of a record of Go.
  return jsonResponse(view, settings, jsonFields(host), undefined);
}

function jsonFields(value: Json): string {
  if (typeof value !== "object" || value === null) return jsonValue(value);
  if (Array.isArray(value)) return jsonList(value.map(jsonFields));
  return jsonObject(Object.entries(value).map(([name, each]) => [name, jsonFields(each)]));
}

const UNCONFIGURED: TelemetrySettings = {
  prefix: "consul",
  hostname: "",
  prometheusRetentionMs: 0,
  filters: [],
  shownByDefault: true,
};

export function renderMetrics(view: HttpView, settings: HttpSettings, report: MetricsReport): HttpResponse {
  const telemetry = settings.telemetry ?? UNCONFIGURED;
  if (view.prometheus === true) return renderPrometheus(settings, telemetry, report);
  return jsonResponse(view, settings, jsonMetrics(telemetry, report), undefined);
}

/** One of the answers in a stream: as for people, however it was asked. */
export function streamedMetrics(settings: HttpSettings, report: MetricsReport): ByteString {
  const json = jsonMetrics(settings.telemetry ?? UNCONFIGURED, report);
  return `${indentJson(json)}\n` as ByteString;
}

function jsonMetrics(telemetry: TelemetrySettings, { interval, gauges }: MetricsReport): string {
  const { date, time } = utcText(interval.startMs);
  return jsonObject([
    ["Timestamp", jsonText(`${date} ${time} +0000 UTC`)],
    ["Gauges", jsonList(named(telemetry, gauges, true).map(([name, value]) => jsonGauge(name, value)))],
    ["Points", "[]"],
    ["Counters", jsonList(named(telemetry, interval.counters).map(([name, each]) => jsonTally(name, each)))],
    ["Samples", jsonList(named(telemetry, interval.samples).map(([name, each]) => jsonTally(name, each)))],
  ]);
}

/** With their whole names, sorted, without those that are not to be shown. */
function named<T>(
  telemetry: TelemetrySettings,
  all: readonly (readonly [name: string, value: T])[],
  areStates = false,
): (readonly [name: string, value: T])[] {
  return all
    .map(([name, value]) => [wholeName(telemetry, name, areStates), value] as const)
    .filter(([name]) => isShown(telemetry, name))
    .sort((a, b) => compareStrings(a[0], b[0]));
}

function jsonGauge(name: string, value: number): string {
  return jsonObject([
    ["Name", jsonText(name)],
    ["Value", jsonNumber(value)],
    ["Labels", "{}"],
  ]);
}

function jsonTally(key: string, tally: Tally): string {
  const { name, labels } = readMetricKey(key);
  return jsonObject([
    ["Name", jsonText(name)],
    ["Count", String(tally.count)],
    ["Rate", jsonNumber((tally.sum * 1000) / INTERVAL_MS)],
    ["Sum", jsonNumber(tally.sum)],
    ["Min", jsonNumber(tally.min)],
    ["Max", jsonNumber(tally.max)],
    ["Mean", jsonNumber(meanOf(tally))],
    ["Stddev", jsonNumber(deviationOf(tally))],
    ["Labels", jsonObject(labels.map(([label, value]) => [label, jsonText(value)]))],
  ]);
}

const QUANTILES: readonly number[] = [0.5, 0.9, 0.99];

/** What Prometheus is told of a name. */
interface Family {
  readonly kind: string;
  readonly lines: string[];
}

/** The text that Prometheus reads, sorted by name. */
function renderPrometheus(
  settings: HttpSettings,
  telemetry: TelemetrySettings,
  { wallMs, interval, gauges, series, process }: MetricsReport,
): HttpResponse {
  const families = new Map<string, Family>();
  const put = (key: string, kind: string, lines: readonly PrometheusLine[]): void => {
    const { name, labels } = readMetricKey(key);
    const id = name.replace(/[^a-zA-Z0-9_:]/g, "_");
    const family = families.get(id) ?? { kind, lines: [] };
    families.set(id, family);
    for (const { suffix = "", label = [], value } of lines)
      family.lines.push(`${id}${suffix}${labelText([...labels, ...label])} ${floatText(value)}\n`);
  };
  for (const [name, value] of named(telemetry, gauges, true)) put(name, "gauge", [{ value }]);
  for (const [name, kind, value] of process) put(name, kind, [{ value }]);
  const fresh = [...series].filter(([, { lastMs }]) => wallMs - lastMs <= telemetry.prometheusRetentionMs);
  for (const [name, total] of named(telemetry, fresh))
    if (total.kind === "counter") put(name, "counter", [{ value: total.sum }]);
    else
      put(name, "summary", [
        ...QUANTILES.map((share) => ({
          label: [["quantile", String(share)] as const],
          value: quantileOf(total, share, interval.startMs),
        })),
        { suffix: "_sum", value: total.sum },
        { suffix: "_count", value: total.count },
      ]);
  const text = [...families]
    .sort((a, b) => compareStrings(a[0], b[0]))
    .map(([id, { kind, lines }]) => `# HELP ${id} ${id}\n# TYPE ${id} ${kind}\n${lines.join("")}`);
  const headers = ["Content-Type", "text/plain; version=0.0.4; charset=utf-8", ...VARY];
  return apiResponse(settings, 200, headers, utf8(text.join("")));
}

interface PrometheusLine {
  readonly suffix?: string;
  readonly label?: MetricName["labels"];
  readonly value: number;
}

function labelText(labels: MetricName["labels"]): string {
  if (labels.length === 0) return "";
  const texts = labels.map(([label, value]) => `${label}="${value.replace(/[\\"\n]/g, escapedLabel)}"`);
  return `{${texts.join(",")}}`;
}

function escapedLabel(character: string): string {
  return character === "\n" ? "\\n" : `\\${character}`;
}

/** Go's strconv.FormatFloat(value, 'g', -1, 64). */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return jsonNumber(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
