// `replay`: a recorded run, run again.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { printPlain } from "../../../core/lib/plain.ts";
import { type Difference, type ReplayResult, replay } from "../../../sim/replay.ts";
import { type Call, type Command, say } from "../command.ts";
import { boolFlag, type Flag, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { count, EXIT_CODES, EXIT_OK, EXIT_VIOLATION, misuse, reasonOf, simCommand } from "./words.ts";

const FLAGS: readonly Flag[] = [
  { name: "agent", kind: "string", description: "Run this `agent` only." },
  {
    name: "until",
    kind: "string",
    description: "Stop at this time, in `milliseconds` of the agent's own clock.",
  },
  { name: "print", kind: "bool", description: "Print every input as it is replayed." },
];
/** Longer lines are cut: an input may hold a megabyte of a disk. */
const LINE_CHARACTERS = 240;

export const command: Command = simCommand({
  usage: (program) => `
Usage: ${program} replay [options] <file>

  Runs a recorded trace again, gives each agent what it was given then, and
  compares every choice it asks for and every effect it causes with the
  recording. Stops at the first difference and shows both sides.

${EXIT_CODES}`,
  flags: FLAGS,
  names: true,
  run: runReplayCommand,
});

async function runReplayCommand(call: Call): Promise<number> {
  const { io, args, flags } = call;
  const [file, ...more] = args;
  if (file === undefined || more.length > 0)
    return misuse(io, `Which trace? One file is needed.\n${call.help()}`);
  const until = stringFlag(flags, "until");
  if (until !== undefined && !Number.isFinite(Number(until)))
    return misuse(io, `-until takes a number of milliseconds, not "${until}".`);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(resolve(io.cwd, file));
  } catch (error) {
    return misuse(io, `The trace could not be read: ${reasonOf(error)}`);
  }
  const began = performance.now();
  const result = replay(bytes, {
    node: stringFlag(flags, "agent"),
    untilMs: until === undefined ? undefined : Number(until),
    ...(boolFlag(flags, "print")
      ? {
          onStep: ({ nowMs, node, input }) => {
            const what = input === undefined ? "end of turn" : printPlain(input);
            say(io, `${nowMs.toFixed(3).padStart(14)}  ${node.padEnd(9)} ${what.slice(0, LINE_CHARACTERS)}`);
          },
        }
      : {}),
  });
  return report(io, result, performance.now() - began);
}

function report(io: Io, result: ReplayResult, wallMs: number): number {
  const done = `${count(result.steps)} steps and ${count(result.effects)} effects in ${(wallMs / 1000).toFixed(1)} s`;
  switch (result.outcome) {
    case "same":
      say(io, `The same: ${done}, each equal to the recording.`);
      if (result.verdict !== undefined)
        say(
          io,
          `The recorded run ended ${result.verdict.ok ? "well" : `with ${result.verdict.violation}: ${result.verdict.message}`}.`,
        );
      return EXIT_OK;
    case "cut":
      say(io, `The recording breaks off in the middle of a record; up to there the same: ${done}.`);
      return EXIT_OK;
    case "unreadable":
      return misuse(io, `The trace can't be read: ${result.error}`);
    case "different":
      printDifference(io, result.difference);
      return EXIT_VIOLATION;
  }
}

function printDifference(
  io: Io,
  { record, node, nowMs, input, what, recorded, replayed, before }: Difference,
): void {
  say(io, `DIFFERENT at record ${count(record)}: ${node} at ${nowMs.toFixed(3)} ms, ${what}`);
  say(io, `  recorded  ${recorded}`);
  say(io, `  replayed  ${replayed}`);
  say(io, `given       ${input === undefined ? "end of turn" : printPlain(input)}`);
  say(io, "before it, oldest first:");
  for (const line of before) say(io, `  ${line.slice(0, LINE_CHARACTERS)}`);
}
