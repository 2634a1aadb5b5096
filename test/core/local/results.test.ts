// Checks that are made again and again, and checks that say what others say.

import { expect, test } from "vitest";
import type { CatalogRegister } from "../../../src/core/api/request.ts";
import {
  ask,
  type Bench,
  check,
  checkLines,
  endGivenUp,
  endProbe,
  giveUpProbe,
  layBench,
  pass,
  register,
  serveAsks,
  service,
  TTL,
  write,
} from "./bench.ts";

const EVERY_TEN_SECONDS = { http: "http://x", intervalNs: 10e9 };

/** How often the check has been begun. */
function runs({ out }: Bench): number {
  return out.filter(({ type }) => type === "probe").length;
}

function stops({ out }: Bench): number[] {
  return out.flatMap((each) => (each.type === "probe-stop" ? [each.run] : []));
}

function runOf({ local }: Bench): number {
  return local.checks.get("c")?.run ?? 0;
}

/** Has the check made once, with this result. */
function statusAfter(bench: Bench, status: string): string | undefined {
  pass(bench, 10_000);
  endProbe(bench, "c", status, status);
  return bench.local.checks.get("c")?.status;
}

test("a check is made within an interval, and again an interval after each result", () => {
  const bench = layBench();
  register(bench, service("web"), [check("c", EVERY_TEN_SECONDS)]);
  pass(bench, 10_000);
  expect(runs(bench)).toBe(1);
  pass(bench, 100_000);
  expect(runs(bench)).toBe(1);
  endProbe(bench, "c", "passing", "200 OK");
  pass(bench, 9_999);
  expect([runs(bench), checkLines(bench)]).toEqual([1, ["c passing 200 OK"]]);
  pass(bench, 1);
  expect(runs(bench)).toBe(2);
});

test("no check is made more often than once a second", () => {
  const bench = layBench();
  ask(bench, { kind: "agent.register-check", check: check("c", { tcp: "x:1", intervalNs: 1e6 }) });
  pass(bench, 1000);
  endProbe(bench, "c", "passing", "");
  pass(bench, 999);
  expect(runs(bench)).toBe(1);
  pass(bench, 1);
  expect(runs(bench)).toBe(2);
});

test("a result of a run before the check was registered anew does not count", () => {
  const bench = layBench();
  const it = check("c", EVERY_TEN_SECONDS);
  register(bench, service("web"), [it]);
  pass(bench, 10_000);
  const before = runOf(bench);
  register(bench, service("web"), [check("c", { http: "http://y", intervalNs: 10e9 })]);
  endProbe(bench, "c", "passing", "late", before);
  expect(checkLines(bench)).toEqual(["c critical"]);
  expect(stops(bench)).toEqual([before]);
});

test("a check that is registered again as it was goes on as it was, however often that is done", () => {
  const bench = layBench();
  const it = check("c", EVERY_TEN_SECONDS);
  register(bench, service("web"), [it]);
  for (let second = 0; second < 10; second++) {
    pass(bench, 1000);
    register(bench, service("web"), [it]);
  }
  expect(runs(bench)).toBe(1);
  endProbe(bench, "c", "passing", "in the end");
  expect([checkLines(bench), stops(bench)]).toEqual([["c passing in the end"], []]);
  pass(bench, 9_999);
  register(bench, service("web"), [it]);
  pass(bench, 1);
  expect(runs(bench)).toBe(2);
});

test("a check that is taken out while it is made is to be ended, and what comes of it all the same is not heard", () => {
  const bench = layBench();
  register(bench, service("web"), [check("c", EVERY_TEN_SECONDS)]);
  pass(bench, 10_000);
  const run = runOf(bench);
  ask(bench, { kind: "agent.deregister-service", serviceId: "web" });
  expect(stops(bench)).toEqual([run]);
  endProbe(bench, "c", "passing", "late", run);
  expect(checkLines(bench)).toEqual([]);
});

test("a check whose run goes on after it was given up is not begun again before that has ended", () => {
  const bench = layBench();
  register(bench, service("web"), [check("c", EVERY_TEN_SECONDS)]);
  pass(bench, 10_000);
  giveUpProbe(bench, "c", "Timed out (1s) running check");
  expect(checkLines(bench)).toEqual(["c critical Timed out (1s) running check"]);
  pass(bench, 60_000);
  expect(runs(bench)).toBe(1);
  endGivenUp(bench, "c");
  pass(bench, 9_999);
  expect(runs(bench)).toBe(1);
  pass(bench, 1);
  expect(runs(bench)).toBe(2);
});

test("enough failures for a warning make a check warn, and more of them make it critical", () => {
  const bench = layBench();
  const spec = { ...EVERY_TEN_SECONDS, failuresBeforeWarning: 2, failuresBeforeCritical: 3 };
  register(bench, service("web"), [check("c", spec)]);
  const statuses = ["passing", "critical", "critical", "critical"].map((status) =>
    statusAfter(bench, status),
  );
  expect(statuses).toEqual(["passing", "passing", "warning", "critical"]);
});

test("what can't be made as often, or go as soon, as it says is told to the log", () => {
  const bench = layBench();
  const spec = { http: "http://x", intervalNs: 1e6, deregisterCriticalServiceAfterNs: 1e9 };
  register(bench, service("web"), [check("c", spec)]);
  const told = bench.out.flatMap((each) => (each.type === "notice" && each.level === "warn" ? [each] : []));
  expect(told.map(({ message, fields }) => [message, fields])).toEqual([
    ["check has interval below minimum", { check: "c", minimum_interval: "1s" }],
    ["check has deregister interval below minimum", { check: "c", minimum_interval: "1m0s" }],
  ]);
});

test("results count once there are enough of them in a row; the first counts at once", () => {
  const bench = layBench();
  const spec = { ...EVERY_TEN_SECONDS, successBeforePassing: 2, failuresBeforeCritical: 3 };
  register(bench, service("web"), [check("c", spec, { status: "passing" })]);
  const results = [
    "critical",
    "passing",
    "passing",
    "critical",
    "critical",
    "passing",
    "critical",
    "critical",
    "critical",
  ];
  const statuses = results.map((status) => statusAfter(bench, status));
  expect(statuses).toEqual([
    "critical",
    "critical",
    "passing",
    "passing",
    "passing",
    "passing",
    "passing",
    "passing",
    "critical",
  ]);
});

test("a result that does not count yet changes nothing, and is told to the log; so is what makes a check critical", () => {
  const bench = layBench();
  const spec = { ...EVERY_TEN_SECONDS, successBeforePassing: 2, failuresBeforeCritical: 2 };
  register(bench, service("web"), [check("c", spec)]);
  for (const status of ["passing", "critical", "critical", "passing"]) statusAfter(bench, status);
  expect(checkLines(bench)).toEqual(["c critical critical"]);
  const told = bench.out.flatMap((each) => (each.type === "notice" && each.level === "warn" ? [each] : []));
  expect(told.map(({ message, fields }) => [message, fields])).toEqual([
    [
      "Check failed but has not reached failure threshold",
      { check: "c", status: "critical", failure_count: 1, failure_threshold: 2 },
    ],
    ["Check is now critical", { check: "c" }],
    [
      "Check passed but has not reached success threshold",
      { check: "c", status: "passing", success_count: 1, success_threshold: 2 },
    ],
  ]);
});

test("a check that could not be made is critical at once, however many failures it bears", () => {
  const bench = layBench();
  const spec = { ...EVERY_TEN_SECONDS, failuresBeforeCritical: 3 };
  register(bench, service("web"), [check("c", spec)]);
  expect(statusAfter(bench, "passing")).toBe("passing");
  pass(bench, 10_000);
  giveUpProbe(bench, "c", "Timed out (1s) running check");
  expect(checkLines(bench)).toEqual(["c critical Timed out (1s) running check"]);
});

test("an alias says what the checks of its service and its node say", () => {
  const bench = layBench();
  const alias = check("alias", { aliasService: "web" }, { type: "alias" });
  ask(bench, { kind: "agent.register-check", check: alias });
  const says = (): string => checkLines(bench)[0]?.slice("alias ".length) ?? "";
  expect(says()).toBe("critical Service web could not be found on node ");
  register(bench, service("web"));
  expect(says()).toBe("passing No checks found.");
  register(bench, service("web"), [check("c", TTL, { name: "its check", status: "passing" })]);
  expect(says()).toBe("passing All checks passing.");
  ask(bench, { kind: "agent.update-check", checkId: "c", status: "warning", output: "soon" });
  expect(says()).toBe('warning Aliased check "its check" failing: soon');
  ask(bench, { kind: "agent.maintain-node", enable: true, reason: "" });
  ask(bench, { kind: "agent.maintain-node", enable: false, reason: "" });
  pass(bench, 10_000);
  expect(says()).toContain('critical Aliased check "its check" failing: TTL expired');
});

test("an alias of another node says what the catalog says of it, and hears of news", () => {
  const bench = layBench();
  const there = (status: string): void => {
    const its = {
      node: "m",
      checkId: "c",
      name: "its check",
      status,
      notes: "",
      output: "why",
      serviceId: "web",
    };
    const { token: _, ...web } = service("web");
    const request: CatalogRegister = {
      kind: "catalog.register",
      id: "",
      node: "m",
      address: "10.0.0.9",
      taggedAddresses: null,
      meta: null,
      skipNodeUpdate: false,
      service: web,
      checks: status === "" ? [] : [{ ...its, serviceName: "", serviceTags: [], type: "", definition: null }],
    };
    write(bench, request);
  };
  const alias = check("alias", { aliasService: "web", aliasNode: "m" }, { type: "alias" });
  ask(bench, { kind: "agent.register-check", check: alias });
  pass(bench, 0);
  expect(checkLines(bench)).toEqual(["alias critical Service web could not be found on node m"]);
  there("");
  expect(again(bench)).toEqual(["alias passing No checks found."]);
  there("passing");
  expect(again(bench)).toEqual(["alias passing All checks passing."]);
  there("critical");
  expect(again(bench)).toEqual(['alias critical Aliased check "its check" failing: why']);
});

test("an alias of another node bears that the servers do not answer once, and not twice", () => {
  const bench = layBench();
  bench.serversAreSlow = true;
  const alias = check("alias", { aliasService: "web", aliasNode: "m" }, { type: "alias", status: "passing" });
  ask(bench, { kind: "agent.register-check", check: alias });
  pass(bench, 0);
  serveAsks(bench, "No cluster leader");
  expect(checkLines(bench)).toEqual(["alias passing"]);
  pass(bench, 5_000);
  serveAsks(bench, "No cluster leader");
  expect(checkLines(bench)).toEqual([
    "alias critical Failure checking aliased node or service: No cluster leader",
  ]);
});

test("an alias of another node asks ever more seldom while the servers do not answer, at least once a minute", () => {
  const bench = layBench();
  bench.serversAreSlow = true;
  ask(bench, { kind: "agent.register-check", check: check("alias", { aliasNode: "m" }, { type: "alias" }) });
  pass(bench, 0);
  const restsMs = [5_000, 10_000, 20_000, 40_000, 60_000, 60_000];
  const asked = restsMs.map((ms) => {
    serveAsks(bench, "No cluster leader");
    pass(bench, ms - 1);
    const early = questionsAbout(bench, "m");
    pass(bench, 1);
    return [early, questionsAbout(bench, "m")];
  });
  expect(asked).toEqual(restsMs.map(() => [0, 1]));
});

function questionsAbout({ asks }: Bench, node: string): number {
  return asks.filter(({ request }) => request.kind === "health.node" && request.node === node).length;
}

test("an alias of a node alone says what the checks of the node itself say, however its name is written", () => {
  const bench = layBench();
  const its = { node: "m", notes: "", output: "", serviceName: "", serviceTags: [], type: "" };
  const { token: _, ...web } = service("web");
  write(bench, {
    ...{
      kind: "catalog.register",
      id: "",
      node: "m",
      address: "10.0.0.9",
      taggedAddresses: null,
      meta: null,
    },
    ...{ skipNodeUpdate: false, service: web },
    checks: [
      { ...its, checkId: "node", name: "disk", status: "warning", serviceId: "", definition: null },
      { ...its, checkId: "web", name: "web", status: "critical", serviceId: "web", definition: null },
    ],
  });
  ask(bench, { kind: "agent.register-check", check: check("alias", { aliasNode: "M" }, { type: "alias" }) });
  pass(bench, 0);
  expect(checkLines(bench)).toEqual(['alias warning Aliased check "disk" failing: ']);
});

/** What the checks say once they have asked anew. */
function again(bench: Bench): string[] {
  for (const it of bench.local.checks.values()) it.aliasIndex = 0;
  ask(bench, { kind: "agent.register-check", check: bench.local.checks.get("alias")?.registration as never });
  pass(bench, 0);
  return checkLines(bench);
}
