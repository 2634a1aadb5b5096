// Prepared queries in the replicated state: which may be beside which, what ends them, and what a name stands for.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QueryFields, QuerySet } from "../../../src/core/api/prepared-query.ts";
import { listQueries, resolveQuery } from "../../../src/core/store/queries.ts";
import { createQueryTables, putQuery, takeQuery, templateFor } from "../../../src/core/store/query-tables.ts";
import { dumpStore, loadStore } from "../../../src/core/store/snapshot.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { LEAST_QUERY } from "../wire/query-examples.ts";
import { type Applied, apply, registerNode, storeAt } from "./shelf.ts";

const S1 = "aaaaaaaa-2222-3333-4444-55555555aaaa";
const idOf = (number: number): string => `${String(number).padStart(8, "0")}-aaaa-bbbb-cccc-dddddddddddd`;
const TEMPLATE = { type: "name_prefix_match", regexp: "", removeEmptyTags: false };

function query(number: number, fields: Partial<QueryFields> = {}): QueryFields {
  return { ...LEAST_QUERY, id: idOf(number), name: `q${number}`, ...fields };
}
function set(store: Store, its: QueryFields, create = true): Applied {
  const command: QuerySet = { kind: "query.set", create, query: its };
  return apply(store, command);
}
const names = (store: Store): string[] => listQueries(store).queries.map(({ name }) => name);

describe("a query is refused", () => {
  const store = storeAt(10, [S1]);
  set(store, query(1));
  set(store, query(2, { name: "", template: TEMPLATE }));
  test.each([
    ["of another's name", query(3, { name: "q1" }), "name 'q1' aliases an existing query name"],
    ["of another's name in capitals", query(3, { name: "Q1" }), "name 'Q1' aliases an existing query name"],
    [
      "of another's id for a name",
      query(3, { name: idOf(1).toUpperCase() }),
      `name '${idOf(1).toUpperCase()}' aliases an existing query ID`,
    ],
    [
      "as a second template for every name",
      query(3, { name: "", template: TEMPLATE }),
      "a query template with an empty name already exists",
    ],
    [
      "bound to what is no session's id",
      query(3, { session: "x" }),
      "invalid session: index error: UUID must be 36 characters",
    ],
    ["bound to a session that is not there", query(3, { session: idOf(9) }), `invalid session "${idOf(9)}"`],
  ])("%s", (_, its, error) => {
    const before = dumpStore(store).queries;
    expect(set(store, its).outcome).toEqual({ ok: false, error });
    expect(dumpStore(store).queries).toEqual(before);
  });

  test("when it is replaced and is not there any more", () => {
    const { outcome, touched } = set(store, query(7), false);
    expect(outcome).toEqual({ ok: false, error: `Cannot modify non-existent prepared query: '${idOf(7)}'` });
    expect(touched).toEqual([]);
  });
});

describe("a query", () => {
  test("may keep its own name, and has its own id for one", () => {
    const store = storeAt(10);
    const { index } = set(store, query(1));
    expect(set(store, query(1, { token: "t" }), false).outcome).toMatchObject({ ok: true, query: idOf(1) });
    expect(set(store, query(1, { name: idOf(1) }), false).outcome).toMatchObject({ ok: false });
    expect(listQueries(store, idOf(1)).queries).toMatchObject([
      { name: "q1", token: "t", createIndex: index, modifyIndex: index + 1 },
    ]);
  });

  test("is found by any writing of its id, and bears the one that it was written with last", () => {
    const store = storeAt(10);
    const id = "abcdefab-aaaa-bbbb-cccc-dddddddddddd";
    set(store, query(1, { id }));
    set(store, query(1, { id: id.toUpperCase(), name: "other" }), false);
    expect(names(store)).toEqual(["other"]);
    expect(listQueries(store, id).queries).toMatchObject([{ id: id.toUpperCase() }]);
    expect(resolveQuery(store, "q1", {})).toBeUndefined();
    apply(store, { kind: "query.delete", id });
    expect(names(store)).toEqual([]);
    expect(apply(store, { kind: "query.delete", id }).touched).toEqual([]);
  });

  test("ends with its session, whoever ends that; others stay", () => {
    const store = storeAt(10);
    apply(store, registerNode("n"));
    apply(store, {
      kind: "session.create",
      id: S1,
      name: "",
      node: "n",
      lockDelayNs: 0,
      behavior: "",
      ttl: "",
      nodeChecks: [],
      serviceChecks: null,
      checks: [],
    });
    set(store, query(1, { session: S1.toUpperCase() }));
    set(store, query(2, { name: "", session: S1 }));
    set(store, query(3));
    const { index, touched } = apply(store, { kind: "catalog.deregister-node", node: "n" });
    expect(names(store)).toEqual(["q3"]);
    expect(touched).toContainEqual({ table: "queries", query: idOf(1) });
    expect(store.tableIndexes.preparedQueries).toBe(index);
  });

  test("outlives a dump with all that it is found by", () => {
    const store = storeAt(10, [S1]);
    set(store, query(1, { session: S1 }));
    set(store, query(2, { name: "geo-", template: TEMPLATE }));
    const loaded = loadStore(dumpStore(store));
    expect(dumpStore(loaded)).toEqual(dumpStore(store));
    expect(resolveQuery(loaded, "GEO-x", {})?.query.id).toBe(idOf(2));
    apply(loaded, { kind: "session.destroy", id: S1 });
    expect(names(loaded)).toEqual(["geo-"]);
  });
});

test("a name stands for an id, then for a name, then for the longest template that it begins with", () => {
  const store = storeAt(10);
  set(store, query(1, { name: "geo-db" }));
  set(store, query(2, { name: "geo-", template: TEMPLATE }));
  set(store, query(3, { name: "geo-d", template: TEMPLATE }));
  const found = (name: string): unknown => resolveQuery(store, name, {})?.query.name;
  expect(found(idOf(2))).toBe("geo-");
  expect(resolveQuery(store, idOf(2).toUpperCase(), {})?.by).toBe("id");
  expect(found("Geo-DB")).toBe("geo-db");
  expect(found("geo-dbx")).toBe("geo-d");
  expect(found("GEO-x")).toBe("geo-");
  expect(found("geo")).toBeUndefined();
  set(store, query(4, { name: "", template: TEMPLATE }));
  expect(found("geo")).toBe("");
});

test("of templates that come and go, the longest that fits is found", () => {
  const prefix = fc.string({ unit: fc.constantFrom("a", "b", "B", "é"), maxLength: 4 });
  fc.assert(
    fc.property(fc.array(fc.tuple(prefix, fc.boolean()), { maxLength: 20 }), prefix, (steps, rest) => {
      const tables = createQueryTables();
      const there = new Map<string, string>();
      for (const [name, comes] of steps) {
        const key = name.toLowerCase();
        const id = idOf([...key].reduce((sum, each) => sum * 7 + each.charCodeAt(0), 1) % 1e8);
        if (comes)
          putQuery(tables, { ...query(0, { id, name, template: TEMPLATE }), createIndex: 1, modifyIndex: 1 });
        else takeQuery(tables, id);
        if (comes) there.set(key, name);
        else there.delete(key);
      }
      for (const name of [rest, `${rest}a`, `ab${rest}`, `é${rest}b`]) {
        const fitting = [...there.keys()].filter((each) => name.toLowerCase().startsWith(each));
        const longest = fitting.sort((a, b) => b.length - a.length)[0];
        expect(templateFor(tables, name, {})?.name.toLowerCase()).toBe(longest);
      }
    }),
    { numRuns: 1000 },
  );
});
