// The two ways in which flags are listed: after a flag that does not parse (Go's listing), and in a command's help
// (Consul's, in two groups with wrapped text). Layouts are theirs, to the byte; the words of the descriptions are ours.

import { compareStrings } from "../../core/lib/bytes.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { isApiFlag } from "./api-flags.ts";
import type { CommandTable } from "./command.ts";
import type { Flag } from "./flags.ts";
import { wrapText } from "./wrap.ts";

const HELP_WIDTH = 67;

const TYPE_NAMES: Readonly<Record<Flag["kind"], string>> = {
  bool: "",
  string: "string",
  int: "int",
  uint64: "uint",
  duration: "duration",
  list: "value",
  map: "value",
};

/** What stands for the flag's value: the word in back quotes, or the type. Empty for a boolean. */
function valueName(flag: Flag): string {
  const named = /`([^`]*)`/.exec(flag.description)?.[1];
  if (named !== undefined) return named;
  return flag.consulType && flag.kind !== "bool" ? "value" : TYPE_NAMES[flag.kind];
}

function sorted(flags: readonly Flag[]): Flag[] {
  return [...flags].sort((a, b) => compareStrings(a.name, b.name));
}

/** Go's listing (flag.PrintDefaults), which follows an error. Ends with a newline. */
export function flagListing(flags: readonly Flag[]): string {
  const entries = sorted(flags).map((flag) => {
    const value = valueName(flag);
    const head = value === "" ? `  -${flag.name}` : `  -${flag.name} ${value}`;
    // Go sets one-letter booleans on one line with their text.
    const gap = head.length <= 4 ? "\t" : "\n    \t";
    const text = flag.description.replace(/`([^`]*)`/, "$1").replaceAll("\n", "\n    \t");
    return `${head}${gap}${text}${printedDefault(flag)}\n`;
  });
  return `Usage:\n${entries.join("")}`;
}

function printedDefault({ fallback, kind }: Flag): string {
  if (fallback === undefined || fallback === "") return "";
  return ` (default ${kind === "string" ? quoteText(fallback) : fallback})`;
}

/** A command's help: its usage text and its flags. No newline at the end. */
export function commandHelp(usage: string, flags: readonly Flag[]): string {
  const parts = [usage.trim()];
  const api = flags.filter(isApiFlag);
  const own = flags.filter((flag) => !isApiFlag(flag));
  if (api.length > 0) parts.push(`HTTP API Options\n\n${helpEntries(api)}`);
  if (own.length > 0) parts.push(`Command Options\n\n${helpEntries(own)}`);
  return parts.join("\n\n");
}

function helpEntries(flags: readonly Flag[]): string {
  return sorted(flags)
    .map((flag) => {
      const value = valueName(flag);
      const head = value === "" ? `  -${flag.name}` : `  -${flag.name}=<${value}>`;
      const lines = wrapText(flag.description, HELP_WIDTH).map((line) => `     ${line}`);
      return [head, ...lines].join("\n");
    })
    .join("\n\n");
}

/** Whether lists of commands show it. */
export function isListed(table: CommandTable, name: string): boolean {
  return table[name]?.hidden !== true;
}

/** Names and synopses in two columns, sorted. Each line ends with a newline. */
export function commandList(table: CommandTable, names: readonly string[]): string {
  const shown = names.map(
    (name) => [name.slice(name.lastIndexOf(" ") + 1), table[name]?.synopsis ?? ""] as const,
  );
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return [...shown]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([name, synopsis]) => `    ${name.padEnd(width)}    ${synopsis}\n`)
    .join("");
}

/** What `quorate` alone prints. Ends with a newline. */
export function topLevelUsage(program: string, table: CommandTable): string {
  const names = Object.keys(table).filter((name) => !name.includes(" ") && isListed(table, name));
  return `Usage: ${program} [--version] [--help] <command> [<args>]\n\nAvailable commands are:\n${commandList(table, names)}`;
}
