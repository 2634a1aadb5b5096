// Real processes, as the agent runs them for others.

import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ChildCommands, createChildCommands } from "../../src/adapters/child-commands.ts";
import type { CommandLine, Input } from "../../src/core/agent/ports.ts";

type Ended = Extract<Input, { type: "command-ended" }>;

interface Ran {
  readonly said: string;
  readonly ended: Ended;
}

/** Runs a line to its end. */
function run(line: CommandLine, shell = "/bin/sh"): Promise<Ran> {
  let said = "";
  return new Promise((done) => {
    const commands = createChildCommands((input) => {
      if (input.type === "command-output") said += Buffer.from(input.bytes).toString();
      else done({ said, ended: input });
    }, shell);
    commands.start(1, line);
  });
}

describe("a command", () => {
  test("is told of with all that it said, on both outputs in order, and its exit code", async () => {
    const ran = await run({ kind: "shell", command: "echo a; echo b >&2; printf c; exit 3" });
    expect(ran).toEqual({ said: "a\nb\nc", ended: { type: "command-ended", job: 1, code: 3 } });
  });

  test("may be a program with its arguments as they are", async () => {
    expect((await run({ kind: "args", args: ["printf", "%s|", "a b", "$HOME"] })).said).toBe("a b|$HOME|");
  });

  test("may be a script, whose file is gone afterwards", async () => {
    const script = Buffer.from('#!/bin/sh\nprintf %s "$0"; exit 4\n');
    const { said, ended } = await run({ kind: "script", script });
    expect(ended.code).toBe(4);
    expect(existsSync(said)).toBe(false);
  });

  test("that a signal ended has the code -1", async () => {
    expect((await run({ kind: "shell", command: "kill -9 $$" })).ended.code).toBe(-1);
  });

  test.each<[string, CommandLine, string]>([
    ["whose program is not there", { kind: "args", args: ["/nosuch/program"] }, "/bin/sh"],
    ["of no words", { kind: "args", args: [""] }, "/bin/sh"],
    ["whose shell is not there", { kind: "shell", command: "true" }, "/nosuch/shell"],
  ])("%s ends with 255 and why", async (_name, line, shell) => {
    const { ended } = await run(line, shell);
    expect(ended).toMatchObject({ code: 255, error: expect.stringContaining("not found") });
  });
});

test("a command whose output is closed is told so by the system, and nothing more is heard of it", async () => {
  const heard: Input[] = [];
  let commands: ChildCommands | undefined;
  await new Promise<void>((said) => {
    commands = createChildCommands((input) => {
      heard.push(input);
      said();
    }, "/bin/sh");
    commands.start(1, { kind: "shell", command: "echo $$; while echo x; do sleep 0.05; done" });
  });
  commands?.close(1);
  const [said] = heard;
  const pid = Number.parseInt(Buffer.from(said?.type === "command-output" ? said.bytes : []).toString(), 10);
  const count = heard.length;
  while (isAlive(pid)) await new Promise((done) => setTimeout(done, 20));
  expect(heard).toHaveLength(count);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
