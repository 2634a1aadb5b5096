// The judge of client histories says which rule was broken, and stops a run as soon as it is.

import { describe, expect, test } from "vitest";
import { createHistoryJudge, judgeHistory } from "../../../src/sim/checkers/client-history.ts";
import {
  complete,
  createHistory,
  type History,
  invoke,
  type KvAction,
  type KvOutcome,
} from "../../../src/sim/checkers/history.ts";
import { historyOf, type Sketch } from "./linearizability-model.ts";
import { violationOf } from "./raft-rig.ts";

const yes: KvOutcome = { kind: "applied" };
const nothing: KvOutcome = { kind: "read", version: undefined };
const get: KvAction = { kind: "get" };

const STALE: readonly Sketch[] = [
  { action: { kind: "put", value: "x" }, begin: 0, end: 1, outcome: yes },
  { action: get, begin: 2, end: 3, outcome: nothing },
];

const TWO_HOLDERS: readonly Sketch[] = [
  ...["s1", "s2"].map((session, at) => ({
    key: "",
    action: { kind: "create-session", behavior: "release", leastDelayMs: 0, mostDelayMs: 0 } as const,
    begin: at,
    end: at + 0.5,
    outcome: { kind: "created", session } as const,
  })),
  { action: { kind: "acquire", session: "s1", value: "x" }, begin: 4, end: 5, outcome: yes },
  { action: { kind: "acquire", session: "s2", value: "y" }, begin: 6, end: 7, outcome: yes },
];

/** Creations that all overlap, and one delete too few between them: no rule sees it, so all orders must be tried. */
const RIDDLE: readonly Sketch[] = Array.from({ length: 12 }, (_, at) => at).flatMap((at): Sketch[] => {
  const creation: KvAction = { kind: "cas", index: 0, value: `v${at}` };
  const line = { begin: 0, end: 100, outcome: yes };
  return at < 2
    ? [{ action: creation, ...line }]
    : [
        { action: creation, ...line },
        { action: { kind: "delete" }, ...line },
      ];
});

describe("a whole history", () => {
  test("that is right breaks no rule", () => {
    expect(violationOf(() => judgeHistory(historyOf(STALE.slice(0, 1))))).toBe("");
  });

  test("without an order that explains it is not linearizable", () => {
    expect(violationOf(() => judgeHistory(historyOf(STALE)))).toBe("linearizability");
  });

  test("in which two hold a lock breaks the rule that users know, before any other", () => {
    expect(violationOf(() => judgeHistory(historyOf(TWO_HOLDERS)))).toBe("lock-two-holders");
  });

  test("that takes too long to judge is not taken for right", () => {
    const judge = createHistoryJudge(historyOf(RIDDLE), { budget: 5_000 });
    expect(violationOf(() => judge.atLast())).toBe("linearizability-undecided");
  });
});

describe("a history judged as it grows", () => {
  function play(history: History, action: KvAction, outcome: KvOutcome): void {
    complete(history, invoke(history, "a", "k", action, history.invokedCount), outcome, history.invokedCount);
  }

  test("ends the run when it has gone wrong", () => {
    const history = createHistory();
    const judge = createHistoryJudge(history);
    for (let round = 1; round <= 40; round++) {
      play(history, { kind: "put", value: `v${round}` }, yes);
      judge.soFar();
    }
    play(history, get, nothing);
    for (let round = 41; round <= 80; round++) play(history, { kind: "put", value: `v${round}` }, yes);
    expect(violationOf(() => judge.soFar())).toBe("linearizability");
  });
});
