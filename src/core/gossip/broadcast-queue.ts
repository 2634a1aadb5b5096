// What is to be gossiped, and how often it was already: memberlist's TransmitLimitedQueue. What was sent least goes
// first; among those the longest that fits, then the newest. Knows bytes and names, no message.

import { assert, must } from "../lib/assert.ts";
import { firstFrom, insertRanked, lastRanked, type Ranked, removeRanked, someRanked } from "./ranked.ts";

export interface Broadcast {
  readonly id: number;
  /** Later news under the same name replaces it; undefined: news of its own. */
  readonly name: string | undefined;
  readonly bytes: Uint8Array;
  transmits: number;
}

export interface BroadcastQueue {
  /** By how often they were sent; each by rank: see `rankOf`. */
  readonly tiers: Ranked<Broadcast>[];
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
export function rankOf({ bytes, id }: Pick<Broadcast, "bytes" | "id">): number {
  assert(bytes.length < LENGTH_RANGE, "what is queued fits into a packet");
  return leastRankOf(bytes.length) + (ID_RANGE - 1 - id);
}

/** Of all that are as long, or shorter. */
function leastRankOf(length: number): number {
  return (LENGTH_RANGE - 1 - length) * ID_RANGE;
}

function tierOf({ tiers }: BroadcastQueue, transmits: number): Ranked<Broadcast> {
  while (tiers.length <= transmits) tiers.push([]);
  return tiers[transmits] as Ranked<Broadcast>;
}

/** Puts an item where it belongs. Its name is another matter. */
function insert(queue: BroadcastQueue, item: Broadcast): void {
  insertRanked(tierOf(queue, item.transmits), rankOf(item), item);
  queue.size++;
}

/** Takes an item out of the order. Its name is another matter. */
function remove(queue: BroadcastQueue, item: Broadcast): void {
  removeRanked(tierOf(queue, item.transmits), rankOf(item));
  queue.size--;
}

/** Takes an item out for good. */
function drop(queue: BroadcastQueue, item: Broadcast): void {
  remove(queue, item);
  if (item.name !== undefined) queue.named.delete(item.name);
}

/** What would be sent last. */
function lastOf({ tiers }: BroadcastQueue): Broadcast {
  const tier = tiers.findLast(({ length }) => length > 0);
  return must(tier && lastRanked(tier), "a queue that is too long has an item");
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

/** Whether it still waits to be sent often enough. Looks at all of them: for the few times when somebody waits. */
export function isQueued({ tiers }: BroadcastQueue, id: number): boolean {
  return tiers.some((tier) => someRanked(tier, (item) => item.id === id));
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
    let from = 0;
    while (tier.length > 0 && left > overhead) {
      // Those that are shorter come behind the rest: on to the first that fits, if any.
      const fitting = leastRankOf(Math.min(left - overhead, LENGTH_RANGE - 1));
      const item = firstFrom(tier, Math.max(from, fitting));
      if (item === undefined) break;
      taken.push(item);
      left -= overhead + item.bytes.length;
      from = rankOf(item) + 1;
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
