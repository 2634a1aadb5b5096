// The key/value store: Consul's verbs, their preconditions and the indexes that clients compare and wait for.

import type { KvWrite } from "../api/request.ts";
import { must } from "../lib/assert.ts";
import { type ByteString, byteStringOf } from "../lib/bytes.ts";
import { forPrefix } from "../lib/ordered-map.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { KvPair } from "../model/kv.ts";
import type { Session } from "../model/session.ts";
import { uuidFault } from "../model/uuid.ts";
import { keysHeldBy, noteHolder, sessionOf } from "./session-tables.ts";
import { APPLIED, NOT_APPLIED, type Outcome, type Store, type Touched } from "./store.ts";

/** Applies a write at `index`. What it changed is appended to `touched`. */
export function applyKvWrite(
  store: Store,
  index: number,
  write: KvWrite,
  touched: Touched[],
  config: { readonly planted?: string | undefined },
): Outcome {
  const existing = store.kv.get(write.key);
  switch (write.verb) {
    case "set":
      put(store, index, plainWrite(write, existing), touched);
      return APPLIED;
    case "cas":
      if (PLANTED && touched.length > 0 && planted(config, "kv-cas-depends-on-batch")) return NOT_APPLIED;
      if (PLANTED && planted(config, "kv-cas-ignores-index") && existing !== undefined && write.index !== 0) {
        put(store, index, plainWrite(write, existing), touched);
        return APPLIED;
      }
      if (existing === undefined ? write.index !== 0 : existing.modifyIndex !== write.index)
        if (!(PLANTED && write.index === 0 && planted(config, "kv-cas-zero-overwrites"))) return NOT_APPLIED;
      put(store, index, plainWrite(write, existing), touched);
      return APPLIED;
    case "lock":
      return lock(store, index, write, existing, touched, config);
    case "unlock":
      return unlock(store, index, write, existing, touched);
    case "delete":
      if (PLANTED && planted(config, "kv-delete-leaves-no-trace")) takePair(store, write.key);
      else if (existing !== undefined) remove(store, index, write.key, touched);
      return APPLIED;
    case "delete-cas":
      if (existing === undefined) return APPLIED;
      if (existing.modifyIndex !== write.index) return NOT_APPLIED;
      remove(store, index, write.key, touched);
      return APPLIED;
    case "delete-tree":
      removeTree(store, index, write.key, touched);
      return APPLIED;
  }
}

/** A plain write keeps the holder of the lock and forgets how often it was taken. */
function plainWrite(write: KvWrite, existing: KvPair | undefined): Fields {
  return {
    key: write.key,
    value: valueIn(write),
    flags: write.flags,
    session: existing?.session ?? "",
    lockIndex: 0,
  };
}

type Fields = Omit<KvPair, "createIndex" | "modifyIndex">;

function valueIn(write: KvWrite): ByteString {
  return byteStringOf(write.value);
}

function lock(
  store: Store,
  index: number,
  write: KvWrite,
  existing: KvPair | undefined,
  touched: Touched[],
  config: { readonly planted?: string | undefined },
): Outcome {
  if (write.session === "") return { ok: false, error: "missing session" };
  const fault = uuidFault(write.session);
  if (fault !== undefined) return { ok: false, error: `failed session lookup: index error: ${fault}` };
  if (sessionOf(store.sessions, write.session) === undefined)
    return { ok: false, error: `invalid session ${JSON.stringify(write.session)}` };
  const holder = existing?.session ?? "";
  if (holder !== "" && holder !== write.session) return NOT_APPLIED;
  const delay = store.lockDelays.get(write.key);
  if (delay !== undefined) {
    // A session ended after the leader had looked, before this came to be applied: nobody may be so quick.
    if (delay.index > write.index && !(PLANTED && planted(config, "lock-delay-judged-once")))
      return NOT_APPLIED;
    store.lockDelays.delete(write.key);
    touched.push({ table: "lock-delays", key: write.key });
  }
  const lockIndex = (existing?.lockIndex ?? 0) + (holder === write.session ? 0 : 1);
  put(
    store,
    index,
    { key: write.key, value: valueIn(write), flags: write.flags, session: write.session, lockIndex },
    touched,
  );
  return APPLIED;
}

/** Releasing writes the request's value and flags over the pair, like any write (Consul does). */
function unlock(
  store: Store,
  index: number,
  write: KvWrite,
  existing: KvPair | undefined,
  touched: Touched[],
): Outcome {
  if (write.session === "") return { ok: false, error: "missing session" };
  if (existing === undefined || existing.session !== write.session) return NOT_APPLIED;
  put(
    store,
    index,
    { key: write.key, value: valueIn(write), flags: write.flags, session: "", lockIndex: existing.lockIndex },
    touched,
  );
  return APPLIED;
}

/** An identical write changes nothing: no index moves and no watcher wakes. */
function put(store: Store, index: number, fields: Fields, touched: Touched[]): void {
  const existing = store.kv.get(fields.key);
  if (existing !== undefined && isSame(existing, fields)) return;
  const { key, value, flags, session, lockIndex } = fields;
  const createIndex = existing?.createIndex ?? index;
  // Field by field: of a spread V8 makes an object with a hidden class of its own, 340 bytes more for every key.
  store.kv.set(key, { key, value, flags, session, lockIndex, createIndex, modifyIndex: index });
  noteHolder(store.locks, key, existing?.session ?? "", session);
  store.tableIndexes.kv = index;
  touched.push({ table: "kv", key: fields.key });
}

function isSame(pair: KvPair, fields: Fields): boolean {
  return (
    pair.value === fields.value &&
    pair.flags === fields.flags &&
    pair.session === fields.session &&
    pair.lockIndex === fields.lockIndex
  );
}

function remove(store: Store, index: number, key: ByteString, touched: Touched[]): void {
  takePair(store, key);
  bury(store, index, key);
  touched.push({ table: "kv", key });
}

function takePair(store: Store, key: ByteString): void {
  noteHolder(store.locks, key, store.kv.get(key)?.session ?? "", "");
  store.kv.delete(key);
}

/** The session is over: its keys are free again, or gone, as it was made to behave. @returns Those that it held. */
export function endLocks(
  store: Store,
  index: number,
  { id, behavior }: Session,
  touched: Touched[],
): readonly ByteString[] {
  const held = keysHeldBy(store.locks, id);
  for (const key of held) {
    const pair = must(store.kv.get(key), "what is held is there");
    if (behavior === "delete") remove(store, index, key, touched);
    else put(store, index, { ...pair, session: "" }, touched);
  }
  return held;
}

function removeTree(store: Store, index: number, prefix: ByteString, touched: Touched[]): void {
  const keys: ByteString[] = [];
  forPrefix(store.kv, prefix, (key) => keys.push(key) > 0);
  if (keys.length === 0) return;
  for (const key of keys) takePair(store, key);
  moveStones(store, index, prefix);
  // One stone for the whole tree, at its prefix; none for the tree of everything, whose index is the table's.
  if (prefix !== "") bury(store, index, prefix);
  else store.tableIndexes.kv = index;
  touched.push({ table: "kv-tree", prefix });
}

/**
 * A longer prefix inside the tree does not see the tree's stone. Were an older stone left to it, its index would go back
 * to before the deletion, and whoever waits there would sleep on (in Consul they do).
 */
function moveStones(store: Store, index: number, prefix: ByteString): void {
  const stones: ByteString[] = [];
  forPrefix(store.tombstones, prefix, (key) => stones.push(key) > 0);
  for (const key of stones) store.tombstones.set(key, index);
}

function bury(store: Store, index: number, key: ByteString): void {
  store.tombstones.set(key, index);
  store.tableIndexes.kv = index;
  store.tableIndexes.tombstones = index;
}

/** Forgets the tombstones up to an index: indexes of prefixes may go back to what is left, as Consul's do. */
export function reapTombstones(store: Store, index: number, upToIndex: number): void {
  const reaped: ByteString[] = [];
  store.tombstones.forEach((buriedAt, key) => {
    if (buriedAt <= upToIndex) reaped.push(key);
  });
  for (const key of reaped) store.tombstones.delete(key);
  if (reaped.length > 0) store.tableIndexes.tombstones = index;
}

/** Pairs with their query index: what a blocking query compares (Consul's rules, per key, per prefix, per table). */
export interface KvResult {
  readonly pairs: readonly KvPair[];
  readonly index: number;
}

/** The table's index: that of the last write or deletion anywhere. */
function tableIndex(store: Store): number {
  return Math.max(store.tableIndexes.kv, store.tableIndexes.tombstones);
}

export function getPair(store: Store, key: ByteString): KvResult {
  const pair = store.kv.get(key);
  return pair === undefined
    ? { pairs: [], index: tableIndex(store) }
    : { pairs: [pair], index: pair.modifyIndex };
}

export function listPairs(store: Store, prefix: ByteString): KvResult {
  const pairs: KvPair[] = [];
  let index = 0;
  forPrefix(store.kv, prefix, (_, pair) => {
    index = Math.max(index, pair.modifyIndex);
    return pairs.push(pair) > 0;
  });
  return { pairs, index: prefixIndex(store, prefix, index) };
}

/** The index of a prefix: its newest key or tombstone; the table's when it has neither, or is the prefix of everything. */
export function prefixIndex(store: Store, prefix: ByteString, newestKey: number): number {
  if (prefix === "") return tableIndex(store);
  let index = newestKey;
  forPrefix(store.tombstones, prefix, (_, buriedAt) => {
    index = Math.max(index, buriedAt);
    return true;
  });
  return index === 0 ? tableIndex(store) : index;
}

/** Keys below a prefix, cut after the first separator past it; equal neighbours are one. */
export function listKeys(
  store: Store,
  prefix: ByteString,
  separator: ByteString,
): { readonly keys: readonly ByteString[]; readonly index: number } {
  const keys: ByteString[] = [];
  let index = 0;
  forPrefix(store.kv, prefix, (key, pair) => {
    index = Math.max(index, pair.modifyIndex);
    const cut = separator === "" ? -1 : key.indexOf(separator, prefix.length);
    const shown = cut < 0 ? key : (key.slice(0, cut + separator.length) as ByteString);
    if (shown !== keys.at(-1)) keys.push(shown);
    return true;
  });
  return { keys, index: prefixIndex(store, prefix, index) };
}
