// The store as bytes: whatever its history, equal stores have equal bytes, and what is put together from them, in pieces
// of whatever size, is the same store and goes on as the same. Bytes that no release wrote are refused, and never throw.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KV_VERBS } from "../../../src/core/api/request.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { concatBytes, hexOf, utf8, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { printPlain } from "../../../src/core/lib/plain.ts";
import type { Command } from "../../../src/core/store/commands.ts";
import { cloneStore, dumpStore } from "../../../src/core/store/snapshot.ts";
import {
  createRowDecoder,
  createRowEncoder,
  decodeRows,
  encodeRows,
  finishRows,
  isEncoded,
} from "../../../src/core/store/snapshot-codec.ts";
import { SNAPSHOT_TABLES } from "../../../src/core/store/snapshot-tables.ts";
import { createStore, type Store } from "../../../src/core/store/store.ts";
import type { Decoded } from "../../../src/core/wire/schema.ts";
import { apply, kvWrite, registerNode, storeAt } from "./shelf.ts";

const S1 = "11111111-2222-3333-4444-555555555555";
const ID = "66666666-7777-8888-9999-aaaaaaaaaaaa";

const flags = fc.oneof(
  fc.nat(300),
  fc.constantFrom<number | bigint>(2 ** 32, 2 ** 53 - 1, 2n ** 53n, 2n ** 64n - 1n),
);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({
        verb: fc.constantFrom("set", ...KV_VERBS),
        key: fc.constantFrom("a", "a/b", "a/c", "é", "b", "b/long/key/of/some/sort"),
        index: fc.nat(20),
        flags,
        value: fc.oneof(fc.string({ unit: "binary" }), fc.constant("x".repeat(700))),
      })
      .map(({ verb, key, ...fields }) => kvWrite(verb, key, { ...fields, session: S1 })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        node: fc.constantFrom("x", "Y", "z", "zürich"),
        id: fc.constantFrom("", ID, S1),
        meta: fc.constantFrom(null, [["k", "v"]] as const),
        taggedAddresses: fc.constantFrom(null, [["lan", "10.0.0.1"]] as const, []),
      })
      .map(({ node, ...fields }) => registerNode(node, fields)),
  },
  fc.constantFrom("x", "Y").map((node): Command => ({ kind: "catalog.deregister-node", node })),
  fc.nat(20).map((upToIndex): Command => ({ kind: "kv.reap-tombstones", upToIndex })),
);
const history = fc.array(command, { maxLength: 40 });
const pieceBytes = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 3000 }));

function play(commands: readonly Command[], store: Store = storeAt(1, [S1])): Store {
  for (const each of commands) apply(store, each);
  return store;
}

/** The store in pieces, all of which are full but the last. */
function piecesOf(store: Store, bytes: number, planted?: string): Uint8Array[] {
  const encoder = createRowEncoder();
  const pieces: Uint8Array[] = [];
  while (!isEncoded(encoder)) {
    const into = new Uint8Array(bytes);
    const written = encodeRows(encoder, store, into, { planted });
    if (!isEncoded(encoder)) expect(written).toBe(bytes);
    pieces.push(into.subarray(0, written));
  }
  return pieces;
}

function bytesOf(store: Store): Uint8Array {
  return concatBytes(piecesOf(store, 1 << 20));
}

function decodePieces(pieces: readonly Uint8Array[]): Decoded<Store> {
  const decoder = createRowDecoder();
  for (const each of pieces) {
    const error = decodeRows(decoder, each);
    if (error !== undefined) return { ok: false, error };
  }
  return finishRows(decoder);
}

function restore(store: Store, bytes: number, planted?: string): Store {
  const decoded = decodePieces(piecesOf(store, bytes, planted));
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

const shown = (store: Store): string => printPlain(dumpStore(store));
const indexesById = (store: Store): string => printPlain(store.nodeKeys.toArray());

describe("a store that went through bytes", () => {
  test("is equal in every row, index and digest, whatever the size of the pieces", () => {
    fc.assert(
      fc.property(history, pieceBytes, (commands, bytes) => {
        const store = play(commands);
        const restored = restore(store, bytes);
        expect(shown(restored)).toBe(shown(store));
        expect(indexesById(restored)).toBe(indexesById(store));
      }),
      { numRuns: 300 },
    );
  });

  test("goes on as the one that it was taken of, answer by answer", () => {
    fc.assert(
      fc.property(history, history, pieceBytes, (before, after, bytes) => {
        const store = play(before);
        const restored = restore(store, bytes);
        for (const each of after) expect(apply(restored, each)).toEqual(apply(store, each));
        expect(shown(restored)).toBe(shown(store));
      }),
      { numRuns: 200 },
    );
  });

  test("has the same bytes again, which do not depend on how the store came about", () => {
    fc.assert(
      fc.property(history, pieceBytes, (commands, bytes) => {
        const store = play(commands);
        expect(hexOf(bytesOf(restore(store, bytes)))).toBe(hexOf(bytesOf(store)));
        expect(hexOf(concatBytes(piecesOf(store, bytes)))).toBe(hexOf(bytesOf(store)));
      }),
    );
  });

  test("may be empty", () => {
    expect(shown(restore(createStore(), 7))).toBe(shown(createStore()));
  });
});

describe("a clone", () => {
  test("stays as it was, whatever happens to its original, and the other way round", () => {
    fc.assert(
      fc.property(history, history, (before, after) => {
        const store = play(before);
        const clone = cloneStore(store);
        const then = shown(store);
        play(after, store);
        expect(shown(clone)).toBe(then);
        const now = shown(store);
        play([kvWrite("set", "only here"), kvWrite("delete-tree", "a"), registerNode("new")], clone);
        expect(shown(store)).toBe(now);
      }),
    );
  });

  test("costs the same for a hundred thousand keys as for one: its pages are shared", () => {
    const store = storeAt(1);
    for (let n = 0; n < 100_000; n++) store.kv.set(utf8(`${n}`), { ...PAIR, key: utf8(`${n}`) });
    const pages = Object.values(cloneStore(store).kv);
    expect(pages.some((each) => Object.values(store.kv).includes(each) && typeof each === "object")).toBe(
      true,
    );
  });
});

const PAIR = {
  key: utf8("k"),
  value: utf8("v"),
  flags: 0,
  session: "",
  lockIndex: 0,
  createIndex: 1,
  modifyIndex: 1,
};

describe("the list of tables", () => {
  test("brings back every field of the store", () => {
    const inHead = ["tableIndexes", "lastApplied", "digest", "indexShift"];
    const restored = new Set([...SNAPSHOT_TABLES.flatMap((table) => table.restores), ...inHead]);
    expect([...restored].sort()).toEqual(Object.keys(createStore()).sort());
  });

  test("has a number of its own for each, in ascending order", () => {
    const tags = SNAPSHOT_TABLES.map(({ tag }) => tag);
    expect(tags).toEqual([...new Set(tags)].sort((a, b) => a - b));
    expect(Math.min(...tags)).toBeGreaterThan(0);
    expect(Math.max(...tags)).toBeLessThan(256);
  });
});

/** A row as the codec frames it. */
function frame(tag: number, row: Uint8Array): Uint8Array {
  const length = [row.length, row.length >>> 8, row.length >>> 16, row.length >>> 24];
  return Uint8Array.from([tag, ...length, ...row]);
}

interface Row {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

function rowsOf(store: Store): Row[] {
  const bytes = bytesOf(store);
  const rows: Row[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 1, true);
    rows.push({ tag: bytes[at] as number, bytes: bytes.subarray(at, at + 5 + length) });
    at += 5 + length;
  }
  return rows;
}

describe("bytes that are none of a store are refused", () => {
  const store = play([
    kvWrite("set", "a", { value: "1" }),
    kvWrite("set", "b", { value: "2" }),
    kvWrite("delete", "b"),
    kvWrite("set", "c", { value: "3" }),
    registerNode("n", { id: ID }),
  ]);
  const rows = rowsOf(store);
  const [first, a, c, ...others] = rows as [Row, Row, Row, ...Row[]];
  const tail = others.map(({ bytes }) => bytes);

  test.each<[string, readonly Uint8Array[], RegExp]>([
    ["nothing at all", [], /no whole row/],
    ["no head", [a.bytes, c.bytes, ...tail], /the head is missing/],
    ["a head that is none", [frame(0, Uint8Array.of(0x90))], /the head cannot be read: lastApplied is not/],
    ["half a row", [first.bytes, a.bytes.subarray(0, -1)], /within a row/],
    ["a row too few", [first.bytes, c.bytes, ...tail], /kv has 1 rows, but the head announces 2/],
    ["rows out of order", [first.bytes, c.bytes, a.bytes, ...tail], /rows of kv are not in order/],
    ["a row twice", [first.bytes, a.bytes, a.bytes, ...tail], /rows of kv are not in order/],
    ["a table out of order", [first.bytes, ...tail, a.bytes, c.bytes], /row of kv stands behind its table/],
    ["a second head", [first.bytes, first.bytes], /table 0 is not known/],
    [
      "a row that is no MessagePack",
      [first.bytes, frame(1, Uint8Array.of(0xc1))],
      /row of kv cannot be read/,
    ],
    [
      "a row with the wrong fields",
      [first.bytes, frame(1, utf8Bytes("\x93abc"))],
      /row of kv cannot be read/,
    ],
    [
      "a length past all reason",
      [first.bytes, Uint8Array.of(1, 0, 0, 0, 255)],
      /claims to have 4278190080 bytes/,
    ],
    [
      "a table of a later release",
      [first.bytes, a.bytes, c.bytes, ...tail, frame(200, Uint8Array.of(0x90))],
      /table 200 is not known to this release: a later one wrote it; upgrade this server/,
    ],
    [
      "a later release's index of a table",
      [frame(0, Uint8Array.of(0x94, 1, 0x92, 1, 2, 0x91, 0x92, 0xa1, 0x7a, 5, 0x90))],
      /table "z" is not known to this release/,
    ],
    [
      "an index by the name of something that every object has",
      [frame(0, Uint8Array.of(0x94, 1, 0x92, 1, 2, 0x91, 0x92, 0xa8, ...utf8Bytes("toString"), 5, 0x90))],
      /table "toString" is not known to this release/,
    ],
  ])("%s", (_name, pieces, says) => {
    const decoded = decodePieces(pieces);
    expect(decoded.ok ? "was accepted" : decoded.error).toMatch(says);
  });

  test("and nothing that is made of them ever throws", () => {
    const whole = bytesOf(store);
    const harm = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(harm, pieceBytes, fc.nat(whole.length), (changes, bytes, length) => {
        const bad = whole.slice();
        for (const [at, value] of changes) bad[at] = value;
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < length; at += bytes)
          pieces.push(bad.subarray(at, Math.min(at + bytes, length)));
        decodePieces(pieces);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodePieces([first.bytes, bytes]);
      }),
    );
  });
});

test("a row of many pieces is put together in time that grows with its length, not with its square", () => {
  const store = storeAt(1);
  store.kv.set(utf8("big"), { ...PAIR, key: utf8("big"), value: utf8("v".repeat(8 << 20)) });
  const decoder = createRowDecoder();
  for (const piece of piecesOf(store, 4096)) {
    expect(decodeRows(decoder, piece)).toBeUndefined();
    expect(decoder.parts.reduce((sum, part) => sum + part.length, 0)).toBe(decoder.held);
  }
  const decoded = finishRows(decoder);
  expect(decoded.ok && shown(decoded.value)).toBe(shown(store));
});

describe("planted bugs are found", () => {
  const commands = [kvWrite("set", "a"), kvWrite("set", "b"), kvWrite("delete", "b"), kvWrite("set", "c")];

  test("snapshot-drops-index: an index of a table is lost", () => {
    expect(shown(restore(play(commands), 1000, "snapshot-drops-index"))).not.toBe(shown(play(commands)));
  });

  test("snapshot-skips-row: a row is left out where a piece ends", () => {
    const many = Array.from({ length: 20 }, (_, n) => kvWrite("set", `k${n}`));
    const pieces = piecesOf(play(many), 100, "snapshot-skips-row");
    const decoded = decodePieces(pieces);
    expect(must(decoded.ok ? undefined : decoded.error, "it is refused")).toMatch(/but the head announces/);
  });
});
