// /v1/txn: what a body asks, what is wrong with one, and how outcomes are printed. Compared with the original by
// scripts/compare/txn.ts; here is what that can't show.

import { describe, expect, test } from "vitest";
import { maxBodyBytes } from "../../../src/core/api/http.ts";
import type { TxnOp } from "../../../src/core/api/txn.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpPlan, HttpSettings, HttpView } from "../../../src/core/http/plan.ts";
import { type ByteString, utf8, utf8Bytes } from "../../../src/core/lib/bytes.ts";

const SETTINGS = {
  dev: false,
  datacenter: "dc1",
  nodeName: "n",
  responseHeaders: [],
  kvMaxValueBytes: 8,
  txnMaxRequestBytes: 400,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
} as unknown as HttpSettings;

function read(body: string, query = "", headers: ReadonlyMap<string, string> = new Map()): HttpPlan {
  return readHttp(
    { method: "PUT", target: `/v1/txn${query}`, headers, body: utf8Bytes(body), remote: "" },
    SETTINGS,
  );
}

function asked(body: object): { readonly kind: string; readonly ops: readonly TxnOp[] } {
  const plan = read(JSON.stringify(body));
  if (plan.kind !== "ask" || !("ops" in plan.request)) throw new Error("not asked");
  return plan.request;
}

const refusal = (plan: HttpPlan): string =>
  plan.kind === "answer" ? `${plan.response.status} ${plan.response.body}` : "asked";

describe("what is asked", () => {
  test.each<[string, object[], string]>([
    ["nothing", [], "txn.read"],
    ["a key", [{ KV: { Verb: "get", Key: "a" } }], "txn.read"],
    ["a verb of keys that nobody knows", [{ KV: { Verb: "x", Key: "a" } }], "txn.read"],
    [
      "a key and a write",
      [{ KV: { Verb: "get", Key: "a" } }, { KV: { Verb: "delete", Key: "b" } }],
      "txn.apply",
    ],
    ["a node", [{ Node: { Verb: "get" } }], "txn.read"],
    ["a verb of nodes that nobody knows", [{ Node: { Verb: "x" } }], "txn.apply"],
  ])("%s", (_name, body, kind) => {
    expect(asked(body).kind).toBe(kind);
  });

  test("numbers keep their 64 bits, values are bytes, the first part of an operation counts", () => {
    const kv = { Verb: "cas", Key: "ö", Value: "/wA=", Flags: 0, Index: 0 };
    const body = JSON.stringify([{ KV: kv, Node: { Verb: "x" } }, {}])
      .replace('"Flags":0', '"Flags":18446744073709551615')
      .replace('"Index":0', '"Index":9007199254740993');
    const plan = read(body);
    expect(plan.kind === "ask" && "ops" in plan.request && plan.request.ops).toEqual([
      {
        on: "kv",
        verb: "cas",
        key: utf8("ö"),
        value: Uint8Array.of(255, 0),
        flags: 18446744073709551615n,
        index: 9007199254740993n,
        session: "",
      },
    ]);
  });

  test("what is set without an id has its name for one, what is read has not", () => {
    const names = asked([
      { Service: { Verb: "set", Node: "n", Service: { Service: "web" } } },
      { Service: { Verb: "get", Node: "n", Service: { Service: "web" } } },
      { Check: { Verb: "set", Check: { Node: "n", Name: "c" } } },
      { Check: { Verb: "get", Check: { Node: "n", Name: "c" } } },
    ]).ops.map((op) => (op.on === "service" ? op.service.id : op.on === "check" && op.check.checkId));
    expect(names).toEqual(["web", "", "c", ""]);
  });

  test("a read never waits, whatever index it names", () => {
    const plan = read("[]", "?index=7&wait=10s&stale");
    expect(plan.kind === "ask" && "options" in plan.request && plan.request.options).toEqual({
      consistency: "stale",
      minIndex: 0,
      waitMs: 0,
    });
  });
});

describe("limits", () => {
  const PAGE = "See https://www.consul.io/docs/agent/options.html#txn_max_req_len.";

  test("a body that declares too much is refused by its length, one in chunks by what came", () => {
    expect(refusal(read("", "", new Map([["content-length", "401"]])))).toBe(
      `413 Request body(401 bytes) too large, max size: 400 bytes. ${PAGE}`,
    );
    const chunked = read(" ".repeat(401));
    expect(refusal(chunked)).toBe(`413 Request body too large, max size: 400 bytes. ${PAGE}`);
    expect(
      chunked.kind === "answer" && [chunked.response.close, chunked.response.headers.slice(0, 2)],
    ).toEqual([true, ["Connection", "close"]]);
  });

  test("a value is held to the limit of values", () => {
    const plan = read(JSON.stringify([{ KV: { Verb: "set", Key: 'a"ö', Value: "MTIzNDU2Nzg5" } }]));
    expect(refusal(plan)).toBe(`413 Value for key ${utf8('"a\\"ö"')} is too large (9 > 8 bytes)`);
  });

  test("a transaction may be as long as a value, if that is longer", () => {
    const limits = { kvMaxValueBytes: 1000, txnMaxRequestBytes: 10 };
    expect([maxBodyBytes("/v1/txn?dc=x", limits), maxBodyBytes("/v1/txn/x", { kvMaxValueBytes: 5 })]).toEqual(
      [1000, 5],
    );
    expect(maxBodyBytes("/v1/txn", { kvMaxValueBytes: 5 })).toBe(524_288);
  });
});

test("how a stale answer is, is told in headers and in the body", () => {
  const view: HttpView = { indent: false, raw: false, emptyList: false, told: undefined };
  const meta = { index: 9, knownLeader: false, lastContactMs: 12.7 };
  const answer = writeHttp(
    view,
    { ok: true, body: { kind: "txn", results: [], faults: [{ op: 1, what: '"<' as ByteString }] }, meta },
    SETTINGS,
  );
  expect(answer.status).toBe(409);
  expect(answer.headers).toEqual([
    ...["Content-Type", "application/json", "Vary", "Accept-Encoding"],
    ...["X-Consul-Knownleader", "false", "X-Consul-Lastcontact", "12"],
  ]);
  expect(answer.body).toBe(
    '{"Results":null,"Errors":[{"OpIndex":1,"What":"\\"\\u003c"}],"Index":0,"LastContact":12000000,"KnownLeader":false,"ConsistencyLevel":""}',
  );
});
