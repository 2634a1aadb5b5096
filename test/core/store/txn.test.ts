// Transactions: all operations or none, each seeing those before it; what is said of the ones that can't be. The key/value
// verbs are held to a naive store in model.test.ts.

import { describe, expect, test } from "vitest";
import type { TxnOp, TxnOutcome } from "../../../src/core/api/txn.ts";
import { bytesOf, utf8 } from "../../../src/core/lib/bytes.ts";
import { printPlain } from "../../../src/core/lib/plain.ts";
import { applyCommand } from "../../../src/core/store/apply.ts";
import { checkOf } from "../../../src/core/store/checks.ts";
import { nodeByName } from "../../../src/core/store/nodes.ts";
import { serviceOf } from "../../../src/core/store/services.ts";
import { dumpStore } from "../../../src/core/store/snapshot.ts";
import type { Store, Touched } from "../../../src/core/store/store.ts";
import { readTxn } from "../../../src/core/store/txn.ts";
import { encodeCommand } from "../../../src/core/wire/command.ts";
import { apply, kvWrite, pairOf, registerNode, storeAt } from "./shelf.ts";

const SESSION = "11111111-2222-3333-4444-555555555555";

function kv(
  verb: string,
  key: string,
  fields: { value?: string; index?: number; session?: string } = {},
): TxnOp {
  const { value = "", index = 0, session = "" } = fields;
  return { on: "kv", verb, key: utf8(key), value: bytesOf(utf8(value)), flags: 0, index, session };
}

function node(verb: string, name: string, index = 0): TxnOp {
  return {
    on: "node",
    verb,
    index,
    id: "",
    node: name,
    address: "1.1.1.1",
    taggedAddresses: null,
    meta: null,
  };
}

function service(verb: string, on: string, id: string, index = 0): TxnOp {
  const plain = { kind: "", tags: [], address: "", taggedAddresses: [], meta: null, port: 80 };
  const rest = {
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    connectNative: false,
    proxy: null,
  };
  return { on: "service", verb, index, node: on, service: { ...plain, ...rest, id, service: "web" } };
}

function check(verb: string, on: string, checkId: string, serviceId = "", index = 0): TxnOp {
  const plain = {
    name: "",
    notes: "",
    output: "",
    serviceName: "",
    serviceTags: [],
    type: "",
    definition: null,
  };
  return { on: "check", verb, index, check: { ...plain, node: on, checkId, serviceId, status: "passing" } };
}

interface Transacted extends TxnOutcome {
  readonly touched: readonly Touched[];
  readonly applied: boolean;
}

function transact(store: Store, ops: readonly TxnOp[], planted?: string): Transacted {
  const touched: Touched[] = [];
  const command = encodeCommand({ kind: "txn.apply", ops });
  const config = { datacenter: "dc1", planted };
  const outcome = applyCommand(store, store.lastApplied + 1, command, config, touched);
  if (!outcome.ok || outcome.txn === undefined) throw new Error("a transaction is always answered");
  return { ...outcome.txn, applied: outcome.applied, touched };
}

/** The tables, but for what every entry changes. */
function tables(store: Store): string {
  const { lastApplied: _, digest: _digest, ...rest } = dumpStore(store);
  return printPlain(rest);
}

/** k is at index 10, a node n with a service s and its check c at 11. */
function shelf(): Store {
  const store = storeAt(10, [SESSION]);
  apply(store, kvWrite("set", "k", { value: "old" }));
  const set = transact(store, [node("set", "n"), service("set", "n", "s"), check("set", "n", "c", "s")]);
  expect(set.applied).toBe(true);
  return store;
}

describe("all or none", () => {
  test("what was done is seen by the operations after it, and bears one index", () => {
    const store = shelf();
    const { results, applied } = transact(store, [
      kv("set", "a", { value: "1" }),
      kv("get", "a"),
      kv("cas", "b", { value: "2" }),
      kv("check-index", "b", { index: 12 }),
      kv("delete", "k"),
      kv("check-not-exists", "k"),
      kv("get-tree", ""),
      node("set", "m"),
      service("set", "m", "x"),
      check("set", "m", "y", "x"),
    ]);
    expect(applied).toBe(true);
    const shown = results.map((each) => (each.on === "kv" ? `${each.pair.key}=${each.pair.value}` : each.on));
    expect(shown).toEqual(["a=", "a=1", "b=", "b=", "a=1", "b=2", "node", "service", "check"]);
    const rows = [pairOf(store, "a"), pairOf(store, "b"), nodeByName(store, "m"), serviceOf(store, "m", "x")];
    expect(rows.map((row) => row?.modifyIndex)).toEqual([12, 12, 12, 12]);
  });

  test("after a fault nothing has changed, nobody is woken, and the other faults are told as well", () => {
    const store = shelf();
    const before = tables(store);
    const { applied, results, faults, touched } = transact(store, [
      kv("set", "a"),
      kv("lock", "l", { session: SESSION }),
      node("delete", "n"),
      kv("get", "nosuch"),
      service("set", "n", "s2"),
      kv("check-not-exists", "a"),
    ]);
    expect([applied, results, touched]).toEqual([false, [], []]);
    expect(faults).toEqual([
      { op: 3, what: 'key "nosuch" doesn\'t exist' },
      { op: 4, what: "Missing node registration" },
      { op: 5, what: 'key "a" exists' },
    ]);
    expect(tables(store)).toBe(before);
    // The entry was applied all the same.
    expect(store.lastApplied).toBe(12);
  });

  test("one that came through wakes who watches what it changed", () => {
    const { touched } = transact(shelf(), [kv("set", "a"), service("delete", "n", "s")]);
    expect(new Set(touched.map(({ table }) => table))).toEqual(
      new Set(["kv", "checks", "service", "services", "node"]),
    );
  });

  test("a session that a transaction ends gives back its locks in it", () => {
    const store = shelf();
    apply(store, registerNode("n2"));
    const create = {
      id: SESSION.replace("1", "a"),
      name: "",
      node: "n2",
      lockDelayNs: 15e9,
      ttl: "",
    } as const;
    const checks = { nodeChecks: [], serviceChecks: [], checks: [] };
    apply(store, { kind: "session.create", ...create, ...checks, behavior: "release" });
    apply(store, kvWrite("lock", "l", { session: create.id }));
    const { faults } = transact(store, [
      node("delete", "n2"),
      kv("check-session", "l"),
      kv("lock", "l", { session: SESSION }),
    ]);
    // It is free, but held off: the leader could not know of a delay that begins here.
    expect(faults).toEqual([{ op: 2, what: 'failed to lock key "l" due to lock delay' }]);
  });
});

describe("conditions of the catalog", () => {
  test.each<[string, TxnOp, string]>([
    ["a node that exists is not made", node("cas", "n"), 'failed to set node "n", index is stale'],
    ["a node of another index", node("cas", "n", 10), 'failed to set node "n", index is stale'],
    ["a node that is not there", node("cas", "x", 10), 'failed to set node "x", index is stale'],
    [
      "none can be deleted by its index",
      node("delete-cas", "x"),
      'failed to delete node "x", index is stale',
    ],
    ["a node is not there to be read", node("get", "x"), 'node "x" doesn\'t exist'],
    ["an unknown verb of nodes", node("get-tree", "n"), 'unknown Node verb "get-tree"'],
    ["a service without its node", service("set", "x", "s"), "Missing node registration"],
    [
      "a service without an id",
      service("set", "n", ""),
      "failed inserting service: object missing primary index",
    ],
    [
      "a service of another index",
      service("delete-cas", "n", "s", 10),
      'failed to delete service "s" on node "n", index is stale',
    ],
    ["an unknown verb of services", service("", "n", "s"), 'unknown Service verb ""'],
    ["a check without its service", check("set", "n", "c", "x"), "Missing service registration"],
    [
      "a check without its node, though it is conditional",
      check("cas", "x", "c"),
      "Missing node registration",
    ],
    ["a check that exists", check("cas", "n", "c"), 'failed to set check "c" on node "n", index is stale'],
    ["an unknown verb of checks", check("Set", "n", "c"), 'unknown Check verb "Set"'],
  ])("%s", (_name, op, what) => {
    expect(transact(shelf(), [op]).faults).toEqual([{ op: 0, what }]);
  });

  test("with the right index they write and delete", () => {
    const store = shelf();
    const { applied } = transact(store, [
      check("delete-cas", "n", "c", "", 11),
      service("cas", "n", "s", 11),
      node("cas", "n", 11),
      check("cas", "n", "new"),
    ]);
    expect(applied).toBe(true);
    expect([checkOf(store, "n", "c"), checkOf(store, "n", "new")?.createIndex]).toEqual([undefined, 12]);
    expect(transact(store, [node("delete-cas", "n", 11)]).applied).toBe(true);
    expect(nodeByName(store, "n")).toBeUndefined();
  });
});

test("a peer that calls it a read can't write with it", () => {
  const store = shelf();
  const before = tables(store);
  const { faults } = readTxn(store, [kv("set", "a"), node("delete", "n"), kv("get", "k")]);
  expect(faults.map(({ op }) => op)).toEqual([0, 1]);
  expect(tables(store)).toBe(before);
});

describe("planted bugs", () => {
  test("txn-keeps-first-writes: a failed one leaves what it did before it failed", () => {
    const store = shelf();
    transact(store, [kv("set", "a"), kv("get", "nosuch")], "txn-keeps-first-writes");
    expect(store.kv.has(utf8("a"))).toBe(true);
  });

  test("txn-blind-to-itself: what it looks at is the state before it", () => {
    const { faults } = transact(shelf(), [kv("set", "a"), kv("get", "a")], "txn-blind-to-itself");
    expect(faults.map(({ op }) => op)).toEqual([1]);
  });

  test("txn-wakes-nobody: watchers are not told", () => {
    expect(transact(shelf(), [kv("set", "a")], "txn-wakes-nobody").touched).toEqual([]);
  });
});
