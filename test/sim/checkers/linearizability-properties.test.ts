import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type History, type Operation, operationsOf } from "../../../src/sim/checkers/history.ts";
import { createProblem, FRESH_KEY } from "../../../src/sim/checkers/linear/problem.ts";
import { screen } from "../../../src/sim/checkers/linear/screen.ts";
import { search } from "../../../src/sim/checkers/linear/search.ts";
import {
  checkHistory,
  type HistoryVerdict,
  renderViolation,
} from "../../../src/sim/checkers/linearizability.ts";
import { absurd, careful, careless, nonsense, swapping, tampered } from "./linearizability-arbitraries.ts";
import { explains, historyOf, isLinearizable, type Sketch } from "./linearizability-model.ts";
import { runs } from "./runs.ts";

/**
 * The operations with the answers of all but `kept` taken away: what had no effect is gone, writes may have happened or
 * not. Deletes are left alone, since a rule may rest on there having been none, and what is before event `from`.
 */
function knowingOnly(operations: readonly Operation[], kept: readonly Operation[], from = 0): Operation[] {
  return operations.flatMap((operation) => {
    const { action, outcome } = operation;
    if (kept.includes(operation) || operation.completedAt < from) return [operation];
    if (action.kind.startsWith("delete")) return [operation];
    if (action.kind === "get" || outcome?.kind === "refused") return [];
    return [{ ...operation, outcome: undefined, completedAt: Number.POSITIVE_INFINITY }];
  });
}

/** Checked in one piece, and key states folded whenever the key is at rest. */
function judge(history: History): HistoryVerdict {
  const verdict = checkHistory(history);
  expect(checkHistory(history, { batch: 1, remember: 0 }).verdict).toBe(verdict.verdict);
  return verdict;
}

function agreesWithModel(sketches: readonly Sketch[]): void {
  const history = historyOf(sketches);
  const operations = operationsOf(history);
  const verdict = judge(history);
  expect(verdict.verdict).toBe(isLinearizable(operations) ? "ok" : "violation");
  if (verdict.verdict !== "violation") return;
  const { operations: culprits, from } = verdict.violation;
  expect(isLinearizable(knowingOnly(operations, culprits, from))).toBe(false);
  for (const { id } of culprits) expect(renderViolation(verdict)).toContain(`#${id} `);
}

const RUNS = runs(400);

describe("the checker and a model that tries every order agree", () => {
  test("on answers that have nothing to do with the questions", () => {
    fc.assert(fc.property(nonsense, agreesWithModel), RUNS);
  });

  test("on what a correct store told careless clients", () => {
    fc.assert(fc.property(careless(3, 8), agreesWithModel), RUNS);
  });

  test("on what a correct store told careless clients, one nearly after the other", () => {
    fc.assert(fc.property(careless(0.7, 9), agreesWithModel), RUNS);
  });

  test("on what a correct store told clients that compare and set by value", () => {
    fc.assert(fc.property(swapping(2, 9), agreesWithModel), RUNS);
  });

  test("on what a correct store told careful clients", () => {
    fc.assert(fc.property(careful(4, 12), agreesWithModel), RUNS);
  });

  test("on what a correct store told clients, but for one answer or its time", () => {
    fc.assert(fc.property(tampered, agreesWithModel), runs(1_000));
  });
});

describe("the rules", () => {
  test("name operations that contradict one another, whatever became of all others", () => {
    fc.assert(
      fc.property(fc.oneof(nonsense, tampered), (sketches) => {
        const operations = operationsOf(historyOf(sketches));
        const finding = screen(createProblem(FRESH_KEY, operations));
        fc.pre(finding !== undefined);
        expect(isLinearizable(knowingOnly(operations, finding?.operations ?? []))).toBe(false);
      }),
      RUNS,
    );
  });

  test("find nothing in what a correct store told, however much of it there is", () => {
    fc.assert(
      fc.property(fc.oneof(careless(5, 60), careful(8, 120)), (sketches) => {
        expect(screen(createProblem(FRESH_KEY, operationsOf(historyOf(sketches))))).toBe(undefined);
      }),
      RUNS,
    );
  });
});

describe("the search", () => {
  test("finds an order for what a correct store told careful clients, however many at once", () => {
    fc.assert(
      fc.property(careful(8, 120), (sketches) => {
        expect(judge(historyOf(sketches)).verdict).toBe("ok");
      }),
      RUNS,
    );
  });

  test("finds orders that keep to the order of time and give each operation its answer", () => {
    fc.assert(
      fc.property(fc.oneof(careless(4, 12), careful(6, 40), tampered), (sketches) => {
        const operations = operationsOf(historyOf(sketches));
        const { kind, order } = search(createProblem(FRESH_KEY, operations), "one", 100_000);
        fc.pre(kind === "found");
        const answered = operations.filter(
          ({ outcome }) => outcome !== undefined && outcome.kind !== "unknown",
        );
        for (const each of answered) expect(order).toContain(each);
        order.forEach((later, at) => {
          if (!answered.includes(later)) return;
          for (const earlier of order.slice(0, at))
            expect(later.completedAt).toBeGreaterThan(earlier.invokedAt);
        });
        expect(explains(order)).toBe(true);
      }),
      RUNS,
    );
  });
});

test("no numbers that a server shows make the checker throw", () => {
  fc.assert(
    fc.property(absurd, (sketches) => {
      expect(["ok", "violation"]).toContain(judge(historyOf(sketches)).verdict);
    }),
    RUNS,
  );
});

/** The same with all other answers taken away, those of deletes too. */
function knowingNothingBut(
  operations: readonly Operation[],
  kept: readonly Operation[],
  from: number,
): Operation[] {
  return operations.flatMap((operation) => {
    if (kept.includes(operation) || operation.completedAt < from) return [operation];
    if (operation.action.kind === "get" || operation.outcome?.kind === "refused") return [];
    return [{ ...operation, outcome: undefined, completedAt: Number.POSITIVE_INFINITY }];
  });
}

describe("a violation comes with", () => {
  test("a part of the history that contradicts itself, and no longer does without any one of its answers", () => {
    // Of how many: a busy machine gets through fewer before their time is up.
    let [tried, found] = [0, 0];
    fc.assert(
      fc.property(fc.oneof(tampered, nonsense), (sketches) => {
        tried++;
        const history = historyOf(sketches);
        const verdict = checkHistory(history);
        if (verdict.verdict !== "violation") return;
        found++;
        const operations = operationsOf(history);
        const { minimal, isMinimal, from } = verdict.violation;
        expect(isMinimal).toBe(true);
        expect(isLinearizable(knowingNothingBut(operations, minimal, from))).toBe(false);
        for (const one of minimal) {
          const rest = minimal.filter((each) => each !== one);
          expect(isLinearizable(knowingNothingBut(operations, rest, from))).toBe(true);
        }
      }),
      runs(2_000),
    );
    expect(found).toBeGreaterThan(tried / 4);
  });

  test("an order that explains everything answered before the answer that broke it", () => {
    fc.assert(
      fc.property(fc.oneof(tampered, nonsense), (sketches) => {
        const verdict = checkHistory(historyOf(sketches));
        if (verdict.verdict !== "violation" || !verdict.violation.witnessIsWhole) return;
        expect(explains(verdict.violation.witness)).toBe(true);
      }),
      RUNS,
    );
  });
});
