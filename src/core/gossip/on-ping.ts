// ping: are you there? Answered at once, with rumours in what is left of the packet.

import { type Address, joinHostPort } from "../model/address.ts";
import type { Ping, Source } from "../wire/gossip/messages.ts";
import { endpointOf } from "./nodes.ts";
import { notice } from "./notice.ts";
import type { GossipEffect } from "./ports.ts";
import { sendMessage } from "./send.ts";
import { ackPayload } from "./serf/coordinates.ts";
import type { Gossip } from "./state.ts";

export function onPing(gossip: Gossip, from: Address, ping: Ping, out: GossipEffect[]): void {
  // An address that changed hands: whoever is meant is not here, and must not seem to be.
  if (ping.node !== "" && ping.node !== gossip.config.name)
    return notice(out, "warn", "memberlist", `Got ping for unexpected node '${ping.node}' from=${from}`);
  const payload = ackPayload(gossip);
  sendMessage(gossip, answerAddress(ping, from), { type: "ack", seqNo: ping.seqNo, payload }, out);
}

/** Where the asker wants its answer: what it says, since address translation may hide it; else where it came from. */
export function answerAddress({ sourceAddr, sourcePort }: Source, from: Address): Address {
  const endpoint = endpointOf(sourceAddr, sourcePort);
  return endpoint === undefined ? from : joinHostPort(endpoint.host, endpoint.port);
}
