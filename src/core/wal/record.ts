// What a record says: a list of items, applied in order, all or none. Turns items into the parts of one write (the
// bytes of entries are carried along, never copied) and a payload back into items. Refuses to know where records lie.

import { textOfBytes, utf8Bytes } from "../lib/bytes.ts";
import { crc32c } from "../lib/crc.ts";
import {
  RECORD_HEADER_BYTES,
  readUint32,
  readUint64,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  writeRecordHeader,
  writeSegmentHeader,
  writeUint32,
  writeUint64,
} from "./format.ts";
import type { EntryBatch, HardState } from "./ports.ts";

export type RecordItem =
  /** An identity of 0 takes up no space: what every release can read. */
  | { readonly kind: "hard-state"; readonly hardState: HardState }
  /** Entries up to `compactedTo` are in a snapshot; `lastIndex` is the log's last index, at least `compactedTo`. */
  | { readonly kind: "bounds"; readonly compactedTo: number; readonly lastIndex: number }
  | { readonly kind: "entries"; readonly entries: EntryBatch };

/** On disk a kind is its place in this list, from 1: zeros are no item. Append, never reorder. */
const ITEM_KINDS = ["hard-state", "bounds", "entries", "identified-hard-state"] as const;

/** Kind and length of what follows. */
const ITEM_HEADER_BYTES = 8;
const TERM_BYTES = 8;
const IDENTITY_BYTES = 4;
const BOUNDS_BYTES = 16;
/** First index (8), count (4) and four bytes that are zero. */
const BATCH_HEADER_BYTES = 16;

/** Payload bytes that an item takes up. */
export function itemBytes(item: RecordItem): number {
  switch (item.kind) {
    case "hard-state":
      return (
        ITEM_HEADER_BYTES +
        TERM_BYTES +
        (item.hardState.identity === 0 ? 0 : IDENTITY_BYTES) +
        utf8Bytes(item.hardState.votedFor).length
      );
    case "bounds":
      return ITEM_HEADER_BYTES + BOUNDS_BYTES;
    case "entries":
      return ITEM_HEADER_BYTES + BATCH_HEADER_BYTES + item.entries.bytes.length;
  }
}

/** Bytes of the items that are ours, not a batch's. */
function frameBytes(item: RecordItem): number {
  return itemBytes(item) - (item.kind === "entries" ? item.entries.bytes.length : 0);
}

function writeFrame(into: Uint8Array, at: number, item: RecordItem): void {
  writeUint32(into, at, ITEM_KINDS.indexOf(kindOnDisk(item)) + 1);
  writeUint32(into, at + 4, itemBytes(item) - ITEM_HEADER_BYTES);
  const body = at + ITEM_HEADER_BYTES;
  switch (item.kind) {
    case "hard-state":
      writeHardState(into, body, item.hardState);
      return;
    case "bounds":
      writeUint64(into, body, item.compactedTo);
      writeUint64(into, body + 8, item.lastIndex);
      return;
    case "entries":
      writeUint64(into, body, item.entries.firstIndex);
      writeUint32(into, body + 8, item.entries.count);
  }
}

function kindOnDisk(item: RecordItem): (typeof ITEM_KINDS)[number] {
  return item.kind === "hard-state" && item.hardState.identity !== 0 ? "identified-hard-state" : item.kind;
}

function writeHardState(into: Uint8Array, at: number, { term, votedFor, identity }: HardState): void {
  writeUint64(into, at, term);
  if (identity !== 0) writeUint32(into, at + TERM_BYTES, identity);
  into.set(utf8Bytes(votedFor), at + TERM_BYTES + (identity === 0 ? 0 : IDENTITY_BYTES));
}

export interface EncodedRecord {
  /** What to write, one after the other. */
  readonly parts: readonly Uint8Array[];
  /** Length of all parts. */
  readonly bytes: number;
}

/**
 * One record as the parts of a write.
 * @param segment Written in front of it when the record is the first of a segment.
 */
export function encodeRecord(
  sequence: number,
  items: readonly RecordItem[],
  salt: number,
  segment: SegmentHeader | undefined,
): EncodedRecord {
  const recordAt = segment === undefined ? 0 : SEGMENT_HEADER_BYTES;
  const payloadAt = recordAt + RECORD_HEADER_BYTES;
  const ours = new Uint8Array(items.reduce((sum, item) => sum + frameBytes(item), payloadAt));
  const parts: Uint8Array[] = [];
  let payloadBytes = 0;
  let payloadCrc = 0;
  let partFrom = 0; // Ours from here on is in no part yet.
  let at = payloadAt;
  for (const item of items) {
    const end = at + frameBytes(item);
    writeFrame(ours, at, item);
    payloadCrc = crc32c(ours, at, end, payloadCrc);
    if (item.kind === "entries") {
      parts.push(ours.subarray(partFrom, end), item.entries.bytes);
      payloadCrc = crc32c(item.entries.bytes, 0, item.entries.bytes.length, payloadCrc);
      partFrom = end;
    }
    payloadBytes += itemBytes(item);
    at = end;
  }
  if (partFrom < at) parts.push(ours.subarray(partFrom, at));
  if (segment !== undefined) writeSegmentHeader(ours, segment);
  writeRecordHeader(ours, recordAt, { sequence, payloadBytes, payloadCrc }, salt);
  return { parts, bytes: payloadAt + payloadBytes };
}

/**
 * The items of a payload; batches are views of `bytes`.
 * @returns undefined when this is no payload that this release could have written.
 */
export function decodeItems(bytes: Uint8Array, from: number, to: number): RecordItem[] | undefined {
  const items: RecordItem[] = [];
  let at = from;
  while (at < to) {
    if (at + ITEM_HEADER_BYTES > to) return undefined;
    const body = at + ITEM_HEADER_BYTES;
    const end = body + readUint32(bytes, at + 4);
    if (end > to) return undefined;
    const item = decodeItem(ITEM_KINDS[readUint32(bytes, at) - 1], bytes, body, end);
    if (item === undefined) return undefined;
    items.push(item);
    at = end;
  }
  return items;
}

function decodeHardState(
  bytes: Uint8Array,
  from: number,
  to: number,
  identityBytes: number,
): RecordItem | undefined {
  const term = readUint64(bytes, from);
  const identity = identityBytes === 0 ? 0 : readUint32(bytes, from + TERM_BYTES);
  const votedFor = textOfBytes(bytes.subarray(from + TERM_BYTES + identityBytes, to));
  return Number.isSafeInteger(term)
    ? { kind: "hard-state", hardState: { term, votedFor, identity } }
    : undefined;
}

function decodeItem(
  kind: (typeof ITEM_KINDS)[number] | undefined,
  bytes: Uint8Array,
  from: number,
  to: number,
): RecordItem | undefined {
  const length = to - from;
  if (kind === "hard-state" && length >= TERM_BYTES) return decodeHardState(bytes, from, to, 0);
  if (kind === "identified-hard-state" && length >= TERM_BYTES + IDENTITY_BYTES)
    return decodeHardState(bytes, from, to, IDENTITY_BYTES);
  if (kind === "bounds" && length === BOUNDS_BYTES) {
    const compactedTo = readUint64(bytes, from);
    const lastIndex = readUint64(bytes, from + 8);
    const sound = compactedTo <= lastIndex && Number.isSafeInteger(lastIndex);
    return sound ? { kind, compactedTo, lastIndex } : undefined;
  }
  if (kind === "entries" && length >= BATCH_HEADER_BYTES) {
    const firstIndex = readUint64(bytes, from);
    const count = readUint32(bytes, from + 8);
    if (firstIndex < 1 || !Number.isSafeInteger(firstIndex + count)) return undefined;
    return { kind, entries: { firstIndex, count, bytes: bytes.subarray(from + BATCH_HEADER_BYTES, to) } };
  }
  return undefined;
}
