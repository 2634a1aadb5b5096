// Each planted bug of this room breaks a promise that holds without it: the proof that somebody would notice. The swarm
// finds most of them too, later (src/sim/mutants.ts).

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { latestConfiguration } from "../../../src/core/raft/log.ts";
import type { AppendReply, RaftMessage } from "../../../src/core/raft/messages.ts";
import { holdsLease, requestRead } from "../../../src/core/raft/read-index.ts";
import { snapshotMeta } from "../../../src/core/raft/take-snapshot.ts";
import { MUTANTS } from "../../../src/sim/mutants.ts";
import { bytesOf } from "./keeper.ts";
import {
  among,
  beat,
  change,
  command,
  commands,
  createCluster,
  createRig,
  deliver,
  elect,
  finishDisk,
  type History,
  loseDisk,
  mailTo,
  pass,
  type Rig,
  raftOf,
  say,
  seatOf,
  settle,
  TIMEOUT_MS,
  takeMail,
  takeSnapshot,
  timeOut,
  transfer,
  turn,
  wordsOf,
} from "./rig.ts";

type Planted = string | undefined;

/** a leads term 2; its no-op is entry 3, committed and known to all. */
function cluster(planted: Planted, config: object = {}, servers: readonly string[] = ["a", "b", "c"]): Rig {
  const rig = createCluster({ terms: [1, 1] }, { servers, config: { planted, ...config } });
  elect(rig, "a");
  beat(rig, "a");
  settle(rig);
  wordsOf(rig, "a");
  return rig;
}

/** Server a alone at the table. */
function single(planted: Planted, history: History, servers: readonly string[] = ["a", "b", "c"]): Rig {
  return createRig({ a: history }, { servers, config: { planted } });
}

function append(
  term: number,
  [prevLogIndex, prevLogTerm]: readonly [number, number],
  terms: readonly number[],
  leaderCommit = 0,
): RaftMessage {
  const entries = commands(prevLogIndex + 1, ...terms);
  return { type: "append", term, prevLogIndex, prevLogTerm, entries, leaderCommit, round: 1 };
}

function acknowledge(index: number, term = 2, round = 1): AppendReply {
  return { type: "append-reply", term, success: true, index, hintIndex: 0, hintTerm: 0, round, identity: 0 };
}

/** Asks a server for its vote. @returns Whether it was given. */
function votes(rig: Rig, id: string, term: number, lastLogIndex: number, lastLogTerm: number): boolean {
  say(rig, "b", id, { type: "vote", term, lastLogIndex, lastLogTerm, transfer: false });
  const [reply] = mailTo(rig, "b").slice(-1);
  return reply?.type === "vote-reply" && reply.granted;
}

/** a has won its pre-votes: it is a candidate of term 2, and its requests are lost. */
function candidate(planted: Planted, servers: readonly string[] = ["a", "b", "c"]): Rig {
  const rig = createCluster({ terms: [1, 1] }, { servers, config: { planted } });
  timeOut(rig, "a");
  settle(rig, ({ message }) => message.type.startsWith("pre-vote"));
  expect(raftOf(rig, "a").role).toBe("candidate");
  return rig;
}

/** Gives c, whose log is this, the whole snapshot of another cluster's leader, up to entry 5. */
function install(planted: Planted, terms: readonly number[]): Rig {
  const source = cluster(undefined);
  for (let n = 0; n < 2; n++) command(source, "a");
  settle(source);
  takeSnapshot(source, "a");
  const rig = createRig({ c: { terms, term: 4 } }, { config: { planted } });
  giveSnapshot(source, rig, 4);
  return rig;
}

function giveSnapshot(source: Rig, rig: Rig, term: number): void {
  const [file] = seatOf(source, "a").keeper.files;
  if (file === undefined) throw new Error("there is a snapshot");
  const { meta } = file;
  say(rig, "a", "c", {
    type: "snapshot",
    term,
    lastIncludedIndex: meta.index,
    lastIncludedTerm: meta.term,
    configuration: new TextEncoder().encode(JSON.stringify(meta.configuration.servers)),
    configurationIndex: meta.configuration.index,
    size: bytesOf(file).length,
    offset: 0,
    data: bytesOf(file),
    round: 1,
  });
}

/** The promise, as a function that says whether it was kept. */
const promises: [bug: string, promise: string, kept: (planted: Planted) => boolean][] = [
  [
    "raft-append-clears-vote",
    "a vote is remembered as long as its term lasts",
    (planted) => raftOf(cluster(planted), "b").votedFor === "a",
  ],
  [
    "raft-append-reply-before-stored",
    "entries are acknowledged when they are on disk, and not before",
    (planted) => {
      const rig = single(planted, { terms: [1, 1] });
      seatOf(rig, "a").disk.held = true;
      say(rig, "b", "a", append(1, [2, 1], [1]));
      return mailTo(rig, "b").length === 0;
    },
  ],
  [
    "raft-vote-before-stored",
    "a vote leaves when it is on disk, and not before",
    (planted) => {
      const rig = single(planted, { terms: [1, 1] });
      seatOf(rig, "a").disk.held = true;
      return !votes(rig, "a", 5, 9, 4);
    },
  ],
  [
    "raft-campaigner-votes",
    "a candidate has given its vote of that term to itself",
    (planted) => !votes(candidate(planted), "a", 2, 9, 1),
  ],
  [
    "raft-commit-beyond-last-new",
    "a follower commits no more than the message vouches for",
    (planted) => {
      const rig = single(planted, { terms: [1, 1, 2] });
      say(rig, "b", "a", append(3, [2, 1], [], 3));
      return raftOf(rig, "a").commitIndex === 2;
    },
  ],
  [
    "raft-commit-older-term",
    "an entry of an older term is not committed by counting",
    (planted) => {
      const rig = createCluster({ terms: [1, 1] }, { config: { planted } });
      elect(rig, "a", ({ message }) => message.type !== "append");
      say(rig, "b", "a", acknowledge(2));
      return raftOf(rig, "a").commitIndex === 0;
    },
  ],
  [
    "raft-leader-counts-unstored",
    "a leader counts itself for what is on its own disk",
    (planted) => {
      const rig = cluster(planted);
      seatOf(rig, "a").disk.held = true;
      command(rig, "a");
      settle(rig, among("a", "b"));
      return raftOf(rig, "a").commitIndex === 3;
    },
  ],
  [
    "raft-lease-forever",
    "a lease ends",
    (planted) => {
      const rig = cluster(planted);
      pass(rig, 10 * TIMEOUT_MS);
      return !holdsLease(raftOf(rig, "a"), rig.nowMs);
    },
  ],
  [
    "raft-match-goes-back",
    "what a follower is known to have it keeps",
    (planted) => {
      const rig = cluster(planted);
      say(rig, "b", "a", acknowledge(1));
      return raftOf(rig, "a").leading?.progress.get("b")?.match === 3;
    },
  ],
  [
    "raft-quorum-off-by-one",
    "half of the servers commit nothing",
    (planted) => {
      const rig = cluster(planted);
      command(rig, "a");
      return raftOf(rig, "a").commitIndex === 3;
    },
  ],
  [
    "raft-follower-read-unconfirmed",
    "a follower's reads wait for a round like the leader's own",
    (planted) => {
      const rig = cluster(planted);
      turn(rig, "b", (raft) => requestRead(raft, 1));
      deliver(rig, takeMail(rig));
      return takeMail(rig).every(({ message }) => message.type !== "read-index-reply");
    },
  ],
  [
    "raft-quorum-unsorted",
    "it is the median that is committed, whoever has it",
    (planted) => {
      const rig = cluster(planted);
      seatOf(rig, "a").disk.held = true;
      command(rig, "a");
      settle(rig, among("a", "b"));
      return raftOf(rig, "a").commitIndex === 3;
    },
  ],
  [
    "raft-read-before-own-commit",
    "a new leader's reads see all that was committed before it",
    (planted) => {
      const rig = createCluster({ terms: [1, 1] }, { config: { planted } });
      elect(rig, "a", ({ message }) => message.type !== "append");
      turn(rig, "a", (raft) => requestRead(raft, 1));
      say(rig, "b", "a", acknowledge(0, 2, 2));
      const read = wordsOf(rig, "a").find(({ type }) => type === "readable");
      return read?.type === "readable" && read.index === 3;
    },
  ],
  [
    "raft-stale-vote-counted",
    "a vote is for one campaign",
    (planted) => {
      const rig = candidate(planted);
      say(rig, "b", "a", { type: "vote-reply", term: 1, granted: true, identity: 0 });
      return raftOf(rig, "a").role === "candidate";
    },
  ],
  [
    "raft-storage-aba",
    "a write vouches for the entries that it held, and not for those that took their place",
    (planted) => {
      const rig = single(planted, { terms: [1, 1], term: 3 });
      seatOf(rig, "a").disk.held = true;
      say(rig, "b", "a", append(3, [2, 1], [3]));
      say(rig, "c", "a", append(4, [2, 1], [4]));
      finishDisk(rig, "a", 1);
      return raftOf(rig, "a").durability.stableIndex === 2;
    },
  ],
  [
    "raft-truncate-always",
    "a shorter message cuts nothing",
    (planted) => {
      const rig = single(planted, { terms: [1, 1, 1] });
      say(rig, "b", "a", append(1, [1, 1], []));
      return raftOf(rig, "a").log.lastIndex === 3;
    },
  ],
  [
    "raft-vote-by-length",
    "of two logs the one with the later term is the newer, not the longer one",
    (planted) => !votes(single(planted, { terms: [1, 1, 3] }), "a", 5, 9, 2),
  ],
  [
    "raft-vote-counted-twice",
    "a vote counts once, however often it comes",
    (planted) => {
      const rig = candidate(planted, ["a", "b", "c", "d", "e"]);
      for (let n = 0; n < 2; n++)
        say(rig, "b", "a", { type: "vote-reply", term: 2, granted: true, identity: 0 });
      return raftOf(rig, "a").role === "candidate";
    },
  ],
  [
    "raft-vote-ignores-log",
    "nobody votes for a log that is older than its own",
    (planted) => !votes(single(planted, { terms: [1, 1, 3] }), "a", 5, 2, 1),
  ],
  [
    "raft-install-keeps-tail",
    "a snapshot takes the place of a log that conflicts with it",
    (planted) => raftOf(install(planted, [1, 1, 3, 3, 3, 3]), "c").log.base.index === 5,
  ],
  [
    "raft-older-snapshot",
    "a snapshot of what is committed already changes nothing",
    (planted) => {
      const rig = cluster(planted);
      takeSnapshot(rig, "a");
      for (let n = 0; n < 2; n++) command(rig, "a");
      for (let n = 0; n < 2; n++) {
        beat(rig, "a");
        settle(rig);
      }
      giveSnapshot(rig, rig, 2);
      return raftOf(rig, "c").commitIndex === 5;
    },
  ],
  [
    "raft-snapshot-uncommitted-configuration",
    "a snapshot has the configuration that was committed",
    (planted) => {
      const rig = cluster(planted);
      change(rig, "a", { kind: "remove", id: "c" });
      return snapshotMeta(raftOf(rig, "a"), 3).configuration.servers.length === 3;
    },
  ],
  [
    "raft-lost-log-still-counts",
    "who lost its log is sent all of it again",
    (planted) => {
      const rig = cluster(planted);
      loseDisk(rig, "c");
      for (let n = 0; n < 5; n++) {
        beat(rig, "a");
        settle(rig);
      }
      return raftOf(rig, "c").log.lastIndex === 3;
    },
  ],
  [
    "raft-stranger-votes",
    "who lost its log does not vote before it is let in again",
    (planted) => {
      const rig = cluster(planted);
      loseDisk(rig, "c");
      return !votes(rig, "c", 5, 9, 4);
    },
  ],
  [
    "raft-transfer-too-early",
    "who is told to campaign has everything",
    (planted) => {
      const rig = cluster(planted);
      command(rig, "a");
      takeMail(rig);
      transfer(rig, "a", "b");
      return mailTo(rig, "b").every(({ type }) => type !== "timeout-now");
    },
  ],
  [
    "raft-lease-outlives-transfer",
    "a leader that told another to campaign has no lease when that one leads",
    (planted) => {
      const rig = cluster(planted);
      transfer(rig, "a", "b");
      deliver(rig, takeMail(rig));
      settle(rig, among("b", "c"));
      const both = ["a", "b"].every((id) => raftOf(rig, id).role === "leader");
      return both && !holdsLease(raftOf(rig, "a"), rig.nowMs);
    },
  ],
  [
    "raft-change-before-own-commit",
    "a leader changes nothing before its own term has committed",
    (planted) => {
      const rig = cluster(planted);
      elect(rig, "b", ({ message }) => message.type !== "append");
      change(rig, "b", { kind: "remove", id: "c" });
      return latestConfiguration(raftOf(rig, "b").log).servers.length === 3;
    },
  ],
];

function keepsInvariants(kept: () => boolean): boolean {
  try {
    return kept();
  } catch {
    return false;
  }
}

describe.each(promises)("%s", (bug, promise, kept) => {
  test(`${promise}`, () => {
    expect(kept(undefined)).toBe(true);
  });

  test("is noticed", () => {
    expect(keepsInvariants(() => kept(bug))).toBe(false);
  });
});

test("every planted bug of this room is noticed here, or by what the table of all of them names", () => {
  const folder = new URL("../../../src/core/raft/", import.meta.url);
  const source = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8"));
  const names = [...source.join("\n").matchAll(/planted\([\w.]+, "([\w-]+)"\)/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(20);
  const noticed = new Set([...promises.map(([bug]) => bug), ...MUTANTS.map(({ name }) => name)]);
  expect(names.filter((name) => name === undefined || !noticed.has(name))).toEqual([]);
});
