// What a server makes of its disk (raft.md A11): snapshot, log, term and vote, and what it refuses to begin with.

import { describe, expect, test } from "vitest";
import { concatBytes } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { raftConfig } from "../../../src/core/raft/config.ts";
import { encodeServers, type ServerRecord } from "../../../src/core/raft/configuration.ts";
import { BOOTSTRAPPED, mayVote } from "../../../src/core/raft/identity.ts";
import { checkRaft } from "../../../src/core/raft/invariants.ts";
import { latestConfiguration, termAt } from "../../../src/core/raft/log.ts";
import { finishRewrite, type Remains, recoverRaft, rewriteMembers } from "../../../src/core/raft/recovery.ts";
import { createRaft, type Raft, type RaftEffect } from "../../../src/core/raft/state.ts";
import { bootstrapRaft, FOUNDING_TERM, flushRaft, isBlank } from "../../../src/core/raft/step.ts";
import {
  among,
  beat,
  change,
  command,
  commands,
  crash,
  createCluster,
  durableTerms,
  elect,
  encodeEntry,
  finishKeeper,
  raftOf,
  seatOf,
  settle,
  stateOf,
  takeMail,
  takeSnapshot,
  termsOf,
  timeOut,
} from "./rig.ts";

const NOW_MS = 5000;

function records(...ids: string[]): ServerRecord[] {
  return ids.map((id) => ({ id, address: `${id}:8300`, voter: true, identity: 0 }));
}

const THREE = records("a", "b", "c");
const NOTHING: Remains = {
  hardState: { term: 0, votedFor: "", identity: 0 },
  batches: [],
  compactedTo: 0,
  snapshot: undefined,
};

function snapshotAt(index: number, term: number, configurationIndex = 1): Remains["snapshot"] {
  return { index, term, configuration: { index: configurationIndex, servers: THREE } };
}

/** Entries of these terms, the first at `firstIndex`; entry 1 is the configuration of a, b and c. */
function batch(firstIndex: number, ...terms: number[]): Remains["batches"][number] {
  const rest = firstIndex === 1 ? terms.slice(1) : terms;
  const first = firstIndex === 1 ? [encodeEntry("configuration", terms[0] ?? 1, encodeServers(THREE))] : [];
  const bytes = concatBytes([...first, commands(firstIndex + first.length, ...rest)]);
  return { firstIndex, count: terms.length, bytes };
}

function hardState(term: number, votedFor = "", identity = 0): Remains["hardState"] {
  return { term, votedFor, identity };
}

function recover(
  remains: Partial<Remains>,
  id = "a",
): { readonly raft: Raft; readonly wrong: string | undefined } {
  const raft = createRaft(id, raftConfig(1), seededChance("recovery"));
  const wrong = recoverRaft(raft, { ...NOTHING, ...remains }, NOW_MS);
  checkRaft(raft);
  return { raft, wrong };
}

/** What it asks of its disk at the end of its first turn. */
function firstRequests(raft: Raft): readonly unknown[] {
  const out: RaftEffect[] = [];
  flushRaft(raft, NOW_MS, out);
  return out.map((effect) => (effect.type === "store" ? effect.request : effect));
}

describe("a server that comes back", () => {
  test("has its term, its vote, its identity and its log, follows, and holds nothing for committed", () => {
    const { raft, wrong } = recover({
      hardState: hardState(4, "b", 77),
      batches: [batch(1, 1, 1, 3), batch(4, 4)],
    });
    expect(wrong).toBeUndefined();
    expect(raft).toMatchObject({
      role: "follower",
      currentTerm: 4,
      votedFor: "b",
      identity: 77,
      commitIndex: 0,
    });
    expect(termsOf(raft)).toEqual([1, 1, 3, 4]);
    expect(raft.electionAtMs).toBeGreaterThanOrEqual(NOW_MS + raft.config.electionTimeoutMs);
    expect(latestConfiguration(raft.log)).toEqual({ index: 1, servers: THREE });
    expect(raft.durability).toMatchObject({ stableIndex: 4, unaskedFrom: 5 });
    expect(firstRequests(raft)).toEqual([]);
  });

  test("from an empty disk is blank: it may be bootstrapped, and does not campaign", () => {
    const { raft, wrong } = recover({});
    expect(wrong).toBeUndefined();
    expect(isBlank(raft)).toBe(true);
    expect(raft.electionAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  test("from a founding that a crash stopped before there was a configuration is blank, and keeps its term and identity", () => {
    const { raft } = recover({ hardState: hardState(FOUNDING_TERM, "", BOOTSTRAPPED) });
    expect(isBlank(raft)).toBe(true);
    bootstrapRaft(raft, THREE, NOW_MS);
    expect(raft).toMatchObject({ currentTerm: FOUNDING_TERM, identity: BOOTSTRAPPED, votedFor: "" });
    expect(latestConfiguration(raft.log)).toEqual({ index: 1, servers: THREE });
  });

  test.each([
    ["has gone on to another term", hardState(FOUNDING_TERM + 1, "", BOOTSTRAPPED)],
    ["is that of a log nobody founded a cluster with", hardState(FOUNDING_TERM, "", 7)],
  ])("from a log without entries that %s is not blank", (_, state) => {
    expect(isBlank(recover({ hardState: state }).raft)).toBe(false);
  });

  test("begins with its snapshot, for committed, and the log goes on after it", () => {
    const { raft } = recover({
      hardState: hardState(4),
      batches: [batch(11, 4, 4)],
      compactedTo: 10,
      snapshot: snapshotAt(10, 3),
    });
    expect(raft).toMatchObject({ commitIndex: 10, snapshot: { index: 10, term: 3 } });
    expect(raft.log).toMatchObject({ base: { index: 10, term: 3 }, lastIndex: 12 });
    expect(latestConfiguration(raft.log).servers).toEqual(THREE);
    expect(firstRequests(raft)).toEqual([]);
  });

  test("knows of the first entry of a log that reaches further back than the snapshot its term alone", () => {
    const { raft } = recover({
      hardState: hardState(4),
      batches: [batch(6, 2, 2, 3), batch(9, 3, 3, 4)],
      compactedTo: 5,
      snapshot: snapshotAt(10, 3),
    });
    expect(raft.log).toMatchObject({ base: { index: 6, term: 2 }, lastIndex: 11 });
    expect([6, 7, 8, 10, 11].map((index) => termAt(raft.log, index))).toEqual([2, 2, 3, 3, 4]);
    expect(raft.commitIndex).toBe(10);
  });

  test("finds the configurations in the log before and after the snapshot's end", () => {
    const two = encodeEntry("configuration", 3, encodeServers(records("a", "b")));
    const one = encodeEntry("configuration", 4, encodeServers(records("a")));
    const bytes = concatBytes([commands(6, 2), two, commands(8, 3, 3), one]);
    const { raft } = recover({
      hardState: hardState(4),
      batches: [{ firstIndex: 6, count: 5, bytes }],
      compactedTo: 5,
      snapshot: { index: 8, term: 3, configuration: { index: 7, servers: records("a", "b") } },
    });
    expect(raft.log.configurations.map(({ index }) => index)).toEqual([0, 7, 10]);
    expect(latestConfiguration(raft.log).servers.map(({ id }) => id)).toEqual(["a"]);
  });

  test("alone in its cluster does not wait for anybody", () => {
    const alone = { index: 1, servers: records("a") };
    const { raft } = recover({
      hardState: hardState(3),
      snapshot: { index: 4, term: 3, configuration: alone },
    });
    expect(raft.electionAtMs).toBe(NOW_MS);
    expect(raft.noVoteBeforeMs).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("a crash while a snapshot takes the place of the log", () => {
  test.each([
    ["has another entry at its end", [batch(1, 1, 1, 2, 2, 2)]],
    ["ends before it", [batch(1, 1, 1)]],
    ["is empty", []],
  ])("leaves a log that %s: all of it goes, and the disk is told", (_, batches) => {
    const { raft, wrong } = recover({ hardState: hardState(3), batches, snapshot: snapshotAt(4, 3) });
    expect(wrong).toBeUndefined();
    expect(raft.log).toMatchObject({ base: { index: 4, term: 3 }, lastIndex: 4, chunks: [] });
    expect(raft.commitIndex).toBe(4);
    expect(firstRequests(raft)).toMatchObject([{ compactTo: 4, entries: { firstIndex: 5, count: 0 } }]);
  });

  test("leaves what follows the snapshot's last entry when the log holds that", () => {
    const { raft } = recover({
      hardState: hardState(3),
      batches: [batch(1, 1, 1, 2, 3, 3, 3)],
      snapshot: snapshotAt(4, 3),
    });
    expect(raft.log).toMatchObject({ base: { index: 0, term: 0 }, lastIndex: 6 });
    expect(raft.commitIndex).toBe(4);
    expect(firstRequests(raft)).toEqual([]);
  });

  test("of a whole server, step by step: the next start finds the snapshot, and drops the rest", () => {
    const rig = createCluster({ terms: [1, 1] }, { config: { trailingEntries: 0 } });
    // c has entries of a leader that nobody else has heard.
    elect(rig, "c", among("b", "c"));
    for (let n = 0; n < 3; n++) command(rig, "c");
    takeMail(rig);
    timeOut(rig, "b");
    settle(rig, among("a", "b"));
    expect(raftOf(rig, "b").role).toBe("leader");
    for (let n = 0; n < 5; n++) command(rig, "b");
    settle(rig, among("a", "b"));
    takeSnapshot(rig, "b");
    seatOf(rig, "c").keeper.held = true;
    for (let rounds = 0; rounds < 3; rounds++) {
      beat(rig, "b");
      settle(rig);
    }
    // All of it came in; it is durable, and the log is not.
    seatOf(rig, "c").disk.held = true;
    finishKeeper(rig, "c");
    expect(raftOf(rig, "c").log.base.index).toBe(raftOf(rig, "b").snapshot.index);
    expect(seatOf(rig, "c").disk.compactedTo).toBe(0);
    crash(rig, "c");
    expect(raftOf(rig, "c").log.base.index).toBe(raftOf(rig, "b").snapshot.index);
    expect(stateOf(rig, "c")).toEqual(stateOf(rig, "b").slice(0, raftOf(rig, "b").snapshot.index));
    for (const each of [seatOf(rig, "c").disk, seatOf(rig, "c").keeper]) each.held = false;
    command(rig, "b");
    for (let rounds = 0; rounds < 3; rounds++) {
      beat(rig, "b");
      settle(rig);
    }
    expect(stateOf(rig, "c")).toEqual(stateOf(rig, "b"));
    expect(durableTerms(rig, "c").slice(-1)).toEqual([3]);
  });
});

describe("damage is refused, and nothing is changed", () => {
  test.each<[string, Partial<Remains>, RegExp]>([
    [
      "an entry of a later term than the disk's",
      { hardState: hardState(2), batches: [batch(1, 1, 3)] },
      /an entry of term 3, but the term on the disk is 2/,
    ],
    [
      "a log without its beginning and without a snapshot",
      { hardState: hardState(3), batches: [batch(6, 3)], compactedTo: 5 },
      /begins after entry 5, but there is no snapshot/,
    ],
    [
      "a log that begins after what the snapshot covers",
      { hardState: hardState(3), batches: [batch(6, 3)], compactedTo: 5, snapshot: snapshotAt(4, 2) },
      /begins after entry 5, but the snapshot ends with entry 4/,
    ],
    [
      "entries of a kind that is not known",
      {
        hardState: hardState(3),
        batches: [{ firstIndex: 1, count: 1, bytes: Uint8Array.of(0, 0, 0, 0, 99, 1, 0, 0, 0, 0, 0) }],
      },
      /kinds that this version does not know/,
    ],
  ])("%s", (_, remains, reason) => {
    const { raft, wrong } = recover(remains);
    expect(wrong).toMatch(reason);
    expect(isBlank(raft)).toBe(true);
    expect(raft.snapshot.index).toBe(0);
  });
});

describe("a snapshot without the log beside it", () => {
  test("that was durable before its term was: the term has come, nobody was promised a vote in it, and the disk is told", () => {
    const { raft, wrong } = recover({
      hardState: hardState(2, "b", 5),
      batches: [batch(1, 1, 1)],
      snapshot: snapshotAt(4, 3),
    });
    expect(wrong).toBeUndefined();
    expect(raft).toMatchObject({ currentTerm: 3, votedFor: "", identity: 5, commitIndex: 4 });
    expect(firstRequests(raft)[0]).toMatchObject({ hardState: { term: 3, votedFor: "", identity: 5 } });
  });

  test("does not speak for the log that is gone: the server begins another, and has no vote until it is let in", () => {
    const { raft, wrong } = recover({ snapshot: snapshotAt(4, 3) });
    expect(wrong).toBeUndefined();
    expect(raft).toMatchObject({ currentTerm: 3, commitIndex: 4 });
    expect(raft.identity).toBeGreaterThan(0);
    expect(mayVote(raft)).toBe(false);
    expect(raft.electionAtMs).toBe(Number.POSITIVE_INFINITY);
    expect(firstRequests(raft)[0]).toMatchObject({ hardState: { term: 3, identity: raft.identity } });
  });

  test("of a server that was alone is not enough: nobody could let it in again", () => {
    const configuration = { index: 1, servers: records("a") };
    const { raft, wrong } = recover({ snapshot: { index: 4, term: 3, configuration } });
    expect(wrong).toMatch(/there is a snapshot up to entry 4, but no log/);
    expect(isBlank(raft)).toBe(true);
  });
});

describe("members written anew by hand", () => {
  function rewritten(): { readonly raft: Raft; readonly index: number } {
    const { raft } = recover({ hardState: hardState(4, "b"), batches: [batch(1, 1, 1, 4)] });
    const meta = rewriteMembers(raft, [
      { id: "a", address: "a:1", voter: true },
      { id: "x", address: "x:1", voter: false },
    ]);
    finishRewrite(raft, meta, NOW_MS);
    checkRaft(raft);
    return { raft, index: meta.index };
  }

  test("take the place of the old ones; all of the log counts as committed; term and vote stay", () => {
    const { raft, index } = rewritten();
    expect(index).toBe(3);
    expect(raft).toMatchObject({
      currentTerm: 4,
      votedFor: "b",
      commitIndex: 3,
      snapshot: { index: 3, term: 4 },
    });
    expect(latestConfiguration(raft.log).servers).toEqual([
      { id: "a", address: "a:1", voter: true, identity: 0 },
      { id: "x", address: "x:1", voter: false, identity: 0 },
    ]);
    expect(raft.log).toMatchObject({ base: { index: 3, term: 4 }, lastIndex: 3 });
    expect(firstRequests(raft)).toMatchObject([{ compactTo: 3, entries: { firstIndex: 4, count: 0 } }]);
  });

  test("keep the logs with which they were added: this one its own, a known one the one that is known, a new one none", () => {
    const servers = records("a", "b").map((each) => ({ ...each, identity: each.id === "a" ? 9 : 5 }));
    const bytes = encodeEntry("configuration", 1, encodeServers(servers));
    const { raft } = recover({
      hardState: hardState(4, "", 77),
      batches: [{ firstIndex: 1, count: 1, bytes }],
    });
    const meta = rewriteMembers(
      raft,
      ["a", "b", "x"].map((id) => ({ id, address: `${id}:1`, voter: true })),
    );
    expect(meta.configuration.servers.map(({ identity }) => identity)).toEqual([77, 5, 0]);
    // By the old members it was a stranger under its own name; by the new ones it may campaign.
    expect(raft.electionAtMs).toBe(Number.POSITIVE_INFINITY);
    finishRewrite(raft, meta, NOW_MS);
    expect(raft.electionAtMs).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  test("are those in force after the next start", () => {
    const { raft } = rewritten();
    const configuration = latestConfiguration(raft.log);
    const again = recover({
      hardState: hardState(4, "b"),
      compactedTo: 3,
      snapshot: { index: 3, term: 4, configuration },
    });
    expect(again.wrong).toBeUndefined();
    expect(latestConfiguration(again.raft.log)).toEqual(configuration);
    // It is the only voter now.
    expect(again.raft.electionAtMs).toBe(NOW_MS);
  });
});

describe("a restart after a change of the configuration", () => {
  test("takes the uncommitted one from the log, as before", () => {
    const rig = createCluster({ terms: [1, 1] });
    elect(rig, "a");
    change(rig, "a", { kind: "remove", id: "c" });
    expect(latestConfiguration(raftOf(rig, "a").log).servers).toHaveLength(2);
    crash(rig, "a");
    expect(raftOf(rig, "a").commitIndex).toBe(0);
    expect(latestConfiguration(raftOf(rig, "a").log).servers).toHaveLength(2);
    settle(rig);
    timeOut(rig, "a");
    expect(takeMail(rig).map(({ to }) => to)).toEqual(["b"]);
  });
});
