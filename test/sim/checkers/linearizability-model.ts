// What the checker is compared with: a store that does one thing after another, histories made by it (which are right by
// construction), and a judge that tries every order and every index, far too slow for anything but a handful of
// operations. None of it shares a line with src/sim/checkers.

import {
  type Action,
  complete,
  createHistory,
  type History,
  invoke,
  type KvAction,
  type KvOutcome,
  type KvVersion,
  type Operation,
} from "../../../src/sim/checkers/history.ts";

/** An operation on a drawing board: when it begins and ends, in any unit, and what it was told. */
export interface Sketch {
  readonly key?: string;
  readonly client?: string;
  readonly action: Action;
  readonly begin: number;
  /** Infinity: it never completes. */
  readonly end: number;
  readonly outcome: KvOutcome;
}

/** Records the sketches as a history. Of two events at one time a beginning comes first: they overlap. */
export function historyOf(sketches: readonly Sketch[]): History {
  const history = createHistory();
  const events = sketches.flatMap((sketch, at) => [
    { time: sketch.begin, phase: 0, at },
    { time: Math.max(sketch.end, sketch.begin), phase: 1, at },
  ]);
  events.sort((a, b) => a.time - b.time || a.phase - b.phase || a.at - b.at);
  const ids = new Map<number, number>();
  for (const { time, phase, at } of events) {
    const { key = "k", client = `c${at}`, action, outcome } = sketches[at] as Sketch;
    if (phase === 0) ids.set(at, invoke(history, client, key, action, time));
    else if (time < Number.POSITIVE_INFINITY) complete(history, ids.get(at) as number, outcome, time);
  }
  return history;
}

interface Cell {
  readonly value: string | undefined;
  readonly create: number;
  readonly modify: number;
  /** The highest index used. */
  readonly last: number;
}

const EMPTY: Cell = { value: undefined, create: 0, modify: 0, last: 0 };

function write(cell: Cell, value: string, index: number): Cell {
  if (cell.value === value) return cell;
  const create = cell.value === undefined ? index : cell.create;
  return { value, create, modify: index, last: index };
}

/** What a store does with an action if its next index is `index`, and what it says. */
function perform(cell: Cell, action: Action, index: number): { cell: Cell; outcome: KvOutcome } {
  const exists = cell.value !== undefined;
  const applied = (after: Cell): { cell: Cell; outcome: KvOutcome } => ({
    cell: after,
    outcome: { kind: "applied" },
  });
  const refused: { cell: Cell; outcome: KvOutcome } = { cell, outcome: { kind: "refused" } };
  const removed: Cell = exists ? { ...EMPTY, last: index } : cell;
  switch (action.kind) {
    case "get":
    case "list":
      return { cell, outcome: { kind: "read", version: versionOf(cell) } };
    case "put":
      return applied(write(cell, action.value, index));
    case "cas": {
      const matches = action.index === 0 ? !exists : exists && cell.modify === action.index;
      return matches ? applied(write(cell, action.value, index)) : refused;
    }
    case "swap":
      return cell.value === action.from ? applied(write(cell, action.value, index)) : refused;
    case "delete":
      return applied(removed);
    case "delete-cas":
      return !exists || cell.modify === action.index ? applied(removed) : refused;
    default:
      throw new Error(`locks have a model of their own (lock-model.ts): ${action.kind}`);
  }
}

function versionOf({ value, create, modify }: Cell): KvVersion | undefined {
  return value === undefined ? undefined : { value, createIndex: create, modifyIndex: modify };
}

function sameAnswer(told: KvOutcome, right: KvOutcome, after: Cell): boolean {
  if (told.kind === "read-value") return right.kind === "read" && told.value === right.version?.value;
  if (told.kind !== right.kind) return false;
  if (told.kind === "applied") return told.modifyIndex === undefined || told.modifyIndex === after.modify;
  if (told.kind !== "read" || right.kind !== "read") return true;
  if (told.version === undefined || right.version === undefined) return told.version === right.version;
  return (
    told.version.value === right.version.value &&
    told.version.createIndex === right.version.createIndex &&
    told.version.modifyIndex === right.version.modifyIndex
  );
}

/**
 * Whether operations on one key are linearizable, by trying every order, and for each write every index that some answer
 * names and the lowest that none does (of those the lowest leaves most room). For 32 operations at the most.
 */
export function isLinearizable(operations: readonly Operation[]): boolean {
  const told = operations.filter(({ outcome }) => outcome?.kind !== "failed");
  const certain = (at: number): boolean => {
    const { outcome } = told[at] as Operation;
    return outcome !== undefined && outcome.kind !== "unknown";
  };
  const named = new Set(operations.flatMap(indexesIn));
  const seen = new Set<string>();
  const explore = (cell: Cell, done: number): boolean => {
    const left = told.map((_, at) => at).filter((at) => (done & (1 << at)) === 0);
    const required = left.filter(certain);
    if (required.length === 0) return true;
    const position = `${done} ${JSON.stringify(cell)}`;
    if (seen.has(position)) return false;
    seen.add(position);
    const deadline = Math.min(...required.map((at) => (told[at] as Operation).completedAt));
    return left
      .filter((at) => (told[at] as Operation).invokedAt < deadline)
      .some((at) => outcomesOf(at, cell).some((after) => explore(after, done | (1 << at))));
  };
  const outcomesOf = (at: number, cell: Cell): Cell[] => {
    const { action, outcome: answer } = told[at] as Operation;
    return indexesAbove(cell.last, named).flatMap((index) => {
      const { cell: after, outcome } = perform(cell, action, index);
      return !certain(at) || sameAnswer(answer as KvOutcome, outcome, after) ? [after] : [];
    });
  };
  return explore(EMPTY, 0);
}

/** Whether every operation, one after the other in this order, can have had its answer. Those without one happen. */
export function explains(order: readonly Operation[]): boolean {
  const named = new Set(order.flatMap(indexesIn));
  let cells = new Map([[JSON.stringify(EMPTY), EMPTY]]);
  for (const { action, outcome: answer } of order) {
    const next = new Map<string, Cell>();
    for (const cell of cells.values())
      for (const index of indexesAbove(cell.last, named)) {
        const { cell: after, outcome } = perform(cell, action, index);
        const answered = answer !== undefined && answer.kind !== "unknown";
        if (!answered || sameAnswer(answer, outcome, after)) next.set(JSON.stringify(after), after);
      }
    cells = next;
  }
  return cells.size > 0;
}

function indexesIn({ action, outcome }: Operation): number[] {
  const indexes: number[] = [];
  if (action.kind === "cas" || action.kind === "delete-cas") indexes.push(action.index);
  if (outcome?.kind === "read" && outcome.version !== undefined)
    indexes.push(outcome.version.createIndex, outcome.version.modifyIndex);
  if (outcome?.kind === "applied" && outcome.modifyIndex !== undefined) indexes.push(outcome.modifyIndex);
  return indexes;
}

function indexesAbove(last: number, named: ReadonlySet<number>): number[] {
  let unnamed = last + 1;
  while (named.has(unnamed)) unnamed++;
  return [...[...named].filter((index) => index > last), unnamed];
}

/** How a generated operation comes to be. Fractions of 1000 stand for chances and distances. */
export interface Draft {
  readonly action: KvAction;
  readonly key?: string;
  /** How long before and after it takes effect it begins and ends, in operations. */
  readonly lead: number;
  readonly lag: number;
  /** 0: the client learns the answer; otherwise it learns nothing. */
  readonly lost: boolean;
  /** A lost operation that never takes effect. */
  readonly dropped: boolean;
  /** How many indexes other keys take before this one. */
  readonly gap: number;
  /** CAS operations name what was current so many writes ago instead of the index in `action`; -1: leave it. */
  readonly aimed: number;
  /** Whether the teller says the index of a write. */
  readonly tells: boolean;
  /** Whether a read shows the value only. */
  readonly raw?: boolean;
}

/** The history of a correct store to which the drafts came in this order. */
export function correctSketches(drafts: readonly Draft[]): Sketch[] {
  const cells = new Map<string, Cell>();
  const shown = new Map<string, number[]>();
  let index = 0;
  return drafts.map((draft, at) => {
    const key = draft.key ?? "k";
    const cell = cells.get(key) ?? EMPTY;
    const action = aim(draft, shown.get(key) ?? []);
    index += 1 + draft.gap;
    const { cell: after, outcome } = perform(cell, action, index);
    const happens = !(draft.lost && draft.dropped);
    if (happens) cells.set(key, { ...after, last: index });
    if (happens && after.modify !== cell.modify && after.modify > 0)
      shown.set(key, [after.modify, ...(shown.get(key) ?? [])]);
    return {
      key,
      client: `c${at}`,
      action,
      begin: at - draft.lead,
      end: draft.lost ? Number.POSITIVE_INFINITY : at + draft.lag,
      outcome: told(draft, action, after, outcome),
    };
  });
}

function aim(draft: Draft, shown: readonly number[]): KvAction {
  const { action, aimed } = draft;
  if (aimed < 0 || (action.kind !== "cas" && action.kind !== "delete-cas")) return action;
  return { ...action, index: shown[aimed] ?? action.index };
}

function told(draft: Draft, action: KvAction, after: Cell, outcome: KvOutcome): KvOutcome {
  const writes = action.kind === "put" || action.kind === "cas";
  if (draft.raw === true && outcome.kind === "read")
    return { kind: "read-value", value: outcome.version?.value };
  if (!draft.tells || outcome.kind !== "applied" || !writes) return outcome;
  return { kind: "applied", modifyIndex: after.modify };
}
