// An operator gives a failed member up: it counts as having left, here and everywhere. Whoever asks for it is told when the
// pool has been.

import type { LeaveIntent } from "../../wire/gossip/serf-messages.ts";
import { broadcastSerf } from "../broadcast.ts";
import { isQueued } from "../broadcast-queue.ts";
import type { GossipEffect, GossipInput } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { applyLeaveIntent } from "./intents.ts";

/** Somebody waits until an intent was sent often enough, or it is too late for that. */
export interface Forcing {
  readonly op: number;
  readonly intentId: number;
  readonly untilMs: number;
}

/** More at once than operators and their scripts ask for; who comes late is answered at once. */
const MAX_FORCINGS = 256;

export function onForceLeave(
  gossip: Gossip,
  { node, prune, op }: Extract<GossipInput, { type: "force-leave" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const { clocks, intentBroadcasts, forcings } = gossip.serf;
  const intent: LeaveIntent = { type: "leave", lTime: clocks.member, node, prune };
  applyLeaveIntent(gossip, intent, nowMs, out);
  const intentId = broadcastSerf(gossip, intentBroadcasts, intent, nowMs);
  if (op === undefined) return;
  const waits = intentId !== undefined && gossip.serf.counts.alive > 1 && forcings.length < MAX_FORCINGS;
  if (waits) forcings.push({ op, intentId, untilMs: nowMs + gossip.config.broadcastTimeoutMs });
  else out.push({ type: "forced", op });
}

/** When somebody has waited for long enough; Infinity while nobody waits. */
export function forcingsDeadline({ serf }: Gossip): number {
  return serf.forcings[0]?.untilMs ?? Number.POSITIVE_INFINITY;
}

/** Answers those whose intent is out, and those who have waited for long enough. */
export function endForcings({ serf }: Gossip, nowMs: number, out: GossipEffect[]): void {
  if (serf.forcings.length === 0) return;
  const waiting = serf.forcings.splice(0);
  for (const each of waiting) {
    const { op, intentId, untilMs } = each;
    if (!isQueued(serf.intentBroadcasts, intentId)) out.push({ type: "forced", op });
    else if (nowMs >= untilMs) out.push({ type: "forced", op, error: "timed out broadcasting node removal" });
    else serf.forcings.push(each);
  }
}
