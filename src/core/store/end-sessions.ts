// How sessions end: destroyed, or with their node's registration, or with a check that they rest on; and with them the locks
// that they hold, and the queries that are bound to them. Consul's agent/consul/state/session.go, 1.8.

import type { Check } from "../model/catalog.ts";
import { lockDelayMs, type Session } from "../model/session.ts";
import { endLocks } from "./kv.ts";
import { endQueries } from "./queries.ts";
import { sessionsOfCheck, sessionsOfNode, takeSession } from "./session-tables.ts";
import type { Store, Touched } from "./store.ts";

/** The node is gone, or goes by another name. */
export function invalidateSessionsOfNode(
  store: Store,
  index: number,
  node: string,
  touched: Touched[],
): void {
  for (const session of sessionsOfNode(store.sessions, node)) endSession(store, index, session, touched);
}

/** The check is gone or critical. */
export function invalidateSessionsOfCheck(
  store: Store,
  index: number,
  { node, checkId }: Check,
  touched: Touched[],
): void {
  for (const session of sessionsOfCheck(store.sessions, node, checkId))
    endSession(store, index, session, touched);
}

/** Whoever ends it: its keys are free again, or gone, as it was made to behave, and nobody takes them for a while. */
export function endSession(store: Store, index: number, session: Session, touched: Touched[]): void {
  takeSession(store.sessions, session.id);
  store.tableIndexes.sessions = index;
  touched.push({ table: "sessions", session, ended: true });
  const ms = lockDelayMs(session);
  for (const key of endLocks(store, index, session, touched)) {
    if (ms === 0) continue;
    store.lockDelays.set(key, { key, ms, index });
    touched.push({ table: "lock-delays", key });
  }
  endQueries(store, index, session.id, touched);
}

/**
 * The delays of keys that lost their lock at these indexes are over, by the leader's clock: the log forgets them.
 */
export function reapLockDelays(store: Store, upToIndex: number, touched: Touched[]): void {
  for (const { key, index } of store.lockDelays.valuesArray())
    if (index <= upToIndex) {
      store.lockDelays.delete(key);
      touched.push({ table: "lock-delays", key });
    }
}
