import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ByteString, utf8 } from "../../../src/core/lib/bytes.ts";
import { parseJson } from "../../../src/core/lib/go-json.ts";
import type { RawValue } from "../../../src/core/lib/raw-value.ts";

/** As JSON.parse would give it. */
function plain(value: RawValue): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : (value as { value: number }).value;
}

describe("JSON", () => {
  test("what JSON.stringify writes comes back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const parsed = parseJson(utf8(text));
        expect(parsed.ok).toBe(true);
        if (parsed.ok) expect(plain(parsed.value)).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each<[string, string]>([
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["[,1]", "invalid character ',' looking for beginning of value"],
    ['"x\ny"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['"\\u12g"', "invalid character 'g' in \\u hexadecimal character escape"],
    ["-}", "invalid character '}' in numeric literal"],
    ["1.}", "invalid character '}' after decimal point in numeric literal"],
    ["1e}", "invalid character '}' in exponent of numeric literal"],
    ["01", "invalid character '1' after top-level value"],
    ["tru}", "invalid character '}' in literal true (expecting 'e')"],
    ["nul", "invalid character ' ' in literal null (expecting 'l')"],
    ["-", "invalid character ' ' in numeric literal"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["// x", "invalid character '/' looking for beginning of value"],
    ["\u00ff", "invalid character '\u00c3' looking for beginning of value"],
    ["\u0001", "invalid character '\\x01' looking for beginning of value"],
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ['{"a', "unexpected end of JSON input"],
    ['{"a":', "unexpected end of JSON input"],
    ["[1,", "unexpected end of JSON input"],
  ])("%j is refused in Go's words", (text, error) => {
    expect(parseJson(utf8(text))).toEqual({ ok: false, error });
  });

  test("a number keeps its digits", () => {
    expect(parseJson("18446744073709551615" as ByteString)).toMatchObject({
      value: { goType: "float64", text: "18446744073709551615" },
    });
  });

  test("escapes and broken UTF-8 become characters, half a pair the replacement character", () => {
    expect(parseJson('"\\u00e9\\ud83d\\ude00\\ud83d\\n"' as ByteString)).toEqual({
      ok: true,
      value: "\u00e9\ud83d\ude00\ufffd\n",
    });
    expect(parseJson('"a\xff"' as ByteString)).toEqual({ ok: true, value: "a\ufffd" });
  });

  test("of a repeated key the last counts, and __proto__ is a key", () => {
    expect(parseJson('{"a":"1","a":"2","__proto__":"3"}' as ByteString)).toEqual({
      ok: true,
      value: new Map([
        ["a", "2"],
        ["__proto__", "3"],
      ]),
    });
  });

  test("no depth exhausts the stack", () => {
    expect(parseJson("[".repeat(100_000) as ByteString)).toEqual({ ok: false, error: "exceeded max depth" });
  });

  test("no bytes make it throw", () => {
    const text = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
      fc.string({ unit: fc.constantFrom(...'{}[]":,\\u01-.et ') }),
    );
    fc.assert(
      fc.property(text, (bytes) => {
        const parsed = parseJson(bytes as ByteString);
        let valid = true;
        try {
          JSON.parse(Buffer.from(bytes, "latin1").toString());
        } catch {
          valid = false;
        }
        expect(parsed.ok).toBe(valid);
      }),
    );
  });
});
