// What an agent takes on of a configuration that is read again while it runs.

import { beforeEach, describe, expect, test } from "vitest";
import type { ReloadableConfig } from "../../../src/core/agent/config.ts";
import { must } from "../../../src/core/lib/assert.ts";
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
    reload({ raft: { ...table.agent.config.raft, snapshotEntries: 77, electionTimeoutMs: 1 } });
    const { raft } = must(table.agent.service.server, "a server");
    expect(raft.config).toMatchObject({ snapshotEntries: 77, electionTimeoutMs });
    expect(table.agent.config.raft).toMatchObject({ snapshotEntries: 77, electionTimeoutMs });
  });

  test("changes which measurements are shown, and not what they are called", () => {
    reload({ telemetry: { ...TELEMETRY, prefix: "x", filters: [{ prefix: "consul.raft", shown: false }] } });
    expect(table.agent.config.telemetry).toEqual({
      ...TELEMETRY,
      filters: [{ prefix: "consul.raft", shown: false }],
    });
  });
});
