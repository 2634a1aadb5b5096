// The paper's properties of one server, in the paper's words, checked after every step in tests and in the simulator.
// What spans servers (election safety, log matching, leader completeness) is in src/sim/checkers.

import { assert } from "../lib/assert.ts";
import { lastTerm, latestConfiguration, termAt } from "./log.ts";
import type { Leading, Raft, Role } from "./state.ts";

/** What a step may not undo. A few numbers, so that looking before and after every step costs nothing. */
export interface RaftView {
  currentTerm: number;
  votedFor: string;
  role: Role;
  commitIndex: number;
  lastIndex: number;
  lastTerm: number;
  stored: number;
  base: number;
  snapshot: number;
  /** A leader's idea of its followers. */
  readonly followers: FollowersView;
}

/** In columns: a leader is looked at many thousand times a second. */
interface FollowersView {
  /** How many there are: the columns may be longer. */
  size: number;
  readonly ids: string[];
  readonly identities: (number | undefined)[];
  readonly matches: number[];
}

/** A view of a server that has done nothing yet: for `lookAtRaft`. */
export function createRaftView(): RaftView {
  return {
    currentTerm: 0,
    votedFor: "",
    role: "follower",
    commitIndex: 0,
    lastIndex: 0,
    lastTerm: 0,
    stored: 0,
    base: 0,
    snapshot: 0,
    followers: { size: 0, ids: [], identities: [], matches: [] },
  };
}

export function viewRaft(raft: Raft): RaftView {
  const view = createRaftView();
  lookAtRaft(raft, view);
  return view;
}

/** The same into a view that was used before: who looks at every step makes no garbage. */
export function lookAtRaft(raft: Raft, view: RaftView): void {
  const { log, leading } = raft;
  view.currentTerm = raft.currentTerm;
  view.votedFor = raft.votedFor;
  view.role = raft.role;
  view.commitIndex = raft.commitIndex;
  view.lastIndex = log.lastIndex;
  view.lastTerm = lastTerm(log);
  view.stored = raft.durability.stored;
  view.base = log.base.index;
  view.snapshot = raft.snapshot.index;
  view.followers.size = 0;
  if (leading !== undefined) lookAtFollowers(leading, view.followers);
}

function lookAtFollowers({ progress }: Leading, view: FollowersView): void {
  const { ids, identities, matches } = view;
  for (const { id, identity, match } of progress.values()) {
    const at = view.size++;
    ids[at] = id;
    identities[at] = identity;
    matches[at] = match;
  }
}

/** What must hold of a server at rest. */
export function checkRaft(raft: Raft): void {
  const { log, durability } = raft;
  assert(raft.commitIndex <= log.lastIndex, "nothing is committed that is not in the log");
  assert(log.base.index <= raft.commitIndex, "only what is committed is compacted");
  assert(
    log.base.index <= raft.snapshot.index || log.base.index === 0,
    "only what a snapshot covers is compacted (§7)",
  );
  assert(lastTerm(log) <= raft.currentTerm, "no entry is of a term to come");
  assert(durability.stableIndex <= log.lastIndex, "nothing durable is missing from the log");
  assert(durability.stored <= durability.asked, "the disk confirms only what it was asked");
  assert(latestConfiguration(log).index <= log.lastIndex, "the configuration in force is in the log");
  assert(
    (log.configurations[1]?.index ?? Number.POSITIVE_INFINITY) > log.base.index,
    "one configuration is kept from before the base",
  );
  assert((raft.role === "leader") === (raft.leading !== undefined), "only a leader has followers");
  if (raft.role === "leader") {
    assert(raft.leader === raft.id, "a leader knows who leads");
    assert(raft.votedFor === raft.id, "a leader voted for itself");
  }
  if (raft.leading !== undefined) checkProgress(raft.leading, log.lastIndex);
}

function checkProgress({ progress }: Leading, lastIndex: number): void {
  for (const { match, next } of progress.values())
    assert(match < next && next <= lastIndex + 1, "match < next <= lastIndex + 1");
}

/** What must hold between two states of one server, one step apart. */
export function checkRaftStep(before: RaftView, raft: Raft): void {
  assert(raft.currentTerm >= before.currentTerm, "terms only grow");
  assert(raft.commitIndex >= before.commitIndex, "a committed entry stays committed (§5.4)");
  assert(raft.durability.stored >= before.stored, "what is durable stays durable");
  assert(raft.log.base.index >= before.base, "what is compacted does not come back");
  assert(raft.snapshot.index >= before.snapshot, "an older snapshot never takes the place of a newer one");
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
    if (raft.leading !== undefined) checkFollowers(before.followers, raft.leading);
  }
}

function checkFollowers({ size, ids, identities, matches }: FollowersView, { progress }: Leading): void {
  let next = 0;
  for (const now of progress.values()) {
    // They hardly ever come or go; so each is nearly always where it was.
    const place = next++;
    const at = ids[place] === now.id ? place : ids.indexOf(now.id);
    if (at < 0 || at >= size || now.identity !== identities[at]) continue;
    assert(now.match >= (matches[at] as number), "what a follower has it keeps, as long as its log lasts");
  }
}
