import { describe, expect, test } from "vitest";
import { run } from "./support.ts";

describe("a command line finds its command", () => {
  test.each<[string, string[], number, "stdout" | "stderr", RegExp]>([
    ["nothing at all is explained", [], 127, "stderr", /^Usage: quorate \[--version\]/],
    ["help is given on stdout when it was asked for", ["-h"], 0, "stdout", /^Usage: quorate \[--version\]/],
    ["a command that does not exist", ["nosuch"], 127, "stderr", /^Usage: quorate \[--version\]/],
    ["even if help is asked for it", ["nosuch", "-h"], 127, "stderr", /^Usage: quorate \[--version\]/],
    ["help is no command", ["help", "kv"], 127, "stderr", /^Usage: quorate \[--version\]/],
    ["a word with a blank is no command", ["kv get", "x"], 127, "stderr", /^Usage: quorate \[--version\]/],
    ["a lone dash is none", ["-"], 127, "stderr", /^Usage: quorate \[--version\]/],
    [
      "a family without a member",
      ["kv"],
      1,
      "stderr",
      /^Usage: quorate kv <subcommand>[\s\S]*Subcommands:\n {4}delete {4}/,
    ],
    ["or with one that it does not have", ["kv", "nosuch"], 1, "stderr", /^Usage: quorate kv <subcommand>/],
    ["help of a family", ["kv", "-h"], 0, "stdout", /^Usage: quorate kv <subcommand>/],
    [
      "help of a member, wherever it is asked for",
      ["kv", "get", "x", "--help"],
      0,
      "stdout",
      /^Usage: quorate kv get/,
    ],
    ["even where a value was due", ["members", "-status", "-h"], 0, "stdout", /^Usage: quorate members/],
    ["and before the command", ["-help", "members"], 0, "stdout", /^Usage: quorate members/],
    [
      "a flag before the command",
      ["-wan", "members"],
      1,
      "stderr",
      /^Invalid flags before the subcommand\. If these flags are for\nthe subcommand, please put them after the subcommand\.\n\nUsage: quorate members/,
    ],
    ["the version, in three spellings", ["--version"], 0, "stdout", /^Quorate v\d/],
    ["asks for nothing else", ["-v", "members"], 0, "stdout", /^Quorate v\d/],
    [
      "a flag that nobody knows",
      ["members", "-nosuch"],
      1,
      "stderr",
      /^flag provided but not defined: -nosuch\nUsage:\n {2}-ca-file value\n/,
    ],
    [
      "the version is no flag of a command",
      ["members", "-v"],
      1,
      "stderr",
      /^flag provided but not defined: -v\n/,
    ],
  ])("%s", async (_, argv, code, stream, pattern) => {
    const ran = await run(argv);
    expect(ran.code).toBe(code);
    expect(ran[stream]).toMatch(pattern);
    expect(ran[stream === "stdout" ? "stderr" : "stdout"]).toBe("");
  });

  test("after two dashes -h is a word like any other", async () => {
    const ran = await run(["kv", "put", "--", "-h", "x", "y"]);
    expect(ran.stderr).toBe("Error! Too many arguments (expected 1 or 2, got 3)\n");
  });

  test("usage texts name the program as it was called", async () => {
    const ran = await run(["kv", "get", "-h"], { program: "consul" });
    expect(ran.stdout).toMatch(/^Usage: consul kv get \[options\] \[KEY_OR_PREFIX\]\n/);
    expect(ran.stdout).not.toContain("quorate");
  });

  test("commands are listed in two columns, sorted, an empty line after them", async () => {
    const { stdout } = await run(["-h"]);
    const names = [...stdout.matchAll(/^ {4}([a-z-]+) +\S/gm)].map((match) => match[1]);
    expect(names).toEqual([...names].sort());
    expect(names).toContain("agent");
    expect(names).not.toContain("get");
    expect(stdout.endsWith("\n\n")).toBe(true);
  });
});
