// /v1/query: what clients of later Consuls send and the original of 1.8 refuses. All else is compared with the original by
// scripts/compare.

import { describe, expect, test } from "vitest";
import { readHttp } from "../../../src/core/http/http.ts";
import type { HttpPlan, HttpSettings } from "../../../src/core/http/plan.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";

const SETTINGS = {
  dev: false,
  datacenter: "dc1",
  nodeName: "n",
  responseHeaders: [],
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
} as unknown as HttpSettings;

function create(failover: object): HttpPlan {
  const body = utf8Bytes(JSON.stringify({ Service: { Service: "web", Failover: failover } }));
  return readHttp({ method: "POST", target: "/v1/query", headers: new Map(), body, remote: "" }, SETTINGS);
}

describe("the targets of a failover", () => {
  test.each([
    ["none", { NearestN: 2, Datacenters: ["dc2"], Targets: null }, { nearestN: 2, datacenters: ["dc2"] }],
    [
      "datacenters",
      { Targets: [{ Datacenter: "dc2" }, { Datacenter: "dc3" }] },
      { datacenters: ["dc2", "dc3"] },
    ],
  ])("%s", (_what, failover, expected) => {
    const plan = create(failover);
    expect(plan).toMatchObject({ kind: "ask", request: { query: { service: { failover: expected } } } });
  });

  test.each([
    [
      { NearestN: 1, Targets: [{ Datacenter: "dc2" }] },
      "Targets cannot be populated with NearestN or Datacenters",
    ],
    [{ Targets: [{ Peer: "p" }] }, `Bad Targets: there is no peering here, so no peer "p" can be asked`],
  ])("%j are refused", (failover, error) => {
    expect(create(failover)).toMatchObject({ kind: "answer", response: { status: 500, body: error } });
  });
});
