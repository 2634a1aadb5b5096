// What is due when the deadline arrives, in a fixed order, and when the next deadline is.

import { earliest } from "../lib/deadline-heap.ts";
import { adjustAwareness } from "./awareness.ts";
import { gossipTick } from "./gossip-tick.ts";
import { handoffDeadline } from "./handoff.ts";
import { advanceLeave } from "./leave.ts";
import { notice } from "./notice.ts";
import { onDead } from "./on-dead.ts";
import { expireRelayedPings } from "./on-indirect-ping.ts";
import { onHandedOff } from "./on-packet.ts";
import type { GossipEffect } from "./ports.ts";
import { askOthers, endPeriod, startPeriod } from "./probe.ts";
import { startPushPull } from "./push-pull.ts";
import { endQueries } from "./serf/asked-queries.ts";
import { coalescingDeadline, deliverDue } from "./serf/coalesce.ts";
import { prunePending } from "./serf/intents.ts";
import { endForcings, forcingsDeadline } from "./serf/on-force-leave.ts";
import { reap, reconnect } from "./serf/reap.ts";
import { flushSnapshot, snapshotDeadline } from "./serf/snapshot.ts";
import type { Gossip } from "./state.ts";
import { spareSuspects, takeExpiredSuspect } from "./suspicion.ts";

/** When something is due next, in ms; Infinity for never. */
export function nextDeadlineMs(gossip: Gossip): number {
  const { timers, probe, leave } = gossip;
  return Math.min(
    timers.probeAtMs,
    probe?.askOthersAtMs ?? Number.POSITIVE_INFINITY,
    timers.gossipAtMs,
    timers.pushPullAtMs,
    timers.reapAtMs,
    timers.reconnectAtMs,
    leave?.untilMs ?? Number.POSITIVE_INFINITY,
    earliest(gossip.suspicionTimers),
    earliest(gossip.relayedPingTimers),
    earliest(gossip.serf.prunes),
    snapshotDeadline(gossip),
    handoffDeadline(gossip),
    forcingsDeadline(gossip),
    earliest(gossip.serf.askedTimers),
    coalescingDeadline(gossip),
  );
}

/** Does all that is due. Waking too early or too often does no harm. */
export function onWake(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { timers, config } = gossip;
  // Late by more than others wait for an answer: we were stopped or starved, so what was not heard may yet be to be read.
  if (nowMs - nextDeadlineMs(gossip) > config.probeTimeoutMs) forgiveStall(gossip, nowMs);

  // Before anybody is declared dead: a refutation may be among them.
  onHandedOff(gossip, nowMs, out);
  expireRelayedPings(gossip, nowMs, out);
  const { probe } = gossip;
  if (probe !== undefined && probe.askOthersAtMs <= nowMs) askOthers(gossip, probe, nowMs, out);
  // Our own accusation, just made, may be the one that a suspect's time depended on; and the dead are not asked again.
  const isNewPeriod = timers.probeAtMs <= nowMs;
  if (isNewPeriod) endPeriod(gossip, nowMs, out);
  declareDead(gossip, nowMs, out);
  if (isNewPeriod) startPeriod(gossip, nowMs, out);
  if (timers.gossipAtMs <= nowMs) gossipTick(gossip, nowMs, out);
  if (timers.pushPullAtMs <= nowMs) startPushPull(gossip, nowMs, out);
  if (timers.reapAtMs <= nowMs) reap(gossip, nowMs, out);
  if (timers.reconnectAtMs <= nowMs) reconnect(gossip, nowMs, out);
  prunePending(gossip, nowMs, out);
  flushSnapshot(gossip, nowMs, out);
  endQueries(gossip, nowMs, out);
  deliverDue(gossip, nowMs, out);
  endForcings(gossip, nowMs, out);
  advanceLeave(gossip, nowMs, out);
}

/** A stalled process hears no answers and would blame everybody else. It blames itself, and looks again. */
function forgiveStall(gossip: Gossip, nowMs: number): void {
  if (gossip.probe !== undefined) {
    gossip.probe = undefined;
    adjustAwareness(gossip, 1);
  }
  spareSuspects(gossip, nowMs, nowMs + gossip.config.probeIntervalMs);
}

/** Suspects that did not refute in time. */
function declareDead(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  for (
    let suspect = takeExpiredSuspect(gossip, nowMs);
    suspect !== undefined;
    suspect = takeExpiredSuspect(gossip, nowMs)
  ) {
    const { name, confirmations } = suspect;
    const node = gossip.nodes.get(name);
    if (node === undefined) continue;
    const text = `Marking ${name} as failed, suspect timeout reached (${confirmations} peer confirmations)`;
    notice(out, "info", "memberlist", text);
    onDead(
      gossip,
      { type: "dead", incarnation: node.incarnation, node: name, from: gossip.config.name },
      nowMs,
      out,
    );
  }
}
