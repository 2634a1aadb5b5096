// The push-pull: two nodes tell each other everything they know over a stream. How a newcomer learns of all, how news that
// gossip lost arrives after all, and how two halves of a healed partition find together.

import type { Address } from "../model/address.ts";
import { encodePushPullOf } from "../wire/gossip/stream-messages.ts";
import { measureSpan } from "./measure.ts";
import { pickPeers } from "./nodes.ts";
import { notice } from "./notice.ts";
import type { GossipEffect } from "./ports.ts";
import { pushPullIntervalMs } from "./scaling.ts";
import { sealed } from "./sealing.ts";
import { encodeSerfState } from "./serf/push-pull.ts";
import type { Gossip, StreamPurpose } from "./state.ts";

/** All that we know, as one message. Costs all nodes and members. */
export function encodeLocalState(gossip: Gossip, join: boolean): Uint8Array {
  return encodePushPullOf(join, gossip.nodes, encodeSerfState(gossip), gossip.config.compress);
}

/** Opens a stream with our half; the answer is judged by its purpose (on-stream-answer.ts). */
export function openPushPull(
  gossip: Gossip,
  to: Address,
  join: boolean,
  purpose: StreamPurpose,
  out: GossipEffect[],
): void {
  // Who is joined is only an address yet: memberlist's line has two blanks then.
  const name = "node" in purpose ? purpose.node : "";
  notice(out, "debug", "memberlist", `Initiating push/pull sync with: ${name} ${to}`);
  measureSpan(gossip, "begin", "memberlist.pushPullNode", gossip.nextStream, out);
  openStream(gossip, to, encodeLocalState(gossip, join), gossip.config.streamTimeoutMs, purpose, out);
}

export function openStream(
  gossip: Gossip,
  to: Address,
  bytes: Uint8Array,
  timeoutMs: number,
  purpose: StreamPurpose,
  out: GossipEffect[],
): void {
  const stream = gossip.nextStream++;
  gossip.streams.set(stream, purpose);
  out.push({ type: "stream-open", stream, to, bytes, timeoutMs, ...sealed(gossip) });
}

/** The recurring exchange with somebody. Sleeps while nobody is there. */
export function startPushPull(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { timers, config, nodes, peers } = gossip;
  timers.pushPullAtMs =
    peers.length === 0
      ? Number.POSITIVE_INFINITY
      : nowMs + pushPullIntervalMs(config.pushPullIntervalMs, nodes.size);
  const [node] = pickPeers(gossip, "gossip.push-pull", 1, ({ state }) => state === "alive");
  if (node !== undefined)
    openPushPull(gossip, node.record.address, false, { type: "push-pull", node: node.name }, out);
}
