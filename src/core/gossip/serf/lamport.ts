// Lamport clocks (Lamport 1978): a number per kind of message that is above all that were heard of, so that "later" means
// something without a common clock.

import type { Uint64 } from "../../model/kv.ts";
import type { LamportClocks } from "./state.ts";

/** A time that a clock of ours can hold; undefined past 2^53, where only a liar or a flipped bit gets to. */
export function lamportOf(lTime: Uint64): number | undefined {
  return typeof lTime === "number" && lTime < Number.MAX_SAFE_INTEGER ? lTime : undefined;
}

/** After hearing of `lTime`, or sending it, the clock is above it. */
export function witness(clocks: LamportClocks, kind: keyof LamportClocks, lTime: number): void {
  clocks[kind] = Math.max(clocks[kind], lTime + 1);
}
