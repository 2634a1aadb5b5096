// The planted bugs: each is one guarded line of the core (core/lib/planted.ts) that breaks a rule on purpose, so that a
// checker can prove that it would notice. The numbers are those of the literature's list in docs/testing.md.

import { type RunReport, runSwarm } from "./swarm.ts";

export interface Mutant {
  readonly name: string;
  /** What is wrong, in one line. */
  readonly about: string;
  /** What finds it: seeds of the swarm, or the tests of the part (where the swarm's world cannot reach it). */
  readonly foundBy: "swarm" | "tests";
}

const swarm = (name: string, about: string): Mutant => ({ name, about, foundBy: "swarm" });
const tests = (name: string, about: string): Mutant => ({ name, about, foundBy: "tests" });

export const MUTANTS: readonly Mutant[] = [
  swarm("kv-cas-ignores-index", "a compare-and-set applies whatever the key's index is"),
  swarm("raft-append-clears-vote", "an AppendEntries makes a server forget whom it voted for in this term"),
  swarm("raft-append-reply-before-stored", "entries are acknowledged before they are on the disk"),
  swarm("raft-campaigner-votes", "a candidate votes for others in its own term too"),
  swarm("raft-commit-beyond-last-new", "a follower commits up to leaderCommit, whatever its own tail is"),
  swarm("raft-commit-older-term", "entries of older terms are committed by counting (Figure 8)"),
  swarm("raft-leader-counts-unstored", "the leader counts itself for entries that are not on its disk"),
  swarm("raft-lease-forever", "a leader answers from its own state however long it has heard nothing"),
  swarm("raft-match-goes-back", "a late reply lowers what a follower is known to have"),
  swarm("raft-quorum-off-by-one", "one server less than a majority commits"),
  swarm("raft-quorum-unsorted", "the committed index is read from an unsorted list"),
  swarm("raft-read-before-own-commit", "a new leader serves reads before its own term has committed"),
  swarm("raft-stale-vote-counted", "votes of an older campaign are counted"),
  swarm("raft-storage-aba", "a completed write counts for an entry that has been replaced since"),
  swarm("raft-truncate-always", "a follower cuts its log at every AppendEntries, conflict or not"),
  swarm("raft-vote-before-stored", "a vote leaves before it is on the disk"),
  swarm("raft-vote-by-length", "the longer log wins a vote, whatever its last term"),
  swarm("raft-vote-counted-twice", "a vote that arrives twice counts twice"),
  swarm("raft-vote-ignores-log", "votes are given whatever the candidate's log holds"),
  swarm("wal-accepts-torn-tail", "a torn last record is taken for a whole one"),
  swarm("wal-acks-before-durable", "a write is confirmed when it is issued"),
  swarm("wal-forgets-hard-state", "term and vote are not written"),
  swarm("watch-misses-delete", "a blocking query sleeps through the deletion of its key"),
  tests("gossip-dead-keeps-incarnation", "news of a death does not move the incarnation of one who is gone"),
  tests("gossip-incarnation-overflow", "an incarnation goes past 32 bits"),
  tests(
    "gossip-restart-cannot-refute",
    "a restarted member does not rise above what is said of its former self",
  ),
  tests("gossip-suspicion-survives-refutation", "a refuted suspicion still kills"),
  tests(
    "wal-drops-after-bad-middle",
    "a damaged record in the middle takes all later ones with it, silently",
  ),
];

/** Runs seeds 1, 2, 3, … of the swarm with a planted bug, `patience` at most. @returns The first run that failed. */
export function hunt(planted: string, patience: number): RunReport | undefined {
  for (let seed = 1; seed <= patience; seed++) {
    const report = runSwarm({ seed: String(seed), planted });
    if (!report.ok) return report;
  }
  return undefined;
}
