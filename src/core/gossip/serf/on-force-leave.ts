// An operator gives a failed member up: it counts as having left, here and everywhere.

import type { LeaveIntent } from "../../wire/gossip/serf-messages.ts";
import { broadcastSerf } from "../broadcast.ts";
import type { GossipEffect, GossipInput } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { applyLeaveIntent } from "./intents.ts";

export function onForceLeave(
  gossip: Gossip,
  { node, prune }: Extract<GossipInput, { type: "force-leave" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const { clocks, intentBroadcasts } = gossip.serf;
  const intent: LeaveIntent = { type: "leave", lTime: clocks.member, node, prune };
  applyLeaveIntent(gossip, intent, nowMs, out);
  broadcastSerf(gossip, intentBroadcasts, intent, nowMs);
}
