// What happens when: a 4-ary (or binary) heap of events by time, in columns of numbers. Equal times come out in the order they were
// put in, so that a run depends on nothing but its choices.

import { must } from "../core/lib/assert.ts";

/** How many children a place of the heap has: 4 is the quicker, 2 another order of the same moves. */
export type QueueShape = 2 | 4;

export interface EventQueue<E> {
  readonly shape: QueueShape;
  size: number;
  /** Heap order: time, then sequence number, then where the event is. */
  times: Float64Array;
  sequences: Float64Array;
  slots: Int32Array;
  readonly events: (E | undefined)[];
  readonly freeSlots: number[];
  nextSequence: number;
}

const INITIAL_CAPACITY = 256;

export function createEventQueue<E>(shape: QueueShape = 4): EventQueue<E> {
  return {
    shape,
    size: 0,
    times: new Float64Array(INITIAL_CAPACITY),
    sequences: new Float64Array(INITIAL_CAPACITY),
    slots: new Int32Array(INITIAL_CAPACITY),
    events: [],
    freeSlots: [],
    nextSequence: 0,
  };
}

export function pushEvent<E>(queue: EventQueue<E>, timeUs: number, event: E): void {
  if (queue.size === queue.times.length) grow(queue);
  const slot = queue.freeSlots.pop() ?? queue.events.length;
  queue.events[slot] = event;
  siftUp(queue, queue.size++, timeUs, queue.nextSequence++, slot);
}

/** Time of the next event; Infinity when there is none. */
export function nextEventTime<E>(queue: EventQueue<E>): number {
  return queue.size === 0 ? Number.POSITIVE_INFINITY : (queue.times[0] as number);
}

export function takeEvent<E>(queue: EventQueue<E>): E {
  const slot = queue.slots[0] as number;
  const event = must(queue.events[slot], "a queued slot holds an event");
  queue.events[slot] = undefined;
  queue.freeSlots.push(slot);
  const last = --queue.size;
  if (last > 0)
    siftDown(
      queue,
      queue.times[last] as number,
      queue.sequences[last] as number,
      queue.slots[last] as number,
    );
  return event;
}

function grow<E>(queue: EventQueue<E>): void {
  const wider = <A extends Float64Array | Int32Array>(column: A, empty: A): A => {
    empty.set(column);
    return empty;
  };
  const length = queue.times.length * 2;
  queue.times = wider(queue.times, new Float64Array(length));
  queue.sequences = wider(queue.sequences, new Float64Array(length));
  queue.slots = wider(queue.slots, new Int32Array(length));
}

function put<E>(queue: EventQueue<E>, place: number, time: number, sequence: number, slot: number): void {
  queue.times[place] = time;
  queue.sequences[place] = sequence;
  queue.slots[place] = slot;
}

function copy<E>(queue: EventQueue<E>, from: number, to: number): void {
  put(queue, to, queue.times[from] as number, queue.sequences[from] as number, queue.slots[from] as number);
}

function isBefore<E>(queue: EventQueue<E>, place: number, time: number, sequence: number): boolean {
  const theirs = queue.times[place] as number;
  return theirs < time || (theirs === time && (queue.sequences[place] as number) < sequence);
}

function siftUp<E>(queue: EventQueue<E>, from: number, time: number, sequence: number, slot: number): void {
  let place = from;
  while (place > 0) {
    const parent = queue.shape === 4 ? (place - 1) >> 2 : (place - 1) >> 1;
    if (isBefore(queue, parent, time, sequence)) break;
    copy(queue, parent, place);
    place = parent;
  }
  put(queue, place, time, sequence, slot);
}

function siftDown<E>(queue: EventQueue<E>, time: number, sequence: number, slot: number): void {
  const { shape, size, times, sequences } = queue;
  let place = 0;
  for (;;) {
    const first = shape * place + 1;
    if (first >= size) break;
    const end = Math.min(first + shape, size);
    let least = first;
    let leastTime = times[first] as number;
    for (let child = first + 1; child < end; child++) {
      const theirs = times[child] as number;
      if (
        theirs < leastTime ||
        (theirs === leastTime && (sequences[child] as number) < (sequences[least] as number))
      ) {
        least = child;
        leastTime = theirs;
      }
    }
    if (!isBefore(queue, least, time, sequence)) break;
    copy(queue, least, place);
    place = least;
  }
  put(queue, place, time, sequence, slot);
}
