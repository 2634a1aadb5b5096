// `translate_wan_addrs`: what is told of another datacenter names the addresses that it can be reached at from here.

import { describe, expect, test } from "vitest";
import type { ResponseBody } from "../../../src/core/api/response.ts";
import { writeHttp } from "../../../src/core/http/http.ts";
import type { HttpSettings, HttpView } from "../../../src/core/http/plan.ts";
import type { CatalogService, Node } from "../../../src/core/model/catalog.ts";

const NODE: Node = {
  id: "",
  node: "n",
  address: "10.0.0.1",
  datacenter: "dc2",
  taggedAddresses: [["wan", "198.51.100.1"]],
  meta: null,
  createIndex: 1,
  modifyIndex: 1,
};
const SERVICE: CatalogService = {
  node: "n",
  kind: "",
  id: "web",
  service: "web",
  tags: [],
  address: "10.0.0.2",
  taggedAddresses: [["wan", { address: "198.51.100.2", port: 8443 }]],
  meta: null,
  port: 80,
  weights: { passing: 1, warning: 1 },
  enableTagOverride: false,
  connectNative: false,
  createIndex: 1,
  modifyIndex: 1,
};

function told(body: ResponseBody, translate: boolean): string {
  const view: HttpView = { indent: false, raw: false, emptyList: false, told: undefined, translate };
  const settings = { responseHeaders: [] } as unknown as HttpSettings;
  return writeHttp(view, { ok: true, body }, settings).body;
}

const rows = [{ node: NODE, service: SERVICE }];
describe.each<[string, ResponseBody, string]>([
  ["instances of a service", { kind: "service-nodes", rows }, '"ServiceAddress":"A","ServiceTagged'],
  [
    "their health",
    { kind: "health", rows: rows.map((row) => ({ ...row, checks: [] })) },
    '"Address":"A","Tagged',
  ],
])("%s", (_what, body, where) => {
  test.each([
    [true, "198.51.100.1", "198.51.100.2", 8443],
    [false, "10.0.0.1", "10.0.0.2", 80],
  ])("translated: %s", (translate, ofNode, ofService, port) => {
    const text = told(body, translate);
    expect(text).toContain(`"Address":"${ofNode}","Datacenter"`);
    expect(text).toContain(where.replace('A"', `${ofService}"`));
    expect(text).toMatch(new RegExp(`"(?:Service)?Port":${port},`));
  });
});

test("of a service without an address for others only the node's is another", () => {
  const plain = { ...SERVICE, taggedAddresses: [] };
  const text = told({ kind: "service-nodes", rows: [{ node: NODE, service: plain }] }, true);
  expect(text).toContain('"Address":"198.51.100.1"');
  expect(text).toContain('"ServiceAddress":"10.0.0.2"');
});

test("and of a node with its services its own", () => {
  const text = told({ kind: "node-services", node: NODE, services: [SERVICE] }, true);
  expect(text).toContain('"Address":"198.51.100.1"');
  expect(text).toContain('"Address":"10.0.0.2"');
});
