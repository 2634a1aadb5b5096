// indirect-ping: somebody gets no answer from a node and asks us to try (SWIM §3.1). We ping it under a number of our own
// and pass its ack on; if none comes in time and the asker wants to know, we say that (Lifeguard's nack).

import { setDeadline, takeDue } from "../lib/deadline-heap.ts";
import { type Address, joinHostPort } from "../model/address.ts";
import type { IndirectPing } from "../wire/gossip/messages.ts";
import { countDrop } from "./drops.ts";
import { endpointOf } from "./nodes.ts";
import { answerAddress } from "./on-ping.ts";
import type { GossipEffect } from "./ports.ts";
import { pingFor } from "./probe.ts";
import { sendMessage } from "./send.ts";
import { type Gossip, takeSeqNo } from "./state.ts";

/** Pings for others that may be under way at once, as many as memberlist queues of any message. */
const MAX_RELAYED_PINGS = 1024;

export function onIndirectPing(
  gossip: Gossip,
  from: Address,
  ask: IndirectPing,
  nowMs: number,
  out: GossipEffect[],
): void {
  const target = endpointOf(ask.target, ask.port);
  if (target === undefined) return;
  if (gossip.relayedPings.size >= MAX_RELAYED_PINGS) return countDrop(gossip, "indirectPings");
  const seqNo = takeSeqNo(gossip);
  gossip.relayedPings.set(seqNo, { to: answerAddress(ask, from), seqNo: ask.seqNo, nack: ask.nack });
  setDeadline(gossip.relayedPingTimers, seqNo, nowMs + gossip.config.probeTimeoutMs);
  sendMessage(gossip, joinHostPort(target.host, target.port), pingFor(gossip, ask.node, seqNo), out);
}

/** Gives up on those that got no answer. */
export function expireRelayedPings(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { relayedPings, relayedPingTimers: timers } = gossip;
  for (let mine = takeDue(timers, nowMs); mine !== undefined; mine = takeDue(timers, nowMs)) {
    const asked = relayedPings.get(mine);
    relayedPings.delete(mine);
    if (asked?.nack === true) sendMessage(gossip, asked.to, { type: "nack", seqNo: asked.seqNo }, out);
  }
}
