// Changing who is in the cluster, one server at a time: what is refused, when a change counts, when it is taken back, and
// how those go who are removed (thesis §4.1, §4.2).

import { describe, expect, test } from "vitest";
import { encodeServers } from "../../../src/core/raft/configuration.ts";
import { latestConfiguration } from "../../../src/core/raft/log.ts";
import {
  type ConfigurationChange,
  failureTolerance,
  serverRecord,
} from "../../../src/core/raft/membership.ts";
import { bootstrapRaft, isBlank } from "../../../src/core/raft/step.ts";
import { transferLeadership } from "../../../src/core/raft/transfer.ts";
import {
  among,
  beat,
  change,
  command,
  crash,
  createCluster,
  createRig,
  deliver,
  elect,
  encodeEntry,
  finishDisk,
  give,
  ledByA,
  loseDisk,
  mailTo,
  pass,
  type Rig,
  raftOf,
  say,
  seatBlank,
  seatOf,
  settle,
  stateOf,
  TIMEOUT_MS,
  takeMail,
  takeSnapshot,
  termsOf,
  timeOut,
  turn,
} from "./rig.ts";

const FIVE = ["a", "b", "c", "d", "e"];

function voterIds(rig: Rig, id: string): string[] {
  const { servers } = latestConfiguration(raftOf(rig, id).log);
  return servers.filter(({ voter }) => voter).map((server) => server.id);
}

const done = { index: expect.any(Number), term: expect.any(Number) };

describe("a change is refused", () => {
  test.each<[string, ConfigurationChange, string]>([
    ["that adds nobody new", { kind: "add-learner", id: "b", address: "b:8300", identity: 0 }, "no-change"],
    [
      "that gives a newcomer another's address",
      { kind: "add-learner", id: "x", address: "b:8300", identity: 9 },
      "address-in-use",
    ],
    [
      "that gives a known one another's address",
      { kind: "add-learner", id: "c", address: "b:8300", identity: 0 },
      "address-in-use",
    ],
    ["that moves nobody", { kind: "move", id: "b", address: "b:8300" }, "no-change"],
    [
      "that moves a server to where another is",
      { kind: "move", id: "b", address: "c:8300" },
      "address-in-use",
    ],
    ["that moves a stranger", { kind: "move", id: "x", address: "x:1" }, "unknown-server"],
    ["that promotes a stranger", { kind: "promote", id: "x" }, "unknown-server"],
    ["that promotes a voter", { kind: "promote", id: "b" }, "no-change"],
    ["that demotes a stranger", { kind: "demote", id: "x" }, "unknown-server"],
    ["that demotes a learner", { kind: "demote", id: "l" }, "no-change"],
    ["that removes a stranger", { kind: "remove", id: "x" }, "unknown-server"],
  ])("%s", (_, what, why) => {
    const rig = ledByA({ servers: ["a", "b", "c", "l"], learners: ["l"] });
    const before = raftOf(rig, "a").log.lastIndex;
    expect(change(rig, "a", what)).toBe(why);
    expect(raftOf(rig, "a").log.lastIndex).toBe(before);
  });

  test.each<[string, ConfigurationChange]>([
    ["removed", { kind: "remove", id: "a" }],
    ["demoted", { kind: "demote", id: "a" }],
    ["let in anew", { kind: "add-learner", id: "a", address: "a:9", identity: 5 }],
  ])("when the last voter would be %s, learners or not", (_, what) => {
    const rig = ledByA({ servers: ["a", "l"], learners: ["l"] });
    expect(change(rig, "a", what)).toBe("last-voter");
  });

  test("by who does not lead, and by who cannot store it", () => {
    const rig = ledByA();
    expect(change(rig, "b", { kind: "remove", id: "c" })).toBe("not-leader");
    give(rig, "a", { type: "storage-failed" });
    expect(change(rig, "a", { kind: "remove", id: "c" })).toBe("not-leader");
  });

  test("while the one before is not committed, and no longer", () => {
    const rig = ledByA({ servers: FIVE });
    expect(change(rig, "a", { kind: "remove", id: "e" })).toEqual(done);
    expect(change(rig, "a", { kind: "remove", id: "d" })).toBe("change-under-way");
    settle(rig, among("a", "b"));
    expect(change(rig, "a", { kind: "remove", id: "d" })).toBe("change-under-way");
    beat(rig, "a");
    settle(rig, among("a", "b", "c"));
    expect(change(rig, "a", { kind: "remove", id: "d" })).toEqual(done);
  });

  test("while leadership is handed over, and no longer", () => {
    const rig = ledByA();
    turn(rig, "a", (raft, out) => transferLeadership(raft, "b", rig.nowMs, out));
    expect(change(rig, "a", { kind: "remove", id: "c" })).toBe("transferring");
    pass(rig, TIMEOUT_MS - 1);
    takeMail(rig);
    expect(change(rig, "a", { kind: "remove", id: "c" })).toBe("transferring");
    beat(rig, "a");
    settle(rig, ({ message }) => message.type !== "timeout-now");
  });

  test("until the leader's own term has committed something", () => {
    const rig = ledByA();
    elect(rig, "b", ({ message }) => message.type !== "append");
    expect(change(rig, "b", { kind: "remove", id: "c" })).toBe("term-not-committed");
    beat(rig, "b");
    settle(rig);
    expect(change(rig, "b", { kind: "remove", id: "c" })).toEqual(done);
  });
});

describe("two leaders that change the cluster without knowing of each other", () => {
  // Ongaro's history of July 2015. 1. a leads a, b, c, d and makes the learner e a voter; e alone hears of it. 2. b is elected
  // by b, c and d, and removes a with c's help. 3. a is elected by a, d and e: d has heard of neither change.
  function history(planted?: string): Rig {
    const rig = ledByA({ servers: FIVE, learners: ["e"], config: { planted } });
    expect(change(rig, "a", { kind: "promote", id: "e" })).toEqual(done);
    settle(rig, among("a", "e"));
    timeOut(rig, "b");
    settle(
      rig,
      ({ from, to, message }) => among("b", "c", "d")({ from, to, message }) && message.type !== "append",
    );
    expect(raftOf(rig, "b").role).toBe("leader");
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").role).toBe("follower");
    return rig;
  }

  function campaignOf(rig: Rig, tries: number): void {
    for (let left = tries; left > 0 && raftOf(rig, "a").role !== "leader"; left--) {
      timeOut(rig, "a");
      settle(rig, among("a", "d", "e"));
    }
  }

  test("cannot have majorities apart: the second has to commit in its own term first", () => {
    const rig = history();
    expect(change(rig, "b", { kind: "remove", id: "a" })).toBe("term-not-committed");
    beat(rig, "b");
    settle(rig, among("b", "c"));
    // Two of the four are not enough for the entry of its own term.
    expect(change(rig, "b", { kind: "remove", id: "a" })).toBe("term-not-committed");
    beat(rig, "b");
    settle(rig, among("b", "c", "d"));
    expect(change(rig, "b", { kind: "remove", id: "a" })).toEqual(done);
    settle(rig, among("b", "c"));
    // Now d has an entry of a later term than any of a's.
    campaignOf(rig, 5);
    expect(raftOf(rig, "a").role).not.toBe("leader");
  });

  test("would have them without that rule", () => {
    const rig = history("raft-change-before-own-commit");
    expect(change(rig, "b", { kind: "remove", id: "a" })).toEqual(done);
    beat(rig, "b");
    settle(rig, among("b", "c"));
    const lost = raftOf(rig, "b").commitIndex;
    expect(lost).toBe(raftOf(rig, "b").log.lastIndex);
    campaignOf(rig, 5);
    expect(raftOf(rig, "a").role).toBe("leader");
    expect(raftOf(rig, "a").commitIndex).toBeGreaterThanOrEqual(lost);
    expect(stateOf(rig, "a")[lost - 1]).not.toEqual(stateOf(rig, "b")[lost - 1]);
  });
});

describe("a change counts", () => {
  test("from the moment it is appended: a majority is one of the new configuration", () => {
    const rig = ledByA({ servers: ["a", "b", "c", "d"] });
    change(rig, "a", { kind: "remove", id: "d" });
    const { lastIndex } = raftOf(rig, "a").log;
    settle(rig, among("a", "b"));
    expect(raftOf(rig, "a").commitIndex).toBe(lastIndex);
    expect(voterIds(rig, "b")).toEqual(["a", "b", "c"]);
  });

  test("and a new voter is needed from then on", () => {
    const rig = ledByA({ servers: ["a", "b", "c", "d"], learners: ["d"] });
    const { commitIndex } = raftOf(rig, "a");
    change(rig, "a", { kind: "promote", id: "d" });
    settle(rig, among("a", "b"));
    expect(raftOf(rig, "a").commitIndex).toBe(commitIndex);
    beat(rig, "a");
    settle(rig, among("a", "b", "d"));
    expect(raftOf(rig, "a").commitIndex).toBe(raftOf(rig, "a").log.lastIndex);
  });

  test("until its entry is cut off: the configuration before is in force again, at leader and follower", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "remove", id: "c" });
    takeMail(rig);
    expect(voterIds(rig, "a")).toEqual(["a", "b"]);
    elect(rig, "b", among("b", "c"));
    beat(rig, "b");
    settle(rig);
    expect(voterIds(rig, "a")).toEqual(["a", "b", "c"]);
    expect(raftOf(rig, "a").electionAtMs).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  test("and is told to the next leader by its log, with the followers that it names", () => {
    const rig = ledByA({ servers: ["a", "b", "c", "d"] });
    change(rig, "a", { kind: "remove", id: "d" });
    settle(rig, among("a", "b"));
    const b = elect(rig, "b", among("b", "c"));
    expect([...(b.leading?.progress.keys() ?? [])].sort()).toEqual(["a", "c"]);
  });

  test("for an address at once, and for a vote not", () => {
    const rig = ledByA();
    expect(change(rig, "a", { kind: "move", id: "b", address: "b:9" })).toEqual(done);
    expect(serverRecord(raftOf(rig, "a"), "b")).toEqual({
      id: "b",
      address: "b:9",
      voter: true,
      identity: 0,
    });
  });
});

describe("a newcomer", () => {
  function withNewcomer(): Rig {
    const rig = ledByA();
    const { identity } = seatBlank(rig, "d");
    expect(change(rig, "a", { kind: "add-learner", id: "d", address: "d:8300", identity })).toEqual(done);
    return rig;
  }

  test("gets the whole log as a learner, and counts for nothing meanwhile", () => {
    const rig = withNewcomer();
    const { commitIndex, log } = raftOf(rig, "a");
    settle(rig, among("a", "d"));
    expect(raftOf(rig, "d").log.lastIndex).toBe(log.lastIndex);
    expect(raftOf(rig, "a").commitIndex).toBe(commitIndex);
    expect(raftOf(rig, "d").electionAtMs).toBe(Number.POSITIVE_INFINITY);
    pass(rig, 5 * TIMEOUT_MS);
    give(rig, "d", { type: "wake" });
    expect(raftOf(rig, "d").role).toBe("follower");
    expect(failureTolerance(raftOf(rig, "a"))).toBe(1);
  });

  test("may vote once it has read of its admission: the candidate may know of its promotion", () => {
    const rig = withNewcomer();
    settle(rig);
    pass(rig, 3 * TIMEOUT_MS);
    say(rig, "b", "d", { type: "vote", term: 9, lastLogIndex: 99, lastLogTerm: 8, transfer: false });
    expect(mailTo(rig, "b")).toMatchObject([{ type: "vote-reply", granted: true }]);
  });

  test("that has not caught up is not promoted; one that has is, and is needed", () => {
    const rig = withNewcomer();
    settle(rig, among("a", "b", "c"));
    expect(change(rig, "a", { kind: "promote", id: "d" })).toBe("not-caught-up");
    beat(rig, "a");
    settle(rig);
    expect(change(rig, "a", { kind: "promote", id: "d" })).toEqual(done);
    expect(failureTolerance(raftOf(rig, "a"))).toBe(1);
    settle(rig);
    elect(rig, "d");
  });

  test("that is added again with another address is a learner until it is promoted anew", () => {
    const rig = ledByA();
    expect(change(rig, "a", { kind: "add-learner", id: "c", address: "c:9", identity: 0 })).toEqual(done);
    expect(serverRecord(raftOf(rig, "a"), "c")).toMatchObject({ address: "c:9", voter: false });
    settle(rig);
    expect(change(rig, "a", { kind: "promote", id: "c" })).toEqual(done);
    settle(rig);
    expect(voterIds(rig, "b")).toEqual(["a", "b", "c"]);
  });

  test("whose address is no one's any more may have it", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "remove", id: "c" });
    settle(rig);
    const { identity } = seatBlank(rig, "d");
    expect(change(rig, "a", { kind: "add-learner", id: "d", address: "c:8300", identity })).toEqual(done);
  });
});

describe("a leader that is taken out", () => {
  test.each(["remove", "demote"] as const)(
    "leads until that is committed, without counting itself, and then no more (%s)",
    (kind) => {
      const rig = ledByA();
      expect(change(rig, "a", { kind, id: "a" })).toEqual(done);
      const { lastIndex } = raftOf(rig, "a").log;
      settle(rig, among("a", "b"));
      // Of b and c one is not a majority, though a has it too.
      expect(raftOf(rig, "a")).toMatchObject({ role: "leader", commitIndex: lastIndex - 1 });
      expect(command(rig, "a")).toEqual(done);
      beat(rig, "a");
      settle(rig);
      expect(raftOf(rig, "a").role).toBe("follower");
      expect(raftOf(rig, "a").commitIndex).toBeGreaterThanOrEqual(lastIndex);
      // Its last words told both that it is committed.
      for (const id of ["b", "c"]) expect(raftOf(rig, id).commitIndex).toBeGreaterThanOrEqual(lastIndex);
      pass(rig, 5 * TIMEOUT_MS);
      give(rig, "a", { type: "wake" });
      expect(raftOf(rig, "a").role).toBe("follower");
      expect(takeMail(rig)).toEqual([]);
      elect(rig, "b", among("b", "c"));
    },
  );

  test("counts itself neither for reads nor against its own stepping down", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "remove", id: "a" });
    const sure = raftOf(rig, "a").leading?.quorumMs;
    beat(rig, "a");
    settle(rig, ({ from, to, message }) => among("a", "b")({ from, to, message }));
    expect(raftOf(rig, "a").leading?.quorumMs).toBe(sure);
    pass(rig, TIMEOUT_MS);
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").role).toBe("follower");
  });

  test("and fell before anybody heard of it campaigns all the same: nobody else could be elected", () => {
    // Thesis §4.2.2: of a and b, a removes itself. Its log is the longer one, so b cannot win; and the removal may yet be
    // undone, so a must not think itself out of it.
    const rig = ledByA({ servers: ["a", "b"] });
    change(rig, "a", { kind: "remove", id: "a" });
    takeMail(rig);
    pass(rig, TIMEOUT_MS);
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").role).toBe("follower");
    timeOut(rig, "b");
    settle(rig);
    expect(raftOf(rig, "b").role).not.toBe("leader");
    timeOut(rig, "a");
    settle(rig);
    // It led for as long as it took to see itself out.
    expect(rig.leaders.get(3)).toBe("a");
    expect(raftOf(rig, "a").role).toBe("follower");
    expect(voterIds(rig, "b")).toEqual(["b"]);
    pass(rig, 5 * TIMEOUT_MS);
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").role).toBe("follower");
    elect(rig, "b");
  });

  test("and lost power before anybody heard of it campaigns when it comes back", () => {
    const rig = ledByA({ servers: ["a", "b"] });
    change(rig, "a", { kind: "remove", id: "a" });
    takeMail(rig);
    crash(rig, "a");
    // It is not the only voter there, so it keeps its promises first.
    expect(raftOf(rig, "a").noVoteBeforeMs).toBe(rig.nowMs + TIMEOUT_MS);
    timeOut(rig, "a");
    settle(rig);
    expect(rig.leaders.get(3)).toBe("a");
    expect(voterIds(rig, "b")).toEqual(["b"]);
  });
});

describe("a follower that is taken out", () => {
  test("is sent its removal, told that it is committed, and forgotten then", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "remove", id: "c" });
    settle(rig);
    beat(rig, "a");
    settle(rig);
    expect(voterIds(rig, "c")).toEqual(["a", "b"]);
    expect(raftOf(rig, "c").commitIndex).toBe(raftOf(rig, "a").commitIndex);
    beat(rig, "a");
    expect([...(raftOf(rig, "a").leading?.progress.keys() ?? [])]).toEqual(["b"]);
    expect(takeMail(rig).map(({ to }) => to)).not.toContain("c");
    pass(rig, 5 * TIMEOUT_MS);
    give(rig, "c", { type: "wake" });
    expect(takeMail(rig)).toEqual([]);
  });

  test("and cannot be reached is forgotten after a while", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "remove", id: "c" });
    for (let beats = 0; beats < 25; beats++) {
      beat(rig, "a");
      settle(rig, among("a", "b"));
    }
    expect([...(raftOf(rig, "a").leading?.progress.keys() ?? [])]).toEqual(["b"]);
  });

  test("and is let in again at once is a member like before", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "remove", id: "c" });
    settle(rig, among("a", "b"));
    expect(change(rig, "a", { kind: "add-learner", id: "c", address: "c:8300", identity: 0 })).toEqual(done);
    for (let beats = 0; beats < 25; beats++) {
      beat(rig, "a");
      settle(rig);
    }
    expect(raftOf(rig, "a").leading?.progress.get("c")).toMatchObject({ mode: "replicate" });
    expect(change(rig, "a", { kind: "promote", id: "c" })).toEqual(done);
  });

  test("and never hears of it cannot disturb those who are left", () => {
    const rig = ledByA();
    change(rig, "a", { kind: "remove", id: "c" });
    settle(rig, among("a", "b"));
    for (let rounds = 0; rounds < 4; rounds++) {
      pass(rig, TIMEOUT_MS / 2);
      give(rig, "a", { type: "wake" });
      settle(rig, among("a", "b"));
    }
    timeOut(rig, "c");
    // timeOut let the others' promises lapse; they hear from a again before c's questions come.
    const questions = takeMail(rig, ({ from }) => from === "c");
    expect(questions.map(({ message }) => message.type)).toEqual(["pre-vote", "pre-vote"]);
    expect(raftOf(rig, "a").role).toBe("leader");
    give(rig, "b", {
      type: "message",
      from: "a",
      message: {
        type: "append",
        term: 2,
        prevLogIndex: 0,
        prevLogTerm: 0,
        entries: new Uint8Array(0),
        leaderCommit: 0,
        round: 1,
      },
    });
    takeMail(rig);
    deliver(rig, questions);
    say(rig, "c", "b", { type: "vote", term: 9, lastLogIndex: 99, lastLogTerm: 8, transfer: false });
    expect(takeMail(rig, ({ to }) => to === "c")).not.toContainEqual(
      expect.objectContaining({ message: expect.objectContaining({ granted: true }) }),
    );
    for (const id of ["a", "b"]) expect(raftOf(rig, id).currentTerm).toBe(2);
  });

  test("a second server among two goes, and the one that is left goes on alone at once", () => {
    const rig = ledByA({ servers: ["a", "b"] });
    change(rig, "a", { kind: "remove", id: "b" });
    expect(raftOf(rig, "a").commitIndex).toBe(raftOf(rig, "a").log.lastIndex);
    takeMail(rig);
    for (let beats = 0; beats < 30; beats++) beat(rig, "a");
    expect(raftOf(rig, "a").role).toBe("leader");
    expect(failureTolerance(raftOf(rig, "a"))).toBe(0);
  });
});

describe("a leader that is alone", () => {
  test("with a learner that does not answer keeps nothing of the rounds that nobody echoes", () => {
    const rig = ledByA({ servers: ["a", "l"], learners: ["l"] });
    for (let beats = 0; beats < 100; beats++) {
      beat(rig, "a");
      takeMail(rig);
    }
    expect(raftOf(rig, "a").role).toBe("leader");
    expect(raftOf(rig, "a").leading?.openRounds.length).toBeLessThan(3);
  });

  test("for long has no sooner a second voter than it waits for it like any leader", () => {
    const rig = ledByA({ servers: ["a"] });
    pass(rig, 100 * TIMEOUT_MS);
    const { identity } = seatBlank(rig, "b");
    change(rig, "a", { kind: "add-learner", id: "b", address: "b:8300", identity });
    settle(rig);
    expect(change(rig, "a", { kind: "promote", id: "b" })).toEqual(done);
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").role).toBe("leader");
    settle(rig);
    expect(raftOf(rig, "b").commitIndex).toBeGreaterThan(0);
  });
});

describe("the first configuration", () => {
  const THREE = ["a", "b", "c"].map((id) => ({ id, address: `${id}:8300`, voter: true }));

  function bootstrap(rig: Rig, id: string, servers = THREE): void {
    turn(rig, id, (raft) => bootstrapRaft(raft, servers, rig.nowMs));
  }

  test("is entry 1 of term 1, the same on everybody, and is durable before anything rests on it", () => {
    const rig = createRig({});
    for (const { id } of THREE) {
      seatBlank(rig, id);
      bootstrap(rig, id);
    }
    const disks = THREE.map(({ id }) => seatOf(rig, id).disk);
    for (const disk of disks) {
      expect(disk.hardState).toEqual({ term: 1, votedFor: "", identity: 0 });
      expect(disk.entries).toEqual(disks[0]?.entries);
    }
    expect(termsOf(raftOf(rig, "a"))).toEqual([1]);
    elect(rig, "b");
    expect(raftOf(rig, "b")).toMatchObject({ currentTerm: 2, commitIndex: 2 });
  });

  test("is followed by an election within a fraction of a second, and in the next millisecond where there is but one", () => {
    const rig = createRig({});
    const raft = seatBlank(rig, "a");
    bootstrap(rig, "a");
    expect(raft.electionAtMs - rig.nowMs).toBeLessThan(200);
    const alone = createRig({});
    seatBlank(alone, "a");
    bootstrap(alone, "a", THREE.slice(0, 1));
    give(alone, "a", { type: "wake" });
    expect(raftOf(alone, "a").role).toBe("follower");
    alone.nowMs++;
    give(alone, "a", { type: "wake" });
    expect(raftOf(alone, "a")).toMatchObject({ role: "leader", commitIndex: 2 });
  });

  test("is given to nobody who has a log, a snapshot or a term", () => {
    const rig = ledByA({ config: { trailingEntries: 0 } });
    takeSnapshot(rig, "a");
    loseDisk(rig, "c");
    say(rig, "b", "c", { type: "vote", term: 9, lastLogIndex: 9, lastLogTerm: 8, transfer: true });
    for (const id of ["a", "b", "c"]) {
      expect(isBlank(raftOf(rig, id))).toBe(false);
      expect(() => bootstrap(rig, id)).toThrow(/only a blank server/);
    }
  });
});

describe("a configuration in a log", () => {
  test("of a follower that is cut off with other entries gives back the one before", () => {
    const rig = createCluster({ terms: [1, 1] });
    const servers = rig.servers.filter(({ id }) => id !== "b");
    const entries = encodeEntry("configuration", 2, encodeServers(servers));
    const message = {
      type: "append",
      term: 2,
      prevLogIndex: 2,
      prevLogTerm: 1,
      entries,
      leaderCommit: 0,
      round: 1,
    } as const;
    say(rig, "a", "b", message);
    expect(voterIds(rig, "b")).toEqual(["a", "c"]);
    say(rig, "c", "b", { ...message, term: 3, entries: encodeEntry("no-op", 3, new Uint8Array(0)) });
    expect(voterIds(rig, "b")).toEqual(["a", "b", "c"]);
  });

  test("counts for an election before it is on disk, and is there before the vote that rests on it", () => {
    const rig = ledByA();
    seatOf(rig, "b").disk.held = true;
    change(rig, "a", { kind: "remove", id: "c" });
    settle(rig);
    expect(voterIds(rig, "b")).toEqual(["a", "b"]);
    crash(rig, "b");
    expect(voterIds(rig, "b")).toEqual(["a", "b", "c"]);
    finishDisk(rig, "b");
  });
});
