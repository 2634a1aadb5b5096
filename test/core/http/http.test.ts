import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apiError, ERROR_STATUS, type ErrorCode } from "../../../src/core/api/error.ts";
import type { HttpRequest, HttpResponse } from "../../../src/core/api/http.ts";
import type { Request } from "../../../src/core/api/request.ts";
import type { QueryMeta, Response } from "../../../src/core/api/response.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpPlan, HttpView } from "../../../src/core/http/plan.ts";
import { type ByteString, utf8, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { copyPlain, equalPlain } from "../../../src/core/lib/plain.ts";
import { SETTINGS } from "./settings.ts";
import { answerPlan, createTinyAgent, factsOf } from "./tiny-agent.ts";

function request(method: string, target: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method, target, headers: new Map(), body: new Uint8Array(0), remote: "127.0.0.1", ...more };
}

function asked(method: string, target: string, more: Partial<HttpRequest> = {}): Request {
  const plan = readHttp(request(method, target, more), SETTINGS);
  if (plan.kind !== "ask") throw new Error(`answered ${plan.response.status} ${plan.response.body}`);
  return plan.request;
}

function answered(plan: HttpPlan): HttpResponse {
  if (plan.kind !== "answer") throw new Error(`asks ${plan.request.kind}`);
  return plan.response;
}

const AT_ONCE = { consistency: "default", minIndex: 0, waitMs: 0 };

describe("what a request asks", () => {
  test.each<[string, Request]>([
    ["/v1/kv/a", { kind: "kv.get", key: utf8("a"), options: AT_ONCE } as Request],
    [
      "/v1/kv/?recurse",
      { kind: "kv.list", prefix: utf8(""), options: { ...AT_ONCE, waitMs: 300_000 } } as Request,
    ],
    ["/v1/status/leader", { kind: "status.leader" }],
    ["/v1/agent/members?wan=x", { kind: "agent.members", wan: true }],
    ["/v1/operator/raft/configuration?stale", { kind: "operator.raft-configuration", stale: true }],
  ])("GET %s", (target, expected) => {
    expect(asked("GET", target)).toEqual(expected);
  });

  test.each([
    ["/v1/kv/a", { verb: "set", flags: 0, index: 0, session: "" }],
    ["/v1/kv/a?flags=18446744073709551615", { verb: "set", flags: 18446744073709551615n }],
    ["/v1/kv/a?cas=7", { verb: "cas", index: 7 }],
    ["/v1/kv/a?acquire=s&flags=1", { verb: "lock", session: "s", flags: 1 }],
    ["/v1/kv/a?release=", { verb: "unlock", session: "" }],
  ])("PUT %s", (target, expected) => {
    const body = utf8Bytes("value");
    expect(asked("PUT", target, { body })).toMatchObject({
      kind: "kv.write",
      key: "a",
      value: body,
      ...expected,
    });
  });

  test.each([
    ["/v1/kv/a", { verb: "delete" }],
    ["/v1/kv/a?cas=7", { verb: "delete-cas", index: 7 }],
    ["/v1/kv/?recurse", { verb: "delete-tree", key: "" }],
  ])("DELETE %s", (target, expected) => {
    expect(asked("DELETE", target)).toMatchObject({ kind: "kv.write", ...expected });
  });

  test.each([
    ["/v1/agent/join/10.0.0.1:8301?wan=1", { kind: "agent.join", address: "10.0.0.1:8301", wan: true }],
    ["/v1/agent/force-leave/n%C3%A9?prune", { kind: "agent.force-leave", node: "né", prune: true }],
    ["/v1/agent/leave", { kind: "agent.leave" }],
    ["/v1/agent/reload", { kind: "agent.reload" }],
  ])("PUT %s", (target, expected) => {
    expect(asked("PUT", target)).toEqual(expected);
  });

  test("of the metadata of nodes the last value of a name counts", () => {
    const meta = asked("GET", "/v1/catalog/nodes?node-meta=a:1&node-meta=b&node-meta=a:2:3&node-meta=");
    expect(meta).toMatchObject({
      nodeMeta: [
        ["a", "2:3"],
        ["b", ""],
        ["", ""],
      ],
    });
  });
});

describe("how long a blocking query waits", () => {
  test.each([
    ["index=5", { minIndex: 5, waitMs: 300_000 }],
    ["index=5&wait=10s", { minIndex: 5, waitMs: 10_000 }],
    ["index=5&wait=1500us", { minIndex: 5, waitMs: 1.5 }],
    ["index=5&wait=0", { minIndex: 5, waitMs: 300_000 }],
    ["index=5&wait=-1s", { minIndex: 5, waitMs: 300_000 }],
    ["index=5&wait=1h", { minIndex: 5, waitMs: 600_000 }],
    ["index=18446744073709551615", { minIndex: 18446744073709551615n, waitMs: 300_000 }],
  ])("?%s", (query, expected) => {
    expect(asked("GET", `/v1/kv/a?${query}`)).toMatchObject({ options: expected });
  });
});

describe("a value over the limit", () => {
  const text = (size: string): string =>
    `Request body${size} too large, max size: 10 bytes. See https://www.consul.io/docs/agent/options.html#kv_max_value_size.`;

  test("is refused by the length that it declares", () => {
    const headers = new Map([["content-length", "11"]]);
    const response = answered(readHttp(request("PUT", "/v1/kv/a", { headers }), SETTINGS));
    expect(response).toMatchObject({ status: 413, close: true, body: text("(11 bytes)") });
  });

  test("is refused by what came, where none was declared (Consul 1.8 takes any amount)", () => {
    const plan = readHttp(request("PUT", "/v1/kv/a", { body: new Uint8Array(11) }), SETTINGS);
    expect(answered(plan)).toMatchObject({ status: 413, close: true, body: text("") });
  });

  test("of exactly the limit is taken", () => {
    expect(asked("PUT", "/v1/kv/a", { body: new Uint8Array(10) })).toMatchObject({ verb: "set" });
  });

  test("is no matter where there is no value", () => {
    const headers = new Map([["content-length", "11"]]);
    expect(asked("GET", "/v1/kv/a", { headers })).toMatchObject({ kind: "kv.get" });
  });
});

describe("the answer", () => {
  const META: QueryMeta = { index: 0, knownLeader: false, lastContactMs: 12.7 };
  const view = (target: string): HttpView => {
    const plan = readHttp(request("GET", target), SETTINGS);
    if (plan.kind !== "ask") throw new Error("answered");
    return plan.view;
  };

  test("has an index of 1 at least, and whole milliseconds", () => {
    const response = writeHttp(
      view("/v1/kv/a"),
      { ok: true, body: { kind: "kv.pairs", pairs: [] }, meta: META },
      SETTINGS,
    );
    expect(response.headers).toEqual([
      ...["Vary", "Accept-Encoding", "X-Consul-Index", "1"],
      ...["X-Consul-Knownleader", "false", "X-Consul-Lastcontact", "12"],
    ]);
  });

  const OWN_WORDS = Object.entries(ERROR_STATUS).filter(([code]) => code !== "rate-limited");
  test.each(OWN_WORDS)("to the error %s is %d, in its own words", (code, status) => {
    const failure: Response = { ok: false, error: apiError(code as ErrorCode, "wörds") };
    expect(writeHttp(view("/v1/kv/a"), failure, SETTINGS)).toEqual({
      status,
      headers: ["Vary", "Accept-Encoding"],
      // Of a limit the original says nothing but the status.
      body: utf8(code === "rate-limited" ? "" : "wörds"),
    });
  });

  test("of the catalog has its index headers even when it fails", () => {
    const failure: Response = { ok: false, error: apiError("no-leader", "No cluster leader") };
    expect(writeHttp(view("/v1/catalog/nodes"), failure, SETTINGS).headers).toEqual([
      ...["Vary", "Accept-Encoding", "X-Consul-Index", "1"],
      ...["X-Consul-Knownleader", "false", "X-Consul-Lastcontact", "0"],
    ]);
  });

  test("has its filter with it where it can have one, as it was written", () => {
    const filtered = asked("GET", "/v1/catalog/nodes?filter=Node%3d%3d%22%ff%22");
    expect(filtered).toMatchObject({ kind: "catalog.nodes", filter: 'Node=="\xff"' });
    expect(asked("GET", "/v1/catalog/nodes?filter=")).not.toHaveProperty("filter");
    expect(asked("GET", "/v1/catalog/services?filter=x")).not.toHaveProperty("filter");
  });

  test("has the configured headers among its own, which win, but for Vary", () => {
    const responseHeaders = [
      "access-control-allow-origin",
      "*",
      "VARY",
      "Origin",
      "content-type",
      "text/html",
    ];
    const settings = { ...SETTINGS, responseHeaders };
    const response = writeHttp(
      view("/v1/status/leader"),
      { ok: true, body: { kind: "leader", address: "" } },
      settings,
    );
    expect(response.headers).toEqual([
      ...["Access-Control-Allow-Origin", "*", "Content-Type", "application/json", "Vary", "Origin"],
    ]);
    expect(answered(readHttp(request("GET", "/nope"), settings)).headers).toEqual([]);
  });

  test.each([
    ["text is UTF-8", "x-name", "h\u00e9", ["X-Name", "h\xc3\xa9"]],
    ["an end of line begins no other header", "x", "a\r\nEvil: 1\nb", ["X", "a  Evil: 1 b"]],
    ["blanks around it go", "x", " \t a b\n", ["X", "a b"]],
    ["a name that is none is left out", "a b", "1", []],
    ["a name with an end of line is left out", "a\r\nb", "1", []],
    ["the framing's headers are left out", "content-length", "3", []],
  ])("of a configured header: %s", (_, name, value, expected) => {
    const settings = { ...SETTINGS, responseHeaders: [name, value] };
    const { headers } = answered(readHttp(request("OPTIONS", "/v1/status/leader"), settings));
    const own = ["Allow", "OPTIONS,GET", "Vary", "Accept-Encoding"];
    expect(headers.filter((each) => !own.includes(each))).toEqual(expected);
  });
});

describe("whatever is asked", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "/v1/kv/",
      "/v1/",
      "status/leader",
      "catalog/nodes",
      "agent/join/",
      "agent/members",
      "..",
      "//",
      "%2f",
      "%",
    ),
    fc.constantFrom(
      "?",
      "&",
      ";",
      "=",
      "cas=1",
      "index=",
      "wait=5s",
      "recurse",
      "keys",
      "raw",
      "pretty",
      "flags=9",
      "dc=x",
    ),
    fc.string({ maxLength: 4 }),
    fc.uint8Array({ maxLength: 3 }).map((each) => Buffer.from(each).toString("latin1")),
  );
  const requests = fc.record({
    method: fc.constantFrom("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "POST", "X"),
    target: fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((each) => each.join("")),
      fc.string({ unit: "binary" }),
    ),
    headers: fc.dictionary(
      fc.constantFrom("cache-control", "content-length", "x-consul-namespace"),
      fc.string(),
    ),
    body: fc.uint8Array({ maxLength: 12 }),
  });

  test("it is answered in one way or the other, in bytes, and its plan is plain data", () => {
    const agent = createTinyAgent(factsOf([]));
    fc.assert(
      fc.property(requests, fc.boolean(), ({ method, target, headers, body }, dev) => {
        const settings = { ...SETTINGS, dev };
        const plan = readHttp(
          request(method, target, { headers: new Map(Object.entries(headers)), body }),
          settings,
        );
        expect(equalPlain(copyPlain(plan), plan)).toBe(true);
        const response =
          plan.kind === "answer" ? plan.response : writeHttp(plan.view, answerPlan(agent, plan), settings);
        expect(response.body).not.toMatch(/[^\0-\xff]/);
        expect(response.headers.join("\n")).toMatch(/^[\t -~\x80-\xff\n]*$/);
        expect(response.headers.length % 2).toBe(0);
      }),
      { numRuns: 3_000 },
    );
  });

  test("a key goes in and comes out as the same bytes", () => {
    const key = fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .map((each) => Buffer.from(each).toString("latin1"));
    fc.assert(
      fc.property(key, (bytes) => {
        const escaped = bytes.replace(
          /[^A-Za-z0-9]/g,
          (each) => `%${each.charCodeAt(0).toString(16).padStart(2, "0")}`,
        );
        const plan = readHttp(request("GET", `/v1/kv/${escaped}`), SETTINGS);
        // Only what is not printable, or not clean, is turned away.
        if (plan.kind === "answer") expect([301, 400]).toContain(plan.response.status);
        else expect(plan.request).toMatchObject({ kind: "kv.get", key: bytes as ByteString });
      }),
    );
  });
});
