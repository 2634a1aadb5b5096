// Which reads any server may answer because the configuration says so, and what their answers say of it.

import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { answerTo, askOverHttp, layTable, pass, type Table } from "./table.ts";

function tableWith(options: Parameters<typeof layTable>[2]): Table {
  const table = layTable({ servers: ["s1"] }, "stale", options);
  pass(table, 5_000);
  return table;
}

/** X-Consul-Effective-Consistency, undefined where it is not told. */
function told(table: Table, target: string): string | undefined {
  const { headers } = must(answerTo(table, askOverHttp(table, "GET", target, "")), "answered");
  const at = headers.indexOf("X-Consul-Effective-Consistency");
  return at < 0 ? undefined : headers[at + 1];
}

describe("discovery_max_stale", () => {
  test.each([
    ["/v1/catalog/nodes", "stale"],
    ["/v1/catalog/service/consul", "stale"],
    ["/v1/health/service/consul?passing&wait=1s", "stale"],
    ["/v1/health/state/any?consistent", "consistent"],
    ["/v1/catalog/nodes?stale", "stale"],
    ["/v1/catalog/services?cached", "leader"],
    ["/v1/catalog/services?max_stale=0s", "stale"],
    ["/v1/query", "leader"],
    ["/v1/kv/?keys", undefined],
  ])("makes of %s a read that is %s", (target, consistency) => {
    expect(told(tableWith({ discoveryMaxStaleMs: 10_000 }), target)).toBe(consistency);
  });

  test("heeds no ?cached where that is switched off", () => {
    const table = tableWith({ discoveryMaxStaleMs: 10_000, useCache: false });
    expect(told(table, "/v1/catalog/services?cached")).toBe("stale");
  });

  test("is nothing where nobody speaks of it", () => {
    const table = tableWith({});
    expect(told(table, "/v1/catalog/nodes")).toBe("leader");
    expect(told(table, "/v1/catalog/nodes?max_stale=5s")).toBe("stale");
  });
});
