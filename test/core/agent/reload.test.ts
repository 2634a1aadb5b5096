// What an agent takes on of a configuration that is read again while it runs.

import { beforeEach, describe, expect, test } from "vitest";
import type { ReloadableConfig } from "../../../src/core/agent/config.ts";
import { nameOfText } from "../../../src/core/dns/name.ts";
import { DEFAULT_DNS } from "../../../src/core/dns/settings.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { decodeConfigEntry } from "../../../src/core/model/config-decode.ts";
import type { ConfigEntry } from "../../../src/core/model/config-entry.ts";
import { answerTo, askOverHttp, feed, layTable, pass, type Table } from "./table.ts";

const TELEMETRY = {
  prefix: "consul",
  hostname: "",
  prometheusRetentionMs: 0,
  filters: [],
  shownByDefault: true,
};

let table: Table;

beforeEach(() => {
  table = layTable({ servers: ["s1"] }, "reload", { telemetry: TELEMETRY, nodeMeta: [["rack", "1"]] });
  pass(table, 5_000);
});

function reload(changes: Partial<ReloadableConfig>): void {
  const { nodeMeta, raft, telemetry, discardCheckOutput, rpcMaxBurst, rpcRate } = table.agent.config;
  const now = { nodeMeta, raft, telemetry, discardCheckOutput, rpcMaxBurst, rpcRate };
  feed(table, { type: "reloaded", config: { ...now, ...changes } });
}

function get(target: string): { readonly status: number; readonly body: string } {
  return must(answerTo(table, askOverHttp(table, "GET", target, "")), "answered");
}

describe("a reload", () => {
  test("tells the catalog the node's metadata", () => {
    const metaOf = (): unknown => JSON.parse(get("/v1/catalog/node/s1").body).Node.Meta;
    expect(metaOf()).toEqual({ "consul-network-segment": "", rack: "1" });
    reload({ nodeMeta: [["rack", "2"]] });
    pass(table, 1_000);
    expect(metaOf()).toEqual({ "consul-network-segment": "", rack: "2" });
    expect(JSON.parse(get("/v1/agent/self").body).Meta).toEqual({ "consul-network-segment": "", rack: "2" });
  });

  test("begins and ends a limit of questions, with a full burst", () => {
    reload({ rpcRate: 0, rpcMaxBurst: 2 });
    expect([1, 2, 3].map(() => get("/v1/kv/a").status)).toEqual([404, 404, 429]);
    expect(get("/v1/kv/a").body).toBe("");
    expect(get("/v1/agent/services").status).toBe(200);
    reload({ rpcRate: 0, rpcMaxBurst: 1 });
    expect([1, 2].map(() => get("/v1/kv/a").status)).toEqual([404, 429]);
    reload({ rpcRate: undefined });
    expect(get("/v1/kv/a").status).toBe(404);
  });

  test("changes when snapshots are taken, and nothing else of Raft", () => {
    const { electionTimeoutMs } = table.agent.config.raft;
    const all = { ...table.agent.config.raft, snapshotEntries: 77, electionTimeoutMs: 1 };
    reload({ raft: all });
    const { raft } = must(table.agent.service.server, "a server");
    expect(raft.config).toMatchObject({ snapshotEntries: 77, electionTimeoutMs });
    expect(table.agent.config.raft).toMatchObject({ snapshotEntries: 77, electionTimeoutMs });
  });

  test("changes which measurements are shown, and not what they are called", () => {
    const all = { ...TELEMETRY, prefix: "x", filters: [{ prefix: "consul.raft", shown: false }] };
    reload({ telemetry: all });
    expect(table.agent.config.telemetry).toEqual({
      ...TELEMETRY,
      filters: [{ prefix: "consul.raft", shown: false }],
    });
  });

  test("changes whom DNS asks and what it tells, and not of which zones", () => {
    const { settings } = table.agent.dns;
    const all = { ...DEFAULT_DNS, domain: must(nameOfText("other"), "a name"), nodeTtl: 9, useCache: true };
    reload({ dns: all });
    expect(table.agent.dns.settings).toEqual({ ...settings, nodeTtl: 9, useCache: true });
  });

  test("changes how often the cache may ask, and how long servers may take", () => {
    const changes = {
      cacheFetchBurst: 7,
      cacheFetchRate: 0.5,
      rpcClientTimeoutMs: 77,
      discardCheckOutput: true,
    };
    reload(changes);
    expect(table.agent.config).toMatchObject(changes);
    expect(table.agent.service.config).toMatchObject(changes);
  });

  test("writes the configuration entries that are missing, those that somebody has removed too, as Consul", () => {
    const entry = (name: string): ConfigEntry => {
      const decoded = decodeConfigEntry(
        new Map([
          ["Kind", "service-defaults"],
          ["Name", name],
        ]),
      );
      if (!decoded.ok) throw new Error(decoded.error);
      return decoded.entry;
    };
    const names = (): string[] =>
      (JSON.parse(get("/v1/config/service-defaults").body) as { Name: string }[]).map(({ Name }) => Name);
    reload({ configEntries: [entry("a")] });
    expect(names()).toEqual(["a"]);
    askOverHttp(table, "DELETE", "/v1/config/service-defaults/a", "");
    expect(names()).toEqual([]);
    reload({ configEntries: [entry("a"), entry("b")] });
    expect(names()).toEqual(["a", "b"]);
  });
});
