// Elections: terms, votes, pre-votes, and what keeps a leader from being deposed without need (Raft §5.2, §5.4.1; thesis
// §4.2.3, §6.2, §9.6).

import { describe, expect, test } from "vitest";
import type { RaftMessage, RequestPreVote, RequestVote } from "../../../src/core/raft/messages.ts";
import { raftDeadline } from "../../../src/core/raft/step.ts";
import {
  among,
  beat,
  createCluster,
  createRig,
  deliver,
  elect,
  give,
  type History,
  mailTo,
  pass,
  type Rig,
  raftOf,
  say,
  settle,
  TIMEOUT_MS,
  takeMail,
  termsOf,
  timeOut,
  wordsOf,
} from "./rig.ts";

/** Server a alone at the table; b and c are names. */
function alone(history: History = { terms: [1, 1, 2], term: 2 }): Rig {
  return createRig({ a: history });
}

function vote(term: number, lastLogIndex: number, lastLogTerm: number): RequestVote {
  return { type: "vote", term, lastLogIndex, lastLogTerm, transfer: false };
}

function preVote(term: number, lastLogIndex: number, lastLogTerm: number): RequestPreVote {
  return { type: "pre-vote", term, lastLogIndex, lastLogTerm };
}

function heartbeat(term: number, prevLogIndex: number, prevLogTerm: number): RaftMessage {
  const entries = new Uint8Array(0);
  return { type: "append", term, prevLogIndex, prevLogTerm, entries, leaderCommit: 0, round: 1 };
}

describe("a vote", () => {
  test.each([
    // Our log: 1 1 2, term 2.
    ["of a later term, an equal log", vote(3, 3, 2), true, 3],
    ["of a later term, a longer log of the same last term", vote(3, 9, 2), true, 3],
    ["of a later term, a shorter log of a later last term", vote(5, 1, 4), true, 5],
    ["of a later term, a shorter log: refused, the term adopted", vote(3, 2, 2), false, 3],
    ["of a later term, a longer log of an older last term: refused", vote(3, 99, 1), false, 3],
    ["of a later term, an empty log: refused", vote(7, 0, 0), false, 7],
    ["of our own term, nobody voted for yet", vote(2, 3, 2), true, 2],
    ["of an older term: refused, with our term", vote(1, 99, 1), false, 2],
  ])("%s", (_name, message, granted, term) => {
    const rig = alone();
    say(rig, "b", "a", message);
    expect(mailTo(rig, "b")).toMatchObject([{ type: "vote-reply", term, granted, identity: 0 }]);
    expect(raftOf(rig, "a").currentTerm).toBe(term);
    expect(raftOf(rig, "a").votedFor).toBe(granted ? "b" : "");
  });

  test("is given once a term, and again to the same candidate", () => {
    const rig = alone();
    const replies = (["b", "c", "b"] as const).map((candidate) => {
      say(rig, candidate, "a", vote(3, 9, 2));
      return mailTo(rig, candidate).map((reply) => reply.type === "vote-reply" && reply.granted);
    });
    expect(replies).toEqual([[true], [false], [true]]);
  });

  test("of the term before binds nobody in the next", () => {
    const rig = alone();
    say(rig, "b", "a", vote(3, 9, 2));
    say(rig, "c", "a", vote(4, 9, 2));
    expect(mailTo(rig, "c")).toMatchObject([{ type: "vote-reply", term: 4, granted: true, identity: 0 }]);
    expect(raftOf(rig, "a").votedFor).toBe("c");
  });

  test("that is granted postpones our own campaign, one that is refused does not", () => {
    const rig = alone();
    const before = raftDeadline(raftOf(rig, "a"));
    say(rig, "b", "a", vote(3, 0, 0));
    expect(raftDeadline(raftOf(rig, "a"))).toBe(before);
    say(rig, "b", "a", vote(4, 9, 2));
    expect(raftDeadline(raftOf(rig, "a"))).toBeGreaterThanOrEqual(rig.nowMs + TIMEOUT_MS);
  });

  test("is given to a candidate that is in no configuration of ours: ours may be old", () => {
    const rig = alone();
    say(rig, "stranger", "a", vote(3, 9, 2));
    expect(mailTo(rig, "stranger")).toMatchObject([
      { type: "vote-reply", term: 3, granted: true, identity: 0 },
    ]);
  });

  test("is given by a learner, who may lag behind its own promotion", () => {
    const rig = createRig({ a: { terms: [1, 1] } }, { learners: ["a"] });
    say(rig, "b", "a", vote(3, 9, 2));
    expect(mailTo(rig, "b")).toMatchObject([{ type: "vote-reply", term: 3, granted: true, identity: 0 }]);
  });

  test("is given by nobody who came back less than a least timeout ago: it may have promised its silence", () => {
    const rig = alone();
    rig.nowMs = TIMEOUT_MS - 1;
    say(rig, "b", "a", vote(3, 9, 2));
    say(rig, "b", "a", preVote(3, 9, 2));
    expect(mailTo(rig, "b")).toMatchObject([
      { type: "pre-vote-reply", term: 2, granted: false, identity: 0 },
    ]);
    pass(rig, 1);
    say(rig, "b", "a", vote(3, 9, 2));
    expect(mailTo(rig, "b")).toMatchObject([{ type: "vote-reply", term: 3, granted: true, identity: 0 }]);
  });
});

describe("a pre-vote", () => {
  test.each([
    // Our log: 1 1 2, term 2.
    ["of the next term, an equal log", preVote(3, 3, 2), { term: 3, granted: true }],
    ["of a far later term", preVote(9, 3, 2), { term: 9, granted: true }],
    ["of our own term, no vote given in it", preVote(2, 3, 2), { term: 2, granted: true }],
    ["of an older term is refused, with our term", preVote(1, 9, 1), { term: 2, granted: false }],
    ["of a shorter log is refused, with our term", preVote(3, 2, 2), { term: 2, granted: false }],
  ])("%s", (_name, message, reply) => {
    const rig = alone();
    say(rig, "b", "a", message);
    expect(mailTo(rig, "b")).toMatchObject([{ type: "pre-vote-reply", ...reply }]);
  });

  test("of a term in which we voted for another is refused", () => {
    const rig = alone({ terms: [1, 1, 2], term: 2, votedFor: "c" });
    say(rig, "b", "a", preVote(2, 9, 2));
    expect(mailTo(rig, "b")).toMatchObject([
      { type: "pre-vote-reply", term: 2, granted: false, identity: 0 },
    ]);
  });

  test("changes nothing at the one who is asked, granted or not", () => {
    const rig = alone();
    const raft = raftOf(rig, "a");
    const state = (): unknown => [raft.currentTerm, raft.votedFor, raft.role, raft.electionAtMs];
    const before = state();
    say(rig, "b", "a", preVote(9, 9, 9));
    say(rig, "c", "a", preVote(9, 0, 0));
    expect(state()).toEqual(before);
  });

  test("does not move the term of the one who asks, however often nobody answers", () => {
    const rig = alone();
    for (let tries = 0; tries < 5; tries++) {
      timeOut(rig, "a");
      expect(raftOf(rig, "a").role).toBe("pre-candidate");
      expect(mailTo(rig, "b")).toEqual([preVote(3, 3, 2)]);
    }
    expect(raftOf(rig, "a").currentTerm).toBe(2);
    expect(raftOf(rig, "a").votedFor).toBe("");
  });

  test("campaign begins the real one with a majority of yeses", () => {
    const rig = alone();
    timeOut(rig, "a");
    takeMail(rig);
    say(rig, "b", "a", { type: "pre-vote-reply", term: 3, granted: true, identity: 0 });
    expect(raftOf(rig, "a").role).toBe("candidate");
    expect(raftOf(rig, "a").currentTerm).toBe(3);
    expect(mailTo(rig, "c")).toEqual([vote(3, 3, 2)]);
  });

  test("yes to an older campaign says nothing about this one", () => {
    const rig = alone();
    timeOut(rig, "a");
    say(rig, "b", "a", { type: "pre-vote-reply", term: 2, granted: true, identity: 0 });
    say(rig, "b", "a", { type: "pre-vote-reply", term: 9, granted: true, identity: 0 });
    expect(raftOf(rig, "a").role).toBe("pre-candidate");
  });

  test("no of a later term makes the asker a follower of that term", () => {
    const rig = alone();
    timeOut(rig, "a");
    say(rig, "b", "a", { type: "pre-vote-reply", term: 7, granted: false, identity: 0 });
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 7, votedFor: "" });
  });

  test("majority of noes ends the attempt, in the same term", () => {
    const rig = alone();
    timeOut(rig, "a");
    for (const from of ["b", "c"])
      say(rig, from, "a", { type: "pre-vote-reply", term: 2, granted: false, identity: 0 });
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 2 });
    expect(raftDeadline(raftOf(rig, "a"))).toBeLessThanOrEqual(rig.nowMs + 2 * TIMEOUT_MS);
  });
});

describe("a candidate", () => {
  /** a is candidate of term 3 in a cluster of five, with its own vote. */
  function candidate(): Rig {
    const rig = createRig({ a: { terms: [1, 1, 2], term: 2 } }, { servers: ["a", "b", "c", "d", "e"] });
    timeOut(rig, "a");
    for (const from of ["b", "c"])
      say(rig, from, "a", { type: "pre-vote-reply", term: 3, granted: true, identity: 0 });
    takeMail(rig);
    return rig;
  }
  const reply = (granted: boolean, term = 3): RaftMessage => ({
    type: "vote-reply",
    term,
    granted,
    identity: 0,
  });

  test("counts each voter's vote once, however often its reply arrives", () => {
    const rig = candidate();
    for (let times = 0; times < 4; times++) say(rig, "b", "a", reply(true));
    expect(raftOf(rig, "a").role).toBe("candidate");
    say(rig, "d", "a", reply(true));
    expect(raftOf(rig, "a").role).toBe("leader");
  });

  test("counts no vote of a server that has none, and none of an older campaign", () => {
    const rig = candidate();
    for (const from of ["x", "y", "z"]) say(rig, from, "a", reply(true));
    for (const from of ["b", "c", "d"]) say(rig, from, "a", reply(true, 2));
    expect(raftOf(rig, "a").role).toBe("candidate");
  });

  test("loses as soon as a majority cannot be had any more, and keeps its term", () => {
    const rig = candidate();
    for (const from of ["b", "c"]) say(rig, from, "a", reply(false));
    expect(raftOf(rig, "a").role).toBe("candidate");
    say(rig, "d", "a", reply(false));
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 3, votedFor: "a" });
  });

  test("has given its vote of this term away: to itself", () => {
    const rig = candidate();
    say(rig, "b", "a", vote(3, 99, 2));
    expect(mailTo(rig, "b")).toMatchObject([{ type: "vote-reply", term: 3, granted: false, identity: 0 }]);
    expect(raftOf(rig, "a")).toMatchObject({ role: "candidate", votedFor: "a" });
  });

  test("follows a leader of its own term", () => {
    const rig = candidate();
    say(rig, "b", "a", heartbeat(3, 3, 2));
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 3, leader: "b", votedFor: "a" });
  });

  test("is not moved by a leader of an older term, which it tells of its own", () => {
    const rig = candidate();
    say(rig, "b", "a", heartbeat(2, 3, 2));
    expect(raftOf(rig, "a").role).toBe("candidate");
    expect(mailTo(rig, "b")).toMatchObject([{ type: "append-reply", term: 3, success: false }]);
  });

  test("steps aside for a reply of a later term", () => {
    const rig = candidate();
    say(rig, "b", "a", reply(false, 8));
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 8, votedFor: "" });
  });

  test("whose time is up asks for pre-votes again: a split vote costs no term by itself", () => {
    const rig = candidate();
    timeOut(rig, "a");
    expect(raftOf(rig, "a")).toMatchObject({ role: "pre-candidate", currentTerm: 3 });
    expect(mailTo(rig, "b")).toEqual([preVote(4, 3, 2)]);
  });
});

describe("a new leader", () => {
  test("begins its term with an entry of that term and sends it to everyone at once", () => {
    const rig = createCluster({ terms: [1, 1, 2] });
    timeOut(rig, "a");
    settle(rig, ({ message }) => message.type !== "append");
    const raft = raftOf(rig, "a");
    expect(raft.role).toBe("leader");
    expect(termsOf(raft)).toEqual([1, 1, 2, 3]);
    expect(raft.commitIndex).toBe(0);
  });

  test("alone in its cluster wins at once, without asking anybody", () => {
    const rig = createCluster({ terms: [1, 1] }, { servers: ["a"] });
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a")).toMatchObject({ role: "leader", currentTerm: 2, commitIndex: 3 });
    expect(rig.mail).toEqual([]);
  });

  test("is known to all after its first words", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "b");
    for (const id of ["a", "b", "c"]) {
      expect(raftOf(rig, id)).toMatchObject({ leader: "b", currentTerm: 2 });
      expect(wordsOf(rig, id)).toContainEqual({
        type: "role",
        role: id === "b" ? "leader" : "follower",
        term: 2,
        leader: "b",
      });
    }
  });

  test("ignores entries that claim to be of a second leader of its own term", () => {
    const rig = createCluster({ terms: [1, 1] });
    const raft = elect(rig, "a");
    say(rig, "b", "a", heartbeat(2, 0, 0));
    expect(raft.role).toBe("leader");
    expect(rig.mail).toEqual([]);
  });
});

describe("who never campaigns", () => {
  test.each([
    ["a learner", createRig({ a: { terms: [1, 1] } }, { learners: ["a"] })],
    ["a server that no configuration names", createRig({ a: { terms: [1, 1] } }, { servers: ["b", "c"] })],
    ["a server that knows no configuration", createRig({ a: { terms: [], term: 4 } })],
  ])("%s", (_name, rig) => {
    expect(raftOf(rig, "a").electionAtMs).toBe(Number.POSITIVE_INFINITY);
    timeOut(rig, "a");
    expect(raftOf(rig, "a").role).toBe("follower");
    expect(rig.mail).toEqual([]);
  });
});

describe("election timers", () => {
  test("are drawn anew from [T, 2T) each time a leader is heard", () => {
    const rig = alone();
    const waits = new Set<number>();
    for (let times = 0; times < 100; times++) {
      say(rig, "b", "a", heartbeat(3, 3, 2));
      const wait = raftDeadline(raftOf(rig, "a")) - rig.nowMs;
      expect(wait).toBeGreaterThanOrEqual(TIMEOUT_MS);
      expect(wait).toBeLessThan(2 * TIMEOUT_MS);
      waits.add(wait);
    }
    expect(waits.size).toBeGreaterThan(50);
  });

  test("run on when an old leader is heard", () => {
    const rig = alone();
    const before = raftDeadline(raftOf(rig, "a"));
    say(rig, "b", "a", heartbeat(1, 3, 2));
    expect(raftDeadline(raftOf(rig, "a"))).toBe(before);
  });

  test("of those whose leader's process is surely dead are cut short, and of nobody else", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a");
    const deadline = raftDeadline(raftOf(rig, "b"));
    give(rig, "b", { type: "peer-refused", peer: "c" });
    expect(raftDeadline(raftOf(rig, "b"))).toBe(deadline);
    give(rig, "b", { type: "peer-refused", peer: "a" });
    expect(raftDeadline(raftOf(rig, "b"))).toBeLessThan(rig.nowMs + 200);
    expect(raftOf(rig, "b").leader).toBeUndefined();
  });
});

describe("a leader that is heard cannot be deposed", () => {
  test("its followers look neither at the term nor at the log of who asks for a vote, and grant no pre-vote", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a");
    pass(rig, TIMEOUT_MS - 1);
    say(rig, "c", "b", vote(99, 99, 99));
    expect(mailTo(rig, "c")).toEqual([]);
    say(rig, "c", "b", preVote(99, 99, 99));
    expect(mailTo(rig, "c")).toMatchObject([
      { type: "pre-vote-reply", term: 2, granted: false, identity: 0 },
    ]);
    expect(raftOf(rig, "b")).toMatchObject({ currentTerm: 2, leader: "a" });
    pass(rig, 1);
    say(rig, "c", "b", vote(99, 99, 99));
    expect(mailTo(rig, "c")).toMatchObject([{ type: "vote-reply", term: 99, granted: true, identity: 0 }]);
  });

  test("nor does it look itself", () => {
    const rig = createCluster({ terms: [1, 1] });
    const raft = elect(rig, "a");
    say(rig, "c", "a", vote(99, 99, 99));
    say(rig, "c", "a", preVote(99, 99, 99));
    expect(mailTo(rig, "c")).toMatchObject([
      { type: "pre-vote-reply", term: 2, granted: false, identity: 0 },
    ]);
    expect(raft).toMatchObject({ role: "leader", currentTerm: 2 });
  });

  test("a server that was cut off comes back without a new term", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a");
    for (let times = 0; times < 30; times++) {
      beat(rig, "a");
      if (times % 10 === 9) give(rig, "c", { type: "wake" });
      settle(rig, among("a", "b"));
    }
    expect(raftOf(rig, "c").role).toBe("pre-candidate");
    beat(rig, "a");
    settle(rig);
    expect(raftOf(rig, "c")).toMatchObject({ role: "follower", currentTerm: 2, leader: "a" });
    expect(raftOf(rig, "a").role).toBe("leader");
  });
});

describe("a server at a later term than its leader", () => {
  test.each(["follower", "candidate"] as const)("as a %s is absorbed with one election", (role) => {
    const terms = [1, 1];
    const rig = createRig({ a: { terms }, b: { terms }, c: { terms, term: 7 } });
    elect(rig, "a", among("a", "b"));
    if (role === "follower") say(rig, "x", "c", vote(8, 0, 0));
    else {
      give(rig, "c", { type: "wake" });
      say(rig, "x", "c", { type: "pre-vote-reply", term: 8, granted: true, identity: 0 });
      say(rig, "b", "c", { type: "pre-vote-reply", term: 8, granted: true, identity: 0 });
    }
    takeMail(rig);
    expect(raftOf(rig, "c")).toMatchObject({ role, currentTerm: 8 });

    // Its no tells the leader of the later term, which ends its leadership…
    beat(rig, "a");
    settle(rig);
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 8 });
    // …and the next one leads them all.
    elect(rig, "a");
    for (const id of ["a", "b", "c"]) expect(raftOf(rig, id)).toMatchObject({ leader: "a", currentTerm: 9 });
  });
});

describe("a leader without a quorum", () => {
  test("steps down a least timeout after the last round that a quorum answered, in the same term", () => {
    const rig = createCluster({ terms: [1, 1] });
    const raft = elect(rig, "a");
    beat(rig, "a");
    settle(rig);
    const heardMs = rig.nowMs;
    for (let at = 0; at < 9; at++) {
      beat(rig, "a");
      takeMail(rig);
      expect(raft.role).toBe("leader");
    }
    expect(rig.nowMs).toBe(heardMs + 900);
    wordsOf(rig, "a");
    pass(rig, 100);
    give(rig, "a", { type: "wake" });
    expect(wordsOf(rig, "a")).toEqual([{ type: "role", role: "follower", term: 2, leader: undefined }]);
    expect(raft.votedFor).toBe("a");
  });

  test("counts a no as a word: who refuses is there", () => {
    const rig = createCluster({ terms: [1, 1] });
    const raft = elect(rig, "a");
    for (let at = 0; at < 25; at++) {
      beat(rig, "a");
      const beats = takeMail(rig, ({ to }) => to === "b");
      takeMail(rig);
      for (const { message } of beats)
        if (message.type === "append")
          say(rig, "b", "a", {
            type: "append-reply",
            term: 2,
            success: false,
            index: message.prevLogIndex,
            hintIndex: 0,
            hintTerm: 0,
            round: message.round,
            identity: 0,
          });
    }
    expect(raft.role).toBe("leader");
  });

  test("does not take an answer to an early round for one to a late round", () => {
    const rig = createCluster({ terms: [1, 1] });
    const raft = elect(rig, "a");
    beat(rig, "a");
    const early = takeMail(rig, ({ to }) => to === "b");
    for (let at = 0; at < 8; at++) {
      beat(rig, "a");
      takeMail(rig);
    }
    deliver(rig, early);
    settle(rig);
    // The early round began 800 ms ago: that is what is known.
    expect(raftDeadline(raft)).toBeLessThanOrEqual(rig.nowMs + 200);
  });

  test("does not count learners", () => {
    const rig = createCluster(
      { terms: [1, 1] },
      { servers: ["a", "b", "c", "d", "e"], learners: ["d", "e"] },
    );
    const raft = elect(rig, "a", among("a", "b", "d", "e"));
    for (let at = 0; at < 12; at++) {
      beat(rig, "a");
      settle(rig, among("a", "d", "e"));
    }
    expect(raft.role).toBe("follower");
  });
});
