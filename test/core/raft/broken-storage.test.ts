// A server whose storage broke neither votes nor leads, but follows and forwards.

import { describe, expect, test } from "vitest";
import type { AppendEntries } from "../../../src/core/raft/messages.ts";
import { requestRead } from "../../../src/core/raft/read-index.ts";
import { propose } from "../../../src/core/raft/step.ts";
import {
  commands,
  createCluster,
  deliver,
  elect,
  finishDisk,
  give,
  pass,
  type Rig,
  raftOf,
  say,
  seatOf,
  settle,
  TIMEOUT_MS,
  takeMail,
  termsOf,
  timeOut,
  turn,
  wordsOf,
} from "./rig.ts";

/** Server a of three, whose disk refuses from now on. */
function brokenFollower(): Rig {
  const rig = createCluster({ terms: [1, 1] });
  breakStorage(rig, "a");
  return rig;
}

function breakStorage(rig: Rig, id: string): void {
  give(rig, id, { type: "storage-failed" });
}

function heartbeat(term: number): AppendEntries {
  const entries = new Uint8Array(0);
  return { type: "append", term, prevLogIndex: 1, prevLogTerm: 1, entries, leaderCommit: 1, round: 1 };
}

describe("a server whose disk refuses", () => {
  test("hears who leads, over all terms, and says nothing to it", () => {
    const rig = brokenFollower();
    for (const [leader, term] of [
      ["b", 2],
      ["c", 5],
    ] as const) {
      say(rig, leader, "a", heartbeat(term));
      expect(wordsOf(rig, "a")).toEqual([{ type: "role", role: "follower", term, leader }]);
      expect(raftOf(rig, "a").leader).toBe(leader);
    }
    say(rig, "b", "a", heartbeat(4));
    expect(wordsOf(rig, "a")).toEqual([]);
    expect(raftOf(rig, "a").leader).toBe("c");
    expect(takeMail(rig)).toEqual([]);
  });

  test("does not vote, and never campaigns", () => {
    const rig = brokenFollower();
    const vote = { term: 3, lastLogIndex: 9, lastLogTerm: 2 };
    say(rig, "b", "a", { type: "pre-vote", ...vote });
    say(rig, "b", "a", { type: "vote", ...vote, transfer: false });
    say(rig, "c", "a", heartbeat(3));
    give(rig, "a", { type: "peer-refused", peer: "c" });
    expect(takeMail(rig)).toEqual([]);
    expect(raftOf(rig, "a").leader).toBeUndefined();
    expect(raftOf(rig, "a").electionAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  test("takes no entry and no commit, asks nothing of the disk, and its data grows old", () => {
    const rig = brokenFollower();
    const brokenMs = rig.nowMs;
    seatOf(rig, "a").disk.held = true;
    pass(rig, TIMEOUT_MS);
    say(rig, "b", "a", { ...heartbeat(3), prevLogIndex: 2, entries: commands(3, 3), leaderCommit: 3 });
    expect(raftOf(rig, "a")).toMatchObject({ leader: "b", currentTerm: 3, commitIndex: 0 });
    expect(raftOf(rig, "a").leaderContactMs).toBe(brokenMs);
    expect(termsOf(raftOf(rig, "a"))).toEqual([1, 1]);
    expect(seatOf(rig, "a").disk.pending).toEqual([]);
    expect(takeMail(rig)).toEqual([]);
  });

  test("is not woken into a campaign, however late it is", () => {
    const rig = brokenFollower();
    timeOut(rig, "a");
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 1 });
    expect(takeMail(rig)).toEqual([]);
  });
});

describe("a leader whose disk refuses", () => {
  test("leads no more at once: reads are told, writes are refused, nobody hears from it", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a");
    settle(rig);
    turn(rig, "a", (raft) => void requestRead(raft, 7));
    takeMail(rig);
    wordsOf(rig, "a");
    breakStorage(rig, "a");
    expect(wordsOf(rig, "a")).toEqual([
      { type: "unreadable", ids: [7], refused: false },
      { type: "role", role: "follower", term: 2, leader: undefined },
    ]);
    turn(rig, "a", (raft) => {
      expect(propose(raft, new Uint8Array(1))).toBe("not-leader");
      expect(requestRead(raft, 8)).toBe(false);
    });
    timeOut(rig, "a");
    expect(takeMail(rig)).toEqual([]);
    expect(raftOf(rig, "a").electionAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  test("makes room: another is elected without its vote, and it follows that one", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a");
    settle(rig);
    breakStorage(rig, "a");
    elect(rig, "b");
    settle(rig);
    expect(raftOf(rig, "b").role).toBe("leader");
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", leader: "b" });
  });

  test("does not elect itself again when it is the only one", () => {
    const rig = createCluster({ terms: [1, 1] }, { servers: ["a"] });
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").role).toBe("leader");
    breakStorage(rig, "a");
    timeOut(rig, "a");
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 2 });
  });
});

describe("a candidate whose disk refuses", () => {
  test("is none at once, and no vote that still comes makes it a leader", () => {
    const rig = createCluster({ terms: [1, 1] });
    seatOf(rig, "a").disk.held = true;
    timeOut(rig, "a");
    settle(rig);
    expect(raftOf(rig, "a").role).toBe("candidate");
    breakStorage(rig, "a");
    expect(raftOf(rig, "a").role).toBe("follower");
    // The disk finished what it had begun, after all; and a friend grants what was asked.
    finishDisk(rig, "a");
    expect(takeMail(rig)).toEqual([]);
    for (const friend of ["b", "c"])
      say(rig, friend, "a", { type: "vote-reply", term: 2, granted: true, identity: 0 });
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", leader: undefined });
  });

  test("is none while it only asks for pre-votes, either", () => {
    const rig = createCluster({ terms: [1, 1] });
    timeOut(rig, "a");
    const asked = takeMail(rig);
    expect(raftOf(rig, "a").role).toBe("pre-candidate");
    breakStorage(rig, "a");
    deliver(rig, asked);
    settle(rig);
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 1 });
  });
});
