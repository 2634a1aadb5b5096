// From the words of a command line to the command that they name, its help, or a usage text, with the exit codes and
// streams of mitchellh/cli, the framework of Consul's command line: 127 for a command that does not exist, 1 for a
// family without a member, help on stdout only when it was asked for.

import type { AnyCommand, Command, CommandTable } from "./command.ts";
import { parseFlags } from "./flags.ts";
import { commandHelp, commandList, flagListing, topLevelUsage } from "./help.ts";
import type { Io } from "./io.ts";

/** A command line taken apart. */
interface Invocation {
  /** "kv get"; undefined when no word names a command. */
  readonly name: string | undefined;
  readonly args: readonly string[];
  readonly help: boolean;
  /** Flags before the command, which take none. */
  readonly strayFlags: readonly string[];
}

/** Runs the command line. @returns The exit code. */
export async function runCli(argv: readonly string[], io: Io, table: CommandTable): Promise<number> {
  const { COMP_LINE: line, COMP_POINT } = io.env;
  if (line !== undefined && line !== "") return complete(line, COMP_POINT, io, table);
  const { name, args, help, strayFlags } = takeApart(argv, table);
  const change = help ? undefined : completionChange(argv);
  if (change !== undefined) return changeCompletions(change, io);
  if (name === undefined && help) {
    io.stdout(`${topLevelUsage(io.program, table)}\n`);
    return 0;
  }
  const entry = name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
  if (name === undefined || entry === undefined) {
    io.stderr(`${topLevelUsage(io.program, table)}\n`);
    return 127;
  }
  const command = await entry.load();
  if (command.type === "raw") return command.run(help && !args.some(isHelp) ? ["-h", ...args] : args, io);
  const helpText = (): string => helpOf(command, name, io.program, table);
  if (help) {
    io.stdout(`${helpText()}\n`);
    return 0;
  }
  if (strayFlags.length > 0) {
    io.stderr("Invalid flags before the subcommand. If these flags are for\n");
    io.stderr(`the subcommand, please put them after the subcommand.\n\n${helpText()}\n`);
    return 1;
  }
  if (command.type === "command") return runCommand(command, args, io, helpText);
  io.stderr(`${helpText()}\n`);
  return 1;
}

/** For a shell that runs us to learn what may follow. */
async function complete(
  line: string,
  point: string | undefined,
  io: Io,
  table: CommandTable,
): Promise<number> {
  const { completeLine } = await import("./completion.ts");
  for (const word of await completeLine(line, point, table)) io.stdout(`${word}\n`);
  return 0;
}

type CompletionChange = "install" | "uninstall" | "both";

/** Asked for wherever it stands before a bare `--`. */
function completionChange(argv: readonly string[]): CompletionChange | undefined {
  const words = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const has = (flag: string): boolean => words.includes(`-${flag}`) || words.includes(`--${flag}`);
  const install = has("autocomplete-install");
  const uninstall = has("autocomplete-uninstall");
  if (install && uninstall) return "both";
  return install ? "install" : uninstall ? "uninstall" : undefined;
}

async function changeCompletions(change: CompletionChange, io: Io): Promise<number> {
  const { changeCompletion } = await import("./completion-install.ts");
  const fault =
    change === "both"
      ? "Either the autocomplete install or uninstall flag may be specified, but not both."
      : changeCompletion(change, io);
  if (fault === undefined) return 0;
  io.stderr(`Error executing CLI: ${fault}\n`);
  return 1;
}

function isHelp(arg: string): boolean {
  return arg === "-h" || arg === "-help" || arg === "--help";
}

function isVersion(arg: string): boolean {
  return arg === "-v" || arg === "-version" || arg === "--version";
}

/** `-h` counts wherever it stands before a bare `--`, even where a value was due; `-v` only before the command. */
function takeApart(argv: readonly string[], table: CommandTable): Invocation {
  const words = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const found = words.findIndex((arg) => arg !== "" && !arg.startsWith("-"));
  const leading = words.slice(0, found < 0 ? words.length : found).filter((arg) => arg !== "");
  if (leading.some(isVersion)) return { name: "version", args: [], help: false, strayFlags: [] };
  const help = words.some(isHelp);
  const strayFlags = leading.filter((arg) => !isHelp(arg));
  // A word with a blank in it was quoted by the user and is no command, whatever it spells.
  if (found < 0 || words[found]?.includes(" ")) return { name: undefined, args: [], help, strayFlags };
  const name = commandWords(argv, found, table);
  return { name: name.join(" "), args: argv.slice(found + name.length), help, strayFlags };
}

/** As many words as name a command; one that names nothing if need be. */
function commandWords(argv: readonly string[], start: number, table: CommandTable): string[] {
  const words: string[] = [];
  for (const arg of argv.slice(start)) {
    if (arg === "" || arg.startsWith("-") || arg.includes(" ")) break;
    words.push(arg);
  }
  for (let count = words.length; count > 0; count--)
    if (Object.hasOwn(table, words.slice(0, count).join(" "))) return words.slice(0, count);
  return [argv[start] as string];
}

function helpOf(
  command: Exclude<AnyCommand, { type: "raw" }>,
  name: string,
  program: string,
  table: CommandTable,
): string {
  if (command.type === "command") return commandHelp(command.usage(program), command.flags);
  const children = Object.keys(table).filter(
    (each) => each.startsWith(`${name} `) && !each.slice(name.length + 1).includes(" "),
  );
  return `${command.usage(program).trim()}\n\nSubcommands:\n${commandList(table, children)}`.trimEnd();
}

/** Parses the flags and runs the command. A flag that does not parse is explained by a listing of all. */
async function runCommand(
  command: Command,
  argv: readonly string[],
  io: Io,
  help: () => string,
): Promise<number> {
  const parsed = parseFlags(command.flags, argv);
  if (parsed.ok) return command.run({ args: parsed.args, flags: parsed.values, io, help });
  io.stderr(`${parsed.error}\n${flagListing(command.flags)}`);
  if (command.flagErrorPrefix !== undefined) io.stderr(`${command.flagErrorPrefix}${parsed.error}\n`);
  return command.usageCode ?? 1;
}
