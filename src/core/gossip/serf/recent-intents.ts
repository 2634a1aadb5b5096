// Intents about nodes that we do not know yet: rumours of Serf's may be faster than memberlist's. The latest of each node
// is kept for a while, for the moment it appears.

import { countDrop } from "../drops.ts";
import type { Gossip } from "../state.ts";
import { wakeReaper } from "../timers.ts";
import type { RecentIntent } from "./state.ts";

/** More names than any real burst has; the oldest make room, so that invented ones cannot fill our memory. */
const MAX_INTENTS = 4096;

/**
 * @param saidAt The Lamport time that counts as its own, where that is not the one by which it is judged.
 * @returns Whether it was news: later than what was kept of that node.
 */
export function keepRecentIntent(
  gossip: Gossip,
  node: string,
  type: "join" | "leave",
  lTime: number,
  nowMs: number,
  saidAt: number = lTime,
): boolean {
  const { recentIntents } = gossip.serf;
  const known = recentIntents.get(node);
  if (known !== undefined && known.lTime >= lTime) return false;
  recentIntents.delete(node); // To be set again behind all others: the oldest stay in front.
  recentIntents.set(node, { type, lTime: saidAt, heardAtMs: nowMs });
  if (recentIntents.size > MAX_INTENTS) {
    const [oldest] = recentIntents.keys();
    if (oldest !== undefined) recentIntents.delete(oldest);
    countDrop(gossip, "intents");
  }
  wakeReaper(gossip, nowMs);
  return true;
}

/** What was last heard of a node that appears now. */
export function takeRecentIntent(gossip: Gossip, node: string, nowMs: number): RecentIntent | undefined {
  const intent = gossip.serf.recentIntents.get(node);
  gossip.serf.recentIntents.delete(node);
  if (intent === undefined || isStale(gossip, intent, nowMs)) return undefined;
  return intent;
}

/** Drops those that were kept for long enough. */
export function forgetStaleIntents(gossip: Gossip, nowMs: number): void {
  const { recentIntents } = gossip.serf;
  for (const [node, intent] of recentIntents) {
    if (!isStale(gossip, intent, nowMs)) return;
    recentIntents.delete(node);
  }
}

function isStale(gossip: Gossip, intent: RecentIntent, nowMs: number): boolean {
  return nowMs - intent.heardAtMs >= gossip.config.recentIntentTimeoutMs;
}
