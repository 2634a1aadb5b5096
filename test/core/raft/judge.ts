// The paper's properties that span servers (Figure 3), over a rig, after every step: what is committed stays, leaders have all
// of it, logs match, and nobody reads the past.

import { assert } from "../../../src/core/lib/assert.ts";
import { termAt } from "../../../src/core/raft/log.ts";
import { holdsLease } from "../../../src/core/raft/read-index.ts";
import type { Raft } from "../../../src/core/raft/state.ts";
import { type Rig, wordsOf } from "./rig.ts";

/** Terms whose leaders were looked at. */
export type Seen = Set<number>;

export function judge(rig: Rig, seen: Seen): void {
  stateMachineSafety(rig);
  leaderCompleteness(rig, seen);
  noReadOfThePast(rig);
}

/** What one server has applied at an index nobody ever applies otherwise. */
function stateMachineSafety(rig: Rig): void {
  for (const [id, { state }] of rig.seats)
    state.forEach((entry, at) => {
      rig.committed[at] ??= entry;
      assert(
        entry === rig.committed[at],
        `${id} has applied ${entry} as ${at + 1}, not ${rig.committed[at]}`,
      );
    });
}

/** "If a log entry is committed in a given term, then that entry will be present in the logs of the leaders for all higher
 * terms." What was committed before a leader was elected, was so in a lower term. */
function leaderCompleteness(rig: Rig, seen: Seen): void {
  for (const [id, { raft }] of rig.seats) {
    if (raft.role !== "leader" || seen.has(raft.currentTerm)) continue;
    seen.add(raft.currentTerm);
    rig.committed.forEach((entry, at) => {
      const term = termAt(raft.log, at + 1);
      if (at + 1 >= raft.log.base.index)
        assert(entry.startsWith(`${term} `), `${id} was elected without entry ${at + 1}, ${entry}`);
    });
  }
}

/** Who answers by itself knows all that is committed; and a read sees all that was when it came. */
function noReadOfThePast(rig: Rig): void {
  const known = rig.committed.length;
  for (const [id, { raft }] of rig.seats) {
    if (holdsLease(raft, rig.nowMs))
      assert(raft.commitIndex >= known, `${id} holds the lease and knows ${raft.commitIndex} of ${known}`);
    for (const word of wordsOf(rig, id))
      if (word.type === "readable")
        for (const read of word.ids)
          assert(word.index >= (rig.reads[read] ?? 0), `${id} serves read ${read} at ${word.index}`);
  }
}

/** "If two logs contain an entry with the same index and term, then the logs are identical in all entries up through the given
 * index." As far as both still reach. */
export function logMatching(rig: Rig): void {
  const rafts = [...rig.seats.values()].map(({ raft }) => raft);
  for (const one of rafts) for (const other of rafts) matching(one, other);
}

function matching({ log: one, id }: Raft, { log: other, id: otherId }: Raft): void {
  let index = Math.min(one.lastIndex, other.lastIndex);
  const from = Math.max(one.base.index, other.base.index);
  while (index >= from && termAt(one, index) !== termAt(other, index)) index--;
  for (; index >= from; index--)
    assert(termAt(one, index) === termAt(other, index), `${id} and ${otherId} differ at ${index}`);
}
