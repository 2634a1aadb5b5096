// Transactions: all operations or none. They are done one after the other on a copy of the store, which costs nothing until
// it is changed (cloneStore), so that each sees what those before it did; the copy takes the store's place when every one
// came off. All faults are told, not the first alone: after one, the others go on as if it had not been asked.
// Consul's agent/consul/state/txn.go, 1.8.

import type { TxnApply, TxnFault, TxnOp, TxnOutcome, TxnResult } from "../api/txn.ts";
import type { ByteString } from "../lib/bytes.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { cloneStore, takePlace } from "./snapshot.ts";
import type { Outcome, Store, Touched } from "./store.ts";
import { runCheckOp, runNodeOp, runServiceOp } from "./txn-catalog.ts";
import { isKvWriteVerb, lookAtKv, writeKv } from "./txn-kv.ts";
import { faulty, type OpOutcome, type TxnConfig } from "./txn-op.ts";

/** @returns `applied` is false when there are faults; then nothing has changed, and nobody is to be woken. */
export function applyTxn(
  store: Store,
  index: number,
  { ops }: TxnApply,
  config: TxnConfig,
  touched: Touched[],
): Outcome {
  const copy = cloneStore(store);
  const news: Touched[] = [];
  const blind = PLANTED && planted(config, "txn-blind-to-itself");
  const txn = runAll(ops, (op) => runOp(copy, blind ? store : copy, index, op, config, news));
  const applied = txn.faults.length === 0;
  if (applied || (PLANTED && planted(config, "txn-keeps-first-writes"))) takePlace(store, copy);
  if (applied && !(PLANTED && planted(config, "txn-wakes-nobody"))) touched.push(...news);
  return { ok: true, applied, txn };
}

/** Answers a transaction that only looks. A peer's word that it does is no reason to let it change anything. */
export function readTxn(store: Store, ops: readonly TxnOp[]): TxnOutcome {
  return runAll(ops, (op) =>
    isTxnWrite(op) ? faulty("cannot change anything in a read") : runOp(store, store, 0, op, {}, []),
  );
}

/** Whether an operation may change something. Of the catalog's verbs an unknown one counts as such, as in Consul. */
export function isTxnWrite({ on, verb }: TxnOp): boolean {
  return on === "kv" ? isKvWriteVerb(verb) : verb !== "get";
}

function runAll(ops: readonly TxnOp[], run: (op: TxnOp) => OpOutcome): TxnOutcome {
  const results: TxnResult[] = [];
  const faults: TxnFault[] = [];
  for (const [op, each] of ops.entries()) {
    const outcome = run(each);
    if (outcome.ok) results.push(...outcome.results);
    else faults.push({ op, what: outcome.fault as ByteString });
  }
  return { results: faults.length > 0 ? [] : results, faults };
}

/** @param seen What operations that only look at the key/value store are answered from. */
function runOp(
  store: Store,
  seen: Store,
  index: number,
  op: TxnOp,
  config: TxnConfig,
  touched: Touched[],
): OpOutcome {
  switch (op.on) {
    case "kv":
      return isKvWriteVerb(op.verb)
        ? writeKv(store, index, op, op.verb, config, touched)
        : lookAtKv(seen, op);
    case "node":
      return runNodeOp(store, index, op, config, touched);
    case "service":
      return runServiceOp(store, index, op, touched);
    case "check":
      return runCheckOp(store, index, op, touched);
  }
}
