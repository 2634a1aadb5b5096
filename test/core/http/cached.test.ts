// `?cached`: what is read from Cache-Control, and how an answer tells that it comes from the cache.

import { describe, expect, test } from "vitest";
import type { CacheDirectives } from "../../../src/core/api/cache.ts";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpSettings, HttpView } from "../../../src/core/http/plan.ts";

const SETTINGS = {
  dev: false,
  datacenter: "dc1",
  nodeName: "n",
  responseHeaders: ["Access-Control-Allow-Origin", "*", "X-Bar", "b"],
  kvMaxValueBytes: 8,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
} as unknown as HttpSettings;

function said(query: string, control = "", settings = SETTINGS): CacheDirectives | undefined {
  const headers = new Map(control === "" ? [] : [["cache-control", control]]);
  const target = `/v1/catalog/services${query}`;
  const plan = readHttp({ method: "GET", target, headers, body: new Uint8Array(0), remote: "" }, settings);
  return plan.kind === "ask" ? plan.cached : undefined;
}

describe("what is said of the cache", () => {
  test.each<[string, string, CacheDirectives | undefined]>([
    ["", "max-age=5", undefined],
    ["?cached", "", { maxAgeMs: 0, mustRevalidate: false, staleIfErrorMs: 0 }],
    [
      "?cached=false",
      "Max-Age=5 , stale-if-error=30,no-cache",
      { maxAgeMs: 5_000, mustRevalidate: false, staleIfErrorMs: 30_000 },
    ],
    ["?cached", "must-revalidate", { maxAgeMs: 0, mustRevalidate: true, staleIfErrorMs: 0 }],
    ["?cached", "max-age=0", { maxAgeMs: 0, mustRevalidate: true, staleIfErrorMs: 0 }],
  ])("%s with %s", (query, control, directives) => {
    expect(said(query, control)).toEqual(directives);
  });

  test("http_config.use_cache = false takes the parameter and does not heed it", () => {
    expect(said("?cached", "", { ...SETTINGS, useCache: false })).toBeUndefined();
  });
});

describe("an answer from the cache", () => {
  const view: HttpView = { indent: false, raw: false, emptyList: false, told: "default" };
  const meta = { index: 9, knownLeader: true, lastContactMs: 0 };
  const names = (hit: boolean): string[] => {
    const cache = { hit, ageMs: 61_400 };
    const response = { ok: true, body: { kind: "services", services: [] }, meta, cache } as const;
    const { headers } = writeHttp(view, response, SETTINGS);
    return headers.map((each, at) => (at % 2 === 0 ? each : `=${each}`));
  };

  test("tells so among its other headers, in the order of their names", () => {
    expect(names(true).join(" ")).toBe(
      "Access-Control-Allow-Origin =* Age =61 Content-Type =application/json Vary =Accept-Encoding X-Bar =b X-Cache =HIT X-Consul-Effective-Consistency =leader X-Consul-Index =9 X-Consul-Knownleader =true X-Consul-Lastcontact =0",
    );
  });

  test("has no age when it was not there", () => {
    expect(names(false)).not.toContain("Age");
    expect(names(false)).toContain("=MISS");
  });
});
