import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import {
  createInflate,
  feedInflate,
  type Inflated,
  stepInflate,
  takeUnused,
} from "../../../src/core/lib/inflate.ts";
import { copyPlain } from "../../../src/core/lib/plain.ts";

/** Decompresses in pieces of these sizes, over and over; the state is copied between them as a dump would be. */
function inflate(
  compressed: Uint8Array,
  pieces: readonly number[],
  mostBytes = 1e9,
): { result: Inflated; output: Uint8Array; rest: Uint8Array } {
  let state = createInflate();
  const output: Uint8Array[] = [];
  let result: Inflated = "more-input";
  for (let at = 0, k = 0; at < compressed.length && result === "more-input"; k++) {
    const size = pieces[k % pieces.length] as number;
    feedInflate(state, compressed.subarray(at, at + size));
    at += size;
    do {
      state = copyPlain(state);
      result = stepInflate(state, mostBytes, (bytes) => output.push(bytes));
    } while (result === "more-output");
    if (result === "ended")
      return {
        result,
        output: concatBytes(output),
        rest: concatBytes([takeUnused(state), compressed.subarray(at)]),
      };
  }
  return { result, output: concatBytes(output), rest: new Uint8Array(0) };
}

/** Bytes with repetitions, as real ones have. */
const text = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 3000 })), { maxLength: 12 })
  .map((parts) =>
    concatBytes(
      parts.flatMap(([bytes, times]) => Array.from({ length: Math.ceil(times / 20) }, () => bytes)),
    ),
  );
const pieces = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 });

describe("inflate", () => {
  test("undoes what zlib does, whatever the level, the strategy and the pieces", () => {
    const strategies = [
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_HUFFMAN_ONLY,
      constants.Z_FIXED,
      constants.Z_RLE,
    ];
    fc.assert(
      fc.property(
        text,
        pieces,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(...strategies),
        (bytes, sizes, level, strategy) => {
          const compressed = concatBytes([deflateRawSync(bytes, { level, strategy }), utf8Bytes("rest")]);
          const { result, output, rest } = inflate(compressed, sizes);
          expect(result).toBe("ended");
          expect(Buffer.compare(output, bytes)).toBe(0);
          expect(rest).toEqual(utf8Bytes("rest"));
        },
      ),
    );
  });

  test("a megabyte of long matches and of noise", () => {
    const noise = Uint8Array.from({ length: 1 << 20 }, (_, at) => (Math.imul(at, 0x9e3779b1) >>> 17) & 255);
    for (const bytes of [noise, new Uint8Array(1 << 20)])
      for (const level of [0, 1, 9]) {
        const { output } = inflate(deflateRawSync(bytes, { level }), [65_536]);
        expect(Buffer.compare(output, bytes)).toBe(0);
      }
  });

  test("stops for its owner when it has given what was asked for", () => {
    const state = createInflate();
    feedInflate(state, deflateRawSync(new Uint8Array(10 << 20)));
    let given = 0;
    expect(
      stepInflate(state, 100_000, (bytes) => {
        given += bytes.length;
      }),
    ).toBe("more-output");
    expect(given).toBeGreaterThanOrEqual(100_000);
    expect(given).toBeLessThan(300_000);
  });

  test("damaged input is an error or another output, never an exception, and never endless", () => {
    const bytes = utf8Bytes("the quick brown fox jumps over the lazy dog ".repeat(50));
    const compressed = deflateRawSync(bytes);
    fc.assert(
      fc.property(
        fc.nat(compressed.length - 1),
        fc.integer({ min: 1, max: 255 }),
        pieces,
        (at, flip, sizes) => {
          const damaged = Uint8Array.from(compressed);
          damaged[at] = (damaged[at] as number) ^ flip;
          const { output } = inflate(damaged, sizes, 1 << 20);
          expect(output.length).toBeLessThan(1 << 24);
        },
      ),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (random) => void inflate(random, [7])));
  });
});
