// Proxies of an agent that heeds configuration entries (`enable_central_service_config`).

import fc from "fast-check";
import { expect, test } from "vitest";
import type { AgentConfig } from "../../../src/core/agent/config.ts";
import { must } from "../../../src/core/lib/assert.ts";
import type { ServiceDefinition } from "../../../src/core/model/local.ts";
import { type ServiceProxy, serviceProxy, type Upstream } from "../../../src/core/model/proxy.ts";
import { questionFor, withDefaults } from "../../../src/core/model/service-config.ts";
import { type JsonObject, zero } from "../../../src/core/model/shape.ts";
import { NO_SERVICE } from "../../../src/core/model/written-service.ts";
import { resolveServiceConfig } from "../../../src/core/store/service-config.ts";
import {
  ask,
  type Bench,
  check,
  errorOf,
  get,
  inCatalog,
  isDone,
  layBench,
  NODE,
  pass,
  register,
  reload,
  removeEntry,
  restart,
  serveAsks,
  service,
  serviceIds,
  write,
  writeEntry,
} from "./bench.ts";

const HEEDED: Partial<AgentConfig> = { centralServiceConfig: true };

function proxyOf(
  id: string,
  fields: Partial<ServiceProxy> = {},
  more: Partial<ServiceDefinition> = {},
): ServiceDefinition {
  const proxy = { ...zero(serviceProxy), destinationServiceName: id, destinationServiceId: id, ...fields };
  return service(`${id}-proxy`, { kind: "connect-proxy", proxy, ...more });
}

const OWN: JsonObject = new Map([["own", 1]]);

/** What proxies speak by default. */
function speak(bench: Bench, protocol: string): void {
  writeEntry(bench, `{"Kind":"proxy-defaults","Name":"global","Config":{"protocol":"${protocol}"}}`);
}

/** What the proxy's config says in the catalog, and at the agent; one line if that is the same. */
function configs(bench: Bench, id = "web-proxy"): string {
  const { services } = get(bench, { kind: "agent.services" }, "local-services");
  const both = [inCatalog(bench, id), services.find((each) => each.id === id)].map((each) =>
    JSON.stringify(Object.fromEntries(each?.proxy?.config ?? [])),
  );
  return [...new Set(both)].join(" but here ");
}

test("a proxy is registered with what entries say, here and in the catalog, and follows what they say later", () => {
  const bench = layBench(HEEDED);
  speak(bench, "http");
  expect(isDone(bench, register(bench, proxyOf("web", { config: OWN })))).toBe(true);
  expect(configs(bench)).toBe('{"own":1,"protocol":"http"}');
  for (const protocol of ["grpc", "http2"]) {
    speak(bench, protocol);
    expect(configs(bench)).toBe(`{"own":1,"protocol":"${protocol}"}`);
  }
  writeEntry(bench, '{"Kind":"service-defaults","Name":"web","Protocol":"tcp"}');
  expect(configs(bench)).toBe('{"own":1,"protocol":"tcp"}');
  removeEntry(bench, "service-defaults", "web");
  removeEntry(bench, "proxy-defaults", "global");
  expect(configs(bench)).toBe('{"own":1}');
});

test("whoever waits for a change of the proxy is told when entries change it", () => {
  const bench = layBench(HEEDED);
  register(bench, proxyOf("web"));
  const { hash } = get(
    bench,
    { kind: "agent.service", serviceId: "web-proxy", hash: "", waitMs: 0 },
    "local-service",
  );
  const waiting = ask(bench, { kind: "agent.service", serviceId: "web-proxy", hash, waitMs: 60_000 });
  writeEntry(bench, '{"Kind":"service-defaults","Name":"other","Protocol":"tcp"}');
  expect(isDone(bench, waiting)).toBe(false);
  speak(bench, "http");
  expect(isDone(bench, waiting)).toBe(true);
});

test("entries are not heeded unless the configuration says so, and never for what is no proxy", () => {
  const bench = layBench();
  speak(bench, "http");
  register(bench, proxyOf("web"));
  expect(configs(bench)).toBe("{}");
  const heeding = layBench(HEEDED);
  register(heeding, service("web"));
  expect([
    heeding.blocked,
    heeding.out.some((each) => each.type === "ask" && each.request.kind === "config.resolve"),
  ]).toEqual([[], false]);
});

test("one whose defaults can't be had is not registered, nor is the service that it stands beside", () => {
  const bench = layBench(HEEDED);
  bench.serversAreSlow = true;
  const sidecar = { ...NO_SERVICE };
  const refused = ask(bench, {
    ...({
      kind: "agent.register-service",
      service: service("web"),
      checks: [],
      replacesChecks: false,
    } as const),
    sidecar,
  });
  serveAsks(bench, "No cluster leader");
  expect(errorOf(bench, refused)).toBe(
    'could not retrieve initial service_defaults config for service "web-sidecar-proxy": No cluster leader',
  );
  expect(serviceIds(bench)).toEqual([]);
});

test("one that was registered before is registered again with what was said last, if no server says anything now", () => {
  const bench = layBench(HEEDED);
  speak(bench, "http");
  register(bench, proxyOf("web"));
  bench.serversAreSlow = true;
  const again = register(bench, proxyOf("web", { config: OWN }));
  serveAsks(bench, "No cluster leader");
  expect(errorOf(bench, again)).not.toContain("could not retrieve");
  const other = register(bench, proxyOf("web", { destinationServiceName: "other" }));
  serveAsks(bench, "No cluster leader");
  expect(errorOf(bench, other)).toContain("could not retrieve");
  bench.serversAreSlow = false;
  pass(bench, 120_000);
  expect(configs(bench)).toBe('{"own":1,"protocol":"http"}');
});

test("what was said last is there again after a restart without servers, also for what the configuration names", () => {
  const named = { services: [{ service: proxyOf("named"), checks: [] }], checks: [] };
  const bench = layBench({ local: named, ...HEEDED });
  register(bench, proxyOf("web", { config: OWN }));
  speak(bench, "http");
  speak(bench, "grpc");
  bench.around = { ...bench.around, reachable: false };
  restart(bench);
  const here = (): unknown[] =>
    get(bench, { kind: "agent.services" }, "local-services").services.map(({ proxy }) => [
      ...(proxy?.config ?? []),
    ]);
  expect(here()).toEqual([
    [["protocol", "grpc"]],
    [
      ["own", 1],
      ["protocol", "grpc"],
    ],
  ]);
  bench.around = { ...bench.around, reachable: true };
  removeEntry(bench, "proxy-defaults", "global");
  expect(here()).toEqual([[], [["own", 1]]]);
  restart(bench, { centralServiceConfig: false });
  expect(here()).toEqual([[], [["own", 1]]]);
});

test("what the configuration names begins without defaults where there are no servers, and gets them from the first", () => {
  const named = { services: [{ service: proxyOf("named"), checks: [] }], checks: [] };
  const bench = layBench(HEEDED);
  speak(bench, "http");
  bench.around = { ...bench.around, reachable: false };
  restart(bench, { local: named, ...HEEDED });
  expect(serviceIds(bench)).toEqual(["named-proxy"]);
  bench.around = { ...bench.around, reachable: true };
  pass(bench, 0);
  expect(configs(bench, "named-proxy")).toBe('{"protocol":"http"}');
  // A reload that says the same leaves it so.
  reload(bench, named);
  expect(configs(bench, "named-proxy")).toBe('{"protocol":"http"}');
});

test("servers that say nothing are asked again, ever more seldom", () => {
  const bench = layBench(HEEDED);
  register(bench, proxyOf("web"));
  bench.serversAreSlow = true;
  bench.asks.push(...bench.blocked.splice(0));
  const count = (): number =>
    bench.out.filter((each) => each.type === "ask" && each.request.kind === "config.resolve").length;
  const before = count();
  for (let minutes = 0; minutes < 20 * 60; minutes++) {
    serveAsks(bench, "no");
    pass(bench, 1000);
  }
  expect(count() - before).toBeGreaterThan(10);
  expect(count() - before).toBeLessThan(30);
  bench.serversAreSlow = false;
  speak(bench, "http");
  pass(bench, 120_000);
  expect(configs(bench)).toBe('{"protocol":"http"}');
});

test("changes of a service that come while its registration waits come after it, those of others do not wait", () => {
  const bench = layBench(HEEDED);
  bench.serversAreSlow = true;
  const first = register(bench, proxyOf("web", {}, { port: 1 }));
  const second = register(bench, proxyOf("web", {}, { port: 2 }));
  const onIt = ask(bench, {
    kind: "agent.register-check",
    check: check("c", {}, { serviceId: "web-proxy" }),
  });
  const gone = ask(bench, { kind: "agent.deregister-service", serviceId: "web-proxy" });
  const third = register(bench, proxyOf("web", {}, { port: 3 }));
  register(bench, service("other"));
  expect(serviceIds(bench)).toEqual(["other"]);
  bench.serversAreSlow = false;
  serveAsks(bench);
  expect([first, second, onIt, gone, third].map((id) => errorOf(bench, id))).toEqual(["", "", "", "", ""]);
  expect(inCatalog(bench, "web-proxy")?.port).toBe(3);
  expect(bench.local.held).toEqual([]);
});

test("nothing is asked about a proxy that is gone, or of another service by now", () => {
  const bench = layBench(HEEDED);
  register(bench, proxyOf("web"));
  pass(bench, 0);
  register(bench, proxyOf("web", { destinationServiceName: "api" }));
  pass(bench, 0);
  const asked = bench.blocked.map(({ request }) =>
    request.kind === "config.resolve" ? request.service : "",
  );
  expect(asked).toEqual(["api"]);
  ask(bench, { kind: "agent.deregister-service", serviceId: "web-proxy" });
  expect([bench.blocked, bench.local.central.followed.size, bench.local.central.flights.size]).toEqual([
    [],
    0,
    0,
  ]);
});

test("tags that others wrote stay when entries change, where the proxy says that they may", () => {
  const bench = layBench(HEEDED);
  register(bench, proxyOf("web", {}, { enableTagOverride: true }));
  const {
    createIndex: _c,
    modifyIndex: _m,
    node: _n,
    ...its
  } = inCatalog(bench, "web-proxy") ?? Object.create(null);
  const node = { id: "", node: NODE, address: "10.0.0.1", taggedAddresses: null, meta: null };
  write(bench, {
    kind: "catalog.register",
    ...node,
    skipNodeUpdate: true,
    checks: [],
    service: { ...its, tags: ["theirs"] },
  });
  pass(bench, 130_000);
  speak(bench, "http");
  expect([inCatalog(bench, "web-proxy")?.tags, configs(bench)]).toEqual([["theirs"], '{"protocol":"http"}']);
});

test("checks go by way of a proxy that entries say lets them through, until they say so no more", () => {
  const bench = layBench(HEEDED);
  register(bench, service("web"), [check("h", { http: "http://localhost:80/", intervalNs: 10e9 })]);
  register(bench, proxyOf("web"));
  expect([...bench.local.exposedPorts]).toEqual([]);
  writeEntry(bench, '{"Kind":"service-defaults","Name":"web","Expose":{"Checks":true}}');
  expect([...bench.local.exposedPorts]).toEqual([["h", 21_500]]);
  removeEntry(bench, "service-defaults", "web");
  expect([...bench.local.exposedPorts]).toEqual([]);
});

const UPSTREAM: Omit<Upstream, "destinationName"> = {
  ...{ destinationType: "service", destinationNamespace: "", datacenter: "", localBindAddress: "" },
  ...{ localBindPort: 1, config: null, meshGateway: { mode: "" } },
};
const PROTOCOLS = ["http", "grpc", "tcp"] as const;
type Turn = (bench: Bench) => void;
const name = fc.constantFrom("web", "db");
const protocol = fc.constantFrom(...PROTOCOLS);
const turn: fc.Arbitrary<Turn> = fc.oneof(
  protocol.map(
    (said): Turn =>
      (bench) =>
        speak(bench, said),
  ),
  fc.constant<Turn>((bench) => removeEntry(bench, "proxy-defaults", "global")),
  fc.tuple(name, protocol, fc.boolean()).map(
    ([of, said, checks]): Turn =>
      (bench) =>
        writeEntry(
          bench,
          `{"Kind":"service-defaults","Name":"${of}","Protocol":"${said}","Expose":{"Checks":${checks}}}`,
        ),
  ),
  name.map(
    (of): Turn =>
      (bench) =>
        removeEntry(bench, "service-defaults", of),
  ),
  fc.tuple(name, fc.subarray(["db", "web"]), fc.boolean()).map(([of, calls, own]): Turn => {
    const upstreams = calls.map((destinationName) => ({ ...UPSTREAM, destinationName }));
    return (bench) => void register(bench, proxyOf(of, { upstreams, ...(own ? { config: OWN } : {}) }));
  }),
  name.map(
    (of): Turn =>
      (bench) =>
        void ask(bench, { kind: "agent.deregister-service", serviceId: `${of}-proxy` }),
  ),
  fc.boolean().map(
    (slow): Turn =>
      (bench) => {
        bench.serversAreSlow = slow;
      },
  ),
  fc.boolean().map(
    (refuse): Turn =>
      (bench) =>
        serveAsks(bench, refuse ? "no leader" : undefined),
  ),
  fc.boolean().map(
    (reachable): Turn =>
      (bench) => {
        bench.around = { ...bench.around, reachable };
      },
  ),
  fc.constant<Turn>((bench) => restart(bench)),
  fc.constantFrom(0, 1000, 100_000).map(
    (ms): Turn =>
      (bench) =>
        pass(bench, ms),
  ),
);

test("whatever happens, in the end each proxy is what entries make of its registration, and is followed once", () => {
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 40 }), (turns) => {
      const bench = layBench(HEEDED);
      for (const each of turns) each(bench);
      bench.serversAreSlow = false;
      bench.around = { ...bench.around, reachable: true };
      serveAsks(bench);
      pass(bench, 200_000);
      const { services, central, held } = bench.local;
      for (const [id, { registered, definition }] of services) {
        const question = must(questionFor(registered), "a proxy");
        expect(definition).toEqual(withDefaults(registered, resolveServiceConfig(bench.store, question)));
        expect(inCatalog(bench, id)?.proxy).toEqual(definition.proxy);
      }
      expect([held, central.followed.size, central.flights.size]).toEqual([[], services.size, services.size]);
      expect(bench.blocked.filter(({ request }) => request.kind === "config.resolve")).toHaveLength(
        services.size,
      );
    }),
  );
});
