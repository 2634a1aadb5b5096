// A server whose disk was lost comes back under a known name and remembers nothing: what it may not do until it has been let
// in again, and what its former self still counts for (src/core/raft/identity.ts).

import { describe, expect, test } from "vitest";
import { serverRecord } from "../../../src/core/raft/membership.ts";
import type { AppendReply, RaftMessage } from "../../../src/core/raft/messages.ts";
import { requestRead } from "../../../src/core/raft/read-index.ts";
import {
  among,
  beat,
  change,
  command,
  crash,
  createCluster,
  deliver,
  elect,
  give,
  loseDisk,
  mailTo,
  pass,
  type Rig,
  raftOf,
  say,
  settle,
  stateOf,
  TIMEOUT_MS,
  takeMail,
  timeOut,
  turn,
  wordsOf,
} from "./rig.ts";

const FIVE = ["a", "b", "c", "d", "e"];

function vote(term: number, lastLogIndex: number, lastLogTerm: number): RaftMessage {
  return { type: "vote", term, lastLogIndex, lastLogTerm, transfer: false };
}

/** a leads; c has lost its disk and heard from a since. */
function clusterWithStranger(): Rig {
  const rig = createCluster({ terms: [1, 1] });
  elect(rig, "a");
  beat(rig, "a");
  settle(rig);
  loseDisk(rig, "c");
  wordsOf(rig, "a");
  beat(rig, "a");
  settle(rig);
  return rig;
}

/** The leader lets the server in again, with the log that it has now. */
function readmit(rig: Rig, leader: string, id: string): void {
  const { identity } = raftOf(rig, id);
  const done = change(rig, leader, { kind: "add-learner", id, address: `${id}:8300`, identity });
  expect(done).toMatchObject({ index: expect.any(Number) });
}

describe("a server that lost its disk", () => {
  test("gives no vote, and says no to pre-votes, while it knows nothing", () => {
    const rig = createCluster({ terms: [1, 1] });
    loseDisk(rig, "c");
    say(rig, "b", "c", vote(5, 9, 4));
    say(rig, "b", "c", { type: "pre-vote", term: 6, lastLogIndex: 9, lastLogTerm: 4 });
    expect(mailTo(rig, "b")).toMatchObject([
      { type: "vote-reply", granted: false },
      { type: "pre-vote-reply", granted: false },
    ]);
  });

  test("cannot give a second time the vote that it has forgotten", () => {
    const rig = createCluster({ terms: [1, 1] });
    pass(rig, 2 * TIMEOUT_MS);
    say(rig, "a", "c", vote(5, 9, 4));
    expect(mailTo(rig, "a")).toMatchObject([{ type: "vote-reply", granted: true }]);
    loseDisk(rig, "c");
    say(rig, "b", "c", vote(5, 9, 4));
    expect(mailTo(rig, "b")).toMatchObject([{ type: "vote-reply", granted: false }]);
  });

  test("gives no vote once it has been sent the log that still speaks of its former self, and never campaigns", () => {
    const rig = clusterWithStranger();
    expect(raftOf(rig, "c").log.lastIndex).toBe(raftOf(rig, "a").log.lastIndex);
    expect(raftOf(rig, "c").electionAtMs).toBe(Number.POSITIVE_INFINITY);
    pass(rig, 3 * TIMEOUT_MS);
    say(rig, "b", "c", vote(9, 9, 8));
    expect(mailTo(rig, "b")).toMatchObject([{ type: "vote-reply", granted: false }]);
  });

  test("is named to the leader's agent, once for each log", () => {
    const rig = clusterWithStranger();
    const { identity } = raftOf(rig, "c");
    const strangers = wordsOf(rig, "a").filter(({ type }) => type === "stranger");
    expect(strangers).toEqual([{ type: "stranger", server: "c", identity }]);
    beat(rig, "a");
    settle(rig);
    expect(wordsOf(rig, "a").filter(({ type }) => type === "stranger")).toEqual([]);
  });

  test("counts for no commit, and begins over: what its former self had acknowledged is sent again", () => {
    const rig = clusterWithStranger();
    const leader = raftOf(rig, "a");
    const progress = leader.leading?.progress.get("c");
    expect(progress).toMatchObject({ mode: "replicate", match: leader.log.lastIndex });
    const before = leader.commitIndex;
    command(rig, "a");
    settle(rig, among("a", "c"));
    expect(raftOf(rig, "c").log.lastIndex).toBe(leader.log.lastIndex);
    expect(leader.commitIndex).toBe(before);
    beat(rig, "a");
    settle(rig);
    expect(leader.commitIndex).toBe(leader.log.lastIndex);
  });

  test("confirms no read and renews no lease", () => {
    const rig = clusterWithStranger();
    const leader = raftOf(rig, "a");
    const sure = leader.leading?.quorumMs;
    beat(rig, "a");
    settle(rig, among("a", "c"));
    expect(leader.leading?.quorumMs).toBe(sure);
    pass(rig, TIMEOUT_MS);
    give(rig, "a", { type: "wake" });
    expect(leader.role).toBe("follower");
  });

  test("that goes unnoticed has its old acknowledgements counted no more after its first word", () => {
    const rig = createCluster({ terms: [1, 1] });
    const leader = elect(rig, "a");
    command(rig, "a");
    settle(rig, ({ from, to }) => from === "a" || (to === "a" && from === "c"));
    expect(leader.leading?.progress.get("c")?.match).toBe(leader.log.lastIndex);
    loseDisk(rig, "c");
    beat(rig, "a");
    deliver(
      rig,
      takeMail(rig, ({ to }) => to === "c"),
    );
    const [reply] = takeMail(rig, ({ from }) => from === "c");
    expect(reply?.message).toMatchObject({ type: "append-reply", success: false });
    if (reply !== undefined) deliver(rig, [reply]);
    expect(leader.leading?.progress.get("c")).toMatchObject({ match: 0, mode: "probe" });
  });

  test("is let in again as a learner, then promoted, and votes", () => {
    const rig = clusterWithStranger();
    readmit(rig, "a", "c");
    settle(rig);
    beat(rig, "a");
    settle(rig);
    const { identity } = raftOf(rig, "c");
    expect(identity).not.toBe(0);
    expect(serverRecord(raftOf(rig, "b"), "c")).toMatchObject({ voter: false, identity });
    expect(change(rig, "a", { kind: "promote", id: "c" })).toMatchObject({ index: 5 });
    settle(rig);
    beat(rig, "a");
    settle(rig);
    expect(serverRecord(raftOf(rig, "c"), "c")).toMatchObject({ voter: true, identity });
    const second = elect(rig, "c", among("b", "c"));
    expect(second.currentTerm).toBe(3);
    expect(stateOf(rig, "c").length).toBe(second.commitIndex);
    // Nor does it lose its vote by a restart.
    crash(rig, "c");
    expect(raftOf(rig, "c").identity).toBe(identity);
    elect(rig, "b", among("b", "c"));
  });

  test("cannot be promoted before it has been let in again", () => {
    const rig = clusterWithStranger();
    expect(change(rig, "a", { kind: "demote", id: "c" })).toMatchObject({ index: 4 });
    settle(rig);
    expect(change(rig, "a", { kind: "promote", id: "c" })).toBe("not-caught-up");
  });

  test("that loses it again while it is let in is a stranger again", () => {
    const rig = clusterWithStranger();
    readmit(rig, "a", "c");
    settle(rig);
    loseDisk(rig, "c");
    beat(rig, "a");
    settle(rig);
    expect(change(rig, "a", { kind: "promote", id: "c" })).toBe("not-caught-up");
    readmit(rig, "a", "c");
    settle(rig);
    expect(change(rig, "a", { kind: "promote", id: "c" })).toMatchObject({ term: 2 });
  });

  test("under an identity that came late from its former self counts for nothing either", () => {
    const rig = clusterWithStranger();
    const leader = raftOf(rig, "a");
    readmit(rig, "a", "c");
    settle(rig);
    const { lastIndex } = leader.log;
    const late: AppendReply = {
      type: "append-reply",
      term: 2,
      success: true,
      index: lastIndex,
      hintIndex: 0,
      hintTerm: 0,
      round: 1,
      identity: 0,
    };
    say(rig, "c", "a", late);
    const known = leader.leading?.progress.get("c");
    expect(known).toMatchObject({ identity: raftOf(rig, "c").identity, match: lastIndex });
    expect(takeMail(rig)).toEqual([]);
    // A later round is another matter: whoever answers that is there now.
    say(rig, "c", "a", { ...late, round: leader.leading?.round ?? 0, index: 1 });
    beat(rig, "a");
    say(rig, "c", "a", { ...late, round: leader.leading?.round ?? 0, index: 1 });
    expect(known).toMatchObject({ identity: 0, match: 1 });
    expect(change(rig, "a", { kind: "promote", id: "c" })).toBe("not-caught-up");
  });
});

describe("a vote that was forgotten with its disk", () => {
  // 1. a leads in term 2 and is slow to notice that nobody hears it but e.
  // 2. b is elected in term 3 by b, c and e; its first entry is on its way to d.
  // 3. c is elected in term 4 by b, c and e.
  // 4. e loses its disk. a lets it in again: e has that entry, in its log alone.
  // 5. d gets b's entry of term 3 and campaigns in term 4. By its own log e is a voter there, with its old log; and e's new
  //    log has nothing that is newer than d's.
  test("cannot be given again by one whose admission is not committed", () => {
    const rig = createCluster({ terms: [1, 1] }, { servers: FIVE });
    elect(rig, "a");
    beat(rig, "a");
    settle(rig);
    timeOut(rig, "b");
    for (let rounds = 0; rounds < 2; rounds++) {
      deliver(
        rig,
        takeMail(rig, ({ to }) => ["c", "e"].includes(to)),
      );
      deliver(
        rig,
        takeMail(rig, ({ to }) => to === "b"),
      );
    }
    expect(rig.leaders.get(3)).toBe("b");
    const late = takeMail(rig, ({ from, to }) => from === "b" && to === "d").slice(-1);
    settle(rig, among("b", "c", "e"));
    pass(rig, TIMEOUT_MS);
    give(rig, "b", { type: "wake" });
    elect(rig, "c", among("b", "c", "e"));
    expect(rig.leaders.get(4)).toBe("c");

    loseDisk(rig, "e");
    readmit(rig, "a", "e");
    settle(rig, among("a", "e"));
    // A round of heartbeats, without a look at the clock.
    turn(rig, "a", (raft) => requestRead(raft, 1));
    settle(rig, among("a", "e"));
    command(rig, "a");
    settle(rig, among("a", "e"));
    expect(serverRecord(raftOf(rig, "e"), "e")).toMatchObject({ voter: false });
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").role).toBe("follower");

    deliver(rig, late);
    timeOut(rig, "d");
    settle(rig, among("a", "d", "e"));
    expect(raftOf(rig, "d").currentTerm).toBeLessThanOrEqual(4);
    expect(raftOf(rig, "d").role).not.toBe("leader");
  });
});
