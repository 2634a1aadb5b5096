import { describe, expect, test } from "vitest";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { raftConfig } from "../../../src/core/raft/config.ts";
import type { AppendEntries, RaftMessage } from "../../../src/core/raft/messages.ts";
import { createRaft, type Raft, type RaftEffect, type RaftInput } from "../../../src/core/raft/state.ts";
import { bootstrapRaft, flushRaft, raftDeadline, stepRaft } from "../../../src/core/raft/step.ts";

const SERVERS = ["a", "b", "c"].map((id) => ({ id, address: `${id}:8300`, voter: true }));

/** Server a of three, whose disk refuses from now on. */
function brokenServer(): Raft {
  const raft = createRaft("a", raftConfig(1), seededChance("broken storage"));
  bootstrapRaft(raft, SERVERS, 0);
  turn(raft, { type: "storage-failed" }, 1);
  return raft;
}

/** One input and the end of its turn. @returns All that it causes. */
function turn(raft: Raft, input: RaftInput, nowMs: number): RaftEffect[] {
  const out: RaftEffect[] = [];
  stepRaft(raft, input, nowMs, out);
  flushRaft(raft, nowMs, out);
  return out;
}

function from(server: string, message: RaftMessage): RaftInput {
  return { type: "message", from: server, message };
}

function heartbeat(term: number): AppendEntries {
  const entries = new Uint8Array(0);
  return { type: "append", term, prevLogIndex: 1, prevLogTerm: 1, entries, leaderCommit: 1, round: 1 };
}

describe("a server whose disk refuses", () => {
  test("hears who leads, over all terms, and says nothing to it", () => {
    const raft = brokenServer();
    for (const [leader, term] of [
      ["b", 2],
      ["c", 5],
    ] as const) {
      const effects = turn(raft, from(leader, heartbeat(term)), 10 * term);
      expect(effects).toEqual([{ type: "role", role: "follower", term, leader }]);
      expect(raft.leader).toBe(leader);
    }
    expect(turn(raft, from("b", heartbeat(4)), 60)).toEqual([]);
    expect(raft.leader).toBe("c");
  });

  test("does not vote, and never campaigns", () => {
    const raft = brokenServer();
    const vote = { term: 3, lastLogIndex: 9, lastLogTerm: 2 };
    expect(turn(raft, from("b", { type: "pre-vote", ...vote }), 10)).toEqual([]);
    expect(turn(raft, from("b", { type: "vote", ...vote }), 10)).toEqual([]);
    turn(raft, from("c", heartbeat(3)), 20);
    turn(raft, { type: "peer-refused", peer: "c" }, 30);
    expect(raft.leader).toBeUndefined();
    expect(raftDeadline(raft)).toBe(Number.POSITIVE_INFINITY);
  });
});
