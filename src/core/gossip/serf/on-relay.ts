// A message that we are asked to pass on: an answer to a query whose direct way may be blocked.

import { concatBytes } from "../../lib/bytes.ts";
import { joinHostPort } from "../../model/address.ts";
import { MESSAGE_TYPE } from "../../wire/gossip/messages.ts";
import type { Relay } from "../../wire/gossip/serf-messages.ts";
import { endpointOf } from "../nodes.ts";
import type { GossipEffect } from "../ports.ts";
import { sendBytes } from "../send.ts";
import type { Gossip } from "../state.ts";

/** Serf's QueryResponseSizeLimit: nothing longer is relayed. */
const MAX_RELAYED_BYTES = 1024;

export function onRelay(gossip: Gossip, { destAddr, message }: Relay, out: GossipEffect[]): void {
  const endpoint = endpointOf(destAddr.ip, destAddr.port);
  if (endpoint === undefined || message.length === 0 || message.length > MAX_RELAYED_BYTES) return;
  const bytes = concatBytes([Uint8Array.of(MESSAGE_TYPE.user), message]);
  sendBytes(gossip, joinHostPort(endpoint.host, endpoint.port), [bytes], false, out);
}
