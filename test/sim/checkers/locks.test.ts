// Locks and sessions: what the sequential specification says of them, and that the checker agrees with a model that tries
// every order.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Action,
  type History,
  type KvOutcome,
  operationsOf,
  type SessionTerms,
} from "../../../src/sim/checkers/history.ts";
import {
  checkHistory,
  type HistoryVerdict,
  renderViolation,
} from "../../../src/sim/checkers/linearizability.ts";
import { createLockChecker, feedLockChecker } from "../../../src/sim/checkers/lock-exclusion.ts";
import { historyOf, type Sketch } from "./linearizability-model.ts";
import { isLinearizableWithLocks, lockSketches, tamperedLocks } from "./lock-model.ts";
import { runs } from "./runs.ts";

function judge(sketches: readonly Sketch[]): HistoryVerdict {
  const history = historyOf(sketches);
  const verdict = checkHistory(history);
  expect(checkHistory(history, { batch: 1, remember: 0 }).verdict).toBe(verdict.verdict);
  return verdict;
}

function agreesWithModel(sketches: readonly Sketch[]): void {
  const verdict = judge(sketches);
  const right = isLinearizableWithLocks(operationsOf(historyOf(sketches)));
  expect(verdict.verdict).toBe(right ? "ok" : "violation");
}

const RUNS = runs(1_000);

describe("the checker and a model that tries every order agree", () => {
  test("on what a correct store told", () => {
    fc.assert(fc.property(lockSketches(3, 8), agreesWithModel), RUNS);
  });

  test("on what a correct store told clients, one nearly after the other", () => {
    fc.assert(fc.property(lockSketches(0.7, 10), agreesWithModel), RUNS);
  });

  test("on what a correct store told clients, but for one answer or its time", () => {
    fc.assert(fc.property(tamperedLocks, agreesWithModel), runs(2_000));
  });

  test("on long histories of a correct store", () => {
    fc.assert(
      fc.property(lockSketches(3, 60), (sketches) => {
        expect(judge(sketches).verdict).toBe("ok");
      }),
      runs(300),
    );
  });
});

type Line = readonly [from: number, to: number, key: string, action: Action, outcome: KvOutcome];

const yes: KvOutcome = { kind: "applied" };
const no: KvOutcome = { kind: "refused" };
const gone: KvOutcome = { kind: "no-session" };
const lost: KvOutcome = { kind: "unknown" };
const acquire = (session: string, value = "x"): Action => ({ kind: "acquire", session, value });
const release = (session: string, value = "x"): Action => ({ kind: "release", session, value });
const put = (value: string): Action => ({ kind: "put", value });
const get: Action = { kind: "get" };
const end: Action = { kind: "end-session" };
const look: Action = { kind: "look-session" };
const looked = (alive: boolean): KvOutcome => ({ kind: "looked", alive });
const saw = (value: string, modifyIndex: number, session: string, lockIndex: number): KvOutcome => ({
  kind: "read",
  version: { value, modifyIndex, createIndex: 5, session, lockIndex },
});
const absent: KvOutcome = { kind: "read", version: undefined };

/** Sessions `a`, `b` (released, 15 ms of lock-delay), `d` (deletes what it holds), then the lines. */
function played(lines: readonly Line[]): History {
  const created = (id: string, terms: SessionTerms, at: number): Sketch => ({
    key: "",
    action: { kind: "create-session", ...terms },
    begin: -10 + at,
    end: -9.5 + at,
    outcome: { kind: "created", session: id },
  });
  const delayed: SessionTerms = { behavior: "release", leastDelayMs: 15, mostDelayMs: 16 };
  return historyOf([
    created("a", delayed, 0),
    created("b", delayed, 1),
    created("d", { behavior: "delete", leastDelayMs: 0, mostDelayMs: 0 }, 2),
    ...lines.map(([begin, to, key, action, outcome]) => ({ begin, end: to, key, action, outcome })),
  ]);
}

describe("these can be explained", () => {
  test.each<readonly [what: string, lines: readonly Line[]]>([
    [
      "each new holder counts the LockIndex up, the same one again does not",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "k", get, saw("x", 5, "a", 1)],
        [4, 5, "k", acquire("a", "y"), yes],
        [6, 7, "k", get, saw("y", 6, "a", 1)],
        [8, 9, "k", release("a", "z"), yes],
        [10, 11, "k", get, saw("z", 7, "", 1)],
        [12, 13, "k", acquire("b", "z"), yes],
        [14, 15, "k", get, saw("z", 8, "b", 2)],
      ],
    ],
    [
      "a put keeps the holder and begins to count anew",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "k", put("y"), yes],
        [4, 5, "k", get, saw("y", 6, "a", 0)],
        [6, 7, "k", acquire("b"), no],
      ],
    ],
    [
      "a put of what is there, on a key just locked, is a change once",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "k", put("x"), yes],
        [4, 5, "k", get, saw("x", 6, "a", 0)],
        [6, 7, "k", put("x"), yes],
        [8, 9, "k", get, saw("x", 6, "a", 0)],
      ],
    ],
    [
      "the end of a session gives its keys back and holds them off",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "a", end, yes],
        [4, 5, "k", get, saw("x", 6, "", 1)],
        [6, 7, "k", acquire("b"), no],
        [19, 20, "k", acquire("b"), yes],
        [21, 22, "k", acquire("a"), gone],
      ],
    ],
    [
      "a session that ends deletes what it holds, if it was made so",
      [
        [0, 1, "k", acquire("d"), yes],
        [2, 3, "d", end, yes],
        [4, 5, "k", get, absent],
        [6, 7, "k", acquire("d"), gone],
        [8, 9, "k", acquire("a"), yes],
      ],
    ],
    [
      "a session of which nobody knows when it ends",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "a", end, lost],
        [4, 5, "k", get, saw("x", 5, "a", 1)],
        [40, 41, "k", get, saw("x", 6, "", 1)],
        [42, 43, "a", look, looked(false)],
        [60, 61, "k", acquire("b"), yes],
      ],
    ],
  ])("%s", (_, lines) => {
    const history = played(lines);
    const verdict = checkHistory(history);
    expect(verdict.verdict === "violation" ? renderViolation(verdict) : verdict.verdict).toBe("ok");
    expect(feedLockChecker(createLockChecker(), history)).toBe(undefined);
  });
});

describe("these cannot", () => {
  test.each<readonly [what: string, rule: string, exclusion: string, lines: readonly Line[]]>([
    [
      "two hold a lock",
      "no order explains the answers",
      "lock-two-holders",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "k", acquire("b"), yes],
      ],
    ],
    [
      "a lock is given within the lock-delay",
      "no order explains the answers",
      "lock-delay-broken",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "a", end, yes],
        [4, 5, "k", acquire("b"), yes],
      ],
    ],
    [
      "a lock is given within the lock-delay of a session that nobody knows to have ended",
      "no order explains the answers",
      "lock-delay-broken",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "a", end, lost],
        [4, 5, "k", acquire("b"), yes],
      ],
    ],
    [
      "a lock is refused long after the lock-delay",
      "no order explains the answers",
      "",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "a", end, yes],
        [30, 31, "k", acquire("b"), no],
      ],
    ],
    [
      "a LockIndex does not count",
      "no order explains the answers",
      "",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "k", release("a"), yes],
        [4, 5, "k", acquire("b"), yes],
        [6, 7, "k", get, saw("x", 7, "b", 1)],
      ],
    ],
    [
      "a release by another is granted",
      "no order explains the answers",
      "",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "k", release("b"), yes],
      ],
    ],
    [
      "a key stays with a session that has ended",
      "no order explains the answers",
      "",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "a", end, yes],
        [4, 5, "k", get, saw("x", 5, "a", 1)],
      ],
    ],
    [
      "a session comes back",
      "session came back",
      "",
      [
        [0, 1, "a", end, yes],
        [2, 3, "a", look, looked(true)],
      ],
    ],
    [
      "a session that has ended is given a lock",
      "session came back",
      "",
      [
        [0, 1, "a", end, yes],
        [2, 3, "k", acquire("a"), yes],
      ],
    ],
    ["a session vanishes", "session vanished", "", [[0, 1, "a", look, looked(false)]]],
    ["a session that nobody made is alive", "session never created", "", [[0, 1, "k", acquire("?"), yes]]],
  ])("%s: %s", (_, rule, exclusion, lines) => {
    const history = played(lines);
    const verdict = checkHistory(history);
    if (verdict.verdict !== "violation") throw new Error(verdict.verdict);
    expect(verdict.violation.rule).toBe(rule);
    expect(renderViolation(verdict)).toContain(`is not linearizable: ${rule}`);
    expect(feedLockChecker(createLockChecker(), history)?.id ?? "").toBe(exclusion);
  });
});

describe("the checker of mutual exclusion", () => {
  test("objects to nothing that a correct store told", () => {
    const some = fc.oneof(lockSketches(3, 30), lockSketches(0.7, 60));
    fc.assert(
      fc.property(some, (sketches) => {
        expect(feedLockChecker(createLockChecker(), historyOf(sketches))).toBe(undefined);
      }),
      RUNS,
    );
  });

  test("objects only to what is not linearizable, and does object", () => {
    let found = 0;
    fc.assert(
      fc.property(tamperedLocks, (sketches) => {
        const history = historyOf(sketches);
        const violation = feedLockChecker(createLockChecker(), history);
        if (violation === undefined) return;
        found++;
        expect(isLinearizableWithLocks(operationsOf(history))).toBe(false);
      }),
      runs(3_000),
    );
    expect(found).toBeGreaterThan(0);
  });

  test.each<readonly [what: string, lines: readonly Line[]]>([
    [
      "a release that was lost before may give the lock back at any time",
      [
        [0, 1, "k", acquire("a"), yes],
        [2, 3, "k", release("a"), lost],
        [4, 5, "k", acquire("a"), yes],
        [6, 7, "k", acquire("b"), yes],
      ],
    ],
    [
      "a delete under way with the request for the lock may have come after it",
      [
        [0, 9, "k", acquire("a"), yes],
        [1, 8, "k", { kind: "delete" }, yes],
        [10, 11, "k", acquire("b"), yes],
      ],
    ],
  ])("%s", (_, lines) => {
    expect(feedLockChecker(createLockChecker(), played(lines))).toBe(undefined);
  });
});
