// Reads of the tables that are asked again and again: what the last evaluation found is given to all who ask the same until
// something that the read depends on changes, which the watches say as they do for blocking queries. The very object is
// given, so that whoever renders it can know it again. It says nothing that an evaluation would not; it is no part of a
// dump.

import { PLANTED, planted } from "../lib/planted.ts";
import type { KvPair } from "../model/kv.ts";
import { prefixIndex } from "../store/kv.ts";
import {
  createMemory,
  forgetAll,
  forgetTouched,
  type Memory,
  type Room,
  recall,
  remember,
} from "../store/memory.ts";
import type { Store, Touched } from "../store/store.ts";
import { evaluateRead, type ReadResult, type TableRead, watchKeys } from "./reads.ts";

export interface RememberedReads {
  /** What all of it was found in. */
  store: Store | undefined;
  readonly memory: Memory<string, ReadResult>;
}

/**
 * The weight is in rows, or kilobytes of keys: their JSON, which is remembered with them, takes about a kilobyte for each
 * row. Questions cost something even where little is found.
 */
const ROOM: Room = { questions: 1_000, weight: 20_000 };
/** A service's name and tags are that much shorter than what is told of an instance. */
const NAMES_A_ROW = 16;
/** A few keys are found and printed as soon as remembered. */
const FEW_KEYS = 16;

export function createRememberedReads(): RememberedReads {
  return { store: undefined, memory: createMemory() };
}

/** What a read of the tables finds. */
export function readTables(reads: RememberedReads, store: Store, request: TableRead): ReadResult {
  const question = questionOf(request);
  if (question === undefined) return evaluateRead(store, request);
  const { memory } = reads;
  if (reads.store !== store) forgetAll(memory);
  reads.store = store;
  const known = recall(memory, question);
  if (known !== undefined) return { body: known.body, index: indexNow(store, request, known) };
  const value = evaluateRead(store, request);
  const weight = weightOf(value);
  // Where there is nothing, the index is that of tables which change without anybody being told. And one that takes a good
  // part of the room by itself would drive out what others ask.
  if (weight > 0 && weight <= ROOM.weight / 4)
    remember(memory, ROOM, question, { value, on: watchKeys(store, request), weight });
  return value;
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
  if (body.kind === "services") return Math.ceil(body.services.length / NAMES_A_ROW);
  if (body.kind === "nodes") return body.nodes.length;
  return body.kind === "service-nodes" || body.kind === "health" ? body.rows.length : 0;
}

function weightOfPairs(pairs: readonly KvPair[]): number {
  let bytes = 0;
  // As much again for the base64 that is made of a value.
  for (const { key, value } of pairs) bytes += 512 + key.length + value.length * 3;
  return Math.ceil(bytes / 1024);
}

/** Something has changed: what depends on it is to be found anew. */
export function forgetReadsOn(
  { memory }: RememberedReads,
  touched: Touched,
  config: { readonly planted?: string | undefined },
): void {
  if (PLANTED && touched.table === "service" && planted(config, "reads-remembered-too-long")) return;
  forgetTouched(memory, touched);
}
