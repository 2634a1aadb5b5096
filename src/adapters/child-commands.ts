// Commands that the agent runs for others: one process each, in a shell or not, its outputs read as one, as they come. It
// decides nothing: what is read when, and what becomes of it, is core/agent/remote-exec.ts's business.

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandLine, Input } from "../core/agent/ports.ts";
import { systemText } from "./storage/disk-error.ts";

export interface ChildCommands {
  start(job: number, line: CommandLine): void;
  /** Reads on, or lets the command wait with what it wants to say. */
  flow(job: number, reads: boolean): void;
  /** Closes its output: a command that goes on writing is told so by the system (SIGPIPE), any other goes on. */
  close(job: number): void;
  /** Closes all of them and reports nothing more. */
  closeAll(): void;
}

type Feed = (input: Extract<Input, { type: "command-output" | "command-ended" }>) => void;

/** The exit code of a command that could not be begun. */
const NOT_BEGUN = 255;

/** As Go tells it. */
const ENDED_BY_SIGNAL = -1;

interface Running {
  readonly child: ChildProcess;
  /** The folder of its script. */
  readonly folder: string | undefined;
}

/** @param shell What runs a line: $SHELL, as in Consul. */
export function createChildCommands(feed: Feed, shell: string): ChildCommands {
  const running = new Map<number, Running>();

  function start(job: number, line: CommandLine): void {
    let folder: string | undefined;
    try {
      if (line.kind === "script") folder = mkdtempSync(join(tmpdir(), "rexec"));
      const child = spawnWords(wordsOf(line, shell, folder));
      running.set(job, { child, folder });
      child.stdout?.on("data", (bytes: Buffer) => feed({ type: "command-output", job, bytes }));
      child.on("error", (error) => end(job, NOT_BEGUN, systemText(error)));
      // Not "exit": what was said last may still be on its way then.
      child.on("close", (code) => end(job, code ?? ENDED_BY_SIGNAL));
    } catch (error) {
      clean(folder);
      // Never from within the call that asked for it.
      setImmediate(() => feed({ type: "command-ended", job, code: NOT_BEGUN, error: systemText(error) }));
    }
  }

  function end(job: number, code: number, error?: string): void {
    const known = running.get(job);
    if (known === undefined) return;
    running.delete(job);
    clean(known.folder);
    feed({ type: "command-ended", job, code, ...(error === undefined ? {} : { error }) });
  }

  function flow(job: number, reads: boolean): void {
    const output = running.get(job)?.child.stdout;
    if (reads) output?.resume();
    else output?.pause();
  }

  function close(job: number): void {
    const known = running.get(job);
    if (known === undefined) return;
    running.delete(job);
    const { child, folder } = known;
    child.on("close", () => clean(folder));
    child.stdout?.destroy();
    // The agent does not wait for it when it ends.
    child.unref();
  }

  return {
    start,
    flow,
    close,
    closeAll() {
      for (const job of [...running.keys()]) close(job);
    },
  };
}

function wordsOf(line: CommandLine, shell: string, folder: string | undefined): readonly string[] {
  if (line.kind === "args") return line.args;
  if (line.kind === "shell") return [shell, "-c", line.command];
  const file = join(folder ?? "", "script");
  writeFileSync(file, line.script, { mode: 0o750 });
  return [shell, "-c", file];
}

/** Makes both outputs one pipe, which Node can't, so that what is said stays in order; then it is the command itself. */
const ONE_OUTPUT = 'exec "$@" 2>&1';

/** @throws Error for a program that is not there: the shell in between would tell of it in another way. */
function spawnWords(words: readonly string[]): ChildProcess {
  demandProgram(words[0] ?? "");
  return spawn("/bin/sh", ["-c", ONE_OUTPUT, "sh", ...words], { stdio: ["ignore", "pipe", "ignore"] });
}

function demandProgram(name: string): void {
  const { PATH = "" } = process.env;
  const places = name.includes("/") ? [name] : PATH.split(":").map((folder) => join(folder, name));
  const found = places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return statSync(place).isFile();
    } catch {
      return false;
    }
  });
  if (!found) throw new Error(`exec: ${JSON.stringify(name)}: executable file not found in $PATH`);
}

function clean(folder: string | undefined): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
