// Lamport clocks (Lamport 1978): a number per kind of message that is above all that were heard of, so that "later" means
// something without a common clock.

import type { Uint64 } from "../../model/kv.ts";
import type { Gossip } from "../state.ts";
import type { LamportClocks } from "./state.ts";

/** A time that a clock of ours can hold; undefined past 2^53, where only a liar or a flipped bit gets to. */
export function lamportOf(lTime: Uint64): number | undefined {
  return typeof lTime === "number" && lTime < Number.MAX_SAFE_INTEGER ? lTime : undefined;
}

/** After hearing of `lTime`, or sending it, the clock is above it. */
export function witness(clocks: LamportClocks, kind: keyof LamportClocks, lTime: number): void {
  clocks[kind] = Math.max(clocks[kind], lTime + 1);
}

/**
 * Goes on where a former life stopped, as far as its notes are readable: what was fired or asked until then is not for us
 * any more.
 */
export function takeFormerClocks({ serf }: Gossip, { member, event, query }: LamportClocks): void {
  witness(serf.clocks, "member", lamportOf(member) ?? 0);
  witness(serf.clocks, "event", lamportOf(event) ?? 0);
  witness(serf.clocks, "query", lamportOf(query) ?? 0);
  serf.eventMinTime = Math.max(serf.eventMinTime, (lamportOf(event) ?? 0) + 1);
  serf.queryMinTime = Math.max(serf.queryMinTime, (lamportOf(query) ?? 0) + 1);
}
