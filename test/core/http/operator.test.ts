import { describe, expect, test } from "vitest";
import type { ClusterHealth, ServerHealth } from "../../../src/core/api/operator.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpSettings, HttpView } from "../../../src/core/http/plan.ts";

const settings: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 524_288,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
};

function read(line: string, body: Uint8Array = new Uint8Array(0), headers: readonly [string, string][] = []) {
  const [method = "", target = ""] = line.split(" ");
  return readHttp({ method, target, headers: new Map(headers), body, remote: "127.0.0.1" }, settings);
}

describe("requests", () => {
  test.each([
    ["DELETE /v1/operator/raft/peer?id=a", { kind: "operator.remove-peer", by: "id", value: "a" }],
    ["DELETE /v1/operator/raft/peer?id=", { kind: "operator.remove-peer", by: "id", value: "" }],
    [
      "DELETE /v1/operator/raft/peer?address=1.2.3.4:5&wait=x",
      { kind: "operator.remove-peer", by: "address", value: "1.2.3.4:5" },
    ],
    ["POST /v1/operator/raft/transfer-leader", { kind: "operator.transfer-leader", id: "" }],
    ["PUT /v1/operator/raft/transfer-leader?id=a", { kind: "operator.transfer-leader", id: "a" }],
    ["GET /v1/operator/autopilot/health", { kind: "operator.autopilot-health" }],
    ["GET /v1/operator/autopilot/state", { kind: "operator.autopilot-health" }],
    ["GET /v1/operator/usage?stale", { kind: "operator.usage", options: { consistency: "stale" } }],
    ["GET /v1/snapshot?wait=x", { kind: "agent.save-snapshot", options: { consistency: "consistent" } }],
    ["GET /v1/snapshot?stale&consistent", { kind: "agent.save-snapshot", options: { consistency: "stale" } }],
  ])("%s", (line, request) => {
    expect(read(line)).toMatchObject({ kind: "ask", request });
  });

  test.each([
    "DELETE /v1/operator/raft/peer?id=a&dc=dc2",
    "GET /v1/operator/autopilot/health?dc=dc2",
    "GET /v1/snapshot?dc=dc2",
    "PUT /v1/snapshot?dc=dc2",
  ])("%s is for another datacenter", (line) => {
    expect(read(line)).toMatchObject({ kind: "ask", datacenter: "dc2" });
  });

  test.each([
    [
      "DELETE /v1/operator/raft/peer",
      400,
      "Bad request: Must specify either ?id with the server's ID or ?address with IP:port of peer to remove",
    ],
    [
      "DELETE /v1/operator/raft/peer?id=a&address=b",
      400,
      "Bad request: Must specify only one of ?id or ?address",
    ],
    ["GET /v1/operator/autopilot/health?wait=x", 400, "Invalid wait time"],
    ["PUT /v1/snapshot?dc=dc2&stale", 500, "No path to datacenter"],
    ["PUT /v1/snapshot?stale", 500, "stale not allowed for restore"],
    ["POST /v1/snapshot", 405, "method POST not allowed"],
  ])("%s is answered %i %s", (line, status, body) => {
    expect(read(line)).toMatchObject({ kind: "answer", response: { status, body } });
  });

  test("an archive that was too long to be read is refused", () => {
    expect(read("PUT /v1/snapshot", new Uint8Array(0), [["content-length", "2000000000"]])).toMatchObject({
      response: { status: 413, close: true },
    });
  });
});

const SERVER: ServerHealth = {
  id: "58280f70-7060-a3f5-1044-8308d8996d1a",
  name: "c1",
  address: "127.0.0.1:21501",
  status: "alive",
  version: "1.8.7",
  leader: true,
  voter: true,
  lastContactMs: 0,
  lastTerm: 2,
  lastIndex: 7,
  healthy: true,
  stableSinceMs: Date.UTC(2026, 10, 21, 11, 52, 14, 999),
};
const VIEW: HttpView = { indent: false, raw: false, emptyList: false, told: undefined };

function written(health: ClusterHealth, view: Partial<HttpView> = {}) {
  return writeHttp({ ...VIEW, ...view }, { ok: true, body: { kind: "autopilot-health", health } }, settings);
}

describe("answers", () => {
  test("health as Consul 1.8.7 printed it", () => {
    const { status, body } = written({ healthy: true, failureTolerance: 0, servers: [SERVER] });
    expect(status).toBe(200);
    expect(body).toBe(
      '{"Healthy":true,"FailureTolerance":0,"Servers":[{"ID":"58280f70-7060-a3f5-1044-8308d8996d1a","Name":"c1","Address":"127.0.0.1:21501","SerfStatus":"alive","Version":"1.8.7","Leader":true,"LastContact":"0s","LastTerm":2,"LastIndex":7,"Healthy":true,"Voter":true,"StableSince":"2026-11-21T11:52:14Z"}]}',
    );
  });

  test("429 for a cluster that is not healthy", () => {
    expect(written({ healthy: false, failureTolerance: 0, servers: [] }).status).toBe(429);
  });

  test.each([
    0,
    Date.UTC(2000, 1, 29, 23, 59, 59),
    Date.UTC(1999, 11, 31),
    Date.UTC(2100, 2, 1),
    Date.UTC(9999, 11, 31),
  ])("the date of %i", (stableSinceMs) => {
    const { body } = written({ healthy: true, failureTolerance: 0, servers: [{ ...SERVER, stableSinceMs }] });
    expect(body).toContain(`"StableSince":"${new Date(stableSinceMs).toISOString().replace(".000", "")}"`);
  });

  test("state in the shape of later versions", () => {
    const { status, body } = written(
      { healthy: false, failureTolerance: 1, servers: [SERVER] },
      { state: true },
    );
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      Healthy: false,
      Leader: SERVER.id,
      Voters: [SERVER.id],
      Servers: { [SERVER.id]: { Status: "leader", NodeStatus: "alive" } },
    });
  });

  test("usage in the shape of later versions", () => {
    const usage = { nodes: 2, services: 5, instances: 6, connect: [0, 1, 1, 0, 0, 0], billable: 4 };
    const { body, headers } = writeHttp(
      { ...VIEW, usageOf: "dc2", told: "default" },
      { ok: true, body: { kind: "usage", usage }, meta: { index: 19, knownLeader: true, lastContactMs: 0 } },
      settings,
    );
    const instances =
      '{"api-gateway":0,"connect-native":1,"connect-proxy":1,"ingress-gateway":0,"mesh-gateway":0,"terminating-gateway":0}';
    expect(body).toBe(
      `{"Usage":{"dc2":{"Services":5,"ServiceInstances":6,"ConnectServiceInstances":${instances},"BillableServiceInstances":4,"Nodes":2}},"Index":19,"LastContact":0,"KnownLeader":true,"ConsistencyLevel":"leader","NotModified":false,"Backend":0,"ResultsFilteredByACLs":false}`,
    );
    expect(headers).toContain("X-Consul-Index");
  });

  test("an archive in pieces, with its index, and without a type: the server finds that", () => {
    const pieces = [Uint8Array.of(0x1f, 0x8b)];
    const response = writeHttp(
      VIEW,
      {
        ok: true,
        body: { kind: "archive", pieces },
        meta: { index: 19, knownLeader: true, lastContactMs: 0 },
      },
      settings,
    );
    expect(response).toEqual({
      status: 200,
      headers: [
        "Vary",
        "Accept-Encoding",
        "X-Consul-Index",
        "19",
        "X-Consul-Knownleader",
        "true",
        "X-Consul-Lastcontact",
        "0",
      ],
      body: "",
      pieces,
    });
  });
});
