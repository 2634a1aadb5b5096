// What a run is judged by besides Raft's rules and clients' histories, broken on purpose: each names its rule.

import { expect, test } from "vitest";
import type { HttpResponse } from "../../src/core/api/http.ts";
import { InvariantError } from "../../src/core/lib/assert.ts";
import { seededChance } from "../../src/core/lib/chance.ts";
import { raftConfig } from "../../src/core/raft/config.ts";
import { THIS_BUILD } from "../../src/sim/builds.ts";
import { startCatalogClients } from "../../src/sim/catalog-clients.ts";
import { whatTheCatalogGetsWrong } from "../../src/sim/checkers/catalog.ts";
import { judgeHistory } from "../../src/sim/checkers/client-history.ts";
import { DEFAULT_WORKLOAD, startWorkload } from "../../src/sim/clients.ts";
import { startConfigClients } from "../../src/sim/config-clients.ts";
import { startDnsClients } from "../../src/sim/dns-clients.ts";
import { finalExam } from "../../src/sim/final-exam.ts";
import { comeToRest } from "../../src/sim/liveness.ts";
import { RIGHT_HERE } from "../../src/sim/place.ts";
import { createRaftDisk } from "../../src/sim/raft/disk.ts";
import { raise } from "../../src/sim/raft/server.ts";
import { startRowClients } from "../../src/sim/row-clients.ts";
import { Scenario } from "../../src/sim/scenario.ts";
import { createStage, settle } from "../../src/sim/shrink/stage.ts";
import { startTxnClients } from "../../src/sim/txn-clients.ts";
import { asViolation } from "../../src/sim/violation.ts";
import { startWatchers, type Watchers } from "../../src/sim/watchers.ts";
import { violationOf } from "./checkers/raft-rig.ts";

/** Three servers, `a` leads. */
function cluster(seed: string, planted?: string): Scenario {
  const t = new Scenario({ seed });
  t.cluster({ servers: ["a", "b", "c"], planted });
  t.elect("a");
  return t;
}

/** Clients that wait for `k`, each having seen it once. */
function watched(t: Scenario): Watchers {
  const watchers = startWatchers(t.world, ["k", "k"], seededChance("watchers"));
  t.put("k", "1", { via: "a" }).succeeds();
  t.until(() => watchers.all.every(({ found }) => found));
  return watchers;
}

/** What a watcher is told, by an agent of the test's making. */
function tell(t: Scenario, { all }: Watchers, status: number, index: number): void {
  const response = { status, headers: ["X-Consul-Index", `${index}`], body: "" } as unknown as HttpResponse;
  const id = all[0]?.request?.id ?? -1;
  for (const observer of t.world.observers) observer.onReply?.(id, { type: "reply", id, response });
}

test("index-went-back: a client is told a lower index than before", () => {
  const t = cluster("index-went-back");
  const watchers = watched(t);
  expect(violationOf(() => tell(t, watchers, 200, 1_000))).toBe("");
  expect(violationOf(() => tell(t, watchers, 200, 999))).toBe("index-went-back");
});

test("query-did-not-return: with all trouble over a blocking query is not answered", () => {
  const t = cluster("query-did-not-return");
  const watchers = watched(t);
  watchers.calmUs = t.world.nowUs;
  t.run(20_000);
  t.stop("a", "b", "c");
  expect(violationOf(() => t.run(60_000))).toBe("query-did-not-return");
});

test("missed-wake-up: a key is written and deleted, and who watches it is not told", () => {
  const t = cluster("missed-wake-up");
  const watchers = watched(t);
  expect(violationOf(() => finalExam(t.world, watchers))).toBe("");
  const asleep: Watchers = { ...watchers, all: watchers.all.map((each) => ({ ...each, found: false })) };
  expect(violationOf(() => finalExam(t.world, asleep))).toBe("missed-wake-up");
});

test("no-progress: with all trouble over a write does not succeed", () => {
  const t = cluster("no-progress");
  const watchers = watched(t);
  t.partition(["a"], ["b", "c"]);
  t.partition(["b"], ["c"]);
  expect(violationOf(() => finalExam(t.world, watchers))).toBe("no-progress");
});

test.each(["leader", "rest"] as const)(
  "not-at-rest: with all trouble over there is no %s in time",
  (what) => {
    const t = cluster(`not-at-rest ${what}`);
    const workload = startWorkload(t.world, DEFAULT_WORKLOAD, seededChance("clients"));
    if (what === "leader") t.kill("b", "c");
    else t.stop("c");
    startCatalogClients(t.world, workload, 1, seededChance("catalog"));
    expect(violationOf(() => comeToRest(t.world, workload, {}))).toBe("not-at-rest");
  },
);

test("catalog-unlike-pool: with all trouble over the catalog says something else than gossip", () => {
  const t = cluster("catalog-unlike-pool", "reconcile-forgets-returned");
  t.run(2_000);
  expect(whatTheCatalogGetsWrong(t.world)).toBeUndefined();
  t.kill("c");
  t.until(() => whatTheCatalogGetsWrong(t.world) === "in the catalog c is critical");
  t.restart("c");
  const workload = startWorkload(t.world, DEFAULT_WORKLOAD, seededChance("clients"));
  startCatalogClients(t.world, workload, 1, seededChance("catalog"));
  expect(violationOf(() => comeToRest(t.world, workload, {}))).toBe("catalog-unlike-pool");
});

test("registration-lost: a check that was confirmed is not what is read", () => {
  const t = cluster("registration-lost", "catalog-check-update-lost");
  startCatalogClients(t.world, { place: RIGHT_HERE, companions: [] }, 3, seededChance("catalog"));
  expect(violationOf(() => t.run(120_000))).toBe("registration-lost");
});

test("dns-answer-untrue: what is said over DNS is not what is there any more", () => {
  const t = cluster("dns-answer-untrue", "dns-answers-kept-too-long");
  startCatalogClients(t.world, { place: RIGHT_HERE, companions: [] }, 3, seededChance("catalog"));
  startDnsClients(t.world, 3, seededChance("dns"));
  expect(violationOf(() => t.run(120_000))).toBe("dns-answer-untrue");
});

test.each(["txn-keeps-first-writes", "txn-blind-to-itself"])(
  "transaction-torn: what transactions write together is not seen together (%s)",
  (planted) => {
    const t = cluster("transaction-torn", planted);
    const workload = startWorkload(t.world, { ...DEFAULT_WORKLOAD, clients: 0 }, seededChance("clients"));
    startTxnClients(t.world, workload, 3, seededChance("transactions"));
    expect(violationOf(() => t.run(120_000))).toBe("transaction-torn");
  },
);

test("transactions of many clients are one register", () => {
  const t = cluster("transactions");
  const workload = startWorkload(t.world, { ...DEFAULT_WORKLOAD, clients: 0 }, seededChance("clients"));
  const { counts } = startTxnClients(t.world, workload, 3, seededChance("transactions"));
  t.run(60_000);
  judgeHistory(workload.history);
  expect(Math.min(counts.done, counts.refused, counts.doomed)).toBeGreaterThan(20);
});

/** A calm minute of those who keep prepared queries, intentions and configuration entries. */
function keeping(t: Scenario): ReturnType<typeof startRowClients>["counts"] & { readonly cas: number } {
  const workload = startWorkload(t.world, { ...DEFAULT_WORKLOAD, clients: 0 }, seededChance("clients"));
  const { counts } = startRowClients(t.world, workload, 4, seededChance("rows"));
  const entries = startConfigClients(t.world, workload, 3, seededChance("entries"));
  t.run(60_000);
  judgeHistory(workload.history);
  return { ...counts, cas: Math.min(entries.counts.applied, entries.counts.refused) };
}

test("prepared queries, intentions and configuration entries of many clients are registers", () => {
  expect(Math.min(...Object.values(keeping(cluster("rows"))))).toBeGreaterThan(10);
});

test.each([
  ["row-came-back", "query-comes-back"],
  ["row-twice", "intention-duplicate-kept"],
  ["linearizability", "config-cas-ignores-index"],
])("%s: of rows that clients keep (%s)", (violation, planted) => {
  const t = cluster(violation, planted);
  // What is judged when it comes, and again when it is applied, can go wrong only in between: the longer that is the better.
  for (const name of ["a", "b", "c"]) t.slowDisk(name, 200);
  expect(violationOf(() => keeping(t))).toBe(violation);
});

test("codec: an agent sends what none can read", () => {
  const t = cluster("codec");
  const garbled = { ...THIS_BUILD, encodeRpc: () => new Uint8Array([255, 255]) };
  Object.assign(t.world.options, { throughBytes: true });
  for (const node of t.world.nodes) node.build = garbled;
  expect(violationOf(() => t.run(1_000))).toBe("codec");
});

test("disk-misfit: a server cannot read its own disk", () => {
  const disk = createRaftDisk();
  disk.batches.push({ firstIndex: 5, count: 1, bytes: new Uint8Array(1) });
  const witness = { recovered: () => {} } as unknown as Parameters<typeof raise>[6];
  const start = (): unknown => raise("a", disk, [], raftConfig(1), seededChance("a"), 0, witness);
  expect(violationOf(start)).toBe("disk-misfit");
});

test("schedule-busy: agents keep one another busy for ever", () => {
  const stage = createStage(
    { servers: ["a"] } as unknown as Parameters<typeof createStage>[0],
    (_, chance) => chance,
  );
  const again = (): void => void stage.soon.push(again);
  again();
  expect(violationOf(() => settle(stage))).toBe("schedule-busy");
});

test("story: what a scenario demands does not come true", () => {
  const t = cluster("story");
  expect(violationOf(() => t.expect(false, "what cannot be"))).toBe("story");
  expect(violationOf(() => t.get("nothing", { via: "a" }).says("something"))).toBe("story");
});

test("invariant: an assertion of the core does not hold", () => {
  const wrong = (): void => {
    throw asViolation(new InvariantError("what always holds does not"));
  };
  expect(violationOf(wrong)).toBe("invariant");
  expect(() => asViolation(new TypeError("a fault of the simulator"))).toThrow(TypeError);
});
