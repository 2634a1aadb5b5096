// The recurring tasks sleep while there is nothing for them to do, so that an idle pool costs one wake-up a protocol
// period. These functions wake them; each task puts itself to sleep again.

import { chooseMs } from "../lib/chance.ts";
import { type Gossip, ownNode } from "./state.ts";

/** The next tick of a clock that ticks at `phaseMs` and every `intervalMs` after: later than now. */
function nextTickMs(phaseMs: number, intervalMs: number, nowMs: number): number {
  return phaseMs + (Math.floor((nowMs - phaseMs) / intervalMs) + 1) * intervalMs;
}

/** Whether somebody else might still hear what we gossip. */
export function hasListeners(gossip: Gossip): boolean {
  const { alive, suspect, dead } = gossip.counts;
  return alive + suspect + dead > (ownNode(gossip).state === "alive" ? 1 : 0);
}

export function hasBroadcasts({ broadcasts, serf }: Gossip): boolean {
  return (
    broadcasts.size > 0 ||
    serf.intentBroadcasts.size > 0 ||
    serf.queryBroadcasts.size > 0 ||
    serf.eventBroadcasts.size > 0
  );
}

/** To be called when there is something new to gossip, or somebody new to gossip to. */
export function wakeGossip(gossip: Gossip, nowMs: number): void {
  const { timers, config } = gossip;
  if (timers.gossipAtMs !== Number.POSITIVE_INFINITY || !hasBroadcasts(gossip) || !hasListeners(gossip))
    return;
  timers.gossipAtMs = nextTickMs(gossip.gossipPhaseMs, config.gossipIntervalMs, nowMs);
}

/** To be called when there is a peer: probes and push-pulls begin somewhere within their first interval. */
export function wakeExchanges(gossip: Gossip, nowMs: number): void {
  const { timers, config, chance } = gossip;
  if (timers.probeAtMs === Number.POSITIVE_INFINITY)
    timers.probeAtMs = nowMs + chooseMs(chance, "gossip.probe-stagger", 1, config.probeIntervalMs);
  if (timers.pushPullAtMs === Number.POSITIVE_INFINITY)
    timers.pushPullAtMs = nowMs + chooseMs(chance, "gossip.push-pull-stagger", 1, config.pushPullIntervalMs);
}

/** To be called when a member failed or left, or an intent was put aside. */
export function wakeReaper(gossip: Gossip, nowMs: number): void {
  const { timers, config, serf } = gossip;
  if (timers.reapAtMs === Number.POSITIVE_INFINITY) timers.reapAtMs = nowMs + config.reapIntervalMs;
  const isMissed = serf.counts.failed + serf.rejoin.absent.size > 0;
  if (timers.reconnectAtMs === Number.POSITIVE_INFINITY && isMissed)
    timers.reconnectAtMs = nowMs + config.reconnectIntervalMs;
}
