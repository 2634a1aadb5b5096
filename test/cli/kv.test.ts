import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CannedAnswer, inDirectory, runAgainst } from "./support.ts";

/** A pair as the HTTP interface gives it; the flags are past what a double holds. */
function pair(key: string, value: string | Buffer, session = ""): string {
  const held = session === "" ? "" : `"Session":"${session}",`;
  const encoded = value.length === 0 ? "null" : `"${Buffer.from(value as string).toString("base64")}"`;
  return `{"LockIndex":1,"Key":${JSON.stringify(key)},"Flags":18446744073709551615,"Value":${encoded},${held}"CreateIndex":12,"ModifyIndex":13}`;
}

const PAIRS = `[${pair("a/b", "hello")},${pair("a/c", "")}]`;

interface Expected {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

async function check(
  answers: Readonly<Record<string, CannedAnswer | string>>,
  argv: readonly string[],
  expected: Expected,
): Promise<void> {
  const wanted = { code: expected.stderr === undefined ? 0 : 1, stdout: "", stderr: "", ...expected };
  expect(await runAgainst(answers, ["kv", ...argv])).toMatchObject(wanted);
}

const DETAILED = (key: string, value: string): string =>
  `CreateIndex      12\nFlags            18446744073709551615\nKey              ${key}\nLockIndex        1\nModifyIndex      13\nSession          -\nValue${value === "" ? "" : `            ${value}`}\n`;

describe("kv get", () => {
  test.each<[string, string[], string, string, Expected]>([
    ["prints the value and ends the line", ["a/b"], "/v1/kv/a/b", PAIRS, { stdout: "hello\n" }],
    ["takes a leading slash away", ["/a/b"], "/v1/kv/a/b", PAIRS, { stdout: "hello\n" }],
    ["escapes the key", ["a b?\u00fc"], "/v1/kv/a%20b%3F%C3%BC", PAIRS, { stdout: "hello\n" }],
    [
      "prints an empty line for an empty value",
      ["a/c"],
      "/v1/kv/a/c",
      `[${pair("a/c", "")}]`,
      { stdout: "\n" },
    ],
    ["encodes", ["-base64", "a/b"], "/v1/kv/a/b", PAIRS, { stdout: "aGVsbG8=\n" }],
    [
      "prints every pair below a prefix",
      ["-recurse", "a"],
      "/v1/kv/a?recurse=",
      PAIRS,
      { stdout: "a/b:hello\na/c:\n" },
    ],
    ["or of the whole store", ["-recurse"], "/v1/kv/?recurse=", PAIRS, { stdout: "a/b:hello\na/c:\n" }],
    ["is content with no pairs", ["-recurse", "x"], "/v1/kv/nothing", PAIRS, { stdout: "" }],
    [
      "shows what is known, 64 bits of flags among it",
      ["-detailed", "a/b"],
      "/v1/kv/a/b",
      `[${pair("a/b", "hello")}]`,
      { stdout: DETAILED("a/b", "hello") },
    ],
    [
      "with an empty line between pairs",
      ["-detailed", "-recurse", "a"],
      "/v1/kv/a?recurse=",
      PAIRS,
      { stdout: `${DETAILED("a/b", "hello")}\n${DETAILED("a/c", "")}` },
    ],
    ["lists keys, folded", ["-keys", "a"], "/v1/kv/a?keys=&separator=%2F", '["a/"]', { stdout: "a/\n" }],
    [
      "or not folded",
      ["-keys", "-separator=", "a"],
      "/v1/kv/a?keys=",
      '["a/b","a/c"]',
      { stdout: "a/b\na/c\n" },
    ],
    [
      "asks for another datacenter, a namespace, any server",
      ["-stale", "-datacenter=dc2", "-namespace=n", "a"],
      "/v1/kv/a?dc=dc2&ns=n&stale=",
      PAIRS,
      { stdout: "hello\n" },
    ],
    [
      "says when there is no such key",
      ["nosuch"],
      "/v1/kv/other",
      PAIRS,
      { stderr: "Error! No key exists at: nosuch\n" },
    ],
    ["needs a key", [], "", "", { stderr: "Error! Missing KEY argument\n" }],
    ["and only one", ["a", "-detailed"], "", "", { stderr: "Too many arguments (expected 1, got 2)\n" }],
  ])("%s", async (_, argv, path, body, expected) => {
    await check({ [`GET ${path}`]: body }, ["get", ...argv], expected);
  });

  test("says the status of an agent that cannot answer, and no more", async () => {
    await check({ "GET /v1/kv/a": { status: 500, body: "No cluster leader" } }, ["get", "a"], {
      stderr: "Error querying Consul agent: Unexpected response code: 500\n",
    });
  });

  test("prints bytes as they are", async () => {
    const bytes = Buffer.from([0xff, 0, 1]);
    const ran = await runAgainst({ "GET /v1/kv/a": `[${pair("a", bytes)}]` }, ["kv", "get", "a"]);
    expect([...ran.bytes]).toEqual([0xff, 0, 1, 10]);
  });

  test("shows who holds the lock", async () => {
    const ran = await runAgainst({ "GET /v1/kv/a": `[${pair("a", "x", "s-1")}]` }, [
      "kv",
      "get",
      "-detailed",
      "a",
    ]);
    expect(ran.stdout).toContain("\nSession          s-1\n");
  });

  test("an answer that is no JSON is an error, not a crash", async () => {
    await check({ "GET /v1/kv/a": "<html>" }, ["get", "a"], {
      stderr: "Error querying Consul agent: invalid character '<' looking for beginning of value\n",
    });
  });
});

describe("kv put", () => {
  test.each<[string, string[], string, string, Expected]>([
    ["writes", ["a", "b"], "/v1/kv/a", "true", { stdout: "Success! Data written to: a\n" }],
    [
      "writes nothing if nothing is given",
      ["a"],
      "/v1/kv/a",
      "true",
      { stdout: "Success! Data written to: a\n" },
    ],
    [
      "keeps flags",
      ["-flags=18446744073709551615", "a", "b"],
      "/v1/kv/a?flags=18446744073709551615",
      "true",
      { stdout: "Success! Data written to: a\n" },
    ],
    [
      "never sends stale with a write",
      ["-stale", "-datacenter=d", "a", "b"],
      "/v1/kv/a?dc=d",
      "true",
      { stdout: "Success! Data written to: a\n" },
    ],
    [
      "compares and sets",
      ["-cas", "-modify-index=7", "a", "b"],
      "/v1/kv/a?cas=7",
      "true",
      { stdout: "Success! Data written to: a\n" },
    ],
    [
      "or does not",
      ["-cas", "-modify-index=7", "a", "b"],
      "/v1/kv/a?cas=7",
      "false",
      { stderr: "Error! Did not write to a: CAS failed\n" },
    ],
    [
      "acquires",
      ["-acquire", "-session=s", "a", "b"],
      "/v1/kv/a?acquire=s",
      "true",
      { stdout: "Success! Lock acquired on: a\n" },
    ],
    [
      "or does not",
      ["-acquire", "-session=s", "a", "b"],
      "/v1/kv/a?acquire=s",
      "false",
      { stderr: "Error! Did not acquire lock\n" },
    ],
    [
      "releases",
      ["-release", "-session=s", "a", "b"],
      "/v1/kv/a?release=s",
      "true",
      { stdout: "Success! Lock released on: a\n" },
    ],
    [
      "or does not",
      ["-release", "-session=s", "a", "b"],
      "/v1/kv/a?release=s",
      "false",
      { stderr: "Error! Did not release lock\n" },
    ],
    [
      "needs a session for that",
      ["-acquire", "a", "b"],
      "",
      "",
      { stderr: "Error! Missing -session (required with -acquire and -release)\n" },
    ],
    [
      "needs an index for -cas",
      ["-cas", "a", "b"],
      "",
      "",
      { stderr: "Must specify -modify-index with -cas!\n" },
    ],
    ["needs a key", [], "", "", { stderr: "Error! Missing KEY argument\n" }],
    [
      "takes no third word",
      ["a", "b", "c"],
      "",
      "",
      { stderr: "Error! Too many arguments (expected 1 or 2, got 3)\n" },
    ],
    [
      "refuses a leading slash",
      ["/a", "b"],
      "",
      "",
      { stderr: "Error! Failed writing data: Invalid key. Key must not begin with a '/': /a\n" },
    ],
    [
      "passes on what the agent says",
      ["a", "b"],
      "/v1/kv/x",
      "",
      { stderr: "Error! Failed writing data: Unexpected response code: 404 ()\n" },
    ],
    [
      "writes nothing of data that is no base 64",
      ["-base64", "a", "!!"],
      "",
      "",
      { stderr: "Error! Cannot base 64 decode data: illegal base64 data at input byte 0\n" },
    ],
    [
      "says when a file is not there",
      ["a", "@/no/such"],
      "",
      "",
      { stderr: "Error! Failed to read file: open /no/such: no such file or directory\n" },
    ],
    [
      "or has no name",
      ["a", "@"],
      "",
      "",
      { stderr: "Error! Failed to read file: open : no such file or directory\n" },
    ],
    [
      "or is a directory",
      ["a", "@/"],
      "",
      "",
      { stderr: "Error! Failed to read file: read /: is a directory\n" },
    ],
  ])("%s", async (_, argv, path, body, expected) => {
    await check({ [`PUT ${path}`]: body }, ["put", ...argv], expected);
  });

  test.each([
    ["as it is", ["a", "b c\n"], "b c\n"],
    ["even if it looks like a flag", ["a", "-5"], "-5"],
    ["decoded", ["-base64", "a", "aGVsbG8="], "hello"],
    ["from standard input", ["a", "-"], "piped"],
    ["from a file", ["a", "@data.txt"], "filed"],
  ])("sends the value %s", (_, argv, sent) =>
    inDirectory(async (cwd) => {
      writeFileSync(join(cwd, "data.txt"), "filed");
      const around = { stdin: "piped", cwd };
      const ran = await runAgainst({ "PUT /v1/kv/a": "true" }, ["kv", "put", ...argv], around);
      expect(ran).toMatchObject({ code: 0, asked: [{ method: "PUT", body: sent }] });
    }),
  );
});

describe("kv delete", () => {
  test.each<[string, string[], string, string, Expected]>([
    [
      "deletes, and does not mind if there was nothing",
      ["/a"],
      "/v1/kv/a",
      "true",
      { stdout: "Success! Deleted key: a\n" },
    ],
    [
      "deletes a tree",
      ["-recurse", "a"],
      "/v1/kv/a?recurse=",
      "true",
      { stdout: "Success! Deleted keys with prefix: a\n" },
    ],
    ["or all", ["-recurse"], "/v1/kv/?recurse=", "true", { stdout: "Success! Deleted keys with prefix: \n" }],
    [
      "compares first",
      ["-cas", "-modify-index=7", "a"],
      "/v1/kv/a?cas=7",
      "true",
      { stdout: "Success! Deleted key: a\n" },
    ],
    [
      "or does not",
      ["-cas", "-modify-index=7", "a"],
      "/v1/kv/a?cas=7",
      "false",
      { stderr: "Error! Did not delete key a: CAS failed\n" },
    ],
    [
      "passes on what the agent says",
      ["a"],
      "",
      "",
      { stderr: "Error deleting key a: Unexpected response code: 404 ()\n" },
    ],
    [
      "of a tree too",
      ["-recurse", "a"],
      "",
      "",
      { stderr: "Error! Did not delete prefix a: Unexpected response code: 404 ()\n" },
    ],
    ["needs a key", [], "", "", { stderr: "Error! Missing KEY argument\n" }],
    ["which is no lone slash", ["/"], "", "", { stderr: "Error! Missing KEY argument\n" }],
    ["and only one", ["a", "b"], "", "", { stderr: "Too many arguments (expected 1, got 2)\n" }],
    ["needs an index for -cas", ["-cas", "a"], "", "", { stderr: "Must specify -modify-index with -cas!\n" }],
    [
      "and -cas for an index",
      ["-modify-index=7", "a"],
      "",
      "",
      { stderr: "Cannot specify -modify-index without -cas!\n" },
    ],
    [
      "compares no trees",
      ["-cas", "-recurse", "-modify-index=7", "a"],
      "",
      "",
      { stderr: "Cannot specify both -cas and -recurse!\n" },
    ],
  ])("%s", async (_, argv, path, body, expected) => {
    await check({ [`DELETE ${path}`]: body }, ["delete", ...argv], expected);
  });
});

describe("kv export and import", () => {
  test("export prints what import reads, to the last bit", async () => {
    const listed = `[${pair("a/<b>", "hello")},${pair("a/c", "")}]`;
    const exported = await runAgainst({ "GET /v1/kv/a?recurse=": listed }, ["kv", "export", "/a"]);
    expect(exported.stdout).toBe(
      '[\n\t{\n\t\t"key": "a/\\u003cb\\u003e",\n\t\t"flags": 18446744073709551615,\n\t\t"value": "aGVsbG8="\n\t},\n' +
        '\t{\n\t\t"key": "a/c",\n\t\t"flags": 18446744073709551615,\n\t\t"value": ""\n\t}\n]\n',
    );
    const paths = ["/v1/kv/a/%3Cb%3E", "/v1/kv/a/c"].map((path) => `${path}?flags=18446744073709551615`);
    const answers = Object.fromEntries(paths.map((path) => [`PUT ${path}`, "true"]));
    const imported = await runAgainst(answers, ["kv", "import", "-"], { stdin: exported.stdout });
    expect(imported).toMatchObject({ code: 0, stdout: "Imported: a/<b>\nImported: a/c\n" });
    expect(imported.asked.map(({ url, body }) => [url, body])).toEqual([
      [paths[0], "hello"],
      [paths[1], ""],
    ]);
  });

  test("export prints an empty list for nothing", async () => {
    await check({}, ["export", "a"], { stdout: "[]\n" });
    await check({}, ["export", "a", "b"], { stderr: "Too many arguments (expected 1, got 2)\n" });
  });

  test.each<[string, string[], Expected]>([
    ["needs data", [], { stderr: "Error! Missing DATA argument\n" }],
    ["that is not empty", [""], { stderr: "Error! Empty DATA argument\n" }],
    ["and in one piece", ["a", "b"], { stderr: "Error! Too many arguments (expected 1, got 2)\n" }],
    ["takes an empty list", ["[]"], { stdout: "" }],
    ["and none", ["null"], { stdout: "" }],
    [
      "but no object",
      ["{}"],
      {
        stderr:
          "Cannot unmarshal data: json: cannot unmarshal object into Go value of type []*impexp.Entry\n",
      },
    ],
    [
      "and no list of numbers",
      ["[1]"],
      { stderr: "Cannot unmarshal data: json: cannot unmarshal number into Go value of type impexp.Entry\n" },
    ],
    [
      "keys are texts",
      ['[{"key":5}]'],
      {
        stderr:
          "Cannot unmarshal data: json: cannot unmarshal number into Go struct field Entry.key of type string\n",
      },
    ],
    [
      "flags are whole",
      ['[{"key":"q","flags":1.5}]'],
      {
        stderr:
          "Cannot unmarshal data: json: cannot unmarshal number 1.5 into Go struct field Entry.flags of type uint64\n",
      },
    ],
    [
      "and numbers",
      ['[{"key":"q","flags":"x"}]'],
      {
        stderr:
          "Cannot unmarshal data: json: cannot unmarshal string into Go struct field Entry.flags of type uint64\n",
      },
    ],
    [
      "text ends where it should",
      ["[] x"],
      { stderr: "Cannot unmarshal data: invalid character 'x' after top-level value\n" },
    ],
    ["and not before", ["["], { stderr: "Cannot unmarshal data: unexpected end of JSON input\n" }],
    [
      "values are base 64",
      ['[{"key":"q","value":"!!"}]'],
      { stderr: "Error base 64 decoding value for key q: illegal base64 data at input byte 0\n" },
    ],
    [
      "the first failure stops it",
      ['[{"key":"ok"},{"KEY":"/b"},{"key":"c"}]'],
      {
        stdout: "Imported: ok\n",
        stderr: "Error! Failed writing data for key /b: Invalid key. Key must not begin with a '/': /b\n",
      },
    ],
    ["keys can be put below a prefix", ["-prefix=p/", '[{"key":"ok/"}]'], { stdout: "Imported: p/ok/\n" }],
  ])("import %s", async (_, argv, expected) => {
    const answers = { "PUT /v1/kv/ok": "true", "PUT /v1/kv/p/ok/": "true" };
    await check(answers, ["import", ...argv], expected);
  });
});
