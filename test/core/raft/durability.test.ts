// What is on disk before what leaves: terms, votes and entries (Raft Figure 2, thesis §10.2.1), and what a crash may take.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AppendEntries, RaftMessage } from "../../../src/core/raft/messages.ts";
import { propose } from "../../../src/core/raft/step.ts";
import {
  among,
  beat,
  commands,
  crash,
  createCluster,
  createRig,
  durableTerms,
  elect,
  finishDisk,
  mailTo,
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
} from "./rig.ts";

/** Server a alone at the table, its disk slow. */
function slowDisk(terms: readonly number[], term?: number): Rig {
  const rig = createRig({ a: term === undefined ? { terms } : { terms, term } });
  seatOf(rig, "a").disk.held = true;
  return rig;
}

function append(
  term: number,
  prev: readonly [index: number, term: number],
  terms: readonly number[],
  leaderCommit = 0,
): AppendEntries {
  const [prevLogIndex, prevLogTerm] = prev;
  const entries = commands(prevLogIndex + 1, ...terms);
  return { type: "append", term, prevLogIndex, prevLogTerm, entries, leaderCommit, round: 1 };
}

/** What acknowledges entries up to `index`. */
function accepted(index: number, term: number): Partial<RaftMessage> {
  return { type: "append-reply", success: true, index, term };
}

describe("nothing leaves that a crash could make a lie", () => {
  test("a vote waits for its term and itself", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", { type: "vote", term: 5, lastLogIndex: 9, lastLogTerm: 4, transfer: false });
    expect(rig.mail).toEqual([]);
    expect(seatOf(rig, "a").disk.pending).toEqual([
      { token: 1, hardState: { term: 5, votedFor: "b", identity: 0 } },
    ]);
    finishDisk(rig, "a");
    expect(mailTo(rig, "b")).toMatchObject([{ type: "vote-reply", term: 5, granted: true, identity: 0 }]);
  });

  test("a refusal that carries a new term waits for that term", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", { type: "vote", term: 5, lastLogIndex: 0, lastLogTerm: 0, transfer: false });
    expect(rig.mail).toEqual([]);
    finishDisk(rig, "a");
    expect(mailTo(rig, "b")).toMatchObject([{ type: "vote-reply", term: 5, granted: false, identity: 0 }]);
  });

  test("a refused append waits for the term that it carries", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", append(5, [9, 4], []));
    expect(rig.mail).toEqual([]);
    finishDisk(rig, "a");
    expect(mailTo(rig, "b")).toMatchObject([{ type: "append-reply", success: false, term: 5 }]);
  });

  test("a pre-vote waits for a term under way, and for nothing else", () => {
    const rig = slowDisk([1, 1]);
    const ask: RaftMessage = { type: "pre-vote", term: 9, lastLogIndex: 9, lastLogTerm: 4 };
    say(rig, "b", "a", ask);
    expect(mailTo(rig, "b")).toHaveLength(1);
    say(rig, "c", "a", { type: "vote", term: 5, lastLogIndex: 0, lastLogTerm: 0, transfer: false });
    say(rig, "b", "a", ask);
    expect(mailTo(rig, "b")).toEqual([]);
    finishDisk(rig, "a");
    expect(mailTo(rig, "b")).toHaveLength(1);
  });

  test("a candidate's requests wait for its new term and its own vote, and so does that vote", () => {
    const rig = slowDisk([1, 1]);
    timeOut(rig, "a");
    expect(takeMail(rig)).toHaveLength(2);
    for (const from of ["b", "c"])
      say(rig, from, "a", { type: "pre-vote-reply", term: 2, granted: true, identity: 0 });
    expect(raftOf(rig, "a").role).toBe("candidate");
    expect(rig.mail).toEqual([]);
    // A majority of others would do; with one of them its own is needed.
    say(rig, "b", "a", { type: "vote-reply", term: 2, granted: true, identity: 0 });
    expect(raftOf(rig, "a").role).toBe("candidate");
    finishDisk(rig, "a");
    expect(raftOf(rig, "a").role).toBe("leader");
  });

  test("a lone voter leads only once its own vote is on disk", () => {
    const rig = createCluster({ terms: [1] }, { servers: ["a"] });
    seatOf(rig, "a").disk.held = true;
    timeOut(rig, "a");
    expect(raftOf(rig, "a")).toMatchObject({ role: "candidate", currentTerm: 2 });
    finishDisk(rig, "a", 1);
    expect(raftOf(rig, "a")).toMatchObject({ role: "leader", commitIndex: 0 });
    finishDisk(rig, "a");
    expect(raftOf(rig, "a").commitIndex).toBe(2);
  });

  test("an acknowledgement of entries waits for all of them, each for its own", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", append(1, [2, 1], [1]));
    say(rig, "b", "a", append(1, [3, 1], [1, 1]));
    expect(rig.mail).toEqual([]);
    finishDisk(rig, "a", 1);
    expect(mailTo(rig, "b")).toMatchObject([accepted(3, 1)]);
    finishDisk(rig, "a", 1);
    expect(mailTo(rig, "b")).toMatchObject([accepted(5, 1)]);
  });

  test("a repeated message waits for the entries that its twin brought", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", append(1, [2, 1], [1]));
    say(rig, "b", "a", append(1, [2, 1], [1]));
    expect(rig.mail).toEqual([]);
    finishDisk(rig, "a");
    expect(mailTo(rig, "b")).toMatchObject([accepted(3, 1), accepted(3, 1)]);
  });

  test("a heartbeat over what is on disk already waits for nothing", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", append(1, [2, 1], [1]));
    say(rig, "b", "a", append(1, [2, 1], []));
    expect(mailTo(rig, "b")).toMatchObject([accepted(2, 1)]);
  });

  test("a word of a term that has passed meanwhile never leaves", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", { type: "vote", term: 5, lastLogIndex: 9, lastLogTerm: 4, transfer: false });
    say(rig, "c", "a", { type: "vote", term: 6, lastLogIndex: 9, lastLogTerm: 4, transfer: false });
    finishDisk(rig, "a");
    expect(mailTo(rig, "b")).toEqual([]);
    expect(mailTo(rig, "c")).toMatchObject([{ type: "vote-reply", term: 6, granted: true, identity: 0 }]);
  });

  test("term and vote change in one write, and go before the entries of the same turn", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", append(3, [2, 1], [3]));
    expect(seatOf(rig, "a").disk.pending).toMatchObject([
      { token: 1, hardState: { term: 3, votedFor: "", identity: 0 } },
      { token: 2, entries: { firstIndex: 3, count: 1 } },
    ]);
  });
});

describe("what takes the place of entries on their way to the disk", () => {
  // 1. Leader b of term 2 brings entry 3; its write is under way. 2. Leader c of term 3 replaces it.

  test("is not vouched for by the write of what it replaced", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", append(2, [2, 1], [2, 2]));
    say(rig, "c", "a", append(3, [2, 1], [3]));
    finishDisk(rig, "a", 3);
    expect(durableTerms(rig, "a")).toEqual([1, 1, 2, 2]);
    expect(mailTo(rig, "c")).toEqual([]);
    finishDisk(rig, "a");
    expect(durableTerms(rig, "a")).toEqual([1, 1, 3]);
    expect(mailTo(rig, "c")).toMatchObject([accepted(3, 3)]);
  });

  test("nor when its message comes a second time, or a heartbeat follows it", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", append(2, [2, 1], [2, 2]));
    say(rig, "c", "a", append(3, [2, 1], [3]));
    say(rig, "c", "a", append(3, [2, 1], [3]));
    say(rig, "c", "a", append(3, [3, 3], []));
    finishDisk(rig, "a", 3);
    expect(durableTerms(rig, "a")).toEqual([1, 1, 2, 2]);
    expect(mailTo(rig, "c")).toEqual([]);
    finishDisk(rig, "a");
    expect(mailTo(rig, "c")).toHaveLength(3);
  });

  test("nor when the very same entries come back: a write between will drop them again", () => {
    const rig = slowDisk([1, 1], 2);
    say(rig, "b", "a", append(2, [2, 1], [2, 2]));
    say(rig, "c", "a", append(3, [2, 1], [3]));
    say(rig, "b", "a", append(4, [2, 1], [2, 2]));
    expect(seatOf(rig, "a").disk.pending).toHaveLength(5);
    finishDisk(rig, "a", 1);
    expect(durableTerms(rig, "a")).toEqual([1, 1, 2, 2]);
    // The entries are on the disk now, but they will not stay.
    say(rig, "b", "a", append(4, [4, 2], []));
    finishDisk(rig, "a", 3);
    expect(durableTerms(rig, "a")).toEqual([1, 1, 3]);
    expect(mailTo(rig, "b")).toEqual([]);
    finishDisk(rig, "a");
    expect(mailTo(rig, "b")).toMatchObject([accepted(4, 4), accepted(4, 4)]);
  });
});

describe("a leader", () => {
  /** a leads term 2 with b's vote; its own disk is slow from now on. */
  function slowLeader(): Rig {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a");
    seatOf(rig, "a").disk.held = true;
    turn(rig, "a", (raft) => propose(raft, Uint8Array.of(7)));
    return rig;
  }

  test("sends its entries before they are on its own disk", () => {
    const rig = slowLeader();
    expect(rig.mail.map(({ to, message }) => [to, message.type])).toEqual([
      ["b", "append"],
      ["c", "append"],
    ]);
  });

  test("counts itself only for what is on its own disk", () => {
    const rig = slowLeader();
    settle(rig, among("a", "b"));
    expect(raftOf(rig, "a").commitIndex).toBe(3);
    finishDisk(rig, "a");
    expect(raftOf(rig, "a").commitIndex).toBe(4);
  });

  test("commits without its own disk what a majority of others has on theirs", () => {
    const rig = slowLeader();
    settle(rig);
    expect(raftOf(rig, "a").commitIndex).toBe(4);
    expect(durableTerms(rig, "a")).toHaveLength(3);
  });
});

describe("a crash", () => {
  test("leaves the term, the vote and the log that were on disk, and nothing else", () => {
    const rig = slowDisk([1, 1, 2], 3);
    say(rig, "b", "a", { type: "vote", term: 5, lastLogIndex: 9, lastLogTerm: 4, transfer: false });
    finishDisk(rig, "a", 1);
    say(rig, "c", "a", append(6, [3, 2], [6]));
    finishDisk(rig, "a", 1);
    crash(rig, "a");
    const raft = raftOf(rig, "a");
    expect(raft).toMatchObject({ currentTerm: 6, votedFor: "", role: "follower", commitIndex: 0 });
    expect(raft.leader).toBeUndefined();
    expect(termsOf(raft)).toEqual([1, 1, 2]);
  });

  test("does not let it vote twice in a term", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", { type: "vote", term: 5, lastLogIndex: 9, lastLogTerm: 4, transfer: false });
    finishDisk(rig, "a");
    crash(rig, "a");
    pass(rig, 2 * TIMEOUT_MS);
    say(rig, "c", "a", { type: "vote", term: 5, lastLogIndex: 9, lastLogTerm: 4, transfer: false });
    finishDisk(rig, "a");
    expect(mailTo(rig, "c")).toMatchObject([{ type: "vote-reply", term: 5, granted: false, identity: 0 }]);
  });

  test("before a vote was on disk leaves it free, for nobody was told", () => {
    const rig = slowDisk([1, 1]);
    say(rig, "b", "a", { type: "vote", term: 5, lastLogIndex: 9, lastLogTerm: 4, transfer: false });
    crash(rig, "a");
    expect(rig.mail).toEqual([]);
    expect(raftOf(rig, "a")).toMatchObject({ currentTerm: 1, votedFor: "" });
  });

  test("of everyone forgets the commit index, which the next leader finds again", () => {
    const rig = createCluster({ terms: [1, 1, 1] });
    elect(rig, "a");
    beat(rig, "a");
    settle(rig);
    for (const id of ["a", "b", "c"]) crash(rig, id);
    expect(raftOf(rig, "b").commitIndex).toBe(0);
    expect(elect(rig, "b").commitIndex).toBe(5);
  });

  test("between a cut and what replaces it leaves a beginning of a log that was", () => {
    const rig = slowDisk([1, 1, 2, 2], 2);
    say(rig, "c", "a", append(3, [2, 1], [3, 3, 3]));
    finishDisk(rig, "a", 1);
    crash(rig, "a");
    expect(termsOf(raftOf(rig, "a"))).toEqual([1, 1, 2, 2]);
  });
});

test("whatever leaders follow each other, what is vouched for is on the disk and nothing under way takes it off", () => {
  const step = fc.record({
    /** Which of the logs that there have been the next leader has; then it adds to it. */
    log: fc.nat(3),
    more: fc.nat(2),
    from: fc.nat(4),
    finish: fc.nat(2),
    newer: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 16 }), (steps) => {
      const rig = slowDisk([1, 1], 1);
      const logs = [[1, 1]];
      let term = 1;
      let leading = [1, 1];
      for (const { log, more, from, finish, newer } of steps) {
        if (newer) {
          term++;
          leading = logs[log % logs.length] ?? leading;
        }
        leading = [...leading, ...new Array<number>(more).fill(term)];
        logs.push(leading);
        const prev = Math.min(2 + from, leading.length);
        say(rig, "b", "a", append(term, [prev, leading[prev - 1] ?? 0], leading.slice(prev)));
        expectVouched(rig);
        for (let count = 0; count < finish; count++) {
          finishDisk(rig, "a", 1);
          expectVouched(rig);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

function expectVouched(rig: Rig): void {
  const raft = raftOf(rig, "a");
  const { disk } = seatOf(rig, "a");
  for (const reply of mailTo(rig, "b")) {
    if (reply.type !== "append-reply" || reply.term !== raft.currentTerm || !reply.success) continue;
    expect(durableTerms(rig, "a").slice(0, reply.index)).toEqual(termsOf(raft).slice(0, reply.index));
    for (const { entries } of disk.pending)
      if (entries !== undefined) expect(entries.firstIndex).toBeGreaterThan(reply.index);
  }
}
