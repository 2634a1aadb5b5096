// dead: a suspect's time ran out, or (From is the node itself) the node left of its own will.

import { PLANTED, planted } from "../lib/planted.ts";
import type { Dead } from "../wire/gossip/messages.ts";
import { broadcastRumour } from "./broadcast.ts";
import { measureCount } from "./measure.ts";
import { isGone, raiseGone, setNodeState } from "./nodes.ts";
import { notice } from "./notice.ts";
import type { GossipEffect } from "./ports.ts";
import { refute, repeatRefutation } from "./refute.ts";
import { onNodeLeave } from "./serf/on-node-event.ts";
import { type Gossip, isSelf, type NodeState } from "./state.ts";
import { clearSuspicion } from "./suspicion.ts";

export function onDead(gossip: Gossip, dead: Dead, nowMs: number, out: GossipEffect[]): void {
  const node = gossip.nodes.get(dead.node);
  if (node === undefined) return;
  const isBelieved = PLANTED && planted(gossip.config, "gossip-stale-death-believed");
  if (dead.incarnation < node.incarnation && !isBelieved) {
    if (isSelf(gossip, node.name)) repeatRefutation(gossip, nowMs);
    return;
  }
  if (isGone(node)) return onDeadAgain(gossip, node, dead, nowMs);
  // While we leave, too, until we have said it ourselves: else we would be remembered as one that failed.
  if (isSelf(gossip, node.name) && (gossip.leave === undefined || dead.from !== node.name)) {
    notice(out, "warn", "memberlist", `Refuting a dead message (from: ${dead.from})`);
    return refute(gossip, dead.incarnation, nowMs);
  }
  clearSuspicion(gossip, node.name);
  node.incarnation = dead.incarnation;
  setNodeState(gossip, node, stateAfter(dead), nowMs);
  measureCount(gossip, "memberlist.msg.dead", out);
  broadcastRumour(gossip, dead, nowMs);
  onNodeLeave(gossip, node, nowMs, out);
}

function stateAfter(dead: Dead): "left" | "dead" {
  return dead.from === dead.node ? "left" : "dead";
}

/** Gone already; but if this is later evidence than ours, others may need it too. */
function onDeadAgain(gossip: Gossip, node: NodeState, dead: Dead, nowMs: number): void {
  if (!raiseGone(gossip, node, dead.incarnation)) return;
  // We said that we leave: whatever is said of a former life of ours, we have not died.
  const news: Dead = isSelf(gossip, node.name) ? { ...dead, from: node.name } : dead;
  setNodeState(gossip, node, stateAfter(news), nowMs);
  broadcastRumour(gossip, news, nowMs);
}
