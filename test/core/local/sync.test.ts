// The catalog is as the agent says: what changes is told at once, what differs is found by comparing, what failed is tried
// again.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { CatalogRegister } from "../../../src/core/api/request.ts";
import { scaleOf } from "../../../src/core/local/sync.ts";
import { nodeByName } from "../../../src/core/store/nodes.ts";
import {
  ask,
  type Bench,
  check,
  checkInCatalog,
  errorOf,
  inCatalog,
  isDone,
  layBench,
  NODE,
  pass,
  register,
  restart,
  serveAsks,
  serveDisk,
  serverUp,
  service,
  TTL,
  takeLog,
  write,
} from "./bench.ts";

/** A comparison is never further away. */
const A_COMPARISON_MS = 120_000;

/** Somebody else registers this on the agent's node. */
function intrude(bench: Bench, fields: Partial<CatalogRegister>): void {
  const request = { kind: "catalog.register", id: "", node: NODE, address: "10.0.0.2" } as const;
  write(bench, {
    ...request,
    taggedAddresses: null,
    meta: null,
    skipNodeUpdate: true,
    checks: [],
    ...fields,
  });
}

function deregister(bench: Bench, serviceId: string, checkId = ""): void {
  write(bench, { kind: "catalog.deregister", node: NODE, serviceId, checkId });
}

const { token: _token, ...STRANGER } = service("stranger");

test("whoever registers is answered when the servers were told, and it is on the disk", () => {
  const bench = layBench();
  bench.serversAreSlow = true;
  bench.diskIsSlow = true;
  const id = register(bench, service("web"), [check("c", TTL)]);
  expect([isDone(bench, id), bench.asks.length]).toEqual([false, 1]);
  serveAsks(bench);
  expect([isDone(bench, id), inCatalog(bench, "web")?.port, checkInCatalog(bench, "c")?.status]).toEqual([
    false,
    80,
    "critical",
  ]);
  while (bench.disk.pending.size > 0) serveDisk(bench);
  expect(isDone(bench, id)).toBe(true);
});

test("servers that refuse are no error; it is tried again within half a minute", () => {
  const bench = layBench();
  bench.serversAreSlow = true;
  const id = register(bench, service("web"));
  serveAsks(bench, "No cluster leader");
  expect([isDone(bench, id), inCatalog(bench, "web")]).toEqual([true, undefined]);
  const gone = ask(bench, { kind: "agent.deregister-service", serviceId: "web" });
  serveAsks(bench, "No cluster leader");
  expect(isDone(bench, gone)).toBe(true);
  register(bench, service("other"));
  serveAsks(bench, "No cluster leader");
  bench.serversAreSlow = false;
  pass(bench, 30_000);
  expect([inCatalog(bench, "web"), inCatalog(bench, "other")?.port]).toEqual([undefined, 80]);
});

test("a disk that refuses is an error, and what it refused is kept as soon as it can be", () => {
  const bench = layBench();
  bench.disk.full = "all";
  const id = register(bench, service("web"));
  expect(errorOf(bench, id)).toContain("no space left on device");
  bench.disk.full = "no";
  pass(bench, 5_000);
  restart(bench);
  expect(inCatalog(bench, "web")?.port).toBe(80);
  pass(bench, A_COMPARISON_MS);
  expect(inCatalog(bench, "web")?.port).toBe(80);
});

test("what others did to this node's entries is undone; what is the leader's stays", () => {
  const bench = layBench();
  register(bench, service("web", { tags: ["mine"] }), [check("c", TTL)]);
  register(bench, service("gone"), [check("gone-too", TTL)]);
  intrude(bench, { service: STRANGER, checks: [{ ...checkFields("stray"), serviceId: "stranger" }] });
  intrude(bench, { service: { ...STRANGER, id: "consul", service: "consul" } });
  intrude(bench, { checks: [checkFields("serfHealth"), checkFields("loose")] });
  const { token: _, ...web } = service("web", { tags: ["theirs"] });
  intrude(bench, { service: web, checks: [{ ...checkFields("c"), status: "warning", serviceId: "web" }] });
  deregister(bench, "gone");
  pass(bench, A_COMPARISON_MS);
  expect(["web", "gone", "stranger", "consul"].map((id) => inCatalog(bench, id)?.tags)).toEqual([
    ["mine"],
    [],
    undefined,
    [],
  ]);
  expect(
    ["c", "gone-too", "stray", "loose", "serfHealth"].map((id) => checkInCatalog(bench, id)?.status),
  ).toEqual(["critical", "critical", undefined, undefined, "passing"]);
});

function checkFields(checkId: string): CatalogRegister["checks"][number] {
  const nothing = { notes: "", output: "", serviceId: "", serviceName: "", serviceTags: [], type: "" };
  return { node: NODE, checkId, name: checkId, status: "passing", ...nothing, definition: null };
}

test("where a service lets others write its tags, theirs are its tags, and everything else is its agent's", () => {
  const bench = layBench();
  register(bench, service("web", { tags: ["v1"], enableTagOverride: true }), [check("c", TTL)]);
  const { token: _, ...theirs } = service("web", { tags: ["v2"], port: 1, enableTagOverride: true });
  intrude(bench, { service: theirs });
  pass(bench, A_COMPARISON_MS);
  expect([inCatalog(bench, "web")?.tags, inCatalog(bench, "web")?.port]).toEqual([["v2"], 80]);
  ask(bench, { kind: "agent.update-check", checkId: "c", status: "passing", output: "" });
  expect(inCatalog(bench, "web")?.tags).toEqual(["v2"]);
});

test("a node that somebody took out of the catalog comes back with everything", () => {
  const bench = layBench();
  register(bench, service("web"), [check("c", TTL)]);
  write(bench, { kind: "catalog.deregister", node: NODE, serviceId: "", checkId: "" });
  pass(bench, A_COMPARISON_MS);
  expect(nodeByName(bench.store, NODE)?.id).toBe(bench.config.nodeId);
  expect([inCatalog(bench, "web")?.port, checkInCatalog(bench, "c")?.status]).toEqual([80, "critical"]);
});

test("a check whose service is gone from the catalog brings it along", () => {
  const bench = layBench();
  register(bench, service("web"), [check("c", TTL)]);
  deregister(bench, "web");
  ask(bench, { kind: "agent.update-check", checkId: "c", status: "passing", output: "" });
  expect([inCatalog(bench, "web")?.port, checkInCatalog(bench, "c")?.status]).toEqual([80, "passing"]);
});

test("nothing is written when nothing differs", () => {
  const bench = layBench();
  register(bench, service("web", { meta: null }), [check("c", { ttlNs: 1000e9 })]);
  const { index } = bench;
  pass(bench, 3 * A_COMPARISON_MS);
  expect(bench.index).toBe(index);
});

test("what only an output says waits for minutes, what a status says does not and takes it along", () => {
  const bench = layBench();
  register(bench, service("web"), [check("c", { ttlNs: 10_000e9 }, { status: "passing" })]);
  const tell = (status: string, output: string): unknown => {
    ask(bench, { kind: "agent.update-check", checkId: "c", status, output });
    return checkInCatalog(bench, "c")?.output;
  };
  expect(tell("passing", "1")).toBe("");
  // Comparisons do not tell it either.
  pass(bench, 149_000);
  expect(checkInCatalog(bench, "c")?.output).toBe("");
  tell("passing", "2");
  pass(bench, 302_000);
  expect(checkInCatalog(bench, "c")?.output).toBe("2");
  expect(tell("passing", "3")).toBe("2");
  expect(tell("warning", "4")).toBe("4");
});

test("with an update interval of nothing every output is told", () => {
  const bench = layBench({ checkUpdateIntervalMs: 0 });
  register(bench, service("web"), [check("c", TTL)]);
  ask(bench, { kind: "agent.update-check", checkId: "c", status: "critical", output: "said" });
  expect(checkInCatalog(bench, "c")?.output).toBe("said");
});

test("one thing at a time is told of each service, so that what was said last arrives last", () => {
  const bench = layBench();
  bench.serversAreSlow = true;
  register(bench, service("web", { port: 1 }));
  register(bench, service("web", { port: 2 }));
  const gone = ask(bench, { kind: "agent.deregister-service", serviceId: "web" });
  expect(bench.asks.length).toBe(1);
  serveAsks(bench);
  expect([isDone(bench, gone), inCatalog(bench, "web")]).toEqual([true, undefined]);
});

test("what changed while the catalog was being read is not judged by what was read", () => {
  const bench = layBench();
  bench.serversAreSlow = true;
  pass(bench, A_COMPARISON_MS);
  expect(bench.asks.map(({ request }) => request.kind)).toEqual(["catalog.node", "health.node"]);
  register(bench, service("web"));
  const [services, checks, registration] = bench.asks.splice(0);
  // The answers to the reads come from before; the registration's is on its way.
  if (services === undefined || checks === undefined || registration === undefined) throw new Error("three");
  bench.asks.push(services, checks);
  serveAsks(bench);
  expect(bench.asks).toEqual([]);
  bench.asks.push(registration);
  serveAsks(bench);
  expect(inCatalog(bench, "web")?.port).toBe(80);
});

test("an agent that is leaving tells the catalog nothing, lest its node come back into it", () => {
  const bench = layBench();
  bench.around = { ...bench.around, leaving: true };
  expect(isDone(bench, register(bench, service("web")))).toBe(true);
  pass(bench, A_COMPARISON_MS);
  expect(inCatalog(bench, "web")).toBeUndefined();
});

test("nothing is compared before what was kept has been read", () => {
  const bench = layBench();
  register(bench, service("web"), [check("c", TTL)]);
  bench.diskIsSlow = true;
  restart(bench);
  pass(bench, A_COMPARISON_MS);
  expect(inCatalog(bench, "web")?.port).toBe(80);
  bench.diskIsSlow = false;
  serveDisk(bench);
  pass(bench, A_COMPARISON_MS);
  expect(inCatalog(bench, "web")?.port).toBe(80);
});

test("a service and its checks are told in one registration, and again what has changed of them", () => {
  const bench = layBench();
  pass(bench, A_COMPARISON_MS);
  bench.serversAreSlow = true;
  register(bench, service("web"), [check("a", TTL), check("b", TTL)]);
  const told = (): unknown =>
    bench.asks.map(({ request }) =>
      request.kind === "catalog.register"
        ? [request.service?.id ?? "", ...request.checks.map(({ checkId }) => checkId)]
        : request.kind,
    );
  expect(told()).toEqual([["web", "a", "b"]]);
  serveAsks(bench);
  ask(bench, { kind: "agent.update-check", checkId: "a", status: "passing", output: "" });
  expect(told()).toEqual([["", "a"]]);
});

test("what was told, taken out and refused is in the log, in Consul's words", () => {
  const bench = layBench();
  takeLog(bench);
  register(bench, service("web"), [check("c", TTL)]);
  ask(bench, { kind: "agent.deregister-service", serviceId: "web" });
  expect(takeLog(bench).filter((line) => line.startsWith("info"))).toEqual([
    "info: Synced service (service=web)",
    "info: Synced check (check=c)",
    "info: Deregistered check (check=c)",
    "info: Deregistered service (service=web)",
  ]);
  bench.serversAreSlow = true;
  ask(bench, { kind: "agent.register-check", check: check("d", TTL) });
  serveAsks(bench, "No cluster leader");
  expect(takeLog(bench)).toEqual(["warn: Syncing check failed. (check=d error=No cluster leader)"]);
});

test("when a server comes, what could not be told is told within three seconds", () => {
  const bench = layBench();
  pass(bench, A_COMPARISON_MS);
  bench.serversAreSlow = true;
  register(bench, service("web"));
  serveAsks(bench, "No cluster leader");
  bench.serversAreSlow = false;
  serverUp(bench);
  pass(bench, 3_000);
  expect(inCatalog(bench, "web")?.port).toBe(80);
});

test("agents spread their comparisons by how many they are, as Consul", () => {
  expect([1, 128, 129, 256, 257, 512, 10_000].map(scaleOf)).toEqual([1, 1, 2, 2, 3, 3, 8]);
});

test("whatever is registered, refused, lost and restarted: within a comparison of the end the catalog is as the agent says", () => {
  const ids = fc.constantFrom("a", "b", "c");
  const port = fc.integer({ min: 1, max: 3 });
  const step = fc.oneof(
    fc.record({ do: fc.constant("register" as const), id: ids, port }),
    fc.record({ do: fc.constant("deregister" as const), id: ids }),
    fc.record({ do: fc.constant("tell" as const), id: ids, status: fc.constantFrom("passing", "critical") }),
    fc.record({ do: fc.constant("refuse" as const) }),
    fc.record({ do: fc.constant("serve" as const) }),
    fc.record({ do: fc.constant("restart" as const) }),
    fc.record({ do: fc.constant("intrude" as const), id: ids }),
    fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 70_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const bench = layBench();
      bench.serversAreSlow = true;
      for (const each of steps) perform(bench, each);
      bench.serversAreSlow = false;
      serveAsks(bench);
      pass(bench, A_COMPARISON_MS + 30_000);
      for (const id of ["a", "b", "c"]) {
        const here = bench.local.services.get(id)?.definition.port;
        expect([id, inCatalog(bench, id)?.port]).toEqual([id, here]);
        expect([id, checkInCatalog(bench, id)?.status]).toEqual([id, bench.local.checks.get(id)?.status]);
      }
    }),
    { numRuns: 200 },
  );
  function perform(
    bench: Bench,
    each: { do: string; id?: string; port?: number; status?: string; ms?: number },
  ): void {
    const { id = "", port = 0, status = "", ms = 0 } = each;
    if (each.do === "register") register(bench, service(id, { port }), [check(id, TTL)]);
    else if (each.do === "deregister") ask(bench, { kind: "agent.deregister-service", serviceId: id });
    else if (each.do === "tell") ask(bench, { kind: "agent.update-check", checkId: id, status, output: "" });
    else if (each.do === "refuse") serveAsks(bench, "No cluster leader");
    else if (each.do === "serve") serveAsks(bench);
    else if (each.do === "restart") restart(bench);
    else if (each.do === "intrude") intrude(bench, { service: { ...STRANGER, id, port: 9 } });
    else pass(bench, ms);
  }
});
