// Datagrams are as short as memberlist's: an Ethernet frame carries each of them whole, so that one lost fragment does not
// lose them all.

import type { GossipEffect } from "../../../core/gossip/ports.ts";
import { demand } from "../../violation.ts";

/** memberlist's UDPBufferSize, and the checksum that is put in front of that. */
const MOST_BYTES = 1400 + 5;

export function checkPackets(owner: string, effects: readonly GossipEffect[]): void {
  for (const effect of effects) {
    if (effect.type !== "packet" || effect.bytes.length <= MOST_BYTES) continue;
    demand(
      false,
      "gossip-packet-too-long",
      () => `${owner} sends ${effect.bytes.length} bytes in one datagram`,
    );
  }
}
