// What the checker is compared with where there are locks: a store that does one thing after another to one key, histories
// made by it, and a judge that tries every order and every index. None of it shares a line with src/sim/checkers.

import fc from "fast-check";
import type {
  Action,
  KvOutcome,
  KvVersion,
  Operation,
  SessionTerms,
} from "../../../src/sim/checkers/history.ts";
import type { Sketch } from "./linearizability-model.ts";

/** The sessions of every history here. Delays are measured by a clock that is up to half a millisecond off. */
export const SESSIONS: Readonly<Record<string, SessionTerms & { readonly delayMs: number }>> = {
  s1: { behavior: "release", leastDelayMs: 0, mostDelayMs: 0, delayMs: 0 },
  s2: { behavior: "release", leastDelayMs: 2.5, mostDelayMs: 3.5, delayMs: 3 },
  s3: { behavior: "delete", leastDelayMs: 0, mostDelayMs: 0, delayMs: 0 },
};
const IDS = Object.keys(SESSIONS);

interface Cell {
  readonly value: string | undefined;
  readonly create: number;
  readonly modify: number;
  /** The highest index used. */
  readonly last: number;
  readonly holder: string;
  readonly lockIndex: number;
  readonly ended: string;
  /** When the lock-delay ends, at the earliest and at the latest. */
  readonly leastMs: number;
  readonly mostMs: number;
}

/** No lock-delay: histories begin later. */
const NEVER = { leastMs: -1e9, mostMs: -1e9 };

const EMPTY: Cell = {
  value: undefined,
  create: 0,
  modify: 0,
  last: 0,
  holder: "",
  lockIndex: 0,
  ended: "",
  ...NEVER,
};

interface Result {
  readonly cell: Cell;
  readonly outcome: KvOutcome;
}

function set(cell: Cell, value: string, holder: string, lockIndex: number, index: number): Cell {
  if (cell.value === value && cell.holder === holder && cell.lockIndex === lockIndex) return cell;
  const create = cell.value === undefined ? index : cell.create;
  return { ...cell, value, holder, lockIndex, create, modify: index, last: index };
}

function remove(cell: Cell, index: number): Cell {
  if (cell.value === undefined) return cell;
  return { ...cell, value: undefined, holder: "", lockIndex: 0, create: 0, modify: 0, last: index };
}

function end(cell: Cell, session: string, index: number, delay: { leastMs: number; mostMs: number }): Cell {
  const ended = cell.ended.includes(session)
    ? cell.ended
    : [...cell.ended.split(" "), session].sort().join(" ");
  const after = { ...cell, ended };
  if (cell.value === undefined || cell.holder !== session) return after;
  const delayed = SESSIONS[session]?.delayMs === 0 ? after : { ...after, ...delay };
  if (SESSIONS[session]?.behavior === "delete") return remove(delayed, index);
  return set(delayed, cell.value, "", cell.lockIndex, index);
}

/** Everything that a store can do with an action that is under way from `fromMs` to `toMs`. */
function results(
  cell: Cell,
  action: Action,
  key: string,
  index: number,
  fromMs: number,
  toMs: number,
): Result[] {
  const applied = (after: Cell): Result => ({ cell: after, outcome: { kind: "applied" } });
  const refused: Result = { cell, outcome: { kind: "refused" } };
  switch (action.kind) {
    case "get":
      return [{ cell, outcome: { kind: "read", version: versionOf(cell) } }];
    case "put":
      return [applied(set(cell, action.value, cell.holder, 0, index))];
    case "cas": {
      const matches =
        action.index === 0
          ? cell.value === undefined
          : cell.value !== undefined && cell.modify === action.index;
      return [matches ? applied(set(cell, action.value, cell.holder, 0, index)) : refused];
    }
    case "delete":
      return [applied(remove(cell, index))];
    case "release":
      if (cell.value === undefined || cell.holder !== action.session) return [refused];
      return [applied(set(cell, action.value, "", cell.lockIndex, index))];
    case "acquire": {
      const found: Result[] = fromMs <= cell.mostMs ? [refused] : [];
      if (toMs < cell.leastMs) return found;
      const { session, value } = action;
      if (cell.ended.includes(session)) return [...found, { cell, outcome: { kind: "no-session" } }];
      if (cell.holder === session)
        return [...found, applied(set(cell, value, session, cell.lockIndex, index))];
      if (cell.holder !== "") return [refused];
      return [...found, applied(set(cell, value, session, cell.lockIndex + 1, index))];
    }
    case "end-session": {
      const terms = SESSIONS[key];
      const delay = {
        leastMs: fromMs + (terms?.leastDelayMs ?? 0),
        mostMs: toMs + (terms?.mostDelayMs ?? 0),
      };
      return [applied(end(cell, key, index, delay))];
    }
    default:
      throw new Error(`not of this model: ${action.kind}`);
  }
}

function versionOf({ value, create, modify, holder, lockIndex }: Cell): KvVersion | undefined {
  if (value === undefined) return undefined;
  return { value, createIndex: create, modifyIndex: modify, session: holder, lockIndex };
}

function sameAnswer(told: KvOutcome, right: KvOutcome): boolean {
  if (told.kind !== right.kind) return false;
  if (told.kind !== "read" || right.kind !== "read") return true;
  const [a, b] = [told.version, right.version];
  if (a === undefined || b === undefined) return a === b;
  return (
    a.value === b.value &&
    a.createIndex === b.createIndex &&
    a.modifyIndex === b.modifyIndex &&
    (a.session ?? b.session) === b.session &&
    (a.lockIndex ?? b.lockIndex) === b.lockIndex
  );
}

/** Whether operations on one key, and on the sessions that lock it, are linearizable. For 32 at the most. */
export function isLinearizableWithLocks(operations: readonly Operation[]): boolean {
  const told = operations.filter(
    ({ action, outcome }) => outcome?.kind !== "failed" && action.kind !== "create-session",
  );
  const certain = ({ outcome }: Operation): boolean => outcome !== undefined && outcome.kind !== "unknown";
  const named = new Set(told.flatMap(indexesIn));
  const seen = new Set<string>();
  const explore = (cell: Cell, done: number): boolean => {
    const left = told.map((_, at) => at).filter((at) => (done & (1 << at)) === 0);
    const required = left.filter((at) => certain(told[at] as Operation));
    if (required.length === 0) return true;
    const position = `${done} ${JSON.stringify(cell)}`;
    if (seen.has(position)) return false;
    seen.add(position);
    const deadline = Math.min(...required.map((at) => (told[at] as Operation).completedAt));
    return left
      .filter((at) => (told[at] as Operation).invokedAt < deadline)
      .some((at) => after(told[at] as Operation, cell).some((next) => explore(next, done | (1 << at))));
  };
  const after = (operation: Operation, cell: Cell): Cell[] => {
    const { action, key, outcome, invokedMs, completedMs } = operation;
    const toMs = certain(operation) ? completedMs : Number.POSITIVE_INFINITY;
    return indexesAbove(cell.last, named).flatMap((index) =>
      results(cell, action, key, index, invokedMs, toMs)
        .filter((result) => !certain(operation) || sameAnswer(outcome as KvOutcome, result.outcome))
        .map((result) => result.cell),
    );
  };
  return explore(EMPTY, 0);
}

function indexesIn({ action, outcome }: Operation): number[] {
  const indexes = action.kind === "cas" ? [action.index] : [];
  if (outcome?.kind === "read" && outcome.version !== undefined)
    indexes.push(outcome.version.createIndex, outcome.version.modifyIndex);
  return indexes;
}

function indexesAbove(last: number, named: ReadonlySet<number>): number[] {
  let unnamed = last + 1;
  while (named.has(unnamed)) unnamed++;
  return [...[...named].filter((index) => index > last), unnamed];
}

/** How a generated operation comes to be: see `Draft` in linearizability-model.ts. */
interface LockDraft {
  readonly action: Action;
  readonly key: string;
  readonly lead: number;
  readonly lag: number;
  readonly lost: boolean;
  readonly dropped: boolean;
  /** Whether a read looks at the lock. */
  readonly looks: boolean;
  /** Whether a CAS names the current index, rather than one out of the air. */
  readonly aimed: boolean;
}

const session = fc.constantFrom(...IDS);
const value = fc.constantFrom("a", "b", "c");
const keyed = (action: fc.Arbitrary<Action>): fc.Arbitrary<readonly [string, Action]> =>
  action.map((each) => ["k", each] as const);
const asked: fc.Arbitrary<readonly [string, Action]> = fc.oneof(
  { weight: 5, arbitrary: keyed(fc.constant({ kind: "get" })) },
  { weight: 6, arbitrary: keyed(fc.record({ kind: fc.constant("acquire" as const), session, value })) },
  { weight: 4, arbitrary: keyed(fc.record({ kind: fc.constant("release" as const), session, value })) },
  { weight: 1, arbitrary: keyed(fc.record({ kind: fc.constant("put" as const), value })) },
  {
    weight: 1,
    arbitrary: keyed(
      fc.record({ kind: fc.constant("cas" as const), value, index: fc.integer({ min: 0, max: 5 }) }),
    ),
  },
  { weight: 1, arbitrary: keyed(fc.constant({ kind: "delete" })) },
  { weight: 3, arbitrary: session.map((id) => [id, { kind: "end-session" }] as const) },
);
const tenths = (most: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: Math.round(10 * most) }).map((count) => count / 10);

function drafts(spread: number, maxLength: number): fc.Arbitrary<LockDraft[]> {
  const draft = fc
    .record({
      asked,
      lead: tenths(spread),
      lag: tenths(spread),
      die: fc.integer({ min: 1, max: 8 }),
      dropped: fc.boolean(),
      looks: fc.boolean(),
      aimed: fc.boolean(),
    })
    .map(({ asked: [key, action], die, ...rest }) => ({ key, action, lost: die === 1, ...rest }));
  return fc.array(draft, { minLength: 1, maxLength, size: "max" });
}

/** Long before anything else, so that whatever is tampered with is asked of sessions that exist. */
const CREATIONS: readonly Sketch[] = IDS.map((id, at) => {
  const { delayMs: _, ...terms } = SESSIONS[id] as SessionTerms & { delayMs: number };
  return {
    key: "",
    client: "creator",
    action: { kind: "create-session", ...terms },
    begin: -100 + at,
    end: -99.5 + at,
    outcome: { kind: "created", session: id },
  };
});

/** The history of a correct store to which the drafts came in this order. */
function correct(all: readonly LockDraft[]): Sketch[] {
  let cell: Cell = EMPTY;
  let index = 0;
  return all.map(({ action: drafted, key, lead, lag, lost, dropped, looks, aimed }, at) => {
    const action = drafted.kind === "cas" && aimed ? { ...drafted, index: cell.modify } : drafted;
    index++;
    const [{ cell: after, outcome }] = actual(cell, action, key, index, at) as [Result];
    if (!(lost && dropped)) cell = { ...after, last: index };
    return {
      key,
      client: `c${at}`,
      action,
      begin: at - lead,
      end: lost ? Number.POSITIVE_INFINITY : at + lag,
      outcome: looks ? outcome : withoutLock(outcome),
    };
  });
}

/** What the store does at an instant of its own, by its own clock. */
function actual(cell: Cell, action: Action, key: string, index: number, atMs: number): Result[] {
  if (action.kind === "end-session") {
    const untilMs = atMs + (SESSIONS[key]?.delayMs ?? 0);
    return [
      {
        cell: end(cell, key, index, { leastMs: untilMs, mostMs: untilMs - 1e-9 }),
        outcome: { kind: "applied" },
      },
    ];
  }
  if (action.kind === "acquire" && atMs < cell.leastMs) return [{ cell, outcome: { kind: "refused" } }];
  return results({ ...cell, ...NEVER }, action, key, index, atMs, atMs).map((result) => ({
    ...result,
    cell: { ...result.cell, leastMs: cell.leastMs, mostMs: cell.mostMs },
  }));
}

function withoutLock(outcome: KvOutcome): KvOutcome {
  if (outcome.kind !== "read" || outcome.version === undefined) return outcome;
  const { session: _, lockIndex: __, ...version } = outcome.version;
  return { kind: "read", version };
}

/** Of a correct store. */
export function lockSketches(spread: number, maxLength: number): fc.Arbitrary<Sketch[]> {
  return drafts(spread, maxLength).map((all) => [...CREATIONS, ...correct(all)]);
}

/** A correct history in which one operation is moved in time, or given another answer. */
export const tamperedLocks: fc.Arbitrary<Sketch[]> = fc
  .record({
    sketches: fc.oneof(drafts(2, 8), drafts(0.7, 9), drafts(0.7, 9)).map(correct),
    at: fc.nat(),
    shift: fc.integer({ min: -3, max: 3 }),
    die: fc.nat(),
    holder: fc.constantFrom("", ...IDS),
    lockIndex: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ sketches, at, shift, die, holder, lockIndex }) => [
    ...CREATIONS,
    ...sketches.map((sketch, place) => {
      if (place !== at % sketches.length) return sketch;
      if (shift !== 0) return { ...sketch, begin: sketch.begin + shift, end: sketch.end + shift };
      return { ...sketch, outcome: otherAnswer(sketch, die, holder, lockIndex) };
    }),
  ]);

function otherAnswer({ action, outcome }: Sketch, die: number, holder: string, lockIndex: number): KvOutcome {
  const kinds = {
    acquire: ["applied", "refused", "no-session"],
    release: ["applied", "refused"],
    cas: ["applied", "refused"],
  };
  if (action.kind === "acquire" || action.kind === "release" || action.kind === "cas") {
    const of = kinds[action.kind];
    return { kind: of[die % of.length] } as KvOutcome;
  }
  if (outcome.kind !== "read") return outcome;
  if (outcome.version === undefined)
    return { kind: "read", version: { value: "a", createIndex: 1, modifyIndex: 1 } };
  const { version } = outcome;
  const changed = [
    undefined,
    { ...version, session: holder },
    { ...version, lockIndex },
    { ...version, modifyIndex: version.modifyIndex + 1 },
  ];
  return { kind: "read", version: changed[die % changed.length] };
}
