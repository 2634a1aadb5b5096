// What a whole agent measures of itself, and how it asks the process around it for the rest.

import { beforeEach, describe, expect, test } from "vitest";
import { dumpAgent, loadAgent } from "../../../src/core/agent/checkpoint.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { createMetrics, endTasks, sampleMetric, tickMetrics } from "../../../src/core/lib/metrics.ts";
import { answerTo, askOverHttp, feed, layTable, pass, type Table } from "./table.ts";

const TELEMETRY = {
  prefix: "consul",
  hostname: "",
  prometheusRetentionMs: 60_000,
  filters: [],
  shownByDefault: true,
};

let table: Table;

beforeEach(() => {
  table = layTable({ servers: ["s1"] }, "telemetry", { telemetry: TELEMETRY, wallOffsetMs: 0 });
});

interface Counter {
  readonly Name: string;
  readonly Count: number;
  readonly Labels: Readonly<Record<string, string>>;
}

interface Shown {
  readonly Timestamp: string;
  readonly Gauges: readonly { readonly Name: string; readonly Value: number }[];
  readonly Counters: readonly Counter[];
  readonly Samples: readonly { readonly Name: string; readonly Count: number; readonly Max: number }[];
}

/** Asks for it, and is the process that is asked in turn. */
function metricsOf(at: Table, target = "/v1/agent/metrics"): string {
  const id = askOverHttp(at, "GET", target, "");
  expect(at.out).toContainEqual({ type: "inspect", id, what: "metrics" });
  expect(answerTo(at, id)).toBe(undefined);
  const metrics = createMetrics(0, 0, true);
  tickMetrics(metrics, Math.max(0, at.nowMs - 10_000));
  sampleMetric(metrics, "http.GET.v1.kv._", 7);
  tickMetrics(metrics, at.nowMs);
  feed(at, {
    type: "inspected",
    id,
    found: { what: "metrics", metrics, gauges: [["runtime.sys_bytes", 5]], process: [] },
  });
  return must(answerTo(at, id), "answered").body;
}

function shown(at: Table): Shown {
  return JSON.parse(metricsOf(at)) as Shown;
}

describe("an agent measures", () => {
  test("what it was asked and what it wrote, in intervals of ten seconds, and adds what its process knows", () => {
    pass(table, 5_000);
    for (const key of ["a", "b"]) askOverHttp(table, "PUT", `/v1/kv/${key}`, "1");
    askOverHttp(table, "GET", "/v1/kv/a", "");
    const id = askOverHttp(table, "PUT", "/v1/session/create", "{}");
    expect(answerTo(table, id)?.status).toBe(200);
    pass(table, 10_000);
    const { Timestamp, Gauges, Counters, Samples } = shown(table);
    expect(Timestamp).toBe("1970-01-01 00:00:10 +0000 UTC");
    expect(Counters).toContainEqual(expect.objectContaining({ Name: "consul.client.rpc", Count: 4 }));
    expect(Counters).toContainEqual(expect.objectContaining({ Name: "consul.rpc.query", Count: 1 }));
    expect(Counters).toContainEqual(expect.objectContaining({ Name: "consul.raft.apply" }));
    expect(Samples).toContainEqual(expect.objectContaining({ Name: "consul.kvs.apply", Count: 2 }));
    expect(Samples).toContainEqual(expect.objectContaining({ Name: "consul.session.apply", Count: 1 }));
    expect(Samples).toContainEqual(expect.objectContaining({ Name: "consul.http.GET.v1.kv._", Max: 7 }));
    expect(Samples).toContainEqual(expect.objectContaining({ Name: "consul.serf.queue.Event" }));
    const gauge = (name: string): number | undefined =>
      Gauges.find(({ Name }) => Name === `consul.${name}`)?.Value;
    expect(gauge("state.kv_entries")).toBe(2);
    expect(gauge("autopilot.healthy")).toBe(1);
    expect(gauge("raft.applied_index")).toBe(gauge("raft.last_index"));
    expect(gauge("runtime.sys_bytes")).toBe(5);
  });

  test("which services were looked for and found, and how its own callers fared, by Consul's labels", () => {
    askOverHttp(table, "GET", "/v1/catalog/service/db?tag=b&tag=a", "");
    askOverHttp(table, "GET", "/v1/health/service/consul?passing", "");
    askOverHttp(table, "GET", "/v1/health/connect/db", "");
    askOverHttp(table, "PUT", "/v1/catalog/register", "{}");
    pass(table, 10_000);
    const found = shown(table)
      .Counters.filter(({ Labels }) => Object.keys(Labels).length > 0)
      .map(({ Name, Labels }) => `${Name.slice("consul.".length)} ${JSON.stringify(Labels)}`);
    const node = JSON.stringify({ node: table.agent.config.nodeName });
    expect(found.sort()).toEqual([
      'catalog.service.not-found {"service":"db"}',
      'catalog.service.query {"service":"db"}',
      'catalog.service.query-tags {"service":"db","tag":"a,b"}',
      `client.api.catalog_register ${node}`,
      `client.api.catalog_service_nodes ${node}`,
      `client.api.success.catalog_service_nodes ${node}`,
      `client.rpc.error.catalog_register ${node}`,
      'health.connect.not-found {"service":"db"}',
      'health.connect.query {"service":"db"}',
      'health.service.query {"service":"consul"}',
    ]);
  });

  test("its cache, what is asked of it and what it fetches, where Consul 1.8 has them", () => {
    const ask = (): number => askOverHttp(table, "GET", "/v1/health/service/db?cached", "");
    ask();
    ask();
    askOverHttp(table, "GET", "/v1/health/service/db?cached&index=1000&wait=1m", "");
    askOverHttp(table, "GET", "/v1/catalog/datacenters?cached", "");
    pass(table, 10_000);
    const { Counters, Gauges } = shown(table);
    const family = "consul.consul.cache.";
    const found = Counters.filter(({ Name }) => Name.startsWith(family)).map(
      ({ Name, Count }) => `${Name.slice(family.length)} ${Count}`,
    );
    expect(found).toEqual([
      "catalog-datacenters.fetch_success 1",
      "catalog-datacenters.miss_new 1",
      "fetch_success 2",
      "health-services.fetch_success 1",
      "health-services.hit 1",
      "health-services.miss_block 1",
      "health-services.miss_new 1",
    ]);
    expect(Gauges).toContainEqual(expect.objectContaining({ Name: `${family}entries_count`, Value: 2 }));
  });

  test("what it applied by command, and the reads that Consul measures, when its driver says how long", () => {
    const put = (target: string, body: string): number => askOverHttp(table, "PUT", target, body);
    put("/v1/kv/a?cas=0", "1");
    put("/v1/txn", '[{"KV":{"Verb":"set","Key":"b","Value":""}}]');
    put("/v1/txn", '[{"KV":{"Verb":"get","Key":"b"}}]');
    put("/v1/config", '{"Kind":"service-defaults","Name":"web","Protocol":"http"}');
    askOverHttp(table, "GET", "/v1/config/service-defaults/web", "");
    askOverHttp(table, "GET", "/v1/config/service-defaults", "");
    askOverHttp(table, "DELETE", "/v1/kv/?recurse", "");
    endTasks(must(table.agent.service.telemetry, "it measures"), 1);
    const names = [...must(table.agent.service.telemetry, "it measures").series.keys()].map((key) =>
      key.replaceAll("\0", " "),
    );
    expect(names).toEqual(
      expect.arrayContaining([
        ...["raft.fsm.apply", "fsm.kvs op cas", "fsm.kvs op delete-tree", "fsm.txn", "txn.read"],
        ...["fsm.config_entry.service-defaults op upsert", "config_entry.get", "config_entry.list"],
        ...["leader.barrier", "leader.reconcile", "leader.reconcileMember", "raft.barrier"],
      ]),
    );
  });

  test("blocking queries while they wait", () => {
    askOverHttp(table, "GET", "/v1/catalog/services?index=1000&wait=1m", "");
    const waiting = (): number | undefined =>
      shown(table).Gauges.find(({ Name }) => Name === "consul.rpc.queries_blocking")?.Value;
    expect(waiting()).toBe(1);
    pass(table, 70_000);
    expect(waiting()).toBe(0);
  });

  test("and shows Prometheus nothing that did not happen for longer than it was told to", () => {
    askOverHttp(table, "PUT", "/v1/kv/a", "1");
    const target = "/v1/agent/metrics?format=prometheus";
    expect(metricsOf(table, target)).toContain("\nconsul_kvs_apply_count 1\n");
    pass(table, 70_000);
    expect(metricsOf(table, target)).not.toContain("kvs_apply");
  });

  test("and knows it still when it was dumped and loaded", () => {
    askOverHttp(table, "PUT", "/v1/kv/a", "1");
    const twin: Table = {
      ...table,
      out: [],
      agent: loadAgent(dumpAgent(table.agent), seededChance("twin")),
    };
    expect(metricsOf(twin)).toBe(metricsOf(table));
  });

  test("nothing where nobody said how", () => {
    const silent = layTable({ servers: ["s1"] }, "telemetry");
    expect(silent.agent.service.telemetry).toBe(undefined);
    expect(JSON.parse(metricsOf(silent))).toMatchObject({ Counters: [] });
  });
});

test("the machine is asked for when somebody wants to know of it", () => {
  const id = askOverHttp(table, "GET", "/v1/agent/host", "");
  expect(table.out).toContainEqual({ type: "inspect", id, what: "host" });
  feed(table, {
    type: "inspected",
    id,
    found: { what: "host", host: { Zebra: 1, Ant: [{ b: 1, a: "<" }] } },
  });
  // In the order in which it was told, as the fields of a record of Go.
  expect(answerTo(table, id)?.body).toBe('{"Zebra":1,"Ant":[{"b":1,"a":"\\u003c"}]}');
});

test("who hung up meanwhile is not answered", () => {
  const id = askOverHttp(table, "GET", "/v1/agent/host", "");
  feed(table, { type: "cancel", id });
  feed(table, { type: "inspected", id, found: { what: "host", host: {} } });
  expect(answerTo(table, id)).toBe(undefined);
});

test("the log is for the process to show, behind a head that the agent made", () => {
  const id = askOverHttp(table, "GET", "/v1/agent/monitor?loglevel=debug&logjson", "");
  expect(table.out.at(-1)).toEqual({
    type: "monitor",
    id,
    level: "debug",
    json: true,
    head: { status: 200, headers: ["Vary", "Accept-Encoding"], body: "" },
  });
  feed(table, { type: "cancel", id });
});

test("who watches what is measured is told of each interval when it is over, until it hangs up", () => {
  const pieces = (): string[] =>
    table.out.flatMap((effect) => (effect.type === "metrics-piece" && effect.id === id ? [effect.text] : []));
  const around = { what: "metrics", metrics: createMetrics(0, 0, true), gauges: [], process: [] } as const;
  const head = { status: 200, headers: ["Vary", "Accept-Encoding"], body: "" };
  const id = askOverHttp(table, "GET", "/v1/agent/metrics/stream", "");
  expect(table.out.at(-1)).toEqual({ type: "metrics-stream", id, head });
  askOverHttp(table, "PUT", "/v1/kv/a", "1");
  const seen: string[] = [];
  for (let intervals = 0; intervals < 3; intervals++) {
    pass(table, 10_000);
    feed(table, { type: "inspected", id, found: around });
    seen.push(...pieces());
    expect(table.out.filter((effect) => effect.type === "inspect")).toEqual([
      { type: "inspect", id, what: "metrics" },
    ]);
    table.out.length = 0;
  }
  expect(seen).toHaveLength(3);
  expect(seen[0]).toMatch(/^\{\n {4}"Timestamp": "/);
  expect(seen[0]).toMatch(/\n\}\n$/);
  const counted = seen.map((piece) =>
    (JSON.parse(piece) as { Samples: { Name: string }[] }).Samples.some(({ Name }) =>
      Name.endsWith("kvs.apply"),
    ),
  );
  expect(counted).toEqual([true, false, false]);
  feed(table, { type: "cancel", id });
  pass(table, 30_000);
  expect(table.out.some((effect) => effect.type === "inspect")).toBe(false);
});
