// What was dropped because something that peers can make grow had reached its limit, or because it could not be read or
// was not sealed, counted by what it was: whoever wonders why a pool is slow to agree finds it in `info`.

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
  /** Answers to changes of our keys that waited for the disk, while many did. */
  keyAnswers: number;
  /** Events and queries, of more than there can be at one Lamport time. */
  events: number;
}

export function createDrops(): Drops {
  return { handoff: 0, members: 0, indirectPings: 0, intents: 0, tooLong: 0, keyAnswers: 0, events: 0 };
}

/** What else was dropped. */
interface OtherDrops {
  /** Of the queues of news that were full: what had been told most often went. */
  readonly broadcasts: number;
  /** What could not be read, or not wholly. */
  readonly unreadable: number;
  /** What had not the right seal (sealing.ts). */
  readonly unsealedPackets: number;
  readonly unsealedStreams: number;
  readonly closedStreams: number;
}

/** All that was dropped, by what it was. */
export function allDrops({
  drops,
  broadcasts,
  serf,
  badMessages,
  refused,
}: Gossip): Readonly<Drops> & OtherDrops {
  const queues = [broadcasts, serf.intentBroadcasts, serf.queryBroadcasts, serf.eventBroadcasts];
  return {
    ...drops,
    broadcasts: queues.reduce((sum, { dropped }) => sum + dropped, 0),
    unreadable: badMessages,
    unsealedPackets: refused.packets,
    unsealedStreams: refused.plainStreams,
    closedStreams: refused.closedStreams,
  };
}

export function countDrop({ drops }: Gossip, what: keyof Drops): void {
  drops[what]++;
}
