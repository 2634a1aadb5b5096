// What is registered with an agent, and what becomes of it. The words and ids are Consul 1.8.7's.

import { expect, test } from "vitest";
import {
  ask,
  check,
  checkLines,
  errorOf,
  get,
  inCatalog,
  isDone,
  layBench,
  pass,
  register,
  reload,
  restart,
  service,
  serviceIds,
  TTL,
  takeLog,
} from "./bench.ts";

test("a service comes with its checks, which take its name where they have none", () => {
  const bench = layBench();
  register(bench, service("one", { service: "web" }), [check("", TTL, { name: "" })]);
  register(bench, service("two", { service: "web", tags: ["a"] }), [
    check("own", TTL),
    check("", TTL, { name: "" }),
  ]);
  const { checks } = get(bench, { kind: "agent.checks" }, "local-checks");
  expect(
    checks.map((each) => [each.checkId, each.name, each.serviceId, each.serviceName, each.status]),
  ).toEqual([
    ["own", "own", "two", "web", "critical"],
    ["service:one", "Service 'web' check", "one", "web", "critical"],
    ["service:two:2", "Service 'web' check", "two", "web", "critical"],
  ]);
  expect(checks[0]).toMatchObject({ node: "n", serviceTags: ["a"], definition: null, createIndex: 0 });
});

test("a service that is registered again keeps the checks that it had, unless they are to be replaced", () => {
  const bench = layBench();
  const ids = (): string[] => checkLines(bench).map((line) => line.split(" ")[0] ?? "");
  register(bench, service("web"), [check("a", TTL), check("b", TTL)]);
  register(bench, service("web"), [check("c", TTL)]);
  expect(ids()).toEqual(["a", "b", "c"]);
  register(bench, service("web"), [check("c", TTL)], true);
  expect(ids()).toEqual(["c"]);
});

test("a check that is registered again stays as it is", () => {
  const bench = layBench();
  ask(bench, { kind: "agent.register-check", check: check("c", TTL, { status: "warning" }) });
  ask(bench, { kind: "agent.update-check", checkId: "c", status: "passing", output: "well" });
  ask(bench, { kind: "agent.register-check", check: check("c", TTL, { status: "critical", notes: "new" }) });
  expect(checkLines(bench)).toEqual(["c passing well"]);
  expect(get(bench, { kind: "agent.checks" }, "local-checks").checks[0]?.notes).toBe("new");
});

test("a service goes with its checks; what is not there is no error", () => {
  const bench = layBench();
  register(bench, service("web"), [check("a", TTL)]);
  ask(bench, { kind: "agent.register-check", check: check("node", TTL) });
  expect(isDone(bench, ask(bench, { kind: "agent.deregister-service", serviceId: "web" }))).toBe(true);
  expect(isDone(bench, ask(bench, { kind: "agent.deregister-service", serviceId: "web" }))).toBe(true);
  expect(isDone(bench, ask(bench, { kind: "agent.deregister-check", checkId: "none" }))).toBe(true);
  expect([serviceIds(bench), checkLines(bench)]).toEqual([[], ["node critical"]]);
  expect(inCatalog(bench, "web")).toBeUndefined();
});

test("what cannot be is refused in Consul's words", () => {
  const bench = layBench();
  register(bench, service("web"), [check("h", { http: "http://x", intervalNs: 1e9 })]);
  const errors = [
    { kind: "agent.register-check", check: check("c", TTL, { serviceId: "nosuch" }) } as const,
    { kind: "agent.update-check", checkId: "h", status: "passing", output: "" } as const,
    { kind: "agent.update-check", checkId: "nosuch", status: "passing", output: "" } as const,
    { kind: "agent.maintain-service", serviceId: "nosuch", enable: true, reason: "" } as const,
  ].map((request) => errorOf(bench, ask(bench, request)));
  expect(errors).toEqual([
    'ServiceID "nosuch" does not exist',
    'CheckID "h" does not have associated TTL',
    'CheckID "nosuch" does not have associated TTL',
    'No service registered with ID "nosuch"',
  ]);
});

test("maintenance is a critical check, of the node or of a service; the first reason stays", () => {
  const bench = layBench();
  register(bench, service("web"));
  const maintain = (reason: string, enable = true): void => {
    ask(bench, { kind: "agent.maintain-node", enable, reason });
    ask(bench, { kind: "agent.maintain-service", serviceId: "web", enable, reason });
  };
  maintain("");
  maintain("again");
  const { checks } = get(bench, { kind: "agent.checks" }, "local-checks");
  expect(
    checks.map(({ checkId, name, status, notes, type }) => [checkId, name, status, notes, type]),
  ).toEqual([
    [
      "_node_maintenance",
      "Node Maintenance Mode",
      "critical",
      "Maintenance mode is enabled for this node, but no reason was provided. This is a default message.",
      "maintenance",
    ],
    [
      "_service_maintenance:web",
      "Service Maintenance Mode",
      "critical",
      "Maintenance mode is enabled for this service, but no reason was provided. This is a default message.",
      "maintenance",
    ],
  ]);
  maintain("", false);
  expect(checkLines(bench)).toEqual([]);
});

test("a service whose check has been critical for too long goes, within half a minute", () => {
  const bench = layBench();
  const spec = { ...TTL, deregisterCriticalServiceAfterNs: 90e9 };
  register(bench, service("web"), [check("c", spec)]);
  register(bench, service("well"), [check("w", { ...spec, ttlNs: 1000e9 }, { status: "passing" })]);
  pass(bench, 90_000);
  expect(serviceIds(bench)).toEqual(["web", "well"]);
  pass(bench, 30_001);
  expect(serviceIds(bench)).toEqual(["well"]);
  expect(inCatalog(bench, "web")).toBeUndefined();
});

test("it goes after a minute at the earliest, and not if it was well in between", () => {
  const bench = layBench();
  register(bench, service("web"), [check("c", { ...TTL, deregisterCriticalServiceAfterNs: 1e9 })]);
  pass(bench, 50_000);
  ask(bench, { kind: "agent.update-check", checkId: "c", status: "passing", output: "" });
  pass(bench, 55_000);
  expect(serviceIds(bench)).toEqual(["web"]);
  pass(bench, 60_000);
  expect(serviceIds(bench)).toEqual([]);
});

test("what has gone so is gone after a restart too, but for what the configuration names", () => {
  const spec = { ...TTL, deregisterCriticalServiceAfterNs: 60e9 };
  const own = { service: service("own"), checks: [check("o", spec)] };
  const bench = layBench({ local: { services: [own], checks: [] } });
  register(bench, service("web"), [check("c", spec)]);
  pass(bench, 91_000);
  expect(serviceIds(bench)).toEqual([]);
  reload(bench, { services: [own], checks: [] });
  expect(serviceIds(bench)).toEqual(["own"]);
  pass(bench, 91_000);
  restart(bench);
  expect(serviceIds(bench)).toEqual(["own"]);
});

test("the log says which check has had its service taken out", () => {
  const bench = layBench();
  const spec = { ...TTL, deregisterCriticalServiceAfterNs: 60e9 };
  register(bench, service("web"), [check("c", spec)]);
  takeLog(bench);
  pass(bench, 91_000);
  expect(takeLog(bench)).toContain(
    "info: Check for service has been critical for too long; deregistered service (service=web check=c)",
  );
});

test("what the configuration names is replaced when it is read again; the rest, and how checks are, stays", () => {
  const named = (...ids: string[]) => ({
    services: ids.map((id) => ({ service: service(id), checks: [check("", TTL, { name: "" })] })),
    checks: [check(`node-${ids[0]}`, TTL)],
  });
  const bench = layBench({ local: named("a", "b") });
  register(bench, service("mine"));
  ask(bench, { kind: "agent.update-check", checkId: "service:b", status: "passing", output: "well" });
  expect(serviceIds(bench)).toEqual(["a", "b", "mine"]);
  reload(bench, named("b", "c"));
  expect(serviceIds(bench)).toEqual(["b", "c", "mine"]);
  expect(checkLines(bench)).toEqual(["node-b critical", "service:b passing well", "service:c critical"]);
  expect(["a", "b", "c", "mine"].map((id) => inCatalog(bench, id) !== undefined)).toEqual([
    false,
    true,
    true,
    true,
  ]);
});

test("an instance's health is its own checks and its node's; by name there may be several", () => {
  const bench = layBench();
  register(bench, service("one", { service: "web" }), [check("c1", TTL)]);
  register(bench, service("two", { service: "web" }), [check("c2", TTL)]);
  ask(bench, { kind: "agent.register-check", check: check("node", TTL) });
  const health = (by: "id" | "name", of: string): unknown =>
    get(bench, { kind: "agent.service-health", by, of }, "local-health").instances.map((each) => [
      each.service.id,
      each.checks.map(({ checkId }) => checkId),
    ]);
  expect(health("id", "one")).toEqual([["one", ["c1", "node"]]]);
  expect(health("name", "web")).toEqual([
    ["one", ["c1", "node"]],
    ["two", ["c2", "node"]],
  ]);
  expect(health("id", "web")).toEqual([]);
});

test("who waits for another definition of a service is answered when it changes, or goes, or the time is up", () => {
  const bench = layBench();
  register(bench, service("web"));
  const question = { kind: "agent.service", serviceId: "web", waitMs: 10_000 } as const;
  const { hash } = get(bench, { ...question, hash: "" }, "local-service");
  const waits = ask(bench, { ...question, hash });
  register(bench, service("web"));
  expect(bench.answers.get(waits)).toBeUndefined();
  register(bench, service("web", { port: 81 }));
  expect(bench.answers.get(waits)).toMatchObject({ body: { service: { port: 81 } } });
  const changed = get(bench, { ...question, hash }, "local-service").hash;
  const late = ask(bench, { ...question, hash: changed });
  pass(bench, 10_000);
  expect(bench.answers.get(late)).toMatchObject({ body: { hash: changed } });
  const gone = ask(bench, { ...question, hash: changed });
  ask(bench, { kind: "agent.deregister-service", serviceId: "web" });
  expect(bench.answers.get(gone)).toMatchObject({ body: { kind: "local-service", service: undefined } });
});
