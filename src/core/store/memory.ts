// What was found out once and is given again to whoever asks the same, for as long as nothing changes of what it rests on:
// the watches say when something does, as they do for blocking queries. There is so much room; who comes when it is full
// drives out what was found first.

import { must } from "../lib/assert.ts";
import type { Touched } from "./store.ts";
import { collectWoken, createWatches, unwatch, type Watches, type WatchKey, watch } from "./watch.ts";

export interface Memory<Q extends string, T> {
  /** By question, what was found first before what was found later. */
  readonly findings: Map<Q, Finding<T>>;
  /** By the numbers that the watches know. */
  readonly questions: Map<number, Q>;
  readonly watches: Watches;
  next: number;
  /** Of all findings together. */
  weight: number;
}

interface Finding<T> {
  readonly number: number;
  readonly value: T;
  readonly on: readonly WatchKey[];
  weight: number;
}

export interface Room {
  readonly questions: number;
  readonly weight: number;
}

export function createMemory<Q extends string, T>(): Memory<Q, T> {
  return { findings: new Map(), questions: new Map(), watches: createWatches(), next: 1, weight: 0 };
}

export function recall<Q extends string, T>(memory: Memory<Q, T>, question: Q): T | undefined {
  return memory.findings.get(question)?.value;
}

/**
 * Remembers what a question found that is not known yet.
 * @param on What must be touched for it to be something else.
 */
export function remember<Q extends string, T>(
  memory: Memory<Q, T>,
  room: Room,
  question: Q,
  { value, on, weight }: { readonly value: T; readonly on: readonly WatchKey[]; readonly weight: number },
): void {
  const { findings, questions, watches } = memory;
  for (const oldest of findings.keys()) {
    if (memory.weight + weight <= room.weight && findings.size < room.questions) break;
    forget(memory, oldest);
  }
  const number = memory.next++;
  findings.set(question, { number, value, on, weight });
  questions.set(number, question);
  memory.weight += weight;
  for (const each of on) watch(watches, each, number);
}

/** What is remembered under a question has become heavier, or lighter. */
export function addWeight<Q extends string, T>(memory: Memory<Q, T>, question: Q, weight: number): void {
  must(memory.findings.get(question), "what changes its weight is remembered").weight += weight;
  memory.weight += weight;
}

function forget<Q extends string, T>(memory: Memory<Q, T>, question: Q): void {
  const { number, on, weight } = must(memory.findings.get(question), "what is forgotten was remembered");
  memory.findings.delete(question);
  memory.questions.delete(number);
  memory.weight -= weight;
  for (const each of on) unwatch(memory.watches, each, number);
}

/** Something has changed: what rests on it is to be found anew. */
export function forgetTouched<Q extends string, T>(memory: Memory<Q, T>, touched: Touched): void {
  if (memory.findings.size === 0) return;
  const stale = new Set<number>();
  collectWoken(memory.watches, touched, stale);
  for (const number of stale) forget(memory, must(memory.questions.get(number), "who watches is remembered"));
}

/** Another state has taken the place of all. */
export function forgetAll<Q extends string, T>(memory: Memory<Q, T>): void {
  for (const question of [...memory.findings.keys()]) forget(memory, question);
}
