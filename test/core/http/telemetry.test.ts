import { describe, expect, test } from "vitest";
import { httpMetricName } from "../../../src/core/agent/http-metrics.ts";
import type { HttpRequest } from "../../../src/core/api/http.ts";
import type { MetricsReport, TelemetrySettings } from "../../../src/core/api/telemetry.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpPlan, HttpSettings, HttpView } from "../../../src/core/http/plan.ts";
import { floatText } from "../../../src/core/http/telemetry.ts";
import { metricKey } from "../../../src/core/lib/metric-key.ts";
import { countMetric, createMetrics, sampleMetric, shownInterval } from "../../../src/core/lib/metrics.ts";

const TELEMETRY: TelemetrySettings = {
  prefix: "consul",
  hostname: "",
  prometheusRetentionMs: 60_000,
  filters: [],
  shownByDefault: true,
};
const SETTINGS: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 10,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
  telemetry: TELEMETRY,
};

function read(target: string, telemetry: Partial<TelemetrySettings> = {}): HttpPlan {
  const request: HttpRequest = {
    method: "GET",
    target,
    headers: new Map(),
    body: new Uint8Array(0),
    remote: "127.0.0.1",
  };
  return readHttp(request, { ...SETTINGS, telemetry: { ...TELEMETRY, ...telemetry } });
}

/** 2026-11-21 21:37:00 UTC. */
const START_MS = 1_795_297_020_000;

function report(services: readonly string[] = []): MetricsReport {
  const metrics = createMetrics(START_MS, 0, true);
  countMetric(metrics, "rpc.query");
  countMetric(metrics, "rpc.query");
  sampleMetric(metrics, "http.GET.v1.kv._", 1);
  sampleMetric(metrics, "http.GET.v1.kv._", 2);
  for (const service of services) countMetric(metrics, metricKey("health.service.query", "service", service));
  return {
    wallMs: START_MS,
    interval: shownInterval([metrics]),
    gauges: [
      ["raft.last_index", 12],
      ["autopilot.healthy", 1],
    ],
    series: metrics.series,
    process: [["process_open_fds", "gauge", 7]],
  };
}

function shown(
  telemetry: Partial<TelemetrySettings> = {},
  view: Partial<HttpView> = {},
  services: readonly string[] = [],
): string {
  const whole: HttpView = { indent: false, raw: false, emptyList: false, told: undefined, ...view };
  const settings = { ...SETTINGS, telemetry: { ...TELEMETRY, ...telemetry } };
  const response = writeHttp(
    whole,
    { ok: true, body: { kind: "metrics", report: report(services) } },
    settings,
  );
  return response.body;
}

function names(json: string): string[] {
  return [...json.matchAll(/"Name":"([^"]*)"/g)].map(([, name = ""]) => name);
}

describe("/v1/agent/metrics", () => {
  test("has go-metrics' shape", () => {
    expect(shown()).toBe(
      '{"Timestamp":"2026-11-21 21:37:00 +0000 UTC",' +
        '"Gauges":[{"Name":"consul.autopilot.healthy","Value":1,"Labels":{}},' +
        '{"Name":"consul.raft.last_index","Value":12,"Labels":{}}],"Points":[],' +
        '"Counters":[{"Name":"consul.rpc.query","Count":2,"Rate":0.2,"Sum":2,"Min":1,"Max":1,"Mean":1,"Stddev":0,"Labels":{}}],' +
        '"Samples":[{"Name":"consul.http.GET.v1.kv._","Count":2,"Rate":0.3,"Sum":3,"Min":1,"Max":2,"Mean":1.5,"Stddev":0.7071067811865476,"Labels":{}}]}',
    );
  });

  test("has the host in the names of states where that is wanted, and any prefix", () => {
    expect(names(shown({ hostname: "vm", prefix: "mine" }))).toEqual([
      "mine.vm.autopilot.healthy",
      "mine.vm.raft.last_index",
      "mine.rpc.query",
      "mine.http.GET.v1.kv._",
    ]);
  });

  test("shows what the longest filter lets through", () => {
    const filters = [
      { prefix: "consul.raft", shown: false },
      { prefix: "consul.raft.last", shown: true },
      { prefix: "consul.rpc", shown: false },
    ];
    expect(names(shown({ filters }))).toEqual([
      "consul.autopilot.healthy",
      "consul.raft.last_index",
      "consul.http.GET.v1.kv._",
    ]);
    expect(names(shown({ filters, shownByDefault: false }))).toEqual(["consul.raft.last_index"]);
  });

  test("is what Prometheus reads where that is on, sorted by name", () => {
    const name = "consul_http_GET_v1_kv__";
    expect(shown({}, { prometheus: true })).toBe(
      [
        "# HELP consul_autopilot_healthy consul_autopilot_healthy",
        "# TYPE consul_autopilot_healthy gauge",
        "consul_autopilot_healthy 1",
        `# HELP ${name} ${name}`,
        `# TYPE ${name} summary`,
        `${name}{quantile="0.5"} 2`,
        `${name}{quantile="0.9"} 2`,
        `${name}{quantile="0.99"} 2`,
        `${name}_sum 3`,
        `${name}_count 2`,
        "# HELP consul_raft_last_index consul_raft_last_index",
        "# TYPE consul_raft_last_index gauge",
        "consul_raft_last_index 12",
        "# HELP consul_rpc_query consul_rpc_query",
        "# TYPE consul_rpc_query counter",
        "consul_rpc_query 2",
        "# HELP process_open_fds process_open_fds",
        "# TYPE process_open_fds gauge",
        "process_open_fds 7",
        "",
      ].join("\n"),
    );
  });

  test("tells labels, whatever is in them", () => {
    const services = ["web", 'a"b\\c\nd'];
    expect(JSON.parse(shown({}, {}, services)).Counters).toMatchObject([
      { Name: "consul.health.service.query", Labels: { service: services[1] } },
      { Name: "consul.health.service.query", Labels: { service: "web" } },
      { Name: "consul.rpc.query", Labels: {} },
    ]);
    expect(shown({}, { prometheus: true }, services)).toContain(
      [
        "# TYPE consul_health_service_query counter",
        'consul_health_service_query{service="a\\"b\\\\c\\nd"} 1',
        'consul_health_service_query{service="web"} 1',
        "",
      ].join("\n"),
    );
  });

  test("refuses Prometheus where it is off, and knows no other format", () => {
    expect(read("/v1/agent/metrics?format=prometheus", { prometheusRetentionMs: 0 })).toMatchObject({
      response: {
        status: 415,
        body: "Prometheus is not enabled since its retention time is not positive",
      },
    });
    expect(read("/v1/agent/metrics?format=prometheus")).toMatchObject({ view: { prometheus: true } });
    expect(read("/v1/agent/metrics?format=x")).toMatchObject({ request: { kind: "agent.metrics" } });
  });
});

test.each([
  [0, "0"],
  [-0, "-0"],
  [1.5, "1.5"],
  [123456, "123456"],
  [1e6, "1e+06"],
  [74793980, "7.479398e+07"],
  [0.0001, "0.0001"],
  [0.00002, "2e-05"],
  [1e21, "1e+21"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
])("%d is written as Go writes it: %s", (value, text) => {
  expect(floatText(value)).toBe(text);
});

describe("/v1/agent/monitor", () => {
  test.each([
    ["", "info"],
    ["?loglevel=", "info"],
    ["?loglevel=Trace", "trace"],
    ["?loglevel=err", "error"],
    ["?loglevel=ERROR", "error"],
    ["?loglevel=warn", "warn"],
  ])("%s shows what is at least %s", (query, level) => {
    expect(read(`/v1/agent/monitor${query}`)).toMatchObject({
      request: { kind: "agent.monitor", level, json: false },
    });
  });

  test("is JSON where that is asked for, however it is", () => {
    expect(read("/v1/agent/monitor?logjson=false")).toMatchObject({ request: { json: true } });
  });

  test("refuses a level that is none", () => {
    expect(read("/v1/agent/monitor?loglevel=loud")).toMatchObject({
      response: { status: 400, body: "Bad request: Unknown log level: loud" },
    });
  });
});

describe("how long a request took is measured under", () => {
  test.each([
    ["GET", "/v1/kv/a/b?raw", "http.GET.v1.kv._"],
    ["PUT", "/v1/kv/", "http.PUT.v1.kv._"],
    ["GET", "/v1/catalog/nodes?dc=dc1", "http.GET.v1.catalog.nodes"],
    ["DELETE", "/v1/catalog/%6eodes", "http.DELETE.v1.catalog.nodes"],
    ["GET", "/v1/catalog//nodes", "http.GET.v1.catalog.nodes"],
    ["GET", "/v1//catalog/../catalog/nodes", "http.GET.v1.catalog.nodes"],
    ["GET", "/v1/nope", undefined],
    ["GET", "/", undefined],
  ])("%s %s: %s", (method, target, name) => {
    expect(httpMetricName(method, target)).toBe(name);
  });

  test("no name that a client has chosen", () => {
    expect(httpMetricName("BREW", "/v1/kv/a")).toBe(undefined);
    expect(httpMetricName("OPTIONS", "*")).toBe(undefined);
  });
});
