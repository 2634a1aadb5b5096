// A server whose disk refused, as its clients meet it: it knows who leads, and takes their questions there.

import { expect, test } from "vitest";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { idOf } from "./liar.ts";
import { createVictim, feed, flush, settle, type Victim } from "./victim.ts";

/** One of three servers, whose disk has refused what it was asked last. */
function brokenServer(): Victim {
  const victim = createVictim("one-of-three", "broken storage");
  // A new term, which is to be stored.
  feed(victim, {
    type: "message",
    from: idOf(2),
    message: { type: "vote", term: 9, lastLogIndex: 9, lastLogTerm: 1, transfer: false },
  });
  flush(victim);
  expect(victim.diskOps).not.toEqual([]);
  for (const op of victim.diskOps.splice(0))
    feed(victim, {
      type: "disk-done",
      op,
      result: { ok: false, error: { code: "EIO", detail: "write raft/wal" } },
    });
  settle(victim);
  victim.sent.length = 0;
  return victim;
}

function followServer2(victim: Victim): void {
  const entries = new Uint8Array(0);
  const message = {
    type: "append",
    term: 9,
    prevLogIndex: 1,
    prevLogTerm: 1,
    entries,
    leaderCommit: 1,
    round: 1,
  } as const;
  feed(victim, { type: "message", from: idOf(2), message });
  settle(victim);
}

test("a server whose disk refuses lives on, says nothing to the leader, and forwards writes to it", () => {
  const victim = brokenServer();
  followServer2(victim);
  expect(victim.exited).toBe(false);
  expect(victim.sent.filter(({ type }) => type !== "request")).toEqual([]);
  victim.sent.length = 0;
  const request = {
    method: "PUT",
    target: "/v1/kv/a",
    headers: new Map(),
    body: utf8Bytes("value"),
    remote: "127.0.0.1",
  };
  victim.asked.add(1);
  feed(victim, { type: "http", id: 1, request });
  settle(victim);
  expect(victim.sent).toMatchObject([
    { type: "request", request: { kind: "kv.write", verb: "set", key: "a" } },
  ]);
});
