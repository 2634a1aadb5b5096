import { describe, expect, test } from "vitest";
import { type HttpRequest, UNIX_CLIENT } from "../../../src/core/api/http.ts";
import { readHttp } from "../../../src/core/http/http.ts";
import type { HttpSettings } from "../../../src/core/http/plan.ts";
import { utf8 } from "../../../src/core/lib/bytes.ts";

const SETTINGS: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: ["X-Mine", "1"],
  kvMaxValueBytes: 10,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
};

/** "asked", or the answer's status and body. */
function outcome(line: string, settings: Partial<HttpSettings>, remote = "127.0.0.1"): string {
  const [method = "", target = ""] = line.split(" ");
  const request: HttpRequest = { method, target, headers: new Map(), body: new Uint8Array(0), remote };
  const plan = readHttp(request, { ...SETTINGS, ...settings });
  if (plan.kind === "ask") return "asked";
  const { status, headers, body } = plan.response;
  if (status === 403 || status === 500) expect(headers).toEqual(["Vary", "Accept-Encoding", "X-Mine", "1"]);
  return `${status} ${body}`.trim();
}

describe("block_endpoints", () => {
  const blocked: Partial<HttpSettings> = { blockEndpoints: [utf8("/v1/catalog/serv"), utf8("/v1/kv/é")] };
  const REFUSED = "403 Endpoint is blocked by agent configuration";

  test.each([
    ["GET /v1/catalog/services", REFUSED],
    ["GET /v1/catalog/service/web", REFUSED],
    ["POST /v1/catalog/services", REFUSED],
    ["OPTIONS /v1/catalog/services", REFUSED],
    ["GET /v1/catalog/%73ervices", REFUSED],
    ["GET /v1/kv/%C3%A9t%C3%A9", REFUSED],
    ["GET /v1/kv/e", "asked"],
    ["GET /v1/catalog/nodes", "asked"],
    ["GET /v1/catalog/serv", "404"],
    ["GET /v1/catalog/services?x=%zz", "500"],
  ])("%s: %s", (line, expected) => {
    expect(outcome(line, blocked)).toBe(expected);
  });
});

describe("allow_write_http_from", () => {
  const allowed: Partial<HttpSettings> = { allowWriteHttpFrom: ["10.0.0.0/8", "fd00::/8"] };
  const REFUSED = "403 Access is restricted";

  test.each([
    ["PUT /v1/kv/a", "10.1.2.3", "asked"],
    ["PUT /v1/kv/a", "fd00::1", "asked"],
    ["PUT /v1/kv/a", "127.0.0.1", REFUSED],
    ["DELETE /v1/kv/a", "fe80::1", REFUSED],
    ["PUT /v1/kv/a", "no address", REFUSED],
    ["GET /v1/kv/a", "127.0.0.1", "asked"],
    ["OPTIONS /v1/kv/a", "127.0.0.1", "200"],
    ["POST /v1/kv/a", "127.0.0.1", "405 method POST not allowed"],
    ["PUT /v1/kv/a", UNIX_CLIENT, "500 unable to parse remote addr: address @: missing port in address"],
    ["GET /v1/kv/a", UNIX_CLIENT, "asked"],
  ])("%s from %s: %s", (line, remote, expected) => {
    expect(outcome(line, allowed, remote)).toBe(expected);
  });

  test("empty, it keeps nobody out", () => {
    expect(outcome("PUT /v1/kv/a", { allowWriteHttpFrom: [] })).toBe("asked");
  });
});

test("paths that can't be printed are refused, unless the filter is off", () => {
  expect(outcome("GET /v1/kv/a%01", {})).toBe("400");
  expect(outcome("GET /v1/kv/a%01", { takesUnprintablePaths: true })).toBe("asked");
});
