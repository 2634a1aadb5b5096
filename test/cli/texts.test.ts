import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64 } from "../../src/adapters/cli/base64.ts";
import type { Flag } from "../../src/adapters/cli/flags.ts";
import { commandHelp, flagListing } from "../../src/adapters/cli/help.ts";
import { columnTable, tabTable } from "../../src/adapters/cli/tables.ts";
import { encodeQuery, escapeHost, escapePath } from "../../src/adapters/cli/url-text.ts";
import { wrapText } from "../../src/adapters/cli/wrap.ts";
import { type ByteString, utf8 } from "../../src/core/lib/bytes.ts";

const FLAGS: readonly Flag[] = [
  { name: "wan", kind: "bool", description: "Asks the servers of all datacenters." },
  { name: "http-addr", kind: "string", consulType: true, description: "The `address` of the agent." },
  { name: "flags", kind: "uint64", description: "A number." },
  { name: "n", kind: "bool", description: "One letter." },
  { name: "separator", kind: "string", fallback: "/", description: "Folds." },
  { name: "limit", kind: "int", fallback: "1", description: "First line\nsecond line" },
  { name: "meta", kind: "map", description: "Pairs." },
];

describe("flags are listed as Consul lists them", () => {
  test("after an error: sorted, with types, defaults and tabs", () => {
    expect(flagListing(FLAGS)).toBe(
      [
        "Usage:",
        "  -flags uint",
        "    \tA number.",
        "  -http-addr address",
        "    \tThe address of the agent.",
        "  -limit int",
        "    \tFirst line",
        "    \tsecond line (default 1)",
        "  -meta value",
        "    \tPairs.",
        "  -n\tOne letter.",
        "  -separator string",
        '    \tFolds. (default "/")',
        "  -wan",
        "    \tAsks the servers of all datacenters.",
        "",
      ].join("\n"),
    );
  });

  test("in help: those of the HTTP interface first, wrapped", () => {
    expect(commandHelp("\nUsage: quorate x\n", FLAGS.slice(0, 2))).toBe(
      [
        "Usage: quorate x",
        "",
        "HTTP API Options",
        "",
        "  -http-addr=<address>",
        "     The `address` of the agent.",
        "",
        "Command Options",
        "",
        "  -wan",
        "     Asks the servers of all datacenters.",
      ].join("\n"),
    );
  });

  test("lines are broken where their ends are most even, not where they are full", () => {
    const text =
      "List keys which start with the given prefix, but not their values. This is especially useful if you only need the key names themselves. This option is commonly combined with the -separator option. The default value is false.";
    expect(wrapText(text, 67)).toEqual([
      "List keys which start with the given prefix, but not their",
      "values. This is especially useful if you only need the key names",
      "themselves. This option is commonly combined with the -separator",
      "option. The default value is false.",
    ]);
  });

  test("wrapping loses no word and makes no line too long", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 40 }),
        fc.integer({ min: 12, max: 30 }),
        (words, width) => {
          const lines = wrapText(words.join(" "), width);
          expect(lines.join(" ")).toBe(words.join(" "));
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe("tables", () => {
  test("columns are two blanks apart, and the last is not padded", () => {
    const rows = [
      ["Node", "Address", "DC"],
      ["n", "10.0.0.1:8301", " dc1 "],
      ["longer", "", ""],
    ];
    expect(columnTable(rows).split("\n")).toEqual([
      "Node    Address        DC",
      "n       10.0.0.1:8301  dc1",
      "longer                 ",
    ]);
  });

  test.each([
    ["cells are six blanks apart", "Key\ta\nModifyIndex\t7", "Key              a\nModifyIndex      7"],
    ["an empty last cell pads nothing", "Value\t", "Value"],
    ["a column ends where a line does not have it", "a\tb\n\nlong\tc", "a      b\n\nlong      c"],
    ["cells are measured in characters", "\u00fc\tb\nab\tc", "\u00fc       b\nab      c"],
    [
      "inner columns are aligned within their run",
      "a\tbb\tc\na\tb\td\na\te",
      "a      bb      c\na      b       d\na      e",
    ],
    ["an empty cell within a line counts", "a\t\tb\nc\td\te", "a             b\nc      d      e"],
  ])("%s", (_, given, wanted) => {
    expect(tabTable(utf8(given))).toBe(utf8(wanted));
  });

  test("a value full of tabs costs no more than its length", () => {
    const value = "a\tb\n".repeat(20_000) as ByteString;
    expect(tabTable(value).length).toBeGreaterThan(value.length);
  });
});

describe("base 64 as strict as Go's", () => {
  test.each([
    ["aGVsbG8=", undefined],
    ["aGVs\nbG8=", undefined],
    ["", undefined],
    ["!!", 0],
    ["aGVsb!", 5],
    ["aGVsbG8", 4],
    ["aGVsbG8=x", 8],
    ["=", 0],
    ["a===", 1],
    ["ab=", 3],
    ["ab=c", 2],
    ["ab==", undefined],
    ["ab==\n", undefined],
  ])("%j goes wrong at %s", (text, at) => {
    const decoded = decodeBase64(text);
    expect(decoded.ok ? undefined : decoded.error).toBe(
      at === undefined ? undefined : `illegal base64 data at input byte ${at}`,
    );
  });

  test("what was encoded comes back", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64(Buffer.from(bytes).toString("base64"))).toEqual({
          ok: true,
          bytes: new Uint8Array(bytes),
        });
      }),
    );
  });
});

describe("URLs are printed as Go prints them", () => {
  test("paths keep slashes and what RFC 3986 allows in them", () => {
    expect(escapePath("/v1/kv/a b/\u00fc*()!;?=&")).toBe("/v1/kv/a%20b/%C3%BC%2A%28%29%21;%3F=&");
  });

  test("a socket's path is escaped as a host's name is", () => {
    expect(escapeHost("/tmp/x.sock")).toBe("%2Ftmp%2Fx.sock");
    expect(escapeHost("[::1]:8500")).toBe("[::1]:8500");
  });

  test("queries are sorted, blanks become plus signs", () => {
    expect(encodeQuery({ stale: "", separator: "/", dc: "a b" })).toBe("dc=a+b&separator=%2F&stale=");
  });
});
