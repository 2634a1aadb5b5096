// /v1/coordinate/: what the requests ask and how the answers read. The texts are Consul 1.8.7's.

import { describe, expect, test } from "vitest";
import { NO_DATACENTER } from "../../../src/core/api/error.ts";
import type { HttpResponse } from "../../../src/core/api/http.ts";
import type { ResponseBody } from "../../../src/core/api/response.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpPlan, HttpSettings } from "../../../src/core/http/plan.ts";
import { bytesOf, utf8 } from "../../../src/core/lib/bytes.ts";
import { ORIGIN } from "../../../src/core/model/coordinate.ts";

const settings: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 524_288,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
};

function plan(method: string, path: string, body = "", more: Partial<HttpSettings> = {}): HttpPlan {
  const request = {
    method,
    target: `/v1/${path}`,
    remote: "",
    headers: new Map<string, string>(),
    body: bytesOf(utf8(body)),
  };
  return readHttp(request, { ...settings, ...more });
}

function asked(path: string): unknown {
  const made = plan("GET", path);
  return made.kind === "ask" ? made.request : made.response;
}

function refused(made: HttpPlan): readonly [status: number, body: string] {
  if (made.kind === "ask") throw new Error(`asks ${made.request.kind}`);
  return [made.response.status, made.response.body];
}

function rendered(path: string, body: ResponseBody): HttpResponse {
  const made = plan("GET", path);
  if (made.kind !== "ask") throw new Error("answered at once");
  return writeHttp(
    made.view,
    { ok: true, body, meta: { index: 7, knownLeader: true, lastContactMs: 0 } },
    settings,
  );
}

const OPTIONS = { consistency: "default", minIndex: 0, waitMs: 300_000 };

describe("what is asked", () => {
  test.each([
    ["coordinate/datacenters?dc=elsewhere&stale&consistent", { kind: "coordinate.datacenters" }],
    ["coordinate/nodes?pretty", { kind: "coordinate.nodes", options: OPTIONS }],
    ["coordinate/nodes?segment=", { kind: "coordinate.nodes", segment: "", options: OPTIONS }],
    ["coordinate/nodes?segment=a", { kind: "coordinate.nodes", segment: "a", options: OPTIONS }],
    ["coordinate/node/N%20é?pretty", { kind: "coordinate.node", node: "N é", options: OPTIONS }],
  ])("%s", (path, want) => {
    expect(asked(encodeURI(path.replace("%20", " ")))).toEqual(want);
  });

  test.each([
    ["?near=web", "web"],
    ["?near=_agent", "n1"],
    ["?near=", undefined],
    ["?pretty", undefined],
    ["?near=web&dc=dc9", "web"],
  ])("catalog/nodes%s is near %s", (query, near) => {
    expect(asked(`catalog/nodes${query}`)).toMatchObject({ kind: "catalog.nodes", near });
  });

  test.each([
    ["catalog/service/web", "catalog.service-nodes"],
    ["catalog/connect/web", "catalog.service-nodes"],
    ["health/service/web", "health.service"],
    ["health/checks/web", "health.checks"],
    ["health/state/any", "health.state"],
  ])("%s takes near too", (path, kind) => {
    expect(asked(`${path}?near=_agent`)).toMatchObject({ kind, near: "n1" });
  });

  test("an update", () => {
    const body =
      '{"node":"n1","Segment":"a","Coord":{"VEC":[1,2,null,-4e-1,5,6,7,8],"Error":2,"Height":null},"Token":"t"} x';
    expect(plan("PUT", "coordinate/update", body)).toMatchObject({
      request: {
        kind: "coordinate.update",
        node: "n1",
        segment: "a",
        coordinate: { vec: [1, 2, 0, -0.4, 5, 6, 7, 8], error: 2, adjustment: 0, height: 0 },
      },
    });
  });

  test.each([
    ["", '{"Datacenter":"dc9","Coord":{}}', "dc9"],
    ["?dc=dc1", '{"Datacenter":"dc9","Coord":{}}', ""],
    ["?dc=dc8", '{"Datacenter":"dc9","Coord":{}}', "dc8"],
    ["?dc=dc8", '{"Coord":{}}', "dc8"],
    ["", '{"Datacenter":"dc1","Coord":{}}', ""],
  ])(
    "an update with %s of %s is for the datacenter '%s': ?dc= wins over the body",
    (query, body, datacenter) => {
      expect(plan("PUT", `coordinate/update${query}`, body)).toMatchObject({ kind: "ask", datacenter });
    },
  );
});

describe("what is refused", () => {
  const field = "into Go struct field";
  test.each([
    ["", "EOF"],
    ["{", "unexpected EOF"],
    ["[]", "json: cannot unmarshal array into Go value of type structs.CoordinateUpdateRequest"],
    ['{"bogus":3,"Node":4}', 'json: unknown field "bogus"'],
    ['{"Node":3}', `json: cannot unmarshal number ${field} CoordinateUpdateRequest.Node of type string`],
    [
      '{"Coord":[]}',
      `json: cannot unmarshal array ${field} CoordinateUpdateRequest.Coord of type coordinate.Coordinate`,
    ],
    ['{"Coord":{"Vec":3}}', `json: cannot unmarshal number ${field} Coordinate.Coord.Vec of type []float64`],
    [
      '{"Coord":{"Vec":["x"]}}',
      `json: cannot unmarshal string ${field} Coordinate.Coord.Vec of type float64`,
    ],
    [
      '{"Coord":{"Error":1e400}}',
      `json: cannot unmarshal number 1e400 ${field} Coordinate.Coord.Error of type float64`,
    ],
    ['{"Coord":{"x":1}}', 'json: unknown field "x"'],
    ["{}", "missing Coord"],
    ["null", "missing Coord"],
    ['{"Coord":null}', "missing Coord"],
  ])("an update of %s", (body, text) => {
    expect(refused(plan("PUT", "coordinate/update", body))).toEqual([400, `Request decode failed: ${text}`]);
  });

  test.each([
    ["GET", "coordinate/datacenters"],
    ["GET", "coordinate/nodes"],
    ["GET", "coordinate/node/n"],
    ["PUT", "coordinate/update"],
  ])("%s %s where coordinates are disabled", (method, path) => {
    const made = plan(method, path, "", { disableCoordinates: true });
    expect(refused(made)).toEqual([401, "Coordinate support disabled"]);
  });

  test("another datacenter that is not there, with the index headers", () => {
    const made = plan("GET", "coordinate/nodes?dc=dc9");
    if (made.kind !== "ask") throw new Error("answered at once");
    const response = writeHttp(made.view, { ok: false, error: NO_DATACENTER }, settings);
    expect(response).toMatchObject({ status: 500, body: "No path to datacenter" });
    expect(response.headers).toContain("X-Consul-Index");
  });
});

describe("how it reads", () => {
  const row = { node: "n", segment: "", coordinate: { ...ORIGIN, vec: [1e-9, -0, 0.5, 1e22, 0, 0, 0, 0] } };
  const json =
    '{"Node":"n","Segment":"","Coord":{"Vec":[1e-9,-0,0.5,1e+22,0,0,0,0],"Error":1.5,"Adjustment":0,"Height":0.00001}}';

  test("nodes", () => {
    expect(rendered("coordinate/nodes", { kind: "coordinates", coordinates: [row] }).body).toBe(`[${json}]`);
    expect(rendered("coordinate/nodes", { kind: "coordinates", coordinates: [] })).toMatchObject({
      status: 200,
      body: "[]",
    });
  });

  test("one node, by its segment if one is asked for; none is not found, without a word", () => {
    const body = { kind: "coordinates", coordinates: [row] } as const;
    const { headers } = rendered("coordinate/node/n", body);
    expect(headers[headers.indexOf("X-Consul-Index") + 1]).toBe("7");
    expect(rendered("coordinate/node/n?segment=", body).body).toBe(`[${json}]`);
    const missing = { status: 404, headers: ["Vary", "Accept-Encoding"], body: "" };
    expect(rendered("coordinate/node/n?segment=x", body)).toEqual(missing);
    expect(rendered("coordinate/node/n", { kind: "coordinates", coordinates: [] })).toEqual(missing);
  });

  test("datacenters", () => {
    const datacenters = [{ datacenter: "dc1", area: "wan", coordinates: [row] }];
    const response = rendered("coordinate/datacenters", { kind: "coordinate-datacenters", datacenters });
    expect(response.body).toBe(`[{"Datacenter":"dc1","AreaID":"wan","Coordinates":[${json}]}]`);
    expect(response.headers).not.toContain("X-Consul-Index");
  });
});
