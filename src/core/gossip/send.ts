// Packets out. Whatever is sent has room for rumours (SWIM's piggyback), so most of them cost no packet of their own.

import type { Address } from "../model/address.ts";
import { encodeMessage, type PacketMessage } from "../wire/gossip/messages.ts";
import { COMPOUND_PART_BYTES, encodePacket } from "../wire/gossip/packet.ts";
import { packetRoom, takeRumours } from "./broadcast.ts";
import type { GossipEffect } from "./ports.ts";
import { sealed } from "./sealing.ts";
import type { Gossip, NodeState } from "./state.ts";

/** The version of memberlist's protocol from which a node checks checksums. */
const CRC_VERSION = 5;

/** Sends a message with as many rumours as fit behind it. */
export function sendMessage(gossip: Gossip, to: Address, message: PacketMessage, out: GossipEffect[]): void {
  const bytes = encodeMessage(message);
  const rumours = takeRumours(gossip, packetRoom(gossip) - COMPOUND_PART_BYTES - bytes.length, out);
  sendBytes(gossip, to, [bytes, ...rumours], false, out);
}

/** Sends encoded messages to a node whose versions we know: with a checksum if it understands that. */
export function sendToNode(
  gossip: Gossip,
  node: NodeState,
  messages: readonly Uint8Array[],
  out: GossipEffect[],
): void {
  sendBytes(gossip, node.record.address, messages, node.record.versions.max >= CRC_VERSION, out);
}

/** Sends encoded messages as they are. */
export function sendBytes(
  gossip: Gossip,
  to: Address,
  messages: readonly Uint8Array[],
  crc: boolean,
  out: GossipEffect[],
): void {
  const bytes = encodePacket(messages, { compress: gossip.config.compress, crc });
  const { key } = sealed(gossip);
  out.push(key === undefined ? { type: "packet", to, bytes } : { type: "packet", to, bytes, key });
}
