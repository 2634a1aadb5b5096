import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ByteString,
  base64,
  byteStringOf,
  bytesOf,
  decodeBase64,
  decodeRune,
  isAt,
  portable,
  textOf,
  utf8,
  writeByteStringAt,
} from "../../../src/core/lib/bytes.ts";

const someBytes = fc.uint8Array({ maxLength: 300 });
const someText = fc.string({ unit: "binary", maxLength: 100 });

describe("the portable and the native conversions are the same functions", () => {
  test("bytes and strings of bytes", () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        const text = byteStringOf(bytes);
        expect(portable.byteStringOf(bytes)).toBe(text);
        expect(bytesOf(text)).toEqual(bytes);
        expect(portable.bytesOf(text)).toEqual(bytes);
      }),
    );
  });

  test("bytes in the middle of an array, looked at and written", () => {
    fc.assert(
      fc.property(
        someBytes,
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        someBytes,
        (before, bytes, after) => {
          const all = Uint8Array.of(...before, ...bytes, ...after);
          const text = byteStringOf(bytes);
          expect(isAt(all, before.length, bytes)).toBe(true);
          expect(isAt(all, before.length + 1, bytes)).toBe(
            byteStringOf(all.subarray(before.length + 1)).startsWith(text),
          );
          expect(isAt(all, all.length - bytes.length + 1, bytes)).toBe(false);
          const other = new Uint8Array(all.length);
          writeByteStringAt(other, before.length, text);
          expect([...other.subarray(before.length, before.length + bytes.length)]).toEqual([...bytes]);
        },
      ),
    );
  });

  test("UTF-8 there and back", () => {
    fc.assert(
      fc.property(someText, (text) => {
        expect(portable.utf8(text)).toBe(utf8(text));
        expect(utf8(text)).toBe(Buffer.from(text, "utf8").toString("latin1"));
        if (!/\p{Surrogate}/u.test(text)) expect(textOf(utf8(text))).toBe(text);
      }),
    );
  });

  test("ill-formed UTF-8 becomes the same replacement characters", () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        const text = byteStringOf(bytes);
        expect(portable.textOf(text)).toBe(Buffer.from(bytes).toString("utf8"));
        expect(textOf(text)).toBe(portable.textOf(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("base64", () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(portable.base64(byteStringOf(bytes))).toBe(text);
        expect(portable.fromBase64(text)).toBe(byteStringOf(bytes));
        expect(decodeBase64(text)).toBe(byteStringOf(bytes));
        expect(base64(byteStringOf(bytes))).toBe(Buffer.from(bytes).toString("base64"));
      }),
    );
  });
});

test.each([
  ["an ASCII letter", "a", { code: 97, length: 1 }],
  ["é", "\xc3\xa9", { code: 0xe9, length: 2 }],
  ["😀", "\xf0\x9f\x98\x80", { code: 0x1f600, length: 4 }],
  ["an overlong form", "\xc0\xaf", { code: -1, length: 1 }],
  ["an overlong form of three", "\xe0\x80\xaf", { code: -1, length: 1 }],
  ["a surrogate", "\xed\xa0\x80", { code: -1, length: 1 }],
  ["past U+10FFFF", "\xf4\x90\x80\x80", { code: -1, length: 1 }],
  ["cut short", "\xe2\x82", { code: -1, length: 1 }],
])("decodeRune reads %s as Go does", (_name, bytes, rune) => {
  expect(decodeRune(bytes as ByteString, 0)).toEqual(rune);
});
