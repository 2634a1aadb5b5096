// The paper's properties of one server, in the paper's words, checked after every step in tests and in the simulator.
// What spans servers (election safety, log matching, leader completeness) is in src/sim/checkers.

import { assert } from "../lib/assert.ts";
import { lastTerm, latestConfiguration, termAt } from "./log.ts";
import type { Raft, Role } from "./state.ts";

/** What a step may not undo. A few numbers, so that looking before and after every step costs nothing. */
export interface RaftView {
  readonly currentTerm: number;
  readonly votedFor: string;
  readonly role: Role;
  readonly commitIndex: number;
  readonly lastIndex: number;
  readonly stored: number;
  /** A leader's idea of each follower, in the order of its map. */
  readonly matches: readonly number[];
}

export function viewRaft(raft: Raft): RaftView {
  return {
    currentTerm: raft.currentTerm,
    votedFor: raft.votedFor,
    role: raft.role,
    commitIndex: raft.commitIndex,
    lastIndex: raft.log.lastIndex,
    stored: raft.durability.stored,
    matches: matchesOf(raft),
  };
}

const NONE: readonly number[] = [];

function matchesOf({ leading }: Raft): readonly number[] {
  return leading === undefined ? NONE : [...leading.progress.values()].map(({ match }) => match);
}

/** What must hold of a server at rest. */
export function checkRaft(raft: Raft): void {
  const { log, durability } = raft;
  assert(raft.commitIndex <= log.lastIndex, "nothing is committed that is not in the log");
  assert(lastTerm(log) <= raft.currentTerm, "no entry is of a term to come");
  assert(durability.stableIndex <= log.lastIndex, "nothing durable is missing from the log");
  assert(durability.stored <= durability.asked, "the disk confirms only what it was asked");
  assert(latestConfiguration(log).index <= log.lastIndex, "the configuration in force is in the log");
  assert((raft.role === "leader") === (raft.leading !== undefined), "only a leader has followers");
  if (raft.role === "leader") {
    assert(raft.leader === raft.id, "a leader knows who leads");
    assert(raft.votedFor === raft.id, "a leader voted for itself");
  }
  for (const progress of raft.leading?.progress.values() ?? [])
    assert(
      progress.match < progress.next && progress.next <= log.lastIndex + 1,
      "match < next <= lastIndex + 1",
    );
}

/** What must hold between two states of one server, one step apart. */
export function checkRaftStep(before: RaftView, raft: Raft): void {
  assert(raft.currentTerm >= before.currentTerm, "terms only grow");
  assert(raft.commitIndex >= before.commitIndex, "a committed entry stays committed (§5.4)");
  assert(raft.durability.stored >= before.stored, "what is durable stays durable");
  if (raft.currentTerm !== before.currentTerm) return;
  if (before.votedFor !== "") assert(raft.votedFor === before.votedFor, "one vote a term (§5.2)");
  if (raft.role === "leader" && raft.commitIndex > before.commitIndex)
    assert(
      termAt(raft.log, raft.commitIndex) === raft.currentTerm,
      "only entries of the leader's own term are committed by counting replicas (§5.4.2)",
    );
  if (before.role === "leader") {
    assert(
      raft.role === "leader" || raft.leader === undefined,
      "nobody else leads in a leader's term (§5.2)",
    );
    assert(raft.log.lastIndex >= before.lastIndex, "a leader never cuts its own log (§5.3)");
    matchesOf(raft).forEach((match, at) => {
      assert(match >= (before.matches[at] ?? 0), "what a follower has it keeps, as long as the term lasts");
    });
  }
}
