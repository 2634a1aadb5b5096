// What the log says of HTTP requests.

import { beforeEach, expect, test } from "vitest";
import type { Logs } from "../../src/adapters/logs.ts";
import { createRequestLog, type RequestLog } from "../../src/adapters/request-log.ts";
import type { Notice } from "../../src/core/api/notice.ts";
import { utf8 } from "../../src/core/lib/bytes.ts";

let said: Notice[] = [];
let nowMs = 0;
let log: RequestLog;

function logs(level: "debug" | "info"): Logs {
  return {
    log: (notice) => said.push(notice),
    wants: (each) => each !== "debug" || level === "debug",
    setLevel: () => undefined,
    watch: () => () => undefined,
    close: () => undefined,
  };
}

beforeEach(() => {
  said = [];
  nowMs = 0;
  log = createRequestLog(logs("debug"), () => nowMs);
});

function answer(target: string, status: number, text: string, headers: readonly string[] = []): Notice[] {
  said = [];
  const request = { method: "GET", target, headers: new Map(), body: new Uint8Array(0), remote: "127.0.0.1" };
  log.onAnswered(request, { status, headers, body: utf8(text) }, 1.25, () => "127.0.0.1:4000");
  return said;
}

const FIELDS = { method: "GET", url: "/v1/kv/a", from: "127.0.0.1:4000" };

test("each request is told of in debug mode, and none is otherwise", () => {
  expect(answer("/v1/kv/a", 404, "")).toEqual([
    {
      type: "notice",
      level: "debug",
      logger: "http",
      message: "Request finished",
      fields: { ...FIELDS, latency: "1.25ms" },
    },
  ]);
  log = createRequestLog(logs("info"));
  expect(answer("/v1/kv/a", 200, "x")).toEqual([]);
});

test("what is refused is an error, with what was said", () => {
  log = createRequestLog(logs("info"));
  expect(answer("/v1/kv/a", 500, "No cluster leader\n")).toEqual([
    {
      type: "notice",
      level: "error",
      logger: "http",
      message: "Request error",
      fields: { ...FIELDS, error: "No cluster leader" },
    },
  ]);
  expect(answer("/v1/kv/a", 429, "")[0]?.fields).toEqual({ ...FIELDS, error: "RPC rate limit exceeded" });
  expect(
    answer("/v1/agent/health/service/name/web", 503, "[]", ["Content-Type", "application/json"]),
  ).toEqual([]);
});

test.each([
  ["/v1/kv/a?token=secret&raw", "/v1/kv/a?token=<hidden>&raw"],
  ["/v1/kv/a?raw&token=secret", "/v1/kv/a?raw&token=<hidden>"],
  ["/v1/acl/info/secret?pretty", "/v1/acl/info/<hidden>?pretty"],
  ["/v1/kv/token", "/v1/kv/token"],
])("%s is written as %s", (target, written) => {
  const { url } = answer(target, 200, "")[0]?.fields ?? {};
  expect(url).toBe(written);
});

test("refusals by the thousand are counted, not told of one by one", () => {
  log = createRequestLog(logs("info"), () => nowMs);
  let lines = 0;
  for (let times = 0; times < 1000; times++) lines += answer("/", 400, "no").length;
  expect(lines).toBe(100);
  nowMs = 1000;
  expect(answer("/", 400, "no").map(({ message, fields: { count } = {} }) => [message, count])).toEqual([
    ["Request errors left out", 900],
    ["Request error", undefined],
  ]);
});
