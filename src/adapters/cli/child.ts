// A program that `lock` or `watch` runs for its user: in a shell or not, with the streams of the command itself, and told of
// the signals that the command gets.

import { type ChildProcess, spawn } from "node:child_process";
import { exitText, startText } from "../go-exit.ts";
import type { Io } from "./io.ts";

export interface ChildOrder {
  readonly words: readonly string[];
  /** The words are a line for $SHELL; else a program and its arguments. */
  readonly shell: boolean;
  /** On top of our own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What it reads: our own input, nothing, or these bytes. */
  readonly stdin: "inherit" | "ignore" | Uint8Array;
}

export type ChildEnd =
  | { readonly ok: true }
  /** `started`: it ran, and failed; else it could not be begun. `error` in Go's words. */
  | { readonly ok: false; readonly started: boolean; readonly error: string };

export interface Child {
  /** Undefined when it could not be begun. */
  readonly pid: number | undefined;
  readonly ended: Promise<ChildEnd>;
  /** Sends a signal to it and, as far as they are its group, to those that it started. Nothing for one that has ended. */
  signal(signal: NodeJS.Signals): void;
  /** This process may end before it does. */
  forget(): void;
}

export function startChild({ words, shell, env, stdin }: ChildOrder, io: Io): Child {
  const { SHELL } = io.env;
  const [program = "", ...args] = shell ? [SHELL || "/bin/sh", "-c", words.join(" ")] : words;
  const ownGroup = !process.stdin.isTTY;
  const child = spawn(program, args, {
    cwd: io.cwd,
    env: { ...io.env, ...env },
    stdio: [typeof stdin === "string" ? stdin : "pipe", "inherit", "inherit"],
    detached: ownGroup,
  });
  // One that does not read what it is given is none the worse for it.
  child.stdin?.on("error", () => {}).end(stdin);
  return {
    pid: child.pid,
    ended: new Promise((done) => {
      child.on("error", (error) => done({ ok: false, started: false, error: startText(program, error) }));
      child.on("exit", (code, signal) => {
        const error = exitText(code, signal);
        done(error === undefined ? { ok: true } : { ok: false, started: true, error });
      });
    }),
    signal: (signal) => sendSignal(child, signal, ownGroup),
    forget: () => child.unref(),
  };
}

/**
 * Where nobody sits at a terminal the child leads a group of its own, so that what it starts ends with it. At a terminal it
 * stays in ours: it may ask there, and Ctrl-C and Ctrl-Z reach the group as a whole.
 */
function sendSignal(child: ChildProcess, signal: NodeJS.Signals, ownGroup: boolean): void {
  if (child.pid === undefined) return;
  try {
    process.kill(ownGroup ? -child.pid : child.pid, signal);
  } catch {
    // It has ended, and with it whoever could be told.
  }
}
