import { describe, expect, test } from "vitest";
import { readHttp, writeHttp } from "../../../src/core/http/http.ts";
import type { HttpSettings } from "../../../src/core/http/plan.ts";
import { utf8, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { DEFAULT_AUTOPILOT } from "../../../src/core/model/autopilot.ts";

const settings: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 524_288,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
};

function put(body: string, query = "") {
  const target = `/v1/operator/autopilot/configuration${query}`;
  return readHttp(
    { method: "PUT", target, headers: new Map(), body: utf8Bytes(body), remote: "127.0.0.1" },
    settings,
  );
}

describe("PUT /v1/operator/autopilot/configuration", () => {
  test("what is not mentioned is zero; names are found whatever their case; what follows the value is not read", () => {
    expect(put('{"minquorum":3,"LastContactThreshold":"1.5s","CreateIndex":9} and more')).toMatchObject({
      kind: "ask",
      request: {
        kind: "autopilot.set",
        settings: {
          cleanupDeadServers: false,
          lastContactThresholdNs: 1.5e9,
          maxTrailingLogs: 0,
          minQuorum: 3,
          serverStabilizationTimeNs: 0,
          redundancyZoneTag: "",
          disableUpgradeMigration: false,
          upgradeVersionTag: "",
        },
        index: undefined,
      },
    });
    expect(put("null", "?cas=7")).toMatchObject({
      request: { settings: { cleanupDeadServers: false }, index: 7 },
    });
    expect(put('{"LastContactThreshold":2e8}')).toMatchObject({
      request: { settings: { lastContactThresholdNs: 2e8 } },
    });
    expect(put('{"MinQuorum":18446744073709551615}')).toMatchObject({
      request: { settings: { minQuorum: 2n ** 64n - 1n } },
    });
  });

  // As Consul 1.8.7 answered each of them.
  test.each([
    ["", "EOF"],
    ["  ", "EOF"],
    ["{", "unexpected EOF"],
    ['{"a', "unexpected EOF"],
    ["[]", "json: cannot unmarshal array into Go value of type api.AutopilotConfiguration"],
    ['"x"', "json: cannot unmarshal string into Go value of type api.AutopilotConfiguration"],
    ["5", "json: cannot unmarshal number into Go value of type api.AutopilotConfiguration"],
    ["true", "json: cannot unmarshal bool into Go value of type api.AutopilotConfiguration"],
    ["xyz", "invalid character 'x' looking for beginning of value"],
    ['{"MinQuorum":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"MinQuorum" 5}', "invalid character '5' after object key"],
    ['{"MinQuorum":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{"Foo":1}', 'json: unknown field "Foo"'],
    ['{"LastContactThreshold":"5"}', 'time: missing unit in duration "5"'],
    ['{"LastContactThreshold":"5x"}', 'time: unknown unit "x" in duration "5x"'],
    ['{"LastContactThreshold":""}', 'time: invalid duration ""'],
    ['{"LastContactThreshold":"\\u0031s"}', 'time: invalid duration "\\u0031s"'],
    ['{"LastContactThreshold":true}', 'strconv.ParseFloat: parsing "true": invalid syntax'],
    ['{"LastContactThreshold":{}}', 'strconv.ParseFloat: parsing "{}": invalid syntax'],
    [
      '{"MaxTrailingLogs":-1}',
      "json: cannot unmarshal number -1 into Go struct field AutopilotConfiguration.MaxTrailingLogs of type uint64",
    ],
    [
      '{"MaxTrailingLogs":"x"}',
      "json: cannot unmarshal string into Go struct field AutopilotConfiguration.MaxTrailingLogs of type uint64",
    ],
    [
      '{"MaxTrailingLogs":1.5}',
      "json: cannot unmarshal number 1.5 into Go struct field AutopilotConfiguration.MaxTrailingLogs of type uint64",
    ],
    [
      '{"MinQuorum":18446744073709551616}',
      "json: cannot unmarshal number 18446744073709551616 into Go struct field AutopilotConfiguration.MinQuorum of type uint",
    ],
    [
      '{"CleanupDeadServers":1}',
      "json: cannot unmarshal number into Go struct field AutopilotConfiguration.CleanupDeadServers of type bool",
    ],
    [
      '{"CleanupDeadServers":"true"}',
      "json: cannot unmarshal string into Go struct field AutopilotConfiguration.CleanupDeadServers of type bool",
    ],
    [
      '{"RedundancyZoneTag":5}',
      "json: cannot unmarshal number into Go struct field AutopilotConfiguration.RedundancyZoneTag of type string",
    ],
  ])("%s", (body, error) => {
    expect(put(body)).toMatchObject({
      kind: "answer",
      response: { status: 400, body: utf8(`Bad request: Error parsing autopilot config: ${error}`) },
    });
  });

  test.each(["x", ""])("cas=%s", (cas) => {
    const error = `Bad request: Error parsing cas value: strconv.ParseUint: parsing "${cas}": invalid syntax`;
    expect(put("{}", `?cas=${cas}`)).toMatchObject({ response: { status: 400, body: error } });
  });

  test("another datacenter is asked when the body has been judged", () => {
    expect(put("{}", "?dc=dc2")).toMatchObject({ kind: "ask", datacenter: "dc2" });
    expect(put("{", "?dc=dc2")).toMatchObject({ response: { status: 400 } });
  });
});

test("the configuration is printed as Consul prints it", () => {
  const view = { indent: false, raw: false, emptyList: false, told: undefined };
  const { status, body } = writeHttp(
    view,
    {
      ok: true,
      body: {
        kind: "autopilot-configuration",
        config: { ...DEFAULT_AUTOPILOT, createIndex: 4, modifyIndex: 9 },
      },
    },
    settings,
  );
  expect(status).toBe(200);
  expect(body).toBe(
    '{"CleanupDeadServers":true,"LastContactThreshold":"200ms","MaxTrailingLogs":250,"MinQuorum":0,"ServerStabilizationTime":"10s","RedundancyZoneTag":"","DisableUpgradeMigration":false,"UpgradeVersionTag":"","CreateIndex":4,"ModifyIndex":9}',
  );
});
