// A leader that looks for the place where a follower's log agrees takes only an answer to its question for one.

import { expect, test } from "vitest";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { raftConfig } from "../../../src/core/raft/config.ts";
import { onMatch, startProbing, startReplicating } from "../../../src/core/raft/replication.ts";
import { createRaft, type Progress, type Raft } from "../../../src/core/raft/state.ts";

function leader(): Raft {
  const raft = createRaft("a", raftConfig(1), seededChance("late"));
  startReplicating(raft, 1, 0);
  return raft;
}

function progressAt(match: number): Progress {
  return {
    id: "b",
    match,
    next: match + 10,
    mode: "replicate",
    probing: false,
    window: 8,
    inflight: [],
    inflightBytes: 0,
    toldCommit: 0,
    round: 0,
  } as unknown as Progress;
}

// Seed 106 of the swarm: a disk let a thousand held-back replies go at once, and every pair of a late refusal and a late
// acknowledgement made the leader send its whole window again.
test("a late acknowledgement of what was known does not open the window again", () => {
  const raft = leader();
  const progress = progressAt(5);
  startProbing(progress, 6);
  onMatch(raft, progress, 5);
  onMatch(raft, progress, 3);
  expect(progress).toMatchObject({ mode: "probe", match: 5, next: 6 });
  onMatch(raft, progress, 6);
  expect(progress).toMatchObject({ mode: "replicate", match: 6, next: 7 });
});
