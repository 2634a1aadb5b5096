// The two figures of the Raft paper that every implementation is measured by: the logs of Figure 7 and the course of
// events of Figure 8.

import { describe, expect, test } from "vitest";
import {
  among,
  beat,
  crash,
  createRig,
  elect,
  type History,
  type Letter,
  mailTo,
  pass,
  type Rig,
  raftOf,
  say,
  settle,
  TIMEOUT_MS,
  termsOf,
  timeOut,
} from "./rig.ts";

/** Figure 7: "When the leader at the top comes to power, it is possible that any of scenarios (a–f) could occur". */
const LEADER = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
const FOLLOWERS = {
  a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
  b: [1, 1, 1, 4],
  c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
  d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
  e: [1, 1, 1, 4, 4, 4, 4],
  f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
} as const;

function figure7(): Rig {
  const histories: Record<string, History> = { leader: { terms: LEADER, term: 7 } };
  for (const [id, terms] of Object.entries(FOLLOWERS)) histories[id] = { terms, term: 7 };
  return createRig(histories, { servers: ["leader", ...Object.keys(FOLLOWERS)] });
}

describe("Figure 7", () => {
  test.each([
    ["a", true],
    ["b", true],
    ["c", false],
    ["d", false],
    ["e", true],
    ["f", true],
  ] as const)("(%s) votes for the leader: %s", (id, granted) => {
    const rig = figure7();
    say(rig, "leader", id, { type: "vote", term: 8, lastLogIndex: 10, lastLogTerm: 6, transfer: false });
    expect(mailTo(rig, "leader")).toMatchObject([{ type: "vote-reply", term: 8, granted }]);
  });

  test("comes out with the leader's log everywhere, the entries of (c), (d), (e) and (f) that nobody else has gone", () => {
    const rig = figure7();
    const leader = elect(rig, "leader");
    expect(leader.currentTerm).toBe(8);
    for (const id of Object.keys(FOLLOWERS)) expect(termsOf(raftOf(rig, id))).toEqual([...LEADER, 8]);
    expect(leader.commitIndex).toBe(11);
  });

  test.each([
    ["a", 1],
    ["b", 1],
    ["c", 0],
    ["d", 0],
    ["e", 1],
    ["f", 1],
  ] as const)("(%s) is brought into line after %i refusals", (id, refusals) => {
    const rig = figure7();
    let count = 0;
    elect(rig, "leader", ({ from, message }) => {
      if (from === id && message.type === "append-reply" && !message.success) count++;
      return true;
    });
    expect(count).toBe(refusals);
  });
});

describe("Figure 8", () => {
  const SERVERS = ["s1", "s2", "s3", "s4", "s5"];
  /** S4 is out of S1's reach, S5 is down. */
  const reachable = among("s1", "s2", "s3");
  const others = among("s2", "s3", "s4", "s5");

  /**
   * (a) S1 is leader of term 2 and has entry 2 on itself and S2. (b) S1 crashes; S5 is elected for term 3 by S3, S4 and
   * itself, and takes another entry 2. (c) S5 crashes; S1 comes back and leads again, and S3 gets the old entry.
   * @param carries Whether a message of S1 arrives.
   */
  function untilC(carries: (letter: Letter) => boolean): Rig {
    const rig = createRig(
      {
        s1: { terms: [1, 2], term: 2, votedFor: "s1" },
        s2: { terms: [1, 2], term: 2, votedFor: "s1" },
        s3: { terms: [1], term: 3, votedFor: "s5" },
        s4: { terms: [1], term: 3, votedFor: "s5" },
        s5: { terms: [1, 3], term: 3, votedFor: "s5" },
      },
      { servers: SERVERS, config: { maxAppendBytes: 1 } },
    );
    // S3 knows of term 3: S1 learns of it first, and wins term 4 then.
    timeOut(rig, "s1");
    settle(rig, reachable);
    const arrives = (letter: Letter): boolean => reachable(letter) && carries(letter);
    expect(elect(rig, "s1", arrives).currentTerm).toBe(4);
    beat(rig, "s1");
    settle(rig, arrives);
    expect(termsOf(raftOf(rig, "s3")).slice(0, 2)).toEqual([1, 2]);
    return rig;
  }

  function withoutItsOwnEntry({ message }: Letter): boolean {
    return message.type !== "append" || message.prevLogIndex < 2 || message.entries.length === 0;
  }

  function restartFirst(rig: Rig): void {
    crash(rig, "s1");
    pass(rig, TIMEOUT_MS);
    // It still has to hear that the world is at term 4.
    timeOut(rig, "s5");
    settle(rig, others);
  }

  test("(c) an entry of an older term on a majority is not committed by that", () => {
    const rig = untilC(withoutItsOwnEntry);
    expect(["s1", "s2", "s3"].map((id) => termsOf(raftOf(rig, id)))).toEqual([
      [1, 2, 4],
      [1, 2],
      [1, 2],
    ]);
    expect(raftOf(rig, "s1").commitIndex).toBe(0);
  });

  test("(d) so another leader may overwrite it, and nothing is lost that was committed", () => {
    const rig = untilC(withoutItsOwnEntry);
    restartFirst(rig);
    const leader = elect(rig, "s5", others);
    settle(rig);
    beat(rig, "s5");
    settle(rig);
    for (const id of SERVERS) expect(termsOf(raftOf(rig, id))).toEqual([1, 3, leader.currentTerm]);
    expect(leader.commitIndex).toBe(3);
  });

  test("(e) an entry of its own term on a majority commits both, and the other cannot win any more", () => {
    const rig = untilC(() => true);
    expect(termsOf(raftOf(rig, "s3"))).toEqual([1, 2, 4]);
    expect(raftOf(rig, "s1").commitIndex).toBe(3);
    restartFirst(rig);
    for (let tries = 0; tries < 3; tries++) {
      timeOut(rig, "s5");
      settle(rig, others);
      expect(raftOf(rig, "s5").role).not.toBe("leader");
    }
    elect(rig, "s2", others);
    beat(rig, "s2");
    settle(rig);
    for (const id of SERVERS) expect(termsOf(raftOf(rig, id)).slice(0, 3)).toEqual([1, 2, 4]);
  });
});
