import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanPath, encodePath, percentDecode, readTarget } from "../../../src/core/http/target.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";

const bytes = (text: string): ByteString => text as ByteString;

describe("a target", () => {
  test.each([
    ["/v1/kv/a?b?c", { path: "/v1/kv/a", rawQuery: "b?c", printable: true, clean: true }],
    ["/v1/kv/a%20b%2fc", { path: "/v1/kv/a b/c", rawQuery: "", printable: true, clean: true }],
    ["/a%2e%2e/b", { path: "/a../b", rawQuery: "", printable: true, clean: true }],
    ["/a/%2e%2e/b", { path: "/a/../b", rawQuery: "", printable: true, clean: false }],
    ["/a+b", { path: "/a+b", rawQuery: "", printable: true, clean: true }],
    ["/%00", { path: "/\0", rawQuery: "", printable: false, clean: true }],
    ["http://host:80/a?b", { path: "/a", rawQuery: "b", printable: true, clean: true }],
    ["HTTPS://host/", { path: "/", rawQuery: "", printable: true, clean: true }],
  ])("%s", (target, expected) => {
    expect(readTarget(target)).toEqual(expected);
  });

  test.each([
    "",
    "v1/kv",
    "*",
    "?a",
    "/a%",
    "/a%2",
    "/a%g0",
    "/a%0g",
    "/a b",
    "/a\x7f",
    "/a?b\r\nX: y",
    "http://host",
    "ftp://host/a",
    "/\u0100",
    "/%20\u0100",
  ])("%j is none", (target) => {
    expect(readTarget(target)).toBeUndefined();
  });
});

test.each([
  ["%c3%a9", true],
  ["%f0%9f%98%80", true],
  ["%ff", true], // Counts as U+FFFD.
  ["%7f", false],
  ["%c2%85", false],
  ["%c2%a0", false],
  ["%c2%ad", false],
  ["%e2%80%8b", false],
  ["%e2%80%a8", false],
  ["%e3%80%80", false],
  ["%ee%80%80", false],
])("whether %s is printable: %s", (escaped, printable) => {
  expect(readTarget(`/${escaped}`)?.printable).toBe(printable);
});

describe("a path is cleaned", () => {
  test.each([
    ["/", "/"],
    ["//", "/"],
    ["/.", "/"],
    ["/..", "/"],
    ["/a/", "/a/"],
    ["/a//b///c/", "/a/b/c/"],
    ["/a/./b", "/a/b"],
    ["/a/../b", "/b"],
    ["/../../a", "/a"],
    ["/a/..", "/"],
    ["/a/../", "/"],
    ["/a/b/../", "/a/"],
    ["/a/.", "/a"],
    ["/.../..a/.b", "/.../..a/.b"],
  ])("%s to %s", (path, clean) => {
    expect(cleanPath(bytes(path))).toBe(clean);
  });

  test("once and for all", () => {
    const segments = fc.array(fc.constantFrom("", ".", "..", "a", "b.", "..c"), { maxLength: 8 });
    fc.assert(
      fc.property(segments, (parts) => {
        const clean = cleanPath(bytes(`/${parts.join("/")}`));
        expect(cleanPath(clean)).toBe(clean);
        expect(readTarget(encodePath(clean))).toMatchObject({ path: clean, clean: true });
      }),
    );
  });
});

describe("escapes", () => {
  const anyBytes = fc
    .uint8Array({ maxLength: 50 })
    .map((each) => bytes(Buffer.from(each).toString("latin1")));

  test("of a path come back as they were", () => {
    fc.assert(fc.property(anyBytes, (path) => percentDecode(encodePath(path)) === path));
  });

  test("are decoded as everybody decodes them", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const decoded = percentDecode(encodeURIComponent(text));
        expect(Buffer.from(decoded ?? "", "latin1").toString("utf8")).toBe(text);
      }),
    );
  });
});
