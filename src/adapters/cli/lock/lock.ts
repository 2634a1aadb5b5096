// A lock: one key, held by one session at a time. After Consul's client library (api/lock.go), which everybody who uses the
// key must agree with: the key's flags say that it is a lock.

import type { KvEntry } from "../kv-pairs.ts";
import {
  type Acquired,
  acquire,
  type Cleaned,
  type Held,
  type HoldingSession,
  type LockOrder,
  Patience,
  pause,
  type Taken,
  watchHeld,
} from "./held.ts";
import type { LockApi } from "./lock-api.ts";

/** The flags of a lock's key, by which it is told from a semaphore's and from anything else. */
const LOCK_FLAGS = "3304740253564472344";

const CONFLICT = "Existing key does not match lock use";

/** How long to wait where nobody holds the lock and yet it can't be had: after a holder was lost it is held off for a while. */
const HELD_OFF_RETRY_MS = 5000;

/** @param stop Ends the attempt. */
export function acquireLock(
  api: LockApi,
  key: string,
  order: LockOrder,
  stop: AbortSignal,
): Promise<Acquired> {
  return acquire(api, order, {
    behavior: "release",
    take: ({ id }) => takeLock(api, key, id, order.timeoutMs, stop),
    held: (session) => heldLock(api, key, session, order),
  });
}

async function takeLock(
  api: LockApi,
  key: string,
  session: string,
  timeoutMs: number | undefined,
  stop: AbortSignal,
): Promise<Taken> {
  const patience = new Patience(timeoutMs);
  let index = "0";
  for (;;) {
    const waitMs = patience.next();
    if (waitMs === undefined || stop.aborted) return undefined;
    const seen = await api.look({ key, recurse: false, index, waitMs, signal: stop });
    if (stop.aborted) return undefined;
    if (!seen.ok) return { error: `failed to read lock: ${seen.error}` };
    const [entry] = seen.entries;
    if (entry !== undefined && entry.flags !== LOCK_FLAGS) return { error: CONFLICT };
    if (entry?.session === session) return true;
    index = seen.index;
    if (isTaken(entry)) continue;
    const acquired = await api.put(key, EMPTY, { acquire: session, flags: LOCK_FLAGS });
    if (!acquired.ok) return { error: `failed to acquire lock: ${acquired.error}` };
    if (acquired.value) return true;
    // Somebody was quicker, whom the next look waits for; or it is held off, and only time helps.
    const again = await api.look({ key, recurse: false, index: "0", waitMs, signal: stop });
    if (!again.ok) return stop.aborted ? undefined : { error: `failed to read lock: ${again.error}` };
    index = isTaken(again.entries[0]) ? again.index : "0";
    if (index === "0" && !(await pause(HELD_OFF_RETRY_MS, stop))) return undefined;
  }
}

const EMPTY = new Uint8Array(0);

function isTaken(entry: KvEntry | undefined): boolean {
  return entry !== undefined && entry.session !== "";
}

function heldLock(api: LockApi, key: string, session: HoldingSession, { monitorRetries }: LockOrder): Held {
  const over = new AbortController();
  return {
    lost: watchHeld(
      api,
      { key, recurse: false, signal: over.signal },
      monitorRetries,
      ({ entries }) => entries[0]?.session === session.id,
    ),
    async release() {
      over.abort();
      const released = await api.put(key, EMPTY, { release: session.id, flags: LOCK_FLAGS });
      await session.end();
      return released.ok ? undefined : `failed to release lock: ${released.error}`;
    },
    clean: () => cleanLock(api, key),
  };
}

async function cleanLock(api: LockApi, key: string): Promise<Cleaned> {
  const seen = await api.look({
    key,
    recurse: false,
    index: "0",
    waitMs: 0,
    signal: new AbortController().signal,
  });
  if (!seen.ok) return { error: `failed to read lock: ${seen.error}` };
  const [entry] = seen.entries;
  if (entry === undefined) return "removed";
  if (entry.flags !== LOCK_FLAGS) return { error: CONFLICT };
  if (isTaken(entry)) return "in-use";
  const removed = await api.delete(key, { cas: entry.modifyIndex });
  if (!removed.ok) return { error: `failed to remove lock: ${removed.error}` };
  return removed.value ? "removed" : "in-use";
}
