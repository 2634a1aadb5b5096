// What a state of the untimed world looks like from far away, from three sides: who is in the cluster, how the elections
// stand, and who has which of the log; with ranks and differences instead of numbers. Two states that look alike are taken for
// equally interesting; one that looks like none before, from any side, is progress. (The coverage of a guided search, after
// the abstract tuples of model-guided fuzzing of protocols: Gulcan et al. 2023. Sides are kept apart because a new way to be
// apart in terms is of little interest for each of a hundred ways to be apart in logs.)

import { lastTerm, latestConfiguration, termAt } from "../../core/raft/log.ts";
import type { Raft, Role } from "../../core/raft/state.ts";
import type { Seat } from "../raft/seat.ts";
import { stir } from "./atoms.ts";

const ROLES: Readonly<Record<Role, number>> = { follower: 0, "pre-candidate": 1, candidate: 2, leader: 3 };

/** How many sides there are. */
export const SIDES = 3;

/** The look from each side in 53 bits, into `looks`; equal when servers have only changed names. */
export function abstractState(seats: readonly Seat[], looks: number[]): void {
  for (let side = 0; side < SIDES; side++) {
    let a = 0;
    let b = 0;
    for (const { raft } of seats) {
      const word =
        side === 0 ? membershipOf(raft, seats) : side === 1 ? electionOf(raft, seats) : logOf(raft, seats);
      a = (a + stir(word * SIDES + side)) | 0;
      b = (b + stir((word * SIDES + side) ^ 0x5bd1e995)) | 0;
    }
    looks[side] = (stir(a) >>> 0) * 0x200000 + (stir(b) >>> 11);
  }
}

/**
 * Of each server: whether it leads, and has committed in its term; how many voters it knows, whether its configuration is
 * committed as far as it knows, how many others know another one, and how far apart the voters of the two are at most.
 */
function membershipOf({ id, log, leading, commitIndex }: Raft, seats: readonly Seat[]): number {
  const configuration = latestConfiguration(log);
  const term = termAt(log, configuration.index) ?? 0;
  let others = 0;
  let apart = 0;
  for (const { raft: other } of seats) {
    const theirs = latestConfiguration(other.log);
    if (theirs.index === configuration.index && (termAt(other.log, theirs.index) ?? 0) === term) continue;
    others++;
    apart = Math.max(apart, votersApart(configuration.servers, theirs.servers));
  }
  let word = leading === undefined ? 0 : commitIndex >= leading.firstIndex ? 2 : 1;
  word = 2 * word + (configuration.index > commitIndex ? 1 : 0);
  word = 4 * word + Math.min(3, others);
  word = 4 * word + Math.min(3, apart);
  word = 8 * word + Math.min(7, configuration.servers.filter(({ voter }) => voter).length);
  return 2 * word + (configuration.servers.some((server) => server.id === id && server.voter) ? 1 : 0);
}

type Servers = ReturnType<typeof latestConfiguration>["servers"];

/** How many vote in one of two configurations and not in the other. */
function votersApart(some: Servers, others: Servers): number {
  return without(some, others) + without(others, some);
}

function without(some: Servers, others: Servers): number {
  let count = 0;
  for (const { id, voter } of some)
    if (voter && !others.some((other) => other.id === id && other.voter)) count++;
  return count;
}

/** Of each server: its role, how many are in later terms, how many have newer logs, how many have voted for it. */
function electionOf({ role, currentTerm, log, votes }: Raft, seats: readonly Seat[]): number {
  let laterTerms = 0;
  let newerLogs = 0;
  for (const { raft: other } of seats) {
    if (other.currentTerm > currentTerm) laterTerms++;
    if (isNewer(other, log)) newerLogs++;
  }
  let granted = 0;
  if (role !== "leader") for (const vote of votes.values()) if (vote) granted++;
  let word = ROLES[role];
  word = 4 * word + Math.min(3, laterTerms);
  word = 4 * word + Math.min(3, newerLogs);
  return 4 * word + Math.min(3, granted);
}

/**
 * Of each server: how many have newer logs, how many have committed more, how much is not committed and of how many terms, and
 * whether it leads or has writes under way.
 */
function logOf({ log, commitIndex, role, durability }: Raft, seats: readonly Seat[]): number {
  let newerLogs = 0;
  let moreCommitted = 0;
  for (const { raft: other } of seats) {
    if (isNewer(other, log)) newerLogs++;
    if (other.commitIndex > commitIndex) moreCommitted++;
  }
  const terms = log.termRuns.filter(({ firstIndex }) => firstIndex > commitIndex).length;
  let word = role === "leader" ? 1 : 0;
  word = 4 * word + Math.min(3, newerLogs);
  word = 4 * word + Math.min(3, moreCommitted);
  word = 4 * word + Math.min(3, log.lastIndex - commitIndex);
  word = 4 * word + Math.min(3, terms);
  return 2 * word + (durability.stored < durability.asked ? 1 : 0);
}

/** "More up-to-date" as voters judge it (§5.4.1). */
function isNewer({ log }: Raft, than: Raft["log"]): boolean {
  return (lastTerm(log) - lastTerm(than) || log.lastIndex - than.lastIndex) > 0;
}
