// Whether a history of key/value operations is linearizable: whether every answer can be explained by the operations
// having taken effect one after another, each between its invocation and its answer (Herlihy & Wing 1990). Keys are
// judged one by one, which is enough (locality, §3 there), and as the history grows, in bounded memory.
//
// What is judged: get, put, cas, delete, delete-cas of single keys; a list as one read of each key under its prefix, all
// in the same interval (that its rows are of one instant is a stronger promise than is checked). What must not be mixed
// in: stale reads, locks, transactions and delete-tree on the same keys, whose effects no operation here stands for.

import { assert, must } from "../../core/lib/assert.ts";
import { eventCount, type History, type KvOutcome, type KvRow, type Operation } from "./history.ts";
import type { LinearizabilityViolation } from "./linear-diagnosis.ts";
import {
  createLane,
  finishLane,
  type Lane,
  type LaneOptions,
  type LaneStep,
  settleLane,
} from "./linear-lane.ts";
import { renderReport } from "./linear-render.ts";

export interface CheckerOptions extends LaneOptions {
  /** The most steps (attempts to place an operation) to spend on what is left of one key at the end. */
  readonly budget: number;
}

/** A few operations at a time cost less than one by one, and their reads settle what their writes left open. */
export const CHECKER_DEFAULTS: CheckerOptions = { budget: 2_000_000, batch: 16, remember: 64 };

/** What came of judging a history. */
export type HistoryVerdict = {
  readonly operationCount: number;
  readonly keyCount: number;
  /** Attempts to place an operation, over all keys: the cost, in units that no machine's speed changes. */
  readonly steps: number;
} & (
  | { readonly verdict: "ok" }
  /** The first one found; nothing was judged after it. */
  | { readonly verdict: "violation"; readonly violation: LinearizabilityViolation }
  /** The budget did not suffice for these keys; all others are linearizable. */
  | { readonly verdict: "undecided"; readonly keys: readonly string[] }
);

export interface Checker {
  readonly options: CheckerOptions;
  readonly lanes: Map<string, Lane>;
  /** Lists that are under way. */
  readonly openLists: Set<Operation>;
  /** How many events of the history have been taken in. */
  position: number;
  operationCount: number;
  steps: number;
  violation: LinearizabilityViolation | undefined;
}

export function createChecker(options: Partial<CheckerOptions> = {}): Checker {
  return {
    options: { ...CHECKER_DEFAULTS, ...options },
    lanes: new Map(),
    openLists: new Set(),
    position: 0,
    operationCount: 0,
    steps: 0,
    violation: undefined,
  };
}

/**
 * Takes in the events that were recorded since the last call; `forgetBefore(history, checker.position)` may follow.
 * @returns The first violation found, if there is one by now: the run can stop. It can come late, when the operations
 *   around it have completed, and for a key that is never at rest only from `finishChecker`.
 */
export function feedChecker(checker: Checker, history: History): LinearizabilityViolation | undefined {
  assert(checker.position >= history.forgotten, "nothing is forgotten before it is judged");
  for (const end = eventCount(history); checker.position < end && checker.violation === undefined; ) {
    const at = checker.position++;
    const operation = must(history.events[at - history.forgotten], "events are numbered without gaps");
    if (operation.invokedAt === at) onInvoked(checker, operation);
    else onCompleted(checker, operation);
  }
  return checker.violation;
}

/** Takes in the rest and decides. Operations that are still open count as unknown. The checker is used up. */
export function finishChecker(checker: Checker, history: History): HistoryVerdict {
  feedChecker(checker, history);
  const undecided: string[] = [];
  for (const lane of checker.lanes.values()) {
    if (checker.violation !== undefined) break;
    const step = finishLane(lane, checker.options.budget);
    account(checker, step);
    if (step.verdict === "undecided") undecided.push(lane.key);
  }
  const { operationCount, steps, violation } = checker;
  const counts = { operationCount, keyCount: checker.lanes.size, steps };
  if (violation !== undefined) return { ...counts, verdict: "violation", violation };
  if (undecided.length > 0) return { ...counts, verdict: "undecided", keys: undecided };
  return { ...counts, verdict: "ok" };
}

/** Judges a whole history; violations are explained from all of it. */
export function checkHistory(history: History, options: Partial<CheckerOptions> = {}): HistoryVerdict {
  return finishChecker(createChecker({ remember: Number.POSITIVE_INFINITY, ...options }), history);
}

/** A violation as text for people: what is wrong, the operations that prove it, and an order that explains the rest. */
export function renderViolation(verdict: HistoryVerdict & { readonly verdict: "violation" }): string {
  return renderReport(verdict.violation);
}

function onInvoked(checker: Checker, operation: Operation): void {
  checker.operationCount++;
  if (operation.action.kind === "list") {
    checker.openLists.add(operation);
    for (const lane of lanesUnder(checker, operation.key)) lane.openCount++;
    return;
  }
  const lane = laneOf(checker, operation.key);
  lane.waiting.push(operation);
  lane.openCount++;
}

function onCompleted(checker: Checker, operation: Operation): void {
  if (operation.action.kind === "list") return onListed(checker, operation);
  const lane = laneOf(checker, operation.key);
  lane.openCount--;
  account(checker, settleLane(lane, checker.options));
}

/** A list is a read of every key under its prefix: those it does not show were not there. */
function onListed(checker: Checker, operation: Operation): void {
  const rows = operation.outcome?.kind === "listed" ? operation.outcome.rows : undefined;
  const byKey = new Map(rows?.map((row): [string, KvRow] => [row.key, row]));
  const stray = rows?.find((row) => !row.key.startsWith(operation.key) || byKey.get(row.key) !== row);
  if (stray !== undefined) {
    checker.violation ??= strayRow(operation, stray);
    return;
  }
  for (const key of byKey.keys()) laneOf(checker, key);
  checker.openLists.delete(operation);
  for (const lane of lanesUnder(checker, operation.key)) {
    const outcome: KvOutcome = { kind: "read", version: byKey.get(lane.key) };
    if (rows !== undefined) lane.waiting.push({ ...operation, key: lane.key, outcome });
    lane.openCount--;
    account(checker, settleLane(lane, checker.options));
  }
}

function strayRow(operation: Operation, { key }: KvRow): LinearizabilityViolation {
  const fault = key.startsWith(operation.key) ? "more than once" : "though it does not start so";
  return {
    key,
    rule: "row that does not belong in a list",
    explanation: `#${operation.id} asked for what starts with ${JSON.stringify(operation.key)} and was shown ${JSON.stringify(key)} ${fault}`,
    operations: [operation],
    context: [],
    witness: [],
    witnessIsWhole: false,
    from: 0,
    before: [],
    pending: [],
  };
}

function laneOf(checker: Checker, key: string): Lane {
  let lane = checker.lanes.get(key);
  if (lane === undefined) {
    lane = createLane(key);
    for (const list of checker.openLists) if (key.startsWith(list.key)) lane.openCount++;
    checker.lanes.set(key, lane);
  }
  return lane;
}

function lanesUnder(checker: Checker, prefix: string): Lane[] {
  return [...checker.lanes.values()].filter(({ key }) => key.startsWith(prefix));
}

function account(checker: Checker, step: LaneStep | undefined): void {
  if (step === undefined) return;
  checker.steps += step.steps;
  checker.violation ??= step.violation;
}
