// Whether a history of key/value operations is linearizable: whether every answer can be explained by the operations
// having taken effect one after another, each between its invocation and its answer (Herlihy & Wing 1990). Keys are
// judged one by one, which is enough (locality, §3 there), and as the history grows, in bounded memory.
//
// What is judged: get, put, cas, delete, delete-cas, acquire and release of single keys; a list as one read of each key
// under its prefix, all in the same interval, and the end of a session as one end at each key that it was used for (that
// these are of one instant is a stronger promise than is checked); sessions, each by itself. What must not be mixed in:
// stale reads, transactions and delete-tree on the same keys, whose effects no operation here stands for.

import { assert, must } from "../../core/lib/assert.ts";
import {
  type Action,
  eventCount,
  type History,
  type KvOutcome,
  type KvRow,
  type Operation,
} from "./history.ts";
import type { LinearizabilityViolation } from "./linear/diagnosis.ts";
import type { Finding } from "./linear/finding.ts";
import {
  createLane,
  finishLane,
  type Lane,
  type LaneOptions,
  type LaneStep,
  noteEndedBefore,
  settleLane,
} from "./linear/lane.ts";
import { renderReport } from "./linear/render.ts";
import {
  linkKey,
  onCreated,
  onEndCompleted,
  onEndInvoked,
  onSessionAnswer,
  type Sessions,
} from "./linear/sessions.ts";

export interface CheckerOptions extends LaneOptions {
  /** The most steps (attempts to place an operation) to spend on what is left of one key at the end. */
  readonly budget: number;
}

/** A few operations at a time cost less than one by one, and their reads settle what their writes left open. */
const CHECKER_DEFAULTS: CheckerOptions = { budget: 2_000_000, batch: 16, remember: 64 };

/** How many events are taken in between two questions whether to go on. */
const EVENTS_BETWEEN_QUESTIONS = 4_096;

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
  /** The budget did not suffice for these keys, or the judging was cancelled; all others are linearizable. */
  | { readonly verdict: "undecided"; readonly keys: readonly string[] }
);

export interface Checker {
  readonly options: CheckerOptions;
  readonly lanes: Map<string, Lane>;
  /** Lists that are under way. */
  readonly openLists: Set<Operation>;
  readonly sessions: Sessions;
  /** How many events of the history have been taken in. */
  position: number;
  operationCount: number;
  steps: number;
  violation: LinearizabilityViolation | undefined;
  /** It was cancelled before all of the history was taken in. */
  cancelled: boolean;
}

export function createChecker(options: Partial<CheckerOptions> = {}): Checker {
  return {
    options: { ...CHECKER_DEFAULTS, ...options },
    lanes: new Map(),
    openLists: new Set(),
    sessions: new Map(),
    position: 0,
    operationCount: 0,
    steps: 0,
    violation: undefined,
    cancelled: false,
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
    if (checker.position % EVENTS_BETWEEN_QUESTIONS === 0)
      checker.cancelled ||= checker.options.isCancelled?.() === true;
    if (checker.cancelled) break;
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
    if (checker.violation !== undefined || checker.cancelled) break;
    const step = finishOne(checker, lane);
    account(checker, step);
    if (step.verdict === "undecided") undecided.push(lane.key);
  }
  const { operationCount, steps, violation } = checker;
  const counts = { operationCount, keyCount: checker.lanes.size, steps };
  if (violation !== undefined) return { ...counts, verdict: "violation", violation };
  if (checker.cancelled) return { ...counts, verdict: "undecided", keys: [...checker.lanes.keys()] };
  if (undecided.length > 0) return { ...counts, verdict: "undecided", keys: undecided };
  return { ...counts, verdict: "ok" };
}

function finishOne({ options }: Checker, lane: Lane): ReturnType<typeof finishLane> {
  const { budget, isCancelled } = options;
  if (lane.waiting.length > 0 && isCancelled?.())
    return { verdict: "undecided", steps: 0, violation: undefined };
  return finishLane(lane, budget, isCancelled);
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
  if (isOfSessions(operation.action)) return onSessionInvoked(checker, operation);
  const lane = laneOf(checker, operation.key);
  if (operation.action.kind === "acquire") link(checker, lane, operation.action.session);
  lane.waiting.push(operation);
  lane.openCount++;
}

function onCompleted(checker: Checker, operation: Operation): void {
  if (operation.action.kind === "list") return onListed(checker, operation);
  if (isOfSessions(operation.action)) return onSessionCompleted(checker, operation);
  if (operation.action.kind === "acquire") judgeSession(checker, operation.action.session, operation);
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

function isOfSessions({ kind }: Action): boolean {
  return kind === "create-session" || kind === "end-session" || kind === "look-session";
}

/** The end of a session is an operation on every key that the session was used for. */
function onSessionInvoked(checker: Checker, operation: Operation): void {
  const session = checker.sessions.get(operation.key);
  if (session === undefined || operation.action.kind !== "end-session") return;
  for (const [key, copy] of onEndInvoked(session, operation).copies) {
    const lane = laneOf(checker, key);
    lane.waiting.push(copy);
    lane.openCount++;
  }
}

function onSessionCompleted(checker: Checker, operation: Operation): void {
  const session = checker.sessions.get(operation.key);
  if (operation.action.kind === "create-session")
    return report(checker, onCreated(checker.sessions, operation));
  judgeSession(checker, operation.key, operation);
  if (session === undefined || operation.action.kind !== "end-session") return;
  for (const key of onEndCompleted(session, operation).copies.keys()) {
    const lane = laneOf(checker, key);
    lane.openCount--;
    account(checker, settleLane(lane, checker.options));
  }
}

/** A key is asked for with a session: what ends the session comes over the key from now on. */
function link(checker: Checker, lane: Lane, id: string): void {
  const session = checker.sessions.get(id);
  if (session === undefined) return noteEndedBefore(lane, id, 0);
  if (session.keys.has(lane.key)) return;
  if (session.firstGone !== undefined) noteEndedBefore(lane, id, session.firstGone.completedAt);
  for (const copy of linkKey(session, lane.key)) {
    lane.waiting.push(copy);
    if (copy.outcome === undefined) lane.openCount++;
  }
}

function judgeSession(checker: Checker, id: string, operation: Operation): void {
  report(checker, onSessionAnswer(checker.sessions.get(id), operation));
}

/** What contradicts itself by itself, without any order being looked for. */
function report(checker: Checker, finding: Finding | undefined): void {
  if (finding === undefined) return;
  const key = finding.operations[0]?.key ?? "";
  checker.violation ??= { ...NO_WITNESS, key, ...finding, minimal: finding.operations };
}

const NO_WITNESS = {
  isMinimal: true,
  context: [],
  witness: [],
  witnessIsWhole: false,
  from: 0,
  before: [],
  pending: [],
} as const;

function strayRow(operation: Operation, { key }: KvRow): LinearizabilityViolation {
  const fault = key.startsWith(operation.key) ? "more than once" : "though it does not start so";
  return {
    key,
    rule: "row that does not belong in a list",
    explanation: `#${operation.id} asked for what starts with ${JSON.stringify(operation.key)} and was shown ${JSON.stringify(key)} ${fault}`,
    operations: [operation],
    minimal: [operation],
    ...NO_WITNESS,
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
