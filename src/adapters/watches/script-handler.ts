// A watch's program: reads what there is from its standard input; what it says, on both outputs, goes into the log.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import type { Say } from "../agent-http.ts";
import type { Pipe, Pipes } from "../checks/pipes.ts";
import { Tail } from "../checks/tail.ts";
import { exitText, startText } from "../go-exit.ts";
import { OUTPUT_BYTES, type ScriptHandler } from "./handlers.ts";

export interface ScriptSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pipes: Pipes;
  readonly say: Say;
}

/** Runs it to its end. It never ends by us: what it was asked to do is its own affair. */
export async function runScript(
  { words, shell, shown }: ScriptHandler,
  json: string,
  index: string,
  { env, pipes, say }: ScriptSurroundings,
): Promise<void> {
  const { SHELL } = env;
  const [program = "", ...args] = shell ? [SHELL || "/bin/sh", "-c", words.join(" ")] : words;
  const pipe = await pipes.open();
  const tail = new Tail(OUTPUT_BYTES);
  const fault = await run(program, args, { ...env, CONSUL_INDEX: index }, json, pipe, tail);
  const fields = { watch_handler: shown };
  if (fault !== undefined) say("error", "Failed to run watch handler", { ...fields, error: fault });
  say("debug", "watch handler output", { ...fields, output: tail.toldText() });
}

/** @returns What went wrong. */
function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  json: string,
  pipe: Pipe | undefined,
  tail: Tail,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const output = pipe?.input ?? "pipe";
    let child: ChildProcess;
    try {
      child = spawn(program, args, { env, detached: true, stdio: ["pipe", output, output] });
    } catch (error) {
      // The empty name Node refuses itself.
      pipe?.output.destroy();
      pipe?.done(true);
      resolve(startText(program, error));
      return;
    } finally {
      if (pipe !== undefined) closeSync(pipe.input);
    }
    // One that does not read is none the worse for it.
    child.stdin?.on("error", () => {}).end(`${json}\n`);
    const heard = hear(pipe === undefined ? [child.stdout, child.stderr] : [pipe.output], tail);
    const done = (fault: string | undefined): void => {
      // Whom it has started may still have something to say, as long as they are there.
      void heard.then(() => {
        pipe?.output.destroy();
        pipe?.done(true);
        resolve(fault);
      });
    };
    child.on("error", (error) => done(startText(program, error)));
    child.on("exit", (code, signal) => done(exitText(code, signal)));
  });
}

async function hear(outputs: readonly (NodeJS.ReadableStream | null)[], tail: Tail): Promise<void> {
  await Promise.all(
    outputs.map(
      (output) =>
        new Promise<void>((resolve) => {
          output?.on("data", (bytes: Buffer) => tail.write(bytes));
          output?.on("error", () => {});
          output?.once("end", resolve).once("close", resolve);
          if (output === null) resolve();
        }),
    ),
  );
}
