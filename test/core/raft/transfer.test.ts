// Handing leadership over (thesis §3.10): who may be asked, what becomes of proposals and reads meanwhile, and all the ways
// in which nothing comes of it.

import { describe, expect, test } from "vitest";
import { latestConfiguration } from "../../../src/core/raft/log.ts";
import { holdsLease, requestRead } from "../../../src/core/raft/read-index.ts";
import type { Raft } from "../../../src/core/raft/state.ts";
import { raftDeadline } from "../../../src/core/raft/step.ts";
import {
  among,
  beat,
  change,
  command,
  crash,
  deliver,
  elect,
  give,
  ledByA,
  loseDisk,
  mailTo,
  pass,
  type Rig,
  raftOf,
  say,
  seatOf,
  settle,
  stateOf,
  TIMEOUT_MS,
  takeMail,
  takeSnapshot,
  timeOut,
  transfer,
  turn,
  type Word,
  wordsOf,
} from "./rig.ts";

function outcomes(rig: Rig): Word[] {
  return wordsOf(rig, "a").filter(({ type }) => type === "transfer");
}

const notTimeoutNow = ({ message }: { readonly message: { readonly type: string } }): boolean =>
  message.type !== "timeout-now";

/** Time is up for the transfer: a wakes at its deadline, and hears its followers before and after. */
function waitForTheEnd(rig: Rig): void {
  for (let beats = 0; beats < 11; beats++) {
    beat(rig, "a");
    settle(rig, notTimeoutNow);
  }
}

const done = { index: expect.any(Number), term: expect.any(Number) };

describe("leadership goes", () => {
  test("to one that has everything, at once and without pre-votes, though all hear a leader", () => {
    const rig = ledByA();
    expect(transfer(rig, "a", "b")).toBe("started");
    const told = takeMail(rig);
    expect(told).toMatchObject([{ to: "b", message: { type: "timeout-now", term: 2 } }]);
    deliver(rig, told);
    expect(rig.mail.map(({ message }) => message)).toMatchObject([
      { type: "vote", term: 3, transfer: true },
      { type: "vote", term: 3, transfer: true },
    ]);
    settle(rig);
    expect(raftOf(rig, "b")).toMatchObject({ role: "leader", currentTerm: 3 });
    expect(raftOf(rig, "a").leader).toBe("b");
    expect(outcomes(rig)).toEqual([{ type: "transfer", target: "b", outcome: "done" }]);
  });

  test("with the votes of those who hear the old leader alone: the old leader's own is not needed", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    settle(rig, ({ from, to }) => (to === "b" || from === "b" ? to !== "a" : false));
    expect(raftOf(rig, "b").role).toBe("leader");
  });

  test("to one that is behind, once it has been sent the rest", () => {
    const rig = ledByA();
    command(rig, "a");
    settle(rig, among("a", "c"));
    command(rig, "a");
    takeMail(rig);
    expect(transfer(rig, "a", "b")).toBe("started");
    expect(takeMail(rig)).toEqual([]);
    beat(rig, "a");
    settle(rig, among("a", "b"));
    settle(rig);
    expect(raftOf(rig, "b").role).toBe("leader");
    expect(stateOf(rig, "b").length).toBeGreaterThanOrEqual(5);
  });

  test("to one that needs a snapshot first", () => {
    const rig = ledByA({ config: { trailingEntries: 0, snapshotPieceBytes: 1 << 20 } });
    for (let n = 0; n < 5; n++) command(rig, "a");
    settle(rig, among("a", "c"));
    takeSnapshot(rig, "a");
    expect(raftOf(rig, "a").log.base.index).toBeGreaterThan(raftOf(rig, "b").log.lastIndex);
    expect(transfer(rig, "a", "b")).toBe("started");
    for (let beats = 0; beats < 4; beats++) {
      beat(rig, "a");
      settle(rig);
    }
    expect(raftOf(rig, "b").role).toBe("leader");
    expect(stateOf(rig, "b").slice(0, 8)).toEqual(stateOf(rig, "a").slice(0, 8));
  });

  test("to the voter that has most, if nobody is named; the first of equals; no learner and no stranger", () => {
    const rig = ledByA({ servers: ["a", "b", "c", "l"], learners: ["l"] });
    command(rig, "a");
    settle(rig, among("a", "c", "l"));
    transfer(rig, "a", undefined);
    expect(takeMail(rig)).toMatchObject([{ to: "c", message: { type: "timeout-now" } }]);

    const equals = ledByA();
    transfer(equals, "a", undefined);
    expect(takeMail(equals)).toMatchObject([{ to: "b", message: { type: "timeout-now" } }]);

    const other = ledByA();
    loseDisk(other, "b");
    beat(other, "a");
    settle(other);
    beat(other, "a");
    settle(other);
    transfer(other, "a", undefined);
    expect(takeMail(other)).toMatchObject([{ to: "c", message: { type: "timeout-now" } }]);
  });

  test("and back again", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    settle(rig);
    expect(transfer(rig, "b", "a")).toBe("started");
    settle(rig);
    expect(raftOf(rig, "a")).toMatchObject({ role: "leader", currentTerm: 4 });
  });

  test("with a change that is not committed yet: it has that too", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "move", id: "c", address: "c:9" });
    transfer(rig, "a", "b");
    settle(rig);
    expect(raftOf(rig, "b").role).toBe("leader");
    expect(latestConfiguration(raftOf(rig, "b").log).servers[2]).toMatchObject({ address: "c:9" });
  });
});

describe("leadership is not handed", () => {
  test.each([
    ["to itself", "a"],
    ["to a stranger", "x"],
    ["to a learner", "l"],
  ])("%s", (_, target) => {
    const rig = ledByA({ servers: ["a", "b", "c", "l"], learners: ["l"] });
    expect(transfer(rig, "a", target)).toBe("bad-target");
    expect(takeMail(rig)).toEqual([]);
    expect(command(rig, "a")).toEqual(done);
  });

  test("to one that was removed or demoted just before", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "demote", id: "b" });
    expect(transfer(rig, "a", "b")).toBe("bad-target");
    settle(rig);
    change(rig, "a", { kind: "remove", id: "b" });
    expect(transfer(rig, "a", "b")).toBe("bad-target");
  });

  test("by who does not lead", () => {
    const rig = ledByA();
    expect(transfer(rig, "b", "c")).toBe("not-leader");
    expect(transfer(rig, "b", "b")).toBe("not-leader");
  });

  test("when there is nobody else", () => {
    expect(transfer(ledByA({ servers: ["a"] }), "a", undefined)).toBe("nobody-else");
    expect(transfer(ledByA({ servers: ["a", "l"], learners: ["l"] }), "a", undefined)).toBe("nobody-else");
  });

  test("to a second one while the first is asked; asking for the same again changes nothing", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    const until = raftOf(rig, "a").leading?.transfer?.untilMs;
    pass(rig, 300);
    expect(transfer(rig, "a", "c")).toBe("under-way");
    expect(transfer(rig, "a", "b")).toBe("started");
    expect(raftOf(rig, "a").leading?.transfer?.untilMs).toBe(until);
    expect(takeMail(rig).map(({ message }) => message.type)).toEqual(["timeout-now"]);
    // It is told once, however often it answers.
    for (let beats = 0; beats < 3; beats++) {
      beat(rig, "a");
      settle(rig, ({ message }) => {
        expect(message.type).not.toBe("timeout-now");
        return true;
      });
    }
  });
});

describe("while leadership is handed over", () => {
  test("the target can be neither removed nor demoted, nor anything else changed", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    for (const kind of ["remove", "demote"] as const)
      expect(change(rig, "a", { kind, id: "b" })).toBe("transferring");
    expect(latestConfiguration(raftOf(rig, "a").log).index).toBe(1);
  });

  test("no proposal is taken, so the target cannot be left behind by writers; afterwards they are again", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    expect(command(rig, "a")).toBe("transferring");
    takeMail(rig);
    waitForTheEnd(rig);
    expect(outcomes(rig)).toEqual([{ type: "transfer", target: "b", outcome: "given-up" }]);
    expect(command(rig, "a")).toEqual(done);
    settle(rig);
    expect(stateOf(rig, "a")).toHaveLength(4);
  });

  test("what was proposed before goes with it, and is committed by whoever leads next", () => {
    const rig = ledByA();
    expect(command(rig, "a")).toEqual({ index: 4, term: 2 });
    transfer(rig, "a", "b");
    settle(rig);
    expect(raftOf(rig, "b").role).toBe("leader");
    expect(stateOf(rig, "b")[3]).toBe("2 command 07");
  });

  test("consistent reads go on", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    takeMail(rig);
    turn(rig, "a", (raft) => requestRead(raft, 5));
    settle(rig);
    expect(wordsOf(rig, "a")).toContainEqual({ type: "readable", ids: [5], index: 3 });
  });

  test("another candidate's later term ends it: it is done, though not by whom it was meant for", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    takeMail(rig);
    say(rig, "c", "a", { type: "vote", term: 9, lastLogIndex: 9, lastLogTerm: 8, transfer: true });
    expect(raftOf(rig, "a").role).toBe("follower");
    expect(outcomes(rig)).toEqual([{ type: "transfer", target: "b", outcome: "done" }]);
  });

  test("the leader stays one, and steps down like any other when nobody hears it", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    takeMail(rig);
    pass(rig, 2 * TIMEOUT_MS);
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").role).toBe("follower");
    expect(command(rig, "a")).toBe("not-leader");
  });
});

describe("nothing comes of it", () => {
  test("after one election timeout, at which the leader wakes, when the word was lost", () => {
    const rig = ledByA();
    const beganMs = rig.nowMs;
    transfer(rig, "a", "b");
    expect(raftOf(rig, "a").leading?.transfer?.untilMs).toBe(beganMs + TIMEOUT_MS);
    expect(raftDeadline(raftOf(rig, "a"))).toBeLessThanOrEqual(beganMs + TIMEOUT_MS);
    takeMail(rig);
    for (let beats = 0; beats < 9; beats++) {
      beat(rig, "a");
      settle(rig);
    }
    rig.nowMs = beganMs + TIMEOUT_MS - 1;
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").leading?.transfer).toBeDefined();
    // At the very moment for which it asked to be woken; else it would be woken again and again.
    rig.nowMs = beganMs + TIMEOUT_MS;
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").role).toBe("leader");
    expect(raftOf(rig, "a").leading?.transfer).toBeUndefined();
  });

  test("when the target is too slow to catch up", () => {
    const rig = ledByA();
    command(rig, "a");
    settle(rig, among("a", "c"));
    transfer(rig, "a", "b");
    for (let beats = 0; beats < 11; beats++) {
      beat(rig, "a");
      settle(rig, among("a", "c"));
    }
    expect(outcomes(rig)).toEqual([{ type: "transfer", target: "b", outcome: "given-up" }]);
    expect(takeMail(rig)).toEqual([]);
  });

  test("when the target has crashed, or lost its disk: what it has is a stranger's, who does not campaign", () => {
    for (const fall of [crash, loseDisk]) {
      const rig = ledByA();
      fall(rig, "b");
      expect(transfer(rig, "a", "b")).toBe("started");
      for (let beats = 0; beats < 11; beats++) {
        beat(rig, "a");
        settle(rig, ({ message, to }) => message.type !== "timeout-now" || fall === loseDisk || to !== "b");
      }
      expect(raftOf(rig, "a").role).toBe("leader");
      expect(outcomes(rig)).toEqual([{ type: "transfer", target: "b", outcome: "given-up" }]);
    }
  });

  test("and then it can be tried again, with another", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    takeMail(rig);
    waitForTheEnd(rig);
    expect(transfer(rig, "a", "c")).toBe("started");
    settle(rig);
    expect(raftOf(rig, "c").role).toBe("leader");
  });
});

describe("a word to campaign", () => {
  const word = (term: number) => ({ type: "timeout-now", term }) as const;

  function unmoved(raft: Raft, act: () => void): void {
    const { currentTerm, role } = raft;
    act();
    expect(raft).toMatchObject({ currentTerm, role });
  }

  test.each([
    ["of an older term", "a", 1],
    ["of a term to come", "a", 3],
    ["by another than the leader", "c", 2],
  ])("%s is passed over", (_, from, term) => {
    const rig = ledByA();
    unmoved(raftOf(rig, "b"), () => say(rig, from, "b", word(term)));
    expect(takeMail(rig)).toEqual([]);
  });

  test("is nothing to a learner, nor to one without a log", () => {
    const rig = ledByA({ servers: ["a", "b", "c", "l"], learners: ["l"] });
    unmoved(raftOf(rig, "l"), () => say(rig, "a", "l", word(2)));
    loseDisk(rig, "b");
    beat(rig, "a");
    settle(rig);
    unmoved(raftOf(rig, "b"), () => say(rig, "a", "b", word(2)));
  });

  test("is nothing to one whose disk refuses", () => {
    const rig = ledByA();
    give(rig, "b", { type: "storage-failed" });
    unmoved(raftOf(rig, "b"), () => say(rig, "a", "b", word(2)));
  });

  test("that comes twice moves one term", () => {
    const rig = ledByA();
    say(rig, "a", "b", word(2));
    say(rig, "a", "b", word(2));
    expect(raftOf(rig, "b").currentTerm).toBe(3);
  });

  test("leads to a campaign whose requests wait for its term and vote like any", () => {
    const rig = ledByA();
    seatOf(rig, "b").disk.held = true;
    say(rig, "a", "b", word(2));
    expect(mailTo(rig, "c")).toEqual([]);
  });

  test("does not win against logs that have more: the vote is judged like any", () => {
    const rig = ledByA({ config: { planted: "raft-transfer-too-early" } });
    command(rig, "a");
    settle(rig, among("a", "c"));
    beat(rig, "a");
    settle(rig, among("a", "c"));
    expect(raftOf(rig, "a").commitIndex).toBe(4);
    // A leader that tells it too early does harm to nobody: nothing committed is lost.
    transfer(rig, "a", "b");
    deliver(
      rig,
      mailTo(rig, "b").map((message) => ({ from: "a", to: "b", message })),
    );
    settle(rig);
    expect(raftOf(rig, "b").role).not.toBe("leader");
  });
});

describe("the lease of a leader that has told somebody to campaign", () => {
  test("is over at once: that one may be elected without regard for it", () => {
    const rig = ledByA();
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(true);
    transfer(rig, "a", "b");
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(false);
  });

  /** The word to b comes after a has given the transfer up: b leads, and a does not know it. */
  function lateWord(planted?: string): Rig {
    const rig = ledByA({ config: { planted } });
    transfer(rig, "a", "b");
    const late = takeMail(rig);
    waitForTheEnd(rig);
    beat(rig, "a");
    settle(rig);
    expect(raftOf(rig, "a").leading?.transfer).toBeUndefined();
    deliver(rig, late);
    settle(rig, among("b", "c"));
    for (const id of ["a", "b"]) expect(raftOf(rig, id).role).toBe("leader");
    return rig;
  }

  test("does not come back in its term: the word may be late, and whoever hears it is elected all the same", () => {
    const rig = lateWord();
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(false);
  });

  test("would be a lie if it did", () => {
    const rig = lateWord("raft-lease-outlives-transfer");
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(true);
  });

  test("is not lost before anybody was told", () => {
    const rig = ledByA();
    command(rig, "a");
    settle(rig, among("a", "c"));
    transfer(rig, "a", "b");
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(true);
    for (let beats = 0; beats < 11; beats++) {
      beat(rig, "a");
      settle(rig, among("a", "c"));
    }
    expect(raftOf(rig, "a").leading?.transfer).toBeUndefined();
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(true);
  });

  test("is as good as new in its next term", () => {
    const rig = ledByA();
    transfer(rig, "a", "b");
    takeMail(rig);
    timeOut(rig, "a");
    elect(rig, "a");
    beat(rig, "a");
    settle(rig);
    expect(holdsLease(raftOf(rig, "a"), rig.nowMs)).toBe(true);
  });
});
