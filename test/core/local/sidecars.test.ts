// Proxies that are registered beside a service because it asks for one.

import { expect, test } from "vitest";
import type { AgentConfig } from "../../../src/core/agent/config.ts";
import { NO_SERVICE, type WrittenService } from "../../../src/core/model/written-service.ts";
import {
  ask,
  type Bench,
  check,
  checkLines,
  errorOf,
  get,
  inCatalog,
  layBench,
  restart,
  service,
  serviceIds,
  TTL,
} from "./bench.ts";

function registerBeside(bench: Bench, id: string, sidecar: Partial<WrittenService> = {}, port = 80): number {
  const own = { service: service(id, { port }), checks: [] };
  return ask(bench, {
    kind: "agent.register-service",
    ...own,
    replacesChecks: false,
    sidecar: { ...NO_SERVICE, ...sidecar },
  });
}

function portOf(bench: Bench, id: string): number | undefined {
  const { services } = get(bench, { kind: "agent.services" }, "local-services");
  return services.find((each) => each.id === id)?.port;
}

test("a sidecar speaks for its service, at the lowest port that nobody here has, and keeps it", () => {
  const bench = layBench();
  registerBeside(bench, "web", {}, 21_000);
  registerBeside(bench, "api");
  expect([portOf(bench, "web-sidecar-proxy"), portOf(bench, "api-sidecar-proxy")]).toEqual([21_001, 21_002]);
  registerBeside(bench, "web");
  registerBeside(bench, "third");
  expect([portOf(bench, "web-sidecar-proxy"), portOf(bench, "third-sidecar-proxy")]).toEqual([
    21_001, 21_000,
  ]);
  expect(inCatalog(bench, "api-sidecar-proxy")).toMatchObject({
    kind: "connect-proxy",
    service: "api-sidecar-proxy",
    proxy: { destinationServiceName: "api", destinationServiceId: "api", localServicePort: 80 },
  });
  expect(checkLines(bench).filter((line) => line.startsWith("service:api-sidecar-proxy"))).toHaveLength(2);
});

test("what it says itself goes before what its service lends it", () => {
  const bench = layBench();
  registerBeside(bench, "web", { name: "mine", port: 7, tags: ["a"], checks: [check("own", TTL)] });
  expect(inCatalog(bench, "web-sidecar-proxy")).toMatchObject({ service: "mine", port: 7, tags: ["a"] });
  expect(checkLines(bench)).toEqual(["own critical"]);
});

test("it goes with its service, also after a restart; a proxy of that name that stands for itself stays", () => {
  const bench = layBench();
  registerBeside(bench, "web", { checks: [check("a", TTL)] });
  registerBeside(bench, "api", { checks: [check("b", TTL)] });
  ask(bench, {
    kind: "agent.register-service",
    service: service("api-sidecar-proxy"),
    checks: [],
    replacesChecks: true,
  });
  restart(bench);
  for (const serviceId of ["web", "api"]) ask(bench, { kind: "agent.deregister-service", serviceId });
  expect([serviceIds(bench), checkLines(bench)]).toEqual([["api-sidecar-proxy"], []]);
});

test("without a port that is free nothing is registered", () => {
  const ports = (min: number, max: number): Partial<AgentConfig> => ({ sidecarPorts: { min, max } });
  const none = "Bad request: Invalid SidecarService: no port provided for sidecar_service and";
  const full = layBench(ports(5, 5));
  registerBeside(full, "a");
  expect(errorOf(full, registerBeside(full, "b"))).toBe(`${none} none left in the configured range [5, 5]`);
  expect(serviceIds(full)).toEqual(["a", "a-sidecar-proxy"]);
  const off = layBench(ports(-1, -1));
  expect(errorOf(off, registerBeside(off, "b"))).toBe(`${none} auto-assignment disabled in config`);
});
