// The table of sessions, with the indexes by which a node's are found and those that rest on a check, and that of the locks
// that each of them holds. Rows go in and out here alone; what the beginning and the end of a session bring with them is said
// in sessions.ts.

import type { ByteString } from "../lib/bytes.ts";
import { createOrderedMap, forPrefix, type OrderedMap } from "../lib/ordered-map.ts";
import type { KvPair } from "../model/kv.ts";
import { checksOfSession, type Session } from "../model/session.ts";
import { canonicalUuid } from "../model/uuid.ts";
import { rowKey, rowsOf } from "./catalog-keys.ts";
import { rowsUnder } from "./catalog-tables.ts";

export interface SessionTables {
  /** By id. */
  readonly rows: OrderedMap<string, Session>;
  /** By node and id. */
  readonly byNode: OrderedMap<string, Session>;
  /** By node, check and id: a new service comes with a critical check, and a node may have sessions by the ten thousand. */
  readonly byCheck: OrderedMap<string, Session>;
}

export function createSessionTables(rows: readonly Session[] = []): SessionTables {
  const tables: SessionTables = {
    rows: createOrderedMap(),
    byNode: createOrderedMap(),
    byCheck: createOrderedMap(),
  };
  for (const row of rows) putSession(tables, row);
  return tables;
}

/** In O(1), as cloneStore. */
export function cloneSessionTables({ rows, byNode, byCheck }: SessionTables): SessionTables {
  return { rows: rows.clone(), byNode: byNode.clone(), byCheck: byCheck.clone() };
}

export function putSession(tables: SessionTables, row: Session): void {
  takeSession(tables, row.id);
  tables.rows.set(row.id, row);
  tables.byNode.set(rowKey(row.node, row.id), row);
  for (const check of checksOfSession(row)) tables.byCheck.set(rowKey(row.node, check, row.id), row);
}

export function takeSession(tables: SessionTables, id: string): void {
  const row = tables.rows.get(id);
  if (row === undefined) return;
  tables.rows.delete(id);
  tables.byNode.delete(rowKey(row.node, id));
  for (const check of checksOfSession(row)) tables.byCheck.delete(rowKey(row.node, check, id));
}

/** By any writing of its id. */
export function sessionOf(tables: SessionTables, id: string): Session | undefined {
  return tables.rows.get(canonicalUuid(id));
}

/** A node's sessions, by id. */
export function sessionsOfNode(tables: SessionTables, node: string): Session[] {
  return rowsUnder(tables.byNode, rowsOf(node));
}

/** Those that rest on a check of their node, by id. */
export function sessionsOfCheck(tables: SessionTables, node: string, checkId: string): Session[] {
  return rowsUnder(tables.byCheck, rowsOf(node, checkId));
}

/** Keys that are held, by session and key. It follows from the pairs, and so is in no snapshot. */
export type Locks = OrderedMap<string, ByteString>;

export function createLocks(pairs: readonly KvPair[] = []): Locks {
  const locks: Locks = createOrderedMap();
  for (const pair of pairs) noteHolder(locks, pair.key, "", pair.session);
  return locks;
}

function lockKey(session: string, key: ByteString): string {
  return `${canonicalUuid(session)}\0${key}`;
}

/** A key is held by another session than before, or by none any more: "" for none. */
export function noteHolder(locks: Locks, key: ByteString, before: string, after: string): void {
  if (before === after) return;
  if (before !== "") locks.delete(lockKey(before, key));
  if (after !== "") locks.set(lockKey(after, key), key);
}

/** What a session holds, in the order of the keys. */
export function keysHeldBy(locks: Locks, session: string): ByteString[] {
  const keys: ByteString[] = [];
  forPrefix(locks, lockKey(session, "" as ByteString), (_, key) => keys.push(key) > 0);
  return keys;
}
