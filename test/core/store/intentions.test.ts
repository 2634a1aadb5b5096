// Intentions: which may be there together, in which order they decide, and which say something of a service.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IntentionSet } from "../../../src/core/api/intention.ts";
import {
  compareIntentions,
  decidingOf,
  type IntentionFields,
  intentionHash,
  precedenceOf,
} from "../../../src/core/model/intention.ts";
import { intentionById, listIntentions, matchIntentions } from "../../../src/core/store/intentions.ts";
import { cloneStore, dumpStore, loadStore } from "../../../src/core/store/snapshot.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { INTENTION } from "../wire/intention-examples.ts";
import { apply, storeAt } from "./shelf.ts";

const ID = "0000000a-0000-0000-0000-00000000000";

/** "a->n/b" from a to b in the namespace n. */
function fields(digit: number, arrow: string, more: Partial<IntentionFields> = {}): IntentionFields {
  const [source = "", destination = ""] = arrow.split("->");
  const [sourceName = "", sourceNs = "default"] = source.split("/").reverse();
  const [destinationName = "", destinationNs = "default"] = destination.split("/").reverse();
  return { ...INTENTION, id: `${ID}${digit}`, sourceNs, sourceName, destinationNs, destinationName, ...more };
}

function set(create: boolean, ...its: Parameters<typeof fields>): IntentionSet {
  return { kind: "intention.set", create, intention: fields(...its) };
}

function arrows(intentions: readonly IntentionFields[]): string[] {
  return intentions.map((each) => `${each.sourceName}->${each.destinationName}`);
}

function filled(...all: readonly string[]): Store {
  const store = storeAt(5);
  for (const [digit, arrow] of all.entries()) apply(store, set(true, digit, arrow));
  return store;
}

describe("an intention", () => {
  test("is made, and replaced at its old CreateIndex and CreatedAt; its id is one in any letters", () => {
    const store = filled("web->db");
    expect(
      apply(store, set(false, 0, "web->db", { action: "allow", createdAt: "later" })).outcome,
    ).toMatchObject({
      ok: true,
      intention: `${ID}0`,
    });
    expect(intentionById(store, `${ID}0`.toUpperCase())).toMatchObject({
      action: "allow",
      createdAt: INTENTION.createdAt,
      createIndex: 5,
      modifyIndex: 6,
    });
    expect(store.tableIndexes.intentions).toBe(6);
  });

  test("that has gone does not come back by being replaced", () => {
    const { outcome } = apply(storeAt(5), set(false, 0, "web->db"));
    expect(outcome).toEqual({ ok: false, error: `Cannot modify non-existent intention: '${ID}0'` });
  });

  test("is the only one of its source and destination, in any letters", () => {
    const store = filled("web->db", "a->b");
    const error = `duplicate intention found: DENY default/web => default/db (ID: ${ID}0, Precedence: 9)`;
    expect(apply(store, set(true, 2, "WEB->db")).outcome).toEqual({ ok: false, error });
    expect(apply(store, set(false, 1, "web->DB")).outcome).toEqual({ ok: false, error });
    expect(apply(store, set(true, 2, "other/web->db")).outcome).toMatchObject({ ok: true });
  });

  test("is removed, and moves the index; removed again it moves nothing", () => {
    const store = filled("web->db");
    expect(apply(store, { kind: "intention.delete", id: `${ID}0` }).touched).toEqual([
      { table: "intentions" },
    ]);
    expect(apply(store, { kind: "intention.delete", id: `${ID}0` }).touched).toEqual([]);
    expect(store.tableIndexes.intentions).toBe(6);
  });

  test("is in dumps and in clones, which do not change with the store", () => {
    const store = filled("web->db", "a->b");
    const clone = cloneStore(store);
    const loaded = loadStore(dumpStore(store));
    apply(store, { kind: "intention.delete", id: `${ID}0` });
    for (const kept of [clone, loaded]) expect(arrows(listIntentions(kept))).toEqual(["a->b", "web->db"]);
  });
});

describe("which decides", () => {
  test.each([
    ["a->b", 9],
    ["*->b", 8],
    ["*/*->b", 7],
    ["a->*", 6],
    ["*->*", 5],
    ["*/*->*", 4],
    ["a->*/*", 3],
    ["*->*/*", 2],
    ["*/*->*/*", 1],
  ])("%s has precedence %d", (arrow, precedence) => {
    expect(precedenceOf(fields(0, arrow))).toBe(precedence);
  });

  test("the exactest that says something of the destination, whose source is meant to the letter", () => {
    const store = filled("*->*", "web->db", "*->db", "web->*", "web->n/db", "*/*->*/*");
    const of = (name: string, ns = "default"): string[] =>
      arrows(matchIntentions(store, "destination", { ns, name }));
    expect(of("DB")).toEqual(["web->db", "*->db", "web->*", "*->*", "*->*"]);
    expect(of("x")).toEqual(["web->*", "*->*", "*->*"]);
    expect(of("db", "n")).toEqual(["web->db", "*->*"]);
    expect(arrows(matchIntentions(store, "source", { ns: "default", name: "web" }))).toEqual([
      ...["web->db", "web->db", "*->db", "web->*", "*->*", "*->*"],
    ]);
    const all = matchIntentions(store, "destination", { ns: "default", name: "db" });
    expect(decidingOf(all, { ns: "default", name: "web" })?.id).toBe(`${ID}1`);
    expect(decidingOf(all, { ns: "default", name: "WEB" })?.id).toBe(`${ID}2`);
    expect(decidingOf(all, { ns: "n", name: "web" })?.id).toBe(`${ID}5`);
    expect(decidingOf([], { ns: "n", name: "web" })).toBeUndefined();
  });

  test("is an order: whatever is listed is sorted by it", () => {
    const name = fc.constantFrom("a", "B", "*", "é");
    const any = fc
      .tuple(name, name, name, name)
      .map(([sourceNs, sourceName, destinationNs, destinationName]) => ({
        ...INTENTION,
        ...{ sourceNs, sourceName, destinationNs, destinationName },
      }));
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(Math.sign(compareIntentions(a, b)) + Math.sign(compareIntentions(b, a))).toBe(0);
        if (compareIntentions(a, b) <= 0 && compareIntentions(b, c) <= 0)
          expect(compareIntentions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

test("the hash is Consul's", () => {
  const its = fields(0, "web->db", { id: "39b6e48c-5ad4-b969-2030-4656de2cfc71" });
  expect(Buffer.from(intentionHash(its)).toString("base64")).toBe(
    "ZW3ShTfmEbi9h/vK+v6H2+uksNspYfKevSQHQfRc7tk=",
  );
});
