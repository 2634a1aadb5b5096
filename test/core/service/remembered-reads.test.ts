// Reads that are remembered say what an evaluation would say, whatever has been registered, changed and removed meanwhile;
// and the same list is handed over while nothing changes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CatalogRegister, KvVerb, ReadOptions } from "../../../src/core/api/request.ts";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { evaluateRead, type TableRead } from "../../../src/core/service/reads.ts";
import {
  createRememberedReads,
  forgetReadsOn,
  type RememberedReads,
  readTables,
} from "../../../src/core/service/remembered-reads.ts";
import { applyCommand } from "../../../src/core/store/apply.ts";
import type { Command } from "../../../src/core/store/commands.ts";
import { createStore, type Store, type Touched } from "../../../src/core/store/store.ts";
import { createWatches } from "../../../src/core/store/watch.ts";
import { encodeCommand } from "../../../src/core/wire/command.ts";

const options: ReadOptions = { consistency: "default", minIndex: 0, waitMs: 0 };
const SERVICES = ["web", "WEB", "db", "none"];
const META: readonly (readonly (readonly [string, string])[])[] = [[], [["k", "m"]]];

const QUESTIONS: readonly TableRead[] = [
  ...META.flatMap((nodeMeta): TableRead[] => [
    { kind: "catalog.services", nodeMeta, options },
    { kind: "catalog.nodes", nodeMeta, options },
    ...SERVICES.flatMap((service): TableRead[] => {
      const selection = { service, connect: false, tags: [], nodeMeta, options };
      return [
        { kind: "catalog.service-nodes", ...selection },
        { kind: "health.service", ...selection, passing: false },
        { kind: "health.service", ...selection, passing: true },
        { kind: "health.service", ...selection, tags: ["a"], passing: false },
      ];
    }),
  ]),
  { kind: "health.state", state: "any", nodeMeta: [], options },
  ...["", "t/", "t/1", "x/"].map((prefix): TableRead => ({ kind: "kv.list", prefix: utf8(prefix), options })),
];

interface Bench {
  readonly store: Store;
  readonly reads: RememberedReads;
  readonly planted: string | undefined;
}

function apply({ store, reads, planted }: Bench, command: Command): void {
  const touched: Touched[] = [];
  const config = { datacenter: "dc1", planted };
  applyCommand(store, store.lastApplied + 1, encodeCommand(command), config, touched);
  for (const each of touched) forgetReadsOn(reads, each, config);
}

const NODES = ["one", "two"];
const register: fc.Arbitrary<Command> = fc
  .record({
    node: fc.constantFrom(...NODES),
    meta: fc.constantFrom("", "m"),
    id: fc.constantFrom("s1", "s2"),
    service: fc.constantFrom("web", "WEB", "db"),
    tags: fc.subarray(["a", "b"]),
    checked: fc.constantFrom("node", "service", "none"),
    status: fc.constantFrom("passing", "critical"),
  })
  .map(({ node, meta, id, service, tags, checked, status }): CatalogRegister => {
    const plain = { kind: "", address: "", taggedAddresses: [], meta: null, port: 80, proxy: null };
    const rest = { weights: { passing: 1, warning: 1 }, enableTagOverride: false, connectNative: false };
    const check = { node, checkId: `c-${checked}`, name: "", status, notes: "", output: "", type: "" };
    const of = {
      serviceId: checked === "service" ? id : "",
      serviceName: "",
      serviceTags: [],
      definition: null,
    };
    return {
      kind: "catalog.register",
      ...{ id: "", node, address: "10.0.0.1", taggedAddresses: null, skipNodeUpdate: false },
      meta: meta === "" ? null : [["k", meta]],
      service: { ...plain, ...rest, id, service, tags },
      checks: checked === "none" ? [] : [{ ...check, ...of }],
    };
  });
const deregister: fc.Arbitrary<Command> = fc
  .record({
    node: fc.constantFrom(...NODES),
    serviceId: fc.constantFrom("", "s1", "s2"),
    checkId: fc.constantFrom("", "c-node", "c-service"),
  })
  .map((fields) => ({ kind: "catalog.deregister", ...fields }));
const write: fc.Arbitrary<Command> = fc
  .record({
    verb: fc.constantFrom<KvVerb[]>("set", "delete", "delete-tree"),
    key: fc.constantFrom("t/1", "t/12", "t/17/a", "t/", "x"),
  })
  .map(({ verb, key }) => keyWrite(verb, key));
const reap: fc.Arbitrary<Command> = fc
  .nat(60)
  .map((upToIndex) => ({ kind: "kv.reap-tombstones", upToIndex }));
const histories = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: register },
    { weight: 1, arbitrary: deregister },
    { weight: 3, arbitrary: write },
    { weight: 1, arbitrary: reap },
  ),
  { maxLength: 25 },
);

function keyWrite(verb: KvVerb, key: string): Command {
  const value = verb === "set" ? new Uint8Array(1) : new Uint8Array(0);
  return { kind: "kv.write", verb, key: utf8(key), value, flags: 0, index: 0, session: "" };
}

function runHistory(commands: readonly Command[], planted?: string): void {
  const bench = { store: createStore(), reads: createRememberedReads(), planted };
  // Enough of them to be worth remembering.
  for (let at = 0; at < 20; at++) apply(bench, keyWrite("set", `t/${at}`));
  for (const command of commands) {
    apply(bench, command);
    for (const question of QUESTIONS)
      expect(readTables(bench.reads, bench.store, question)).toEqual(evaluateRead(bench.store, question));
  }
}

describe("over any history", () => {
  test("what is remembered is what an evaluation finds, its index too", () => {
    fc.assert(
      fc.property(histories, (commands) => runHistory(commands)),
      { numRuns: 100 },
    );
  });

  test("a change that is not heard of is found", () => {
    const found = fc.check(
      fc.property(histories, (commands) => runHistory(commands, "reads-remembered-too-long")),
      { numRuns: 300, seed: 1 },
    );
    expect(found.failed).toBe(true);
  });
});

function bench(): Bench {
  return { store: createStore(), reads: createRememberedReads(), planted: undefined };
}

const [SERVICE_A] = fc.sample(register, { numRuns: 1, seed: 3 }) as [CatalogRegister];
const HEALTH: TableRead = {
  kind: "health.service",
  ...{
    service: SERVICE_A.service?.service ?? "",
    connect: false,
    tags: [],
    nodeMeta: [],
    passing: false,
    options,
  },
};

test("the very same list is handed over until something of it changes, whatever else does", () => {
  const t = bench();
  apply(t, SERVICE_A);
  const first = readTables(t.reads, t.store, HEALTH).body;
  apply(t, keyWrite("set", "k"));
  expect(readTables(t.reads, t.store, HEALTH).body).toBe(first);
  apply(t, { ...SERVICE_A, address: "10.0.0.2" });
  expect(readTables(t.reads, t.store, HEALTH).body).not.toBe(first);
});

test("nodes near and far are not remembered: coordinates change without a word", () => {
  const t = bench();
  apply(t, SERVICE_A);
  const near = { ...HEALTH, near: "one" } as TableRead;
  expect(readTables(t.reads, t.store, near).body).not.toBe(readTables(t.reads, t.store, near).body);
});

test("the names of ten thousand services are remembered as well", () => {
  const t = bench();
  const { service } = SERVICE_A;
  for (let at = 0; at < 10_000; at++)
    apply(t, {
      ...SERVICE_A,
      checks: [],
      service: service && { ...service, id: `s${at}`, service: `web-${at}` },
    });
  const names: TableRead = { kind: "catalog.services", nodeMeta: [], options };
  const first = readTables(t.reads, t.store, names).body;
  expect(first.kind === "services" && first.services.length).toBe(10_000);
  expect(readTables(t.reads, t.store, names).body).toBe(first);
});

test("another store takes all of it away", () => {
  const t = bench();
  apply(t, SERVICE_A);
  readTables(t.reads, t.store, HEALTH);
  expect(readTables(t.reads, createStore(), HEALTH).body).toEqual({ kind: "health", rows: [] });
  expect(t.reads.memory.weight).toBe(0);
});

test("what was found first makes room, and leaves nothing among the watches", () => {
  const t = bench();
  apply(t, SERVICE_A);
  const meta = SERVICE_A.meta ?? [];
  for (let at = 0; at < 1_500; at++)
    readTables(t.reads, t.store, {
      ...HEALTH,
      tags: [],
      nodeMeta: Array(at % 1_200).fill(meta[0] ?? ["k", "m"]),
    } as TableRead);
  expect(t.reads.memory.findings.size).toBeLessThanOrEqual(1_000);
  expect(t.reads.memory.questions.size).toBe(t.reads.memory.findings.size);
  apply(t, { kind: "catalog.deregister-node", node: SERVICE_A.node });
  expect([t.reads.memory.findings.size, t.reads.memory.weight]).toEqual([0, 0]);
  expect(t.reads.memory.watches).toEqual(createWatches());
});
