// Locks and sessions: what the sequential specification says of them, and that the checker agrees with a model that tries
// every order.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { operationsOf } from "../../../src/sim/checkers/history.ts";
import { checkHistory, type HistoryVerdict } from "../../../src/sim/checkers/linearizability.ts";
import { historyOf, type Sketch } from "./linearizability-model.ts";
import { isLinearizableWithLocks, lockSketches, tamperedLocks } from "./lock-model.ts";

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

const RUNS = { numRuns: 1_000 };

describe("the checker and a model that tries every order agree", () => {
  test("on what a correct store told", () => {
    fc.assert(fc.property(lockSketches(3, 8), agreesWithModel), RUNS);
  });

  test("on what a correct store told clients, one nearly after the other", () => {
    fc.assert(fc.property(lockSketches(0.7, 10), agreesWithModel), RUNS);
  });

  test("on what a correct store told clients, but for one answer or its time", () => {
    fc.assert(fc.property(tamperedLocks, agreesWithModel), { numRuns: 2_000 });
  });

  test("on long histories of a correct store", () => {
    fc.assert(
      fc.property(lockSketches(3, 60), (sketches) => {
        expect(judge(sketches).verdict).toBe("ok");
      }),
      { numRuns: 300 },
    );
  });
});
