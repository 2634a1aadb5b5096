// What can follow on a command line, for shells that complete it: they run the program with the line in COMP_LINE, and up to
// where the cursor is in COMP_POINT, and read one word a line. The protocol is that of bash's `complete -C`, which Consul's
// command line speaks too; unlike that we know the flags of each command.

import type { CommandTable } from "./command.ts";
import { isListed } from "./help.ts";

/** Before any command. */
const TOP_FLAGS: readonly string[] = ["autocomplete-install", "autocomplete-uninstall", "help", "version"];

/** @returns What the last word of the line may become; sorted. */
export async function completeLine(
  line: string,
  point: string | undefined,
  table: CommandTable,
): Promise<string[]> {
  const end = /^\d+$/.test(point ?? "") ? Number(point) : line.length;
  // Up to the cursor, without the program's own name.
  const typed = line.slice(0, end);
  const words = typed.split(/\s+/).filter((word) => word !== "");
  const last = /\s$/.test(typed) || words.length === 0 ? "" : (words.pop() as string);
  if (words.length === 0) return [];
  const command = commandOf(words.slice(1), table);
  if (last.startsWith("-")) return flagsLike(last, await flagNames(command, table));
  return childrenOf(command, table).filter((name) => name.startsWith(last));
}

/** The command that the words lead to, "" for none: those that name nothing on the way are passed over. */
function commandOf(words: readonly string[], table: CommandTable): string {
  let command = "";
  for (const word of words) {
    const name = command === "" ? word : `${command} ${word}`;
    if (Object.hasOwn(table, name) && isListed(table, name)) command = name;
  }
  return command;
}

function childrenOf(command: string, table: CommandTable): string[] {
  const prefix = command === "" ? "" : `${command} `;
  return Object.keys(table)
    .filter((name) => name.startsWith(prefix) && isListed(table, name))
    .map((name) => name.slice(prefix.length))
    .filter((name) => !name.includes(" "))
    .sort();
}

async function flagNames(command: string, table: CommandTable): Promise<readonly string[]> {
  if (command === "") return TOP_FLAGS;
  const loaded = await table[command]?.load();
  return loaded?.type === "command" ? [...loaded.flags.map(({ name }) => name), "help"] : ["help"];
}

/** With as many dashes as were typed. */
function flagsLike(typed: string, names: readonly string[]): string[] {
  const dashes = typed.startsWith("--") ? "--" : "-";
  return [...names]
    .sort()
    .map((name) => dashes + name)
    .filter((flag) => flag.startsWith(typed));
}
