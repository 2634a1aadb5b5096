// suspect: somebody got no answer from a node. It has until its suspicion runs out to say otherwise.

import { PLANTED, planted } from "../lib/planted.ts";
import type { Suspect } from "../wire/gossip/messages.ts";
import { broadcastRumour } from "./broadcast.ts";
import { measureCount } from "./measure.ts";
import { raiseGone, setNodeState } from "./nodes.ts";
import { notice } from "./notice.ts";
import type { GossipEffect } from "./ports.ts";
import { refute, repeatRefutation } from "./refute.ts";
import { type Gossip, isSelf, type NodeState } from "./state.ts";
import { confirmSuspicion, startSuspicion } from "./suspicion.ts";

export function onSuspect(gossip: Gossip, suspect: Suspect, nowMs: number, out: GossipEffect[]): void {
  const node = gossip.nodes.get(suspect.node);
  if (node === undefined) return;
  if (suspect.incarnation < node.incarnation) {
    if (isSelf(gossip, node.name)) repeatRefutation(gossip, nowMs);
    return;
  }
  switch (node.state) {
    case "alive":
      return isSelf(gossip, node.name) && !(PLANTED && planted(gossip.config, "gossip-suspects-itself"))
        ? refuteSuspicion(gossip, suspect, nowMs, out)
        : becomeSuspect(gossip, node, suspect, nowMs, out);
    case "suspect":
      return onSuspectedAgain(gossip, node, suspect, nowMs, out);
    default:
      // Being suspected does not revive it, but proves that it lived on after the end that we know of.
      raiseGone(gossip, node, suspect.incarnation);
  }
}

function refuteSuspicion(gossip: Gossip, suspect: Suspect, nowMs: number, out: GossipEffect[]): void {
  notice(out, "warn", "memberlist", `Refuting a suspect message (from: ${suspect.from})`);
  refute(gossip, suspect.incarnation, nowMs);
}

function becomeSuspect(
  gossip: Gossip,
  node: NodeState,
  suspect: Suspect,
  nowMs: number,
  out: GossipEffect[],
): void {
  measureCount(gossip, "memberlist.msg.suspect", out);
  node.incarnation = suspect.incarnation;
  setNodeState(gossip, node, "suspect", nowMs);
  startSuspicion(gossip, node.name, suspect.from, nowMs);
  broadcastRumour(gossip, suspect, nowMs);
}

function onSuspectedAgain(
  gossip: Gossip,
  node: NodeState,
  suspect: Suspect,
  nowMs: number,
  out: GossipEffect[],
): void {
  // It refuted the suspicion that we know of, and is suspected anew: that is a new question with a time of its own.
  if (suspect.incarnation > node.incarnation) return becomeSuspect(gossip, node, suspect, nowMs, out);
  const suspicion = gossip.suspicions.get(node.name);
  if (suspicion !== undefined && confirmSuspicion(gossip, node.name, suspicion, suspect.from, nowMs))
    broadcastRumour(gossip, suspect, nowMs);
}
