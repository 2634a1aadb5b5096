import { describe, expect, test } from "vitest";
import { InvariantError } from "../../../src/core/lib/assert.ts";
import {
  complete,
  createHistory,
  forgetBefore,
  type History,
  invoke,
  type KvAction,
  type KvOutcome,
  operationsOf,
} from "../../../src/sim/checkers/history.ts";
import {
  checkHistory,
  createChecker,
  feedChecker,
  finishChecker,
  type HistoryVerdict,
  renderViolation,
} from "../../../src/sim/checkers/linearizability.ts";
import { historyOf, type Sketch } from "./linearizability-model.ts";

const get: KvAction = { kind: "get" };
const list: KvAction = { kind: "list" };
const remove: KvAction = { kind: "delete" };
const put = (value: string): KvAction => ({ kind: "put", value });
const cas = (index: number, value: string): KvAction => ({ kind: "cas", index, value });
const removeCas = (index: number): KvAction => ({ kind: "delete-cas", index });

const yes: KvOutcome = { kind: "applied" };
const no: KvOutcome = { kind: "refused" };
const lost: KvOutcome = { kind: "unknown" };
const failed: KvOutcome = { kind: "failed" };
const nothing: KvOutcome = { kind: "read", version: undefined };
const saw = (value: string, modifyIndex: number, createIndex: number = modifyIndex): KvOutcome => ({
  kind: "read",
  version: { value, createIndex, modifyIndex },
});

/** `[from, to]`, who, what, and what came of it. */
type Line = readonly [from: number, to: number, client: string, action: KvAction, outcome: KvOutcome];

function sketchesOf(lines: readonly Line[], key = "k"): Sketch[] {
  return lines.map(([begin, end, client, action, outcome]) => ({ key, client, action, begin, end, outcome }));
}

function verdictOf(lines: readonly Line[]): HistoryVerdict {
  return checkHistory(historyOf(sketchesOf(lines)));
}

const never = Number.POSITIVE_INFINITY;

describe("these can be explained", () => {
  test.each<readonly [name: string, lines: readonly Line[]]>([
    ["nothing at all", []],
    ["a key that was never written is not there", [[0, 1, "a", get, nothing]]],
    [
      "a read under way with a write sees it or not",
      [
        [0, 9, "a", put("x"), yes],
        [1, 2, "b", get, nothing],
        [3, 4, "b", get, saw("x", 5)],
      ],
    ],
    [
      "of two puts at once the first returned may have come last",
      [
        [0, 5, "a", put("x"), yes],
        [1, 3, "b", put("y"), yes],
        [6, 7, "c", get, saw("y", 8, 7)],
      ],
    ],
    [
      "an unknown write takes effect long after its client gave up",
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "b", put("y"), lost],
        [4, 5, "c", get, saw("x", 5)],
        [6, 7, "c", put("z"), yes],
        [8, 9, "c", get, saw("z", 7, 5)],
        [10, 11, "c", get, saw("y", 8, 5)],
      ],
    ],
    [
      "an unknown write never happens",
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "b", put("y"), lost],
        [4, 5, "c", get, saw("x", 5)],
        [6, 7, "c", cas(5, "z"), yes],
        [8, 9, "c", get, saw("z", 6, 5)],
      ],
    ],
    [
      "an unknown write that nobody reads is why a CAS was refused",
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "c", get, saw("x", 5)],
        [4, 5, "b", put("y"), lost],
        [6, 7, "c", cas(5, "z"), no],
      ],
    ],
    [
      "an unknown delete is why the key was created anew",
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "b", remove, lost],
        [4, 5, "a", put("y"), yes],
        [6, 7, "a", get, saw("y", 9)],
      ],
    ],
    [
      "an operation that never completes is an unknown one",
      [
        [0, never, "a", put("x"), yes],
        [2, 3, "b", get, saw("x", 5)],
      ],
    ],
    [
      "a write that failed for certain leaves nothing behind",
      [
        [0, 1, "a", put("x"), failed],
        [2, 3, "b", get, nothing],
      ],
    ],
    [
      "one of two CAS on one version wins",
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", get, saw("x", 5)],
        [4, 9, "a", cas(5, "y"), yes],
        [5, 8, "b", cas(5, "z"), no],
      ],
    ],
    [
      "a CAS that writes what is there is granted and changes nothing",
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", cas(5, "x"), yes],
        [4, 5, "b", cas(5, "x"), yes],
        [6, 7, "b", get, saw("x", 5)],
      ],
    ],
    [
      "a put of what is there keeps the ModifyIndex",
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", put("x"), yes],
        [4, 5, "b", get, saw("x", 5)],
      ],
    ],
    [
      "delete-cas of a key that is not there is granted, whatever the index",
      [
        [0, 1, "a", removeCas(7), yes],
        [2, 3, "a", put("x"), yes],
        [4, 5, "a", removeCas(0), no],
        [6, 7, "a", get, saw("x", 9)],
        [8, 9, "a", removeCas(9), yes],
        [10, 11, "a", get, nothing],
      ],
    ],
    [
      "of two puts that nobody read a swap tells which came last, the one that returned first",
      [
        [0, 5, "a", put("x"), yes],
        [1, 3, "b", put("y"), yes],
        [6, 7, "c", { kind: "swap", from: "x", value: "z" }, no],
      ],
    ],
    [
      "CreateIndex stays through writes and is new after a delete",
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", put("y"), yes],
        [4, 5, "a", get, saw("y", 6, 5)],
        [6, 7, "a", remove, yes],
        [8, 9, "a", put("z"), yes],
        [10, 11, "a", get, saw("z", 9)],
      ],
    ],
  ])("%s", (_, lines) => {
    expect(verdictOf(lines).verdict).toBe("ok");
  });
});

describe("these cannot, and the report names who contradicts whom", () => {
  test.each<readonly [name: string, rule: string, culprits: readonly number[], lines: readonly Line[]]>([
    [
      "a stale read",
      "stale",
      [3, 4],
      [
        [0, 1, "a", put("x"), yes],
        [2, 6, "a", put("y"), yes],
        [3, 4, "b", get, saw("y", 6, 5)],
        [7, 8, "c", get, saw("x", 5)],
      ],
    ],
    [
      "an index that goes backwards for one client",
      "stale",
      [3, 4],
      [
        [0, 9, "a", put("x"), yes],
        [0, 9, "b", put("y"), yes],
        [2, 3, "c", get, saw("y", 6, 5)],
        [4, 5, "c", get, saw("x", 5)],
      ],
    ],
    [
      "a client that does not read its own write",
      "acknowledged write lost",
      [1, 2, 3],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "b", put("y"), yes],
        [4, 5, "b", get, saw("x", 5)],
      ],
    ],
    [
      "a lost update: two CAS on one version both succeed",
      "two CAS on one version",
      [2, 3, 4],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", get, saw("x", 5)],
        [4, 9, "a", cas(5, "y"), yes],
        [5, 8, "b", cas(5, "z"), yes],
      ],
    ],
    [
      "a CAS refused on the version that is there all the while",
      "CAS refused on the newest version",
      [1, 3, 4],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", get, saw("x", 5)],
        [4, 5, "a", cas(5, "y"), no],
        [6, 7, "a", get, saw("x", 5)],
      ],
    ],
    [
      "a value that nobody wrote",
      "value never written",
      [2],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", get, saw("?", 5)],
      ],
    ],
    [
      "a value from a write that failed for certain",
      "value never written",
      [2],
      [
        [0, 1, "a", put("x"), failed],
        [2, 3, "a", get, saw("x", 5)],
      ],
    ],
    [
      "a value that is read before it is written",
      "read before its write",
      [1, 2],
      [
        [0, 1, "a", get, saw("x", 5)],
        [2, 3, "a", put("x"), yes],
      ],
    ],
    [
      "two values at one ModifyIndex",
      "two contents of one version",
      [3, 4],
      [
        [0, 9, "a", put("x"), yes],
        [0, 9, "b", put("y"), yes],
        [1, 2, "c", get, saw("x", 5)],
        [3, 4, "d", get, saw("y", 5)],
      ],
    ],
    [
      "one write at two ModifyIndexes",
      "two versions of one write",
      [1, 2, 3],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "b", get, saw("x", 5)],
        [4, 5, "b", get, saw("x", 7, 5)],
      ],
    ],
    [
      "a key that vanishes",
      "vanished",
      [1, 2],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", get, nothing],
      ],
    ],
    [
      "a key that a write found absent, of which only a read without indexes tells",
      "vanished",
      [2, 3, 4],
      [
        [0, 2, "a", put("x"), yes],
        [1, 3, "b", get, saw("x", 5)],
        [4, never, "c", cas(0, "y"), lost],
        [5, 6, "b", get, { kind: "read-value", value: "y" }],
      ],
    ],
    [
      "a key that is not there for a moment",
      "absent though it was there",
      [1, 4, 5],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", get, saw("x", 5)],
        [3, 9, "b", remove, yes],
        [4, 5, "a", get, nothing],
        [6, 7, "a", get, saw("x", 5)],
      ],
    ],
    [
      "a delete that comes back",
      "acknowledged delete lost",
      [1, 2, 3],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", remove, yes],
        [4, 5, "b", get, saw("x", 5)],
      ],
    ],
    [
      "a CAS on a version long gone",
      "CAS on a version that was no longer there",
      [3, 5, 6],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", get, saw("x", 5)],
        [4, 20, "b", cas(5, "z"), yes],
        [6, 18, "a", put("y"), yes],
        [8, 15, "a", get, saw("y", 7, 5)],
        [9, 15, "c", get, saw("z", 8, 5)],
      ],
    ],
    [
      "a CreateIndex that changes without a delete",
      "no order explains the answers",
      [3],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", put("y"), yes],
        [4, 5, "a", get, saw("y", 6)],
      ],
    ],
    [
      "indexes that no key can have",
      "impossible index",
      [2],
      [
        [0, 1, "a", put("x"), yes],
        [2, 3, "a", get, saw("x", 5, 6)],
      ],
    ],
    [
      "an unknown write that happens twice",
      "stale",
      [3, 5],
      [
        [0, 1, "a", put("x"), lost],
        [2, 9, "b", put("y"), yes],
        [3, 4, "c", get, saw("y", 6, 5)],
        [5, 6, "c", get, saw("y", 6, 5)],
        [7, 8, "c", get, saw("x", 5)],
      ],
    ],
  ])("%s: %s", (_, rule, culprits, lines) => {
    const verdict = verdictOf(lines);
    if (verdict.verdict !== "violation") throw new Error(verdict.verdict);
    expect(verdict.violation.rule).toBe(rule);
    expect(verdict.violation.operations.map(({ id }) => id)).toEqual(culprits);
  });
});

test("a report on a value that nobody can have written names the write that is said to have failed", () => {
  const verdict = verdictOf([
    [0, 1, "a", put("x"), failed],
    [2, 3, "a", get, saw("x", 5)],
  ]);
  expect(verdict).toMatchObject({ verdict: "violation", violation: { context: [{ id: 1 }] } });
});

describe("keys", () => {
  const right = sketchesOf(
    [
      [0, 1, "a", put("x"), yes],
      [4, 5, "a", get, saw("x", 5)],
    ],
    "right",
  );
  const wrong = sketchesOf(
    [
      [2, 3, "a", put("y"), yes],
      [6, 7, "a", get, nothing],
    ],
    "wrong",
  );

  test("are judged one by one: a fault in one is not put on another", () => {
    const verdict = checkHistory(historyOf([...right, ...wrong]));
    if (verdict.verdict !== "violation") throw new Error(verdict.verdict);
    expect(verdict.violation.key).toBe("wrong");
    expect(checkHistory(historyOf(right)).verdict).toBe("ok");
  });

  test("of which one goes up do not hold back another", () => {
    const verdict = checkHistory(historyOf([...right, ...sketchesOf([[8, 9, "a", put("z"), yes]], "other")]));
    expect(verdict).toMatchObject({ verdict: "ok", keyCount: 2, operationCount: 3 });
  });
});

describe("a list", () => {
  const rows = (...shown: readonly (readonly [key: string, value: string, index: number])[]): KvOutcome => ({
    kind: "listed",
    rows: shown.map(([key, value, index]) => ({ key, value, createIndex: index, modifyIndex: index })),
  });
  const written: readonly Sketch[] = [
    ...sketchesOf([[0, 1, "a", put("1"), yes]], "dir/x"),
    ...sketchesOf([[2, 3, "a", put("2"), yes]], "dir/y"),
    ...sketchesOf([[2, 3, "b", put("3"), yes]], "else"),
  ];
  const listing = (outcome: KvOutcome): HistoryVerdict =>
    checkHistory(historyOf([...written, ...sketchesOf([[4, 5, "a", list, outcome]], "dir/")]));

  test("shows what is under its prefix", () => {
    expect(listing(rows(["dir/x", "1", 5], ["dir/y", "2", 6])).verdict).toBe("ok");
  });

  test("that leaves out a key says that it is not there", () => {
    const verdict = listing(rows(["dir/x", "1", 5]));
    expect(verdict).toMatchObject({ verdict: "violation", violation: { key: "dir/y", rule: "vanished" } });
  });

  test("that shows an unheard-of key is wrong", () => {
    const verdict = listing(rows(["dir/x", "1", 5], ["dir/y", "2", 6], ["dir/z", "9", 7]));
    expect(verdict).toMatchObject({ verdict: "violation", violation: { rule: "value never written" } });
  });

  test.each([
    ["outside its prefix", rows(["dir/x", "1", 5], ["dir/y", "2", 6], ["else", "3", 7])],
    ["twice", rows(["dir/x", "1", 5], ["dir/y", "2", 6], ["dir/x", "1", 5])],
  ])("that shows a key %s is wrong", (_, outcome) => {
    expect(listing(outcome)).toMatchObject({
      verdict: "violation",
      violation: { rule: "row that does not belong in a list" },
    });
  });

  test("without an answer says nothing, and does not keep its keys from being judged", () => {
    expect(listing(lost).verdict).toBe("ok");
    expect(listing(failed).verdict).toBe("ok");
  });

  test("may miss a key that is created while it runs", () => {
    const lists = sketchesOf([[0, 9, "c", list, rows()]], "new/");
    const creates = sketchesOf(
      [
        [1, 2, "a", put("1"), yes],
        [3, 4, "a", get, saw("1", 5)],
      ],
      "new/x",
    );
    expect(checkHistory(historyOf([...lists, ...creates]), { batch: 1 }).verdict).toBe("ok");
  });
});

describe("a history judged as it grows", () => {
  /** One client that puts and reads in turn; round `staleAt` reads the version before. */
  function playRounds(history: History, from: number, to: number, staleAt = -1): void {
    for (let round = from; round < to; round++) {
      const wrote = invoke(history, "a", "k", put(`v${round}`), round);
      complete(history, wrote, yes, round);
      const shown = round === staleAt ? round - 1 : round;
      const read = invoke(history, "a", "k", get, round);
      complete(history, read, saw(`v${shown}`, 10 + shown, 10), round);
    }
  }

  test("keeps only what it needs to explain a violation, and forgets the rest", () => {
    const history = createHistory();
    const checker = createChecker({ remember: 20 });
    for (let part = 0; part < 50; part++) {
      playRounds(history, 100 * part, 100 * (part + 1));
      expect(feedChecker(checker, history)).toBe(undefined);
      forgetBefore(history, checker.position);
      expect(history.events.length).toBe(0);
      const lane = checker.lanes.get("k");
      expect((lane?.waiting.length ?? 0) + (lane?.rememberedCount ?? 0)).toBeLessThan(20 + 2 * 16);
      expect(lane?.ground.possibilities.length).toBe(1);
    }
    expect(finishChecker(checker, history)).toMatchObject({ verdict: "ok", operationCount: 10_000 });
  });

  test("stops at the violation and explains it from what it remembers", () => {
    const history = createHistory();
    const checker = createChecker({ batch: 1 });
    playRounds(history, 0, 200, 150);
    const violation = feedChecker(checker, history);
    expect(violation?.rule).toBe("acknowledged write lost");
    expect(violation?.operations.map(({ id }) => id)).toEqual([299, 301, 302]);
    expect(violation?.witness.length).toBeGreaterThan(0);
    expect(checker.position).toBeLessThan(operationsOf(history).length * 2);
    expect(finishChecker(checker, history)).toMatchObject({ verdict: "violation", violation });
  });

  test("says what the key could be when the operations that made it so are forgotten", () => {
    const history = createHistory();
    const checker = createChecker({ batch: 1, remember: 0 });
    playRounds(history, 0, 20);
    complete(history, invoke(history, "b", "k", put("maybe"), 20), lost, 21);
    playRounds(history, 22, 23, 22);
    expect(feedChecker(checker, history)).toBeDefined();
    const verdict = finishChecker(checker, history);
    if (verdict.verdict !== "violation") throw new Error(verdict.verdict);
    const text = renderViolation(verdict);
    expect(text).toContain("before these operations: ");
    expect(text).toContain("writes of unknown outcome from before, which may happen at any time");
    expect(text).toContain('put "maybe"');
  });

  test("decides late what an open operation keeps open", () => {
    const history = createHistory();
    const checker = createChecker({ batch: 1 });
    const slow = invoke(history, "b", "k", put("slow"), 0);
    playRounds(history, 1, 40);
    feedChecker(checker, history);
    expect(checker.lanes.get("k")?.waiting.length).toBe(79);
    complete(history, slow, yes, 41);
    feedChecker(checker, history);
    expect(checker.lanes.get("k")?.waiting.length).toBe(0);
    expect(finishChecker(checker, history).verdict).toBe("ok");
  });
});

/** Creations that all overlap, and one delete too few between them. No rule sees it, so all orders must be tried. */
function riddle(creations: number): History {
  const lines: Line[] = [[0, 100, "c", cas(0, "v"), yes]];
  for (let at = 1; at < creations; at++) {
    lines.push([0, 100, `c${at}`, cas(0, `v${at}`), yes]);
    if (at > 1) lines.push([0, 100, `d${at}`, remove, yes]);
  }
  return historyOf(sketchesOf(lines));
}

describe("the budget", () => {
  test("is enough for what no rule sees, if it is not too large", () => {
    expect(checkHistory(riddle(5)).verdict).toBe("violation");
  });

  test("ends a search that would not end, and names the keys that are left undecided", () => {
    const verdict = checkHistory(riddle(12), { budget: 5_000 });
    expect(verdict).toMatchObject({ verdict: "undecided", keys: ["k"] });
    expect(verdict.steps).toBeLessThan(20_000);
  });

  test("is counted in steps: the same history takes the same number every time", () => {
    const steps = [1, 2].map(() => checkHistory(riddle(12), { budget: 5_000 }).steps);
    expect(steps[0]).toBe(steps[1]);
  });
});

describe("judging can be cancelled", () => {
  const right = sketchesOf(
    [
      [0, 1, "a", put("x"), yes],
      [2, 3, "a", get, saw("x", 5)],
    ],
    "right",
  );

  test("before it begins: nothing is decided", () => {
    const verdict = checkHistory(historyOf(right), { isCancelled: () => true });
    expect(verdict).toMatchObject({ verdict: "undecided", steps: 0 });
  });

  test("between two events: what has been taken in stays, and nothing is called right", () => {
    const history = createHistory();
    for (let at = 0; at < 10_000; at++) {
      const id = invoke(history, "a", `k${at % 10}`, put(`v${at}`), at);
      complete(history, id, yes, at);
    }
    let asked = 0;
    const checker = createChecker({ isCancelled: () => ++asked > 2 });
    feedChecker(checker, history);
    expect(checker.position).toBeGreaterThan(0);
    expect(checker.position).toBeLessThan(10_000);
    expect(finishChecker(checker, history)).toMatchObject({ verdict: "undecided" });
  });

  test("in the middle of a search that would take very long, which then ends within some thousand steps", () => {
    let asked = 0;
    const verdict = checkHistory(riddle(14), { budget: 1e9, isCancelled: () => ++asked > 5 });
    expect(verdict).toMatchObject({ verdict: "undecided", keys: ["k"] });
    expect(verdict.steps).toBeGreaterThan(0);
    expect(verdict.steps).toBeLessThan(50_000);
  });
});

describe("the report", () => {
  test("is a sentence, the operations that prove it, and an order that explains the rest", () => {
    const verdict = verdictOf([
      [0, 1, "a", put("x"), yes],
      [2, 6, "a", put("y"), yes],
      [3, 4, "b", get, saw("y", 6, 5)],
      [5.25, 7, "c", put("z"), lost],
      [7, 8.5, "c", get, saw("x", 5)],
    ]);
    if (verdict.verdict !== "violation") throw new Error(verdict.verdict);
    expect(renderViolation(verdict)).toBe(`\
key "k" is not linearizable: stale
  #5 shows ModifyIndex 5, but before it began #3 shows ModifyIndex 6 and returned

operations that contradict one another
  #3  3.0  –  4.0  b  get  → "y" ModifyIndex 6 CreateIndex 5
  #5  7.0  –  8.5  c  get  → "x" ModifyIndex 5 CreateIndex 5

writes of the values they saw
  #1  0.0  –  1.0  a  put "x"  → true
  #2  2.0  –  6.0  a  put "y"  → true

an order that explains the answers before
  #1  0.0  –  1.0  a  put "x"  → true
  #2  2.0  –  6.0  a  put "y"  → true
  #3  3.0  –  4.0  b  get      → "y" ModifyIndex 6 CreateIndex 5
`);
  });
});

describe("the recorder", () => {
  test("tells events of one millisecond apart by the order of its calls", () => {
    const history = createHistory();
    complete(history, invoke(history, "a", "k", put("x"), 7), yes, 7);
    complete(history, invoke(history, "a", "k", get, 7), nothing, 7);
    expect(checkHistory(history).verdict).toBe("violation");
  });

  test.each<readonly [name: string, misuse: (history: History, id: number) => void]>([
    ["an operation completes twice", (history, id) => complete(history, id, yes, 3)],
    ["time goes backwards", (history) => invoke(history, "a", "k", get, 1)],
    [
      "an answer does not fit the question",
      (history) => complete(history, invoke(history, "a", "k", get, 2), yes, 2),
    ],
    ["a CAS names no index", (history) => invoke(history, "a", "k", cas(-1, "x"), 2)],
  ])("refuses it when %s", (_, misuse) => {
    const history = createHistory();
    const id = invoke(history, "a", "k", put("x"), 2);
    complete(history, id, yes, 2);
    expect(() => misuse(history, id)).toThrow(InvariantError);
  });
});
