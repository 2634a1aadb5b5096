// What the simulator's commands share: flags before and after the name, ranges of seeds, figures for people.

import { type Flag, type FlagValues, parseFlags } from "../flags.ts";

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

/** "1..1000", "42" or "3,7,12"; undefined for anything else. */
export function parseSeeds(text: string): readonly string[] | undefined {
  const range = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
  if (range === null) return /^[^,\s]+(,[^,\s]+)*$/.test(text) ? text.split(",") : undefined;
  const [from, to] = [Number(range[1]), Number(range[2])];
  if (to < from || to - from >= 100_000_000) return undefined;
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
