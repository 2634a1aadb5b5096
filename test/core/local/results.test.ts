// Checks that are made again and again, and checks that say what others say.

import { expect, test } from "vitest";
import type { CatalogRegister } from "../../../src/core/api/request.ts";
import {
  ask,
  type Bench,
  check,
  checkLines,
  endProbe,
  layBench,
  pass,
  register,
  service,
  TTL,
  write,
} from "./bench.ts";

const EVERY_TEN_SECONDS = { http: "http://x", intervalNs: 10e9 };

/** How often the check has been begun. */
function runs({ out }: Bench): number {
  return out.filter(({ type }) => type === "probe").length;
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
  const before = bench.local.checks.get("c")?.run ?? 0;
  register(bench, service("web"), [it]);
  endProbe(bench, "c", "passing", "late", before);
  expect(checkLines(bench)).toEqual(["c critical"]);
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
  const statuses = results.map((status) => {
    endProbe(bench, "c", status, status);
    return bench.local.checks.get("c")?.status;
  });
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

/** What the checks say once they have asked anew. */
function again(bench: Bench): string[] {
  for (const it of bench.local.checks.values()) it.aliasIndex = 0;
  ask(bench, { kind: "agent.register-check", check: bench.local.checks.get("alias")?.registration as never });
  pass(bench, 0);
  return checkLines(bench);
}
