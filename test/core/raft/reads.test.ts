// Linearizable reads without writing: the read index and the lease (thesis §6.4).

import { describe, expect, test } from "vitest";
import type { AppendReply } from "../../../src/core/raft/messages.ts";
import { holdsLease, requestRead } from "../../../src/core/raft/read-index.ts";
import { propose, raftDeadline } from "../../../src/core/raft/step.ts";
import {
  beat,
  createCluster,
  deliver,
  elect,
  finishDisk,
  give,
  type Rig,
  type RigOptions,
  raftOf,
  say,
  seatOf,
  settle,
  takeMail,
  timeOut,
  turn,
  type Word,
  wordsOf,
} from "./rig.ts";

/** a leads term 2; its no-op is entry 3, committed. */
function cluster(options: RigOptions = {}): Rig {
  const rig = createCluster({ terms: [1, 1] }, options);
  elect(rig, "a");
  wordsOf(rig, "a");
  return rig;
}

/** a leads term 2, and nobody has answered its no-op. */
function freshLeader(): Rig {
  const rig = createCluster({ terms: [1, 1] });
  elect(rig, "a", ({ message }) => message.type !== "append");
  wordsOf(rig, "a");
  return rig;
}

function read(rig: Rig, ...ids: number[]): void {
  turn(rig, "a", (raft) => {
    for (const id of ids) expect(requestRead(raft, id)).toBe(true);
  });
}

function readsSaid(rig: Rig): Word[] {
  return wordsOf(rig, "a").filter(({ type }) => type === "readable" || type === "unreadable");
}

/** The follower says yes to the round, and no more. */
function echo(rig: Rig, from: string, round: number): void {
  const term = raftOf(rig, "a").currentTerm;
  const reply: AppendReply = {
    type: "append-reply",
    term,
    success: true,
    index: 0,
    hintIndex: 0,
    hintTerm: 0,
    round,
    identity: 0,
  };
  say(rig, from, "a", reply);
}

describe("a read", () => {
  test("waits for a round of heartbeats that begins after it came", () => {
    const rig = cluster();
    beat(rig, "a");
    const before = takeMail(rig);
    read(rig, 1);
    const after = takeMail(rig);
    expect(after.map(({ message }) => message.type)).toEqual(["append", "append"]);
    // The answers to the heartbeats before say nothing of the time since.
    deliver(rig, before);
    settle(rig);
    expect(readsSaid(rig)).toEqual([]);
    deliver(rig, after);
    settle(rig);
    expect(readsSaid(rig)).toEqual([{ type: "readable", ids: [1], index: 3 }]);
  });

  test("is confirmed by a majority, not by fewer", () => {
    const rig = cluster({ servers: ["a", "b", "c", "d", "e"] });
    read(rig, 1);
    const round = raftOf(rig, "a").leading?.round ?? 0;
    takeMail(rig);
    echo(rig, "b", round);
    echo(rig, "b", round);
    expect(readsSaid(rig)).toEqual([]);
    echo(rig, "c", round);
    expect(readsSaid(rig)).toEqual([{ type: "readable", ids: [1], index: 3 }]);
  });

  test("is not confirmed by learners, nor by strangers", () => {
    const rig = cluster({ servers: ["a", "b", "c", "d"], learners: ["d"] });
    read(rig, 1);
    const round = raftOf(rig, "a").leading?.round ?? 0;
    takeMail(rig);
    echo(rig, "d", round);
    echo(rig, "x", round);
    expect(readsSaid(rig)).toEqual([]);
  });

  test("is confirmed by a no as well: who refuses the entries follows nobody else", () => {
    const rig = cluster();
    read(rig, 1);
    const round = raftOf(rig, "a").leading?.round ?? 0;
    takeMail(rig);
    const { currentTerm: term } = raftOf(rig, "a");
    const no = { success: false, index: 9, hintIndex: 0, hintTerm: 0 };
    say(rig, "b", "a", { type: "append-reply", term, ...no, round, identity: 0 });
    expect(readsSaid(rig)).toEqual([{ type: "readable", ids: [1], index: 3 }]);
  });

  test("is not confirmed by an echo of an older term", () => {
    const rig = cluster();
    read(rig, 1);
    takeMail(rig);
    const index = { success: true, index: 0, hintIndex: 0, hintTerm: 0 };
    for (const from of ["b", "c"])
      say(rig, from, "a", { type: "append-reply", term: 1, ...index, round: 99, identity: 0 });
    expect(readsSaid(rig)).toEqual([]);
  });

  test("to come is not confirmed by the echo of a round that never was", () => {
    const rig = cluster();
    echo(rig, "b", 1_000_000);
    read(rig, 1);
    takeMail(rig);
    expect(readsSaid(rig)).toEqual([]);
  });

  test("shares its round with all that came in the same turn", () => {
    const rig = cluster();
    read(rig, 1, 2, 3);
    expect(rig.mail).toHaveLength(2);
    settle(rig);
    expect(readsSaid(rig)).toEqual([{ type: "readable", ids: [1, 2, 3], index: 3 }]);
  });

  test("that comes while others wait is confirmed too, after them or with them", () => {
    const rig = cluster();
    for (const id of [1, 2, 3, 4]) read(rig, id);
    settle(rig);
    const ids = readsSaid(rig).flatMap((word) => (word.type === "readable" ? word.ids : []));
    expect(ids).toEqual([1, 2, 3, 4]);
  });

  test("whose round was lost on the road is confirmed by the next heartbeat", () => {
    const rig = cluster();
    read(rig, 1);
    takeMail(rig);
    read(rig, 2);
    takeMail(rig);
    beat(rig, "a");
    settle(rig);
    const ids = readsSaid(rig).flatMap((word) => (word.type === "readable" ? word.ids : []));
    expect(ids).toEqual([1, 2]);
  });

  test("sees what was committed when it came", () => {
    const rig = cluster();
    turn(rig, "a", (raft) => propose(raft, Uint8Array.of(1)));
    settle(rig);
    read(rig, 1);
    turn(rig, "a", (raft) => propose(raft, Uint8Array.of(2)));
    settle(rig);
    expect(readsSaid(rig)).toEqual([{ type: "readable", ids: [1], index: 4 }]);
  });

  test("of a new leader waits for its own term's first entry, which holds all that was committed before", () => {
    const rig = freshLeader();
    expect(raftOf(rig, "a").commitIndex).toBe(0);
    read(rig, 1);
    const round = raftOf(rig, "a").leading?.round ?? 0;
    takeMail(rig);
    echo(rig, "b", round);
    // The leader is certain; what it may not know yet is named by the index.
    expect(readsSaid(rig)).toEqual([{ type: "readable", ids: [1], index: 3 }]);
  });

  test("is given back when leadership is lost first", () => {
    const rig = cluster();
    read(rig, 1, 2);
    say(rig, "b", "a", {
      type: "append-reply",
      term: 9,
      success: false,
      index: 0,
      hintIndex: 0,
      hintTerm: 0,
      round: 0,
      identity: 0,
    });
    expect(readsSaid(rig)).toEqual([{ type: "unreadable", ids: [1, 2], refused: false }]);
  });

  test("is given back when no quorum answers in time", () => {
    const rig = cluster();
    read(rig, 1);
    takeMail(rig);
    rig.nowMs = Math.max(rig.nowMs, raftDeadline(raftOf(rig, "a")));
    while (raftOf(rig, "a").role === "leader") {
      beat(rig, "a");
      takeMail(rig);
    }
    expect(readsSaid(rig)).toEqual([{ type: "unreadable", ids: [1], refused: false }]);
  });

  test("is not taken by who neither leads nor knows who does", () => {
    const rig = createCluster({ terms: [1, 1] });
    expect(requestRead(raftOf(rig, "b"), 1)).toBe(false);
  });

  test("of a lone voter is confirmed at once", () => {
    const rig = createCluster({ terms: [1] }, { servers: ["a"] });
    timeOut(rig, "a");
    wordsOf(rig, "a");
    read(rig, 1);
    expect(readsSaid(rig)).toEqual([{ type: "readable", ids: [1], index: 2 }]);
  });
});

describe("a lease", () => {
  test("lasts from the sending of the last round that a quorum answered, not from its answer", () => {
    const rig = cluster();
    beat(rig, "a");
    const sentMs = rig.nowMs;
    rig.nowMs += 300;
    settle(rig);
    const { leaseMs } = rig.config;
    expect(holdsLease(raftOf(rig, "a"), sentMs + leaseMs - 1)).toBe(true);
    expect(holdsLease(raftOf(rig, "a"), sentMs + leaseMs)).toBe(false);
  });

  test("is over well before anyone would vote for another", () => {
    const { leaseMs, electionTimeoutMs } = cluster().config;
    expect(leaseMs).toBeLessThanOrEqual(electionTimeoutMs / 2);
  });

  test("is not renewed by fewer than a majority", () => {
    const rig = cluster({ servers: ["a", "b", "c", "d", "e"] });
    const last = raftOf(rig, "a").leading?.quorumMs;
    beat(rig, "a");
    const round = raftOf(rig, "a").leading?.round ?? 0;
    takeMail(rig);
    echo(rig, "b", round);
    expect(raftOf(rig, "a").leading?.quorumMs).toBe(last);
    echo(rig, "c", round);
    expect(raftOf(rig, "a").leading?.quorumMs).toBe(rig.nowMs);
  });

  test("does not begin before the leader's own term has committed", () => {
    const rig = freshLeader();
    beat(rig, "a");
    const round = raftOf(rig, "a").leading?.round ?? 0;
    for (const from of ["b", "c"]) echo(rig, from, round);
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(false);
    settle(rig);
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(true);
  });

  test("ends with leadership", () => {
    const rig = cluster();
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(true);
    give(rig, "a", { type: "storage-failed" });
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(false);
  });

  test("is no follower's", () => {
    const rig = cluster();
    expect(holdsLease(raftOf(rig, "b"), rig.nowMs)).toBe(false);
  });

  test("of a lone voter does not run out, once its disk has its own first entry", () => {
    const rig = createCluster({ terms: [1] }, { servers: ["a"] });
    seatOf(rig, "a").disk.held = true;
    timeOut(rig, "a");
    finishDisk(rig, "a", 1);
    expect(raftOf(rig, "a").role).toBe("leader");
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(false);
    finishDisk(rig, "a");
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs + 1e9)).toBe(true);
  });
});
