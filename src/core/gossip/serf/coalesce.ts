// User events of one name in quick succession, of which only the latest matters ("CC"): held back for a moment, so that
// whoever acts on them acts once. On the receiving side alone, where it is configured (Serf's UserCoalescePeriod); Consul
// does without.

import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";

export type Delivery = Extract<GossipEffect, { type: "user-event" }>;

/** What is held back. */
export interface Coalescing {
  /** By name: all of its latest Lamport time. */
  readonly pending: Map<string, Delivery[]>;
  /** They are delivered then, however many more come; Infinity while there are none. */
  endsAtMs: number;
  /** Or earlier, when none has come for a while. */
  quietAtMs: number;
}

/** Names that are held back at once: more, and all are delivered. */
const MAX_PENDING = 1024;

export function createCoalescing(): Coalescing {
  return { pending: new Map(), endsAtMs: Number.POSITIVE_INFINITY, quietAtMs: Number.POSITIVE_INFINITY };
}

export function coalescingDeadline({ serf }: Gossip): number {
  return Math.min(serf.coalescing.endsAtMs, serf.coalescing.quietAtMs);
}

/** Delivers an event: at once, or when those of its kind have come to rest. */
export function deliver(
  gossip: Gossip,
  event: Delivery,
  coalesce: boolean,
  nowMs: number,
  out: GossipEffect[],
): void {
  const { userCoalesceMs = 0, userQuietMs = 0 } = gossip.config;
  if (!coalesce || userCoalesceMs <= 0) {
    out.push(event);
    return;
  }
  const { coalescing } = gossip.serf;
  const { pending } = coalescing;
  if (pending.size === 0) coalescing.endsAtMs = nowMs + userCoalesceMs;
  coalescing.quietAtMs = nowMs + userQuietMs;
  const held = pending.get(event.name);
  const heldTime = held?.[0]?.lamportTime ?? 0;
  if (held === undefined || heldTime < event.lamportTime) pending.set(event.name, [event]);
  else if (heldTime === event.lamportTime) held.push(event);
  if (pending.size > MAX_PENDING) deliverPending(gossip, out);
}

/** Delivers what was held back for long enough. */
export function deliverDue(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  if (coalescingDeadline(gossip) <= nowMs) deliverPending(gossip, out);
}

function deliverPending({ serf }: Gossip, out: GossipEffect[]): void {
  const { coalescing } = serf;
  for (const events of coalescing.pending.values()) out.push(...events);
  coalescing.pending.clear();
  coalescing.endsAtMs = Number.POSITIVE_INFINITY;
  coalescing.quietAtMs = Number.POSITIVE_INFINITY;
}
