// What is to be gossiped, and how often it was already: memberlist's TransmitLimitedQueue. What was sent least goes
// first; among those the longest that fits, then the newest. Knows bytes and names, no message.

import { assert, must } from "../lib/assert.ts";

export interface Broadcast {
  readonly id: number;
  /** Later news under the same name replaces it; undefined: news of its own. */
  readonly name: string | undefined;
  readonly bytes: Uint8Array;
  transmits: number;
}

/** What was sent equally often. */
export interface Tier {
  /** Sorted by rank. */
  readonly items: Broadcast[];
  /** The rank of each of them: see `rankOf`. */
  readonly ranks: number[];
}

export interface BroadcastQueue {
  /** By how often they were sent. */
  readonly tiers: Tier[];
  /** Those that have a name. */
  readonly named: Map<string, Broadcast>;
  /** How many there are. */
  size: number;
  nextId: number;
  /** Dropped before they had been sent often enough, because there were too many. */
  dropped: number;
}

const LENGTH_RANGE = 2 ** 11; // No packet carries a longer message.
const ID_RANGE = 2 ** 32;
/** No rumour is sent more often, so that the tiers are few. */
const MAX_TRANSMITS = 255;
/** From so many on V8 moves where an array begins, when its first goes, and not all that is behind it; `splice` never does. */
const LONG = 100;

export function createBroadcastQueue(): BroadcastQueue {
  return { tiers: [], named: new Map(), size: 0, nextId: 0, dropped: 0 };
}

/** Forgets all that waits. */
export function clearBroadcasts(queue: BroadcastQueue): void {
  queue.tiers.length = 0;
  queue.named.clear();
  queue.size = 0;
}

/** Long before short, new before old, in one number. */
export function rankOf(length: number, id: number): number {
  assert(length < LENGTH_RANGE, "what is queued fits into a packet");
  return (LENGTH_RANGE - 1 - length) * ID_RANGE + (ID_RANGE - 1 - id);
}

function tierOf({ tiers }: BroadcastQueue, transmits: number): Tier {
  while (tiers.length <= transmits) tiers.push({ items: [], ranks: [] });
  return tiers[transmits] as Tier;
}

/** Where the first item of this rank or a higher one is: mostly before all others, or behind them. */
function placeOf({ ranks }: Tier, rank: number): number {
  let low = 0;
  let high = ranks.length;
  if (high === 0 || (ranks[high - 1] as number) < rank) return high;
  if ((ranks[0] as number) >= rank) return 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranks[middle] as number) < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts an item where it belongs. Its name is another matter. */
function insert(queue: BroadcastQueue, item: Broadcast): void {
  const tier = tierOf(queue, item.transmits);
  const rank = rankOf(item.bytes.length, item.id);
  const place = placeOf(tier, rank);
  if (place === tier.items.length) {
    tier.items.push(item);
    tier.ranks.push(rank);
  } else {
    tier.items.splice(place, 0, item);
    tier.ranks.splice(place, 0, rank);
  }
  queue.size++;
}

/** Takes an item out of the order. Its name is another matter. */
function remove(queue: BroadcastQueue, { transmits, bytes, id }: Broadcast): void {
  const tier = tierOf(queue, transmits);
  const place = placeOf(tier, rankOf(bytes.length, id));
  if (place === 0 && tier.items.length > LONG) {
    tier.items.shift();
    tier.ranks.shift();
  } else {
    tier.items.splice(place, 1);
    tier.ranks.splice(place, 1);
  }
  queue.size--;
}

/** Takes an item out for good. */
function drop(queue: BroadcastQueue, item: Broadcast): void {
  remove(queue, item);
  if (item.name !== undefined) queue.named.delete(item.name);
}

/** What would be sent last. */
function lastOf({ tiers }: BroadcastQueue): Broadcast {
  const tier = tiers.findLast(({ items }) => items.length > 0);
  return must(tier?.items.at(-1), "a queue that is too long has an item");
}

/**
 * Queues a message, instead of the one of the same name if there is one.
 * @param maxItems Above this what was sent most often is dropped: it has been heard by most.
 * @returns An id for `isQueued`.
 */
export function queueBroadcast(
  queue: BroadcastQueue,
  name: string | undefined,
  bytes: Uint8Array,
  maxItems: number,
): number {
  const replaced = name === undefined ? undefined : queue.named.get(name);
  if (replaced !== undefined) remove(queue, replaced);
  const id = queue.nextId;
  queue.nextId = (id + 1) % ID_RANGE;
  const item: Broadcast = { id, name, bytes, transmits: 0 };
  insert(queue, item);
  if (name !== undefined) queue.named.set(name, item);
  for (; queue.size > maxItems; queue.dropped++) drop(queue, lastOf(queue));
  return id;
}

/** What is queued under a name. */
export function broadcastOf({ named }: BroadcastQueue, name: string): Broadcast | undefined {
  return named.get(name);
}

/** Whether it still waits to be sent often enough. Looks at all of them: for the few times when somebody waits. */
export function isQueued({ tiers }: BroadcastQueue, id: number): boolean {
  return tiers.some(({ items }) => items.some((item) => item.id === id));
}

/**
 * Takes as many messages as fit, each counted as sent once more and dropped for good after `transmitLimit` times.
 * @param room Bytes that there are; each message costs its length and `overhead`.
 * @param into Where they are put.
 * @returns The room that is left.
 */
export function takeBroadcasts(
  queue: BroadcastQueue,
  room: number,
  overhead: number,
  transmitLimit: number,
  into: Uint8Array[],
): number {
  if (queue.size === 0) return room;
  const taken: Broadcast[] = [];
  let left = room;
  for (const tier of queue.tiers) {
    let place = 0;
    while (place < tier.items.length && left > overhead) {
      // Those that are shorter come behind it: on to the first that fits, if any. Its rank says it: most items are not at hand.
      const fitting = rankOf(Math.min(left - overhead, LENGTH_RANGE - 1), ID_RANGE - 1);
      if ((tier.ranks[place] as number) < fitting) {
        place = placeOf(tier, fitting);
        continue;
      }
      const item = tier.items[place] as Broadcast;
      taken.push(item);
      left -= overhead + item.bytes.length;
      place++;
    }
  }
  const limit = Math.min(transmitLimit, MAX_TRANSMITS);
  for (const item of taken) {
    into.push(item.bytes);
    if (item.transmits + 1 >= limit) drop(queue, item);
    else {
      remove(queue, item);
      item.transmits++;
      insert(queue, item);
    }
  }
  return left;
}
