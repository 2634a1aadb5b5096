import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededChance, shuffle } from "../../../src/core/lib/chance.ts";
import { crc32, crc32c } from "../../../src/core/lib/crc.ts";
import {
  clearDeadline,
  createDeadlineHeap,
  earliest,
  setDeadline,
  takeDue,
} from "../../../src/core/lib/deadline-heap.ts";
import { createDigest, mixBytes, mixNumber, printDigest } from "../../../src/core/lib/digest.ts";
import { parseDuration, printDuration } from "../../../src/core/lib/duration.ts";
import { createOrderedMap, forPrefix } from "../../../src/core/lib/ordered-map.ts";
import { copyPlain, digestPlain, equalPlain } from "../../../src/core/lib/plain.ts";

const check = new TextEncoder().encode("123456789");

describe("checksums", () => {
  test("the published check values", () => {
    expect(crc32c(check)).toBe(0xe3069283);
    expect(crc32(check)).toBe(0xcbf43926);
  });

  test("a checksum in two parts is the checksum of the whole", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        const at = Math.min(cut, bytes.length);
        expect(crc32c(bytes, at, bytes.length, crc32c(bytes, 0, at))).toBe(crc32c(bytes));
      }),
    );
  });
});

describe("chance", () => {
  test("equal seeds give equal answers, and a question in one place moves nothing in another", () => {
    const a = seededChance("7");
    const b = seededChance("7");
    b.choose("elsewhere", 10);
    const draw = (chance: typeof a): number[] =>
      Array.from({ length: 50 }, () => chance.choose("here", 1000));
    expect(draw(a)).toEqual(draw(b));
    expect(draw(seededChance("8"))).not.toEqual(draw(seededChance("7")));
  });

  test("answers are uniform enough that every face of a die comes up about as often", () => {
    const chance = seededChance("die");
    const faces = [0, 0, 0, 0, 0, 0];
    for (let n = 0; n < 60_000; n++) (faces[chance.choose("die", 6)] as number)++;
    for (const count of faces) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test("a shuffle keeps what it shuffles", () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.string(), (items, seed) => {
        expect(shuffle(seededChance(seed), "s", [...items]).sort()).toEqual([...items].sort());
      }),
    );
  });
});

test("the deadline heap gives what a sorted list gives", () => {
  const step = fc.record({ id: fc.nat(20), at: fc.nat(100), drop: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(100), (steps, now) => {
      const heap = createDeadlineHeap<number>();
      let model: { id: number; at: number; order: number }[] = [];
      steps.forEach(({ id, at, drop }, order) => {
        model = model.filter((each) => each.id !== id);
        if (drop) clearDeadline(heap, id);
        else {
          setDeadline(heap, id, at);
          model.push({ id, at, order });
        }
        model.sort((x, y) => x.at - y.at || x.order - y.order);
        expect(earliest(heap)).toBe(model[0]?.at ?? Number.POSITIVE_INFINITY);
      });
      const due: number[] = [];
      for (let id = takeDue(heap, now); id !== undefined; id = takeDue(heap, now)) due.push(id);
      expect(due).toEqual(model.filter((each) => each.at <= now).map((each) => each.id));
    }),
  );
});

describe("durations are Go's", () => {
  test.each([
    ["10s", 10e9],
    ["024h", 86_400e9],
    ["99999h", 99_999 * 3600e9],
    ["100000m", 100_000 * 60e9],
    ["1h2m3.5s", 3723.5e9],
    ["300ms", 300e6],
    ["-1.5h", -5400e9],
    ["0", 0],
    [".5s", 0.5e9],
    ["1us", 1000],
    ["1µs", 1000],
  ])("%s", (text, ns) => {
    expect(parseDuration(text)).toEqual({ ok: true, ns });
  });

  test.each([
    ["abc", 'time: invalid duration "abc"'],
    ["", 'time: invalid duration ""'],
    ["10", 'time: missing unit in duration "10"'],
    ["1x", 'time: unknown unit "x" in duration "1x"'],
    ["1toString", 'time: unknown unit "toString" in duration "1toString"'],
    [".s", 'time: invalid duration ".s"'],
  ])("%j is refused in Go's words", (text, error) => {
    expect(parseDuration(text)).toEqual({ ok: false, error });
  });

  test.each([
    [0, "0s"],
    [10e9, "10s"],
    [300e9, "5m0s"],
    [259200e9, "72h0m0s"],
    [1.5e9, "1.5s"],
    [100e6, "100ms"],
    [1500, "1.5µs"],
    [-90e9, "-1m30s"],
  ])("%d ns prints as %s", (ns, text) => {
    expect(printDuration(ns)).toBe(text);
  });
});

test("a prefix visit sees what a filter sees, in order", () => {
  const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "\xff"), maxLength: 5 });
  fc.assert(
    fc.property(fc.array(key), key, (keys, prefix) => {
      const map = createOrderedMap<string, number>();
      for (const each of keys) map.set(each, 1);
      const seen: string[] = [];
      forPrefix(map, prefix, (each) => seen.push(each) > 0);
      expect(seen).toEqual([...new Set(keys)].filter((each) => each.startsWith(prefix)).sort());
    }),
  );
});

describe("plain data", () => {
  const plain = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 5 }),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 3 }), tie("value"), { maxKeys: 4 }),
      fc.array(fc.tuple(fc.string({ maxLength: 3 }), tie("value"))).map((entries) => new Map(entries)),
    ),
  })).value;
  const digestOf = (value: unknown): string => {
    const digest = createDigest();
    digestPlain(digest, value);
    return printDigest(digest);
  };

  test("a copy is equal, has the same digest and shares nothing", () => {
    fc.assert(
      fc.property(plain, (value) => {
        const copy = copyPlain(value);
        expect(equalPlain(copy, value)).toBe(true);
        expect(digestOf(copy)).toBe(digestOf(value));
        if (typeof value === "object" && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });

  test("neither equality nor digest sees the order in which a Map was filled", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string(), fc.nat()), { selector: ([key]) => key }),
        (entries) => {
          const map = new Map(entries);
          const turned = new Map([...entries].reverse());
          expect(equalPlain(map, turned)).toBe(true);
          expect(digestOf(map)).toBe(digestOf(turned));
        },
      ),
    );
  });

  test("functions are refused", () => {
    expect(() => copyPlain({ f: () => 1 })).toThrow("not plain data");
  });

  test("a digest tells numbers, and the cut between fields, apart", () => {
    const of = (...numbers: number[]): string => {
      const digest = createDigest();
      for (const each of numbers) mixNumber(digest, each);
      return printDigest(digest);
    };
    expect(of(1, 2)).not.toBe(of(2, 1));
    expect(of(2 ** 40)).not.toBe(of(0));
    expect(of(0.5)).not.toBe(of(0));
    const bytes = createDigest();
    mixBytes(bytes, new Uint8Array([0]));
    const more = createDigest();
    mixBytes(more, new Uint8Array([0, 0]));
    expect(printDigest(bytes)).not.toBe(printDigest(more));
  });
});
