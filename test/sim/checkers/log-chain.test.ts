// The hash chain along a log: what it takes over when a log is compacted, and what it must not when a snapshot replaces it.

import { expect, test } from "vitest";
import { appendEntry, compactUpTo, createLog, type RaftLog, resetLog } from "../../../src/core/raft/log.ts";
import { advanceChain, createLogChain, hashAt } from "../../../src/sim/checkers/raft/log-chain.ts";

const nobodyKnows = (): undefined => undefined;

function logOf(...terms: number[]): RaftLog {
  const log = createLog();
  for (const term of terms) appendEntry(log, "command", term, new Uint8Array([term]));
  return log;
}

test("a compacted log keeps its hashes", () => {
  const log = logOf(1, 1, 2);
  const chain = createLogChain();
  advanceChain(chain, log, nobodyKnows);
  const hashes = [2, 3].map((index) => hashAt(chain, index));
  compactUpTo(log, 2);
  advanceChain(chain, log, nobodyKnows);
  expect([2, 3].map((index) => hashAt(chain, index))).toEqual(hashes);
});

test("a snapshot that ends where the log ended, with another entry, does not get the log's hash (swarm seed 957)", () => {
  const log = logOf(1, 1, 2);
  const chain = createLogChain();
  advanceChain(chain, log, nobodyKnows);
  resetLog(log, { index: 3, term: 4 }, { index: 0, servers: [] });
  advanceChain(chain, log, (index, term) => 100 * index + term);
  expect(hashAt(chain, 3)).toBe(304);
});
