// Whether every flag of every command is on some command line that is compared.

import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../../src/adapters/cli/api-flags.ts";
import { COMMANDS } from "../../src/adapters/cli/commands.ts";
import { CASES } from "./command-cases.ts";
import type { Case } from "./command-lines.ts";
import { LATER_FLAGS, OTHER_COMMANDS } from "./later.ts";

/** Flags of every command that asks an agent: one line of any command is enough. */
const SHARED: ReadonlySet<string> = new Set(
  [...CLIENT_FLAGS, ...SERVER_FLAGS, NAMESPACE_FLAG].map(({ name }) => name),
);

/** @returns What is on no line, but for what the original does not know: "exec: -verbose". */
export async function uncovered(): Promise<string[]> {
  const found = missing("any command", SHARED, flagsOn(CASES));
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    const command = await load();
    if (command.type !== "command" || OTHER_COMMANDS.has(name)) continue;
    const words = name.split(" ");
    const compared = flagsOn(CASES.filter(({ args }) => words.every((word, at) => args[at] === word)));
    const own = command.flags.map((flag) => flag.name).filter((flag) => !SHARED.has(flag));
    found.push(...missing(name, new Set(own), new Set([...compared, ...(LATER_FLAGS[name] ?? [])])));
  }
  return found;
}

function flagsOn(cases: readonly Case[]): ReadonlySet<string> {
  return new Set(
    cases.flatMap(({ args }) => args.flatMap((arg) => /^--?([a-z_][\w-]*)/.exec(arg)?.[1] ?? [])),
  );
}

function missing(command: string, flags: ReadonlySet<string>, compared: ReadonlySet<string>): string[] {
  return [...flags].filter((flag) => !compared.has(flag)).map((flag) => `${command}: -${flag}`);
}
