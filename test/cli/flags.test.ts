import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Flag, type FlagValue, parseFlags } from "../../src/adapters/cli/flags.ts";

const FLAGS: readonly Flag[] = [
  { name: "wan", kind: "bool", description: "" },
  { name: "stale", kind: "bool", description: "", consulType: true },
  { name: "status", kind: "string", description: "", fallback: ".*" },
  { name: "n", kind: "int", description: "" },
  { name: "port", kind: "int", description: "", consulType: true },
  { name: "flags", kind: "uint64", description: "" },
  { name: "wait", kind: "duration", description: "" },
  { name: "config-file", kind: "list", description: "" },
  { name: "config-dir", kind: "list", description: "", storedAs: "config-file" },
  { name: "meta", kind: "map", description: "" },
  { name: "node-meta", kind: "map", description: "", separator: ":" },
];

function parsed(...args: string[]): { values: Record<string, FlagValue>; args: readonly string[] } | string {
  const result = parseFlags(FLAGS, args);
  return result.ok ? { values: Object.fromEntries(result.values), args: result.args } : result.error;
}

/** The values that were given beside the fallbacks. */
function given(...args: string[]): Record<string, FlagValue> | string {
  const result = parsed(...args);
  if (typeof result === "string") return result;
  const { status, ...rest } = result.values;
  return status === ".*" ? rest : result.values;
}

describe("flags are read as Go reads them", () => {
  test.each<[string, string[], Record<string, FlagValue> | string]>([
    ["one dash and two are the same", ["-wan", "--stale"], { wan: true, stale: true }],
    ["a value may follow an equals sign", ["-n=3"], { n: 3 }],
    ["or stand next", ["-n", "3"], { n: 3 }],
    ["a value may hold equals signs", ["-status=a=b"], { status: "a=b" }],
    ["and may look like a flag", ["-status", "-wan"], { status: "-wan" }],
    ["the last of a repeated flag counts", ["-n=3", "-n=4"], { n: 4 }],
    ["a negative number is a value", ["-n=-3"], { n: -3 }],
    ["Go's integers may be hexadecimal, octal and binary", ["-n=0x10", "-flags=010"], { n: 16, flags: 8n }],
    [
      "Consul's may not",
      ["-port=0x10"],
      'invalid value "0x10" for flag -port: strconv.Atoi: parsing "0x10": invalid syntax',
    ],
    ["flags are 64 bits wide", ["-flags=18446744073709551615"], { flags: 18446744073709551615n }],
    [
      "and no wider",
      ["-flags=18446744073709551616"],
      'invalid value "18446744073709551616" for flag -flags: value out of range',
    ],
    ["nor negative", ["-flags=-1"], 'invalid value "-1" for flag -flags: parse error'],
    ["a duration needs its unit", ["-wait=5"], 'invalid value "5" for flag -wait: parse error'],
    ["and has it in nanoseconds", ["-wait=1.5s"], { wait: 1.5e9 }],
    ["lists grow", ["-config-file=a", "-config-file", "b"], { "config-file": ["a", "b"] }],
    [
      "two flags may fill one list in order",
      ["-config-dir=a", "-config-file=b", "-config-dir=c"],
      { "config-file": ["a", "b", "c"] },
    ],
    [
      "maps grow key by key",
      ["-meta", "a=1", "-meta=b=2=3", "-meta=a=4"],
      {
        meta: new Map([
          ["a", "4"],
          ["b", "2=3"],
        ]),
      },
    ],
    [
      "a map entry needs its equals sign",
      ["-meta=a"],
      'invalid value "a" for flag -meta: Missing "=" value in argument: a',
    ],
    [
      "a node's metadata may come without a value",
      ["-node-meta=a", "-node-meta=b:c:d"],
      {
        "node-meta": new Map([
          ["a", ""],
          ["b", "c:d"],
        ]),
      },
    ],
    ["a flag that nobody knows", ["-nosuch"], "flag provided but not defined: -nosuch"],
    ["a flag without its value", ["-n"], "flag needs an argument: -n"],
    ["three dashes", ["---wan"], "bad flag syntax: ---wan"],
    ["a name that is missing", ["-=x"], "bad flag syntax: -=x"],
    ["a boolean that is none", ["-wan=maybe"], 'invalid boolean value "maybe" for -wan: parse error'],
    [
      "in Consul's words",
      ["-stale="],
      'invalid boolean value "" for -stale: strconv.ParseBool: parsing "": invalid syntax',
    ],
  ])("%s", (_, args, wanted) => {
    expect(given(...args)).toEqual(wanted);
  });

  test.each([
    ["the first word that is no flag ends them", ["-wan", "a", "-stale"], ["a", "-stale"]],
    ["a boolean never takes the next word", ["-wan", "false"], ["false"]],
    ["a lone dash is a word", ["-", "-wan"], ["-", "-wan"]],
    ["two dashes end them and are gone", ["-wan", "--", "-stale"], ["-stale"]],
    ["the empty word is a word", ["", "-wan"], ["", "-wan"]],
  ])("%s", (_, args, rest) => {
    expect(parsed(...args)).toMatchObject({ args: rest });
  });

  test.each(["1", "t", "T", "TRUE", "true", "True"])("%s is true", (text) => {
    expect(given(`-wan=${text}`)).toEqual({ wan: true });
  });

  test.each(["0", "f", "F", "FALSE", "false", "False"])("%s is false", (text) => {
    expect(given(`-wan=${text}`)).toEqual({ wan: false });
  });

  test("a flag that is not given has its fallback, of its own kind", () => {
    const flags: Flag[] = [
      { name: "limit", kind: "int", description: "", fallback: "1" },
      { name: "wait", kind: "duration", description: "", fallback: "2s" },
    ];
    const result = parseFlags(flags, ["-limit=3"]);
    expect(result.ok && Object.fromEntries(result.values)).toEqual({ limit: 3, wait: 2e9 });
  });

  test("no arguments whatever make it throw, and what is left over is always their tail", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("-", "--", "-wan", "-n", "-flags=", "-meta", "=", "-x"),
    );
    fc.assert(
      fc.property(fc.array(word), (args) => {
        const result = parseFlags(FLAGS, args);
        if (result.ok) expect(args.slice(args.length - result.args.length)).toEqual(result.args);
        else expect(result.error).not.toBe("");
      }),
    );
  });
});
