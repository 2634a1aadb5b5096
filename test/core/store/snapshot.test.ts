// A store that was put away and taken out again is the same store, and goes on as the same; and servers that applied the
// same log have the same store.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KV_VERBS } from "../../../src/core/api/request.ts";
import { printDigest } from "../../../src/core/lib/digest.ts";
import { copyPlain, printPlain } from "../../../src/core/lib/plain.ts";
import { noteApplied } from "../../../src/core/store/apply.ts";
import type { Command } from "../../../src/core/store/commands.ts";
import { dumpStore, loadStore } from "../../../src/core/store/snapshot.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { apply, kvWrite, registerNode, storeAt } from "./shelf.ts";

const S1 = "11111111-2222-3333-4444-555555555555";
const ID = "66666666-7777-8888-9999-aaaaaaaaaaaa";

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...KV_VERBS), fc.constantFrom("a", "a/b", "é", "b"), fc.nat(20), fc.string())
      .map(([verb, key, index, value]) => kvWrite(verb, key, { index, value, session: S1 })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("x", "Y", "z"), fc.constantFrom("", ID))
      .map(([node, id]) => registerNode(node, { id, meta: [["k", "v"]] })),
  },
  fc.constantFrom("x", "Y").map((node): Command => ({ kind: "catalog.deregister-node", node })),
  fc.nat(20).map((upToIndex): Command => ({ kind: "kv.reap-tombstones", upToIndex })),
);
const history = fc.array(command, { maxLength: 40 });

function play(store: Store, commands: readonly Command[]): Store {
  for (const each of commands) apply(store, each);
  return store;
}

function digestOf(store: Store): string {
  return printDigest(store.digest);
}

describe("a store that was dumped and loaded", () => {
  test("dumps the same again", () => {
    fc.assert(
      fc.property(history, (commands) => {
        const store = play(storeAt(1, [S1]), commands);
        const loaded = loadStore(copyPlain(dumpStore(store)));
        expect(printPlain(dumpStore(loaded))).toBe(printPlain(dumpStore(store)));
        expect(digestOf(loaded)).toBe(digestOf(store));
      }),
    );
  });

  test("goes on as the one it was dumped from, answer by answer", () => {
    fc.assert(
      fc.property(history, history, (before, after) => {
        const store = play(storeAt(1, [S1]), before);
        const loaded = loadStore(copyPlain(dumpStore(store)));
        for (const each of after) expect(apply(loaded, each)).toEqual(apply(store, each));
        expect(printPlain(dumpStore(loaded))).toBe(printPlain(dumpStore(store)));
        expect(digestOf(loaded)).toBe(digestOf(store));
      }),
    );
  });

  test("shares nothing that either could change under the other", () => {
    const store = play(storeAt(1), [kvWrite("set", "a"), registerNode("n")]);
    const dump = dumpStore(store);
    const printed = printPlain(dump);
    const loaded = loadStore(dump);
    play(loaded, [kvWrite("delete", "a"), registerNode("m")]);
    play(store, [kvWrite("set", "b")]);
    expect(printPlain(dump)).toBe(printed);
    expect(loaded.lastApplied).toBe(4);
  });
});

describe("the digest", () => {
  test("is the same wherever the same log was applied", () => {
    fc.assert(
      fc.property(history, (commands) => {
        expect(digestOf(play(storeAt(1, [S1]), commands))).toBe(digestOf(play(storeAt(1, [S1]), commands)));
      }),
    );
  });

  test.each<[string, readonly Command[], readonly Command[]]>([
    ["a value", [kvWrite("set", "a", { value: "x" })], [kvWrite("set", "a", { value: "y" })]],
    ["a write that changed nothing", [kvWrite("set", "a")], [kvWrite("set", "a"), kvWrite("set", "a")]],
    ["an order", [kvWrite("set", "a"), kvWrite("set", "b")], [kvWrite("set", "b"), kvWrite("set", "a")]],
    ["a verb", [kvWrite("delete", "a")], [kvWrite("delete-tree", "a")]],
  ])("tells %s apart", (_name, one, other) => {
    expect(digestOf(play(storeAt(1), one))).not.toBe(digestOf(play(storeAt(1), other)));
  });

  test("tells apart what came of a command", () => {
    const locks = [kvWrite("lock", "a", { session: S1 })];
    expect(digestOf(play(storeAt(1, [S1]), locks))).not.toBe(digestOf(play(storeAt(1), locks)));
  });

  test("moves with entries that hold nothing for the store, which are applied in order, each once", () => {
    const store = storeAt(1);
    const before = digestOf(store);
    noteApplied(store, 1);
    expect(digestOf(store)).not.toBe(before);
    expect(() => noteApplied(store, 1)).toThrow("in order");
    expect(() => noteApplied(store, 3)).toThrow("in order");
  });
});
