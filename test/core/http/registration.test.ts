// Bodies of registrations: what is made of them, what is refused in Go's words, and that no body whatever is too much. That
// the words are Consul's is shown by scripts/compare-http.ts.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CatalogRegister } from "../../../src/core/api/request.ts";
import { readHttp } from "../../../src/core/http/http.ts";
import type { HttpPlan, HttpSettings } from "../../../src/core/http/plan.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";

const SETTINGS = {
  dev: false,
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 524_288,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
} as unknown as HttpSettings;

function read(body: string, target = "/v1/catalog/register"): HttpPlan {
  const request = { method: "PUT", target, headers: new Map(), body: utf8Bytes(body), remote: "" };
  return readHttp(request, SETTINGS);
}

function registered(body: object): CatalogRegister {
  const plan = read(JSON.stringify(body));
  if (plan.kind !== "ask" || plan.request.kind !== "catalog.register") throw new Error("not asked");
  return plan.request;
}

test.each(["register", "deregister"])("a namespace is refused before a body is read: %s", (verb) => {
  expect(read("{", `/v1/catalog/${verb}?ns=x`)).toMatchObject({ kind: "answer", response: { status: 400 } });
});

describe("a registration is made whole", () => {
  test("a service without an id has its name for one, weights that make no sense are one each", () => {
    const { service } = registered({ Node: "n", Service: { Service: "web", Weights: { Passing: 70_000 } } });
    expect(service).toMatchObject({
      id: "web",
      service: "web",
      weights: { passing: 1, warning: 1 },
      tags: [],
    });
  });

  test("a check is critical, of this node, and has its name for an id; the single one comes last", () => {
    const { checks } = registered({ Node: "n", Check: { Name: "b" }, Checks: [{ CheckID: "a" }] });
    expect(checks).toMatchObject([
      { node: "n", checkId: "a", status: "critical" },
      { node: "n", checkId: "b", name: "b", status: "critical" },
    ]);
  });

  test.each<[string, object, string]>([
    ["http", { HTTP: "x", Interval: "1s" }, "http"],
    ["http, without an interval", { HTTP: "x" }, ""],
    ["ttl", { TTL: 1e9 }, "ttl"],
    ["docker", { ScriptArgs: ["x"], DockerContainerID: "d", Interval: 1 }, "docker"],
    ["alias", { AliasNode: "n" }, "alias"],
  ])("its type follows from its definition: %s", (_name, Definition, type) => {
    expect(registered({ Node: "n", Check: { Name: "c", Definition } }).checks[0]?.type).toBe(type);
  });

  test("names of fields match without regard to case, maps are sorted", () => {
    const { node, meta } = registered({ nODE: "n", NODEMETA: { b: "2", a: "1" } });
    expect([node, meta]).toEqual([
      "n",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ]);
  });
});

test.each([
  ["", "EOF"],
  ["{", "unexpected EOF"],
  ["[]", "json: cannot unmarshal array into Go value of type structs.RegisterRequest"],
  ['{"Bogus":1}', 'json: unknown field "Bogus"'],
  ['{"Namespace":"x"}', 'json: unknown field "Namespace" - Namespaces are a Consul Enterprise feature'],
  [
    '{"Service":{"Port":1.5}}',
    "json: cannot unmarshal number 1.5 into Go struct field NodeService.Service.Port of type int",
  ],
  [
    '{"Service":{"TaggedAddresses":{"lan":{"Port":"a"}}}}',
    "json: cannot unmarshal string into Go struct field ServiceAddress.Service.TaggedAddresses.Port of type int",
  ],
  [
    '{"Check":{"Definition":{"HTTP":3}}}',
    "json: cannot unmarshal number into Go struct field HealthCheck.Check.Definition of type string",
  ],
  ['{"Check":{"Definition":{"Interval":"10"}}}', 'time: missing unit in duration "10"'],
  [
    '{"Node":1,"Bogus":2}',
    "json: cannot unmarshal number into Go struct field RegisterRequest.Node of type string",
  ],
])("%s is refused: %s", (body, error) => {
  const plan = read(body);
  expect(plan.kind === "answer" && [plan.response.status, plan.response.body]).toEqual([
    400,
    `Request decode failed: ${error}`,
  ]);
});

test("of numbers past what 64 bits hold nothing is made, and of those past 2^53 the nearest", () => {
  expect(read('{"Service":{"Port":9223372036854775808}}').kind).toBe("answer");
  const plan = read('{"Node":"n","Service":{"Service":"x","Port":9223372036854775807}}');
  expect(plan.kind === "ask" && (plan.request as CatalogRegister).service?.port).toBe(2 ** 63 - 1024);
});

test("no body makes it stumble", () => {
  const names = [
    "Node",
    "Service",
    "Check",
    "Checks",
    "Definition",
    "Port",
    "Weights",
    "Meta",
    "Connect",
    "X",
  ];
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(null, true, "", "1s", -1, 1.5, 2 ** 60),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(
      fc.oneof(
        json.map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      (body) => {
        for (const path of ["register", "deregister"])
          expect(["ask", "answer"]).toContain(read(body, `/v1/catalog/${path}`).kind);
      },
    ),
    { numRuns: 1000 },
  );
});
