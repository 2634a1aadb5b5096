// Serf's messages as they arrive inside memberlist's: the table of contents of its protocol.

import { unreachable } from "../../lib/assert.ts";
import { decodeSerf } from "../../wire/gossip/serf-messages.ts";
import { measureSample } from "../measure.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { onJoinIntent } from "./on-join-intent.ts";
import { onLeaveIntent } from "./on-leave-intent.ts";
import { onQuery } from "./on-query.ts";
import { onQueryResponse } from "./on-query-response.ts";
import { onRelay } from "./on-relay.ts";
import { onUserEvent } from "./on-user-event.ts";

export function onUserMessage(gossip: Gossip, bytes: Uint8Array, nowMs: number, out: GossipEffect[]): void {
  measureSample(gossip, "serf.msgs.received", bytes.length, out);
  const decoded = decodeSerf(bytes);
  if (!decoded.ok) {
    gossip.badMessages++;
    return;
  }
  const message = decoded.value;
  switch (message.type) {
    case "join":
      return onJoinIntent(gossip, message, nowMs, out);
    case "leave":
      return onLeaveIntent(gossip, message, nowMs, out);
    case "user-event":
      return onUserEvent(gossip, message, nowMs, out);
    case "query":
      return onQuery(gossip, message, nowMs, out);
    case "relay":
      return onRelay(gossip, message, out);
    case "query-response":
      return onQueryResponse(gossip, message, nowMs, out);
    case "conflict-response":
    case "key-request":
    case "key-response":
      return; // The insides of queries and of their answers: nothing by themselves.
    case "push-pull":
      return; // Comes with memberlist's push-pull alone.
    default:
      return unreachable(message);
  }
}
