import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64, byteStringOf, concatBytes, hexOf, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { sha256 } from "../../../src/core/lib/sha256.ts";
import { intentionText } from "../../../src/core/model/intention.ts";
import { readAll, recordedArchive, recordedExpectations } from "./rig.ts";

function mustRead(bytes: Uint8Array, piece?: number) {
  const result = readAll(bytes, "take", piece);
  if (!result.ok) throw new Error(result.error);
  return result.archive;
}

function errorOf(bytes: Uint8Array): string {
  const result = readAll(bytes);
  return result.ok ? "no error" : result.error;
}

describe("an archive of Consul 1.8.7", () => {
  const archive = recordedArchive();
  const expected = recordedExpectations();

  test("says where it comes from", () => {
    const { meta } = mustRead(archive);
    expect(meta).toEqual({
      version: 1,
      id: expected.meta.ID,
      index: 54,
      term: 2,
      servers: [{ id: "b55e2f4e-b115-61a3-f663-f51e3ccfb25a", address: "127.0.0.1:17600", voter: true }],
      configurationIndex: 1,
      size: 19264,
    });
  });

  test("every pair has its value, flags, session, LockIndex, CreateIndex and ModifyIndex, as HTTP told them", () => {
    const { kv } = mustRead(archive).contents;
    const shown = kv.map((pair) => ({
      LockIndex: pair.lockIndex,
      Key: pair.key,
      Flags: pair.flags,
      Value: pair.value === "" ? null : base64(pair.value),
      ...(pair.session === "" ? {} : { Session: pair.session }),
      CreateIndex: pair.createIndex,
      ModifyIndex: pair.modifyIndex,
    }));
    expect(shown).toEqual(expected.kv);
  });

  test("tombstones, nodes, the session, autopilot and the tables' indexes are there", () => {
    const { contents } = mustRead(archive);
    expect(contents.tombstones).toEqual([
      ["todelete/a", 23],
      ["todelete/b", 53],
    ]);
    const nodes = contents.nodes.map((node) => ({
      ID: node.id,
      Node: node.node,
      Address: node.address,
      Datacenter: node.datacenter,
      TaggedAddresses: node.taggedAddresses && Object.fromEntries(node.taggedAddresses),
      Meta: node.meta && Object.fromEntries(node.meta),
      CreateIndex: node.createIndex,
      ModifyIndex: node.modifyIndex,
    }));
    expect(nodes).toEqual(expected.nodes);
    expect(contents.sessions).toEqual([
      {
        id: "ee5fc965-d9ba-dda0-12bc-64f7ad8dfee0",
        name: "lock-sess",
        node: "srv1",
        lockDelayNs: 5e9,
        behavior: "release",
        ttl: "600s",
        nodeChecks: ["serfHealth"],
        serviceChecks: null,
        checks: [],
        createIndex: 30,
        modifyIndex: 30,
      },
    ]);
    expect(contents.autopilot).toMatchObject({
      maxTrailingLogs: 250,
      lastContactThresholdNs: 2e8,
      modifyIndex: 9,
    });
    for (const { body } of expected.records.filter(({ typeName }) => typeName === "Index"))
      expect(contents.tableIndexes.get(body.Key ?? "")).toBe(body.Value);
  });

  test("its coordinates are read, each a record of its own", () => {
    const { contents } = mustRead(archive);
    expect(contents.coordinates.map(({ node, segment }) => [node, segment])).toEqual([
      ["cli1", ""],
      ["srv1", ""],
    ]);
    for (const { coordinate } of contents.coordinates) expect(coordinate.vec.length).toBe(8);
  });

  test("its configuration entries are read with all that they say", () => {
    const { contents } = mustRead(archive);
    expect(contents.configEntries.map(({ kind, name, modifyIndex }) => [kind, name, modifyIndex])).toEqual([
      ["proxy-defaults", "global", 47],
      ["service-defaults", "web", 46],
      ["service-resolver", "web", 48],
      ["service-splitter", "web", 49],
    ]);
    expect(contents.configEntries.find(({ kind }) => kind === "proxy-defaults")).toMatchObject({
      config: new Map([["local_connect_timeout_ms", 1000]]),
      meshGateway: { mode: "local" },
    });
  });

  test("its prepared queries are read", () => {
    const { contents } = mustRead(archive);
    expect(contents.queries.map(({ id, name, modifyIndex }) => [id, name, modifyIndex])).toEqual([
      ["6d98db8c-9605-3e34-5348-74c5c2e9ff13", "web-q", 42],
      ["99ccc1c8-f9e5-1fb4-a12c-3c219ef27fa5", "geo-", 43],
    ]);
    const [first, second] = contents.queries;
    expect(first?.service).toEqual({
      service: "web",
      failover: { nearestN: 2, datacenters: ["dc2"] },
      onlyPassing: true,
      ignoreCheckIds: null,
      near: "_agent",
      tags: ["v1", "!old"],
      nodeMeta: null,
      serviceMeta: null,
      connect: false,
    });
    expect(first?.dns).toEqual({ ttl: "10s" });
    const regexp = "^geo-(.*?)-([^\\-]+?)$";
    expect(second?.template).toEqual({ type: "name_prefix_match", regexp, removeEmptyTags: false });
  });

  test("its intentions are read, with their times", () => {
    const { contents } = mustRead(archive);
    expect(contents.intentions.map(intentionText)).toEqual([
      "ALLOW default/* => default/api (ID: 8db8a554-4870-b56f-2356-93f9bf3a1a57, Precedence: 8)",
      "DENY default/web => default/db (ID: c61201e9-f75e-9ad9-3d71-309e936ebf0f, Precedence: 9)",
    ]);
    const [first] = contents.intentions;
    expect(first?.createdAt).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
  });

  test("what there is no table for is named and counted", () => {
    const { contents, counts } = mustRead(archive);
    expect(Object.fromEntries(contents.left)).toEqual({
      ACLAuthMethod: 1,
      ACLBindingRule: 1,
      ACLPolicy: 2,
      ACLRole: 1,
      ACLToken: 4,
      ConnectCA: 1,
      ConnectCAConfig: 1,
      ConnectCAProviderState: 1,
      FederationState: 1,
    });
    expect([...counts.values()].reduce((sum, { count }) => sum + count, 0)).toBe(
      Object.values(expected.counts).reduce((sum, count) => sum + count, 0),
    );
  });

  test("comes out the same in whatever pieces it comes in", () => {
    const whole = mustRead(archive);
    for (const piece of [1, 7, 511, 4096]) expect(mustRead(archive, piece)).toEqual(whole);
  });
});

/** A tar of these files. */
function tar(files: readonly (readonly [name: string, data: Uint8Array])[], end = 1024): Uint8Array {
  const parts = files.flatMap(([name, data]) => {
    const header = new Uint8Array(512);
    header.set(utf8Bytes(name));
    header.set(utf8Bytes(`${data.length.toString(8).padStart(11, "0")}\0`), 124);
    header[156] = 0x30;
    header.set(utf8Bytes("ustar\0" + "00"), 257);
    header.fill(0x20, 148, 156);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.set(utf8Bytes(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    return [header, data, new Uint8Array((512 - (data.length % 512)) % 512)];
  });
  return concatBytes([...parts, new Uint8Array(end)]);
}

function archiveOf(
  state: Uint8Array,
  change: { meta?: string; sums?: string; also?: string; without?: string } = {},
): Uint8Array {
  const meta = utf8Bytes(
    change.meta ?? `{"Version":1,"ID":"1-2-3","Index":2,"Term":1,"Size":${state.length}}\n`,
  );
  const sums = change.sums ?? `${hexOf(sha256(meta))}  meta.json\n${hexOf(sha256(state))}  state.bin\n`;
  const files: [string, Uint8Array][] = [
    ["state.bin", state],
    ["SHA256SUMS", utf8Bytes(sums)],
    ["meta.json", meta],
  ];
  if (change.also !== undefined) files.push([change.also, utf8Bytes("x")]);
  return gzipSync(tar(files.filter(([name]) => name !== change.without)));
}

/** {"LastIndex": 7}. */
const HEADER = Uint8Array.from([0x81, 0xa9, ...utf8Bytes("LastIndex"), 7]);
const state = (...bytes: number[]): Uint8Array => concatBytes([HEADER, Uint8Array.from(bytes)]);

describe("what is refused, and how it is told", () => {
  test("files may come in any order", () => {
    expect(errorOf(archiveOf(HEADER))).toBe("no error");
  });

  test.each([
    ["nothing at all", new Uint8Array(0), "failed to decompress snapshot: EOF"],
    ["a few bytes", utf8Bytes("garbage"), "failed to decompress snapshot: unexpected EOF"],
    ["no gzip", utf8Bytes("garbage".repeat(4)), "failed to decompress snapshot: gzip: invalid header"],
    [
      "no tar",
      gzipSync(utf8Bytes("x".repeat(600))),
      "failed to read snapshot file: failed reading snapshot: archive/tar: invalid tar header",
    ],
    [
      "an empty tar",
      gzipSync(tar([])),
      "failed to read snapshot file: failed checking integrity of snapshot: no meta.json in the archive",
    ],
    [
      "a file that does not belong",
      archiveOf(HEADER, { also: "evil" }),
      'failed to read snapshot file: unexpected file "evil" in snapshot',
    ],
    [
      "a file twice",
      archiveOf(HEADER, { also: "state.bin" }),
      'failed to read snapshot file: file "state.bin" twice in snapshot',
    ],
    [
      "no hashes",
      archiveOf(HEADER, { without: "SHA256SUMS" }),
      'failed to read snapshot file: failed checking integrity of snapshot: file missing for "meta.json"',
    ],
    [
      "a wrong hash",
      archiveOf(HEADER, { sums: `${"0".repeat(64)}  meta.json\n` }),
      'failed to read snapshot file: failed checking integrity of snapshot: hash check failed for "meta.json"',
    ],
    [
      "a hash of something else",
      archiveOf(HEADER, { sums: `${"0".repeat(64)}  other\n` }),
      'failed to read snapshot file: failed checking integrity of snapshot: list missing hash for "other"',
    ],
    [
      "no metadata",
      archiveOf(HEADER, { meta: "[]" }),
      "failed to read snapshot file: failed to decode snapshot metadata: not a JSON object",
    ],
    [
      "another size",
      archiveOf(HEADER, { meta: '{"Version":1,"Size":5}' }),
      "failed to read snapshot file: failed checking integrity of snapshot: meta.json says that state.bin has 5 bytes, it has 12",
    ],
    ["an empty state", archiveOf(new Uint8Array(0)), "failed to read snapshot file: state.bin: empty"],
    [
      "no header",
      archiveOf(utf8Bytes("xx")),
      "failed to read snapshot file: state.bin: at byte 0: header: not a map",
    ],
    [
      "a record of the future",
      archiveOf(state(60, 0xc0)),
      "failed to read snapshot file: state.bin: at byte 12: record of type 60 (unknown): a type that this version does not know",
    ],
    [
      "a record that is none",
      archiveOf(state(2, 5)),
      "failed to read snapshot file: state.bin: at byte 12: record of type 2 (KVS): not a map",
    ],
    [
      "a pair without a key",
      archiveOf(state(16, 0x80, 2, 0x80)),
      "failed to read snapshot file: state.bin: at byte 14: record of type 2 (KVS): a pair without a key",
    ],
    [
      "a record that is cut off",
      archiveOf(state(2, 0x81, 0xa3, 0x4b)),
      "failed to read snapshot file: state.bin: at byte 12: record of type 2 (KVS): cut off",
    ],
  ])("%s", (_, bytes, error) => {
    expect(errorOf(bytes)).toBe(error);
  });

  test("records of Consul Enterprise are counted", () => {
    const result = readAll(archiveOf(state(70, 0xc0, 70, 0xc0)));
    expect(result.ok && Object.fromEntries(result.archive.contents.left)).toEqual({
      "type 70 of Consul Enterprise": 2,
    });
  });

  test("an archive that was cut off anywhere is never taken for whole", () => {
    const archive = recordedArchive();
    for (let length = 0; length < archive.length; length += 97)
      expect(errorOf(archive.subarray(0, length))).toMatch(/EOF$/);
  });

  test("one flipped bit anywhere is found, or means nothing", () => {
    const archive = recordedArchive();
    const whole = readAll(archive);
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.nat(7), (at, bit) => {
        const damaged = Uint8Array.from(archive);
        damaged[at] = (damaged[at] as number) ^ (1 << bit);
        const result = readAll(damaged);
        // Some bits mean nothing: the time in gzip's header, the padding before a stored block.
        if (result.ok) expect(result).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  test("whatever state.bin is, reading it ends with an answer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(43), (bytes, type) => {
        const result = readAll(archiveOf(concatBytes([state(type), bytes])));
        expect(typeof result.ok).toBe("boolean");
      }),
      { numRuns: 300 },
    );
    const plain = gunzipSync(recordedArchive());
    expect(byteStringOf(plain.subarray(0, 9))).toBe("meta.json");
  });
});
