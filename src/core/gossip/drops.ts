// What was dropped because something that peers can make grow had reached its limit, counted by what it was: whoever
// wonders why a pool is slow to agree finds it in `info`.

import type { Gossip } from "./state.ts";

/** Each names a limit. */
export interface Drops {
  /** Rumours for which there was neither time nor room (handoff.ts). */
  handoff: number;
  /** Newcomers to a pool that is full. */
  members: number;
  /** Pings for others, while many were under way. */
  indirectPings: number;
  /** Intents about unknown members that made room for later ones. */
  intents: number;
  /** Messages that no packet can carry on. */
  tooLong: number;
  /** Events and queries, of more than there can be at one Lamport time. */
  events: number;
}

export function createDrops(): Drops {
  return { handoff: 0, members: 0, indirectPings: 0, intents: 0, tooLong: 0, events: 0 };
}

/** All of them, and those of the queues of news that were full: what had been told most often went. */
export function allDrops({ drops, broadcasts, serf }: Gossip): Readonly<Drops & { broadcasts: number }> {
  const queues = [broadcasts, serf.intentBroadcasts, serf.queryBroadcasts, serf.eventBroadcasts];
  return { ...drops, broadcasts: queues.reduce((sum, { dropped }) => sum + dropped, 0) };
}

export function countDrop({ drops }: Gossip, what: keyof Drops): void {
  drops[what]++;
}
