// A member says that it joined (or that it is not leaving after all).

import type { JoinIntent } from "../../wire/gossip/serf-messages.ts";
import { broadcastSerf } from "../broadcast.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { applyJoinIntent } from "./intents.ts";

export function onJoinIntent(gossip: Gossip, intent: JoinIntent, nowMs: number, out: GossipEffect[]): void {
  notice(out, "debug", "serf", `messageJoinType: ${intent.node}`);
  if (applyJoinIntent(gossip, intent, nowMs))
    broadcastSerf(gossip, gossip.serf.intentBroadcasts, intent, nowMs);
}
