import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allValues, encodeQuery, firstValue, isSet, parseQuery } from "../../../src/core/http/query.ts";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { quote } from "../../../src/core/lib/go-quote.ts";

describe("a query", () => {
  test.each([
    ["", []],
    ["a", ["a", ""]],
    ["a=", ["a", ""]],
    ["=b", ["", "b"]],
    ["a=b=c", ["a", "b=c"]],
    ["a=1&b=2;c", ["a", "1", "b", "2", "c", ""]],
    ["&&a&;&", ["a", ""]],
    ["a+b=%2b+", ["a b", "+ "]],
    ["%61=%ff", ["a", "\xff"]],
  ])("%j", (raw, expected) => {
    expect(parseQuery(raw)).toEqual(expected);
  });

  test.each(["a=%", "a=%4", "%zz", "a&b=%0x", "a=%4;1"])("%j can't be decoded", (raw) => {
    expect(parseQuery(raw)).toBeUndefined();
  });

  test("of several values the first counts, and all can be had", () => {
    const query = parseQuery("a=1&b&a=2&a") ?? [];
    expect([firstValue(query, "a"), firstValue(query, "b"), firstValue(query, "c")]).toEqual([
      "1",
      "",
      undefined,
    ]);
    expect([isSet(query, "b"), isSet(query, "B")]).toEqual([true, false]);
    expect(allValues(query, "a")).toEqual(["1", "2", ""]);
    // A value is never taken for a name.
    expect(isSet(parseQuery("x=a") ?? [], "a")).toBe(false);
  });

  test("is printed sorted by name, one name's values in their order", () => {
    const query = parseQuery("b=2&a=%26+%2f&b=1&A&%c3%a9=~") ?? [];
    expect(encodeQuery(query)).toBe("A=&a=%26+%2F&b=2&b=1&%C3%A9=~");
  });

  test("means what it means to the web's own parser", () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })));
    fc.assert(
      fc.property(pairs, (each) => {
        const raw = new URLSearchParams(each).toString();
        const expected = each.flatMap(([name, value]) => [utf8(name), utf8(value)]);
        expect(parseQuery(raw)).toEqual(expected);
      }),
    );
  });
});

test.each([
  ["", '""'],
  ["abc <&>", '"abc <&>"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ["\x07\b\f\n\r\t\v\0\x1f", '"\\a\\b\\f\\n\\r\\t\\v\\x00\\x1f"'],
  ["\x7f", '"\\u007f"'],
  ["é😀", '"é😀"'],
  ["\u00a0\u200b\u{e0001}", '"\\u00a0\\u200b\\U000e0001"'],
])("%j is quoted as Go quotes it", (text, expected) => {
  expect(quote(utf8(text))).toBe(utf8(expected));
});

test("bytes that are no UTF-8 are quoted one by one", () => {
  expect(quote("a\xff\xc3z" as ReturnType<typeof utf8>)).toBe('"a\\xff\\xc3z"');
});
