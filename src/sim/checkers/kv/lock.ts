// What is known of a key's lock: who holds it, its LockIndex, how long it is held off after the end of a session, and
// which sessions have ended that may still ask for it (Consul 1.8, sessions). Like kv/specification.ts, of which it is a
// part, it must never share a line with the store that it judges.

/** Between these two instants a lock-delay may end: before the first it surely has not, after the second it surely has. */
export interface HeldOff {
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface KvLock {
  /** The session that holds the key; "" for none. */
  readonly holder: string;
  /** How often the key was acquired by another holder than before, since it was last put or created. */
  readonly index: number;
  readonly heldOff: HeldOff | undefined;
  /** Sessions that have ended, ascending: of those that nobody asks for any more it does not matter. */
  readonly ended: readonly string[];
}

/** Of a key that nobody ever locked. */
export const UNLOCKED: KvLock = { holder: "", index: 0, heldOff: undefined, ended: [] };

/** A put, of whatever value: the holder stays, the count begins anew. */
export function afterPut(lock: KvLock): KvLock {
  return lock.index === 0 ? lock : { ...lock, index: 0 };
}

/** A delete, whoever holds the key: locks are advice. */
export function afterDelete(lock: KvLock): KvLock {
  return lock.index === 0 && lock.holder === "" ? lock : { ...lock, index: 0, holder: "" };
}

/** A session that holds the key already keeps its LockIndex. */
export function afterAcquire(lock: KvLock, session: string): KvLock {
  return lock.holder === session ? lock : { ...lock, holder: session, index: lock.index + 1 };
}

export function afterRelease(lock: KvLock): KvLock {
  return { ...lock, holder: "" };
}

export function withEnded(lock: KvLock, session: string): KvLock {
  return lock.ended.includes(session) ? lock : { ...lock, ended: [...lock.ended, session].sort(compare) };
}

export function withoutEnded(lock: KvLock, sessions: ReadonlySet<string>): KvLock {
  const ended = lock.ended.filter((session) => !sessions.has(session));
  return ended.length === lock.ended.length ? lock : { ...lock, ended };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a request for the lock that was under way from `startMs` can have met a lock-delay. */
export function mayBeHeldOff({ heldOff }: KvLock, startMs: number): boolean {
  return heldOff !== undefined && startMs <= heldOff.mostMs;
}

/** Whether a request that was answered by `endMs` must have met a lock-delay. */
export function mustBeHeldOff({ heldOff }: KvLock, endMs: number): boolean {
  return heldOff !== undefined && endMs < heldOff.leastMs;
}

/** Whether the two have the same future. */
export function sameLock(a: KvLock, b: KvLock): boolean {
  return a === b || lockKey(a) === lockKey(b);
}

/** A text that is equal for equal locks only; "" for one that was never locked. */
export function lockKey(lock: KvLock): string {
  const { holder, index, heldOff, ended } = lock;
  if (holder === "" && index === 0 && heldOff === undefined && ended.length === 0) return "";
  return JSON.stringify([holder, index, heldOff?.leastMs ?? 0, heldOff?.mostMs ?? 0, ended]);
}

/** For people; "" for a lock that nobody holds. */
export function describeLock({ holder, index }: KvLock): string {
  return holder === "" ? "" : `, held by ${holder} with LockIndex ${index}`;
}
