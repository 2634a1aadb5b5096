// Transactions: operations on the key/value store and the catalog, all of them or none (Consul's /v1/txn).

import type { ByteString } from "../lib/bytes.ts";
import type { CatalogService, Check, Node } from "../model/catalog.ts";
import type { KvPair, Uint64 } from "../model/kv.ts";
import type { CheckFields, KvWrite, NodeRegister, ReadOptions, ServiceFields } from "./request.ts";

/** What each operation has: its verb as it was written, so that one nobody knows can be told of. */
interface Op {
  readonly verb: string;
  /** The ModifyIndex that verbs compare with. */
  readonly index: Uint64;
}

/** KV_VERBS, and those that only look: get, get-tree, check-session, check-index, check-not-exists. */
export interface TxnKvOp extends Op, Omit<KvWrite, "kind" | "verb"> {
  readonly on: "kv";
}

/** The catalog's verbs are get, set, cas, delete and delete-cas. A node is looked for by its id if it has one. */
export interface TxnNodeOp extends Op, Omit<NodeRegister, "kind"> {
  readonly on: "node";
}

export interface TxnServiceOp extends Op {
  readonly on: "service";
  readonly node: string;
  readonly service: ServiceFields;
}

export interface TxnCheckOp extends Op {
  readonly on: "check";
  readonly check: CheckFields;
}

export type TxnOp = TxnKvOp | TxnNodeOp | TxnServiceOp | TxnCheckOp;

/** A transaction that may change something. */
export interface TxnApply {
  readonly kind: "txn.apply";
  readonly ops: readonly TxnOp[];
}

/** One that only looks. It never waits: its options say no index. */
export interface TxnRead {
  readonly kind: "txn.read";
  readonly ops: readonly TxnOp[];
  readonly options: ReadOptions;
}

/** What an operation found or left behind. Of a pair that was not asked for by get or get-tree the value is left out. */
export type TxnResult =
  | { readonly on: "kv"; readonly pair: KvPair }
  | { readonly on: "node"; readonly node: Node }
  | { readonly on: "service"; readonly service: CatalogService }
  | { readonly on: "check"; readonly check: Check };

/** Why the transaction did not happen: one of its operations could not. */
export interface TxnFault {
  /** Its place among the operations, from 0. */
  readonly op: number;
  /** UTF-8. */
  readonly what: ByteString;
}

export interface TxnOutcome {
  /** In the order of the operations; none where there are faults. */
  readonly results: readonly TxnResult[];
  /** In the order of the operations; none where all was done. */
  readonly faults: readonly TxnFault[];
}
