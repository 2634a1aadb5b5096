// What is to be gossiped, and how often it was already: memberlist's TransmitLimitedQueue. What was sent least goes
// first; among those the longest that fits, then the newest. Knows bytes and names, no message.

import { assert, must } from "../lib/assert.ts";

export interface Broadcast {
  /** Sorting by this alone gives the order in which broadcasts are sent: see `rankOf`. */
  readonly rank: number;
  readonly id: number;
  /** Later news under the same name replaces it; undefined: news of its own. */
  readonly name: string | undefined;
  readonly bytes: Uint8Array;
  readonly transmits: number;
}

export interface BroadcastQueue {
  /** Sorted by rank. */
  readonly items: Broadcast[];
  /** Rank of the item that has this name. */
  readonly ranks: Map<string, number>;
  nextId: number;
  /** Dropped before they had been sent often enough, because there were too many. */
  dropped: number;
}

const LENGTH_RANGE = 2 ** 11; // No packet carries a longer message.
const ID_RANGE = 2 ** 32;
const MAX_TRANSMITS = 255; // Times the two ranges above this stays below 2^53.

export function createBroadcastQueue(): BroadcastQueue {
  return { items: [], ranks: new Map(), nextId: 0, dropped: 0 };
}

/** Few transmits before many, long before short, new before old, in one number. */
function rankOf(transmits: number, length: number, id: number): number {
  assert(length < LENGTH_RANGE, "what is queued fits into a packet");
  return (transmits * LENGTH_RANGE + (LENGTH_RANGE - 1 - length)) * ID_RANGE + (ID_RANGE - 1 - id);
}

/** Where the first item of this rank or a higher one is. */
function placeOf(queue: BroadcastQueue, rank: number): number {
  let low = 0;
  let high = queue.items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((queue.items[middle] as Broadcast).rank < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(
  queue: BroadcastQueue,
  id: number,
  name: string | undefined,
  bytes: Uint8Array,
  transmits: number,
): void {
  const rank = rankOf(transmits, bytes.length, id);
  queue.items.splice(placeOf(queue, rank), 0, { rank, id, name, bytes, transmits });
  if (name !== undefined) queue.ranks.set(name, rank);
}

function removeAt(queue: BroadcastQueue, place: number): Broadcast {
  const [item] = queue.items.splice(place, 1);
  const removed = must(item, "there is an item at a place");
  if (removed.name !== undefined) queue.ranks.delete(removed.name);
  return removed;
}

/** Those from one place to before another. */
function removeRun(queue: BroadcastQueue, from: number, to: number): void {
  if (from === to) return;
  for (const { name } of queue.items.splice(from, to - from))
    if (name !== undefined) queue.ranks.delete(name);
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
  const replaced = name === undefined ? undefined : queue.ranks.get(name);
  if (replaced !== undefined) removeAt(queue, placeOf(queue, replaced));
  const id = queue.nextId;
  queue.nextId = (id + 1) % ID_RANGE;
  insert(queue, id, name, bytes, 0);
  for (; queue.items.length > maxItems; queue.dropped++) removeAt(queue, queue.items.length - 1);
  return id;
}

/** What is queued under a name. */
export function broadcastOf(queue: BroadcastQueue, name: string): Broadcast | undefined {
  const rank = queue.ranks.get(name);
  return rank === undefined ? undefined : queue.items[placeOf(queue, rank)];
}

/** Whether it still waits to be sent often enough. Looks at all of them: for the few times when somebody waits. */
export function isQueued(queue: BroadcastQueue, id: number): boolean {
  return queue.items.some((item) => item.id === id);
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
  const taken: Broadcast[] = [];
  let left = room;
  // What is taken is mostly a run from the first on: removed at once, as each removal moves all that is behind it.
  let from = 0;
  let place = 0;
  while (place < queue.items.length && left > overhead) {
    const item = queue.items[place] as Broadcast;
    const fits = left - overhead;
    if (item.bytes.length <= fits) {
      taken.push(item);
      left -= overhead + item.bytes.length;
      place++;
    } else {
      removeRun(queue, from, place);
      // Those of the same tier that are shorter than this one come behind it: on to the first that fits, if any.
      place = placeOf(queue, rankOf(item.transmits, Math.min(fits, LENGTH_RANGE - 1), ID_RANGE - 1));
      from = place;
    }
  }
  removeRun(queue, from, place);
  for (const { id, name, bytes, transmits } of taken) {
    into.push(bytes);
    if (transmits + 1 < Math.min(transmitLimit, MAX_TRANSMITS)) insert(queue, id, name, bytes, transmits + 1);
  }
  return left;
}
