// What is done about rumours that come faster than we take them in. Pings and their answers are dealt with as they come,
// always; of alive, suspect, dead and Serf's messages only so many at once. The others wait: who is alive before all else,
// the newest first, for an old rumour is the more likely to be out of date, and what finds no room is dropped, since the
// pool repeats itself. memberlist does the same with two queues and a thread (its HandoffQueueDepth).

import { PLANTED, planted } from "../lib/planted.ts";
import type { PacketMessage } from "../wire/gossip/messages.ts";
import { countDrop } from "./drops.ts";
import type { Gossip } from "./state.ts";

/** Alive, suspect, dead and Serf's messages: what can wait. */
export type Rumour = Extract<PacketMessage, { type: "alive" | "suspect" | "dead" | "user" }>;

/** memberlist's HandoffQueueDepth, of either queue. */
export const HANDOFF_DEPTH = 1024;
/** In each of these there is time for so many: a tenth of one core, or some fifty thousand a second. */
export const HANDOFF_WINDOW_MS = 10;
export const RUMOURS_PER_WINDOW = 512;

export interface Handoff {
  /** Oldest first. */
  readonly alive: Rumour[];
  readonly others: Rumour[];
  windowEndsMs: number;
  /** In this window, so far. */
  taken: number;
}

export function createHandoff(): Handoff {
  return { alive: [], others: [], windowEndsMs: Number.NEGATIVE_INFINITY, taken: 0 };
}

function isEmpty({ alive, others }: Handoff): boolean {
  return alive.length + others.length === 0;
}

/** Whether a rumour may be taken in now; one that may not is to be handed off. */
export function mayTakeIn({ handoff }: Gossip, nowMs: number): boolean {
  if (nowMs >= handoff.windowEndsMs) {
    handoff.windowEndsMs = nowMs + HANDOFF_WINDOW_MS;
    handoff.taken = 0;
  }
  if (handoff.taken >= RUMOURS_PER_WINDOW || !isEmpty(handoff)) return false;
  handoff.taken++;
  return true;
}

/** Puts a rumour aside until there is time for it. */
export function handOff(gossip: Gossip, rumour: Rumour): void {
  const { alive, others } = gossip.handoff;
  const queue = rumour.type === "alive" ? alive : others;
  if (queue.length < HANDOFF_DEPTH) queue.push(rumour);
  else countDrop(gossip, "handoff");
}

function takeOther({ handoff, config }: Gossip): Rumour | undefined {
  if (PLANTED && planted(config, "gossip-handoff-oldest-first")) return handoff.others.shift();
  return handoff.others.pop();
}

/** When there is time for those that wait; Infinity when none does. */
export function handoffDeadline({ handoff }: Gossip): number {
  return isEmpty(handoff) ? Number.POSITIVE_INFINITY : handoff.windowEndsMs;
}

/** Gives those that wait to `takeIn`, as many as there is time for. */
export function takeHandedOff(gossip: Gossip, nowMs: number, takeIn: (rumour: Rumour) => void): void {
  const { handoff } = gossip;
  if (isEmpty(handoff) || nowMs < handoff.windowEndsMs) return;
  handoff.windowEndsMs = nowMs + HANDOFF_WINDOW_MS;
  for (handoff.taken = 0; handoff.taken < RUMOURS_PER_WINDOW; handoff.taken++) {
    const rumour = handoff.alive.pop() ?? takeOther(gossip);
    if (rumour === undefined) return;
    takeIn(rumour);
  }
}
