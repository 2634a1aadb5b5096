// What one key of a correct store does, operation after operation, with nobody else about: the sequential specification
// that histories are compared with (Consul 1.8, KV and locks). Written from the documentation and from what a real server does; it
// must never share a line with the store that it judges, or both would be wrong together.
//
// ModifyIndex and CreateIndex are part of what clients see. Where no answer has shown them yet the state says what they
// can be (kv/index-bounds.ts).

import { unreachable } from "../../../core/lib/assert.ts";
import type { KvVersion, Operation, SessionTerms } from "../history.ts";
import {
  boundsAllow,
  boundsKey,
  createdAbove,
  describeBounds,
  excludeModify,
  type IndexBounds,
  overwritten,
  settleCreate,
  settleModify,
} from "./index-bounds.ts";
import {
  afterAcquire,
  afterDelete,
  afterPut,
  afterRelease,
  describeLock,
  type KvLock,
  lockKey,
  mayBeHeldOff,
  mustBeHeldOff,
  sameLock,
  UNLOCKED,
  withEnded,
} from "./lock.ts";

/** The key does not exist, and no index up to `floor` can be used for it any more; or it exists. */
export type KvState =
  | { readonly value: undefined; readonly floor: number; readonly lock: KvLock }
  | { readonly value: string; readonly bounds: IndexBounds; readonly lock: KvLock };

/** A key that was never written. */
export const NEVER_WRITTEN: KvState = { value: undefined, floor: 0, lock: UNLOCKED };

/** An operation together with its answer: the one thing that a state allows or does not. */
export type KvEffect =
  | { readonly kind: "saw"; readonly version: KvVersion }
  /** Without its indexes. */
  | { readonly kind: "saw-value"; readonly shown: string }
  | { readonly kind: "saw-nothing" }
  | { readonly kind: "put"; readonly value: string }
  | { readonly kind: "cas"; readonly index: number; readonly value: string }
  | { readonly kind: "cas-refused"; readonly index: number }
  | { readonly kind: "delete" }
  | { readonly kind: "delete-cas"; readonly index: number }
  | { readonly kind: "delete-cas-refused"; readonly index: number }
  | { readonly kind: "swap"; readonly from: string; readonly value: string }
  | { readonly kind: "swap-refused"; readonly from: string }
  /** `asked`: when it was under way. `dead`: the session had ended for certain before it began. */
  | (LockEffect & { readonly kind: "acquire"; readonly value: string })
  | (LockEffect & { readonly kind: "acquire-refused" })
  | (LockEffect & { readonly kind: "acquire-no-session" })
  | { readonly kind: "release"; readonly session: string; readonly value: string }
  | { readonly kind: "release-refused"; readonly session: string }
  | (SessionTerms & { readonly kind: "invalidate"; readonly session: string; readonly asked: Span });

interface LockEffect {
  readonly session: string;
  readonly asked: Span;
  readonly dead: boolean;
}

/** From an invocation to its answer, in the history's milliseconds. */
interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Indexes that a write is known to have led to, learnt from its teller or from reads of its value. */
export interface KnownIndexes {
  readonly modifyIndex: number;
  readonly createIndex: number | undefined;
}

/**
 * The effect of an operation on its own key: of one that is unknown or open, the effect if it happens.
 * Undefined for what says nothing: failed, a read without an answer, or of a session.
 * @param endedAt Position of the history by which a session had ended for certain; undefined if it had not.
 */
export function effectOf(
  operation: Operation,
  endedAt?: (session: string) => number | undefined,
): KvEffect | undefined {
  const { action, outcome } = operation;
  if (outcome?.kind === "failed") return undefined;
  if (outcome?.kind === "read")
    return outcome.version === undefined
      ? { kind: "saw-nothing" }
      : { kind: "saw", version: outcome.version };
  if (outcome?.kind === "read-value")
    return outcome.value === undefined
      ? { kind: "saw-nothing" }
      : { kind: "saw-value", shown: outcome.value };
  const refused = outcome?.kind === "refused";
  switch (action.kind) {
    case "get":
    case "list":
    case "create-session":
    case "end-session":
    case "look-session":
      return undefined;
    case "put":
    case "delete":
      return action;
    case "acquire": {
      const { session, value } = action;
      const dead = (endedAt?.(session) ?? Number.POSITIVE_INFINITY) <= operation.invokedAt;
      const asking = { session, asked: spanOf(operation), dead };
      if (outcome?.kind === "no-session") return { kind: "acquire-no-session", ...asking };
      return refused ? { kind: "acquire-refused", ...asking } : { kind: "acquire", value, ...asking };
    }
    case "swap":
      return refused ? { kind: "swap-refused", from: action.from } : action;
    case "release":
      return refused ? { kind: "release-refused", session: action.session } : action;
    case "invalidate":
      return { asked: spanOf(operation), ...action };
    case "cas":
      return refused ? { kind: "cas-refused", index: action.index } : action;
    case "delete-cas":
      return refused ? { kind: "delete-cas-refused", index: action.index } : action;
    default:
      return unreachable(action);
  }
}

function spanOf({ invokedMs, completedMs, outcome }: Operation): Span {
  return { startMs: invokedMs, endMs: outcome?.kind === "unknown" ? Number.POSITIVE_INFINITY : completedMs };
}

/**
 * Whether the effect is one of those by which a write can be told from its index. Locks change a key's index and not its
 * value; a swap depends on what other writes may have written as well.
 */
export function isPlain({ kind }: KvEffect): boolean {
  return !(kind === "invalidate" || /^(acquire|release|swap)/.test(kind));
}

/** Whether the effect changes the key in no state whatever. */
export function isPure(effect: KvEffect): boolean {
  return (
    effect.kind === "saw" ||
    effect.kind === "saw-value" ||
    effect.kind === "saw-nothing" ||
    effect.kind === "swap-refused" ||
    effect.kind === "cas-refused" ||
    effect.kind === "delete-cas-refused" ||
    effect.kind === "acquire-refused" ||
    effect.kind === "acquire-no-session" ||
    effect.kind === "release-refused"
  );
}

/** Whether the operation found the key absent or left it so: it cannot come within a lifetime of the key. */
export function meetsAbsence(effect: KvEffect): boolean {
  if (effect.kind === "cas") return effect.index === 0;
  return effect.kind === "saw-nothing" || effect.kind === "delete" || effect.kind === "delete-cas";
}

/** The version that a read shows. */
export function shownVersion(effect: KvEffect): KvVersion | undefined {
  return effect.kind === "saw" ? effect.version : undefined;
}

/** The value that a read shows, with its version or without. */
export function shownValue(effect: KvEffect): string | undefined {
  return effect.kind === "saw-value" ? effect.shown : shownVersion(effect)?.value;
}

/** The value that the effect or its answer depends on: whether just this is there makes a difference to it. */
export function noticedValue(effect: KvEffect): string | undefined {
  return "from" in effect ? effect.from : shownValue(effect);
}

/** The value that the effect writes, if it writes one. */
export function writtenValue(effect: KvEffect): string | undefined {
  return "value" in effect ? effect.value : undefined;
}

/**
 * The key after the effect; the same object if nothing changed and nothing was learnt; undefined if the state does not
 * allow this answer.
 */
export function applyEffect(
  state: KvState,
  effect: KvEffect,
  known: KnownIndexes | undefined,
): KvState | undefined {
  switch (effect.kind) {
    case "saw":
      return shows(state, effect.version) ? shown(state, effect.version) : undefined;
    case "saw-value":
      return state.value === effect.shown ? state : undefined;
    case "saw-nothing":
      return state.value === undefined ? state : undefined;
    case "put":
      return written(state, effect.value, afterPut(state.lock), known);
    case "cas": {
      if (effect.index === 0 && state.value !== undefined) return undefined;
      const named = effect.index === 0 ? state : withModifyIndex(state, effect.index);
      return named && written(named, effect.value, afterPut(named.lock), known);
    }
    case "cas-refused":
      if (effect.index === 0) return state.value === undefined ? undefined : state;
      return state.value === undefined ? state : withoutModifyIndex(state, effect.index);
    case "delete":
      return deleted(state);
    case "delete-cas": {
      // Of a key that is not there Consul says `true`, whatever the index.
      if (state.value === undefined) return state;
      const named = withModifyIndex(state, effect.index);
      return named && deleted(named);
    }
    case "delete-cas-refused":
      return state.value === undefined ? undefined : withoutModifyIndex(state, effect.index);
    case "swap":
      return state.value === effect.from
        ? written(state, effect.value, afterPut(state.lock), known)
        : undefined;
    case "swap-refused":
      return state.value === effect.from ? undefined : state;
    case "acquire":
      return mayAcquire(state.lock, effect)
        ? written(state, effect.value, afterAcquire(state.lock, effect.session), known)
        : undefined;
    case "acquire-refused":
      return mayBeRefused(state.lock, effect) ? state : undefined;
    case "acquire-no-session":
      return hasEnded(state.lock, effect) && !mustBeHeldOff(state.lock, effect.asked.endMs)
        ? state
        : undefined;
    case "release":
      if (state.lock.holder !== effect.session) return undefined;
      return written(state, effect.value, afterRelease(state.lock), known);
    case "release-refused":
      return state.lock.holder === effect.session ? undefined : state;
    case "invalidate":
      return invalidated(state, effect);
    default:
      return unreachable(effect);
  }
}

function hasEnded({ ended }: KvLock, { session, dead }: LockEffect): boolean {
  return dead || ended.includes(session);
}

function mayAcquire(lock: KvLock, effect: LockEffect): boolean {
  if (hasEnded(lock, effect) || mustBeHeldOff(lock, effect.asked.endMs)) return false;
  return lock.holder === "" || lock.holder === effect.session;
}

/** The leader looks at the lock-delay before anything else, sessions included. */
function mayBeRefused(lock: KvLock, effect: LockEffect): boolean {
  if (mayBeHeldOff(lock, effect.asked.startMs)) return true;
  return !hasEnded(lock, effect) && lock.holder !== "" && lock.holder !== effect.session;
}

function invalidated(state: KvState, effect: KvEffect & { kind: "invalidate" }): KvState | undefined {
  const { session, behavior, leastDelayMs, mostDelayMs, asked } = effect;
  const lock = withEnded(state.lock, session);
  if (state.value === undefined || state.lock.holder !== session) return { ...state, lock };
  const heldOff =
    mostDelayMs === 0
      ? lock.heldOff
      : { leastMs: asked.startMs + leastDelayMs, mostMs: asked.endMs + mostDelayMs };
  const free = { ...afterRelease(lock), heldOff };
  if (behavior === "delete") return deleted({ ...state, lock: free });
  return written(state, state.value, free, undefined);
}

function shows(state: KvState, { value, session, lockIndex }: KvVersion): boolean {
  if (state.value !== value) return false;
  return (
    (session ?? state.lock.holder) === state.lock.holder &&
    (lockIndex ?? state.lock.index) === state.lock.index
  );
}

function written(
  state: KvState,
  value: string,
  lock: KvLock,
  known: KnownIndexes | undefined,
): KvState | undefined {
  // A write of what is there already is answered with `true` and changes nothing, indexes included.
  if (state.value === value && lock === state.lock) return known === undefined ? state : shown(state, known);
  const bounds =
    state.value === undefined
      ? createdAbove(state.floor, known?.modifyIndex)
      : overwritten(state.bounds, known?.modifyIndex);
  if (bounds === undefined) return undefined;
  const after: KvState = { value, bounds, lock };
  return known === undefined ? after : shown(after, known);
}

function deleted(state: KvState): KvState {
  return state.value === undefined
    ? state
    : { value: undefined, floor: state.bounds.floor + 1, lock: afterDelete(state.lock) };
}

function shown(state: KvState, known: KnownIndexes): KvState | undefined {
  const settled = withModifyIndex(state, known.modifyIndex);
  if (settled?.value === undefined || known.createIndex === undefined) return settled;
  const bounds = settleCreate(settled.bounds, known.createIndex);
  return bounds && withBounds(settled, bounds);
}

function withModifyIndex(state: KvState, modifyIndex: number): KvState | undefined {
  if (state.value === undefined) return undefined;
  const bounds = settleModify(state.bounds, modifyIndex);
  return bounds && withBounds(state, bounds);
}

function withoutModifyIndex(state: KvState, modifyIndex: number): KvState | undefined {
  if (state.value === undefined) return undefined;
  const bounds = excludeModify(state.bounds, modifyIndex);
  return bounds && withBounds(state, bounds);
}

function withBounds(state: KvState & { value: string }, bounds: IndexBounds): KvState {
  return bounds === state.bounds ? state : { value: state.value, bounds, lock: state.lock };
}

/** The highest index that the key has certainly used up. */
export function floorOf(state: KvState): number {
  return state.value === undefined ? state.floor : state.bounds.floor;
}

/** Whether every future that `b` allows is allowed by `a` as well. May say no where it is so. */
export function stateAllows(a: KvState, b: KvState): boolean {
  if (!sameLock(a.lock, b.lock)) return false;
  if (a.value === undefined) return b.value === undefined && a.floor <= b.floor;
  return b.value === a.value && boundsAllow(a.bounds, b.bounds);
}

/** A text that is equal for equal states only, also when more text follows. */
export function stateKey(state: KvState): string {
  const lock = lockKey(state.lock);
  if (state.value === undefined) return `-${state.floor}${lock}`;
  return `${boundsKey(state.bounds)} ${state.value.length}:${state.value}${lock}`;
}

/** For people. */
export function describeState(state: KvState): string {
  return state.value === undefined
    ? "the key does not exist"
    : `${JSON.stringify(state.value)} at ${describeBounds(state.bounds)}${describeLock(state.lock)}`;
}
