// Where the program begins: the words of the command line in, an exit code out.

import { COMMANDS } from "./commands.ts";
import { runCli } from "./dispatch.ts";
import { processIo } from "./io.ts";

async function main(): Promise<void> {
  const io = processIo();
  try {
    // Not process.exit: what was written to a pipe must have left before the process does.
    process.exitCode = await runCli(process.argv.slice(2), io, COMMANDS);
  } catch (error) {
    // Every expected failure is an exit code: this one is a fault of ours, and its place is worth more than a nice text.
    io.stderr(
      `Error executing CLI: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}

void main();
