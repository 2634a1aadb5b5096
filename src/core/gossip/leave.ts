// Leaving gracefully, in Serf's order: say that we mean to, until all have been told often enough; say that we are dead,
// in our own name; go on answering until that has spread. Each stage ends by itself after a while.

import type { LeaveIntent } from "../wire/gossip/serf-messages.ts";
import { broadcastSerf } from "./broadcast.ts";
import { isQueued } from "./broadcast-queue.ts";
import { onDead } from "./on-dead.ts";
import type { GossipEffect } from "./ports.ts";
import { applyLeaveIntent } from "./serf/intents.ts";
import { isLeaveRecorded, recordLeave } from "./serf/snapshot.ts";
import { type Gossip, type Leave, ownNode } from "./state.ts";

/** A second leave changes nothing. */
export function startLeave(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  if (gossip.leave !== undefined) return;
  const leave: Leave = {
    stage: "intent",
    intentId: undefined,
    untilMs: nowMs + gossip.config.broadcastTimeoutMs,
  };
  gossip.leave = leave;
  recordLeave(gossip, nowMs, out);
  const { clocks, intentBroadcasts } = gossip.serf;
  const intent: LeaveIntent = {
    type: "leave",
    lTime: clocks.member,
    node: gossip.config.name,
    prune: false,
  };
  applyLeaveIntent(gossip, intent, nowMs, out);
  if (hasAudience(gossip)) leave.intentId = broadcastSerf(gossip, intentBroadcasts, intent, nowMs);
  advanceLeave(gossip, nowMs, out);
}

/** Goes on to the next stages as far as nothing more is to be waited for. */
export function advanceLeave(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { leave, config } = gossip;
  if (leave === undefined) return;
  if (leave.stage === "intent" && (nowMs >= leave.untilMs || isIntentSent(gossip, leave))) {
    leave.stage = "dead";
    leave.untilMs = nowMs + config.broadcastTimeoutMs;
    const { name, incarnation } = ownNode(gossip);
    onDead(gossip, { type: "dead", incarnation, node: name, from: name }, nowMs, out);
  }
  if (leave.stage === "dead" && (nowMs >= leave.untilMs || isDeadSent(gossip))) {
    leave.stage = "propagate";
    // With nobody there to hear there is nothing to wait for.
    leave.untilMs = nowMs + (hasAudience(gossip) ? config.leavePropagateDelayMs : 0);
  }
  if (leave.stage === "propagate" && nowMs >= leave.untilMs) {
    leave.stage = "record";
    leave.untilMs = nowMs + config.broadcastTimeoutMs;
  }
  // Or the next start would go back to those whom we left.
  if (leave.stage === "record" && (nowMs >= leave.untilMs || isLeaveRecorded(gossip))) {
    leave.stage = "done";
    leave.untilMs = Number.POSITIVE_INFINITY;
    out.push({ type: "left" });
  }
}

function isIntentSent(gossip: Gossip, { intentId }: Leave): boolean {
  return intentId === undefined || !isQueued(gossip.serf.intentBroadcasts, intentId);
}

function isDeadSent(gossip: Gossip): boolean {
  return !hasAudience(gossip) || !gossip.broadcasts.named.has(gossip.config.name);
}

/** Whether anybody else is there. */
function hasAudience(gossip: Gossip): boolean {
  const { alive, suspect } = gossip.counts;
  return alive + suspect > (ownNode(gossip).state === "alive" ? 1 : 0);
}
