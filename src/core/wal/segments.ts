// Which file is written to: the next one is made ahead while the current one still has room, and old ones go once all
// their entries are compacted. All of it happens between two writes, when the current segment is known to be durable,
// so that a crash leaves at most one segment without records, and only as the last.

import { must } from "../lib/assert.ts";
import type { DiskResult } from "./disk.ts";
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "./format.ts";
import type { WalEffect } from "./ports.ts";
import { itemBytes, type RecordItem } from "./record.ts";
import { ask, failOnDisk, segmentPath, temporaryPath, type Wal } from "./state.ts";

/** Each segment is four times the one before until they are as large as configured. */
const GROWTH = 4;
/** Sizes asked of the disk are multiples of a page. */
const PAGE_BYTES = 4096;

/** What the first record of each segment repeats, since the segments before it may be gone one day. */
export function preamble(wal: Wal): RecordItem[] {
  const { hardState, compactedTo, lastIndex } = wal.written;
  return [
    { kind: "hard-state", hardState },
    { kind: "bounds", compactedTo, lastIndex },
  ];
}

/** Bytes that the next record may take in the current segment, its header and a preamble not counted. */
export function payloadRoom(wal: Wal): number {
  const { current } = wal;
  if (current === undefined) return -1;
  return current.end > 0
    ? current.size - current.end - RECORD_HEADER_BYTES
    : current.size - overheadBytes(wal);
}

/** What the first record of a segment takes besides the requests in it. */
function overheadBytes(wal: Wal): number {
  const preambleBytes = preamble(wal).reduce((sum, item) => sum + itemBytes(item), 0);
  return SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES + preambleBytes;
}

/**
 * Sees to it that the next record has room for a payload of so many bytes, going on to the spare segment if need be.
 * @returns Whether it has. If not, a spare of the right size is still to be made.
 */
export function makeRoom(wal: Wal, payloadBytes: number): boolean {
  if (payloadRoom(wal) >= payloadBytes) return true;
  const { spare, current } = wal;
  if (spare === undefined || spare.size < overheadBytes(wal) + payloadBytes) return false;
  if (current !== undefined) wal.closed.push({ number: current.number, lastIndex: wal.written.lastIndex });
  wal.current = { end: 0, ...spare };
  wal.spare = undefined;
  return true;
}

/**
 * Makes the next segment when it is time to, or when a write waits for it.
 * @param waitingBytes Payload of the request that has no room; undefined when none waits.
 */
export function prepareSegment(wal: Wal, waitingBytes: number | undefined, out: WalEffect[]): void {
  const { config, current, spare } = wal;
  if (wal.preparing !== undefined) return;
  const soon = current === undefined || current.end * 4 >= current.size;
  if (waitingBytes === undefined && (spare !== undefined || !soon)) return;
  const usual =
    current === undefined ? config.firstSegmentBytes : Math.min(config.segmentBytes, current.size * GROWTH);
  const needed = waitingBytes === undefined ? 0 : overheadBytes(wal) + waitingBytes;
  const size = usual >= needed ? usual : Math.ceil(needed / PAGE_BYTES) * PAGE_BYTES;
  // A spare that is too small for a large request is replaced by the rename: no number is ever left out.
  const number = spare?.number ?? (current?.number ?? 0) + 1;
  const file = temporaryPath(config, number);
  wal.preparing = { op: ask(wal, { kind: "create", file, size }, out), step: "create", number, size };
}

/** One step of the making of a segment came to its end. */
export function onPrepared(wal: Wal, result: DiskResult, out: WalEffect[]): void {
  const preparing = must(wal.preparing, "a preparation is under way");
  const { number, size } = preparing;
  if (!result.ok) return failOnDisk(wal, result.error, out);
  if (preparing.step === "create") {
    preparing.step = "rename";
    const names = { file: temporaryPath(wal.config, number), to: segmentPath(wal.config, number) };
    preparing.op = ask(wal, { kind: "rename", ...names }, out);
  } else {
    wal.preparing = undefined;
    wal.spare = { number, size };
  }
}

/**
 * Removes the oldest segment when none of its entries is needed any more; the others follow one by one, oldest first,
 * so that a crash leaves no gap. Without a current segment the last closed one holds the only copy of the hard state.
 */
export function removeOldSegment(wal: Wal, out: WalEffect[]): void {
  const oldest = wal.closed[0];
  if (wal.removing !== undefined || wal.current === undefined || oldest === undefined) return;
  if (oldest.lastIndex > wal.written.compactedTo) return;
  wal.closed.shift();
  wal.removing = { op: ask(wal, { kind: "remove", file: segmentPath(wal.config, oldest.number) }, out) };
}
