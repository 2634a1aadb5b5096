// Snapshots (§7, Figure 13): when one is taken and what goes then; how it gets to a follower that needs it, over a bad road;
// what the follower does with it and with its log.

import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { encodeServers } from "../../../src/core/raft/configuration.ts";
import { latestConfiguration, termAt } from "../../../src/core/raft/log.ts";
import type { AppendReply, InstallSnapshot, RaftMessage } from "../../../src/core/raft/messages.ts";
import type { Progress, RaftEffect } from "../../../src/core/raft/state.ts";
import { raftDeadline } from "../../../src/core/raft/step.ts";
import { considerSnapshot, snapshotMeta } from "../../../src/core/raft/take-snapshot.ts";
import { bytesOf } from "./keeper.ts";
import {
  among,
  beat,
  change,
  command,
  commands,
  crash,
  createRig,
  deliver,
  durableTerms,
  elect,
  finishDisk,
  finishKeeper,
  give,
  type Letter,
  ledByA,
  loseDisk,
  mailTo,
  pass,
  type Rig,
  type RigOptions,
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
} from "./rig.ts";

/** Nothing is kept behind a snapshot, which goes in pieces of 100 bytes. */
const SHORT: RigOptions["config"] = { trailingEntries: 0, snapshotPieceBytes: 100 };

/** a leads term 2; its no-op is entry 3, committed and known to all. */
function cluster(options: RigOptions = {}): Rig {
  return ledByA({ ...options, config: { ...SHORT, ...options.config } });
}

/** a has eight entries and a snapshot of all, and nothing else; c has the first three. */
function withLaggard(options: RigOptions = {}): Rig {
  const rig = cluster(options);
  for (let n = 0; n < 5; n++) command(rig, "a");
  settle(rig, among("a", "b"));
  takeSnapshot(rig, "a");
  expect(raftOf(rig, "a").log.base.index).toBe(8);
  expect(raftOf(rig, "c").log.lastIndex).toBe(3);
  return rig;
}

function progressOf(rig: Rig, leader: string, id: string): Progress | undefined {
  return raftOf(rig, leader).leading?.progress.get(id);
}

/** The leader beats and everybody answers, some times. */
function live(rig: Rig, leader: string, beats: number, which?: (letter: Letter) => boolean): void {
  for (let n = 0; n < beats; n++) {
    beat(rig, leader);
    settle(rig, which);
  }
}

function expectSame(rig: Rig, one: string, other: string): void {
  expect(stateOf(rig, one)).toEqual(stateOf(rig, other));
  expect(raftOf(rig, one).log.lastIndex).toBe(raftOf(rig, other).log.lastIndex);
}

/** Every piece of a's snapshot, as messages of this term. */
function piecesOf(rig: Rig, id: string, term: number, pieceBytes = 100): InstallSnapshot[] {
  const file = seatOf(rig, id).keeper.files.at(-1);
  if (file === undefined) throw new Error(`${id} has a snapshot`);
  const bytes = bytesOf(file);
  const { index, configuration } = file.meta;
  return Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) => ({
    type: "snapshot" as const,
    term,
    lastIncludedIndex: index,
    lastIncludedTerm: file.meta.term,
    configuration: encodeServers(configuration.servers),
    configurationIndex: configuration.index,
    size: bytes.length,
    offset: at * pieceBytes,
    data: bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
    round: 1,
  }));
}

const isPiece = ({ message }: Letter): boolean => message.type === "snapshot";

describe("a snapshot of one's own is taken", () => {
  test("when so many entries came since the last, looked at every [T, 2T), by leader and follower alike", () => {
    const rig = cluster({ config: { snapshotEntries: 6, snapshotIntervalMs: 30_000 } });
    for (let n = 0; n < 2; n++) command(rig, "a");
    live(rig, "a", 2);
    const { dueAtMs } = raftOf(rig, "b").snapshot;
    expect(raftDeadline(raftOf(rig, "b"))).toBeLessThanOrEqual(dueAtMs);
    expect(dueAtMs).toBeGreaterThanOrEqual(30_000);
    expect(dueAtMs).toBeLessThan(60_000);
    const look = (id: string): number => {
      rig.nowMs = Math.max(rig.nowMs, raftOf(rig, id).snapshot.dueAtMs);
      give(rig, id, { type: "wake" });
      return raftOf(rig, id).snapshot.index;
    };
    expect(look("b")).toBe(0);
    expect(raftOf(rig, "b").snapshot.dueAtMs).toBeGreaterThanOrEqual(rig.nowMs + 30_000);
    // a steps down, after so long a silence, and is elected again: one more entry.
    give(rig, "a", { type: "wake" });
    takeMail(rig);
    elect(rig, "a");
    live(rig, "a", 2);
    expect(look("b")).toBe(6);
    expect(look("a")).toBe(6);
    // Nothing came since.
    expect(look("a")).toBe(6);
  });

  test("when so many bytes of them came, however few they are", () => {
    const rig = cluster({ config: { snapshotBytes: 1000 } });
    command(rig, "a", new Uint8Array(2000));
    live(rig, "a", 2);
    rig.nowMs = Math.max(rig.nowMs, raftOf(rig, "b").snapshot.dueAtMs);
    give(rig, "b", { type: "wake" });
    expect(raftOf(rig, "b").snapshot).toMatchObject({ index: 4, term: 2 });
  });

  test("counting what is committed and came after the last one, not what is kept of the log or waits in it", () => {
    const rig = cluster({ config: { snapshotEntries: 3, snapshotBytes: 1000, trailingEntries: 100 } });
    takeSnapshot(rig, "a");
    const look = (): RaftEffect[] => {
      const raft = raftOf(rig, "a");
      const out: RaftEffect[] = [];
      considerSnapshot(raft, raft.snapshot.dueAtMs, out);
      return out;
    };
    expect(look()).toEqual([]);
    command(rig, "a", new Uint8Array(2000));
    expect(raftOf(rig, "a").commitIndex).toBe(3);
    expect(look()).toEqual([]);
    settle(rig);
    expect(look()).toEqual([{ type: "snapshot-due" }]);
  });

  test("and the log before it goes, from memory and disk, but for its end; and nothing goes before it is durable", () => {
    const rig = cluster({ config: { trailingEntries: 3 } });
    for (let n = 0; n < 7; n++) command(rig, "a");
    live(rig, "a", 1);
    seatOf(rig, "a").keeper.held = true;
    takeSnapshot(rig, "a");
    command(rig, "a");
    expect(raftOf(rig, "a").log.base.index).toBe(0);
    finishKeeper(rig, "a");
    expect(raftOf(rig, "a").log.base).toEqual({ index: 7, term: 2 });
    // On the disk the last one whose term is known stays.
    expect(seatOf(rig, "a").disk.compactedTo).toBe(6);
    expect(durableTerms(rig, "a")).toEqual([0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2]);
    live(rig, "a", 2);
    expectSame(rig, "b", "a");
    crash(rig, "a");
    expect(raftOf(rig, "a").log).toMatchObject({ base: { index: 7, term: 2 }, lastIndex: 11 });
  });

  test("of the state as it was when it was asked for, while later entries are applied", () => {
    const rig = cluster();
    seatOf(rig, "a").keeper.held = true;
    takeSnapshot(rig, "a");
    command(rig, "a");
    live(rig, "a", 2);
    expect(stateOf(rig, "a")).toHaveLength(4);
    finishKeeper(rig, "a");
    expect(seatOf(rig, "a").keeper.files[0]?.state).toHaveLength(3);
    expect(raftOf(rig, "a").log).toMatchObject({ base: { index: 3 }, lastIndex: 4 });
  });

  test("or fails: nothing goes, and the next one is due as always", () => {
    const rig = cluster({ config: { snapshotEntries: 1 } });
    seatOf(rig, "a").keeper.failing = true;
    takeSnapshot(rig, "a");
    expect(raftOf(rig, "a")).toMatchObject({ snapshot: { index: 0 }, log: { base: { index: 0 } } });
    seatOf(rig, "a").keeper.failing = false;
    rig.nowMs = raftOf(rig, "a").snapshot.dueAtMs;
    give(rig, "a", { type: "wake" });
    expect(raftOf(rig, "a").snapshot.index).toBe(3);
  });

  test("and a word of an older one, or of one that was never committed here, changes nothing", () => {
    const rig = withLaggard();
    const { configuration } = snapshotMeta(raftOf(rig, "a"), 8);
    give(rig, "a", { type: "snapshot-taken", meta: { index: 5, term: 2, configuration } });
    give(rig, "a", { type: "snapshot-taken", meta: { index: 99, term: 2, configuration } });
    expect(raftOf(rig, "a")).toMatchObject({ snapshot: { index: 8 }, log: { base: { index: 8 } } });
  });

  test("with the committed configuration, even if the leader has appended another", () => {
    const rig = cluster();
    change(rig, "a", { kind: "remove", id: "c" });
    takeMail(rig);
    expect(latestConfiguration(raftOf(rig, "a").log).servers).toHaveLength(2);
    const { configuration } = snapshotMeta(raftOf(rig, "a"), 3);
    expect(configuration.index).toBe(1);
    expect(configuration.servers.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    takeSnapshot(rig, "a");
    crash(rig, "a");
    // The uncommitted one is in the log behind it.
    expect(raftOf(rig, "a").log.configurations.map(({ index }) => index)).toEqual([1, 4]);
  });

  test("with an uncommitted one it would outlive the truncation of its entry", () => {
    const rig = cluster({ config: { planted: "raft-snapshot-uncommitted-configuration" } });
    change(rig, "a", { kind: "remove", id: "c" });
    takeMail(rig);
    expect(snapshotMeta(raftOf(rig, "a"), 3).configuration.servers.map(({ id }) => id)).toEqual(["a", "b"]);
  });
});

describe("a follower whose next entries are compacted away", () => {
  test("gets the snapshot piece by piece, then the log after it, and has the leader's state", () => {
    const rig = withLaggard();
    live(rig, "a", 4);
    expect(progressOf(rig, "a", "c")).toMatchObject({ mode: "replicate", match: 8, sending: undefined });
    expectSame(rig, "c", "a");
    expect(raftOf(rig, "c").log.base).toEqual({ index: 8, term: 2 });
    expect(raftOf(rig, "c").snapshot).toMatchObject({ index: 8, term: 2 });
    expect(raftOf(rig, "c").installing).toBeUndefined();
    command(rig, "a");
    live(rig, "a", 2);
    expectSame(rig, "c", "a");
    crash(rig, "c");
    expect(stateOf(rig, "c")).toEqual(stateOf(rig, "a").slice(0, 8));
    live(rig, "a", 2);
    expectSame(rig, "c", "a");
  });

  test("is sent one piece at a time, the next when the last is kept", () => {
    const rig = withLaggard();
    beat(rig, "a");
    settle(rig, (letter) => !isPiece(letter) && among("a", "c")(letter));
    expect(progressOf(rig, "a", "c")).toMatchObject({
      mode: "snapshot",
      sending: { index: 8, stage: "sent" },
    });
    let most = 0;
    const offsets: number[] = [];
    live(rig, "a", 15, (letter) => {
      if (letter.message.type === "snapshot") {
        offsets.push(letter.message.offset);
        most = Math.max(most, letter.message.data.length);
      }
      return true;
    });
    expect(most).toBe(100);
    expect(offsets).toEqual(offsets.map((_, at) => at * 100));
    expectSame(rig, "c", "a");
  });

  test("hears its leader while pieces come: no election begins", () => {
    const rig = withLaggard();
    live(rig, "a", 3, (letter) => letter.to !== "a" || letter.message.type !== "snapshot-reply");
    const { electionAtMs, role } = raftOf(rig, "c");
    expect(role).toBe("follower");
    expect(electionAtMs).toBeGreaterThanOrEqual(rig.nowMs + TIMEOUT_MS - 1);
    // And its leader hears it: it is still a quorum with this one alone.
    pass(rig, 0);
    live(rig, "a", 30, among("a", "c"));
    expect(raftOf(rig, "a").role).toBe("leader");
  });

  test("is brought up with trailing entries instead, if those reach back far enough", () => {
    const rig = cluster({ config: { trailingEntries: 100 } });
    for (let n = 0; n < 5; n++) command(rig, "a");
    settle(rig, among("a", "b"));
    takeSnapshot(rig, "a");
    live(rig, "a", 2);
    expect(raftOf(rig, "c").snapshot.index).toBe(0);
    expectSame(rig, "c", "a");
  });

  test("and was new in the cluster gets a snapshot that knows nothing of it, then the entry that lets it in", () => {
    const rig = withLaggard();
    const { identity } = seatBlank(rig, "d");
    change(rig, "a", { kind: "add-learner", id: "d", address: "d:8300", identity });
    live(rig, "a", 15);
    expectSame(rig, "d", "a");
    change(rig, "a", { kind: "promote", id: "d" });
    live(rig, "a", 2);
    elect(rig, "d", among("b", "c", "d"));
  });

  test("and lost its disk gets it too, and stays a stranger", () => {
    const rig = withLaggard();
    loseDisk(rig, "b");
    live(rig, "a", 15);
    expect(raftOf(rig, "b").log.base.index).toBe(8);
    expect(raftOf(rig, "b").electionAtMs).toBe(Number.POSITIVE_INFINITY);
    const { identity } = raftOf(rig, "b");
    change(rig, "a", { kind: "add-learner", id: "b", address: "b:8300", identity });
    live(rig, "a", 3);
    change(rig, "a", { kind: "promote", id: "b" });
    live(rig, "a", 3);
    elect(rig, "b", among("b", "c"));
  });

  test("two of them are served side by side", () => {
    const rig = cluster({ servers: ["a", "b", "c", "d", "e"] });
    for (let n = 0; n < 5; n++) command(rig, "a");
    settle(rig, among("a", "b", "e"));
    takeSnapshot(rig, "a");
    live(rig, "a", 15);
    for (const id of ["c", "d"]) expectSame(rig, id, "a");
  });
});

describe("on a bad road", () => {
  test("a piece that is lost is sent again after an election timeout, and no sooner", () => {
    const rig = withLaggard();
    beat(rig, "a");
    settle(rig, (letter) => !isPiece(letter));
    const lostAtMs = rig.nowMs;
    let pieces: Letter[] = [];
    while (pieces.length === 0) {
      beat(rig, "a");
      pieces = takeMail(rig, isPiece);
      settle(rig, () => true);
    }
    expect(rig.nowMs - lostAtMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
    expect(rig.nowMs - lostAtMs).toBeLessThan(TIMEOUT_MS + 2 * rig.config.heartbeatIntervalMs);
    expect(pieces).toMatchObject([{ to: "c", message: { offset: 0 } }]);
    deliver(rig, pieces);
    live(rig, "a", 15);
    expectSame(rig, "c", "a");
  });

  test("every second piece, and every third answer, may be lost", () => {
    const rig = withLaggard();
    let count = 0;
    for (let n = 0; n < 200 && stateOf(rig, "c").length < 8; n++)
      live(rig, "a", 1, ({ message }) => {
        if (message.type !== "snapshot" && message.type !== "snapshot-reply") return true;
        count++;
        return message.type === "snapshot" ? count % 2 === 0 : count % 3 !== 0;
      });
    live(rig, "a", 2);
    expectSame(rig, "c", "a");
  });

  test("pieces that come twice, or in another order, are taken for what they are", () => {
    const rig = withLaggard();
    const pieces = piecesOf(rig, "a", 2);
    expect(pieces.length).toBeGreaterThan(3);
    const order = [1, 0, 0, 2, 1, 3, 2, ...pieces.keys()];
    for (const at of order) {
      const piece = pieces[at];
      if (piece !== undefined) say(rig, "a", "c", piece);
    }
    expect(stateOf(rig, "c")).toEqual(stateOf(rig, "a"));
    expect(mailTo(rig, "a").at(-1)).toMatchObject({ type: "append-reply", success: true, index: 8 });
  });

  test("each answer says where the next piece begins", () => {
    const rig = withLaggard();
    const [first, second, third] = piecesOf(rig, "a", 2);
    if (first === undefined || second === undefined || third === undefined) throw new Error("three pieces");
    for (const piece of [first, third, second, first]) say(rig, "a", "c", piece);
    expect(
      mailTo(rig, "a").map((message) => (message.type === "snapshot-reply" ? message.received : -1)),
    ).toEqual([100, 100, 200, 200]);
  });

  test("a follower that crashes in the middle begins again, and the leader with it", () => {
    const rig = withLaggard();
    live(rig, "a", 1, (letter) => letter.message.type !== "snapshot" || letter.message.offset < 300);
    expect(progressOf(rig, "a", "c")?.sending?.offset).toBe(300);
    crash(rig, "c");
    for (let n = 0; n < 40; n++) live(rig, "a", 1);
    expectSame(rig, "c", "a");
  });

  test("a keeper that fails says so, and the leader begins again, without haste", () => {
    const rig = withLaggard();
    seatOf(rig, "c").keeper.failing = true;
    let pieces = 0;
    live(rig, "a", 30, (letter) => {
      if (isPiece(letter)) pieces++;
      return true;
    });
    // About one a timeout.
    expect(pieces).toBeGreaterThan(1);
    expect(pieces).toBeLessThan(6);
    seatOf(rig, "c").keeper.failing = false;
    live(rig, "a", 30);
    expectSame(rig, "c", "a");
  });

  test("a leader that cannot read its snapshot takes a new one", () => {
    const rig = withLaggard();
    command(rig, "a");
    settle(rig, among("a", "b"));
    const { files } = seatOf(rig, "a").keeper;
    files.length = 0;
    live(rig, "a", 25);
    expect(files[0]?.meta.index).toBe(9);
    expectSame(rig, "c", "a");
  });

  test("and begins with the new one soon, from its first byte", () => {
    const rig = withLaggard();
    live(rig, "a", 1, (letter) => letter.message.type !== "snapshot" || letter.message.offset < 300);
    command(rig, "a");
    settle(rig, among("a", "b"));
    // The piece that was lost is read anew, from a file that has gone.
    seatOf(rig, "a").keeper.files.length = 0;
    live(rig, "a", 10, (letter) => !isPiece(letter));
    const failedMs = rig.nowMs;
    const pieces: Letter[] = [];
    while (pieces.length === 0) {
      beat(rig, "a");
      pieces.push(...takeMail(rig, isPiece));
      settle(rig);
    }
    expect(rig.nowMs - failedMs).toBeLessThanOrEqual(2 * rig.config.heartbeatIntervalMs);
    expect(pieces).toMatchObject([{ message: { lastIncludedIndex: 9, offset: 0 } }]);
  });

  test("a word of another snapshot, or of a piece that nobody waits for, asks for nothing", () => {
    const rig = withLaggard();
    seatOf(rig, "a").keeper.held = true;
    beat(rig, "a");
    settle(rig);
    const kept = (lastIncludedIndex: number, received: number): void =>
      say(rig, "c", "a", {
        type: "snapshot-reply",
        term: 2,
        lastIncludedIndex,
        lastIncludedTerm: 2,
        received,
        round: 1,
        identity: 0,
      });
    const sending = (): object => ({ ...progressOf(rig, "a", "c")?.sending });
    // It is being read.
    kept(0, 100);
    expect(sending()).toMatchObject({ index: 0, offset: 0, stage: "reading" });
    finishKeeper(rig, "a");
    expect(sending()).toMatchObject({ index: 8, offset: 0, stage: "sent" });
    kept(7, 100);
    kept(8, 0);
    expect(sending()).toMatchObject({ index: 8, offset: 0, stage: "sent" });
    kept(8, 100);
    expect(sending()).toMatchObject({ index: 8, offset: 100, stage: "reading" });
    kept(8, 200);
    expect(sending()).toMatchObject({ index: 8, offset: 100, stage: "reading" });
  });

  test("a leader that cannot read any goes on asking, a few times a second and no more", () => {
    const rig = withLaggard();
    seatOf(rig, "a").keeper.failing = true;
    for (let n = 0; n < 20; n++) live(rig, "a", 1);
    expect(progressOf(rig, "a", "c")).toMatchObject({ mode: "snapshot" });
    seatOf(rig, "a").keeper.failing = false;
    live(rig, "a", 20);
    expectSame(rig, "c", "a");
  });
});

describe("when things change in the middle of it", () => {
  const upTo =
    (offset: number) =>
    ({ message }: Letter): boolean =>
      message.type !== "snapshot" || message.offset < offset;

  // Seed 19341: the leader's disk had stalled over a piece of an older snapshot, for the follower's life before; the follower
  // had begun with a newer one, and was offered the beginning of the older one once a second, for ever.
  test("a piece that was asked for before the follower began anew is not sent to it", () => {
    const rig = withLaggard();
    live(rig, "a", 1, upTo(300));
    takeMail(rig);
    const sending = must(progressOf(rig, "a", "c")?.sending, "a snapshot is on its way");
    const { index, term } = raftOf(rig, "a").snapshot;
    const meta = { index, term, configuration: { index: 1, servers: [] } };
    const size = 1000;
    for (const asked of [0, meta.index + 1]) {
      Object.assign(sending, { index: asked, offset: 0, stage: "reading" });
      give(rig, "a", {
        type: "snapshot-read",
        to: "c",
        chunk: { meta, size, offset: 200, data: new Uint8Array(10) },
      });
      expect(sending).toMatchObject({ index: asked, offset: 0, stage: "reading" });
      expect(takeMail(rig)).toEqual([]);
    }
  });

  test("a follower that wants not even the beginning is offered the newest one next", () => {
    const rig = withLaggard();
    live(rig, "a", 1, upTo(300));
    takeMail(rig);
    const sending = must(progressOf(rig, "a", "c")?.sending, "a snapshot is on its way");
    const { index: newest, term } = raftOf(rig, "a").snapshot;
    const index = newest - 1;
    Object.assign(sending, { index, offset: 0, stage: "sent" });
    const { currentTerm, identity } = raftOf(rig, "c");
    say(rig, "c", "a", {
      type: "snapshot-reply",
      term: currentTerm,
      lastIncludedIndex: index,
      lastIncludedTerm: term,
      received: 0,
      round: 1,
      identity,
    });
    expect(sending).toMatchObject({ index, offset: 0, stage: "sent" });
    let offered: Letter[] = [];
    for (let n = 0; n < 20 && offered.length === 0; n++) {
      beat(rig, "a");
      offered = takeMail(rig, isPiece);
      settle(rig);
    }
    expect(offered).toMatchObject([{ message: { lastIncludedIndex: newest, offset: 0 } }]);
  });

  test("a new leader sends its own snapshot, and the follower takes that", () => {
    const rig = withLaggard();
    live(rig, "a", 1, upTo(300));
    takeSnapshot(rig, "b");
    timeOut(rig, "b");
    settle(rig);
    expect(raftOf(rig, "b").role).toBe("leader");
    live(rig, "b", 20);
    expectSame(rig, "c", "b");
    expect(raftOf(rig, "c").snapshot.index).toBe(raftOf(rig, "b").snapshot.index);
  });

  test("what of the old leader's snapshot comes late is refused with the new term", () => {
    const rig = withLaggard();
    const pieces = piecesOf(rig, "a", 2);
    elect(rig, "b", among("b", "c"));
    const [late] = pieces;
    if (late === undefined) throw new Error("a piece");
    say(rig, "a", "c", late);
    expect(mailTo(rig, "a")).toMatchObject([{ type: "snapshot-reply", term: 3, received: 0 }]);
    expect(raftOf(rig, "c").installing).toBeUndefined();
  });

  test("a new leader with the whole log brings the follower up without any snapshot", () => {
    const rig = withLaggard();
    live(rig, "a", 1, upTo(300));
    timeOut(rig, "b");
    settle(rig);
    live(rig, "b", 3);
    expectSame(rig, "c", "b");
    expect(raftOf(rig, "c").snapshot.index).toBe(0);
  });

  test("a snapshot that is durable after its leader has gone is restored, and told to nobody", () => {
    const rig = withLaggard();
    seatOf(rig, "c").keeper.held = true;
    for (const piece of piecesOf(rig, "a", 2)) say(rig, "a", "c", piece);
    takeMail(rig);
    say(rig, "b", "c", heartbeat(3, 0, 0));
    takeMail(rig);
    finishKeeper(rig, "c");
    expect(stateOf(rig, "c")).toEqual(stateOf(rig, "a"));
    expect(takeMail(rig)).toEqual([]);
  });

  test("a snapshot that is durable after the log has got further is not restored", () => {
    const rig = withLaggard();
    seatOf(rig, "c").keeper.held = true;
    for (const piece of piecesOf(rig, "a", 2)) say(rig, "a", "c", piece);
    takeMail(rig);
    timeOut(rig, "b");
    settle(rig);
    live(rig, "b", 2);
    expect(raftOf(rig, "c").commitIndex).toBe(9);
    finishKeeper(rig, "c");
    expect(stateOf(rig, "c")).toHaveLength(9);
    expect(raftOf(rig, "c").snapshot.index).toBe(0);
  });

  test("the log that the follower will need is not compacted under it", () => {
    const rig = withLaggard();
    live(rig, "a", 1, upTo(300));
    for (let n = 0; n < 5; n++) command(rig, "a");
    settle(rig, among("a", "b"));
    takeSnapshot(rig, "a");
    expect(raftOf(rig, "a").snapshot.index).toBe(13);
    expect(raftOf(rig, "a").log.base.index).toBe(8);
    live(rig, "a", 30);
    expectSame(rig, "c", "a");
    // The first snapshot was enough.
    expect(raftOf(rig, "c").snapshot.index).toBe(8);
    command(rig, "a");
    live(rig, "a", 1);
    takeSnapshot(rig, "a");
    expect(raftOf(rig, "a").log.base.index).toBe(14);
  });

  test("but one that has been sent nothing yet holds nothing back: it gets the newest", () => {
    const rig = withLaggard();
    seatOf(rig, "a").keeper.held = true;
    live(rig, "a", 1);
    expect(progressOf(rig, "a", "c")).toMatchObject({ mode: "snapshot", sending: { index: 0 } });
    for (let n = 0; n < 2; n++) command(rig, "a");
    settle(rig, among("a", "b"));
    const meta = snapshotMeta(raftOf(rig, "a"), 10);
    seatOf(rig, "a").keeper.files.push({ meta, state: [...stateOf(rig, "a")] });
    give(rig, "a", { type: "snapshot-taken", meta });
    expect(raftOf(rig, "a").log.base.index).toBe(10);
  });

  test("but if that is too much to keep, it goes, and the next snapshot follows the first", () => {
    const rig = withLaggard({ config: { maxUncommittedBytes: 100 } });
    live(rig, "a", 1, upTo(300));
    for (let n = 0; n < 4; n++) {
      command(rig, "a", new Uint8Array(90));
      settle(rig, among("a", "b"));
    }
    takeSnapshot(rig, "a");
    expect(raftOf(rig, "a").log.base.index).toBe(12);
    live(rig, "a", 40);
    expectSame(rig, "c", "a");
    expect(raftOf(rig, "c").snapshot.index).toBe(12);
  });

  test("an older snapshot that has gone from the leader's disk is given up for the newest", () => {
    const rig = withLaggard();
    live(rig, "a", 1, upTo(300));
    command(rig, "a");
    settle(rig, among("a", "b"));
    takeSnapshot(rig, "a");
    const { files } = seatOf(rig, "a").keeper;
    files.splice(0, 1);
    expect(files.map(({ meta }) => meta.index)).toEqual([9]);
    live(rig, "a", 40);
    expectSame(rig, "c", "a");
    expect(raftOf(rig, "c").snapshot.index).toBe(9);
  });

  test("a leader that steps down passes over what its keeper still reads for it", () => {
    const rig = withLaggard();
    seatOf(rig, "a").keeper.held = true;
    live(rig, "a", 1);
    expect(seatOf(rig, "a").keeper.tasks).toMatchObject([{ type: "read", to: "c" }]);
    timeOut(rig, "b");
    settle(rig);
    takeMail(rig);
    finishKeeper(rig, "a");
    expect(takeMail(rig)).toEqual([]);
  });

  test("a removed follower is sent no more of it", () => {
    const rig = withLaggard();
    live(rig, "a", 1, upTo(300));
    change(rig, "a", { kind: "remove", id: "c" });
    live(rig, "a", 30, among("a", "b"));
    takeMail(rig);
    live(rig, "a", 15, (letter) => !isPiece(letter));
    expect(raftOf(rig, "a").leading?.progress.has("c")).toBe(false);
  });
});

function heartbeat(term: number, prevLogIndex: number, prevLogTerm: number): RaftMessage {
  const entries = new Uint8Array(0);
  return { type: "append", term, prevLogIndex, prevLogTerm, entries, leaderCommit: 0, round: 1 };
}

describe("an acknowledgement ends the sending of a snapshot", () => {
  function reply(index: number): AppendReply {
    return {
      type: "append-reply",
      term: 2,
      success: true,
      index,
      hintIndex: 0,
      hintTerm: 0,
      round: 2,
      identity: 0,
    };
  }

  test("when it is past the snapshot, whatever the follower has it from", () => {
    const rig = withLaggard();
    beat(rig, "a");
    settle(rig, (letter) => !isPiece(letter));
    expect(progressOf(rig, "a", "c")).toMatchObject({ mode: "snapshot", sending: { index: 8 } });
    say(rig, "c", "a", reply(8));
    expect(progressOf(rig, "a", "c")).toMatchObject({
      mode: "replicate",
      match: 8,
      next: 9,
      sending: undefined,
    });
  });

  test("when it is behind the snapshot, but the log reaches back to it", () => {
    // The leader kept some entries behind the snapshot that it sends; the follower shows up with one of those.
    const rig = cluster({ config: { trailingEntries: 2 } });
    for (let n = 0; n < 5; n++) command(rig, "a");
    settle(rig, among("a", "b"));
    takeSnapshot(rig, "a");
    expect(raftOf(rig, "a").log.base.index).toBe(6);
    beat(rig, "a");
    settle(rig, (letter) => !isPiece(letter));
    expect(progressOf(rig, "a", "c")).toMatchObject({ mode: "snapshot", sending: { index: 8 } });
    say(rig, "c", "a", reply(6));
    expect(progressOf(rig, "a", "c")).toMatchObject({ mode: "replicate", match: 6, sending: undefined });
    expect(mailTo(rig, "c").filter(({ type }) => type === "append")).toMatchObject([
      { prevLogIndex: 6, prevLogTerm: 2 },
    ]);
  });

  test("not when the log does not reach back to it", () => {
    const rig = withLaggard();
    beat(rig, "a");
    settle(rig, (letter) => !isPiece(letter));
    say(rig, "c", "a", reply(5));
    expect(progressOf(rig, "a", "c")).toMatchObject({ mode: "snapshot", match: 5 });
  });

  test("of a throttled follower whose stream broke while the log was compacted past it", () => {
    // etcd: slow_follower_after_compaction.
    const rig = cluster({ config: { maxInflightMessages: 2, maxAppendBytes: 20 } });
    for (let n = 0; n < 8; n++) command(rig, "a");
    settle(rig, among("a", "b"));
    expect(progressOf(rig, "a", "c")?.inflight).toHaveLength(2);
    takeSnapshot(rig, "a");
    live(rig, "a", 20);
    expect(progressOf(rig, "a", "c")).toMatchObject({
      mode: "replicate",
      match: 11,
      inflight: [],
      inflightBytes: 0,
    });
    expectSame(rig, "c", "a");
  });

  test("and a refusal does not, nor is anything probed meanwhile", () => {
    const rig = withLaggard();
    beat(rig, "a");
    settle(rig, (letter) => !isPiece(letter));
    const before = { ...progressOf(rig, "a", "c") };
    say(rig, "c", "a", { ...reply(8), success: false, hintIndex: 3, hintTerm: 2 });
    expect(progressOf(rig, "a", "c")).toEqual(before);
  });
});

describe("a follower that is sent a snapshot", () => {
  /** c's log is this; every piece of a snapshot up to entry 8 of term 2 comes in term 4. */
  function install(terms: readonly number[], options: RigOptions = {}): Rig {
    const source = withLaggard();
    const rig = createRig({ c: { terms, term: 4 } }, options);
    for (const piece of piecesOf(source, "a", 4)) say(rig, "a", "c", piece);
    return rig;
  }

  const acknowledged = { type: "append-reply", success: true, index: 8, term: 4 };

  test.each([
    ["that is shorter", [1, 1, 2]],
    ["that is empty", []],
    ["with another entry at its end", [1, 1, 1, 1, 1, 1, 1, 1, 3, 3]],
    ["that conflicts and is shorter", [1, 1, 3, 3]],
  ])("drops a log %s, all of it", (_, terms) => {
    const rig = install(terms);
    const { log, commitIndex } = raftOf(rig, "c");
    expect(log).toMatchObject({ base: { index: 8, term: 2 }, lastIndex: 8, chunks: [] });
    expect(commitIndex).toBe(8);
    expect(stateOf(rig, "c")).toHaveLength(8);
    expect(seatOf(rig, "c").disk).toMatchObject({ compactedTo: 8, entries: [] });
    expect(mailTo(rig, "a").at(-1)).toMatchObject(acknowledged);
  });

  test("that kept a conflicting tail would be sent it again for ever", () => {
    // It refuses what follows, since its entry there is another: Figure 13, rule 7.
    const rig = install([1, 1, 1, 1, 1, 1, 1, 1, 3, 3], { config: { planted: "raft-install-keeps-tail" } });
    expect(termAt(raftOf(rig, "c").log, 8)).not.toBe(2);
    say(rig, "a", "c", heartbeat(4, 8, 2));
    expect(mailTo(rig, "a").at(-1)).toMatchObject({ success: false });
  });

  test("keeps a log that has its last entry, with all that follows, and wants no more of the snapshot", () => {
    const terms = [1, 1, 2, 2, 2, 2, 2, 2, 2, 2];
    const rig = install(terms);
    expect(termsOf(raftOf(rig, "c"))).toEqual(terms);
    expect(raftOf(rig, "c").commitIndex).toBe(8);
    expect(stateOf(rig, "c")).toHaveLength(8);
    expect(seatOf(rig, "c").keeper.files).toEqual([]);
    expect(raftOf(rig, "c").installing).toBeUndefined();
  });

  test("says so at the first piece, even if it had begun to take it", () => {
    const source = withLaggard();
    const [first, second] = piecesOf(source, "a", 4);
    if (first === undefined || second === undefined) throw new Error("two pieces");
    const rig = createRig({ c: { terms: [1, 1, 2], term: 4 } });
    say(rig, "a", "c", first);
    expect(mailTo(rig, "a")).toMatchObject([{ type: "snapshot-reply", received: 100 }]);
    say(rig, "a", "c", { ...heartbeat(4, 3, 2), entries: commands(4, 2, 2, 2, 2, 2) } as RaftMessage);
    mailTo(rig, "a");
    say(rig, "a", "c", second);
    expect(mailTo(rig, "a")).toMatchObject([acknowledged]);
    expect(raftOf(rig, "c")).toMatchObject({ commitIndex: 8, installing: undefined });
  });

  test("hears its leader by each piece: it neither campaigns nor votes for another", () => {
    const [piece] = piecesOf(withLaggard(), "a", 4);
    if (piece === undefined) throw new Error("a piece");
    const rig = createRig({ c: { terms: [1, 1, 2], term: 4 } });
    pass(rig, 3 * TIMEOUT_MS);
    say(rig, "a", "c", piece);
    expect(raftOf(rig, "c").electionAtMs).toBeGreaterThanOrEqual(rig.nowMs + TIMEOUT_MS);
    pass(rig, TIMEOUT_MS - 1);
    say(rig, "b", "c", { type: "vote", term: 9, lastLogIndex: 99, lastLogTerm: 8, transfer: false });
    expect(raftOf(rig, "c").currentTerm).toBe(4);
  });

  test("says how much it has of this one, and of no other", () => {
    const [piece] = piecesOf(withLaggard(), "a", 4);
    if (piece === undefined) throw new Error("a piece");
    const rig = createRig({ c: { terms: [1, 1, 2], term: 4 } });
    say(rig, "a", "c", piece);
    mailTo(rig, "a");
    const configuration = { index: 1, servers: rig.servers };
    for (const meta of [
      { index: 7, term: 2, configuration },
      { index: 8, term: 1, configuration },
    ])
      give(rig, "c", { type: "snapshot-progress", meta, received: 50 });
    expect(takeMail(rig)).toEqual([]);
    // Nor does another one end it.
    give(rig, "c", { type: "snapshot-received", meta: { index: 7, term: 2, configuration } });
    expect(raftOf(rig, "c").commitIndex).toBe(0);
  });

  test("takes one of a single entry", () => {
    const [piece] = piecesOf(withLaggard(), "a", 4);
    if (piece === undefined) throw new Error("a piece");
    const rig = createRig({ c: { terms: [], term: 4 } });
    say(rig, "a", "c", { ...piece, lastIncludedIndex: 1, lastIncludedTerm: 1 });
    expect(mailTo(rig, "a")).toMatchObject([{ type: "snapshot-reply", lastIncludedIndex: 1, received: 100 }]);
  });

  test("keeps entries that came while it came", () => {
    const rig = createRig({ c: { terms: [1, 1, 2], term: 4 } });
    const source = withLaggard();
    seatOf(rig, "c").keeper.held = true;
    for (const piece of piecesOf(source, "a", 4)) say(rig, "a", "c", piece);
    // As another road brought them; the keeper is slow.
    const { log } = raftOf(source, "b");
    const [chunk] = log.chunks;
    const from = chunk?.offsets[3] ?? 0;
    const entries = (chunk?.bytes ?? new Uint8Array(0)).slice(from, chunk?.used);
    say(rig, "a", "c", { ...heartbeat(4, 3, 2), entries } as RaftMessage);
    expect(raftOf(rig, "c").log.lastIndex).toBe(8);
    finishKeeper(rig, "c");
    expect(raftOf(rig, "c").log).toMatchObject({ base: { index: 0 }, lastIndex: 8 });
    expect(raftOf(rig, "c").commitIndex).toBe(8);
    expect(stateOf(rig, "c")).toHaveLength(8);
  });

  test("passes over one that it does not need, and says how far it is", () => {
    const rig = withLaggard();
    const pieces = piecesOf(rig, "a", 2);
    command(rig, "a");
    live(rig, "a", 2, among("a", "b"));
    expect(raftOf(rig, "b").commitIndex).toBe(9);
    for (const piece of pieces) say(rig, "a", "b", piece);
    expect(mailTo(rig, "a")).toMatchObject(pieces.map(() => ({ ...acknowledged, term: 2, index: 9 })));
    expect(stateOf(rig, "b")).toHaveLength(9);
    expect(seatOf(rig, "b").keeper.files).toEqual([]);
  });

  test("would lose what is committed if it took an older one", () => {
    const rig = withLaggard({ config: { planted: "raft-older-snapshot" } });
    const pieces = piecesOf(rig, "a", 2);
    command(rig, "a");
    live(rig, "a", 2, among("a", "b"));
    expect(() => {
      for (const piece of pieces) say(rig, "a", "b", piece);
    }).toThrow(/a committed entry stays committed/);
  });

  test("acknowledges it no sooner than its term is durable", () => {
    const source = withLaggard();
    const rig = createRig({ c: { terms: [1, 1, 2] } });
    seatOf(rig, "c").disk.held = true;
    for (const piece of piecesOf(source, "a", 4)) say(rig, "a", "c", piece);
    expect(stateOf(rig, "c")).toHaveLength(8);
    expect(mailTo(rig, "a")).toEqual([]);
    finishDisk(rig, "c");
    expect(mailTo(rig, "a").at(-1)).toMatchObject(acknowledged);
  });

  test("nor than its log has begun anew: else an older log would pass for all there was, should the file be damaged (seed 10286)", () => {
    const source = withLaggard();
    const rig = createRig({ c: { terms: [1, 1, 2], term: 4 } });
    seatOf(rig, "c").disk.held = true;
    for (const piece of piecesOf(source, "a", 4)) say(rig, "a", "c", piece);
    expect(stateOf(rig, "c")).toHaveLength(8);
    expect(mailTo(rig, "a").filter(({ type }) => type === "append-reply")).toEqual([]);
    finishDisk(rig, "c");
    expect(mailTo(rig, "a").at(-1)).toMatchObject(acknowledged);
  });

  test("forgets the writes that were under way for its old log: they vouch for nothing in the new one", () => {
    const source = withLaggard();
    const rig = createRig({ c: { terms: [1, 1], term: 3 } });
    seatOf(rig, "c").disk.held = true;
    const entries = piecesOf(source, "a", 4);
    say(rig, "b", "c", { ...heartbeat(3, 2, 1), entries: raftEntries(3, 10) } as RaftMessage);
    for (const piece of entries) say(rig, "a", "c", piece);
    say(rig, "a", "c", { ...heartbeat(4, 8, 2), entries: raftEntries(4, 2) } as RaftMessage);
    mailTo(rig, "a");
    finishDisk(rig, "c", 1);
    expect(raftOf(rig, "c").durability.stableIndex).toBe(0);
    expect(
      mailTo(rig, "a").filter((message) => message.type === "append-reply" && message.index > 8),
    ).toEqual([]);
    finishDisk(rig, "c");
    expect(raftOf(rig, "c").durability.stableIndex).toBe(10);
    expect(durableTerms(rig, "c")).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 4, 4]);
    crash(rig, "c");
    expect(raftOf(rig, "c").log).toMatchObject({ base: { index: 8, term: 2 }, lastIndex: 10 });
  });

  test("has the configuration of the snapshot, with every server's identity", () => {
    const rig = withLaggard();
    loseDisk(rig, "b");
    live(rig, "a", 15);
    const { identity } = raftOf(rig, "b");
    change(rig, "a", { kind: "add-learner", id: "b", address: "b:8300", identity });
    live(rig, "a", 3);
    takeSnapshot(rig, "a");
    loseDisk(rig, "c");
    live(rig, "a", 15);
    expect(raftOf(rig, "c").log.base.index).toBe(9);
    expect(latestConfiguration(raftOf(rig, "c").log)).toEqual(latestConfiguration(raftOf(rig, "a").log));
    expect(latestConfiguration(raftOf(rig, "c").log).servers[1]).toMatchObject({ id: "b", identity });
  });

  test("as a candidate follows, as a leader of the same term does not listen", () => {
    const source = withLaggard();
    const [piece] = piecesOf(source, "a", 2);
    if (piece === undefined) throw new Error("a piece");
    const rig = cluster();
    elect(rig, "b");
    takeMail(rig);
    say(rig, "a", "b", { ...piece, term: 3 });
    expect(raftOf(rig, "b").role).toBe("leader");
    expect(takeMail(rig)).toEqual([]);
    timeOut(rig, "c");
    timeOut(rig, "c");
    expect(raftOf(rig, "c").role).toBe("pre-candidate");
    say(rig, "b", "c", { ...piece, term: 3 });
    expect(raftOf(rig, "c")).toMatchObject({ role: "follower", leader: "b" });
  });

  test("takes nothing if its disk refuses, but hears who leads", () => {
    const source = withLaggard();
    const rig = createRig({ c: { terms: [1, 1], term: 3 } });
    give(rig, "c", { type: "storage-failed" });
    for (const piece of piecesOf(source, "a", 4)) say(rig, "a", "c", piece);
    expect(takeMail(rig)).toEqual([]);
    expect(raftOf(rig, "c")).toMatchObject({
      leader: "a",
      currentTerm: 4,
      commitIndex: 0,
      installing: undefined,
    });
    expect(seatOf(rig, "c").keeper).toMatchObject({ files: [], receiving: undefined });
  });

  test.each<[string, Partial<InstallSnapshot>]>([
    ["a configuration that is none", { configuration: Uint8Array.of(1, 2) }],
    ["no last entry", { lastIncludedIndex: 0 }],
    ["no last term", { lastIncludedTerm: 0 }],
    ["a last entry of a term to come", { lastIncludedTerm: 9 }],
    ["a configuration from behind its end", { configurationIndex: 9 }],
    ["a piece that is longer than the whole", { offset: 5000 }],
  ])("passes over one with %s: no leader of ours sends that", (_, wrong) => {
    const [piece] = piecesOf(withLaggard(), "a", 4);
    if (piece === undefined) throw new Error("a piece");
    const rig = createRig({ c: { terms: [1, 1], term: 3 } });
    say(rig, "a", "c", { ...piece, ...wrong });
    expect(takeMail(rig)).toEqual([]);
    expect(raftOf(rig, "c")).toMatchObject({ currentTerm: 3, installing: undefined });
  });
});

function raftEntries(term: number, count: number): Uint8Array {
  const one = Uint8Array.of(1, 0, 0, 0, 0, term, 0, 0, 0, 0, 0, 7);
  const bytes = new Uint8Array(one.length * count);
  for (let n = 0; n < count; n++) bytes.set(one, n * one.length);
  return bytes;
}
