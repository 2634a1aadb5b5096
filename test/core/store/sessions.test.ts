// Sessions in the replicated state, as Consul 1.8.7 has them: how they begin, what ends them, and what becomes of their locks.

import { describe, expect, test } from "vitest";
import type { CheckFields, SessionCreate } from "../../../src/core/api/request.ts";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { listSessions } from "../../../src/core/store/sessions.ts";
import { dumpStore, loadStore } from "../../../src/core/store/snapshot.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { type Applied, apply, kvWrite, pairOf, registerNode, storeAt } from "./shelf.ts";

const S1 = "11111111-2222-3333-4444-55555555aaaa";
const S2 = "66666666-7777-8888-9999-aaaaaaaaaaaa";
const DONE = { ok: true, applied: true };
const NOT = { ok: true, applied: false };

function create(fields: Partial<SessionCreate> = {}): SessionCreate {
  const empty = { name: "", node: "n", ttl: "", nodeChecks: [], serviceChecks: null, checks: [] };
  return { kind: "session.create", id: S1, lockDelayNs: 15e9, behavior: "", ...empty, ...fields };
}

function check(checkId: string, fields: Partial<CheckFields> = {}): CheckFields {
  const empty = {
    name: "",
    notes: "",
    output: "",
    serviceId: "",
    serviceName: "",
    serviceTags: [],
    type: "",
  };
  return { node: "n", checkId, status: "passing", definition: null, ...empty, ...fields };
}

function registerChecks(store: Store, ...checks: readonly CheckFields[]): Applied {
  const { kind: _, ...node } = registerNode("n");
  return apply(store, { kind: "catalog.register", ...node, skipNodeUpdate: true, checks });
}

/** A node "n" with a check that passes and one that does not; k1 and k2 are held by the session that is asked for. */
function shelf(fields: Partial<SessionCreate> = {}): Store {
  const store = storeAt(10);
  registerChecks(store, check("ok"), check("bad", { status: "critical" }));
  expect(apply(store, create(fields)).outcome).toEqual({ ...DONE, session: S1 });
  for (const key of ["k1", "k2"])
    expect(apply(store, kvWrite("lock", key, { value: "mine", session: S1 })).outcome).toEqual(DONE);
  return store;
}

function destroy(store: Store, id = S1): Applied {
  return apply(store, { kind: "session.destroy", id });
}

const ids = (store: Store): string[] => listSessions(store, "all").sessions.map(({ id }) => id);

describe("a session is not made", () => {
  test.each([
    ["of a node that is not there", { node: "nope" }, "Missing node registration"],
    ["on a check that is not there", { nodeChecks: ["ok", "nope"] }, "Missing check 'nope' registration"],
    [
      "on a service's check that is not there",
      { serviceChecks: [{ id: "x", namespace: "" }] },
      "Missing check 'x' registration",
    ],
    ["on a check of the old list that is not there", { checks: ["old"] }, "Missing check 'old' registration"],
    ["on a critical check", { nodeChecks: ["bad"] }, "Check 'bad' is in critical state"],
  ])("%s", (_name, fields, error) => {
    const store = storeAt(10);
    registerChecks(store, check("ok"), check("bad", { status: "critical" }));
    expect(apply(store, create(fields)).outcome).toEqual({ ok: false, error });
    expect(listSessions(store, "all")).toEqual({ sessions: [], index: 0 });
  });
});

test("a session is found by its id however that is written, by its node, and among all; each has the table's index", () => {
  const store = storeAt(10);
  registerChecks(store, check("ok"));
  const { index } = apply(store, create({ nodeChecks: ["OK"], node: "N", ttl: "10s", name: "web" }));
  const session = {
    ...create({ nodeChecks: ["OK"], node: "N", ttl: "10s", name: "web" }),
    behavior: "release",
    createIndex: index,
    modifyIndex: index,
  };
  const { kind: _, ...row } = session;
  for (const of of [{ id: S1 }, { id: S1.toUpperCase() }, { node: "n" }, "all"] as const)
    expect(listSessions(store, of)).toEqual({ sessions: [row], index });
  expect(listSessions(store, { id: S2 })).toEqual({ sessions: [], index });
  expect(listSessions(store, { node: "m" })).toEqual({ sessions: [], index });
});

describe("what a session held when it was destroyed", () => {
  test("is free, as it was otherwise", () => {
    const store = shelf();
    const before = pairOf(store, "k1");
    const { index, outcome, touched } = destroy(store);
    expect(outcome).toEqual(DONE);
    expect(pairOf(store, "k1")).toEqual({ ...before, session: "", modifyIndex: index });
    expect(ids(store)).toEqual([]);
    expect(touched).toContainEqual({ table: "kv", key: utf8("k2") });
  });

  test("is gone, if it was made so", () => {
    const store = shelf({ behavior: "delete" });
    const { index } = destroy(store);
    expect(store.kv.size).toBe(0);
    expect(store.tombstones.toArray()).toEqual([
      [utf8("k1"), index],
      [utf8("k2"), index],
    ]);
  });

  test("is not what it held before", () => {
    const store = shelf({ behavior: "delete" });
    apply(store, kvWrite("unlock", "k1", { session: S1 }));
    apply(store, kvWrite("delete", "k2"));
    apply(store, kvWrite("set", "k2"));
    destroy(store);
    expect(store.kv.keysArray()).toEqual([utf8("k1"), utf8("k2")]);
  });

  test("is what it held under its id in capitals, too", () => {
    const store = shelf();
    apply(store, kvWrite("lock", "k3", { session: S1.toUpperCase() }));
    expect(pairOf(store, "k3").session).toBe(S1.toUpperCase());
    destroy(store);
    expect(pairOf(store, "k3").session).toBe("");
  });
});

test("to destroy a session that is not there changes nothing; an id that can't be one is refused", () => {
  const store = shelf();
  const before = dumpStore(store);
  expect(destroy(store, S2).outcome).toEqual(DONE);
  expect(destroy(store, "abc").outcome).toEqual({
    ok: false,
    error: "failed session lookup: index error: UUID must be 36 characters",
  });
  const { sessions, kv, tableIndexes } = dumpStore(store);
  expect({ sessions, kv, tableIndexes }).toEqual({
    sessions: before.sessions,
    kv: before.kv,
    tableIndexes: before.tableIndexes,
  });
});

describe("a session ends", () => {
  test.each([
    ["with its node", { kind: "catalog.deregister", node: "N", serviceId: "", checkId: "" }],
    ["with its check", { kind: "catalog.deregister", node: "n", serviceId: "", checkId: "ok" }],
  ] as const)("%s", (_name, command) => {
    const store = shelf({ nodeChecks: ["ok"] });
    apply(store, command);
    expect(ids(store)).toEqual([]);
    expect(pairOf(store, "k1").session).toBe("");
  });

  test("when its check turns critical, and not when it warns", () => {
    const store = shelf({ nodeChecks: ["ok"] });
    registerChecks(store, check("ok", { status: "warning" }));
    expect(ids(store)).toEqual([S1]);
    registerChecks(store, check("ok", { status: "critical" }));
    expect(ids(store)).toEqual([]);
  });

  test("not when a check turns critical on which it does not rest", () => {
    const store = shelf();
    registerChecks(store, check("ok", { status: "critical" }));
    expect(ids(store)).toEqual([S1]);
  });
});

describe("a key that lost its lock with its session", () => {
  test("is held off for as long as the session says, a minute at most; one that was given back is not", () => {
    const store = shelf({ lockDelayNs: 61e9 });
    apply(store, kvWrite("unlock", "k1", { session: S1 }));
    const { index, touched } = destroy(store);
    expect(store.lockDelays.valuesArray()).toEqual([{ key: utf8("k2"), ms: 60_000, index }]);
    expect(touched).toContainEqual({ table: "lock-delays", key: utf8("k2") });
  });

  test.each([0, -5e9])("is not held off where the session's lock-delay is %d", (lockDelayNs) => {
    const store = shelf({ lockDelayNs });
    destroy(store);
    expect(store.lockDelays.size).toBe(0);
  });

  test("is not taken by who was let in before the session ended, and is by who was let in later", () => {
    const store = shelf();
    const { index } = destroy(store);
    apply(store, create({ id: S2 }));
    expect(apply(store, kvWrite("lock", "k1", { session: S2, index: index - 1 })).outcome).toEqual(NOT);
    expect(apply(store, kvWrite("lock", "k1", { session: S2, index })).outcome).toEqual(DONE);
    expect(store.lockDelays.keysArray()).toEqual([utf8("k2")]);
  });

  test("is forgotten when the leader says so, up to the index that it names", () => {
    const store = shelf();
    const { index } = destroy(store);
    apply(store, { kind: "kv.reap-lock-delays", upToIndex: index - 1 });
    expect(store.lockDelays.size).toBe(2);
    const { touched } = apply(store, { kind: "kv.reap-lock-delays", upToIndex: index });
    expect(store.lockDelays.size).toBe(0);
    expect(touched).toHaveLength(2);
  });
});

test("sessions, what they hold and what is held off outlive a dump", () => {
  const store = loadStore(dumpStore(shelf()));
  destroy(store);
  expect(pairOf(store, "k2").session).toBe("");
  expect(loadStore(dumpStore(store)).lockDelays.keysArray()).toEqual([utf8("k1"), utf8("k2")]);
});
