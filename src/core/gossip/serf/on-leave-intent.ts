// A member says that it is about to leave, or an operator says it of a member that failed (force-leave).

import type { LeaveIntent } from "../../wire/gossip/serf-messages.ts";
import { broadcastSerf } from "../broadcast.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { applyLeaveIntent } from "./intents.ts";

export function onLeaveIntent(gossip: Gossip, intent: LeaveIntent, nowMs: number, out: GossipEffect[]): void {
  notice(out, "debug", "serf", `messageLeaveType: ${intent.node}`);
  if (applyLeaveIntent(gossip, intent, nowMs, out))
    broadcastSerf(gossip, gossip.serf.intentBroadcasts, intent, nowMs);
}
