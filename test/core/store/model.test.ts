// Any history of commands, with restores, snapshots and restarts among them, leaves the store and a naive one (naive-store.ts)
// looking alike to every question that a client can ask. Histories that part them are made short by fast-check.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KV_VERBS, type KvVerb } from "../../../src/core/api/request.ts";
import type { TxnOp } from "../../../src/core/api/txn.ts";
import { type ByteString, bytesOf, textOf, utf8 } from "../../../src/core/lib/bytes.ts";
import { DEFAULT_AUTOPILOT } from "../../../src/core/model/autopilot.ts";
import type { CatalogService, Check } from "../../../src/core/model/catalog.ts";
import { type NodeCoordinate, ORIGIN } from "../../../src/core/model/coordinate.ts";
import { applyCommand, noteApplied } from "../../../src/core/store/apply.ts";
import { autopilotConfig } from "../../../src/core/store/autopilot.ts";
import {
  checksAtNode,
  checksByState,
  checksForService,
  listHealth,
  listServiceNodes,
  listServices,
} from "../../../src/core/store/catalog-reads.ts";
import type { Command } from "../../../src/core/store/commands.ts";
import { coordinatesOf, listCoordinates } from "../../../src/core/store/coordinates.ts";
import { getPair, type KvResult, listKeys, listPairs } from "../../../src/core/store/kv.ts";
import { listNodes, nodeById, nodeByName } from "../../../src/core/store/nodes.ts";
import { encodeRestoreRows, type RestoreRows } from "../../../src/core/store/restore.ts";
import { cloneStore, dumpStore, loadStore } from "../../../src/core/store/snapshot.ts";
import {
  createRowDecoder,
  createRowEncoder,
  decodeRows,
  encodeRows,
  finishRows,
  isEncoded,
} from "../../../src/core/store/snapshot-codec.ts";
import type { Outcome, Store, Touched } from "../../../src/core/store/store.ts";
import { encodeCommand } from "../../../src/core/wire/command.ts";
import * as naive from "./naive-store.ts";
import { sessionOf, storeAt } from "./shelf.ts";

const S1 = "11111111-2222-3333-4444-555555555555";
const S2 = "66666666-7777-8888-9999-aaaaaaaaaaaa";
const UNKNOWN = "bbbbbbbb-cccc-dddd-eeee-ffffffffffff";
const IDS = ["", "id-1", "id-2"] as const;

const KEYS = ["a", "a/", "a/b", "a/b/c", "ab", "b", "é"];
const PREFIXES = ["", "a", "a/", "a/b", "a/b/", "a/x", "b", "x", "é"];
const NODES = ["one", "ONE", "two", "three"];

const SERVICES = ["web", "WEB", "db"];

type Model = naive.NaiveStore;

const PLAIN_SERVICE = {
  kind: "",
  tags: [],
  address: "",
  taggedAddresses: [],
  meta: null,
  weights: { passing: 1, warning: 1 },
  enableTagOverride: false,
  connectNative: false,
  proxy: null,
};
const PLAIN_CHECK = {
  name: "",
  notes: "",
  output: "",
  serviceName: "",
  serviceTags: [],
  type: "",
  definition: null,
};

interface Real {
  store: Store;
  readonly planted: string | undefined;
}

type StoreCommand = fc.Command<Model, Real>;

function send(real: Real, command: Command): naive.NaiveOutcome {
  const { store, planted } = real;
  const config = { datacenter: "dc1", planted };
  const outcome: Outcome = applyCommand(store, store.lastApplied + 1, encodeCommand(command), config, []);
  if (!outcome.ok) return "refused";
  return outcome.applied ? "applied" : "not applied";
}

function sendTxn({ store, planted }: Real, ops: readonly TxnOp[]): Extract<Outcome, { ok: true }> {
  const config = { datacenter: "dc1", planted };
  const touched: Touched[] = [];
  const command = encodeCommand({ kind: "txn.apply", ops });
  const outcome = applyCommand(store, store.lastApplied + 1, command, config, touched);
  if (!outcome.ok) throw new Error(outcome.error);
  if (!outcome.applied) expect(touched).toEqual([]);
  return outcome;
}

/** A command that is done on both sides, whatever went before; then all that can be asked is asked of both. */
function commandOf(text: string, run: (model: Model, real: Real) => void): StoreCommand {
  return {
    check: () => true,
    run(model, real) {
      run(model, real);
      compare(model, real.store);
    },
    toString: () => text,
  };
}

function compare(model: Model, store: Store): void {
  expect(store.lastApplied).toBe(model.entry);
  for (const key of KEYS) expect(plain(getPair(store, utf8(key)))).toEqual(naive.get(model, key));
  for (const prefix of PREFIXES) {
    const expected = naive.listBelow(model, prefix);
    expect(plain(listPairs(store, utf8(prefix)))).toEqual(expected);
    const keys = listKeys(store, utf8(prefix), utf8(""));
    expect({ ...keys, keys: keys.keys.map(textOf) }).toEqual({
      keys: expected.pairs.map(({ key }) => key),
      index: expected.index,
    });
  }
  compareNodes(model, store);
  compareServices(model, store);
  compareChecks(model, store);
  comparePlaces(model, store);
  const { minQuorum, createIndex, modifyIndex } = autopilotConfig(store);
  expect({ minQuorum, createIndex, modifyIndex }).toEqual(model.autopilot);
}

function plain({ pairs, index }: KvResult): unknown {
  return {
    pairs: pairs.map((pair) => ({ ...pair, key: textOf(pair.key), value: textOf(pair.value) })),
    index,
  };
}

function compareNodes(model: Model, store: Store): void {
  const { nodes, index } = listNodes(store, []);
  const shown = nodes.map(({ taggedAddresses: _lan, datacenter: _dc, ...node }) => ({
    ...node,
    meta: node.meta?.[0]?.[1] ?? "",
  }));
  const byName = [...model.nodes].sort((x, y) => (x.node.toLowerCase() < y.node.toLowerCase() ? -1 : 1));
  expect(shown).toEqual(byName);
  expect(index).toBe(model.nodesIndex);
  for (const name of NODES)
    expect(nodeByName(store, name)?.node).toBe(
      model.nodes.find(({ node }) => node.toLowerCase() === name.toLowerCase())?.node,
    );
  for (const id of IDS.filter((each) => each !== ""))
    expect(nodeById(store, id)?.node).toBe(model.nodes.find((node) => node.id === id)?.node);
}

function comparePlaces(model: Model, store: Store): void {
  const shown = (rows: readonly NodeCoordinate[]): naive.NaivePlace[] =>
    rows.map(({ node, segment, coordinate }) => ({ node, segment, error: coordinate.error }));
  const { coordinates, index } = listCoordinates(store, undefined);
  expect(shown(coordinates)).toEqual(naive.placesInOrder(model));
  expect(index).toBe(model.placesIndex);
  for (const name of NODES)
    expect(shown(coordinatesOf(store, name))).toEqual(
      naive.placesInOrder(model).filter(({ node }) => node.toLowerCase() === name.toLowerCase()),
    );
}

const place: fc.Arbitrary<naive.NaivePlace> = fc.record({
  node: fc.constantFrom(...NODES, "unknown"),
  segment: fc.constantFrom("", "", "alpha"),
  error: fc.constantFrom(0.5, 1, 1.5),
});

function sameNodeAndSegment(a: naive.NaivePlace, b: naive.NaivePlace): boolean {
  return a.node.toLowerCase() === b.node.toLowerCase() && a.segment === b.segment;
}

/** The error stands for all of a coordinate. */
function coordinateAt({ node, segment, error }: naive.NaivePlace): NodeCoordinate {
  return { node, segment, coordinate: { ...ORIGIN, error } };
}

const measure = fc.array(place, { maxLength: 3 }).map((places) =>
  commandOf(`measure ${JSON.stringify(places)}`, (model, real) => {
    const index = naive.nextIndex(model);
    for (const each of places) naive.putPlace(model, index, each);
    expect(send(real, { kind: "coordinate.batch-update", updates: places.map(coordinateAt) })).toBe(
      "applied",
    );
  }),
);

const ANY = { tags: [], nodeMeta: [], near: undefined };

function inOrder<T>(rows: readonly T[], ...keys: readonly (keyof T)[]): T[] {
  const keyOf = (row: T): string => keys.map((name) => String(row[name]).toLowerCase()).join("\0");
  return [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const alike = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function compareServices(model: Model, store: Store): void {
  const { nodesIndex, servicesIndex, checksIndex, extinctionIndex } = model;
  for (const name of [...SERVICES, "none"]) {
    const rows = inOrder(
      model.instances.filter((each) => alike(each.service, name)),
      "node",
      "id",
    );
    const gone = extinctionIndex > 0 ? extinctionIndex : Math.max(nodesIndex, servicesIndex);
    const own = model.serviceIndexes.get(name.toLowerCase());
    const listed = listServiceNodes(store, { service: name, connect: false, ...ANY });
    expect(listed.rows.map((row) => naively(row.service))).toEqual(rows);
    expect(listed.index).toBe(own ?? gone);
    const health = listHealth(store, { service: name, connect: false, ...ANY, passing: true });
    expect(health.index).toBe(own ?? (extinctionIndex > 0 ? extinctionIndex : Math.max(gone, checksIndex)));
    const passes = rows.filter((row) =>
      model.checks
        .filter((each) => alike(each.node, row.node))
        .filter((each) => each.serviceId === "" || alike(each.serviceId, row.id))
        .every(({ status }) => status === "passing"),
    );
    expect(health.rows.map((row) => naively(row.service))).toEqual(passes);
  }
  expect(listServices(store, []).index).toBe(servicesIndex);
  expect(listServices(store, []).services.map(([name]) => name)).toEqual(
    [...new Set(model.instances.map((each) => each.service))].sort(),
  );
}

function naively({ node: on, id, service: of, port, createIndex, modifyIndex }: CatalogService): unknown {
  return { node: on, id, service: of, port, createIndex, modifyIndex };
}

function compareChecks(model: Model, store: Store): void {
  const shown = (rows: readonly Check[]): unknown[] =>
    rows.map(({ node: on, checkId, status, serviceId, serviceName, createIndex, modifyIndex }) => {
      return { node: on, checkId, status, serviceId, serviceName, createIndex, modifyIndex };
    });
  const wanted = (is: (check: naive.NaiveCheck) => boolean): unknown[] =>
    inOrder(model.checks.filter(is), "node", "checkId");
  const NONE = { nodeMeta: [], near: undefined };
  for (const state of ["any", "passing", "critical", "odd"]) {
    const { checks, index } = checksByState(store, { state, ...NONE });
    expect(shown(checks)).toEqual(wanted(({ status }) => state === "any" || status === state));
    expect(index).toBe(model.checksIndex);
  }
  for (const service of SERVICES)
    expect(shown(checksForService(store, { service, ...NONE }).checks)).toEqual(
      wanted(({ serviceName }) => alike(serviceName, service)),
    );
  for (const name of NODES)
    expect(shown(checksAtNode(store, name).checks)).toEqual(wanted((each) => alike(each.node, name)));
}

const key = fc.constantFrom(...KEYS);
const value = fc.constantFrom("", "x", "é");

/** How far below the index that would be right: most often not at all. */
const behind = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 }));

const write = fc
  .record({
    verb: fc.constantFrom<KvVerb[]>(...KV_VERBS, "set", "set", "lock", "delete-tree"),
    key: fc.oneof({ weight: 9, arbitrary: key }, fc.constant("a/b/")),
    value,
    flags: fc.constantFrom(0, 7),
    session: fc.constantFrom(S1, S2, UNKNOWN, ""),
    behind,
  })
  .map((asked) =>
    commandOf(
      `${asked.verb} ${asked.key} = ${asked.value} by ${asked.session.slice(0, 2)}`,
      (model, real) => {
        const known = model.pairs.find((pair) => pair.key === asked.key);
        const index = Math.max(0, (known?.modifyIndex ?? 0) - asked.behind);
        const expected = naive.write(model, naive.nextIndex(model), { ...asked, index });
        const { verb, flags, session } = asked;
        const text = { key: utf8(asked.key), value: bytesOf(utf8(asked.value)) };
        expect(send(real, { kind: "kv.write", verb, ...text, flags, index, session })).toBe(expected);
      },
    ),
  );

/** Writes of keys as one transaction: the naive store is not touched unless its double has come through all of them. */
const transact = fc
  .array(
    fc.record({
      verb: fc.constantFrom<KvVerb[]>(...KV_VERBS, "set", "set"),
      key,
      value,
      flags: fc.constantFrom(0, 7),
      session: fc.constantFrom(S1, S2, UNKNOWN),
      behind,
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((asked) =>
    commandOf(`transact ${asked.map(({ verb, key: of }) => `${verb} ${of}`).join(", ")}`, (model, real) => {
      const index = naive.nextIndex(model);
      const double = structuredClone(model);
      const faults: number[] = [];
      const ops = asked.map(({ behind: by, ...each }, op): TxnOp => {
        const known = double.pairs.find((pair) => pair.key === each.key);
        const compared = Math.max(0, (known?.modifyIndex ?? 0) - by);
        if (naive.write(double, index, { ...each, index: compared }) !== "applied") faults.push(op);
        const { verb, flags, session } = each;
        const text = { key: utf8(each.key), value: bytesOf(utf8(each.value)) };
        return { on: "kv", verb, ...text, flags, index: compared, session };
      });
      if (faults.length === 0) Object.assign(model, double);
      const { txn } = sendTxn(real, ops);
      expect(txn?.faults.map(({ op }) => op)).toEqual(faults);
      // What came of each key that was not deleted, without its value.
      const keys = asked.filter(({ verb }) => !verb.startsWith("delete")).map((each) => each.key);
      expect(txn?.results.map((result) => result.on === "kv" && textOf(result.pair.key))).toEqual(
        faults.length === 0 ? keys : [],
      );
    }),
  );

const reap = fc.nat(6).map((back) =>
  commandOf(`reap all but the last ${back}`, (model, real) => {
    const index = naive.nextIndex(model);
    const upToIndex = Math.max(0, index - back);
    naive.reap(model, index, upToIndex);
    expect(send(real, { kind: "kv.reap-tombstones", upToIndex })).toBe("applied");
  }),
);

const node = fc.record({
  node: fc.constantFrom(...NODES),
  id: fc.constantFrom(...IDS),
  address: fc.constantFrom("10.0.0.1", "10.0.0.2"),
  meta: fc.constantFrom("", "m"),
});

const labels = (meta: string) => (meta === "" ? null : ([["k", meta]] as const));

const register = node.map((asked) =>
  commandOf(`register ${asked.node} ${asked.id}`, (model, real) => {
    const { id, address, meta } = asked;
    const named = { id, node: asked.node, address, meta, skip: false };
    const expected = naive.register(model, naive.nextIndex(model), named);
    const fields = { id, node: asked.node, address, taggedAddresses: null, meta: labels(meta) };
    expect(send(real, { kind: "catalog.register-node", ...fields })).toBe(expected);
  }),
);

const STATES = ["passing", "critical", "odd"];
const CHECK_IDS = ["serfHealth", "c1", "C1"];
const service = fc.record({
  id: fc.constantFrom("s1", "S1", "s2"),
  service: fc.constantFrom(...SERVICES),
  port: fc.constantFrom(80, 81),
});
const check = fc.record({
  checkId: fc.constantFrom(...CHECK_IDS),
  status: fc.constantFrom(...STATES),
  serviceId: fc.constantFrom("", "", "s1", "S2"),
});

const registerAll = fc
  .record({
    node,
    skip: fc.boolean(),
    service: fc.option(service, { nil: undefined }),
    check: fc.option(check, { nil: undefined }),
  })
  .map((asked) =>
    commandOf(`register ${JSON.stringify(asked)}`, (model, real) => {
      const { skip, service: its, check: made } = asked;
      const { id, address, meta } = asked.node;
      const naively = { ...asked.node, skip, service: its, check: made };
      const expected = naive.register(model, naive.nextIndex(model), naively);
      const command: Command = {
        kind: "catalog.register",
        id,
        node: asked.node.node,
        address,
        taggedAddresses: null,
        meta: labels(meta),
        skipNodeUpdate: skip,
        service: its === undefined ? undefined : { ...PLAIN_SERVICE, ...its },
        checks: made === undefined ? [] : [{ ...PLAIN_CHECK, ...made, node: asked.node.node }],
      };
      expect(send(real, command)).toBe(expected);
    }),
  );

const deregisterSome = fc
  .record({
    node: fc.constantFrom(...NODES),
    serviceId: fc.constantFrom("", "s1", "S2"),
    checkId: fc.constantFrom("", ...CHECK_IDS),
  })
  .map(({ node: name, serviceId, checkId }) =>
    commandOf(`deregister ${name} ${serviceId} ${checkId}`, (model, real) => {
      const index = naive.nextIndex(model);
      if (serviceId !== "") naive.deregisterService(model, index, name, serviceId);
      else if (checkId !== "") naive.deregisterCheck(model, index, name, checkId);
      else naive.deregister(model, index, name);
      expect(send(real, { kind: "catalog.deregister", node: name, serviceId, checkId })).toBe("applied");
    }),
  );

const deregister = fc.constantFrom(...NODES).map((name) =>
  commandOf(`deregister ${name}`, (model, real) => {
    naive.deregister(model, naive.nextIndex(model), name);
    expect(send(real, { kind: "catalog.deregister-node", node: name })).toBe("applied");
  }),
);

const autopilot = fc.tuple(fc.nat(5), fc.constantFrom("any", "right", "wrong")).map(([minQuorum, demand]) =>
  commandOf(`autopilot ${minQuorum}, index ${demand}`, (model, real) => {
    const { modifyIndex } = model.autopilot;
    const index = demand === "any" ? undefined : demand === "right" ? modifyIndex : modifyIndex + 1;
    const expected = naive.setAutopilot(model, naive.nextIndex(model), minQuorum, index);
    const { createIndex: _made, modifyIndex: _changed, ...settings } = { ...DEFAULT_AUTOPILOT, minQuorum };
    expect(send(real, { kind: "autopilot.set", settings, index })).toBe(expected);
  }),
);

const restored = fc.record({
  pairs: fc.uniqueArray(
    fc.record({
      key,
      value,
      flags: fc.constant(3),
      session: fc.constantFrom("", S1),
      lockIndex: fc.nat(2),
      createIndex: fc.integer({ min: 1, max: 30 }),
      modifyIndex: fc.integer({ min: 30, max: 60 }),
    }),
    { selector: (pair) => pair.key, maxLength: 4 },
  ),
  graves: fc.uniqueArray(fc.record({ at: key, index: fc.integer({ min: 1, max: 60 }) }), {
    selector: ({ at }) => at,
    maxLength: 2,
  }),
  nodes: fc.uniqueArray(
    node.map((fields) => ({ ...fields, createIndex: 2, modifyIndex: 9 })),
    { comparator: (x, y) => x.node.toLowerCase() === y.node.toLowerCase() || x.id === y.id, maxLength: 2 },
  ),
  sessions: fc.subarray([S1, S2]),
  pairsIndex: fc.integer({ min: 60, max: 70 }),
  gravesIndex: fc.integer({ min: 60, max: 70 }),
  nodesIndex: fc.integer({ min: 60, max: 70 }),
  places: fc.uniqueArray(place, { comparator: sameNodeAndSegment, maxLength: 3 }),
  placesIndex: fc.integer({ min: 60, max: 70 }),
  lastIndex: fc.integer({ min: 70, max: 100 }),
});
type Restored = typeof restored extends fc.Arbitrary<infer R> ? R : never;

function rowsOf({ pairs, graves, nodes, sessions, places }: Restored): RestoreRows {
  return {
    kv: pairs.map((pair) => ({ ...pair, key: utf8(pair.key), value: utf8(pair.value) })),
    tombstones: graves.map(({ at, index }): [ByteString, number] => [utf8(at), index]),
    nodes: nodes.map((each) => ({
      ...each,
      datacenter: "dc1",
      taggedAddresses: null,
      meta: labels(each.meta),
    })),
    services: [],
    serviceIndexes: [],
    checks: [],
    sessions: sessions.map(sessionOf),
    configEntries: [],
    coordinates: places.map(coordinateAt),
    queries: [],
    intentions: [],
  };
}

const EMPTY: RestoreRows = {
  kv: [],
  tombstones: [],
  nodes: [],
  services: [],
  serviceIndexes: [],
  checks: [],
  coordinates: [],
  configEntries: [],
  sessions: [],
  queries: [],
  intentions: [],
};

const restore = fc.tuple(restored, fc.constantFrom("whole", "broken off", "part lost")).map(([state, how]) =>
  commandOf(`restore, ${how}: ${JSON.stringify(state)}`, (model, real) => {
    const { kv, ...others } = rowsOf(state);
    const ask = (command: Command): naive.NaiveOutcome => {
      naive.nextIndex(model);
      return send(real, command);
    };
    expect(ask({ kind: "restore.begin", id: "r" })).toBe("applied");
    const parts = [
      { ...EMPTY, kv },
      { ...EMPTY, ...others },
    ];
    parts.slice(how === "part lost" ? 1 : 0).forEach((rows, at) => {
      const part = how === "part lost" ? at + 1 : at;
      expect(ask({ kind: "restore.part", id: "r", part, rows: encodeRestoreRows(rows) })).toBe("applied");
    });
    if (how === "broken off") return;
    const { lastIndex, pairsIndex, gravesIndex, nodesIndex, placesIndex } = state;
    const outcome = ask({
      kind: "restore.end",
      id: "r",
      parts: 2,
      lastIndex,
      tableIndexes: [
        ["kv", pairsIndex],
        ["nodes", nodesIndex],
        ["coordinates", placesIndex],
        ["tombstones", gravesIndex],
      ],
    });
    expect(outcome).toBe(how === "whole" ? "applied" : "refused");
    if (how === "whole") naive.replaceAll(model, state);
  }),
);

const noOp = fc.constant(
  commandOf("an entry of Raft's own", (model, { store }) => {
    naive.nextIndex(model);
    noteApplied(store, model.entry);
  }),
);

/** What neither side may notice: a snapshot through bytes, in pieces; a dump; a copy that goes its own way. */
const roundTrip = fc.oneof(
  fc.integer({ min: 1, max: 400 }).map((bytes) =>
    commandOf(`through a snapshot in pieces of ${bytes}`, (_model, real) => {
      real.store = throughBytes(real.store, bytes);
    }),
  ),
  fc.constant(
    commandOf("through a dump", (_model, real) => {
      real.store = loadStore(dumpStore(real.store));
    }),
  ),
  fc.constant(
    commandOf("beside a copy", (_model, real) => {
      const copy = { ...real, store: cloneStore(real.store) };
      for (const name of KEYS) {
        const written = { verb: "set" as const, key: utf8(name), value: bytesOf(utf8("copy")) };
        send(copy, { kind: "kv.write", ...written, flags: 1, index: 0, session: "" });
      }
      send(copy, { kind: "catalog.deregister-node", node: "one" });
    }),
  ),
);

function throughBytes(store: Store, bytes: number): Store {
  const encoder = createRowEncoder();
  const decoder = createRowDecoder();
  while (!isEncoded(encoder)) {
    const piece = new Uint8Array(bytes);
    const written = encodeRows(encoder, store, piece, {});
    expect(decodeRows(decoder, piece.subarray(0, written))).toBeUndefined();
  }
  const decoded = finishRows(decoder);
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

const histories = fc.commands(
  [
    // As often as it stands here.
    write,
    write,
    write,
    write,
    write,
    write,
    transact,
    transact,
    transact,
    register,
    register,
    registerAll,
    registerAll,
    registerAll,
    registerAll,
    deregister,
    deregisterSome,
    deregisterSome,
    measure,
    measure,
    autopilot,
    reap,
    restore,
    noOp,
    roundTrip,
    roundTrip,
  ],
  { maxCommands: 60, size: "max" },
);

function runHistory(commands: Iterable<StoreCommand>, planted?: string): void {
  fc.modelRun(
    () => ({
      model: naive.createNaiveStore([S1, S2]),
      real: { store: storeAt(1, [S1, S2]), planted },
    }),
    commands,
  );
}

describe("over any history", () => {
  test("the store is what the naive one is", () => {
    fc.assert(
      fc.property(histories, (commands) => runHistory(commands)),
      { numRuns: 150 },
    );
  }, 60_000);

  test.each([
    "kv-cas-ignores-index",
    "kv-cas-zero-overwrites",
    "kv-delete-leaves-no-trace",
    "catalog-check-update-lost",
    "txn-keeps-first-writes",
  ])("%s is found, and shown by a few commands", (planted) => {
    const found = fc.check(
      fc.property(histories, (commands) => runHistory(commands, planted)),
      { numRuns: 300, seed: 1 },
    );
    expect(found.failed).toBe(true);
    const shortest = [...(found.counterexample?.[0] ?? [])];
    expect(shortest.length).toBeLessThanOrEqual(4);
  });
});
