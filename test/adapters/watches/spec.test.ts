import { describe, expect, test } from "vitest";
import { parseWatch, printParameters } from "../../../src/adapters/watches/spec.ts";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { parseJson } from "../../../src/core/lib/go-json.ts";
import type { RawMap } from "../../../src/core/lib/raw-value.ts";

function parameters(object: object): RawMap {
  const parsed = parseJson(utf8(JSON.stringify(object)));
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value as RawMap;
}

describe("a watch asks", () => {
  test.each<[string, object, string, object]>([
    ["a key", { type: "key", key: "/a/b" }, "/v1/kv/a/b", {}],
    ["a key, stale", { type: "key", key: "a", stale: true }, "/v1/kv/a", { stale: "" }],
    ["a prefix", { type: "keyprefix", prefix: "a/" }, "/v1/kv/a/", { recurse: "" }],
    ["services elsewhere", { type: "services", datacenter: "dc2" }, "/v1/catalog/services", { dc: "dc2" }],
    ["nodes", { type: "nodes" }, "/v1/catalog/nodes", {}],
    ["some nodes", { type: "nodes", filter: "a == b" }, "/v1/catalog/nodes", { filter: "a == b" }],
    [
      "some instances",
      { type: "service", service: "web", filter: "a == b", stale: true },
      "/v1/health/service/web",
      { filter: "a == b", stale: "" },
    ],
    [
      "some of a service's checks",
      { type: "checks", service: "web", filter: "a == b" },
      "/v1/health/checks/web",
      { filter: "a == b" },
    ],
    [
      "some of the checks in a state",
      { type: "checks", state: "passing", filter: "a == b" },
      "/v1/health/state/passing",
      { filter: "a == b" },
    ],
    [
      "a service",
      { type: "service", service: "web", tag: ["a", "b"], passingonly: true },
      "/v1/health/service/web",
      { tag: ["a", "b"], passing: "1" },
    ],
    [
      "a service with one tag",
      { type: "service", service: "web", tag: "a" },
      "/v1/health/service/web",
      { tag: ["a"] },
    ],
    ["all checks", { type: "checks" }, "/v1/health/state/any", {}],
    ["checks in a state", { type: "checks", state: "critical" }, "/v1/health/state/critical", {}],
    ["a service's checks", { type: "checks", service: "web" }, "/v1/health/checks/web", {}],
    ["events", { type: "event", name: "deploy" }, "/v1/event/list", { name: "deploy" }],
    ["an instance of the agent", { type: "agent_service", service_id: "w1" }, "/v1/agent/service/w1", {}],
  ])("for %s", (_what, given, path, query) => {
    expect(parseWatch(parameters(given), [])).toMatchObject({ ok: true, spec: { path, query } });
  });
});

describe("a watch is refused", () => {
  test.each<[object, string, string]>([
    [{}, "Watch type must be specified", "{}"],
    [{ type: 5, a: "x" }, "Expecting type to be a string", '{"a":"x", "type":5}'],
    [{ type: "nosuch", key: "a" }, "Unsupported watch type: nosuch", '{"key":"a"}'],
    [{ type: "key" }, "Must specify a single key to watch", "{}"],
    [{ type: "key", key: "a", stale: "x" }, "Expecting stale to be a boolean", '{"key":"a", "stale":"x"}'],
    [{ type: "checks", service: "a", state: "b" }, "Cannot specify service and state", "{}"],
    [
      { type: "service", service: "a", tag: ["x", 1] },
      "Index 1 of tag expected to be string",
      '{"tag":[]interface {}{"x", 1}}',
    ],
    [{ type: "service", service: "a", tag: 1 }, "Expecting tag to be a string or []string", '{"tag":1}'],
    [
      { type: "event", stale: true, x: null },
      "Invalid parameters: [stale x]",
      '{"stale":true, "x":interface {}(nil)}',
    ],
    [{ type: "services", filter: "a" }, "Invalid parameters: [filter]", '{"filter":"a"}'],
    [{ type: "nodes", filter: 1 }, "Expecting filter to be a string", '{"filter":1}'],
    [
      { type: "nodes", handler_type: "http" },
      "Handler type 'http' requires 'http_handler_config' to be set",
      "{}",
    ],
  ])("with %j", (given, error, left) => {
    const parsed = parseWatch(parameters(given), []);
    if (parsed.ok) throw new Error("it was taken");
    expect([parsed.error, printParameters(parsed.left)]).toEqual([error, `map[string]interface {}${left}`]);
  });

  test("by the attempt, when its checks are to be in a state that there is not", () => {
    const parsed = parseWatch(parameters({ type: "checks", state: "bogus" }), []);
    expect(parsed).toMatchObject({ ok: true, spec: { hopeless: "Unsupported state: bogus" } });
  });
});

test("parameters that others know are theirs", () => {
  const parsed = parseWatch(parameters({ type: "nodes", handler: "x" }), ["handler", "args"]);
  expect(parsed.ok && [...parsed.exempt]).toEqual([
    ["handler", "x"],
    ["handler_type", ""],
  ]);
});
