// Log replication: what a follower takes, cuts and commits, and how a leader finds the place where two logs agree, keeps
// its pipeline full and counts (Raft §5.3, §5.4.2, Figure 2).

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { encodeServers, voters } from "../../../src/core/raft/configuration.ts";
import { bytesAfter, entryAt, latestConfiguration } from "../../../src/core/raft/log.ts";
import type { AppendEntries, AppendReply, RaftMessage } from "../../../src/core/raft/messages.ts";
import type { Progress, Raft } from "../../../src/core/raft/state.ts";
import { propose, raftDeadline } from "../../../src/core/raft/step.ts";
import {
  among,
  beat,
  commands,
  createCluster,
  createRig,
  deliver,
  elect,
  encodeEntry,
  give,
  type Letter,
  ledByA,
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
  turn,
  wordsOf,
} from "./rig.ts";

interface AppendOptions {
  readonly commit?: number;
  readonly round?: number;
}

function append(
  term: number,
  [prevLogIndex, prevLogTerm]: readonly [index: number, term: number],
  terms: readonly number[],
  { commit = 0, round = 1 }: AppendOptions = {},
): AppendEntries {
  const entries = commands(prevLogIndex + 1, ...terms);
  return { type: "append", term, prevLogIndex, prevLogTerm, entries, leaderCommit: commit, round };
}

/** What server a, whose log is this, answers b; and its log afterwards. */
function answer(terms: readonly number[], message: AppendEntries): [RaftMessage | undefined, number[]] {
  const rig = createRig({ a: { terms, term: 4 } });
  say(rig, "b", "a", message);
  return [mailTo(rig, "b")[0], termsOf(raftOf(rig, "a"))];
}

describe("a follower", () => {
  test.each([
    // [log before], message, [log after]
    ["appends what is new", [1, 1, 2], append(4, [3, 2], [4, 4]), [1, 1, 2, 4, 4]],
    ["skips what is there", [1, 1, 2], append(4, [1, 1], [1, 2]), [1, 1, 2]],
    ["skips what is there and appends the rest", [1, 1, 2], append(4, [1, 1], [1, 2, 4]), [1, 1, 2, 4]],
    ["cuts from the first conflict on", [1, 1, 2, 2, 2], append(4, [2, 1], [2, 3, 3, 4]), [1, 1, 2, 3, 3, 4]],
    ["cuts at the very first entry", [1, 1, 2, 2, 2], append(4, [2, 1], [4]), [1, 1, 4]],
    ["cuts nothing for a shorter message", [1, 1, 2, 2, 2], append(4, [1, 1], [1]), [1, 1, 2, 2, 2]],
    ["cuts nothing for a heartbeat", [1, 1, 2, 2, 2], append(4, [2, 1], []), [1, 1, 2, 2, 2]],
    ["cuts nothing for a heartbeat at nothing", [1, 1, 2, 2, 2], append(4, [0, 0], []), [1, 1, 2, 2, 2]],
  ])("%s", (_name, before, message, after) => {
    const last = message.prevLogIndex + commandCount(message);
    expect(answer(before, message)).toEqual([
      {
        type: "append-reply",
        term: 4,
        success: true,
        index: last,
        hintIndex: 0,
        hintTerm: 0,
        round: 1,
        identity: 0,
      },
      after,
    ]);
  });

  test.each([
    // Where the logs may still agree: the highest index whose term is at most prevLogTerm.
    ["past the end of our log", [1, 1, 2], append(4, [9, 3], [4]), [3, 2]],
    ["past the end, and of a term older than our last", [1, 1, 2, 2], append(4, [9, 1], [4]), [2, 1]],
    [
      "of another term than ours: the whole term is stepped over",
      [1, 1, 3, 3, 3],
      append(4, [4, 2], []),
      [2, 1],
    ],
    [
      "of a later term than ours there: it may be there one entry later",
      [1, 1, 2],
      append(4, [3, 3], []),
      [3, 2],
    ],
    ["nothing in common", [2, 2, 2], append(4, [3, 1], [4]), [0, 0]],
    ["at nothing, with a term", [1, 1], append(4, [0, 3], []), [0, 0]],
  ])("refuses a previous entry %s", (_name, before, message, [hintIndex, hintTerm]) => {
    expect(answer(before, message)).toEqual([
      {
        type: "append-reply",
        term: 4,
        success: false,
        index: message.prevLogIndex,
        hintIndex,
        hintTerm,
        round: 1,
        identity: 0,
      },
      before,
    ]);
  });

  test("tells an old leader the term, and takes nothing from it", () => {
    const [reply, log] = answer([1, 1, 2], append(3, [3, 2], [3]));
    expect(reply).toMatchObject({ term: 4, success: false });
    expect(log).toEqual([1, 1, 2]);
  });

  test("echoes the round of what it answers, yes or no", () => {
    expect(answer([1], append(4, [1, 1], [], { round: 17 }))[0]).toMatchObject({ round: 17, success: true });
    expect(answer([1], append(4, [9, 1], [], { round: 18 }))[0]).toMatchObject({ round: 18, success: false });
  });

  test.each([
    ["terms that fall", append(4, [2, 1], [3, 2])],
    ["an entry of a term before the previous one's", append(4, [3, 2], [1])],
    ["an entry of a term to come", append(4, [3, 2], [5])],
    ["a previous entry of a term to come", append(4, [3, 5], [])],
    ["half an entry", { ...append(4, [3, 2], []), entries: commands(4, 4).slice(0, -1) }],
    ["an entry of an unknown kind", { ...append(4, [3, 2], []), entries: new Uint8Array(11).fill(9) }],
  ])("takes no word of what no leader would send: %s", (_name, message) => {
    expect(answer([1, 1, 2], message)).toEqual([undefined, [1, 1, 2]]);
  });

  test("refuses to replace what is committed, and says that somebody lies", () => {
    const rig = createRig({ a: { terms: [1, 1, 2] } });
    say(rig, "b", "a", append(2, [3, 2], [], { commit: 3 }));
    takeMail(rig);
    wordsOf(rig, "a");
    say(rig, "c", "a", append(5, [1, 1], [1, 5, 5]));
    expect(wordsOf(rig, "a")).toContainEqual({ type: "conflict", from: "c", index: 3 });
    expect(rig.mail).toEqual([]);
    expect(termsOf(raftOf(rig, "a"))).toEqual([1, 1, 2]);
  });

  test("takes one message twice, late or out of order for what it is", () => {
    const letters = [append(2, [2, 1], [1, 2]), append(2, [4, 2], [2, 2]), append(2, [6, 2], [2])];
    const order = fc.array(fc.nat(2), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(order, (places) => {
        const rig = createRig({ a: { terms: [1, 1, 1, 1, 1, 1] } });
        let longest = 0;
        for (const place of places) {
          const before = raftOf(rig, "a").log.lastIndex;
          say(rig, "b", "a", letters[place] as AppendEntries);
          const after = termsOf(raftOf(rig, "a"));
          // Entry 4 is the first conflict: once it is here, a message only ever adds.
          if (longest > 0) expect(after.length).toBeGreaterThanOrEqual(before);
          if (after[3] === 2) longest = Math.max(longest, after.length);
          expect(after.length).toBeGreaterThanOrEqual(longest);
        }
        for (const letter of letters) say(rig, "b", "a", letter);
        expect(termsOf(raftOf(rig, "a"))).toEqual([1, 1, 1, 2, 2, 2, 2]);
      }),
    );
  });
});

describe("a follower commits", () => {
  test.each([
    ["as far as the leader has", [1, 1, 2], append(4, [3, 2], [], { commit: 2 }), 2],
    ["no further than its message reaches", [1, 1, 2], append(4, [2, 1], [], { commit: 3 }), 2],
    ["no further than the message's last entry", [1, 1, 3, 3], append(4, [1, 1], [1], { commit: 9 }), 2],
    ["what the message brings", [1, 1, 2], append(4, [3, 2], [4, 4], { commit: 9 }), 5],
    ["nothing by a message that it refuses", [1, 1, 2], append(4, [3, 3], [4], { commit: 3 }), 0],
  ])("%s", (_name, terms, message, commit) => {
    const rig = createRig({ a: { terms, term: 4 } });
    say(rig, "b", "a", message);
    expect(raftOf(rig, "a").commitIndex).toBe(commit);
    const words = wordsOf(rig, "a").filter(({ type }) => type === "committed");
    expect(words).toEqual(commit === 0 ? [] : [{ type: "committed", index: commit }]);
  });

  test("and never takes it back", () => {
    const rig = createRig({ a: { terms: [1, 1, 1], term: 1 } });
    say(rig, "b", "a", append(1, [3, 1], [], { commit: 3 }));
    say(rig, "b", "a", append(1, [3, 1], [], { commit: 1 }));
    say(rig, "c", "a", append(2, [3, 1], [], { commit: 0 }));
    expect(raftOf(rig, "a").commitIndex).toBe(3);
  });
});

/** The leader takes a command. @returns Its index. */
function put(rig: Rig, leader: string, size = 1): number {
  turn(rig, leader, (raft) => propose(raft, new Uint8Array(size)));
  return raftOf(rig, leader).log.lastIndex;
}

function progressOf(rig: Rig, leader: string, follower: string): Progress | undefined {
  return raftOf(rig, leader).leading?.progress.get(follower);
}

function appendsTo(rig: Rig, id: string): AppendEntries[] {
  return mailTo(rig, id).filter((message) => message.type === "append");
}

function commandCount({ entries }: AppendEntries): number {
  let count = 0;
  for (let at = 0; at < entries.length; count++) at += 11 + (entries[at] ?? 0);
  return count;
}

function indexesOf(messages: readonly AppendEntries[]): [first: number, count: number][] {
  return messages.map((message) => [message.prevLogIndex + 1, commandCount(message)]);
}

function reply(rig: Rig, fields: Partial<AppendReply>): AppendReply {
  const { currentTerm } = raftOf(rig, "a");
  const rest = { success: true, index: 0, hintIndex: 0, hintTerm: 0, round: 0, identity: 0 };
  return { type: "append-reply", term: currentTerm, ...rest, ...fields };
}

describe("a leader", () => {
  test("begins with one message to each, at the end of its own log", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a", ({ message }) => message.type !== "append");
    expect(progressOf(rig, "a", "b")).toMatchObject({ match: 0, next: 3, mode: "probe" });
    put(rig, "a");
    put(rig, "a");
    // Until the first is answered nothing else is sent.
    expect(appendsTo(rig, "b")).toEqual([]);
  });

  test("sends what comes in while earlier messages are on their way", () => {
    const rig = ledByA();
    for (let times = 0; times < 3; times++) put(rig, "a");
    expect(indexesOf(appendsTo(rig, "b"))).toEqual([
      [4, 1],
      [5, 1],
      [6, 1],
    ]);
  });

  test("sends all commands of a turn in one message, the same object to both followers, and stores them at once", () => {
    const rig = ledByA();
    turn(rig, "a", (raft) => {
      for (let times = 0; times < 5; times++) propose(raft, Uint8Array.of(times));
    });
    const [toB] = appendsTo(rig, "b");
    const [toC] = appendsTo(rig, "c");
    expect(indexesOf(toB === undefined ? [] : [toB])).toEqual([[4, 5]]);
    expect(toC).toBe(toB);
  });

  test("splits what is longer than a message may be, but never an entry", () => {
    const rig = ledByA({ config: { maxAppendBytes: 100 } });
    turn(rig, "a", (raft) => {
      for (const size of [30, 30, 30, 200, 1]) propose(raft, new Uint8Array(size));
    });
    expect(indexesOf(appendsTo(rig, "b"))).toEqual([
      [4, 2],
      [6, 1],
      [7, 1],
      [8, 1],
    ]);
  });

  test.each([
    ["messages", { maxInflightMessages: 3 }],
    ["bytes", { maxInflightBytes: 33 }],
  ])("stops when the window is full of %s, and goes on with each answer", (_name, config) => {
    const rig = ledByA({ config });
    for (let times = 0; times < 6; times++) put(rig, "a");
    const sent = takeMail(rig, ({ to }) => to === "b");
    expect(sent).toHaveLength(3);
    deliver(rig, sent.slice(0, 1));
    deliver(
      rig,
      takeMail(rig, ({ from }) => from === "b"),
    );
    expect(progressOf(rig, "a", "b")).toMatchObject({ match: 4 });
    expect(indexesOf(appendsTo(rig, "b"))).toEqual([[7, 3]]);
    deliver(rig, sent.slice(1));
    settle(rig, among("a", "b"));
    expect(progressOf(rig, "a", "b")).toMatchObject({ match: 6, inflight: [{ lastIndex: 9 }] });
    say(rig, "b", "a", reply(rig, { index: 9 }));
    expect(progressOf(rig, "a", "b")).toMatchObject({ match: 9, inflight: [], inflightBytes: 0 });
  });

  test("opens slowly when it has just been found out where the logs agree: twice as wide with each answer", () => {
    const rig = ledByA({ config: { maxAppendBytes: 1 } });
    for (let times = 0; times < 40; times++) put(rig, "a");
    // Overtaken by others, as far as b can tell.
    takeMail(rig);
    const match = must(progressOf(rig, "a", "b"), "b follows").match;
    say(rig, "b", "a", reply(rig, { success: false, index: match + 9, hintIndex: match, hintTerm: 2 }));
    const [probe] = takeMail(rig, ({ to }) => to === "b");
    say(rig, "b", "a", reply(rig, { index: match + 1 }));
    const first = takeMail(rig, ({ to }) => to === "b").length;
    say(rig, "b", "a", reply(rig, { index: match + 2 }));
    const second = takeMail(rig, ({ to }) => to === "b").length;
    expect(probe?.message).toMatchObject({ type: "append", prevLogIndex: match });
    expect([first, second]).toEqual([16, 17]);
  });

  test("whose messages were all lost begins again where the follower is, at the next heartbeat", () => {
    const rig = ledByA({ config: { maxInflightMessages: 3 } });
    for (let times = 0; times < 6; times++) put(rig, "a");
    takeMail(rig);
    beat(rig, "a");
    settle(rig);
    expect(progressOf(rig, "a", "b")).toMatchObject({ match: 9, mode: "replicate" });
    expect(raftOf(rig, "b").log.lastIndex).toBe(9);
  });

  test("whose answers were all lost learns from the next heartbeat what is there", () => {
    const rig = ledByA();
    put(rig, "a");
    settle(rig, ({ from }) => from === "a");
    expect(raftOf(rig, "a").commitIndex).toBe(3);
    beat(rig, "a");
    settle(rig);
    expect(raftOf(rig, "a").commitIndex).toBe(4);
  });

  test("that probes asks again with each heartbeat", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a", among("a", "b"));
    expect(progressOf(rig, "a", "c")).toMatchObject({ mode: "probe", probing: true });
    beat(rig, "a");
    const asked = indexesOf(appendsTo(rig, "c"));
    expect(asked).toEqual([
      [3, 0],
      [3, 1],
    ]);
  });

  test("asks one that has lost what it once had no more often than it beats", () => {
    const rig = ledByA();
    put(rig, "a");
    settle(rig);
    const no = reply(rig, { success: false, index: 4, hintIndex: 0, hintTerm: 0 });
    put(rig, "a");
    takeMail(rig);
    const asked = [1, 2, 3].map(() => {
      say(rig, "b", "a", { ...no, index: (progressOf(rig, "a", "b")?.next ?? 0) - 1 });
      return appendsTo(rig, "b").length;
    });
    expect(asked).toEqual([1, 0, 0]);
    beat(rig, "a");
    expect(appendsTo(rig, "b").length).toBeGreaterThan(0);
    expect(progressOf(rig, "a", "b")).toMatchObject({ match: 4, next: 5, mode: "probe" });
  });

  test("refuses proposals past what may be uncommitted, and takes them again when it is committed", () => {
    const rig = ledByA({ config: { maxUncommittedBytes: 100 } });
    put(rig, "a", 200);
    const raft = raftOf(rig, "a");
    expect(bytesAfter(raft.log, raft.commitIndex)).toBeGreaterThan(100);
    expect(propose(raft, new Uint8Array(1))).toBe("too-much-uncommitted");
    settle(rig);
    expect(propose(raft, new Uint8Array(1))).toEqual({ index: 5, term: 2 });
  });

  test("is the only one to take proposals", () => {
    const rig = ledByA();
    expect(propose(raftOf(rig, "b"), Uint8Array.of(1))).toBe("not-leader");
  });
});

describe("answers that come late, twice or in another order", () => {
  test("never lower what a follower is known to have", () => {
    const rig = ledByA();
    for (let times = 0; times < 4; times++) put(rig, "a");
    takeMail(rig);
    for (const index of [6, 4, 7, 5, 6]) say(rig, "b", "a", reply(rig, { index }));
    expect(progressOf(rig, "a", "b")).toMatchObject({ match: 7, next: 8 });
  });

  test("with a no that an earlier yes has overtaken are passed over", () => {
    const rig = ledByA();
    put(rig, "a");
    put(rig, "a");
    takeMail(rig);
    say(rig, "b", "a", reply(rig, { index: 5 }));
    say(rig, "b", "a", reply(rig, { success: false, index: 4, hintIndex: 3, hintTerm: 2 }));
    expect(progressOf(rig, "a", "b")).toMatchObject({ match: 5, next: 6, mode: "replicate" });
  });

  test("with a no to another question than the one that is open are passed over", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a", ({ message }) => message.type !== "append");
    for (const index of [1, 3, 77])
      say(rig, "b", "a", reply(rig, { success: false, index, hintIndex: 1, hintTerm: 1 }));
    expect(progressOf(rig, "a", "b")).toMatchObject({ next: 3, probing: true });
    say(rig, "b", "a", reply(rig, { success: false, index: 2, hintIndex: 1, hintTerm: 1 }));
    expect(progressOf(rig, "a", "b")).toMatchObject({ next: 2, probing: true });
  });

  test("of an older term are for another leader, even if that was the same server", () => {
    const rig = ledByA();
    put(rig, "a");
    takeMail(rig);
    say(rig, "b", "a", reply(rig, { term: 1, index: 4 }));
    expect(progressOf(rig, "a", "b")?.match).toBe(3);
    expect(raftOf(rig, "a").commitIndex).toBe(3);
  });

  test("of a later term end its leadership", () => {
    const rig = ledByA();
    say(rig, "b", "a", reply(rig, { term: 9, success: false }));
    expect(raftOf(rig, "a")).toMatchObject({ role: "follower", currentTerm: 9, leader: undefined });
  });

  test("of entries that the leader does not have, or of strangers, count for nothing", () => {
    const rig = ledByA();
    put(rig, "a");
    takeMail(rig);
    say(rig, "b", "a", reply(rig, { index: 99 }));
    say(rig, "x", "a", reply(rig, { index: 4 }));
    expect(raftOf(rig, "a").commitIndex).toBe(3);
  });

  test("leave both logs equal at the end, whatever order the roads gave", () => {
    const road = fc.record({ what: fc.constantFrom("put", "lose", "late", "twice", "now"), at: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(road, { maxLength: 40 }), (roads) => {
        const rig = ledByA({ config: { maxInflightMessages: 4, maxAppendBytes: 40 } });
        for (const { what, at } of roads) {
          const letter = rig.mail[at % Math.max(1, rig.mail.length)];
          if (what === "put") put(rig, "a", 9);
          else if (letter === undefined) continue;
          else if (what === "late") rig.mail.push(...rig.mail.splice(0, 1));
          else {
            if (what !== "twice") takeMail(rig, (each) => each === letter);
            if (what !== "lose") deliver(rig, [letter]);
          }
        }
        settle(rig);
        for (let times = 0; times < 3; times++) {
          beat(rig, "a");
          settle(rig);
        }
        const leader = raftOf(rig, "a");
        expect(leader.commitIndex).toBe(leader.log.lastIndex);
        for (const id of ["b", "c"]) {
          expect(logOf(raftOf(rig, id))).toEqual(logOf(leader));
          expect(raftOf(rig, id).commitIndex).toBe(leader.commitIndex);
        }
      }),
    );
  });
});

function logOf({ log }: Raft): unknown[] {
  return Array.from({ length: log.lastIndex }, (_, at) => entryAt(log, at + 1));
}

describe("where two logs part", () => {
  test.each([
    ["a follower that lacks entries", [1, 1, 2, 2, 3, 3, 3], [1, 1, 2], 2],
    ["a follower with a tail of an older term", [1, 1, 1, 5, 5, 5], [1, 1, 1, 2, 2, 2, 2, 2, 2], 2],
    ["a follower with tails of many terms", [1, 4, 4, 4, 4, 4, 4], [1, 2, 2, 3, 3, 3, 3, 3, 3], 3],
    ["a follower that has only the configuration", [1, 2, 3, 4, 5, 6, 7], [1], 2],
    ["turns of terms on both sides", [1, 1, 3, 3, 5, 5, 7, 7], [1, 1, 2, 2, 4, 4, 6, 6], 5],
  ])("is found by terms, not entry by entry: %s", (_name, leaderTerms, followerTerms, refusals) => {
    const rig = createRig({ a: { terms: leaderTerms, term: 8 }, b: { terms: followerTerms, term: 8 } });
    const noes: Letter[] = [];
    elect(rig, "a", (letter) => {
      if (letter.message.type === "append-reply" && !letter.message.success) noes.push(letter);
      return true;
    });
    expect(termsOf(raftOf(rig, "b"))).toEqual([...leaderTerms, 9]);
    expect(noes.length).toBeLessThanOrEqual(refusals);
  });

  test("is found for any two logs, with no more noes than there are terms past that place", () => {
    const terms = fc.array(fc.nat(2), { maxLength: 12 }).map((each) => each.sort((x, y) => x - y));
    fc.assert(
      fc.property(fc.nat(9), terms, terms, (common, ours, theirs) => {
        // Log Matching (§5.3): what is equal is a beginning; past it no term is in both.
        const beginning = new Array<number>(common + 1).fill(1);
        const leading = [...beginning, ...ours.map((each) => 3 + 2 * each)];
        const following = [...beginning, ...theirs.map((each) => 2 + 2 * each)];
        const rig = createRig({
          a: { terms: leading, term: 7 },
          b: { terms: following, term: 7 },
          c: { terms: [1], term: 7 },
        });
        let noes = 0;
        // c's vote is enough: b may be ahead or behind.
        elect(rig, "a", ({ from, message }) => {
          if (from === "b" && message.type === "append-reply" && !message.success) noes++;
          return true;
        });
        expect(termsOf(raftOf(rig, "b"))).toEqual([...leading, 8]);
        expect(noes).toBeLessThanOrEqual(new Set([...ours, ...theirs.map((each) => each + 0.5)]).size + 1);
      }),
    );
  });
});

describe("a leader commits", () => {
  test("what a majority has, itself counted, and tells it", () => {
    const rig = ledByA({ servers: ["a", "b", "c", "d", "e"] });
    put(rig, "a");
    takeMail(rig);
    say(rig, "b", "a", reply(rig, { index: 4 }));
    expect(raftOf(rig, "a").commitIndex).toBe(3);
    say(rig, "c", "a", reply(rig, { index: 4 }));
    expect(wordsOf(rig, "a")).toEqual([{ type: "committed", index: 4 }]);
  });

  test("not by learners", () => {
    const rig = ledByA({ servers: ["a", "b", "c", "d", "e"], learners: ["d", "e"] });
    put(rig, "a");
    takeMail(rig);
    for (const learner of ["d", "e"]) say(rig, learner, "a", reply(rig, { index: 4 }));
    expect(raftOf(rig, "a").commitIndex).toBe(3);
    say(rig, "c", "a", reply(rig, { index: 4 }));
    expect(raftOf(rig, "a").commitIndex).toBe(4);
  });

  test("nothing of an older term before an entry of its own, and then all at once", () => {
    const rig = createRig({ a: { terms: [1, 1, 2, 2] }, b: { terms: [1] }, c: { terms: [1] } });
    elect(rig, "a", ({ message }) => message.type !== "append" && message.type !== "append-reply");
    takeMail(rig);
    for (const from of ["b", "c"]) say(rig, from, "a", reply(rig, { index: 4 }));
    expect(raftOf(rig, "a").commitIndex).toBe(0);
    takeMail(rig);
    say(rig, "b", "a", reply(rig, { index: 5 }));
    expect(wordsOf(rig, "a").at(-1)).toEqual({ type: "committed", index: 5 });
  });

  test("and tells its followers soon after, when no entry carries the news", () => {
    const rig = ledByA();
    put(rig, "a");
    settle(rig);
    expect(raftOf(rig, "b").commitIndex).toBe(3);
    pass(rig, rig.config.commitIntervalMs);
    give(rig, "a", { type: "wake" });
    settle(rig);
    for (const id of ["b", "c"]) expect(raftOf(rig, id).commitIndex).toBe(4);
    // Once is enough.
    pass(rig, rig.config.commitIntervalMs - 1);
    give(rig, "a", { type: "wake" });
    expect(rig.mail).toEqual([]);
  });

  test("and its next heartbeat tells whom the news did not reach", () => {
    const rig = ledByA();
    put(rig, "a");
    settle(rig);
    pass(rig, rig.config.commitIntervalMs);
    give(rig, "a", { type: "wake" });
    takeMail(rig);
    beat(rig, "a");
    settle(rig);
    for (const id of ["b", "c"]) expect(raftOf(rig, id).commitIndex).toBe(4);
  });
});

describe("a configuration", () => {
  test("counts from the moment it is appended, and no more once it is cut off", () => {
    const rig = createRig({ a: { terms: [1, 1] } });
    const others = rig.servers.filter(({ id }) => id !== "a");
    const entries = encodeEntry("configuration", 2, encodeServers(others));
    const message = { ...append(2, [2, 1], []), entries };
    say(rig, "b", "a", message);
    expect(voters(latestConfiguration(raftOf(rig, "a").log))).toEqual(["b", "c"]);
    say(rig, "c", "a", append(3, [2, 1], [3]));
    expect(voters(latestConfiguration(raftOf(rig, "a").log))).toEqual(["a", "b", "c"]);
    expect(raftDeadline(raftOf(rig, "a"))).toBeLessThan(rig.nowMs + 2 * TIMEOUT_MS);
  });

  test("that takes the vote keeps its owner from campaigning once it is known to be committed, and not before", () => {
    const rig = createRig({ a: { terms: [1, 1] } });
    const others = rig.servers.filter(({ id }) => id !== "a");
    const entries = encodeEntry("configuration", 2, encodeServers(others));
    say(rig, "b", "a", { ...append(2, [2, 1], []), entries });
    timeOut(rig, "a");
    expect(raftOf(rig, "a").role).toBe("pre-candidate");
    say(rig, "b", "a", append(2, [3, 2], [], { commit: 3 }));
    timeOut(rig, "a");
    expect(raftOf(rig, "a").role).toBe("follower");
    expect(raftOf(rig, "a").electionAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  test("that comes with a leader's last word gives the vote at once: nobody else may be up to date", () => {
    const rig = createRig({ a: { terms: [] } }, { servers: ["a", "b"] });
    const servers = rig.servers.map((server) => ({
      ...server,
      identity: server.id === "a" ? raftOf(rig, "a").identity : 0,
    }));
    const entries = encodeEntry("configuration", 1, encodeServers(servers));
    say(rig, "b", "a", { ...append(1, [0, 0], []), entries });
    timeOut(rig, "a");
    expect(raftOf(rig, "a").role).toBe("pre-candidate");
  });
});
