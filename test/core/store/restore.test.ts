import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { printDigest } from "../../../src/core/lib/digest.ts";
import { copyPlain, printPlain } from "../../../src/core/lib/plain.ts";
import { DEFAULT_AUTOPILOT } from "../../../src/core/model/autopilot.ts";
import type { CatalogService, Check, Node } from "../../../src/core/model/catalog.ts";
import type { KvPair } from "../../../src/core/model/kv.ts";
import type { Command } from "../../../src/core/store/commands.ts";
import {
  encodeRestoreRows,
  NO_ROWS,
  type RestoreRows,
  restorePartOf,
  writeRestoreRow,
} from "../../../src/core/store/restore.ts";
import { cloneStore, dumpStore, loadStore } from "../../../src/core/store/snapshot.ts";
import { NO_INDEXES, type Store } from "../../../src/core/store/store.ts";
import { anyIntention } from "../wire/intention-examples.ts";
import { apply, keysOf, kvWrite, pairOf, registerNode, sessionOf, storeAt } from "./shelf.ts";

const S1 = "11111111-2222-3333-4444-555555555555";

function pair(key: string, fields: Partial<KvPair> = {}): KvPair {
  return {
    key: utf8(key),
    value: utf8("v"),
    flags: 7,
    session: "",
    lockIndex: 0,
    createIndex: 500,
    modifyIndex: 600,
    ...fields,
  };
}

function node(name: string, id = ""): Node {
  return {
    id,
    node: name,
    address: "10.0.0.9",
    datacenter: "dc1",
    taggedAddresses: null,
    meta: null,
    createIndex: 3,
    modifyIndex: 4,
  };
}

function service(on: string, name: string, modifyIndex: number): CatalogService {
  return {
    node: on,
    kind: "",
    id: name,
    service: name,
    tags: [],
    address: "",
    taggedAddresses: [],
    meta: null,
    port: 80,
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    connectNative: false,
    proxy: null,
    createIndex: 3,
    modifyIndex,
  };
}

const CHECK: Check = {
  node: "n",
  checkId: "alive",
  name: "alive",
  status: "passing",
  notes: "",
  output: "",
  serviceId: "",
  serviceName: "",
  serviceTags: [],
  type: "",
  definition: null,
  createIndex: 3,
  modifyIndex: 4,
};

function part(id: string, number: number, rows: Partial<RestoreRows>): Command {
  return { kind: "restore.part", id, part: number, rows: encodeRestoreRows({ ...NO_ROWS, ...rows }) };
}

function end(id: string, parts: number, lastIndex: number): Command {
  return { kind: "restore.end", id, parts, lastIndex, tableIndexes: [["kv", 600]] };
}

function restore(store: Store, rows: readonly Partial<RestoreRows>[], lastIndex = 1000) {
  apply(store, { kind: "restore.begin", id: "r" });
  rows.forEach((each, at) => {
    apply(store, part("r", at, each));
  });
  return apply(store, end("r", rows.length, lastIndex));
}

describe("a restore", () => {
  test("takes the place of everything, with the indexes, flags and locks that the rows had", () => {
    const store = storeAt(1, ["66666666-2222-3333-4444-555555555555"]);
    apply(store, kvWrite("set", "old"));
    apply(store, kvWrite("delete", "old"));
    apply(store, kvWrite("set", "older"));
    apply(store, registerNode("gone", { id: "x" }));
    const locked = pair("lock", { session: S1, lockIndex: 3, flags: 2n ** 64n - 1n });
    const autopilot = { ...DEFAULT_AUTOPILOT, createIndex: 5, modifyIndex: 6 };
    const { outcome, touched } = restore(store, [
      { kv: [pair("a"), locked], tombstones: [[utf8("z"), 550]] },
      { nodes: [node("n1", "id1"), node("n2")], sessions: [sessionOf(S1)], autopilot },
    ]);
    expect(outcome).toEqual({ ok: true, applied: true });
    expect(touched).toEqual([{ table: "everything" }]);
    expect(keysOf(store)).toEqual(["a", "lock"]);
    expect(pairOf(store, "lock")).toEqual(locked);
    expect(store.tombstones.toArray()).toEqual([["z", 550]]);
    expect(store.nodes.keysArray()).toEqual(["n1", "n2"]);
    expect(store.nodeKeys.toArray()).toEqual([["id1", "n1"]]);
    expect(store.sessions.rows.keysArray()).toEqual([S1]);
    expect(store.autopilot).toEqual(autopilot);
    expect(store.tableIndexes).toEqual({ ...NO_INDEXES, kv: 600 });
    expect(store.restoring.size).toBe(0);
  });

  test("never gives an index again that a row had, here or there", () => {
    const store = storeAt(1);
    restore(store, [{ kv: [pair("a")] }], 1000);
    const entry = store.lastApplied;
    apply(store, kvWrite("set", "b"));
    expect(pairOf(store, "b").modifyIndex).toBe(1002);
    expect(entry).toBe(3);
    // An archive of long ago: indexes go on from where they are.
    restore(store, [{ kv: [pair("a")] }], 10);
    apply(store, kvWrite("set", "c"));
    expect(pairOf(store, "c").modifyIndex).toBe(1007);
  });

  test("a compare-and-set with the index that the row had applies, once", () => {
    const store = storeAt(1);
    restore(store, [{ kv: [pair("a")] }]);
    expect(apply(store, kvWrite("cas", "a", { index: 600, value: "n" })).outcome).toMatchObject({
      applied: true,
    });
    expect(apply(store, kvWrite("cas", "a", { index: 600, value: "m" })).outcome).toMatchObject({
      applied: false,
    });
  });

  test("changes nothing until its end, and nothing at all when a part is missing, broken or another's", () => {
    const store = storeAt(1);
    apply(store, kvWrite("set", "kept"));
    apply(store, { kind: "restore.begin", id: "r" });
    apply(store, part("r", 0, { kv: [pair("a")] }));
    expect(keysOf(store)).toEqual(["kept"]);
    expect(apply(store, end("r", 2, 10)).outcome).toEqual({
      ok: false,
      error: "part 1 of the restore is missing",
    });
    apply(store, { kind: "restore.part", id: "r", part: 1, rows: Uint8Array.of(1, 2) });
    expect(apply(store, end("r", 2, 10)).outcome).toMatchObject({ ok: false });
    apply(store, { kind: "restore.begin", id: "s" });
    const superseded = { ok: false, error: "another restore was begun meanwhile" };
    expect(apply(store, part("r", 2, {})).outcome).toEqual(superseded);
    expect(apply(store, end("r", 1, 10)).outcome).toEqual(superseded);
    apply(store, { kind: "restore.begin", id: "" });
    expect(store.restoring.size).toBe(0);
    expect(apply(store, end("s", 0, 10)).outcome).toEqual(superseded);
    expect(keysOf(store)).toEqual(["kept"]);
  });

  const PARTS: readonly Partial<RestoreRows>[] = [
    { kv: [pair("a", { session: S1, lockIndex: 1 }), pair("b")] },
    { kv: [pair("a"), pair("c", { session: S1, lockIndex: 2 })] },
    { nodes: [node("n", "1"), node("m")] },
    { services: [service("n", "web", 40), service("m", "web", 50), service("nowhere", "web", 60)] },
    {
      services: [service("n", "db", 45)],
      checks: [CHECK],
    },
    {
      serviceIndexes: [
        ["web", 70],
        ["db", 1],
        ["gone", 80],
      ],
    },
    { sessions: [sessionOf(S1)] },
  ];
  const COMMANDS: readonly Command[] = [
    { kind: "restore.begin", id: "r" },
    ...PARTS.map((rows, at) => part("r", at, rows)),
    end("r", PARTS.length, 99),
    kvWrite("set", "d"),
  ];

  test("puts together what its parts hold: rows under all their keys, services' indexes, locks", () => {
    const store = storeAt(1);
    restore(store, PARTS);
    expect(keysOf(store)).toEqual(["a", "b", "c"]);
    expect(store.locks.valuesArray()).toEqual(["c"]);
    expect(store.services.byName.valuesArray().map(({ node, service }) => [service, node])).toEqual([
      ["db", "n"],
      ["web", "m"],
      ["web", "n"],
    ]);
    expect(store.services.indexes.toArray()).toEqual([
      ["db", 45],
      ["web", 70],
    ]);
    expect(store.checks.byInstance.size).toBe(1);
    expect(store.incoming).toBeUndefined();
  });

  test("half of one is part of the state: a store that was dumped, or cloned, in the middle ends like the others", () => {
    for (let cut = 0; cut < COMMANDS.length; cut++) {
      const stores = [storeAt(1), storeAt(1), storeAt(1), storeAt(1)] as [Store, Store, Store, Store];
      const [, , , bystander] = stores;
      COMMANDS.forEach((command, at) => {
        if (at === cut) {
          stores[1] = loadStore(copyPlain(dumpStore(stores[1])));
          stores[2] = cloneStore(stores[2]);
          // One that somebody holds on to sees nothing of what becomes of the other.
          stores[3] = cloneStore(bystander);
        }
        for (const store of stores) apply(store, command);
      });
      const [first, ...others] = stores.map((store) => printPlain(dumpStore(store)));
      for (const other of others) expect(other).toBe(first);
      expect(new Set(stores.map(({ digest }) => printDigest(digest))).size).toBe(1);
      for (const { locks, services, incoming } of stores) {
        expect(locks.valuesArray()).toEqual(["c"]);
        expect(services.indexes.size).toBe(2);
        expect(incoming).toBeUndefined();
      }
    }
  });

  test("a part that comes again counts as it came last, and parts behind the end do not", () => {
    const store = storeAt(1);
    apply(store, { kind: "restore.begin", id: "r" });
    for (const [at, key] of ["a", "b", "c"].entries()) apply(store, part("r", at, { kv: [pair(key)] }));
    apply(store, part("r", 0, { kv: [pair("z")] }));
    apply(store, end("r", 2, 10));
    expect(keysOf(store)).toEqual(["b", "z"]);
  });

  test("its parts are put together as they come, so that its end has nothing left to do", () => {
    const store = storeAt(1);
    for (const command of COMMANDS.slice(0, 4)) apply(store, command);
    expect(store.incoming).toMatchObject({ parts: 3 });
    const late = loadStore(copyPlain(dumpStore(store)));
    expect(late.incoming).toBeUndefined();
    for (const command of COMMANDS.slice(4, 7)) apply(late, command);
    expect(late.incoming).toMatchObject({ parts: 6 });
  });

  test("rows that are written one by one make the part that they make together", () => {
    const kv = Array.from({ length: 70_000 }, (_, at) => pair(`k${at}`));
    for (const count of [0, 1, 15, 16, 70_000]) {
      const rows = kv.slice(0, count);
      const writer = { bytes: new Uint8Array(10), at: 0 };
      for (const row of rows) writeRestoreRow(writer, "kv", row);
      expect(restorePartOf(writer, "kv", count)).toEqual(encodeRestoreRows({ ...NO_ROWS, kv: rows }));
    }
    const writer = { bytes: new Uint8Array(10), at: 0 };
    const intentions = fc.sample(anyIntention, 3);
    for (const row of intentions) writeRestoreRow(writer, "intentions", row);
    expect(restorePartOf(writer, "intentions", 3)).toEqual(encodeRestoreRows({ ...NO_ROWS, intentions }));
  });

  test("of two nodes with one name or one id the last counts", () => {
    const store = storeAt(1);
    restore(store, [{ nodes: [node("N", "1"), node("n", "2"), node("m", "2")] }]);
    expect(store.nodes.keysArray()).toEqual(["m"]);
    expect(store.nodeKeys.toArray()).toEqual([["2", "m"]]);
  });
});
