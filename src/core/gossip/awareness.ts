// Lifeguard's local health multiplier (LHA-Probe): a node that fails to hear from others, or is accused itself, first
// doubts itself and probes more slowly.

import { PLANTED, planted } from "../lib/planted.ts";
import type { Gossip } from "./state.ts";

/** @param delta Negative when something went well. The score stays within 0…awarenessMaxMultiplier - 1. */
export function adjustAwareness(gossip: Gossip, delta: number): void {
  if (PLANTED && planted(gossip.config, "gossip-awareness-stays") && delta < 0) return;
  if (gossip.config.lifeguard?.probe === false) return;
  const worst = gossip.config.awarenessMaxMultiplier - 1;
  gossip.awareness = Math.max(0, Math.min(worst, gossip.awareness + delta));
}

/** `ms` stretched by how badly we feel. */
export function scaledByAwareness(gossip: Gossip, ms: number): number {
  return ms * (gossip.awareness + 1);
}
