// What the simulator's commands share: flags before and after the name, what the swarm can be told, exit codes, figures
// for people.

import { isOfWan, STRIKE_KINDS, type StrikeKind } from "../../../sim/fault-kinds.ts";
import { LARGE } from "../../../sim/federation.ts";
import { MUTANTS } from "../../../sim/mutants.ts";
import { type Command, complain } from "../command.ts";
import { type Flag, type FlagValues, parseFlags, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";

type Words =
  | { readonly ok: true; readonly args: readonly string[]; readonly flags: FlagValues }
  | { readonly ok: false; readonly error: string };

/** Flags may stand after the story's name too: `sim run leader-loss --seed 42`. */
function readWords(flags: readonly Flag[], given: FlagValues, args: readonly string[]): Words {
  const names: string[] = [];
  const values = new Map(given);
  // What is not said here a second time stays as it was said before the name.
  const plain = flags.map(({ fallback: _, ...flag }): Flag => flag);
  let rest = args;
  while (rest.length > 0) {
    if ((rest[0] as string).startsWith("-")) {
      const parsed = parseFlags(plain, rest);
      if (!parsed.ok) return parsed;
      for (const [name, value] of parsed.values) values.set(name, value);
      rest = parsed.args;
    } else {
      names.push(rest[0] as string);
      rest = rest.slice(1);
    }
  }
  return { ok: true, args: names, flags: values };
}

export const EXIT_OK = 0;
/** A rule was broken, or something recorded came out otherwise. */
export const EXIT_VIOLATION = 1;
/** The command line makes no sense, or a file that it names can't be read or written. */
export const EXIT_USAGE = 2;

/** For the help of the commands that end with them. */
export const EXIT_CODES = `  Ends with 0 when all is well, with 1 when a rule was broken or not all could be
  looked at, with 2 when the command line or a file makes no sense.`;

/** What is wrong with a command line, on stderr. @returns The exit code. */
export function misuse(io: Io, text: string): number {
  complain(io, text);
  return EXIT_USAGE;
}

/**
 * A command of the simulator's: what is wrong with its line ends it with the code for that, and it may have flags after names.
 * @param how `names`: what stands on the line besides flags means something; otherwise it is refused.
 */
export function simCommand(
  how: Pick<Command, "usage" | "flags" | "run"> & { readonly names: boolean },
): Command {
  const { usage, flags, names, run } = how;
  return {
    type: "command",
    usageCode: EXIT_USAGE,
    usage,
    flags,
    async run(call) {
      const words = readWords(flags, call.flags, call.args);
      if (!words.ok) return misuse(call.io, words.error);
      if (!names && words.args.length > 0)
        return misuse(call.io, `Unexpected: ${words.args.join(" ")}\n${call.help()}`);
      return run({ ...call, args: words.args, flags: words.flags });
    },
  };
}

/** What a run of the swarm may be told besides its seed. */
export interface SwarmWords {
  readonly seconds: number;
  readonly servers: number;
  /** Agents that are no servers. */
  readonly clients: number;
  /** Undefined: as the seed draws it, or as the faults need it. */
  readonly datacenters: 1 | 2 | undefined;
  /** Undefined: as the seed draws them. */
  readonly faults: readonly StrikeKind[] | undefined;
  readonly planted: string | undefined;
}

const DEFAULT_SECONDS = 60;
const DEFAULT_SERVERS = 5;

/** A day. */
const MOST_SECONDS = 86_400;
/** They go by the letters of the alphabet. */
const MOST_SERVERS = 26;
/** A thousand agents, with the default servers. */
const MOST_CLIENTS = 995;

/** None has a fallback: a story must be able to tell whether they were given. */
export const SWARM_FLAGS: readonly Flag[] = [
  {
    name: "duration",
    kind: "duration",
    description: `How much simulated \`time\`: 90s, 5m. Default ${DEFAULT_SECONDS}s.`,
  },
  { name: "seconds", kind: "int", description: "The same as a number of `seconds`." },
  { name: "servers", kind: "int", description: `How many \`servers\`. Default ${DEFAULT_SERVERS}.` },
  {
    name: "clients",
    kind: "int",
    description: "How many client `agents`, beside the servers. Default 0.",
  },
  {
    name: "datacenters",
    kind: "int",
    description:
      "In how many `datacenters`, 1 or 2: the second has servers of its own. Default: the seed draws.",
  },
  {
    name: "faults",
    kind: "string",
    description:
      'Just these `kinds` of faults (crash,partition; see `sim list`), or "none". Default: the seed draws.',
  },
];

/** Of runs of every sort. */
export const PLANTED_FLAG: Flag = {
  name: "planted",
  kind: "string",
  description: "Switch on a planted bug by `name` (see `sim list`).",
};

/** @returns What is wrong with them, as text. */
export function readSwarmWords(flags: FlagValues): SwarmWords | string {
  const seconds = readSeconds(flags);
  if (typeof seconds === "string") return seconds;
  const servers = numberOr(flags, "servers", DEFAULT_SERVERS, 1, MOST_SERVERS);
  if (typeof servers === "string") return servers;
  const clients = numberOr(flags, "clients", 0, 0, MOST_CLIENTS);
  if (typeof clients === "string") return clients;
  const datacenters = readDatacenters(flags, clients);
  if (typeof datacenters === "string") return datacenters;
  const faults = readFaults(stringFlag(flags, "faults"));
  if (typeof faults === "string") return faults;
  if (datacenters === 1 && faults?.some(isOfWan))
    return `-faults has ${faults.filter(isOfWan).join(", ")}, for which there must be two datacenters.`;
  const planted = plantedWord(flags);
  return planted.ok
    ? { seconds, servers, clients, datacenters, faults, planted: planted.name }
    : planted.error;
}

/** @returns What is wrong with it, as text. */
function readDatacenters(flags: FlagValues, clients: number): 1 | 2 | string | undefined {
  if (!flags.has("datacenters")) return undefined;
  const asked = wholeNumber(flags, "datacenters", 1, 2);
  if (typeof asked === "string") return asked;
  if (asked === 1) return 1;
  return clients <= LARGE ? 2 : `With more than ${LARGE} client agents there is one datacenter.`;
}

function readSeconds(flags: FlagValues): number | string {
  const duration = flags.get("duration");
  if (duration === undefined) return numberOr(flags, "seconds", DEFAULT_SECONDS, 1, MOST_SECONDS);
  if (flags.has("seconds")) return "-duration and -seconds are the same: give one of them.";
  const seconds = Math.ceil(Number(duration) / 1e9);
  return seconds >= 1 && seconds <= MOST_SECONDS
    ? seconds
    : `-duration takes 1s to ${MOST_SECONDS / 3600}h, not ${Number(duration) / 1e9}s.`;
}

/** @returns What is wrong with them, as text. */
function readFaults(text: string | undefined): readonly StrikeKind[] | string | undefined {
  if (text === undefined) return undefined;
  if (text === "none") return [];
  const words = text.split(",").map((word) => word.trim());
  const unknown = words.find((word) => !STRIKE_KINDS.some((kind) => kind === word));
  if (unknown !== undefined)
    return `There is no kind of fault "${unknown}". There are ${STRIKE_KINDS.join(", ")}; or none.`;
  // In one order, whatever was typed: the same kinds are to be the same run.
  return STRIKE_KINDS.filter((kind) => words.includes(kind));
}

/** The planted bug that is asked for, if any; or why there is none of that name. */
export function plantedWord(
  flags: FlagValues,
): { readonly ok: true; readonly name: string | undefined } | { readonly ok: false; readonly error: string } {
  const name = stringFlag(flags, "planted");
  if (name === undefined || MUTANTS.some((mutant) => mutant.name === name)) return { ok: true, name };
  return { ok: false, error: `There is no planted bug "${name}"; \`sim list\` has them all.` };
}

/** The command line that runs a seed again. */
export function repeatLine(program: string, name: string, seed: string, words: SwarmWords): string {
  return `${program} sim run ${name} --seed ${seed}${flagsOf(name === "swarm", words)}`;
}

/** The flags that say what is not as it would be without them. @param swarm Whether those of the swarm count. */
export function flagsOf(
  swarm: boolean,
  { seconds, servers, clients, datacenters, faults, planted }: SwarmWords,
): string {
  const more = [
    swarm && seconds !== DEFAULT_SECONDS ? ` --seconds ${seconds}` : "",
    swarm && servers !== DEFAULT_SERVERS ? ` --servers ${servers}` : "",
    swarm && clients !== 0 ? ` --clients ${clients}` : "",
    swarm && datacenters !== undefined ? ` --datacenters ${datacenters}` : "",
    swarm && faults !== undefined ? ` --faults ${faults.length === 0 ? "none" : faults.join(",")}` : "",
    planted === undefined ? "" : ` --planted ${planted}`,
  ];
  return more.join("");
}

/** @returns The flag's value, or what is wrong with it. */
export function wholeNumber(flags: FlagValues, name: string, least: number, most: number): number | string {
  const value = Number(flags.get(name));
  return value >= least && value <= most ? value : `-${name} takes ${least} to ${count(most)}, not ${value}.`;
}

function numberOr(
  flags: FlagValues,
  name: string,
  fallback: number,
  least: number,
  most: number,
): number | string {
  return flags.has(name) ? wholeNumber(flags, name, least, most) : fallback;
}

/** An error in words for people. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** 1234567 → "1,234,567" */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "61.0 s simulated in 0.3 s (203x real time), 31,204 events" */
export function pace(simulatedMs: number, wallMs: number, events: number): string {
  const ratio = wallMs > 0 ? simulatedMs / wallMs : 0;
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return `${seconds(simulatedMs)} s simulated in ${seconds(wallMs)} s (${count(ratio)}x real time), ${count(events)} events`;
}

/** "48 s", "3 min 20 s", "5 h 10 min": of a time that is still to come nobody wants to know more. */
export function roughly(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
