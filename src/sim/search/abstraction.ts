// What a state of the untimed world looks like from far away: roles, who is ahead of whom and by how little it matters how
// much. Two states that look alike are taken for equally interesting; one that looks like none before is progress. (The
// coverage of a guided search, after the abstract tuples of model-guided fuzzing of protocols.)

import { configurationAt, lastTerm, latestConfiguration } from "../../core/raft/log.ts";
import type { Raft, Role } from "../../core/raft/state.ts";
import type { Seat } from "../raft/seat.ts";
import { stir } from "./atoms.ts";

const ROLES: Readonly<Record<Role, number>> = { follower: 0, "pre-candidate": 1, candidate: 2, leader: 3 };

/**
 * 53 bits for the way a table looks; equal when servers have only changed names. Of each server: its role, how many are
 * behind it in term, in log and in commit index, what its configuration is like and how many share it, its votes, whether a
 * write is under way, whether it has committed in its term.
 */
export function abstractState(seats: readonly Seat[]): number {
  let a = 0;
  let b = 0;
  for (const seat of seats) {
    const word = abstractSeat(seat, seats);
    a = (a + stir(word)) | 0;
    b = (b + stir(word ^ 0x5bd1e995)) | 0;
  }
  return (stir(a) >>> 0) * 0x200000 + (stir(b) >>> 11);
}

function abstractSeat({ raft, disk }: Seat, seats: readonly Seat[]): number {
  const { log, leading, currentTerm, commitIndex } = raft;
  const configuration = latestConfiguration(log);
  let newerTerm = 0;
  let newerLog = 0;
  let sameLog = 0;
  let moreCommitted = 0;
  let sameConfiguration = 0;
  let hopesForUs = 0;
  const ourLastTerm = lastTerm(log);
  for (const { raft: other } of seats) {
    if (other.currentTerm > currentTerm) newerTerm++;
    const theirTerm = lastTerm(other.log);
    const order = theirTerm - ourLastTerm || other.log.lastIndex - log.lastIndex;
    if (order > 0) newerLog++;
    else if (order === 0) sameLog++;
    if (other.commitIndex > commitIndex) moreCommitted++;
    const theirs = latestConfiguration(other.log);
    if (theirs.index === configuration.index && theirs.servers.length === configuration.servers.length)
      sameConfiguration++;
    if (other.votedFor === raft.id && other.currentTerm === currentTerm) hopesForUs++;
  }
  const numbers = [
    ROLES[raft.role],
    newerTerm,
    newerLog,
    sameLog,
    moreCommitted,
    sameConfiguration,
    hopesForUs,
    Math.min(7, votersOf(raft)),
    configuration.index > commitIndex ? 1 : 0,
    configurationAt(log, commitIndex).servers.length,
    Math.min(3, disk.pending.length),
    leading === undefined ? 0 : commitIndex >= leading.firstIndex ? 2 : 1,
    Math.min(3, log.lastIndex - commitIndex),
  ];
  let word = 0;
  for (const number of numbers) word = stir(Math.imul(word, 31) + number + 1);
  return word;
}

function votersOf({ log }: Raft): number {
  let count = 0;
  for (const { voter } of latestConfiguration(log).servers) if (voter) count++;
  return count;
}
