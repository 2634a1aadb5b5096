// Reads of the tables that are asked again and again: what the last evaluation found is given to all who ask the same until
// something that the read depends on changes, which the watches say as they do for blocking queries. The very object is
// given, so that whoever renders it can know it again. It says nothing that an evaluation would not; it is no part of a
// dump.

import { must } from "../lib/assert.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { KvPair } from "../model/kv.ts";
import { prefixIndex } from "../store/kv.ts";
import type { Store, Touched } from "../store/store.ts";
import { collectWoken, createWatches, unwatch, type Watches, type WatchKey, watch } from "../store/watch.ts";
import { evaluateRead, type ReadResult, type TableRead, watchKeys } from "./reads.ts";

interface Remembered {
  readonly question: string;
  readonly result: ReadResult;
  readonly on: readonly WatchKey[];
  /** Rows, or kilobytes of keys. */
  readonly weight: number;
}

export interface RememberedReads {
  /** What all of it was found in. */
  store: Store | undefined;
  /** By question, its number in `answers`. */
  readonly numbers: Map<string, number>;
  /** In the order in which they were found. */
  readonly answers: Map<number, Remembered>;
  readonly watches: Watches;
  next: number;
  /** Of all answers together. */
  weight: number;
}

/** Their JSON, which is remembered with them, takes about a kilobyte for each row. */
const MOST_WEIGHT = 20_000;
/** A few keys are found and printed as soon as remembered. */
const FEW_KEYS = 16;
/** Questions cost something even where nothing is found. */
const MOST_QUESTIONS = 1_000;

export function createRememberedReads(): RememberedReads {
  return {
    store: undefined,
    numbers: new Map(),
    answers: new Map(),
    watches: createWatches(),
    next: 1,
    weight: 0,
  };
}

/** What a read of the tables finds. */
export function readTables(reads: RememberedReads, store: Store, request: TableRead): ReadResult {
  const question = questionOf(request);
  if (question === undefined) return evaluateRead(store, request);
  if (reads.store !== store) forgetAll(reads);
  reads.store = store;
  const known = reads.answers.get(reads.numbers.get(question) ?? 0)?.result;
  if (known !== undefined) return { body: known.body, index: indexNow(store, request, known) };
  const result = evaluateRead(store, request);
  const weight = weightOf(result);
  // Where there is nothing, the index is that of tables which change without anybody being told.
  if (weight > 0) remember(reads, { question, result, on: watchKeys(store, request), weight });
  return result;
}

/** The index of a table or a tree may move without a change of what is in it, as in Consul. */
function indexNow(store: Store, request: TableRead, { body, index }: ReadResult): number {
  const { services, nodes } = store.tableIndexes;
  if (request.kind === "catalog.nodes") return nodes;
  if (request.kind === "kv.list" && body.kind === "kv.pairs") {
    let newest = 0;
    for (const { modifyIndex } of body.pairs) newest = Math.max(newest, modifyIndex);
    return prefixIndex(store, request.prefix, newest);
  }
  if (request.kind !== "catalog.services") return index;
  return request.nodeMeta.length === 0 ? services : Math.max(services, nodes);
}

/**
 * What tells one question from another, for those that cost enough to be remembered; of nodes near and far the watches know
 * nothing.
 */
function questionOf(request: TableRead): string | undefined {
  switch (request.kind) {
    case "kv.list":
      return `kv ${request.prefix}`;
    case "catalog.services":
      return JSON.stringify([request.kind, request.nodeMeta]);
    case "catalog.service-nodes":
    case "health.service": {
      if (request.near !== undefined) return undefined;
      const { kind, service, connect, tags, nodeMeta } = request;
      const passing = "passing" in request && request.passing;
      return JSON.stringify([kind, service, connect, tags, nodeMeta, passing]);
    }
    case "catalog.nodes":
      return request.near === undefined ? JSON.stringify([request.kind, request.nodeMeta]) : undefined;
    default:
      return undefined;
  }
}

/** 0 for what is not worth to be remembered. */
function weightOf({ body }: ReadResult): number {
  if (body.kind === "kv.pairs") return body.pairs.length < FEW_KEYS ? 0 : weightOfPairs(body.pairs);
  if (body.kind === "services") return body.services.length;
  if (body.kind === "nodes") return body.nodes.length;
  return body.kind === "service-nodes" || body.kind === "health" ? body.rows.length : 0;
}

function weightOfPairs(pairs: readonly KvPair[]): number {
  let bytes = 0;
  // As much again for the base64 that is made of a value.
  for (const { key, value } of pairs) bytes += 512 + key.length + value.length * 3;
  return Math.ceil(bytes / 1024);
}

function remember(reads: RememberedReads, answer: Remembered): void {
  // One that takes a good part of the room by itself would drive out what others ask.
  if (answer.weight > MOST_WEIGHT / 4) return;
  const { numbers, answers } = reads;
  for (const oldest of answers.keys()) {
    if (reads.weight + answer.weight <= MOST_WEIGHT && answers.size < MOST_QUESTIONS) break;
    forget(reads, oldest);
  }
  const number = reads.next++;
  numbers.set(answer.question, number);
  answers.set(number, answer);
  reads.weight += answer.weight;
  for (const on of answer.on) watch(reads.watches, on, number);
}

function forget(reads: RememberedReads, number: number): void {
  const { question, on, weight } = must(reads.answers.get(number), "what is forgotten was remembered");
  reads.answers.delete(number);
  reads.numbers.delete(question);
  reads.weight -= weight;
  for (const each of on) unwatch(reads.watches, each, number);
}

/** Something has changed: what depends on it is to be found anew. */
export function forgetTouched(
  reads: RememberedReads,
  touched: Touched,
  config: { readonly planted?: string | undefined },
): void {
  if (reads.answers.size === 0) return;
  if (PLANTED && touched.table === "service" && planted(config, "reads-remembered-too-long")) return;
  const stale = new Set<number>();
  collectWoken(reads.watches, touched, stale);
  for (const number of stale) forget(reads, number);
}

/** Another state has taken the place of all. */
function forgetAll(reads: RememberedReads): void {
  for (const number of [...reads.answers.keys()]) forget(reads, number);
}
