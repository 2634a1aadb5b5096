// Checks that go by way of the proxy of their service.

import { expect, test } from "vitest";
import type { AgentConfig } from "../../../src/core/agent/config.ts";
import { must } from "../../../src/core/lib/assert.ts";
import type { CheckSpec } from "../../../src/core/model/local.ts";
import { serviceProxy } from "../../../src/core/model/proxy.ts";
import { zero } from "../../../src/core/model/shape.ts";
import { ask, type Bench, check, endProbe, layBench, pass, register, restart, service } from "./bench.ts";

const HTTP = { http: "http://localhost:8080/health?deep=1", intervalNs: 10e9 };
const GRPC = { grpc: "10.0.0.1:9090/svc", intervalNs: 10e9 };

function registerProxy(bench: Bench, of: string, checks: boolean, address = ""): void {
  const expose = { checks, paths: null };
  const proxy = { ...zero(serviceProxy), destinationServiceName: of, destinationServiceId: of, expose };
  register(bench, service(`${of}-proxy`, { kind: "connect-proxy", address, proxy }));
}

/** What the check asks when it is made next. */
function target(bench: Bench, checkId: string): string {
  if (bench.local.checks.get(checkId)?.probing) endProbe(bench, checkId, "passing", "");
  const before = bench.out.length;
  for (let tries = 0; tries < 3; tries++) {
    pass(bench, 10_000);
    const made = bench.out
      .slice(before)
      .findLast((each) => each.type === "probe" && each.checkId === checkId);
    if (made?.type !== "probe") continue;
    endProbe(bench, checkId, "passing", "");
    return made.spec.http || made.spec.grpc || made.spec.tcp;
  }
  throw new Error(`${checkId} is not made`);
}

function web(options: Partial<AgentConfig> = {}): Bench {
  const bench = layBench(options);
  register(bench, service("web"), [
    check("h", HTTP),
    check("g", GRPC),
    check("t", { tcp: "x:1", intervalNs: 10e9 }),
  ]);
  return bench;
}

test("those over HTTP and gRPC go to a port of the proxy's, each to its own, all others where they went", () => {
  const bench = web();
  registerProxy(bench, "web", true);
  expect(target(bench, "h")).toBe("http://:21500/health?deep=1");
  expect(target(bench, "g")).toBe(":21501/svc");
  expect(target(bench, "t")).toBe("x:1");
  // The very same proxy again changes nothing, at another address it is found there.
  registerProxy(bench, "web", true, "10.0.0.9");
  expect(target(bench, "h")).toBe("http://10.0.0.9:21500/health?deep=1");
  registerProxy(bench, "web", true, "::9");
  expect(target(bench, "g")).toBe("[::9]:21501/svc");
});

test("one that is registered later does so too, also after a restart", () => {
  const bench = layBench();
  registerProxy(bench, "web", true, "10.0.0.9");
  register(bench, service("web"), [check("h", { ...HTTP, http: "https://[::1]:443" })]);
  ask(bench, { kind: "agent.register-check", check: check("late", HTTP, { serviceId: "web" }) });
  expect(target(bench, "h")).toBe("https://10.0.0.9:21500");
  restart(bench);
  expect([target(bench, "h"), target(bench, "late")]).toEqual([
    "https://10.0.0.9:21500",
    "http://10.0.0.9:21501/health?deep=1",
  ]);
});

test("when the proxy does not say so any more, or is gone, they ask the service again", () => {
  const bench = web();
  registerProxy(bench, "web", true);
  registerProxy(bench, "web", false);
  expect(target(bench, "h")).toBe(HTTP.http);
  registerProxy(bench, "web", true);
  expect(target(bench, "h")).toBe("http://:21500/health?deep=1");
  ask(bench, { kind: "agent.deregister-service", serviceId: "web-proxy" });
  expect([target(bench, "h"), target(bench, "g")]).toEqual([HTTP.http, GRPC.grpc]);
});

test("a port is another check's when its check is gone, or the proxy turns to another service", () => {
  const bench = web();
  registerProxy(bench, "web", true);
  ask(bench, { kind: "agent.deregister-check", checkId: "h" });
  ask(bench, { kind: "agent.register-check", check: check("new", HTTP, { serviceId: "web" }) });
  expect(target(bench, "new")).toBe("http://:21500/health?deep=1");
  const web2 = must(bench.local.services.get("web-proxy"), "it is there").definition;
  register(bench, { ...web2, proxy: { ...must(web2.proxy, "it is one"), destinationServiceId: "api" } });
  expect(target(bench, "new")).toBe(HTTP.http);
});

test("without a port that is free a check is made as it says, and the log says so", () => {
  const bench = web({ exposePorts: { min: 7, max: 7 } });
  registerProxy(bench, "web", true);
  expect([target(bench, "h"), target(bench, "g")]).toEqual(["http://:7/health?deep=1", GRPC.grpc]);
  const said = bench.out.flatMap((each) => (each.type === "notice" ? [[each.message, each.fields]] : []));
  expect(said).toContainEqual([
    "error exposing check",
    { check: "g", error: "no ports available to expose 'g'" },
  ]);
});

test.each<readonly [Partial<CheckSpec>, string]>([
  [{ http: "http://h/a:1/b" }, "http://:21500/a:1/b"],
  [{ http: "http://user:x@h:1/b" }, "http://:21500:x@h:1/b"],
  [{ http: "ftp://h:1/b" }, "ftp://h:1/b"],
  [{ grpc: "h:1/a:2/b" }, ":21500/b"],
  [{ grpc: "h" }, "h"],
])("%o goes to %s, as Consul's expressions find the place", (spec, expected) => {
  const bench = layBench();
  register(bench, service("web"), [check("c", { ...spec, intervalNs: 10e9 })]);
  registerProxy(bench, "web", true);
  expect(target(bench, "c")).toBe(expected);
});
