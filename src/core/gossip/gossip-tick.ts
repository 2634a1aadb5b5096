// The gossip tick: rumours for a few random nodes, each in a packet of its own making. To nodes that died lately too: one
// that was wrongly declared dead hears of it this way and can refute.

import { PLANTED, planted } from "../lib/planted.ts";
import { packetRoom, takeRumours } from "./broadcast.ts";
import { measureTask } from "./measure.ts";
import { pickPeers } from "./nodes.ts";
import type { GossipEffect } from "./ports.ts";
import { sendToNode } from "./send.ts";
import type { Gossip, NodeState } from "./state.ts";
import { wakeGossip } from "./timers.ts";

export function gossipTick(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  measureTask(gossip, "memberlist.gossip", out);
  const targets = pickPeers(gossip, "gossip.targets", gossip.config.gossipNodes, (node) =>
    mayHear(gossip, node, nowMs),
  );
  for (const target of targets) {
    const rumours = takeRumours(gossip, packetRoom(gossip), out);
    if (rumours.length === 0) break;
    sendToNode(gossip, target, rumours, out);
  }
  gossip.timers.gossipAtMs = Number.POSITIVE_INFINITY;
  wakeGossip(gossip, nowMs);
}

function mayHear(gossip: Gossip, node: NodeState, nowMs: number): boolean {
  if (node.state === "alive" || node.state === "suspect") return true;
  if (PLANTED && planted(gossip.config, "gossip-dead-hear-nothing")) return false;
  return node.state === "dead" && nowMs - node.stateChangedAtMs <= gossip.config.gossipToTheDeadMs;
}
