// Sessions as clients see them: created once, alive, then gone for ever. Each is judged by itself, which is exact and takes
// O(1) for each answer: the session must have ended after the last answer that found it alive began, and before the
// first that found it gone returned; and somebody or something must have ended it. What its end does to keys is the
// matter of those keys: here stands which keys have to do with which session.

import { must } from "../../../core/lib/assert.ts";
import type { Operation, SessionTerms } from "../history.ts";
import type { Finding } from "./finding.ts";

/** One end of a session, as it happens to one key after another. */
export interface SessionEnd {
  readonly operation: Operation;
  /** Key → the operation that stands for it there. */
  readonly copies: Map<string, Operation>;
  /** The history has come to its answer. */
  answered: boolean;
}

export interface Session {
  readonly id: string;
  readonly created: Operation;
  readonly terms: SessionTerms;
  /** Keys that somebody tried to acquire with it. */
  readonly keys: Set<string>;
  /** Ends that are under way, or of which nobody knows whether they happened. */
  readonly ends: SessionEnd[];
  /** Of all ends that can have happened, the one that began first. */
  firstEnd: Operation | undefined;
  /** Of the answers that found it alive, the one that was asked last. */
  lastAlive: Operation | undefined;
  /** Of the answers that found it gone, the one that returned first. */
  firstGone: Operation | undefined;
}

export type Sessions = Map<string, Session>;

/** `create-session` was answered. */
export function onCreated(sessions: Sessions, operation: Operation): Finding | undefined {
  const { action, outcome } = operation;
  if (action.kind !== "create-session" || outcome?.kind !== "created") return undefined;
  const other = sessions.get(outcome.session);
  if (other !== undefined)
    return {
      rule: "session created twice",
      explanation: `${names(other.created, operation)} were both given the session ${outcome.session}`,
      operations: [other.created, operation],
    };
  const { behavior, leastDelayMs, mostDelayMs } = action;
  sessions.set(outcome.session, {
    id: outcome.session,
    created: operation,
    terms: { behavior, leastDelayMs, mostDelayMs },
    keys: new Set(),
    ends: [],
    firstEnd: undefined,
    lastAlive: undefined,
    firstGone: undefined,
  });
  return undefined;
}

/** An end of the session is asked for. @returns What to do to each of its keys. */
export function onEndInvoked(session: Session, operation: Operation): SessionEnd {
  const end = { operation, copies: new Map<string, Operation>(), answered: false };
  session.ends.push(end);
  session.firstEnd ??= operation;
  for (const key of session.keys) end.copies.set(key, copyFor(session, end, key));
  return end;
}

/** The end is answered: what stands for it at the keys is answered as well. */
export function onEndCompleted(session: Session, operation: Operation): SessionEnd {
  const at = session.ends.findIndex((each) => each.operation === operation);
  const end = must(session.ends[at], "an end is asked for before it is answered");
  end.answered = true;
  for (const copy of end.copies.values()) answerCopy(copy, operation);
  if (operation.outcome?.kind !== "unknown") session.ends.splice(at, 1);
  if (operation.outcome?.kind === "failed" && session.firstEnd === operation)
    session.firstEnd = session.ends[0]?.operation;
  return end;
}

/** A key is asked for with this session for the first time. @returns The ends that still can come over it. */
export function linkKey(session: Session, key: string): Operation[] {
  session.keys.add(key);
  return session.ends.map((end) => {
    const copy = copyFor(session, end, key);
    end.copies.set(key, copy);
    return copy;
  });
}

/** Open as long as the history has not come to the answer, even if the operation tells it already. */
function copyFor({ id, terms }: Session, { operation, answered }: SessionEnd, key: string): Operation {
  const copy: Operation = { ...operation, key, action: { kind: "invalidate", session: id, ...terms } };
  if (answered) return copy;
  return {
    ...copy,
    outcome: undefined,
    completedAt: Number.POSITIVE_INFINITY,
    completedMs: Number.POSITIVE_INFINITY,
  };
}

function answerCopy(copy: Operation, { outcome, completedAt, completedMs }: Operation): void {
  copy.outcome = outcome;
  copy.completedAt = completedAt;
  copy.completedMs = completedMs;
}

/** What an answer says of the session: that it was alive, that it was gone, or nothing. */
function sightingOf({ action, outcome }: Operation): "alive" | "gone" | undefined {
  if (action.kind === "look-session" && outcome?.kind === "looked") return outcome.alive ? "alive" : "gone";
  if (action.kind === "acquire" && outcome?.kind === "applied") return "alive";
  if (action.kind === "acquire" && outcome?.kind === "no-session") return "gone";
  return action.kind === "end-session" && outcome?.kind === "applied" ? "gone" : undefined;
}

/**
 * Takes in an answer that has to do with a session. `session` is undefined for one that nobody was given: ids are learnt
 * from the answer to `create-session`.
 */
export function onSessionAnswer(session: Session | undefined, operation: Operation): Finding | undefined {
  const sighting = sightingOf(operation);
  if (sighting === undefined) return undefined;
  if (session === undefined) return sighting === "alive" ? neverCreated(operation) : undefined;
  if (sighting === "alive") {
    if (operation.invokedAt > (session.lastAlive?.invokedAt ?? -1)) session.lastAlive = operation;
  } else if (operation.completedAt < (session.firstGone?.completedAt ?? Number.POSITIVE_INFINITY))
    session.firstGone = operation;
  return contradictionOf(session);
}

function contradictionOf({ id, firstEnd, lastAlive, firstGone }: Session): Finding | undefined {
  if (firstGone === undefined) return undefined;
  if (firstEnd === undefined || firstEnd.invokedAt > firstGone.completedAt)
    return {
      rule: "session vanished",
      explanation: `#${firstGone.id} found the session ${id} gone, which nothing can have ended by then`,
      operations: [firstGone],
    };
  if (lastAlive === undefined || lastAlive.invokedAt < firstGone.completedAt) return undefined;
  return {
    rule: "session came back",
    explanation: `#${firstGone.id} found the session ${id} gone and had returned before #${lastAlive.id} began, which found it alive`,
    operations: [firstGone, lastAlive],
  };
}

function neverCreated(operation: Operation): Finding {
  return {
    rule: "session never created",
    explanation: `#${operation.id} found a session alive that nobody was given`,
    operations: [operation],
  };
}

function names(...operations: readonly Operation[]): string {
  return operations.map(({ id }) => `#${id}`).join(" and ");
}
