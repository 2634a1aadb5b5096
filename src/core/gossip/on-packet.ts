// A datagram with its messages: the table of contents of memberlist's protocol.

import { unreachable } from "../lib/assert.ts";
import type { Address } from "../model/address.ts";
import type { PacketMessage } from "../wire/gossip/messages.ts";
import { decodePacket } from "../wire/gossip/packet.ts";
import { handOff, mayTakeIn, type Rumour, takeHandedOff } from "./handoff.ts";
import { notice } from "./notice.ts";
import { onAck } from "./on-ack.ts";
import { onAlive } from "./on-alive.ts";
import { onDead } from "./on-dead.ts";
import { onIndirectPing } from "./on-indirect-ping.ts";
import { onNack } from "./on-nack.ts";
import { onPing } from "./on-ping.ts";
import { onSuspect } from "./on-suspect.ts";
import type { GossipEffect, GossipInput } from "./ports.ts";
import { admitsPacket } from "./sealing.ts";
import { onUserMessage } from "./serf/on-user-message.ts";
import type { Gossip } from "./state.ts";

export function onPacket(
  gossip: Gossip,
  { from, bytes, seal }: Extract<GossipInput, { type: "packet" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  if (!admitsPacket(gossip, from, seal, nowMs, out)) return;
  const packet = decodePacket(bytes);
  if (packet.error !== undefined) {
    gossip.badMessages++;
    notice(out, "debug", "memberlist", `Failed to read a packet: ${packet.error} from=${from}`);
  }
  for (const message of packet.messages) onMessage(gossip, from, message, nowMs, out);
}

function onMessage(
  gossip: Gossip,
  from: Address,
  message: PacketMessage,
  nowMs: number,
  out: GossipEffect[],
): void {
  switch (message.type) {
    case "ping":
      return onPing(gossip, from, message, out);
    case "indirect-ping":
      return onIndirectPing(gossip, from, message, nowMs, out);
    case "ack":
      return onAck(gossip, message, nowMs, out);
    case "nack":
      return onNack(gossip, message);
    default:
      return mayTakeIn(gossip, nowMs) ? onRumour(gossip, message, nowMs, out) : handOff(gossip, message);
  }
}

function onRumour(gossip: Gossip, rumour: Rumour, nowMs: number, out: GossipEffect[]): void {
  switch (rumour.type) {
    case "alive":
      return onAlive(gossip, rumour, nowMs, out);
    case "suspect":
      return onSuspect(gossip, rumour, nowMs, out);
    case "dead":
      return onDead(gossip, rumour, nowMs, out);
    case "user":
      return onUserMessage(gossip, rumour.bytes, nowMs, out);
    default:
      return unreachable(rumour);
  }
}

/** Takes in what was put aside, when there is time. */
export function onHandedOff(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  takeHandedOff(gossip, nowMs, (rumour) => onRumour(gossip, rumour, nowMs, out));
}
