// What a state of the untimed world looks like from far away: roles, who is ahead of whom and by how little it matters how
// much. Two states that look alike are taken for equally interesting; one that looks like none before is progress. (The
// coverage of a guided search, after the abstract tuples of model-guided fuzzing of protocols.)

import { lastTerm, latestConfiguration } from "../../core/raft/log.ts";
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

function abstractSeat({ raft }: Seat, seats: readonly Seat[]): number {
  const { log, leading, currentTerm, commitIndex } = raft;
  const configuration = latestConfiguration(log);
  const ourLastTerm = lastTerm(log);
  let isBehind = 0;
  let newerLogs = 0;
  let sameConfiguration = 0;
  let moreCommitted = 0;
  for (const { raft: other } of seats) {
    if (other.currentTerm > currentTerm) isBehind = 1;
    if ((lastTerm(other.log) - ourLastTerm || other.log.lastIndex - log.lastIndex) > 0) newerLogs++;
    if (other.commitIndex > commitIndex) moreCommitted = 1;
    if (latestConfiguration(other.log).index === configuration.index) sameConfiguration++;
  }
  const isChanging = configuration.index > commitIndex;
  let word = ROLES[raft.role];
  word = 2 * word + isBehind;
  word = 8 * word + Math.min(7, newerLogs);
  word = 2 * word + moreCommitted;
  word = 2 * word + (isChanging ? 1 : 0);
  word = 8 * word + (isChanging ? Math.min(7, sameConfiguration) : 0);
  word = 8 * word + Math.min(7, votersOf(raft));
  word = 4 * word + (leading === undefined ? 0 : commitIndex >= leading.firstIndex ? 2 : 1);
  return 8 * word + (raft.role === "leader" ? 0 : Math.min(7, votesOf(raft)));
}

function votesOf({ votes }: Raft): number {
  let count = 0;
  for (const granted of votes.values()) if (granted) count++;
  return count;
}

function votersOf({ log }: Raft): number {
  let count = 0;
  for (const { voter } of latestConfiguration(log).servers) if (voter) count++;
  return count;
}
