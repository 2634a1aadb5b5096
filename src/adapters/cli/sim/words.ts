// What the simulator's commands share: flags before and after the name, what the swarm can be told, ranges of seeds,
// figures for people.

import { MUTANTS } from "../../../sim/mutants.ts";
import { type Flag, type FlagValues, parseFlags, stringFlag } from "../flags.ts";

export type Words =
  | { readonly ok: true; readonly args: readonly string[]; readonly flags: FlagValues }
  | { readonly ok: false; readonly error: string };

/** Flags may stand after the story's name too: `sim run leader-loss --seed 42`. */
export function readWords(flags: readonly Flag[], given: FlagValues, args: readonly string[]): Words {
  const names: string[] = [];
  const values = new Map(given);
  let rest = args;
  while (rest.length > 0) {
    if ((rest[0] as string).startsWith("-")) {
      const parsed = parseFlags(flags, rest);
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

/** What a run of the swarm may be told besides its seed. */
export interface SwarmWords {
  readonly seconds: number;
  readonly servers: number;
  readonly planted: string | undefined;
}

/** A day. */
const MOST_SECONDS = 86_400;
/** They go by the letters of the alphabet. */
const MOST_SERVERS = 26;

export const SWARM_FLAGS: readonly Flag[] = [
  { name: "seconds", kind: "int", description: "How many simulated `seconds`.", fallback: "60" },
  { name: "servers", kind: "int", description: "How many `servers`.", fallback: "5" },
  { name: "planted", kind: "string", description: "Switch on a planted bug by `name` (see `sim list`)." },
];

/** @returns What is wrong with them, as text. */
export function readSwarmWords(flags: FlagValues): SwarmWords | string {
  const seconds = wholeNumber(flags, "seconds", 1, MOST_SECONDS);
  if (typeof seconds === "string") return seconds;
  const servers = wholeNumber(flags, "servers", 1, MOST_SERVERS);
  if (typeof servers === "string") return servers;
  const planted = stringFlag(flags, "planted");
  if (planted !== undefined && !MUTANTS.some(({ name }) => name === planted))
    return `There is no planted bug "${planted}"; \`sim list\` has them all.`;
  return { seconds, servers, planted };
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
export function repeatLine(
  program: string,
  name: string,
  seed: string,
  { seconds, servers, planted }: SwarmWords,
): string {
  const swarm = name === "swarm";
  const more = [
    swarm && seconds !== 60 ? ` --seconds ${seconds}` : "",
    swarm && servers !== 5 ? ` --servers ${servers}` : "",
    planted === undefined ? "" : ` --planted ${planted}`,
  ];
  return `${program} sim run ${name} --seed ${seed}${more.join("")}`;
}

/** @returns The flag's value, or what is wrong with it. */
export function wholeNumber(flags: FlagValues, name: string, least: number, most: number): number | string {
  const value = Number(flags.get(name));
  return value >= least && value <= most ? value : `-${name} takes ${least} to ${count(most)}, not ${value}.`;
}

const MOST_SEEDS = 1_000_000;

/** "1..1000" (of a million at most), "42" or "3,7,12"; undefined for anything else. */
export function parseSeeds(text: string): readonly string[] | undefined {
  const range = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
  if (range === null) return /^[^,.\s]+(,[^,.\s]+)*$/.test(text) ? text.split(",") : undefined;
  const [from, to] = [Number(range[1]), Number(range[2])];
  if (to < from || to - from >= MOST_SEEDS) return undefined;
  return Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
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
