// What was registered is there again after a crash, if anybody was told so; what was not told of may be there, whole, or not.

import fc from "fast-check";
import { expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { concatBytes } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import {
  encodeChange,
  encodeRecords,
  FIRST_SUM,
  journalMark,
  NO_CHANGE,
  readJournal,
} from "../../../src/core/local/journal-format.ts";
import { checkDefinition } from "../../../src/core/wire/rows.ts";
import { encode, int64, list, record, text } from "../../../src/core/wire/schema.ts";
import { crashDisk, failNext, flipBits, simFile } from "../../../src/sim/disk.ts";
import {
  ask,
  type Bench,
  check,
  checkLines,
  isDone,
  layBench,
  pass,
  register,
  restart,
  serveDisk,
  service,
  serviceIds,
  TTL,
} from "./bench.ts";

const FILE = "local/registrations";

function stateOf(bench: Bench): string {
  const services = [...bench.local.services].map(([id, { definition }]) => `${id}:${definition.port}`);
  return [...services, ...bench.local.checks.keys()].sort().join(" ");
}

test("services, checks and maintenance are there again; what was taken out is not", () => {
  const bench = layBench();
  register(bench, service("web", { tags: ["a"], meta: [["k", "v"]], token: "t" }), [check("c", TTL)]);
  register(bench, service("gone"), [check("gone-too", TTL)]);
  ask(bench, { kind: "agent.register-check", check: check("node", TTL) });
  ask(bench, { kind: "agent.maintain-service", serviceId: "web", enable: true, reason: "why" });
  ask(bench, { kind: "agent.deregister-service", serviceId: "gone" });
  const { services } = bench.local;
  restart(bench);
  expect(bench.local.services).toEqual(services);
  expect(checkLines(bench)).toEqual(["_service_maintenance:web critical", "c critical", "node critical"]);
});

test("what others registered is critical until it is known better, however it was to begin", () => {
  const own = check("own", { http: "http://x", intervalNs: 10e9 }, { status: "passing" });
  const local = { services: [], checks: [own] };
  const bench = layBench({ local });
  register(bench, service("web"), [check("c", TTL, { status: "passing" })]);
  expect(checkLines(bench)).toEqual(["c passing", "own passing"]);
  restart(bench);
  expect(checkLines(bench)).toEqual(["c critical", "own passing"]);
});

test("how a check is made is there again to the last word, of later Consuls' kinds too", () => {
  const bench = layBench();
  const spec = {
    ...{
      h2ping: "x:1",
      h2pingUseTls: false,
      intervalNs: 1e9,
      failuresBeforeWarning: 1,
      failuresBeforeCritical: 2,
    },
    ...{ udp: "u", osService: "o", disableRedirects: true, tlsServerName: "n", tcpUseTls: true },
  };
  ask(bench, { kind: "agent.register-check", check: check("c", spec) });
  const before = bench.local.checks.get("c")?.registration;
  restart(bench);
  expect(bench.local.checks.get("c")?.registration).toEqual({ ...before, status: "critical" });
});

test("a check that was kept before there were those kinds is none of them", () => {
  const kept = record({
    services: list(text),
    checks: list(
      record({
        ...{ checkId: text, name: text, notes: text, serviceId: text, status: text, type: text, token: text },
        ...{ definition: checkDefinition, successBeforePassing: int64, failuresBeforeCritical: int64 },
      }),
    ),
    ...{ goneServices: list(text), goneChecks: list(text), told: list(text) },
  });
  const it = check("c", TTL);
  const change = {
    ...NO_CHANGE,
    services: [],
    told: [],
    checks: [{ ...it, ...it.spec, definition: it.spec }],
  };
  const { bytes } = encodeRecords([encode(kept, change)], FIRST_SUM);
  const file = readJournal(concatBytes([journalMark(), bytes]));
  expect(file.ok && file.changes.flatMap(({ checks }) => checks)).toEqual([it]);
});

test("a program that others had registered is not run any more once that is forbidden", () => {
  const bench = layBench({ remoteScriptChecks: true });
  ask(bench, { kind: "agent.register-check", check: check("c", { scriptArgs: ["x"], intervalNs: 1e9 }) });
  restart(bench);
  expect(checkLines(bench)).toEqual(["c critical"]);
  restart(bench, { remoteScriptChecks: false });
  expect(checkLines(bench)).toEqual([]);
  expect(bench.out).toContainEqual(expect.objectContaining({ message: "Failed to restore check" }));
  restart(bench);
  expect(checkLines(bench)).toEqual([]);
});

test("the configuration goes before what was kept under the same id, for good", () => {
  const bench = layBench();
  register(bench, service("web", { port: 1 }));
  const local = { services: [{ service: service("web", { port: 2 }), checks: [] }], checks: [] };
  restart(bench, { local });
  expect(stateOf(bench)).toBe("web:2");
  restart(bench);
  expect(stateOf(bench)).toBe("");
});

test("an agent without a disk keeps nothing, and answers all the same", () => {
  const bench = layBench({ durable: false });
  expect(isDone(bench, register(bench, service("web")))).toBe(true);
  expect(bench.out.filter(({ type }) => type === "disk")).toEqual([]);
  restart(bench);
  expect(serviceIds(bench)).toEqual([]);
});

test("a file that is full gives way to one of what there is, which the agent then reads", () => {
  const bench = layBench();
  const meta = [["k", "x".repeat(500)]] as const;
  for (let at = 0; at < 400; at++) register(bench, service(`s${at % 5}`, { port: at, meta }));
  expect(simFile(bench.disk, FILE).length).toBe(65_536);
  const before = stateOf(bench);
  restart(bench);
  expect(stateOf(bench)).toBe(before);
});

test("what comes together is written together", () => {
  const bench = layBench();
  register(bench, service("first"));
  bench.diskIsSlow = true;
  const ids = Array.from({ length: 50 }, (_, at) => register(bench, service(`s${at}`)));
  // The first of them went at once, the others wait for it.
  serveDisk(bench);
  serveDisk(bench);
  expect(ids.every((id) => isDone(bench, id))).toBe(true);
});

test("every crash leaves what was acknowledged, and of the rest whole changes, oldest first", () => {
  const ids = fc.constantFrom("a", "b", "c");
  const step = fc.oneof(
    fc.record({ do: fc.constant("register" as const), id: ids, port: fc.nat(99), pad: fc.nat(1500) }),
    fc.record({ do: fc.constant("deregister" as const), id: ids }),
    fc.record({ do: fc.constant("serve" as const) }),
    fc.record({ do: fc.constant("serve" as const) }),
    fc.record({ do: fc.constant("crash" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), fc.string(), (steps, seed) => {
      const chance = seededChance(seed);
      const bench = layBench();
      bench.diskIsSlow = true;
      let open: number[] = [];
      let states = [stateOf(bench)];
      for (const each of [...steps, { do: "crash" as const }]) {
        if (each.do === "serve") serveDisk(bench);
        else if (each.do === "register" || each.do === "deregister") {
          const { id } = each;
          if (each.do === "deregister")
            open.push(ask(bench, { kind: "agent.deregister-service", serviceId: id }));
          else {
            const meta = [["pad", "x".repeat(each.pad)]] as const;
            open.push(register(bench, service(id, { port: each.port, meta }), [check(`check-${id}`, TTL)]));
          }
          states.push(stateOf(bench));
        }
        const acknowledged = open.findLastIndex((id) => isDone(bench, id));
        open = open.slice(acknowledged + 1);
        states = states.slice(acknowledged + 1);
        if (each.do !== "crash") continue;
        crashDisk(bench.disk, chance);
        restart(bench);
        while (!bench.local.ready) serveDisk(bench);
        expect(states).toContain(stateOf(bench));
        open = [];
        states = [stateOf(bench)];
      }
    }),
    { numRuns: 300 },
  );
});

test("a write that failed is followed by a new file, whatever became of it", () => {
  const bench = layBench();
  register(bench, service("a"));
  const error = { code: "EIO", detail: "write: input/output error" };
  failNext(bench.disk, "write", error, { sectors: 1 });
  register(bench, service("b"));
  failNext(bench.disk, "rename", error);
  pass(bench, 5_000);
  register(bench, service("c"));
  restart(bench);
  expect(serviceIds(bench)).toEqual(["a", "b", "c"]);
});

test("a disk that errs once when it reads costs nothing", () => {
  const bench = layBench();
  register(bench, service("a"));
  register(bench, service("b"));
  bench.disk.lies.push({ kind: "read-corruption", dice: 8 * 300 });
  restart(bench);
  expect(serviceIds(bench)).toEqual(["a", "b"]);
});

test("a file that is none of ours ends the agent: it does not go on as if there had been nothing", () => {
  const bench = layBench();
  register(bench, service("a"));
  flipBits(bench.disk, FILE, 0, 1);
  restart(bench);
  expect(bench.out.at(-1)).toMatchObject({ type: "unreadable", reason: `${FILE}: it does not begin as one` });
});

test("no bytes make the reader do more than say what is wrong", () => {
  const good = concatBytes([
    journalMark(),
    encodeRecords(
      [{ ...NO_CHANGE, services: [service("a")], checks: [check("c", TTL)] }, NO_CHANGE].map(encodeChange),
      FIRST_SUM,
    ).bytes,
  ]);
  expect(readJournal(good)).toMatchObject({ ok: true, torn: false, end: good.length });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const bytes = good.slice();
      bytes[at] = must(bytes[at], "within") ^ mask;
      const read = readJournal(bytes);
      expect(read.ok ? read.changes.length : 0).toBeLessThan(2);
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readJournal(bytes) !== undefined));
});
