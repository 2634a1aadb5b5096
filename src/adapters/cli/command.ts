// What a command is: a usage text, flags, and what it does. Written down apart from the table of commands, so that a
// command's module is loaded only when it was asked for.

import type { Flag, FlagValues } from "./flags.ts";
import type { Io } from "./io.ts";

export interface Call {
  /** What is left after the flags. */
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly io: Io;
  /** The command's whole help text, without a newline at its end. Wrapping the agent's takes 3 ms, and few runs print it. */
  readonly help: () => string;
}

/** An ordinary command. */
export interface Command {
  readonly type: "command";
  /** From "Usage:" to where the list of flags begins. */
  readonly usage: (program: string) => string;
  readonly flags: readonly Flag[];
  /** What is printed, with the error again, after the listing that follows a flag that does not parse. */
  readonly flagErrorPrefix?: string;
  /** The exit code where a flag does not parse; 1, as Consul's, unless it is said. */
  readonly usageCode?: number;
  /** @returns The exit code. */
  readonly run: (call: Call) => Promise<number>;
}

/** A family of commands, which does nothing by itself. */
export interface ParentCommand {
  readonly type: "parent";
  readonly usage: (program: string) => string;
}

/** A command that reads its arguments, `-h` included, itself. */
export interface RawCommand {
  readonly type: "raw";
  readonly run: (args: readonly string[], io: Io) => Promise<number>;
}

export type AnyCommand = Command | ParentCommand | RawCommand;

export interface CommandEntry {
  /** One line for the lists of commands. */
  readonly synopsis: string;
  /** A spelling of old times, which no list shows. */
  readonly hidden?: true;
  readonly load: () => Promise<AnyCommand>;
}

/** By full name: "kv get". */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

/** The families of `operator` say once more what was wrong with a flag. */
export const OPERATOR_FLAG_ERROR = "Failed to parse args: ";

/** A line of what was asked for. */
export function say(io: Io, text: string): void {
  io.stdout(`${text}\n`);
}

/** A line of what went wrong. @returns 1, the exit code of every error. */
export function complain(io: Io, text: string): number {
  io.stderr(`${text}\n`);
  return 1;
}
