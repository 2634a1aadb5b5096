// What clients did to the key/value store and what they were told: the evidence that the checkers judge. The simulator
// and a test that drives real agents over HTTP write the same records. Nothing here knows what is right.
//
// The order of the recorder's calls is the order of time; the milliseconds are kept for people. Two events of one
// millisecond (a client that answers at once in a simulation) are therefore still before and after one another.
// Herlihy & Wing, "Linearizability" (1990), §2: a history is a finite sequence of invocation and response events.

import { assert, must } from "../../core/lib/assert.ts";

/** What a client asks for. Indexes are those of `?cas=`: safe integers, 0 for "the key must not exist". */
export type KvAction =
  | { readonly kind: "get" }
  /** Every pair whose key starts with the operation's key. */
  | { readonly kind: "list" }
  | { readonly kind: "put"; readonly value: string }
  | { readonly kind: "cas"; readonly index: number; readonly value: string }
  | { readonly kind: "delete" }
  | { readonly kind: "delete-cas"; readonly index: number }
  /** `?acquire=`: takes the lock for a session and writes the value, if nobody else holds it. */
  | { readonly kind: "acquire"; readonly session: string; readonly value: string }
  /** `?release=`: writes the value and gives the lock back, if the session holds it. */
  | { readonly kind: "release"; readonly session: string; readonly value: string }
  /** Compare-and-set by value. No request of Consul's: etcd's, in published histories. */
  | { readonly kind: "swap"; readonly from: string; readonly value: string }
  /** What the end of a session does to one key. Written by the checker, from `end-session`; never recorded. */
  | ({ readonly kind: "invalidate"; readonly session: string } & SessionTerms);

/** What the end of a session does to the keys that it holds. */
export interface SessionTerms {
  /** What becomes of them: given back, or deleted. */
  readonly behavior: "release" | "delete";
  /**
   * For how long nobody can acquire them, in the history's milliseconds: at least, and at most, since the one who
   * measures has a clock of its own. Both 0 for no lock-delay.
   */
  readonly leastDelayMs: number;
  readonly mostDelayMs: number;
}

/** Of sessions. The operation's key is the session's id; of `create-session` it is "", the answer tells the id. */
export type SessionAction =
  | ({ readonly kind: "create-session" } & SessionTerms)
  /**
   * A client destroys it, or the system ends it: its TTL ran out, its node or a check failed. Of a session that may end at
   * any time from now on by itself, record one with the outcome `unknown`.
   */
  | { readonly kind: "end-session" }
  /** Its info is read, or it is renewed. */
  | { readonly kind: "look-session" };

export type Action = KvAction | SessionAction;

/** One version of a key as a server showed it. */
export interface KvVersion {
  readonly value: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
  /** Who holds the lock, "" for nobody, and the LockIndex; absent where the client did not look. */
  readonly session?: string;
  readonly lockIndex?: number;
}

export interface KvRow extends KvVersion {
  readonly key: string;
}

/** What became of an operation, as far as its client knows. */
export type KvOutcome =
  /** Of get; undefined: 404, there is no such key. */
  | { readonly kind: "read"; readonly version: KvVersion | undefined }
  /** Of get with `?raw`, which shows no index; undefined: 404. */
  | { readonly kind: "read-value"; readonly value: string | undefined }
  /** Of list, in any order. */
  | { readonly kind: "listed"; readonly rows: readonly KvRow[] }
  /**
   * Of a write that was answered with `true`; of a session that was ended. `modifyIndex`, of a write where the teller knows it (a simulator, which
   * can look it up; HTTP does not say), is the key's ModifyIndex after the write.
   */
  | { readonly kind: "applied"; readonly modifyIndex?: number }
  /** Of cas, delete-cas, swap, acquire and release: answered with `false`. */
  | { readonly kind: "refused" }
  /** Of acquire: there is no such session. */
  | { readonly kind: "no-session" }
  /** Of create-session. */
  | { readonly kind: "created"; readonly session: string }
  /** Of look-session. */
  | { readonly kind: "looked"; readonly alive: boolean }
  /** It did not happen and never will: refused before it was proposed, or never sent. */
  | { readonly kind: "failed" }
  /** Timed out or connection lost: it may happen at any time from its invocation on, or never. */
  | { readonly kind: "unknown" };

/**
 * One request as it went over the wire. A client that asks again records a second operation: both may take effect.
 * Until `outcome` is there the operation is open.
 */
export interface Operation {
  /** 1, 2, 3… in order of invocation. */
  readonly id: number;
  readonly client: string;
  /** The key, or of a list the prefix. */
  readonly key: string;
  readonly action: Action;
  readonly invokedMs: number;
  /** Position of the invocation among all events of the history. */
  readonly invokedAt: number;
  /** Infinity while open. */
  completedMs: number;
  /** Position of the completion among all events; Infinity while open. */
  completedAt: number;
  outcome: KvOutcome | undefined;
}

export interface History {
  /** One entry for each event in order, the operation it belongs to: twice for one that completed. */
  readonly events: Operation[];
  /** Position of `events[0]`: how many events were forgotten. */
  forgotten: number;
  /** Operations without an outcome, by id. */
  readonly open: Map<number, Operation>;
  invokedCount: number;
  latestMs: number;
}

export function createHistory(): History {
  return { events: [], forgotten: 0, open: new Map(), invokedCount: 0, latestMs: Number.NEGATIVE_INFINITY };
}

/** How many events there have been, forgotten ones included. */
export function eventCount(history: History): number {
  return history.forgotten + history.events.length;
}

/**
 * Records that a client sent a request.
 * @param nowMs Never less than in the call before.
 * @returns The operation's id, for `complete`.
 */
export function invoke(history: History, client: string, key: string, action: Action, nowMs: number): number {
  advanceClock(history, nowMs);
  if (action.kind === "cas" || action.kind === "delete-cas")
    assert(Number.isSafeInteger(action.index) && action.index >= 0, "a CAS names an index or 0");
  history.invokedCount++;
  const operation: Operation = {
    id: history.invokedCount,
    client,
    key,
    action,
    invokedMs: nowMs,
    invokedAt: eventCount(history),
    completedMs: Number.POSITIVE_INFINITY,
    completedAt: Number.POSITIVE_INFINITY,
    outcome: undefined,
  };
  history.events.push(operation);
  history.open.set(operation.id, operation);
  return operation.id;
}

/** Records what the client was told. Each operation completes once; one that never does counts as unknown. */
export function complete(history: History, id: number, outcome: KvOutcome, nowMs: number): void {
  advanceClock(history, nowMs);
  const operation = must(history.open.get(id), "only an open operation completes");
  assert(fits(operation.action, outcome), "the outcome answers the question");
  operation.outcome = outcome;
  operation.completedMs = nowMs;
  operation.completedAt = eventCount(history);
  history.events.push(operation);
  history.open.delete(id);
}

/** Drops the events before `position`; open operations stay known. For long runs that are judged as they go. */
export function forgetBefore(history: History, position: number): void {
  const count = Math.min(position - history.forgotten, history.events.length);
  if (count <= 0) return;
  history.events.splice(0, count);
  history.forgotten += count;
}

/** The operations whose invocation is not forgotten, in order of invocation. */
export function operationsOf(history: History): Operation[] {
  return history.events.filter((operation, at) => operation.invokedAt === history.forgotten + at);
}

function advanceClock(history: History, nowMs: number): void {
  assert(nowMs >= history.latestMs, "events are recorded in order of time");
  history.latestMs = nowMs;
}

const ANSWERS: Readonly<Record<Action["kind"], readonly KvOutcome["kind"][]>> = {
  get: ["read", "read-value"],
  list: ["listed"],
  put: ["applied"],
  cas: ["applied", "refused"],
  delete: ["applied"],
  "delete-cas": ["applied", "refused"],
  acquire: ["applied", "refused", "no-session"],
  release: ["applied", "refused"],
  swap: ["applied", "refused"],
  invalidate: [],
  "create-session": ["created"],
  "end-session": ["applied"],
  "look-session": ["looked"],
};

function fits(action: Action, outcome: KvOutcome): boolean {
  if (outcome.kind === "failed" || outcome.kind === "unknown") return true;
  return ANSWERS[action.kind].includes(outcome.kind);
}
