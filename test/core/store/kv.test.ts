// The key/value store's verbs and indexes, as Consul 1.8.7 has them.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KV_VERBS, type KvVerb } from "../../../src/core/api/request.ts";
import { InvariantError } from "../../../src/core/lib/assert.ts";
import { type ByteString, compareStrings, utf8 } from "../../../src/core/lib/bytes.ts";
import type { KvPair } from "../../../src/core/model/kv.ts";
import { applyCommand } from "../../../src/core/store/apply.ts";
import { getPair, listKeys, listPairs } from "../../../src/core/store/kv.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { apply, keysOf, kvWrite, pairOf, storeAt, type WriteFields } from "./shelf.ts";

const S1 = "11111111-2222-3333-4444-555555555555";
const S2 = "66666666-7777-8888-9999-aaaaaaaaaaaa";
const UNKNOWN = "bbbbbbbb-cccc-dddd-eeee-ffffffffffff";

const TRUE = { ok: true, applied: true };
const FALSE = { ok: true, applied: false };

/** Before every row: k is "old" with flags 3, made at 10, changed at 12, its lock taken twice and free. */
function shelf(holder: "free" | "s1" | "absent"): Store {
  const store = storeAt(10, [S1, S2]);
  if (holder === "absent") {
    store.lastApplied = 19;
    return store;
  }
  apply(store, kvWrite("lock", "k", { value: "old", flags: 3, session: S1 }));
  apply(store, kvWrite("unlock", "k", { value: "old", flags: 3, session: S1 }));
  apply(store, kvWrite("lock", "k", { value: "old", flags: 3, session: S1 }));
  if (holder === "free") apply(store, kvWrite("unlock", "k", { value: "old", flags: 3, session: S1 }));
  store.lastApplied = 19;
  return store;
}

type Row = readonly [
  name: string,
  holder: "free" | "s1" | "absent",
  verb: KvVerb,
  fields: WriteFields,
  outcome: unknown,
  /** What the pair becomes at index 20; "same" or "gone". */
  after: (Partial<Omit<KvPair, "value">> & { readonly value?: string }) | "same" | "gone",
];

const NEW = { value: "new", flags: 4 };
const WRITTEN = { value: "new", flags: 4, session: "", lockIndex: 0, createIndex: 10, modifyIndex: 20 };
const MADE = { ...WRITTEN, createIndex: 20 };

const ROWS: readonly Row[] = [
  ["set makes a key", "absent", "set", NEW, TRUE, MADE],
  [
    "set replaces value and flags, and forgets how often the lock was taken",
    "free",
    "set",
    NEW,
    TRUE,
    WRITTEN,
  ],
  [
    "set keeps the holder of the lock: locks are advisory",
    "s1",
    "set",
    NEW,
    TRUE,
    { ...WRITTEN, session: S1 },
  ],
  [
    "set of the same once more counts as a change while LockIndex is reset",
    "free",
    "set",
    { value: "old", flags: 3 },
    TRUE,
    { lockIndex: 0, modifyIndex: 20 },
  ],
  ["set without flags resets them", "free", "set", { value: "old" }, TRUE, { flags: 0, modifyIndex: 20 }],

  ["cas 0 makes a key", "absent", "cas", NEW, TRUE, MADE],
  ["cas 0 leaves a key that is there", "free", "cas", NEW, FALSE, "same"],
  ["cas with the key's index writes", "free", "cas", { ...NEW, index: 13 }, TRUE, WRITTEN],
  ["cas with an older index does not", "free", "cas", { ...NEW, index: 12 }, FALSE, "same"],
  ["cas with the index of its creation does not", "free", "cas", { ...NEW, index: 10 }, FALSE, "same"],
  ["cas with an index to come does not", "free", "cas", { ...NEW, index: 20 }, FALSE, "same"],
  ["cas with any index makes no key", "absent", "cas", { ...NEW, index: 13 }, FALSE, "gone"],
  [
    "cas with an index past 2^53 is never the key's",
    "free",
    "cas",
    { ...NEW, index: 2n ** 63n },
    FALSE,
    "same",
  ],
  ["cas keeps the holder", "s1", "cas", { ...NEW, index: 12 }, TRUE, { ...WRITTEN, session: S1 }],

  ["delete removes", "free", "delete", {}, TRUE, "gone"],
  ["delete removes what is locked", "s1", "delete", {}, TRUE, "gone"],
  ["delete of nothing is true", "absent", "delete", {}, TRUE, "gone"],

  ["delete-cas with the key's index removes", "free", "delete-cas", { index: 13 }, TRUE, "gone"],
  ["delete-cas with another does not", "free", "delete-cas", { index: 12 }, FALSE, "same"],
  ["delete-cas 0 does not", "free", "delete-cas", { index: 0 }, FALSE, "same"],
  ["delete-cas of nothing is true, whatever the index", "absent", "delete-cas", { index: 99 }, TRUE, "gone"],

  ["delete-tree removes", "free", "delete-tree", {}, TRUE, "gone"],
  ["delete-tree of nothing is true", "absent", "delete-tree", {}, TRUE, "gone"],

  [
    "lock makes a key that is taken once",
    "absent",
    "lock",
    { ...NEW, session: S2 },
    TRUE,
    { ...MADE, session: S2, lockIndex: 1 },
  ],
  [
    "lock takes a free key once more",
    "free",
    "lock",
    { ...NEW, session: S2 },
    TRUE,
    { ...WRITTEN, session: S2, lockIndex: 3 },
  ],
  [
    "lock by its holder writes, and does not count",
    "s1",
    "lock",
    { ...NEW, session: S1 },
    TRUE,
    { ...WRITTEN, session: S1, lockIndex: 2 },
  ],
  ["lock by another is refused", "s1", "lock", { ...NEW, session: S2 }, FALSE, "same"],
  ["lock without a session", "free", "lock", NEW, { ok: false, error: "missing session" }, "same"],
  [
    "lock by a session that is not there",
    "free",
    "lock",
    { ...NEW, session: UNKNOWN },
    { ok: false, error: `invalid session "${UNKNOWN}"` },
    "same",
  ],
  [
    "lock by a session that is not there makes no key",
    "absent",
    "lock",
    { ...NEW, session: UNKNOWN },
    { ok: false, error: `invalid session "${UNKNOWN}"` },
    "gone",
  ],
  [
    "lock by another session, its id in capitals, is refused as by one",
    "s1",
    "lock",
    { ...NEW, session: S2.toUpperCase() },
    FALSE,
    "same",
  ],

  [
    "unlock by its holder writes the request's value, and frees",
    "s1",
    "unlock",
    { ...NEW, session: S1 },
    TRUE,
    { ...WRITTEN, lockIndex: 2 },
  ],
  ["unlock by another is refused", "s1", "unlock", { ...NEW, session: S2 }, FALSE, "same"],
  ["unlock of what is free is refused", "free", "unlock", { ...NEW, session: S1 }, FALSE, "same"],
  ["unlock of nothing is refused", "absent", "unlock", { ...NEW, session: S1 }, FALSE, "gone"],
  ["unlock without a session", "s1", "unlock", NEW, { ok: false, error: "missing session" }, "same"],
];

describe("what a verb does", () => {
  test.each(ROWS)("%s", (_name, holder, verb, fields, outcome, after) => {
    const store = shelf(holder);
    const before = store.kv.get(utf8("k"));
    const tables = { ...store.tableIndexes };
    const applied = apply(store, kvWrite(verb, "k", fields));
    expect(applied.outcome).toEqual(outcome);
    const now = store.kv.get(utf8("k"));
    if (after === "gone") expect(now).toBeUndefined();
    else if (after === "same") expect(now).toBe(before);
    else expect(now).toMatchObject(after);
    // What is not there any more, or new, and nothing else, is told and moves the table.
    const changed = now !== before;
    const told = verb === "delete-tree" ? { table: "kv-tree", prefix: "k" } : { table: "kv", key: "k" };
    expect(applied.touched).toEqual(changed ? [told] : []);
    expect(store.tableIndexes.kv).toBe(changed ? 20 : tables.kv);
    expect(store.tombstones.get(utf8("k"))).toBe(changed && now === undefined ? 20 : undefined);
  });

  test.each(["set", "cas", "lock", "unlock"] as const)("%s of the very same changes nothing", (verb) => {
    const store = storeAt(10, [S1]);
    apply(store, kvWrite("set", "k", { value: "v", flags: 1 }));
    if (verb === "lock") apply(store, kvWrite("lock", "k", { value: "v", flags: 1, session: S1 }));
    const before = pairOf(store, "k");
    const { index, touched } = apply(
      store,
      kvWrite(verb, "k", { value: "v", flags: 1, index: 10, session: verb === "cas" ? "" : S1 }),
    );
    expect(index).toBe(store.lastApplied);
    expect(touched).toEqual([]);
    expect(pairOf(store, "k")).toBe(before);
    expect(store.tableIndexes.kv).toBe(before.modifyIndex);
  });

  test("a key deleted and made again has a new CreateIndex, and a lock taken once", () => {
    const store = shelf("s1");
    apply(store, kvWrite("delete", "k"));
    apply(store, kvWrite("lock", "k", { session: S1 }));
    expect(pairOf(store, "k")).toMatchObject({ createIndex: 21, modifyIndex: 21, lockIndex: 1 });
  });

  test("a lock taken again by its holder after a plain write stays at LockIndex 0", () => {
    const store = shelf("s1");
    apply(store, kvWrite("set", "k", { value: "x" }));
    apply(store, kvWrite("lock", "k", { value: "x", session: S1 }));
    expect(pairOf(store, "k").lockIndex).toBe(0);
  });

  test("keys are bytes: case and every byte count", () => {
    const store = storeAt(1);
    for (const key of ["a", "A", "é", "a\0", " ", "a/", "ÿ"])
      apply(store, kvWrite("set", key, { value: key }));
    expect(keysOf(store)).toEqual([" ", "A", "a", "a\0", "a/", utf8("é"), utf8("ÿ")]);
  });

  test("a pair that was read is never changed under the reader's hands", () => {
    const store = shelf("free");
    const [before] = getPair(store, utf8("k")).pairs;
    const copy = { ...before };
    for (const verb of KV_VERBS) apply(store, kvWrite(verb, "k", { value: "other", session: S1, index: 13 }));
    expect(before).toEqual(copy);
  });
});

describe("delete-tree", () => {
  function tree(...keys: string[]): Store {
    const store = storeAt(1);
    for (const key of keys) apply(store, kvWrite("set", key, { value: key }));
    return store;
  }

  test.each([
    ["a/", ["a", "b"]],
    ["a", ["b"]],
    ["a/b", ["a", "a/", "a/c", "b"]],
    ["", []],
    ["x", ["a", "a/", "a/b", "a/b/c", "a/c", "b"]],
  ])("%j leaves %j", (prefix, left) => {
    const store = tree("a", "a/", "a/b", "a/b/c", "a/c", "b");
    apply(store, kvWrite("delete-tree", prefix));
    expect(keysOf(store)).toEqual(left);
  });

  test("leaves one stone at its prefix, and none where there was nothing or where it was everything", () => {
    const store = tree("a/1", "a/2", "b");
    apply(store, kvWrite("delete-tree", "c"));
    expect(store.tombstones.size).toBe(0);
    expect(store.tableIndexes.kv).toBe(3);
    apply(store, kvWrite("delete-tree", "a/"));
    expect(store.tombstones.toArray()).toEqual([["a/", 5]]);
    apply(store, kvWrite("delete-tree", ""));
    expect(store.tombstones.toArray()).toEqual([["a/", 6]]);
    expect(store.tableIndexes).toMatchObject({ kv: 6, tombstones: 5 });
  });
});

describe("X-Consul-Index", () => {
  /** a/1 at 1, a/2 at 2, b at 3, c/1 at 4 deleted at 5, z at 6. */
  function garden(): Store {
    const store = storeAt(1);
    for (const key of ["a/1", "a/2", "b", "c/1"]) apply(store, kvWrite("set", key, { value: key }));
    apply(store, kvWrite("delete", "c/1"));
    apply(store, kvWrite("set", "z", { value: "z" }));
    return store;
  }

  test.each([
    ["a key: its ModifyIndex", "key", "a/1", 1],
    ["a missing key: the table's", "key", "a/3", 6],
    ["a deleted key: the table's", "key", "c/1", 6],
    ["a prefix: its newest key's", "prefix", "a/", 2],
    ["a prefix of one key", "prefix", "a/1", 1],
    ["a prefix whose keys are gone: the deletion's", "prefix", "c/", 5],
    ["a prefix that has never been: the table's", "prefix", "x", 6],
    ["a prefix longer than what was deleted: the table's", "prefix", "c/1/", 6],
    ["everything: the table's", "prefix", "", 6],
  ] as const)("of %s", (_name, on, key, index) => {
    const store = garden();
    if (on === "key") return void expect(getPair(store, utf8(key)).index).toBe(index);
    expect(listPairs(store, utf8(key)).index).toBe(index);
    expect(listKeys(store, utf8(key), utf8("/")).index).toBe(index);
  });

  test("of an empty store is 0, which the road turns into 1", () => {
    const store = storeAt(1);
    expect([getPair(store, utf8("k")).index, listPairs(store, utf8("")).index]).toEqual([0, 0]);
  });

  test("of a prefix does not move with keys outside it", () => {
    const store = garden();
    const before = ["a/", "a/1", "b", "c/"].map((prefix) => listPairs(store, utf8(prefix)).index);
    apply(store, kvWrite("set", "zz"));
    apply(store, kvWrite("delete", "z"));
    expect(["a/", "a/1", "b", "c/"].map((prefix) => listPairs(store, utf8(prefix)).index)).toEqual(before);
  });

  test("of the table moves with a deletion, and with no write that changed nothing", () => {
    const store = garden();
    apply(store, kvWrite("set", "z", { value: "z" }));
    apply(store, kvWrite("delete", "nothing"));
    apply(store, kvWrite("cas", "z", { index: 1 }));
    expect(listPairs(store, utf8("")).index).toBe(6);
    apply(store, kvWrite("delete", "z"));
    expect(listPairs(store, utf8("")).index).toBe(10);
  });

  test("of a prefix inside a deleted tree is that of the tree's deletion, older stones or not", () => {
    const store = garden();
    apply(store, kvWrite("set", "c/1"));
    expect(listPairs(store, utf8("c/")).index).toBe(7);
    apply(store, kvWrite("delete-tree", "c"));
    for (const prefix of ["c", "c/", "c/1"]) expect(listPairs(store, utf8(prefix)).index).toBe(8);
  });
});

describe("tombstones", () => {
  test("up to an index are forgotten, and prefixes may fall back", () => {
    const store = storeAt(1);
    apply(store, kvWrite("set", "a/1"));
    apply(store, kvWrite("set", "a/2"));
    apply(store, kvWrite("delete", "a/2"));
    apply(store, kvWrite("set", "b/1"));
    apply(store, kvWrite("delete", "b/1"));
    expect(listPairs(store, utf8("a/")).index).toBe(3);
    const { touched } = apply(store, { kind: "kv.reap-tombstones", upToIndex: 3 });
    expect(touched).toEqual([]);
    expect(store.tombstones.toArray()).toEqual([["b/1", 5]]);
    expect(listPairs(store, utf8("a/")).index).toBe(1);
    expect(listPairs(store, utf8("b/")).index).toBe(5);
    expect(store.tableIndexes.tombstones).toBe(6);
  });

  test("that are not there are not reaped, and no index moves", () => {
    const store = storeAt(1);
    apply(store, kvWrite("set", "a"));
    apply(store, { kind: "kv.reap-tombstones", upToIndex: 99 });
    expect(store.tableIndexes).toMatchObject({ kv: 1, tombstones: 0, nodes: 0 });
  });
});

describe("keys", () => {
  const store = storeAt(1);
  for (const key of ["a", "a/b", "a/b/c", "a/b/d", "a/e", "a//f", "b/", "éa", "x--y--z", "x--y--w"])
    apply(store, kvWrite("set", key));
  test.each([
    ["", "", ["a", "a//f", "a/b", "a/b/c", "a/b/d", "a/e", "b/", "x--y--w", "x--y--z", "éa"]],
    ["", "/", ["a", "a/", "b/", "x--y--w", "x--y--z", "éa"]],
    ["a", "/", ["a", "a/"]],
    ["a/", "/", ["a//", "a/b", "a/b/", "a/e"]],
    ["a/b", "/", ["a/b", "a/b/"]],
    ["a/b/", "/", ["a/b/c", "a/b/d"]],
    ["x--", "--", ["x--y--"]],
    ["x-", "--", ["x--y--"]],
    ["é", "a", ["éa"]],
    ["nothing", "/", []],
  ])("below %j cut at %j are %j", (prefix, separator, keys) => {
    expect(listKeys(store, utf8(prefix), utf8(separator)).keys).toEqual(keys.map(utf8));
  });
});

test("a command that this release does not know stops the server rather than make it differ", () => {
  const store = storeAt(1);
  for (const bytes of [Uint8Array.of(), Uint8Array.of(0x91, 0x63), Uint8Array.of(0xc0)])
    expect(() => applyCommand(store, 1, bytes, { datacenter: "dc1" }, [])).toThrow(InvariantError);
  expect(store.lastApplied).toBe(0);
});

// A model that keeps nothing but pairs, compared with the store over any history.

const KEYS = ["a", "a/", "a/b", "a/b/c", "a/bc", "ab", "b", "b/a"];
const PREFIXES = ["", "a", "a/", "a/b", "a/b/", "a/b/c", "a/x", "b", "b/", "x"];

const anyWrite = fc.record({
  verb: fc.oneof(
    fc.constantFrom(...KV_VERBS),
    fc.constantFrom("set" as const, "delete" as const, "delete-tree" as const),
  ),
  key: fc.constantFrom(...KEYS),
  value: fc.constantFrom("", "x", "y"),
  /** How far below the key's own index; most often none. */
  behind: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) }),
  session: fc.constantFrom(S1, S2, UNKNOWN, ""),
});
type AnyWrite = typeof anyWrite extends fc.Arbitrary<infer W> ? W : never;

function applyAny(store: Store, { verb, key, value, behind, session }: AnyWrite): ReturnType<typeof apply> {
  const index = Math.max(0, (store.kv.get(utf8(key))?.modifyIndex ?? 0) - behind);
  return apply(store, kvWrite(verb, key, { value, index, session }));
}

/** What a client that lists this prefix sees. */
function seen(store: Store, prefix: ByteString): { index: number; pairs: string } {
  const { index, pairs } = listPairs(store, prefix);
  return { index, pairs: JSON.stringify(pairs) };
}

describe("over any history", () => {
  test("a list is the keys that begin with its prefix, in order", () => {
    fc.assert(
      fc.property(fc.array(anyWrite, { maxLength: 30 }), (writes) => {
        const store = storeAt(1, [S1, S2]);
        for (const write of writes) applyAny(store, write);
        const all = [...store.kv.values()].sort((x, y) => compareStrings(x.key, y.key));
        for (const prefix of PREFIXES) {
          const expected = all.filter(({ key }) => key.startsWith(prefix));
          expect(listPairs(store, utf8(prefix)).pairs).toEqual(expected);
          expect(listKeys(store, utf8(prefix), utf8("")).keys).toEqual(expected.map(({ key }) => key));
        }
      }),
    );
  });

  test("whenever an answer changes its index grows past all before it, and it never goes back", () => {
    fc.assert(
      fc.property(fc.array(anyWrite, { maxLength: 40 }), (writes) => {
        const store = storeAt(1, [S1, S2]);
        const lists = PREFIXES.map(utf8);
        const keys = KEYS.map(utf8);
        for (const write of writes) {
          const before = lists.map((prefix) => seen(store, prefix));
          const pairs = keys.map((key) => getPair(store, key));
          applyAny(store, write);
          lists.forEach((prefix, at) => {
            const now = seen(store, prefix);
            const was = before[at] ?? now;
            expect(now.index).toBeGreaterThanOrEqual(was.index);
            if (now.pairs !== was.pairs) expect(now.index).toBe(store.lastApplied);
          });
          keys.forEach((key, at) => {
            const now = getPair(store, key);
            const was = pairs[at] ?? now;
            if (now.pairs[0] !== was.pairs[0]) expect(now.index).toBe(store.lastApplied);
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  test("createIndex ≤ modifyIndex ≤ the table's index ≤ the last applied", () => {
    fc.assert(
      fc.property(fc.array(anyWrite, { maxLength: 40 }), (writes) => {
        const store = storeAt(1, [S1, S2]);
        for (const write of writes) applyAny(store, write);
        const table = listPairs(store, utf8("")).index;
        expect(table).toBeLessThanOrEqual(store.lastApplied);
        for (const { createIndex, modifyIndex } of store.kv.values()) {
          expect(createIndex).toBeLessThanOrEqual(modifyIndex);
          expect(modifyIndex).toBeLessThanOrEqual(table);
        }
      }),
    );
  });
});
