// The descriptions that messages and commands are made of: what each takes, what it refuses, and in which words.

import fc from "fast-check";
import { Packr } from "msgpackr/pack";
import { describe, expect, test } from "vitest";
import { equalBytes, hexOf } from "../../../src/core/lib/bytes.ts";
import {
  amount,
  bool,
  byteString,
  bytes,
  decode,
  encode,
  finite,
  int,
  list,
  nullable,
  optional,
  pair,
  record,
  type Schema,
  text,
  textOf,
  uint,
  uint64,
  uintUpTo,
  union,
  word,
} from "../../../src/core/wire/schema.ts";
import { unhex } from "./examples.ts";

const packr = new Packr({ useRecords: false, variableMapSize: true });

/** What a description makes of a value that MessagePack can hold. */
function read<T>(schema: Schema<T>, value: unknown): unknown {
  const decoded = decode(schema, packr.pack(value));
  return decoded.ok ? decoded.value : decoded.error;
}

const WHOLE = "value is not a whole number";

describe("a description takes what fits, and says what does not", () => {
  test.each<[string, Schema<unknown>, unknown, unknown]>([
    ["uint", uint, 0, 0],
    ["uint", uint, 2 ** 53 - 1, 2 ** 53 - 1],
    ["uint", uint, 2 ** 53, WHOLE],
    ["uint", uint, -1, WHOLE],
    ["uint", uint, 1.5, WHOLE],
    ["uint", uint, "1", WHOLE],
    ["uint", uint, null, WHOLE],
    ["uintUpTo", uintUpTo(9), 9, 9],
    ["uintUpTo", uintUpTo(9), 10, "value is not at most 9"],
    ["amount", amount, 0.25, 0.25],
    ["amount", amount, -0.25, "value is not an amount"],
    ["amount", amount, Number.NaN, "value is not an amount"],
    ["amount", amount, Number.POSITIVE_INFINITY, "value is not an amount"],
    ["uint64", uint64, 7, 7],
    ["uint64", uint64, 0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn],
    ["uint64", uint64, 0x20_0000_0000_0000n, 0x20_0000_0000_0000n],
    ["uint64", uint64, -0x20_0000_0000_0001n, "value is not a 64-bit number"],
    ["bool", bool, true, true],
    ["bool", bool, 1, "value is not a boolean"],
    ["text", text, "é", "é"],
    ["text", text, 1, "value is not text"],
    ["textOf", textOf(1, 2), "ab", "ab"],
    ["textOf", textOf(1, 2), "", "value is not text of 1 to 2 characters"],
    ["textOf", textOf(1, 2), "abc", "value is not text of 1 to 2 characters"],
    ["bytes", bytes, "abc", "value is not bytes"],
    ["byteString", byteString, Uint8Array.of(0xff, 0), "\xff\0"],
    ["byteString", byteString, "abc", "value is not bytes"],
    ["word", word(["a", "b"]), 1, "b"],
    ["word", word(["a", "b"]), 2, "value is not one of a, b"],
    ["word", word(["a", "b"]), 0.5, "value is not one of a, b"],
    ["word", word(["a", "b"]), "a", "value is not one of a, b"],
    ["list", list(uint), [], []],
    ["list", list(uint), [1, 2], [1, 2]],
    ["list", list(uint), [1, "x"], "[1] is not a whole number"],
    ["list", list(uint), "x", "value is not a list"],
    ["nullable", nullable(uint), null, null],
    ["nullable", nullable(uint), 1, 1],
    ["optional", optional(uint), null, undefined],
    ["pair", pair(uint, text), [1, "x"], [1, "x"]],
    ["pair", pair(uint, text), [1], "value is not a pair"],
    ["pair", pair(uint, text), [1, "x", 2], "value is not a pair"],
    ["pair", pair(uint, text), ["x", 1], "[0] is not a whole number"],
    ["record", record({ a: uint }), { a: 1 }, "value is not a record"],
  ])("%s: %#", (_name, schema, value, expected) => {
    expect(read(schema, value)).toEqual(expected);
  });
});

describe("a record", () => {
  const inner = record({ name: text, note: optional(text) });
  const outer = record({ id: uint, parts: list(inner) });

  test("is the array of its fields in the order of its description", () => {
    expect(hexOf(encode(outer, { parts: [{ note: "y", name: "x" }], id: 5 }))).toBe("92059192a178a179");
  });

  test("lacks a field that is absent, rather than having it undefined", () => {
    expect(read(outer, [1, [["x", null]]])).toEqual({ id: 1, parts: [{ name: "x" }] });
    const decoded = decode(inner, encode(inner, { name: "x" }));
    expect(decoded.ok && Object.keys(decoded.value)).toEqual(["name"]);
  });

  test("of an older release lacks its newest fields at the end", () => {
    expect(read(inner, ["x"])).toEqual({ name: "x" });
    expect(read(outer, [1])).toBe("parts is not a list");
  });

  test("of a later release has more at the end, which nobody looks at", () => {
    expect(read(inner, ["x", "y", 3, { z: 1 }])).toEqual({ name: "x", note: "y" });
  });

  test("names the path of the first misfit", () => {
    expect(read(outer, [1, [["x"], [7]]])).toBe("parts[1].name is not text");
  });
});

describe("a union", () => {
  type Shape = { readonly kind: "dot" } | { readonly kind: "disc"; readonly radius: number };
  const shape = union<Shape>("kind", { dot: [3, {}], disc: [9, { radius: uint }] });

  test("is its variant's number and fields", () => {
    expect(hexOf(encode(shape, { kind: "disc", radius: 4 }))).toBe("920904");
    expect(hexOf(encode(shape, { kind: "dot" }))).toBe("9103");
  });

  test.each([
    [[9, 4], { kind: "disc", radius: 4 }],
    [[3], { kind: "dot" }],
    [[4], "value is not a known kind"],
    [["9", 4], "value is not a known kind"],
    [[], "value is not a known kind"],
    [{ kind: "dot" }, "value is not a known kind"],
    [[9, "4"], "radius is not a whole number"],
  ])("%j is %j", (packed, expected) => {
    expect(read(shape, packed)).toEqual(expected);
  });
});

describe("MessagePack itself", () => {
  test.each([
    ["nothing", ""],
    ["two values", "0101"],
    ["a number cut short", "cd01"],
    ["text cut short", "a5616263"],
    ["an unknown extension", "d47f00"],
    ["the reserved byte", "c1"],
  ])("%s is an error", (_name, hex) => {
    expect(decode(list(uint), unhex(hex)).ok).toBe(false);
    expect(decode(text, unhex(hex)).ok).toBe(false);
  });

  test("of a map cannot reach into what all objects share", () => {
    // {"__proto__": {"polluted": 1}}
    const bytes = unhex("81a95f5f70726f746f5f5f81a8706f6c6c7574656401");
    expect(decode(record({ a: uint }), bytes).ok).toBe(false);
    expect("polluted" in {}).toBe(false);
  });

  test("is written as others write it, and read in any of its forms", () => {
    // MessagePack has one zero for both.
    const real = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    const written: readonly [Schema<never>, fc.Arbitrary<unknown>][] = [
      [finite as Schema<never>, fc.oneof(real, fc.integer())],
      [int as Schema<never>, fc.maxSafeInteger()],
      [uint64 as Schema<never>, fc.oneof(fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }), fc.nat())],
      [text as Schema<never>, fc.oneof(fc.string({ unit: "grapheme", maxLength: 60 }), fc.string())],
      [bytes as Schema<never>, fc.uint8Array({ maxLength: 300 })],
      [list(uint) as Schema<never>, fc.array(fc.nat(), { maxLength: 40 })],
      [nullable(bool) as Schema<never>, fc.option(fc.boolean())],
    ];
    for (const [schema, values] of written)
      fc.assert(
        fc.property(values, (value) => {
          const ours = encode(schema, value as never);
          expect(hexOf(ours)).toBe(hexOf(packr.pack(value)));
          expect(decode(schema, ours)).toEqual({ ok: true, value });
        }),
        { numRuns: 50 },
      );
    const sameAsTheirs = <T>(schema: Schema<T>, value: T): boolean =>
      equalBytes(encode(schema, value), packr.pack(value));
    for (const length of [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
      expect(sameAsTheirs(text, "a".repeat(length)), `${length} letters`).toBe(true);
      expect(sameAsTheirs(text, "é".repeat(length)), `${length} letters of two bytes`).toBe(true);
      expect(sameAsTheirs(bytes, new Uint8Array(length)), `${length} bytes`).toBe(true);
      expect(sameAsTheirs(list(uint), new Array<number>(length).fill(7)), `${length} numbers`).toBe(true);
    }
    for (const [hex, value] of [
      ["ca3fc00000", 1.5],
      ["d2ffffffff", -1],
      ["d1ff7f", -129],
      ["d080", -128],
      ["cc07", 7],
    ] as const)
      expect(decode(finite, unhex(hex))).toEqual({ ok: true, value });
    expect(decode(text, unhex("da0002c3a9"))).toEqual({ ok: true, value: "é" });
    expect(decode(list(uint), unhex("dd0000000105"))).toEqual({ ok: true, value: [5] });
  });

  test("that announces more than there is is refused without room being made for it", () => {
    for (const hex of ["ddffffffff01", "dbffffffff61", "c6ffffffff00"])
      for (const schema of [list(uint), text, bytes] as readonly Schema<unknown>[])
        expect(decode(schema, unhex(hex)).ok).toBe(false);
  });

  test("nested without end is refused", () => {
    const deep = new Uint8Array(1_000_000).fill(0x91);
    expect(decode(record({ a: uint }), Uint8Array.of(0x92, 1, ...deep.subarray(0, 100_000))).ok).toBe(false);
  });

  test("that the library extends by records, references or code is an error as well", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 24 }), (type, rest) => {
        for (const head of [[0xc7, rest.length], [0xd4], [0xd6], [0xd8]])
          expect(decode(record({ a: uint }), Uint8Array.of(...head, type, ...rest)).ok).toBe(false);
      }),
    );
  });
});
