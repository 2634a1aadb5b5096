// What configuration entries say of proxies, and what is made of it. The answers were heard from Consul 1.8.7.

import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { parseJson } from "../../../src/core/lib/go-json.ts";
import type { RawMap } from "../../../src/core/lib/raw-value.ts";
import { type ServiceProxy, serviceProxy, type Upstream } from "../../../src/core/model/proxy.ts";
import { questionFor, type ServiceConfig, withDefaults } from "../../../src/core/model/service-config.ts";
import { type JsonObject, jsonObjectOf, zero } from "../../../src/core/model/shape.ts";
import { resolveServiceConfig } from "../../../src/core/store/service-config.ts";
import { service } from "../local/bench.ts";
import { apply, configEntryOf, storeAt } from "../store/shelf.ts";

function json(text: string): JsonObject {
  const parsed = parseJson(utf8(text));
  if (!parsed.ok) throw new Error(parsed.error);
  return jsonObjectOf(parsed.value as RawMap);
}

function proxy(fields: Partial<ServiceProxy> = {}): ServiceProxy {
  return { ...zero(serviceProxy), destinationServiceName: "web", destinationServiceId: "web-1", ...fields };
}

function upstream(destinationName: string, fields: Partial<Upstream> = {}): Upstream {
  return {
    ...{ destinationType: "service", destinationNamespace: "", datacenter: "", localBindAddress: "" },
    ...{ destinationName, localBindPort: 1, config: null, meshGateway: { mode: "" } },
    ...fields,
  };
}

const NOTHING: ServiceConfig = {
  ...{ proxyConfig: null, upstreams: [], meshGateway: { mode: "" }, expose: { checks: false, paths: null } },
};

function merged(own: ServiceProxy, defaults: Partial<ServiceConfig>): ServiceProxy | null {
  const registered = service("p", { kind: "connect-proxy", proxy: own });
  return withDefaults(registered, { ...NOTHING, ...defaults }).proxy;
}

describe("the servers are asked", () => {
  test.each([
    ["nothing about a service that is no proxy", service("web"), undefined],
    [
      "about its service for a proxy, and about each service that it calls",
      service("p", {
        kind: "connect-proxy",
        proxy: proxy({
          upstreams: [
            ...[upstream("db"), upstream("a", { destinationType: "" }), upstream("db", { localBindPort: 2 })],
            upstream("q", { destinationType: "prepared_query" }),
          ],
        }),
      }),
      { service: "web", upstreams: ["a", "db"] },
    ],
    [
      "nothing for a proxy that stands in front of no instance",
      service("p", { kind: "connect-proxy", proxy: proxy({ destinationServiceId: "" }) }),
      undefined,
    ],
    [
      "about itself for a gateway",
      service("gw", { kind: "ingress-gateway" }),
      { service: "gw", upstreams: [] },
    ],
  ])("%s", (_, registered, question) => {
    expect(questionFor(registered)).toEqual(question);
  });
});

test.each([
  ["what is not there is put in", '{"a":1}', '{"b":2}', '{"a":1,"b":2}'],
  ["what is there stays", '{"a":1,"l":[3]}', '{"a":2,"l":[1,2]}', '{"a":1,"l":[3]}'],
  [
    "what is empty in Go counts as not there",
    '{"z":0,"s":"","b":false,"l":[],"o":{},"n":null}',
    '{"z":5,"s":"x","b":true,"l":[1],"o":{"q":1},"n":7}',
    '{"b":true,"l":[1],"n":7,"o":{"q":1},"s":"x","z":5}',
  ],
  [
    "objects are filled up all the way down",
    '{"n":{"y":{"q":2},"w":0}}',
    '{"n":{"x":1,"w":5,"y":{"p":1}}}',
    '{"n":{"w":5,"x":1,"y":{"p":1,"q":2}}}',
  ],
  [
    "an object and what is none do not mix",
    '{"a":"text","b":{"o":1}}',
    '{"a":{"x":1},"b":"t"}',
    '{"a":"text","b":{"o":1}}',
  ],
])("a proxy's config: %s", (_, own, defaults, want) => {
  expect(merged(proxy({ config: json(own) }), { proxyConfig: json(defaults) })?.config).toEqual(json(want));
});

test("a mode of mesh gateways is that of the proxy, else of the defaults; an upstream that has none has the proxy's", () => {
  const upstreams = [upstream("a"), upstream("b", { meshGateway: { mode: "none" } })];
  const modes = (own: string, byDefault: string): (string | undefined)[] => {
    const of = merged(proxy({ meshGateway: { mode: own }, upstreams }), { meshGateway: { mode: byDefault } });
    return [of, ...(of?.upstreams ?? [])].map((each) => each?.meshGateway.mode);
  };
  expect(modes("", "local")).toEqual(["local", "local", "none"]);
  expect(modes("remote", "local")).toEqual(["remote", "remote", "none"]);
});

test("upstreams take what is said of them, but for prepared queries; what is exposed is added up", () => {
  const path = { path: "/m", listenerPort: 1, localPathPort: 2, protocol: "", parsedFromCheck: false };
  const own = proxy({
    upstreams: [
      upstream("db", { config: json('{"protocol":"","x":1}') }),
      upstream("db", { config: json('{"protocol":"udp"}') }),
      upstream("db", { destinationType: "prepared_query" }),
      upstream("other"),
    ],
  });
  const of = merged(own, {
    upstreams: [["db", json('{"protocol":"tcp"}')]],
    meshGateway: { mode: "local" },
    expose: { checks: true, paths: [path] },
  });
  expect(of?.upstreams?.map(({ config, meshGateway: { mode } }) => [config, mode])).toEqual([
    [json('{"protocol":"tcp","x":1}'), "local"],
    [json('{"protocol":"udp"}'), "local"],
    [null, ""],
    [null, "local"],
  ]);
  expect(of?.expose).toEqual({ checks: true, paths: [path] });
  const paths = [{ ...path, path: "/own" }];
  expect(
    merged(proxy({ expose: { checks: false, paths } }), { expose: { checks: true, paths: [path] } })?.expose,
  ).toEqual({
    checks: true,
    paths,
  });
});

describe("entries say", () => {
  const GLOBAL =
    '{"Kind":"proxy-defaults","Name":"global","Config":{"protocol":"http","a":1},"MeshGateway":{"Mode":"local"},"Expose":{"Checks":true,"Paths":[{"Path":"/g"}]}}';
  const path = { listenerPort: 0, localPathPort: 0, protocol: "", parsedFromCheck: false };
  test.each<[name: string, entries: readonly string[], want: Partial<ServiceConfig>]>([
    ["nothing where there are none", [], {}],
    [
      "what is so for all proxies, and what upstreams speak then",
      [GLOBAL],
      {
        ...{ proxyConfig: json('{"a":1,"protocol":"http"}'), meshGateway: { mode: "local" } },
        expose: { checks: true, paths: [{ path: "/g", ...path }] },
        upstreams: [
          ["DB", json('{"protocol":"http"}')],
          ["x", json('{"protocol":"http"}')],
        ],
      },
    ],
    [
      "first what is so for the service, whose name may be in other letters",
      [
        GLOBAL,
        '{"Kind":"service-defaults","Name":"web","Protocol":"GRPC","MeshGateway":{"Mode":"none"},"Expose":{"Paths":[{"Path":"/s"}]}}',
        '{"Kind":"service-defaults","Name":"db","Protocol":"tcp"}',
      ],
      {
        ...{ proxyConfig: json('{"a":1,"protocol":"grpc"}'), meshGateway: { mode: "none" } },
        expose: { checks: true, paths: [{ path: "/s", ...path }] },
        upstreams: [
          ["DB", json('{"protocol":"tcp"}')],
          ["x", json('{"protocol":"http"}')],
        ],
      },
    ],
    [
      "a protocol that is no text as it is",
      ['{"Kind":"proxy-defaults","Name":"global","Config":{"protocol":7}}'],
      {
        proxyConfig: json('{"protocol":7}'),
        upstreams: [
          ["DB", json('{"protocol":7}')],
          ["x", json('{"protocol":7}')],
        ],
      },
    ],
  ])("%s", (_, entries, want) => {
    const store = storeAt(1);
    for (const each of entries)
      apply(store, { kind: "config.set", entry: configEntryOf(each), index: undefined });
    expect(resolveServiceConfig(store, { service: "WEB", upstreams: ["DB", "x"] })).toEqual({
      ...NOTHING,
      ...want,
    });
  });
});
