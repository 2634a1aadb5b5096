// Who counts, and majorities of them.

import { PLANTED, planted } from "../lib/planted.ts";
import { type Configuration, voters } from "./configuration.ts";
import { configurationAt, latestConfiguration } from "./log.ts";
import type { ServerId } from "./messages.ts";
import type { Leading, Progress, Raft } from "./state.ts";

/** The configuration in force: the latest in the log, committed or not (thesis §4.1). */
function inForce({ log, commitIndex, config }: Raft): Configuration {
  if (PLANTED && commitIndex >= log.base.index && planted(config, "raft-configuration-when-committed"))
    return configurationAt(log, commitIndex);
  return latestConfiguration(log);
}

/** The voters of the configuration in force. */
export function electorate(raft: Raft): ServerId[] {
  return voters(inForce(raft));
}

/**
 * How far each voter has come, in the leader's eyes; 0 for one that it knows nothing of, or that is a stranger
 * (identity.ts).
 * @param own How far the leader itself has come, if it has a vote.
 */
export function reachedByVoters(
  raft: Raft,
  { progress }: Leading,
  own: number,
  reachedBy: (follower: Progress) => number,
): number[] {
  const reached: number[] = [];
  for (const { id, voter, identity } of inForce(raft).servers) {
    if (!voter) continue;
    const follower = id === raft.id ? undefined : progress.get(id);
    if (id === raft.id) reached.push(own);
    else reached.push(follower?.identity === identity ? reachedBy(follower) : 0);
  }
  return reached;
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
