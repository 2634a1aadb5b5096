// Rumours out: queueing news, and choosing what rides in a packet. memberlist's own news go first, then Serf's intents,
// queries and events.

import { concatBytes } from "../lib/bytes.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { SEAL_BYTES } from "../wire/gossip/envelope.ts";
import { type Alive, type Dead, encodeMessage, MESSAGE_TYPE, type Suspect } from "../wire/gossip/messages.ts";
import { COMPOUND_HEADER_BYTES, COMPOUND_PART_BYTES } from "../wire/gossip/packet.ts";
import { encodeSerf, type SerfMessage } from "../wire/gossip/serf-messages.ts";
import { type BroadcastQueue, queueBroadcast, takeBroadcasts } from "./broadcast-queue.ts";
import { countDrop } from "./drops.ts";
import { measureSample } from "./measure.ts";
import type { GossipEffect } from "./ports.ts";
import { retransmitLimit } from "./scaling.ts";
import type { Gossip } from "./state.ts";
import { hasBroadcasts, wakeGossip } from "./timers.ts";

/** What memberlist allows a datagram: an Ethernet frame less the headers of IPv6, UDP and some to spare. */
const PACKET_BYTES = 1400;
/** Consul's MinQueueDepth; a pool with more than half as many members may queue two for each. */
const QUEUE_DEPTH = 4096;

/** The bytes that a packet has for messages, each of which costs COMPOUND_PART_BYTES more. */
export function packetRoom(gossip: Gossip): number {
  if (PLANTED && planted(gossip.config, "gossip-packet-too-long"))
    return PACKET_BYTES + COMPOUND_HEADER_BYTES;
  const sealBytes = gossip.keyring?.verifyOutgoing === true ? SEAL_BYTES : 0;
  return PACKET_BYTES - COMPOUND_HEADER_BYTES - sealBytes;
}

/** Queues news of a node, instead of older news of it. */
export function broadcastRumour(gossip: Gossip, rumour: Alive | Suspect | Dead, nowMs: number): void {
  queue(gossip, gossip.broadcasts, rumour.node, encodeMessage(rumour), nowMs);
}

/**
 * Queues one of Serf's messages.
 * @returns Its id in the queue, or undefined when it is too long for any packet: it would wait in the queue for ever.
 */
export function broadcastSerf(
  gossip: Gossip,
  target: BroadcastQueue,
  message: SerfMessage,
  nowMs: number,
): number | undefined {
  return queue(gossip, target, undefined, userMessage(message), nowMs);
}

/** One of Serf's messages as memberlist carries it. */
export function userMessage(message: SerfMessage): Uint8Array {
  return concatBytes([Uint8Array.of(MESSAGE_TYPE.user), encodeSerf(message)]);
}

function queue(
  gossip: Gossip,
  target: BroadcastQueue,
  name: string | undefined,
  bytes: Uint8Array,
  nowMs: number,
): number | undefined {
  if (bytes.length + COMPOUND_PART_BYTES > packetRoom(gossip)) {
    countDrop(gossip, "tooLong");
    return undefined;
  }
  const most = Math.max(QUEUE_DEPTH, 2 * gossip.serf.members.size);
  const { sharing } = gossip.config;
  const id =
    sharing === undefined
      ? queueBroadcast(target, name, bytes, most)
      : queueBroadcast(target, name && sharing.name(name), sharing.bytes(bytes), most);
  wakeGossip(gossip, nowMs);
  return id;
}

/** Takes what fits into `room` bytes and counts it as sent once more. */
export function takeRumours(gossip: Gossip, room: number, out: GossipEffect[]): Uint8Array[] {
  const taken: Uint8Array[] = [];
  if (!hasBroadcasts(gossip)) return taken;
  const { serf, config } = gossip;
  const limit =
    PLANTED && planted(config, "gossip-rumours-for-ever")
      ? Number.POSITIVE_INFINITY
      : retransmitLimit(config.retransmitMult, gossip.nodes.size);
  const serfLimit = retransmitLimit(config.retransmitMult, serf.members.size);
  let left = takeBroadcasts(gossip.broadcasts, room, COMPOUND_PART_BYTES, limit, taken);
  const ofMemberlist = taken.length;
  for (const each of [serf.intentBroadcasts, serf.queryBroadcasts, serf.eventBroadcasts])
    left = takeBroadcasts(each, left, COMPOUND_PART_BYTES, serfLimit, taken);
  for (let at = ofMemberlist; at < taken.length; at++)
    measureSample(gossip, "serf.msgs.sent", taken[at]?.length ?? 0, out);
  return taken;
}
