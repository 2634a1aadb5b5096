// TTL checks: how they are told, and when nobody has told them anything for too long.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ask,
  type Bench,
  check,
  checkInCatalog,
  checkLines,
  layBench,
  pass,
  register,
  reload,
  restart,
  service,
  TTL,
} from "./bench.ts";

function tell(bench: Bench, checkId: string, status: string, output = ""): void {
  ask(bench, { kind: "agent.update-check", checkId, status, output });
}

test("one that is told nothing for its TTL is critical, and says what it said last; the next word revives it", () => {
  const bench = layBench();
  ask(bench, { kind: "agent.register-check", check: check("quiet", TTL, { status: "passing" }) });
  ask(bench, { kind: "agent.register-check", check: check("told", TTL) });
  tell(bench, "told", "passing", "hey");
  pass(bench, 9_999);
  expect(checkLines(bench)).toEqual(["quiet passing", "told passing hey"]);
  pass(bench, 1);
  expect(checkLines(bench)).toEqual([
    "quiet critical TTL expired",
    "told critical TTL expired (last output before timeout follows): hey",
  ]);
  expect(checkInCatalog(bench, "quiet")?.status).toBe("critical");
  pass(bench, 60_000);
  expect(checkLines(bench)[0]).toBe("quiet critical TTL expired");
  tell(bench, "quiet", "warning");
  expect(checkLines(bench)[0]).toBe("quiet warning");
  expect(checkInCatalog(bench, "quiet")?.status).toBe("warning");
});

test("it ends a whole TTL after whatever came last: a word, a registration, a reload", () => {
  const events = fc.constantFrom("tell", "register", "reload");
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9_999 }), events), { maxLength: 8 }), (steps) => {
      const it = check("c", TTL, { status: "passing" });
      const bench = layBench({ local: { services: [], checks: [it] } });
      for (const [ms, what] of steps) {
        pass(bench, ms);
        if (what === "tell") tell(bench, "c", "passing");
        else if (what === "register") ask(bench, { kind: "agent.register-check", check: it });
        else reload(bench, { services: [], checks: [it] });
      }
      pass(bench, 9_999);
      expect(checkLines(bench)).toEqual(["c passing"]);
      pass(bench, 1);
      expect(checkLines(bench)).toEqual(["c critical TTL expired"]);
    }),
    { numRuns: 50 },
  );
});

test("what is longer than is kept is cut and says so; the check's own limit counts if it is lower", () => {
  const bench = layBench({ checkOutputMaxBytes: 10 });
  ask(bench, { kind: "agent.register-check", check: check("c", TTL) });
  ask(bench, { kind: "agent.register-check", check: check("low", { ...TTL, outputMaxSize: 4 }) });
  ask(bench, { kind: "agent.register-check", check: check("high", { ...TTL, outputMaxSize: 100 }) });
  for (const id of ["c", "low", "high"]) tell(bench, id, "passing", "0123456789ab");
  expect(checkLines(bench)).toEqual([
    "c passing 0123456789 ... (captured 10 of 12 bytes)",
    "high passing 0123456789 ... (captured 10 of 12 bytes)",
    "low passing 0123 ... (captured 4 of 12 bytes)",
  ]);
});

test("after a restart it is as it was told, for another TTL, unless its time was over by then", () => {
  const spec = check("config", TTL);
  const bench = layBench({ local: { services: [], checks: [spec] } });
  ask(bench, { kind: "agent.register-check", check: check("a", TTL, { status: "warning" }) });
  register(bench, service("web"), [check("b", { ttlNs: 60e9 })]);
  for (const id of ["a", "b", "config"]) tell(bench, id, "passing", `${id} is well`);
  pass(bench, 9_000);
  restart(bench);
  expect(checkLines(bench)).toEqual([
    "a passing a is well",
    "b passing b is well",
    "config passing config is well",
  ]);
  pass(bench, 9_000);
  expect(checkLines(bench)[0]).toBe("a passing a is well");
  restart(bench);
  expect(checkLines(bench)).toEqual(["a critical", "b passing b is well", "config critical"]);
});

test("its outputs are not kept where they are to be discarded", () => {
  const bench = layBench({ discardCheckOutput: true });
  ask(bench, { kind: "agent.register-check", check: check("c", TTL) });
  tell(bench, "c", "passing", "secret");
  expect(checkLines(bench)).toEqual(["c passing"]);
});
