// Mutual exclusion, by itself and from what clients know for certain: between the answer that gave a session the lock and
// the first request that could end that, nobody else is given it; and after a session has ended, nobody is within its
// lock-delay. Much weaker than linearizability, which implies it; but it takes O(1) for each event, rests on nothing but
// the answers to acquire, and says what users of locks would say ("two of us held it").
// Consul, "Sessions": "lock-delay … prevents the leader from re-acquiring the lock"; consul#1843 is two holders at once.

import { assert, must } from "../../core/lib/assert.ts";
import { eventCount, type History, type Operation, type SessionTerms } from "./history.ts";

const LOCK_TWO_HOLDERS = "lock-two-holders";
const LOCK_DELAY_BROKEN = "lock-delay-broken";

export interface LockViolation {
  readonly id: typeof LOCK_TWO_HOLDERS | typeof LOCK_DELAY_BROKEN;
  readonly key: string;
  /** One sentence that names operations by `#id`. */
  readonly explanation: string;
  readonly operations: readonly Operation[];
}

/** A session that was told that it holds a key. */
interface Hold {
  readonly session: string;
  /** Whose answer told it so first. */
  readonly since: Operation;
  /** The first request that could end the hold; undefined: it goes on for certain. */
  over: Operation | undefined;
  /** More than one could, or one that may have come first of all. */
  unclear: boolean;
}

/** What is under way, or may be, at one key. */
interface Key {
  hold: Hold | undefined;
  /** Requests for the lock that are not answered yet, and whether something that could end them again was asked meanwhile. */
  readonly asking: Map<Operation, { disturbed: boolean }>;
  /** Releases and deletes that are not answered, or of which nobody knows whether they happened. */
  readonly pending: Set<Operation>;
}

export interface LockChecker {
  /** How many events of the history have been taken in. */
  position: number;
  readonly keys: Map<string, Key>;
  /** Session → ends of it that are not answered, or of which nobody knows whether they happened. */
  readonly ending: Map<string, Set<Operation>>;
  readonly terms: Map<string, SessionTerms>;
  violation: LockViolation | undefined;
}

export function createLockChecker(): LockChecker {
  return { position: 0, keys: new Map(), ending: new Map(), terms: new Map(), violation: undefined };
}

/**
 * Takes in the events that were recorded since the last call; `forgetBefore(history, checker.position)` may follow.
 * @returns The first violation found, if there is one by now.
 */
export function feedLockChecker(checker: LockChecker, history: History): LockViolation | undefined {
  assert(checker.position >= history.forgotten, "nothing is forgotten before it is judged");
  for (const end = eventCount(history); checker.position < end && checker.violation === undefined; ) {
    const at = checker.position++;
    const operation = must(history.events[at - history.forgotten], "events are numbered without gaps");
    if (operation.invokedAt === at) onInvoked(checker, operation);
    else onCompleted(checker, operation);
  }
  return checker.violation;
}

/** What is asked for from now on may take effect from now on. */
function onInvoked(checker: LockChecker, operation: Operation): void {
  const { action, key } = operation;
  switch (action.kind) {
    case "acquire": {
      const { pending, asking } = keyOf(checker, key);
      const ending = checker.ending.get(action.session)?.size ?? 0;
      const disturbed = ending > 0 || [...pending].some((each) => canEnd(each, action.session));
      asking.set(operation, { disturbed });
      return;
    }
    case "release":
    case "delete":
    case "delete-cas":
      keyOf(checker, key).pending.add(operation);
      return disturb(keyOf(checker, key), operation);
    case "end-session":
      setOf(checker.ending, key).add(operation);
      for (const each of checker.keys.values()) disturb(each, operation);
      return;
    default:
      return;
  }
}

function keyOf({ keys }: LockChecker, name: string): Key {
  const key = keys.get(name) ?? { hold: undefined, asking: new Map(), pending: new Set() };
  keys.set(name, key);
  return key;
}

function setOf(sets: Map<string, Set<Operation>>, name: string): Set<Operation> {
  const set = sets.get(name) ?? new Set();
  sets.set(name, set);
  return set;
}

/** Whether the request, at a key, can end what the session holds there. */
function canEnd({ action, key }: Operation, session: string): boolean {
  if (action.kind === "release") return action.session === session;
  return action.kind === "end-session" ? key === session : true;
}

function disturb({ hold, asking }: Key, by: Operation): void {
  for (const [{ action }, open] of asking)
    if (action.kind === "acquire" && canEnd(by, action.session)) open.disturbed = true;
  if (hold === undefined || !canEnd(by, hold.session)) return;
  if (hold.over === undefined) hold.over = by;
  else hold.unclear = true;
}

function onCompleted(checker: LockChecker, operation: Operation): void {
  const { action, outcome, key } = operation;
  const known = outcome?.kind !== "unknown";
  switch (action.kind) {
    case "create-session":
      if (outcome?.kind === "created") checker.terms.set(outcome.session, action);
      return;
    case "end-session":
      if (known) checker.ending.get(key)?.delete(operation);
      return;
    case "release":
    case "delete":
    case "delete-cas":
      if (known) keyOf(checker, key).pending.delete(operation);
      return;
    case "acquire":
      return onAnswered(checker, keyOf(checker, key), operation, action.session);
    default:
      return;
  }
}

function onAnswered(checker: LockChecker, key: Key, operation: Operation, session: string): void {
  const disturbed = key.asking.get(operation)?.disturbed ?? false;
  key.asking.delete(operation);
  if (operation.outcome?.kind !== "applied") return;
  const { hold } = key;
  if (hold !== undefined && hold.session !== session)
    checker.violation ??= twoHolders(hold, operation, session) ?? delayBroken(checker, hold, operation);
  if (hold?.session === session && hold.over === undefined) return;
  key.hold = { session, since: operation, over: disturbed ? operation : undefined, unclear: disturbed };
}

function twoHolders(hold: Hold, operation: Operation, session: string): LockViolation | undefined {
  if (hold.over !== undefined || hold.since.completedAt > operation.invokedAt) return undefined;
  return {
    id: LOCK_TWO_HOLDERS,
    key: operation.key,
    explanation:
      `#${hold.since.id} gave ${hold.session} the lock of ${JSON.stringify(operation.key)}, ` +
      `and #${operation.id} gave it to ${session} before anything was asked that could have ended that`,
    operations: [hold.since, operation],
  };
}

/** The hold went on until its session ended, at the earliest when that was asked for; so did the lock-delay begin then. */
function delayBroken({ terms }: LockChecker, hold: Hold, operation: Operation): LockViolation | undefined {
  const { over, unclear, session, since } = hold;
  if (over?.action.kind !== "end-session" || unclear || since.completedAt > operation.invokedAt)
    return undefined;
  const leastDelayMs = terms.get(session)?.leastDelayMs ?? 0;
  if (operation.completedMs >= over.invokedMs + leastDelayMs) return undefined;
  return {
    id: LOCK_DELAY_BROKEN,
    key: operation.key,
    explanation:
      `#${over.id} ended ${session}, which held ${JSON.stringify(operation.key)}, at ${over.invokedMs.toFixed(1)} ms at the earliest, ` +
      `and #${operation.id} was given the lock by ${operation.completedMs.toFixed(1)} ms, within ${leastDelayMs} ms of lock-delay`,
    operations: [since, over, operation],
  };
}
