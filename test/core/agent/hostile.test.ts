// "Bytes from a socket never trip an assertion", for the whole agent: gossip, RPC, and what they cause behind them.
// scripts/fuzz-packets.ts runs the same with a million inputs.

import { describe, expect, test } from "vitest";
import type { Response } from "../../../src/core/api/response.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import type { EntryKind } from "../../../src/core/raft/entry.ts";
import type { RpcMessage } from "../../../src/core/wire/rpc.ts";
import { entryOf } from "./corpus.ts";
import { idOf } from "./liar.ts";
import { besiege } from "./siege.ts";
import { createVictim, feed, pass, ROLES, restart, settle, type Victim, type VictimRole } from "./victim.ts";

describe("no peer can break an agent", () => {
  test.each(ROLES)("that is %s", (role) => {
    const report = besiege(role, "house", 8_000);
    // The lies are good: enough of them reach the machines, and enough of the damage does not.
    expect(report.believed).toBeGreaterThan(1_000);
    expect(report.refused).toBeGreaterThan(500);
    expect(report.badGossip).toBeGreaterThan(500);
    expect(report.unsealed > 300).toBe(role === "encrypted");
  });
});

describe("one lie", () => {
  test.each<VictimRole>(["alone", "one-of-three"])(
    "about the last term there is costs elections, not the server that is %s",
    (role) => {
      let victim = createVictim(role, "last term");
      for (let life = 0; life < 4; life++) {
        tell(victim, { type: "vote-reply", term: 2 ** 48 - 2, granted: false, identity: 0 });
        pass(victim, 60_000);
        victim = restart(victim, `last term ${life}`);
      }
      pass(victim, 60_000);
      expect(victim.agent.service.server?.raft.currentTerm).toBeLessThan(2 ** 48);
    },
  );

  test("about how long a question may wait is not believed", () => {
    const victim = createVictim("alone", "wait");
    const options = { consistency: "default", minIndex: 1e9, waitMs: Number.MAX_VALUE } as const;
    tell(victim, { type: "request", seq: 1, request: { kind: "catalog.nodes", nodeMeta: [], options } });
    expect(openQuestions(victim)).toBe(1);
    pass(victim, 11 * 60_000);
    expect(openQuestions(victim)).toBe(0);
  });

  test.each<[string, EntryKind, Uint8Array]>([
    ["command", "command", Uint8Array.of(0x93, 1, 2, 3)],
    ["configuration", "configuration", Uint8Array.of(0x7b)],
  ])("in the form of a %s that nobody can read stays out of the log", (_, kind, data) => {
    const victim = createVictim("one-of-three", "unreadable");
    const raft = victim.agent.service.server?.raft;
    const entries = entryOf(kind, 9, data);
    tell(victim, {
      type: "append",
      term: 9,
      prevLogIndex: 1,
      prevLogTerm: 1,
      entries,
      leaderCommit: 2,
      round: 1,
    });
    expect(raft).toMatchObject({ currentTerm: 1, commitIndex: 0, log: { lastIndex: 1 } });
    // The same leader's words that can be read are still believed.
    const sound = entryOf("no-op", 9, new Uint8Array(0));
    tell(victim, {
      type: "append",
      term: 9,
      prevLogIndex: 1,
      prevLogTerm: 1,
      entries: sound,
      leaderCommit: 2,
      round: 1,
    });
    expect(raft).toMatchObject({ currentTerm: 9, commitIndex: 2, log: { lastIndex: 2 } });
  });

  test("too large to be replicated is refused before it enters the log", () => {
    const victim = createVictim("alone", "large");
    const { raft } = victim.agent.service.server ?? { raft: undefined };
    const lastIndex = raft?.log.lastIndex;
    const value = new Uint8Array(33 << 20);
    const request = {
      kind: "kv.write",
      verb: "set",
      key: "a" as ByteString,
      value,
      flags: 0,
      index: 0,
      session: "",
    } as const;
    expect(tell(victim, { type: "request", seq: 1, request })).toEqual([
      {
        ok: false,
        error: { code: "refused", detail: expect.stringMatching(/^a write of 346\d+ bytes is too large/) },
      },
    ]);
    expect(raft?.log.lastIndex).toBe(lastIndex);
  });
});

/** Puts a peer's message before it. @returns The answers that the peer gets. */
function tell(victim: Victim, message: RpcMessage): Response[] {
  victim.sent.length = 0;
  feed(victim, { type: "message", from: idOf(2), message });
  settle(victim);
  return victim.sent.flatMap((sent) => (sent.type === "response" ? [sent.response] : []));
}

function openQuestions(victim: Victim): number {
  return [...victim.agent.service.asks.values()].filter(({ origin }) => origin.by === "peer").length;
}
