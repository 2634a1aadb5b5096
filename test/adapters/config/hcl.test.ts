import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHcl } from "../../../src/adapters/config/hcl.ts";
import { type ByteString, utf8 } from "../../../src/core/lib/bytes.ts";
import type { RawValue } from "../../../src/core/lib/raw-value.ts";

/** The file as plain data, or the error text. */
function parse(text: string): unknown {
  const parsed = parseHcl(utf8(text));
  return parsed.ok ? plain(parsed.value) : parsed.error;
}

function plain(value: RawValue): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : (value as { value: number }).value;
}

describe("HCL", () => {
  test.each<[string, string, unknown]>([
    ["the empty file", "", {}],
    ["values", 'a = "x"\nb = 1\nc = 1.5\nd = true\ne = -3', { a: "x", b: 1, c: 1.5, d: true, e: -3 }],
    ["on one line", 'a = "x" b = 1, c = 2', { a: "x", b: 1, c: 2 }],
    ["numbers in three bases", "a = 0x20 b = 010 c = 1e3", { a: 32, b: 8, c: 1000 }],
    ["keys in quotes", '"a b" = 1', { "a b": 1 }],
    ["keys with dots and dashes", "a.b-c_d = 1", { "a.b-c_d": 1 }],
    ["comments of three kinds", "# x\na = 1 // y\n/* z\n*/ b = 2", { a: 1, b: 2 }],
    ["lists, with a comma at the end", 'a = ["x", 1, true,]', { a: ["x", 1, true] }],
    ["lists in lists", "a = [[1], []]", { a: [[1], []] }],
    ["a block is a list of one", "a { b = 1 }", { a: [{ b: 1 }] }],
    ["and so is an object", "a = { b = 1 }", { a: [{ b: 1 }] }],
    ["two blocks gather", "a { b = 1 }\na { b = 2 }", { a: [{ b: 1 }, { b: 2 }] }],
    ["objects in a list", "a = [{ b = 1 }, { b = 2 }]", { a: [{ b: 1 }, { b: 2 }] }],
    ["labels are keys within", 'a "b" "c" { d = 1 }', { a: [{ b: [{ c: [{ d: 1 }] }] }] }],
    ["the last of a repeated key counts", "a = 1 a = 2", { a: 2 }],
    ["escapes", '"a" = "\\n\\t\\"\\\\\\u00e9\\x41\\101\\U0001F600"', { a: '\n\t"\\\u00e9AA\ud83d\ude00' }],
    ["interpolations are left as they are", `a = "x${"$"}{f("y\\n") }z"`, { a: `x${"$"}{f("y\\n") }z` }],
    ["heredocs", "a = <<EOF\nx\n  y\nEOF\nb = 1", { a: "x\n  y\n", b: 1 }],
    ["whose end may be indented", "a = <<EOF\nx\n  EOF\n", { a: "x\n" }],
    ["indented heredocs", "a = <<-EOF\n    x\n      y\n    EOF\n", { a: "x\n  y\n" }],
    ["that are left alone if a line stands further left", "a = <<-EOF\n  x\n    EOF\n", { a: "  x\n" }],
    ["lines may end as on Windows", 'a = "x"\r\nb = 1\r\n', { a: "x", b: 1 }],
  ])("%s", (_, text, wanted) => {
    expect(parse(text)).toEqual(wanted);
  });

  test.each([
    ["x", "At 1:3: key 'x' expected start of object ('{') or assignment ('=')"],
    ["x {", "At 1:5: object expected closing RBRACE got: EOF"],
    ["\n}", "At 2:1: expected: IDENT | STRING | ASSIGN | LBRACE got: RBRACE"],
    ["= 3", "At 1:1: no object keys found!"],
    ["{ a = 1 }", "At 1:1: expected: IDENT | STRING got: LBRACE"],
    ['x "y" = 3', "At 1:7: nested object expected: LBRACE got: ASSIGN"],
    ["x = @", "At 1:5: illegal char"],
    ["x = yes", "At 1:5: Unknown token: 1:5 IDENT yes"],
    ["x =", "At 1:5: Unknown token: 1:5 EOF "],
    ["x = 1.2.3", "At 1:8: expected: IDENT | STRING | ASSIGN | LBRACE got: FLOAT"],
    ["x = 08", "At 1:5: illegal octal number"],
    [
      "x = 99999999999999999999",
      'At 1:5: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    ['x = ["a" "b"]', "At 1:10: error parsing list, expected comma or list end, got: STRING"],
    ["x = [=]", "At 1:6: unexpected token while parsing list: ASSIGN"],
    ['x = "a\\q"', "At 1:8: illegal char escape"],
    ['x = "abc', "At 1:9: literal not terminated"],
    ['x = "a\nb"', "At 1:7: literal not terminated"],
    ["x = /*", "At 1:7: comment not terminated"],
    ["x = <<EOF\nabc", "At 2:4: heredoc not terminated"],
    ["x = <<\n", "At 1:5: zero-length heredoc anchor"],
    ["x = /", "At 1:5: expected '/' for comment"],
  ])("%j is refused with line and column", (text, error) => {
    expect(parse(text)).toBe(error);
  });

  test("bytes that are no UTF-8 are refused where they stand", () => {
    expect(parseHcl('a = 1\nb = "\xff"' as ByteString)).toEqual({
      ok: false,
      error: "At 2:6: illegal UTF-8 encoding",
    });
  });

  test("no depth exhausts the stack", () => {
    expect(parse(`a = ${"[".repeat(100_000)}`)).toMatch(/nested too deeply$/);
    expect(parse("a {".repeat(100_000))).toMatch(/nested too deeply$/);
  });

  test("what is written as HCL comes back", () => {
    const name = fc
      .stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/)
      .filter((key) => key !== "true" && key !== "false");
    const scalar = fc.oneof(fc.boolean(), fc.integer(), fc.string({ unit: "grapheme" }));
    const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }));
    const write = (each: unknown): string =>
      // JSON's strings are HCL's, but for the characters that HCL writes otherwise or has no escape for.
      Array.isArray(each) ? `[${each.map(write).join(", ")}]` : JSON.stringify(each);
    const clean = (each: unknown): boolean => !/\$\{|\\u00|[\u007f-\u009f]/.test(JSON.stringify(each));
    fc.assert(
      fc.property(fc.dictionary(name, value.filter(clean)), (object) => {
        const text = Object.entries(object).map(([key, each]) => `${key} = ${write(each)}\n`);
        expect(parse(text.join(""))).toEqual({ ...object });
      }),
    );
  });

  test("no text makes it throw", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(...'{}[]=,"\\#/*<-$ \nEOFa1.') }),
    );
    fc.assert(
      fc.property(text, (each) => {
        const parsed = parseHcl(utf8(each));
        if (!parsed.ok) expect(parsed.error).toMatch(/^At \d+:\d+: ./);
      }),
      { numRuns: 1000 },
    );
  });
});
