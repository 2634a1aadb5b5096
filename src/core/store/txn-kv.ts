// The key/value operations of transactions.

import { KV_VERBS, type KvVerb } from "../api/request.ts";
import type { TxnKvOp } from "../api/txn.ts";
import { must } from "../lib/assert.ts";
import { utf8 } from "../lib/bytes.ts";
import { quote } from "../lib/go-quote.ts";
import type { KvPair } from "../model/kv.ts";
import { applyKvWrite, listPairs } from "./kv.ts";
import type { Store, Touched } from "./store.ts";
import { faulty, NO_RESULT, type OpOutcome, shown, type TxnConfig } from "./txn-op.ts";

export function isKvWriteVerb(verb: string): verb is KvVerb {
  return KV_VERBS.some((each) => each === verb);
}

export function writeKv(
  store: Store,
  index: number,
  op: TxnKvOp,
  verb: KvVerb,
  config: TxnConfig,
  touched: Touched[],
): OpOutcome {
  const { key, value, flags, session } = op;
  const write = { kind: "kv.write", verb, key, value, flags, index: op.index, session } as const;
  const outcome = applyKvWrite(store, index, write, touched, config);
  if (!outcome.ok) return faulty(utf8(outcome.error));
  if (!outcome.applied) return faulty(whyNot(store, op, verb));
  return verb.startsWith("delete") ? NO_RESULT : withoutValue(pairOf(store, op));
}

/** Why a conditional write was not done. */
function whyNot(store: Store, { key, session }: TxnKvOp, verb: KvVerb): string {
  if (verb === "unlock")
    return `failed to unlock key ${quote(key)}, lock isn't held, or is held by another session`;
  if (verb !== "lock")
    return `failed to ${verb === "cas" ? "set" : "delete"} key ${quote(key)}, index is stale`;
  const holder = store.kv.get(key)?.session ?? "";
  return holder !== "" && holder !== session
    ? `failed to lock key ${quote(key)}, lock is already held`
    : `failed to lock key ${quote(key)} due to lock delay`;
}

/** The operations that only look. */
export function lookAtKv(store: Store, op: TxnKvOp): OpOutcome {
  const { verb, key, session, index } = op;
  const shownKey = quote(key);
  const pair = store.kv.get(key);
  switch (verb) {
    case "get":
      return pair === undefined ? faulty(`key ${shownKey} doesn't exist`) : shown({ on: "kv", pair });
    case "get-tree":
      return shown(...listPairs(store, key).pairs.map((each) => ({ on: "kv", pair: each }) as const));
    case "check-session":
      if (pair === undefined) return faulty(`failed to check session, key ${shownKey} doesn't exist`);
      if (pair.session === session) return withoutValue(pair);
      return faulty(
        `failed session check for key ${shownKey}, current session ${quote(utf8(pair.session))} != ${quote(utf8(session))}`,
      );
    case "check-index":
      if (pair === undefined) return faulty(`failed to check index, key ${shownKey} doesn't exist`);
      if (pair.modifyIndex === index) return withoutValue(pair);
      return faulty(
        `failed index check for key ${shownKey}, current modify index ${pair.modifyIndex} != ${index}`,
      );
    case "check-not-exists":
      return pair === undefined ? NO_RESULT : faulty(`key ${shownKey} exists`);
    default:
      return faulty(`unknown KV verb ${quote(utf8(verb))}`);
  }
}

function pairOf(store: Store, { key }: TxnKvOp): KvPair {
  return must(store.kv.get(key), "what was written is there");
}

function withoutValue(pair: KvPair): OpOutcome {
  return shown({ on: "kv", pair: { ...pair, value: utf8("") } });
}
