// Checks that are programs: what their exit code says, and what they say. Such a program has a process group of its own, which
// ends as a whole when its time is up. Consul's CheckMonitor (agent/checks/check.go), 1.8.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { printDuration } from "../../core/lib/duration.ts";
import { startText } from "../go-exit.ts";
import type { Pipe } from "./pipes.ts";
import {
  critical,
  isOverdue,
  type MakeCheck,
  onAbort,
  passing,
  type Result,
  type Run,
  type Surroundings,
  warning,
} from "./run.ts";
import { Tail } from "./tail.ts";

export const makeScript: MakeCheck = (run, around) =>
  runProgram(run, around, run.spec.scriptArgs, (code, output) => {
    if (code === 0) return passing(output);
    return code === 1 ? warning(output) : critical(output);
  });

/** What is said of a program whose time is up. */
export function timedOut({ timeoutNs = 0 }: Pick<Run, "timeoutNs">, output: string): string {
  const text = `Timed out (${printDuration(timeoutNs)}) running check`;
  return output === "" ? text : `${text}\n\n${output}`;
}

/** @param judge What its exit code and its output come to; the code of one that a signal ended is null. */
export async function runProgram(
  run: Run,
  around: Surroundings,
  args: readonly string[],
  judge: (code: number | null, output: string) => Result,
): Promise<Result> {
  const pipe = await around.pipes.open();
  // Nobody wants it any more: it must not begin when everything else ends.
  if (run.signal.aborted) {
    discard(pipe);
    return { ...critical(timedOut(run, "")), atOnce: true };
  }
  const started = await start(args, pipe, around);
  if (!started.ok) {
    release(pipe, true);
    around.log("error", "Check failed to invoke", { check: run.checkId, error: started.error });
    return { ...critical(started.error), atOnce: true };
  }
  const { program, exit } = started;
  const tail = new Tail(run.outputBytes);
  let isHeard = false;
  const heard = hear(program, pipe, tail).then(() => {
    isHeard = true;
  });
  const overdue = new Promise<undefined>((resolve) => {
    const forget = onAbort(run.signal, () => resolve(undefined));
    void exit.then(() => heard).then(forget);
  });
  // Not its exit alone: whom it has started may still have something to say.
  const ended = await Promise.race([Promise.all([exit, heard]), overdue]);
  if (ended !== undefined) {
    release(pipe, true);
    return judge(ended[0], tail.toldText());
  }
  killGroup(program);
  if (isOverdue(run.signal)) {
    const fields = { check: run.checkId, timeout: printDuration(run.timeoutNs ?? 0) };
    around.log("warn", "Timed out running check", fields);
  }
  const output = timedOut(run, tail.toldText());
  return { ...critical(output), atOnce: true, ending: exit.then(() => release(pipe, isHeard)) };
}

type Started =
  | { readonly ok: true; readonly program: ChildProcess; readonly exit: Promise<number | null> }
  | { readonly ok: false; readonly error: string };

function start(args: readonly string[], pipe: Pipe | undefined, { env }: Surroundings): Promise<Started> {
  const [name = "", ...rest] = args;
  // Node refuses the empty name itself.
  if (name === "") {
    if (pipe !== undefined) closeSync(pipe.input);
    return Promise.resolve({ ok: false, error: "fork/exec : no such file or directory" });
  }
  const output = pipe?.input ?? "pipe";
  return new Promise((resolve) => {
    try {
      const program = spawn(name, rest, { env, detached: true, stdio: ["ignore", output, output] });
      const exit = new Promise<number | null>((done) => program.once("exit", (code) => done(code)));
      program.once("spawn", () => resolve({ ok: true, program, exit }));
      program.on("error", (error) => resolve({ ok: false, error: startText(name, error) }));
    } catch (error) {
      resolve({ ok: false, error: startText(name, error) });
    } finally {
      if (pipe !== undefined) closeSync(pipe.input);
    }
  });
}

/** @returns When nobody is left who could say anything. */
async function hear(program: ChildProcess, pipe: Pipe | undefined, tail: Tail): Promise<void> {
  const outputs = pipe === undefined ? [program.stdout, program.stderr] : [pipe.output];
  await Promise.all(
    outputs.map(
      (output) =>
        new Promise<void>((done) => {
          output?.on("data", (bytes: Buffer) => tail.write(bytes));
          output?.on("error", () => {});
          output?.once("end", () => done());
          output?.once("close", () => done());
        }),
    ),
  );
}

/** Of a pipe that nobody was given. */
function discard(pipe: Pipe | undefined): void {
  if (pipe === undefined) return;
  closeSync(pipe.input);
  release(pipe, true);
}

function release(pipe: Pipe | undefined, clean: boolean): void {
  pipe?.output.destroy();
  pipe?.done(clean);
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by now, and everybody in it.
  }
}
