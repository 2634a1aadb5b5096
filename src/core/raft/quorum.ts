// Who counts, and majorities of them.

import { PLANTED, planted } from "../lib/planted.ts";
import { voters } from "./configuration.ts";
import { configurationAt, latestConfiguration } from "./log.ts";
import type { ServerId } from "./messages.ts";
import type { Raft } from "./state.ts";

/** The voters of the configuration in force: the latest in the log, committed or not (thesis §4.1). */
export function electorate({ log, commitIndex, config }: Raft): ServerId[] {
  if (PLANTED && commitIndex >= log.base.index && planted(config, "raft-configuration-when-committed"))
    return voters(configurationAt(log, commitIndex));
  return voters(latestConfiguration(log));
}

/** How many of `count` are a majority. */
export function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** The greatest value that a majority of these has reached: the median, rounded down. */
export function majorityReached(values: readonly number[]): number {
  // Few values, and very often: to count is quicker than to sort.
  const needed = majority(values.length);
  let best = 0;
  for (const value of values) if (value > best && countFrom(values, value) >= needed) best = value;
  return best;
}

function countFrom(values: readonly number[], least: number): number {
  let count = 0;
  for (const value of values) if (value >= least) count++;
  return count;
}

export type Tally = "won" | "lost" | "open";

/** Counts votes: each voter's once, and nobody's who is no voter. */
export function tally(voters: readonly ServerId[], votes: ReadonlyMap<ServerId, boolean>): Tally {
  const granted = voters.filter((id) => votes.get(id) === true).length;
  const refused = voters.filter((id) => votes.get(id) === false).length;
  if (granted >= majority(voters.length)) return "won";
  return voters.length - refused < majority(voters.length) ? "lost" : "open";
}
