// Linearizable reads at followers: one question to the leader for all reads of a turn, answered after a round like the
// leader's own reads; lost, late and doubled words; what is dropped when the leader changes.

import { describe, expect, test } from "vitest";
import { requestRead } from "../../../src/core/raft/read-index.ts";
import {
  beat,
  change,
  command,
  crash,
  createCluster,
  deliver,
  elect,
  give,
  type Letter,
  ledByA,
  type Rig,
  raftOf,
  say,
  settle,
  takeMail,
  turn,
  type Word,
  wordsOf,
} from "./rig.ts";

function read(rig: Rig, at: string, ...ids: number[]): void {
  turn(rig, at, (raft) => {
    for (const id of ids) expect(requestRead(raft, id)).toBe(true);
  });
}

const said = (rig: Rig, id: string): Word[] =>
  wordsOf(rig, id).filter(({ type }) => type === "readable" || type === "unreadable");

const breakStorage = (rig: Rig, id: string): void => give(rig, id, { type: "storage-failed" });

const questions = (letters: readonly Letter[]): Letter[] =>
  letters.filter(({ message }) => message.type === "read-index");

describe("reads of a follower", () => {
  test("of one turn are one question, and are served at what was committed when it came to the leader", () => {
    const rig = ledByA();
    read(rig, "b", 1, 2, 3);
    expect(questions(rig.mail)).toHaveLength(1);
    settle(rig);
    expect(said(rig, "b")).toEqual([{ type: "readable", ids: [1, 2, 3], index: 3 }]);
    expect(said(rig, "a")).toEqual([]);
  });

  test("share a round with the leader's own, and with those of other followers", () => {
    const rig = ledByA();
    const { leading } = raftOf(rig, "a");
    const before = leading?.round ?? 0;
    read(rig, "b", 1);
    read(rig, "c", 2);
    const letters = questions(takeMail(rig));
    turn(rig, "a", (raft) => {
      requestRead(raft, 9);
      expect(letters).toHaveLength(2);
    });
    for (const { from, to, message } of letters) say(rig, from, to, message);
    settle(rig);
    expect(leading?.round).toBeLessThanOrEqual(before + 3);
    expect([said(rig, "a"), said(rig, "b"), said(rig, "c")].flat()).toEqual(
      [9, 1, 2].map((id) => ({ type: "readable", ids: [id], index: 3 })),
    );
  });

  test("wait until a quorum has shown that the leader leads: one that was deposed confirms nothing", () => {
    const rig = ledByA();
    read(rig, "b", 1);
    deliver(rig, questions(takeMail(rig)));
    takeMail(rig);
    elect(rig, "c", ({ from, to }) => from !== "a" && to !== "a");
    expect(said(rig, "b")).toEqual([{ type: "unreadable", ids: [1], refused: false }]);
  });

  test("see the no-op of a leader that has committed nothing yet", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a", ({ message }) => message.type !== "append-reply");
    read(rig, "b", 1);
    settle(rig, ({ message }) => message.type !== "append-reply");
    expect(said(rig, "b")).toEqual([]);
    beat(rig, "a");
    settle(rig);
    expect(said(rig, "b")).toEqual([{ type: "readable", ids: [1], index: 3 }]);
  });

  test("are asked for again when the question is lost, and served once though it comes twice", () => {
    const rig = ledByA();
    read(rig, "b", 1);
    const [lost] = questions(takeMail(rig));
    command(rig, "a");
    settle(rig);
    rig.nowMs += rig.config.heartbeatIntervalMs;
    beat(rig, "a");
    settle(rig);
    expect(said(rig, "b")).toEqual([{ type: "readable", ids: [1], index: 4 }]);
    if (lost !== undefined) say(rig, "b", "a", lost.message);
    settle(rig);
    expect(said(rig, "b")).toEqual([]);
  });

  test("are refused by who leads no longer, and given back", () => {
    const rig = ledByA();
    read(rig, "b", 1);
    breakStorage(rig, "a");
    settle(rig);
    expect(said(rig, "b")).toEqual([]);
    say(rig, "a", "b", { type: "read-index-reply", term: 2, id: questionId(rig), index: 0 });
    expect(said(rig, "b")).toEqual([{ type: "unreadable", ids: [1], refused: true }]);
  });

  test("are not answered by words from others, of other terms, or to questions that nobody asked", () => {
    const rig = ledByA();
    read(rig, "b", 1);
    takeMail(rig);
    const id = questionId(rig);
    say(rig, "c", "b", { type: "read-index-reply", term: 2, id, index: 1 });
    say(rig, "a", "b", { type: "read-index-reply", term: 1, id, index: 1 });
    say(rig, "a", "b", { type: "read-index-reply", term: 9, id, index: 1 });
    say(rig, "a", "b", { type: "read-index-reply", term: 2, id: id + 1, index: 1 });
    expect(said(rig, "b")).toEqual([]);
    expect(raftOf(rig, "b").currentTerm).toBe(2);
  });

  test("of one life are not served by an answer to those of the life before", () => {
    const rig = ledByA();
    read(rig, "b", 1);
    const before = questionId(rig);
    crash(rig, "b");
    beat(rig, "a");
    settle(rig);
    read(rig, "b", 2);
    expect(questionId(rig)).not.toBe(before);
  });

  test("go elsewhere when the disk is broken, or too many are under way", () => {
    const rig = ledByA();
    for (let id = 0; id < 256; id++) read(rig, "b", id);
    expect(requestRead(raftOf(rig, "b"), 256)).toBe(false);
    breakStorage(rig, "c");
    expect(requestRead(raftOf(rig, "c"), 1)).toBe(false);
    breakStorage(rig, "b");
    expect(said(rig, "b").flatMap((word) => (word.type === "unreadable" ? word.ids : []))).toHaveLength(256);
  });

  // Seed 50616 of the swarm in two datacenters: what was asked of such a server hung for seven seconds.
  test("go elsewhere at a server that was taken out: nothing would bring it as far as the leader's word", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "remove", id: "c" });
    settle(rig);
    expect(raftOf(rig, "c").leader).toBe("a");
    expect(requestRead(raftOf(rig, "c"), 1)).toBe(false);
    expect(requestRead(raftOf(rig, "b"), 1)).toBe(true);
  });

  function questionId(rig: Rig): number {
    return raftOf(rig, "b").followerReads.questions[0]?.id ?? 0;
  }
});

describe("a leader that is asked", () => {
  test("refuses who has another term in mind, and adopts none", () => {
    const rig = ledByA();
    say(rig, "b", "a", { type: "read-index", term: 7, id: 1 });
    say(rig, "b", "a", { type: "read-index", term: 1, id: 2 });
    expect(takeMail(rig).map(({ message }) => message)).toEqual([
      { type: "read-index-reply", term: 2, id: 1, index: 0 },
      { type: "read-index-reply", term: 2, id: 2, index: 0 },
    ]);
    expect(raftOf(rig, "a").role).toBe("leader");
  });

  test("keeps no more questions than it has room for", () => {
    const rig = ledByA();
    turn(rig, "a", (raft) => {
      for (let id = 0; id < 1 << 16; id++) requestRead(raft, id);
    });
    takeMail(rig);
    say(rig, "b", "a", { type: "read-index", term: 2, id: 1 });
    expect(takeMail(rig).map(({ message }) => message)).toContainEqual({
      type: "read-index-reply",
      term: 2,
      id: 1,
      index: 0,
    });
  });
});
