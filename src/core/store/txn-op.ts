// What the operations of transactions have in common.

import type { TxnResult } from "../api/txn.ts";

export interface TxnConfig {
  readonly datacenter?: string;
  readonly planted?: string | undefined;
}

export type OpOutcome =
  | { readonly ok: true; readonly results: readonly TxnResult[] }
  /** As UTF-8; nothing was changed. */
  | { readonly ok: false; readonly fault: string };

/** Done, and there is nothing to tell. */
export const NO_RESULT: OpOutcome = { ok: true, results: [] };

export function shown(...results: readonly TxnResult[]): OpOutcome {
  return { ok: true, results };
}

export function faulty(fault: string): OpOutcome {
  return { ok: false, fault };
}
