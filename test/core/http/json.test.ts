import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../../src/core/api/response.ts";
import {
  indentJson,
  jsonBytes,
  jsonLabels,
  jsonList,
  jsonMap,
  jsonObject,
  jsonText,
  jsonValue,
} from "../../../src/core/http/json.ts";
import { type ByteString, textOf } from "../../../src/core/lib/bytes.ts";

/** JSON that Go and JavaScript agree on: no numbers that they print differently. */
const json = fc.jsonValue({ depthSize: "medium" }).map((value) => value as Json);

describe("JSON", () => {
  test.each([
    ["plain text", '"plain text"'],
    ['"\\/', '"\\"\\\\/"'],
    ["\n\r\t", '"\\n\\r\\t"'],
    ["\b\f\0\x1f", '"\\u0008\\u000c\\u0000\\u001f"'],
    ["\x7f", '"\x7f"'],
    ["<a href='x'>&", "\"\\u003ca href='x'\\u003e\\u0026\""],
    ["\u2027\u2028\u2029", '"\u2027\\u2028\\u2029"'],
    ["é😀", '"é😀"'],
  ])("of %j escapes what Go escapes", (text, expected) => {
    expect(textOf(jsonText(text) as ByteString)).toBe(expected);
  });

  test("of bytes that are no UTF-8 has \\ufffd for each of them", () => {
    expect(jsonBytes("a\xff\xfe\xc3(\xed\xa0\x80" as ByteString)).toBe(
      '"a\\ufffd\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd"',
    );
  });

  test("can be read back, and is harmless inside HTML", () => {
    fc.assert(
      fc.property(json, (value) => {
        const printed = textOf(jsonValue(value) as ByteString);
        expect(printed).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("indented is what everybody's four spaces give", () => {
    fc.assert(
      fc.property(json, (value) => {
        const compact = JSON.stringify(value);
        expect(indentJson(compact)).toBe(JSON.stringify(JSON.parse(compact), null, 4));
      }),
    );
  });

  test("leaves empty lists and objects closed", () => {
    expect(indentJson('{"a":[],"b":{},"c":[[]]}')).toBe(
      '{\n    "a": [],\n    "b": {},\n    "c": [\n        []\n    ]\n}',
    );
  });

  test("sorts maps by the bytes of their names, and objects not at all", () => {
    // U+FF5E comes before U+1F600 in UTF-8, after it in UTF-16.
    const map = new Map([
      ["\u{1f600}", "1"],
      ["\uff5e", "2"],
      ["b", "3"],
      ["B", "4"],
    ]);
    expect(textOf(jsonMap(map) as ByteString)).toBe('{"B":"4","b":"3","\uff5e":"2","\u{1f600}":"1"}');
    expect(
      jsonLabels([
        ["b", "1"],
        ["a", "2"],
      ]),
    ).toBe('{"a":"2","b":"1"}');
    expect(
      jsonObject([
        ["b", "1"],
        ["a", undefined],
        ["c", jsonList(["2", "3"])],
      ]),
    ).toBe('{"b":1,"c":[2,3]}');
    expect(jsonLabels(null)).toBe("null");
  });

  test("prints numbers as Go does", () => {
    expect(jsonValue([1e-5, 1e-6, 1.5, 2 ** 53, 1e21, 1e-7, true, null])).toBe(
      "[0.00001,0.000001,1.5,9007199254740992,1e+21,1e-7,true,null]",
    );
  });
});
