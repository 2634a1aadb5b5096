// ack: the one we pinged is there. The ping was our own probe, or for somebody else, who is told.

import { clearDeadline } from "../lib/deadline-heap.ts";
import type { Ack } from "../wire/gossip/messages.ts";
import { adjustAwareness } from "./awareness.ts";
import { measureSample } from "./measure.ts";
import type { GossipEffect } from "./ports.ts";
import { sendMessage } from "./send.ts";
import { onRoundTrip } from "./serf/coordinates.ts";
import type { Gossip } from "./state.ts";

export function onAck(gossip: Gossip, { seqNo, payload }: Ack, nowMs: number, out: GossipEffect[]): void {
  const { probe } = gossip;
  if (probe?.seqNo === seqNo) {
    gossip.probe = undefined;
    measureSample(gossip, "memberlist.probeNode", nowMs - probe.sentAtMs, out);
    adjustAwareness(gossip, -1);
    // Once others have been asked nobody knows which way the answer took, nor how long.
    if (nowMs < probe.askOthersAtMs && probe.askOthersAtMs < Number.POSITIVE_INFINITY)
      onRoundTrip(gossip, probe.target, payload, nowMs - probe.sentAtMs, out);
    return;
  }
  const asked = gossip.relayedPings.get(seqNo);
  if (asked === undefined) return; // Too late: whoever waited has drawn its conclusion.
  gossip.relayedPings.delete(seqNo);
  clearDeadline(gossip.relayedPingTimers, seqNo);
  sendMessage(gossip, asked.to, { type: "ack", seqNo: asked.seqNo, payload: null }, out);
}
