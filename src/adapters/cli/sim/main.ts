// `sim` and `replay`: the simulator from the command line.

import { complain } from "../command.ts";
import type { Io } from "../io.ts";

/** Runs clusters under a seeded world. @returns The exit code. */
export async function runSim(_args: readonly string[], io: Io): Promise<number> {
  return complain(io, "the simulator is not part of this build");
}

/** Runs a recorded trace again. @returns The exit code. */
export async function runReplay(_args: readonly string[], io: Io): Promise<number> {
  return complain(io, "the simulator is not part of this build");
}
