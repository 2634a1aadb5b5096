// translate_wan_addrs: only what another datacenter answers, and only where there is an address for others.

import { describe, expect, test } from "vitest";
import type { ResponseBody } from "../../../src/core/api/response.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpSettings } from "../../../src/core/http/plan.ts";
import { translateAddresses } from "../../../src/core/http/translate-addresses.ts";
import type { CatalogService, Node } from "../../../src/core/model/catalog.ts";

const NODE: Node = {
  id: "",
  node: "n",
  address: "10.0.0.1",
  datacenter: "dc2",
  taggedAddresses: [
    ["lan", "10.0.0.1"],
    ["wan", "198.51.100.1"],
  ],
  meta: null,
  createIndex: 1,
  modifyIndex: 1,
};
const PLAIN: Node = { ...NODE, node: "plain", taggedAddresses: [["lan", "10.0.0.1"]] };

function service(wan: CatalogService["taggedAddresses"][number][1] | undefined): CatalogService {
  return {
    node: "n",
    kind: "",
    id: "s",
    service: "s",
    tags: [],
    address: "10.0.0.2",
    taggedAddresses: wan === undefined ? [] : [["wan", wan]],
    meta: null,
    port: 80,
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    connectNative: false,
    proxy: null,
    createIndex: 1,
    modifyIndex: 1,
  };
}

function settingsOf(translateWanAddrs: boolean): HttpSettings {
  return {
    dev: false,
    datacenter: "dc1",
    nodeName: "here",
    responseHeaders: [],
    kvMaxValueBytes: 1,
    defaultQueryTimeMs: 1,
    maxQueryTimeMs: 1,
    translateWanAddrs,
  };
}

function addressesAsked(target: string, translateWanAddrs: boolean): string[] {
  const settings = settingsOf(translateWanAddrs);
  const request = { method: "GET", target, headers: new Map(), body: new Uint8Array(0), remote: "127.0.0.1" };
  const plan = readHttp(request, settings);
  if (plan.kind === "answer") throw new Error("it is asked of a server");
  const meta = { index: 1, knownLeader: true, lastContactMs: 0 };
  const body: ResponseBody = { kind: "nodes", nodes: [NODE, PLAIN] };
  const { body: json } = writeHttp(plan.view, { ok: true, body, meta }, settings);
  return JSON.parse(json).map(({ Address }: { Address: string }) => Address);
}

describe("the address of a node", () => {
  test("is the one for other datacenters in another one's answer", () => {
    expect(addressesAsked("/v1/catalog/nodes?dc=dc2", true)).toEqual(["198.51.100.1", "10.0.0.1"]);
  });

  test("is its own in our datacenter's answer, and where nobody wants it translated", () => {
    for (const [target, translates] of [
      ["/v1/catalog/nodes", true],
      ["/v1/catalog/nodes?dc=dc1", true],
      ["/v1/catalog/nodes?dc=dc2", false],
    ] as const)
      expect(addressesAsked(target, translates)).toEqual(["10.0.0.1", "10.0.0.1"]);
  });
});

describe("in what a prepared query finds", () => {
  function foundIn(datacenter: string, target: string): unknown {
    const settings = settingsOf(true);
    const plan = readHttp(
      { method: "GET", target, headers: new Map(), body: new Uint8Array(0), remote: "127.0.0.1" },
      settings,
    );
    if (plan.kind === "answer") throw new Error("it is asked of a server");
    const rows = [{ node: NODE, service: service({ address: "198.51.100.9", port: 0 }), checks: [] }];
    const result = { service: "s", rows, ttl: "", datacenter, failovers: 1 };
    const { body } = writeHttp(plan.view, { ok: true, body: { kind: "query-result", result } }, settings);
    const [row] = JSON.parse(body).Nodes;
    return [row.Node.Address, row.Service.Address];
  }

  test("it counts where that was found, not who was asked", () => {
    const others = ["198.51.100.1", "198.51.100.9"];
    expect(foundIn("dc2", "/v1/query/q/execute")).toEqual(others);
    expect(foundIn("dc2", "/v1/query/q/execute?dc=dc2")).toEqual(others);
    expect(foundIn("dc1", "/v1/query/q/execute?dc=dc2")).toEqual(["10.0.0.1", "10.0.0.2"]);
  });
});

describe("the address and port of a service", () => {
  test.each([
    [
      { address: "198.51.100.9", port: 8080 },
      { address: "198.51.100.9", port: 8080 },
    ],
    [
      { address: "198.51.100.9", port: 0 },
      { address: "198.51.100.9", port: 80 },
    ],
    [undefined, { address: "10.0.0.2", port: 80 }],
  ])("told others %j", (wan, expected) => {
    const row = { node: NODE, service: service(wan) };
    const bodies: ResponseBody[] = [
      { kind: "service-nodes", rows: [row] },
      { kind: "health", rows: [{ ...row, checks: [] }] },
      { kind: "node-services", node: NODE, services: [row.service] },
    ];
    for (const body of bodies) {
      const shown = translateAddresses(body);
      const found =
        shown.kind === "node-services"
          ? shown.services[0]
          : shown.kind === "health" || shown.kind === "service-nodes"
            ? shown.rows[0]?.service
            : undefined;
      expect(found).toMatchObject(expected);
    }
  });
});
