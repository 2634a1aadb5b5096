// /v1/query: what the requests ask and how the answers read. Which methods there are depends on how a path ends; the texts
// are Consul 1.8.7's.

import { describe, expect, test } from "vitest";
import { apiError } from "../../../src/core/api/error.ts";
import type { HttpResponse } from "../../../src/core/api/http.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpPlan, HttpSettings } from "../../../src/core/http/plan.ts";
import { bytesOf, utf8 } from "../../../src/core/lib/bytes.ts";
import { LEAST_QUERY } from "../wire/query-examples.ts";

const settings: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 524_288,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
};

interface Asking {
  readonly body?: string;
  readonly remote?: string;
  readonly forwardedFor?: string;
}

function plan(method: string, path: string, { body = "", remote = "", forwardedFor }: Asking = {}): HttpPlan {
  const headers = new Map(forwardedFor === undefined ? [] : [["x-forwarded-for", forwardedFor] as const]);
  return readHttp({ method, target: `/v1/${path}`, remote, headers, body: bytesOf(utf8(body)) }, settings);
}

function asked(method: string, path: string, asking?: Asking): unknown {
  const made = plan(method, path, asking);
  return made.kind === "ask" ? made.request : made.response;
}

function header({ headers }: HttpResponse, name: string): string | undefined {
  const at = headers.findIndex((each, place) => place % 2 === 0 && each === name);
  return at < 0 ? undefined : headers[at + 1];
}

describe("methods", () => {
  test.each([
    ["query/x", "OPTIONS,GET,PUT,DELETE", "GET,PUT,DELETE"],
    ["query/x/execute", "OPTIONS,GET", "GET"],
    ["query/x/explain", "OPTIONS,GET", "GET"],
    ["query/a/b/execute", "OPTIONS,GET", "GET"],
  ])("of %s", (path, options, allowed) => {
    const [all, wrong] = ["OPTIONS", "PATCH"].map((method) => asked(method, path) as HttpResponse);
    expect([all?.status, all?.body, all && header(all, "Allow")]).toEqual([200, "{}", options]);
    expect([wrong?.status, wrong?.body, wrong && header(wrong, "Allow")]).toEqual([
      405,
      "method PATCH not allowed",
      allowed,
    ]);
  });
});

describe("what is asked", () => {
  test("a body is read with what it leaves out", () => {
    const body = '{"name":"q","Service":{"Service":"web","Tags":[null],"NodeMeta":{"b":"","a":"1"}}}';
    const service = {
      ...LEAST_QUERY.service,
      service: "web",
      tags: [""],
      nodeMeta: [
        ["a", "1"],
        ["b", ""],
      ],
    };
    const query = { ...LEAST_QUERY, name: "q", service };
    expect(asked("POST", "query", { body })).toEqual({ kind: "query.set", create: true, query });
    expect(asked("PUT", "query/ID", { body: '{"ID":"other"}' })).toEqual({
      kind: "query.set",
      create: false,
      query: { ...LEAST_QUERY, id: "ID" },
    });
    expect(asked("PUT", "query/ID")).toMatchObject({ create: false, query: { id: "ID" } });
  });

  test.each([
    ["query/q/execute", "q"],
    ["query/a/b/execute", "a/b"],
    ["query/a%20b/execute", "a b"],
    ["query/execute", "execute"],
    ["query/execute/execute", "execute"],
  ])("%s runs %s", (path, name) => {
    expect(asked("GET", path)).toMatchObject({ kind: "query.execute", name });
  });

  test("a run waits for nothing, whatever index it is asked with", () => {
    const options = { consistency: "stale", minIndex: 0, waitMs: 0 };
    expect(asked("GET", "query/q/execute?index=7&wait=1s&stale&limit=3&connect=true")).toMatchObject({
      limit: 3,
      connect: true,
      agent: "n1",
      options,
    });
    expect(asked("GET", "query/q/explain?index=7&stale")).toEqual({
      kind: "query.explain",
      name: "q",
      options,
    });
  });

  test.each([
    [{ remote: "10.0.0.1" }, "10.0.0.1"],
    [{ remote: "::ffff:10.0.0.1" }, "10.0.0.1"],
    [{ remote: "10.0.0.1", forwardedFor: " 10.0.0.2 , 10.0.0.3" }, "10.0.0.2"],
    [{ remote: "10.0.0.1", forwardedFor: "nonsense, 10.0.0.3" }, "10.0.0.1"],
    [{ remote: "10.0.0.1", forwardedFor: "FD00:0::1" }, "fd00::1"],
    [{ remote: "/run/socket" }, ""],
  ])("who asks is known: %j", (from, ip) => {
    expect(asked("GET", "query/q/execute?near=_ip", from)).toMatchObject({ near: "_ip", ip });
  });

  test.each([
    ["limit=abc", 500, 'Bad limit: strconv.Atoi: parsing "abc": invalid syntax'],
    [
      "connect=x&limit=",
      500,
      "Error parsing 'connect' value: strconv.ParseBool: parsing \"x\": invalid syntax",
    ],
    ["limit=abc&connect=x&wait=y", 400, "Invalid wait time"],
  ])("a run with %s is refused", (query, status, body) => {
    expect(asked("GET", `query/q/execute?${query}`)).toMatchObject({ status, body });
  });
});

test("what is not there is told without an index to wait from, other faults with one", () => {
  const made = plan("GET", "query/q/execute");
  if (made.kind !== "ask") throw new Error("it is asked of a server");
  const tell = (code: "not-found" | "refused"): HttpResponse =>
    writeHttp(made.view, { ok: false, error: apiError(code, "why") }, settings);
  expect([tell("not-found").status, header(tell("not-found"), "X-Consul-Index")]).toEqual([404, undefined]);
  expect([tell("refused").status, header(tell("refused"), "X-Consul-Index")]).toEqual([500, "1"]);
});
