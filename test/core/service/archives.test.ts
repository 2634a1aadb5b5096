// Saving and restoring over the desk: the caller's agent and the leader's, in one process or in two.

import { describe, expect, test } from "vitest";
import type { Response } from "../../../src/core/api/response.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { concatBytes, utf8, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { startRestore, startSave } from "../../../src/core/service/transfers.ts";
import { listPairs } from "../../../src/core/store/kv.ts";
import { readAll, recordedArchive } from "../archive/rig.ts";
import {
  act,
  alone,
  answerTo,
  client,
  type Desk,
  forwarded,
  getKey,
  hangUp,
  hear,
  http,
  isClear,
  leader,
  leaderless,
  losePeer,
  pass,
  rpc,
  serverOf,
  toRaft,
} from "./desk.ts";

const CONSISTENT = { consistency: "consistent", minIndex: 0, waitMs: 0 } as const;

function save(desk: Desk, consistency: "consistent" | "stale" = "consistent"): number {
  return begin(desk, (id, out) =>
    startSave(
      desk.service,
      { by: "http", id },
      { kind: "snapshot.open", options: { ...CONSISTENT, consistency } },
      desk.nowMs,
      out,
    ),
  );
}

function restore(desk: Desk, archive: Uint8Array): number {
  return begin(desk, (id, out) => startRestore(desk.service, { by: "http", id }, archive, desk.nowMs, out));
}

function begin(
  desk: Desk,
  start: (id: number, out: Parameters<Parameters<typeof act>[1]>[0]) => Response | undefined,
): number {
  const id = desk.nextHttp++;
  act(desk, (out) => {
    const response = start(id, out);
    if (response !== undefined) desk.answers.set(id, response);
  });
  return id;
}

function write(desk: Desk, key: string, value: string): void {
  const request = {
    kind: "kv.write",
    verb: "set",
    key: utf8(key),
    value: utf8Bytes(value),
    flags: 3,
    index: 0,
    session: "",
  } as const;
  expect(answerTo(desk, request)).toMatchObject({ ok: true });
}

function archiveOf(answer: Response | undefined): Uint8Array {
  if (!answer?.ok || answer.body.kind !== "archive") throw new Error(`no archive: ${JSON.stringify(answer)}`);
  return concatBytes(answer.body.pieces);
}

/** The agents that are not there never answer; these two do. */
function connect(one: Desk, nameOfOne: string, two: Desk, nameOfTwo: string, ms = 5000): void {
  for (let passed = 0; passed < ms; passed += 5) {
    for (const { to, message } of forwarded(one)) if (to === nameOfTwo) rpc(two, nameOfOne, message as never);
    for (const { to, message } of forwarded(two)) if (to === nameOfOne) rpc(one, nameOfTwo, message as never);
    pass(one, 5);
    pass(two, 5);
  }
}

describe("a server alone", () => {
  test("saves as often as it is asked, one after the other, and bounds what it saves at a time", () => {
    const desk = alone();
    write(desk, "a", "1");
    for (let times = 0; times < 40; times++) {
      const id = save(desk);
      pass(desk, 100);
      expect(desk.answers.get(id)).toMatchObject({ ok: true });
    }
    expect(desk.service.archives.saving.size).toBeLessThanOrEqual(16);
    const ids = Array.from({ length: 6 }, () => save(desk));
    pass(desk, 1000);
    expect(ids.map((id) => desk.answers.get(id)?.ok)).toEqual([true, true, true, true, false, false]);
  });

  test("saves its state, and restores it later, with every index", () => {
    const desk = alone();
    write(desk, "a", "1");
    write(desk, "b", "2");
    const before = listPairs(serverOf(desk).store, utf8("")).pairs;
    const id = save(desk);
    pass(desk, 1000);
    const answer = desk.answers.get(id);
    expect(answer).toMatchObject({ meta: { index: serverOf(desk).store.lastApplied, knownLeader: true } });
    const archive = archiveOf(answer);
    const read = readAll(archive);
    expect(read.ok && read.archive.contents.kv).toEqual(before);
    write(desk, "a", "changed");
    const restored = restore(desk, archive);
    pass(desk, 5000);
    expect(desk.answers.get(restored)).toEqual({ ok: true, body: { kind: "done" } });
    expect(listPairs(serverOf(desk).store, utf8("")).pairs).toEqual(before);
    pass(desk, 120_000);
    expect(isClear(desk)).toBe(true);
    expect(desk.service.archives.saving.size).toBe(0);
    expect(desk.service.archives.restoring).toBeUndefined();
  });

  test("goes on with indexes above those of the archive", () => {
    const desk = alone();
    restore(desk, recordedArchive());
    pass(desk, 1000);
    write(desk, "new", "x");
    const [pair] = listPairs(serverOf(desk).store, utf8("new")).pairs;
    expect(pair?.modifyIndex).toBeGreaterThan(54);
    expect(pair?.modifyIndex).not.toBe(serverOf(desk).store.lastApplied);
  });

  test("answers whoever waits for news of the old state", () => {
    const desk = alone();
    write(desk, "app/config/one", "x");
    const waiting = http(desk, getKey("app/config/one", { minIndex: 1000 }));
    restore(desk, recordedArchive());
    pass(desk, 1000);
    expect(desk.answers.get(waiting)).toMatchObject({ ok: true, meta: { index: 18 } });
  });

  test("refuses what is no archive, and is as it was", () => {
    const desk = alone();
    write(desk, "kept", "x");
    const id = restore(desk, utf8Bytes("garbage"));
    const cut = restore(desk, recordedArchive().subarray(0, 1000));
    pass(desk, 1000);
    expect(desk.answers.get(id)).toMatchObject({
      error: { detail: "failed to decompress snapshot: unexpected EOF" },
    });
    // One at a time.
    expect(desk.answers.get(cut)).toMatchObject({
      error: { detail: "another snapshot is being restored, try again later" },
    });
    const again = restore(desk, recordedArchive().subarray(0, 1000));
    pass(desk, 1000);
    expect(desk.answers.get(again)).toMatchObject({
      error: {
        detail: "failed to read snapshot file: failed to read or write snapshot data: unexpected EOF",
      },
    });
    expect(listPairs(serverOf(desk).store, utf8("")).pairs.map(({ key }) => key)).toEqual(["kept"]);
  });

  test("keeps a few archives at most, and forgets those that nobody reads", () => {
    const desk = alone();
    const ids = Array.from({ length: 5 }, () => save(desk));
    expect(desk.answers.get(must(ids[4], "five"))).toMatchObject({ ok: false });
    for (const id of ids) hangUp(desk, id);
    pass(desk, 61_000);
    expect(desk.service.archives.saving.size).toBe(0);
    expect(isClear(desk)).toBe(true);
  });
});

describe("a client agent", () => {
  /** The leader is called s1, as the client's only server. */
  function pair(): { readonly asked: Desk; readonly server: Desk } {
    const server = alone();
    hear(server, "join", "s1");
    const asked = client("s1");
    return { asked, server };
  }

  test("brings an archive from the leader, piece by piece", () => {
    const { asked, server } = pair();
    for (let at = 0; at < 40; at++) write(server, `k${at}`, `${at} `.repeat(20_000));
    forwarded(server);
    const id = save(asked);
    connect(asked, "c1", server, "s1");
    const read = readAll(archiveOf(asked.answers.get(id)));
    expect(read.ok && read.archive.contents.kv.length).toBe(40);
    expect(isClear(asked)).toBe(true);
  });

  test("brings one to the leader, which answers when all has it", () => {
    const { asked, server } = pair();
    const id = restore(asked, recordedArchive());
    connect(asked, "c1", server, "s1");
    expect(asked.answers.get(id)).toEqual({ ok: true, body: { kind: "done" } });
    expect(listPairs(serverOf(server).store, utf8("")).pairs.length).toBe(5);
  });

  test("says what the leader found wrong, as if it had found it itself", () => {
    const { asked, server } = pair();
    const id = restore(asked, utf8Bytes("no archive at all"));
    connect(asked, "c1", server, "s1");
    expect(asked.answers.get(id)).toEqual({
      ok: false,
      error: { code: "refused", detail: "failed to decompress snapshot: gzip: invalid header" },
    });
  });

  test("gives up when the connection to the server breaks", () => {
    const { asked, server } = pair();
    const id = save(asked);
    connect(asked, "c1", server, "s1", 5);
    const before = asked.answers.get(id);
    if (before !== undefined) throw new Error("it was too fast");
    pass(asked, 1);
    losePeer(asked, "s1");
    pass(asked, 10_000);
    expect(asked.answers.get(id)).toMatchObject({ ok: false });
    expect(isClear(asked)).toBe(true);
  });

  test("asks no more when its caller has hung up", () => {
    const { asked, server } = pair();
    const id = save(asked);
    connect(asked, "c1", server, "s1", 5);
    hangUp(asked, id);
    connect(asked, "c1", server, "s1", 100);
    expect(isClear(asked)).toBe(true);
    expect(asked.answers.size).toBe(0);
    pass(server, 61_000);
    expect(server.service.archives.saving.size).toBe(0);
  });

  test("a server that answers what it was not asked is told on, and nothing breaks", () => {
    for (const body of [
      { kind: "archive-restored", done: true },
      { kind: "applied", applied: true },
      { kind: "archive-piece", data: new Uint8Array(3), last: false },
    ] as const) {
      const asked = client("s1");
      const id = restore(asked, recordedArchive());
      const [sent] = forwarded(asked);
      if (sent?.message.type !== "request") throw new Error("it asks");
      rpc(asked, "s1", { type: "response", seq: sent.message.seq, response: { ok: true, body } });
      pass(asked, 100);
      if (body.kind !== "archive-restored") expect(asked.answers.get(id)).toMatchObject({ ok: false });
    }
  });
});

describe("a leader", () => {
  test("of others puts parts into its log a few at a time, and fails when it leads no more", () => {
    const desk = leader();
    const id = restore(desk, recordedArchive());
    pass(desk, 1000);
    // s2 and s3 acknowledge nothing: nothing is committed.
    expect(desk.answers.get(id)).toBeUndefined();
    expect(desk.service.archives.restoring).toMatchObject({ stage: "running" });
    const { raft } = serverOf(desk);
    const message = {
      type: "append",
      term: raft.currentTerm + 1,
      prevLogIndex: 0,
      prevLogTerm: 0,
      entries: new Uint8Array(0),
      leaderCommit: 0,
      round: 1,
    } as const;

    toRaft(desk, { type: "message", from: "s2", message });
    pass(desk, 1000);
    expect(desk.answers.get(id)).toMatchObject({ error: { code: "leadership-lost" } });
  });

  test("asked of a server without a leader, saving waits for one, and then says so", () => {
    const desk = leaderless();
    const id = save(desk);
    pass(desk, 8000);
    expect(desk.answers.get(id)).toMatchObject({ error: { detail: "No cluster leader" } });
  });
});
