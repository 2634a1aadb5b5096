import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ArchiveMeta } from "../../../src/core/archive/meta.ts";
import type { ArchiveRows } from "../../../src/core/archive/state-writer.ts";
import {
  type ArchiveWriter,
  createArchiveWriter,
  isWritten,
  stepWriter,
} from "../../../src/core/archive/writer.ts";
import { type ByteString, byteStringOf, compareStrings, concatBytes } from "../../../src/core/lib/bytes.ts";
import { copyPlain } from "../../../src/core/lib/plain.ts";
import type { CatalogService, Check, Node } from "../../../src/core/model/catalog.ts";
import type { KvPair } from "../../../src/core/model/kv.ts";
import type { Session } from "../../../src/core/model/session.ts";
import { nodeKey } from "../../../src/core/store/catalog-keys.ts";
import { checkFields, keptEntry, serviceFields } from "../wire/examples.ts";
import { anyIntention } from "../wire/intention-examples.ts";
import { anyQuery } from "../wire/query-examples.ts";
import { readAll, recordedArchive } from "./rig.ts";

const META = { version: 1, id: "3-99-1", index: 99, term: 3, servers: [], configurationIndex: 4 };

const EMPTY: ArchiveRows = {
  kv: [],
  tombstones: [],
  nodes: [],
  coordinates: [],
  sessions: [],
  queries: [],
  intentions: [],
  autopilot: undefined,
  configEntries: [],
  tableIndexes: [],
  services: [],
  checks: [],
  lastIndex: 2000,
};

/** Writes an archive; its state is dumped and loaded between any two steps. */
function write(
  rows: ArchiveRows,
  meta: Omit<typeof META, "servers"> & { servers: ArchiveMeta["servers"] } = META,
): Uint8Array {
  let writer = createArchiveWriter(rows, meta);
  const parts: Uint8Array[] = [];
  while (!isWritten(writer)) {
    writer = copyPlain(writer);
    parts.push(stepWriter(writer));
  }
  return concatBytes(parts);
}

const index = fc.oneof(fc.nat(), fc.maxSafeNat());
const bytes = fc.uint8Array({ maxLength: 30 }).map(byteStringOf);
const key = fc.uint8Array({ minLength: 1, maxLength: 20 }).map(byteStringOf);
const flags = fc.oneof(fc.maxSafeNat(), fc.bigInt(2n ** 53n, 2n ** 64n - 1n));
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 });
const labels = fc.option(
  fc
    .uniqueArray(fc.tuple(name, name), { maxLength: 4, selector: ([label]) => label })
    .map((all) => all.sort((a, b) => compareStrings(a[0], b[0]))),
  { nil: null },
);
const pair: fc.Arbitrary<KvPair> = fc.record({
  key,
  value: bytes,
  flags,
  session: fc.oneof(fc.constant(""), fc.uuid()),
  lockIndex: index,
  createIndex: index,
  modifyIndex: index,
});
const node: fc.Arbitrary<Node> = fc.record({
  id: fc.oneof(fc.constant(""), fc.uuid()),
  node: name,
  address: name,
  datacenter: name,
  taggedAddresses: labels,
  meta: labels,
  createIndex: index,
  modifyIndex: index,
});
const session: fc.Arbitrary<Session> = fc.record({
  id: fc.uuid(),
  name,
  node: name,
  lockDelayNs: fc.nat().map((ms) => ms * 1e6),
  behavior: fc.constantFrom("release" as const, "delete" as const),
  ttl: fc.constantFrom("", "600s"),
  nodeChecks: fc.uniqueArray(name, { maxLength: 3 }),
  serviceChecks: fc.option(fc.array(fc.record({ id: name, namespace: name }), { maxLength: 2 })),
  checks: fc.array(name, { maxLength: 2 }),
  createIndex: index,
  modifyIndex: index,
});
const autopilot = fc.record({
  cleanupDeadServers: fc.boolean(),
  lastContactThresholdNs: fc.nat().map((ms) => ms * 1e6),
  maxTrailingLogs: flags,
  minQuorum: flags,
  serverStabilizationTimeNs: fc.nat().map((ms) => ms * 1e6),
  redundancyZoneTag: name,
  disableUpgradeMigration: fc.boolean(),
  upgradeVersionTag: name,
  createIndex: index,
  modifyIndex: index,
});
const made = { createIndex: index, modifyIndex: index } as const;
const service: fc.Arbitrary<CatalogService> = fc.record({
  ...serviceFields,
  node: name,
  id: name,
  service: name,
  ...made,
});
const check: fc.Arbitrary<Check> = fc.record({ ...checkFields, node: name, checkId: name, ...made });

/** Maps come back sorted, and what says nothing comes back as nothing. */
function inOrder<T>(pairs: readonly (readonly [string, T])[]): (readonly [string, T])[] {
  return [...new Map(pairs)].sort((a, b) => compareStrings(a[0], b[0]));
}

/** What a store could hold: nodes in the order of their keys, services and checks on one of them. */
function asInStore({ nodes, services, checks, ...others }: ArchiveRows): ArchiveRows {
  const byKey = new Map(nodes.map((each) => [nodeKey(each.node), each]));
  const sorted = [...byKey].sort(([a], [b]) => compareStrings(a, b)).map(([, each]) => each);
  const [first] = sorted;
  if (first === undefined) return { ...others, nodes: [], services: [], checks: [] };
  return {
    ...others,
    nodes: sorted,
    services: services.map((each) => ({
      ...each,
      node: first.node,
      taggedAddresses: inOrder(each.taggedAddresses),
      meta: each.meta === null ? null : inOrder(each.meta),
    })),
    checks: checks.map((each) => ({
      ...each,
      node: (sorted.at(-1) ?? first).node,
      definition:
        each.definition === null ? null : { ...each.definition, header: inOrder(each.definition.header) },
    })),
  };
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const coordinate = fc.record({
  vec: fc.array(finite, { minLength: 8, maxLength: 8 }),
  error: finite,
  adjustment: finite,
  height: finite,
});
const anyRows: fc.Arbitrary<ArchiveRows> = fc.record({
  kv: fc.array(pair, { maxLength: 8 }),
  tombstones: fc.array(fc.tuple(key, index), { maxLength: 4 }),
  nodes: fc.array(node, { maxLength: 4 }),
  services: fc.array(service, { maxLength: 3 }),
  checks: fc.array(check, { maxLength: 3 }),
  coordinates: fc.array(fc.record({ node: name, segment: name, coordinate }), { maxLength: 3 }),
  sessions: fc.array(session, { maxLength: 3 }),
  configEntries: fc.array(
    keptEntry.map((entry) => ({ ...entry, name: `a${entry.name}` })),
    { maxLength: 3 },
  ),
  queries: fc.array(anyQuery, { maxLength: 3 }),
  intentions: fc.array(anyIntention, { maxLength: 3 }),
  autopilot: fc.option(autopilot, { nil: undefined }),
  tableIndexes: fc.uniqueArray(fc.tuple(name, index), { maxLength: 4, selector: ([table]) => table }),
  lastIndex: index,
});

const rows = anyRows.map(asInStore);

describe("what is written", () => {
  test("is read again as it was", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const result = readAll(write(given));
        if (!result.ok) throw new Error(result.error);
        const { meta, contents } = result.archive;
        expect(meta).toEqual({ ...META, size: meta.size });
        expect(contents.kv).toEqual(given.kv);
        expect(contents.tombstones).toEqual(given.tombstones);
        expect(contents.nodes).toEqual(given.nodes);
        expect(contents.services).toEqual(given.services);
        expect(contents.checks).toEqual(given.checks);
        expect(contents.coordinates).toEqual(given.coordinates);
        expect(contents.sessions).toEqual(given.sessions);
        expect(contents.queries).toEqual(given.queries);
        expect(contents.intentions).toEqual(given.intentions);
        expect(contents.autopilot).toEqual(given.autopilot);
        expect([...contents.tableIndexes]).toEqual(given.tableIndexes);
        expect([...contents.left.keys()]).toEqual([]);
      }),
    );
  });

  test("many rows are made block by block, each a gzip member, and given together where they are short", () => {
    const value = "x".repeat(1000) as ByteString;
    const kv = Array.from({ length: 2000 }, (_, at) => ({
      key: `k${at}` as ByteString,
      value,
      flags: 0,
      session: "",
      lockIndex: 0,
      createIndex: at + 1,
      modifyIndex: at + 1,
    }));
    const writer = createArchiveWriter({ ...EMPTY, kv }, META);
    for (let made = 0; writer.stage === "making"; made++) {
      expect(writer.members).toHaveLength(made);
      expect(stepWriter(writer)).toHaveLength(0);
    }
    const sizes = writer.members.map((member) => gunzipSync(member).length);
    expect(sizes.length).toBeGreaterThan(8);
    expect(Math.max(...sizes)).toBeLessThan(300_000);
    const short = stepWriter(writer);
    expect(isWritten(writer)).toBe(true);
    expect(gunzipSync(short)).toHaveLength(sizes.reduce((all, size) => all + size, 0));
  });

  test("members that are long are given one by one, and in order", () => {
    const members = [300_000, 300_000, 700_000, 100_000, 100_000].map((length, at) =>
      new Uint8Array(length).fill(at),
    );
    const writer: ArchiveWriter = { ...createArchiveWriter(EMPTY, META), stage: "giving", members };
    const given: Uint8Array[] = [];
    const all = concatBytes(members);
    while (!isWritten(writer)) given.push(stepWriter(writer));
    expect(given.map(({ length }) => length)).toEqual([300_000, 300_000, 700_000, 200_000]);
    expect(byteStringOf(concatBytes(given)) === byteStringOf(all)).toBe(true);
    expect(stepWriter(writer)).toHaveLength(0);
  });

  test("a record of Consul's, read and written, has Consul's bytes", () => {
    const recorded = readAll(recordedArchive());
    if (!recorded.ok) throw new Error(recorded.error);
    const { contents } = recorded.archive;
    const given = { ...contents, tableIndexes: [...contents.tableIndexes], lastIndex: 54 };
    const theirs = byteStringOf(gunzipSync(recordedArchive()));
    const ours = byteStringOf(gunzipSync(write(given)));
    // state.bin begins behind three blocks of the tar; coordinates, pairs and tombstones, then indexes and the end.
    for (const [from, to] of [
      [9023, 9337],
      [12_739, 13_356],
      [18_499, 19_264],
    ] as const)
      expect(ours.includes(theirs.slice(1536 + from, 1536 + to))).toBe(true);
  });
});
