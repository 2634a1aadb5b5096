// The command lines of these scripts: what each of them takes stands in the comment at its top, and nowhere else.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type ParseArgsConfig, parseArgs } from "node:util";

/**
 * As `parseArgs` of node:util. `--help` prints the comment at the top of the script; a command line that makes no sense is
 * answered with a line that says why. Both end the process, with 0 and with 2.
 */
export function readOptions<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const script = process.argv[1] ?? "";
  if (process.argv.slice(2).includes("--help")) {
    console.log(commentAtTop(readFileSync(script, "utf8")));
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    if (!isOfArguments(error)) throw error;
    console.error(`${error.message}\n--help says what ${basename(script)} takes.`);
    process.exit(2);
  }
}

function isOfArguments(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}

function commentAtTop(source: string): string {
  const lines = source.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.slice(3))
    .join("\n");
}
