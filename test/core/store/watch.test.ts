// Who is woken by what: a watcher is woken by a change of its key, or of a key below its prefix, and by nothing else.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KV_VERBS } from "../../../src/core/api/request.ts";
import { type ByteString, utf8 } from "../../../src/core/lib/bytes.ts";
import { getPair, listPairs } from "../../../src/core/store/kv.ts";
import type { Touched } from "../../../src/core/store/store.ts";
import {
  collectWoken,
  createWatches,
  unwatch,
  type Watches,
  type WatchKey,
  watch,
} from "../../../src/core/store/watch.ts";
import { apply, kvWrite, registerNode, storeAt } from "./shelf.ts";

const key = (text: string): WatchKey => ({ on: "key", key: utf8(text) });
const prefix = (text: string): WatchKey => ({ on: "prefix", prefix: utf8(text) });
const NODES: WatchKey = { on: "nodes" };

function watches(...all: readonly WatchKey[]): Watches {
  const out = createWatches();
  all.forEach((on, id) => {
    watch(out, on, id);
  });
  return out;
}

function woken(all: Watches, touched: Touched): number[] {
  const ids = new Set<number>();
  collectWoken(all, touched, ids);
  return [...ids];
}

describe("a change wakes", () => {
  const WATCHERS = ["a", "a/", "a/b", "a/bc", "b"];
  const all = watches(...WATCHERS.map(key), ...["", ...WATCHERS].map(prefix), NODES);
  /** The watchers' names: a key as it is, a prefix with a star. */
  const named = (touched: Touched): string[] =>
    woken(all, touched).map((id) =>
      id === 11 ? "nodes" : id < 5 ? (WATCHERS[id] ?? "") : `${["", ...WATCHERS][id - 5]}*`,
    );

  test.each([
    ["a", ["a", "*", "a*"]],
    ["a/", ["a/", "*", "a*", "a/*"]],
    ["a/b", ["a/b", "*", "a*", "a/*", "a/b*"]],
    ["a/bc", ["a/bc", "*", "a*", "a/*", "a/b*", "a/bc*"]],
    ["b/x", ["*", "b*"]],
    ["", ["*"]],
    ["zz", ["*"]],
  ])("of key %j: %j", (at, ids) => {
    expect(named({ table: "kv", key: utf8(at) })).toEqual(ids);
  });

  test.each([
    ["a/", ["a/", "a/b", "a/bc", "*", "a*", "a/*", "a/b*", "a/bc*"]],
    ["a/b", ["a/b", "a/bc", "*", "a*", "a/*", "a/b*", "a/bc*"]],
    ["a/b/", ["*", "a*", "a/*", "a/b*"]],
    ["", [...WATCHERS, "*", ...WATCHERS.map((each) => `${each}*`)]],
    ["c", ["*"]],
  ])("of tree %j: %j", (at, ids) => {
    expect(named({ table: "kv-tree", prefix: utf8(at) })).toEqual(ids);
  });

  test("of a node: those who watch nodes", () => {
    expect(named({ table: "nodes" })).toEqual(["nodes"]);
  });

  test("each watcher once, in the order in which they came", () => {
    const many = watches(prefix("k"), prefix("k"), key("k"), prefix(""), key("k"));
    const ids = new Set<number>();
    for (let times = 0; times < 2; times++) collectWoken(many, { table: "kv", key: utf8("k") }, ids);
    expect([...ids].sort()).toEqual([0, 1, 2, 3, 4]);
    expect([...ids].filter((id) => [0, 1].includes(id))).toEqual([0, 1]);
  });
});

test("who has gone is not woken, and leaves nothing behind", () => {
  const any = fc.record({
    on: fc.constantFrom(key("a"), key("a/b"), prefix(""), prefix("a"), prefix("b"), prefix("a/b"), NODES),
    id: fc.nat(5),
    away: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 40 }), (steps) => {
      const all = createWatches();
      const there = new Map<string, readonly [WatchKey, number]>();
      for (const { on, id, away } of steps) {
        if (away) unwatch(all, on, id);
        else watch(all, on, id);
        const name = JSON.stringify([on, id]);
        if (away) there.delete(name);
        else there.set(name, [on, id]);
      }
      const ids = new Set([...there.values()].filter(([on]) => on.on !== "nodes").map(([, id]) => id));
      expect(new Set(woken(all, { table: "kv-tree", prefix: utf8("") }))).toEqual(ids);
      for (const [on, id] of there.values()) unwatch(all, on, id);
      expect(all).toEqual(createWatches());
    }),
  );
});

const KEYS = ["a", "a/", "a/b", "a/b/c", "ab", "b"];
const anyWrite = fc.record({
  verb: fc.constantFrom(...KV_VERBS),
  at: fc.constantFrom("", "a/b/", "x", ...KEYS),
  value: fc.constantFrom("x", "y"),
});

test("over any history, whose answer changes is woken, and who is woken by a single key's change has a new answer", () => {
  fc.assert(
    fc.property(fc.array(anyWrite, { maxLength: 30 }), (writes) => {
      const session = "11111111-2222-3333-4444-555555555555";
      const store = storeAt(1, [session]);
      const on: readonly WatchKey[] = [...KEYS.map(key), ...["", "x", ...KEYS].map(prefix)];
      const all = watches(...on);
      const answer = (each: WatchKey): string => {
        if (each.on !== "key" && each.on !== "prefix") return "";
        const { pairs } = each.on === "key" ? getPair(store, each.key) : listPairs(store, each.prefix);
        return JSON.stringify(pairs);
      };
      for (const { verb, at, value } of writes) {
        if (at === "" && verb !== "delete-tree") continue;
        const index = store.kv.get(at as ByteString)?.modifyIndex ?? 0;
        const before = on.map(answer);
        const { touched } = apply(store, kvWrite(verb, at, { value, index, session }));
        const ids = new Set(touched.flatMap((each) => woken(all, each)));
        on.forEach((each, id) => {
          const changed = answer(each) !== before[id];
          if (changed) expect(ids).toContain(id);
          else if (verb !== "delete-tree") expect(ids).not.toContain(id);
        });
        if (touched.length === 0) expect(ids.size).toBe(0);
      }
    }),
    { numRuns: 200 },
  );
});

test("nodes that are registered as they were wake nobody", () => {
  const store = storeAt(1);
  expect(apply(store, registerNode("n")).touched).toEqual([{ table: "nodes" }, { table: "node", node: "n" }]);
  expect(apply(store, registerNode("n")).touched).toEqual([]);
});
