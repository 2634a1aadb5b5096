// Who wants to be woken when: a binary heap of ids by time with O(log n) insertion, move and removal, and the earliest
// at hand in O(1). Equal times come out in the order they were set, so that a run does not depend on the heap's shape.

import { must } from "./assert.ts";

interface Slot<Id> {
  readonly id: Id;
  atMs: number;
  order: number;
}

/** Plain data but for its index, which `Map` keeps. */
export interface DeadlineHeap<Id> {
  readonly slots: Slot<Id>[];
  readonly places: Map<Id, number>;
  nextOrder: number;
}

export function createDeadlineHeap<Id>(): DeadlineHeap<Id> {
  return { slots: [], places: new Map(), nextOrder: 0 };
}

/** When the earliest is due; Infinity when nobody waits. */
export function earliest<Id>(heap: DeadlineHeap<Id>): number {
  return heap.slots[0]?.atMs ?? Number.POSITIVE_INFINITY;
}

/** Sets or moves the deadline of `id`. */
export function setDeadline<Id>(heap: DeadlineHeap<Id>, id: Id, atMs: number): void {
  const place = heap.places.get(id);
  if (place === undefined) {
    heap.slots.push({ id, atMs, order: heap.nextOrder++ });
    heap.places.set(id, heap.slots.length - 1);
    siftUp(heap, heap.slots.length - 1);
  } else {
    const slot = must(heap.slots[place], "a place points at a slot");
    slot.atMs = atMs;
    slot.order = heap.nextOrder++;
    siftUp(heap, place);
    siftDown(heap, must(heap.places.get(id), "the id is still in the heap"));
  }
}

/** Forgets the deadline of `id`, if it has one. */
export function clearDeadline<Id>(heap: DeadlineHeap<Id>, id: Id): void {
  const place = heap.places.get(id);
  if (place === undefined) return;
  heap.places.delete(id);
  const last = must(heap.slots.pop(), "a heap with a place has a slot");
  if (last.id === id) return;
  heap.slots[place] = last;
  heap.places.set(last.id, place);
  siftUp(heap, place);
  siftDown(heap, must(heap.places.get(last.id), "the id is still in the heap"));
}

/** Removes and returns the earliest id that is due at `nowMs`, or undefined. */
export function takeDue<Id>(heap: DeadlineHeap<Id>, nowMs: number): Id | undefined {
  const first = heap.slots[0];
  if (first === undefined || first.atMs > nowMs) return undefined;
  clearDeadline(heap, first.id);
  return first.id;
}

function before<Id>(a: Slot<Id>, b: Slot<Id>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function put<Id>(heap: DeadlineHeap<Id>, place: number, slot: Slot<Id>): void {
  heap.slots[place] = slot;
  heap.places.set(slot.id, place);
}

function siftUp<Id>(heap: DeadlineHeap<Id>, from: number): void {
  let place = from;
  const slot = heap.slots[place] as Slot<Id>;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap.slots[parent] as Slot<Id>;
    if (!before(slot, above)) break;
    put(heap, place, above);
    place = parent;
  }
  put(heap, place, slot);
}

function siftDown<Id>(heap: DeadlineHeap<Id>, from: number): void {
  let place = from;
  const slot = heap.slots[place] as Slot<Id>;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.slots.length) break;
    if (
      child + 1 < heap.slots.length &&
      before(heap.slots[child + 1] as Slot<Id>, heap.slots[child] as Slot<Id>)
    )
      child++;
    const below = heap.slots[child] as Slot<Id>;
    if (!before(below, slot)) break;
    put(heap, place, below);
    place = child;
  }
  put(heap, place, slot);
}
