// Somebody says that we are suspect or dead, or what we no longer say of ourselves. We raise our incarnation above
// theirs and say that we are alive; nobody else may (SWIM §4.2).

import { PLANTED, planted } from "../lib/planted.ts";
import { adjustAwareness } from "./awareness.ts";
import { broadcastRumour } from "./broadcast.ts";
import { aliveMessage } from "./nodes.ts";
import { type Gossip, ownNode } from "./state.ts";

/**
 * Incarnations are 32 bits wide and end here. Beyond it there would be no number left with which to contradict, and
 * wrapping around to 0 would have every peer ignore us for ever (a liar, or a flipped bit, needs only one message for
 * it). So a node at the end stays there, and an alive message at the end beats suspicion and death at the end
 * (on-alive.ts): the accused has the last word each time, its accusers only once for every failed probe.
 */
export const MAX_INCARNATION = 0xffffffff;

/** An incarnation that is higher than `incarnation`, as long as there is one. */
function above(gossip: Gossip, incarnation: number): number {
  if (PLANTED && planted(gossip.config, "gossip-refutes-too-low")) return Math.max(1, incarnation);
  if (PLANTED && planted(gossip.config, "gossip-incarnation-overflow")) return (incarnation + 1) >>> 0;
  return Math.min(incarnation + 1, MAX_INCARNATION);
}

/** Says again what is true of us, louder than the rumour with incarnation `accused`. */
export function refute(gossip: Gossip, accused: number, nowMs: number): void {
  if (
    PLANTED &&
    planted(gossip.config, "gossip-restart-cannot-refute") &&
    accused > ownNode(gossip).incarnation
  )
    return;
  // A restarted node begins at 1 again and may hear of its former life: it has to jump above that, not step.
  raiseIncarnation(gossip, accused, nowMs);
  adjustAwareness(gossip, 1);
}

/**
 * Somebody accuses us of what we have refuted already: our word did not reach them. memberlist is silent then, and as long
 * as everyone to whom it sent its few copies was out of reach, it is declared dead although nothing is wrong any more
 * (seed 3503). We say again what we said; who knows it already takes no notice.
 */
export function repeatRefutation(gossip: Gossip, nowMs: number): void {
  const own = ownNode(gossip);
  const isWaiting = gossip.broadcasts.named.has(own.name);
  if (gossip.leave === undefined && !isWaiting) broadcastRumour(gossip, aliveMessage(own), nowMs);
}

/** Announces ourselves with an incarnation above our own and above `floor`. */
export function raiseIncarnation(gossip: Gossip, floor: number, nowMs: number): void {
  const own = ownNode(gossip);
  own.incarnation = above(gossip, Math.max(own.incarnation, floor));
  broadcastRumour(gossip, aliveMessage(own), nowMs);
}
