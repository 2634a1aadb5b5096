// From record to record through the bytes of a segment, as far as they are good. Says where and why it stopped; what
// that means for the log is judged elsewhere, with the segments behind it in view.

import { must } from "../lib/assert.ts";
import { crc32c } from "../lib/crc.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { WalConfig } from "./config.ts";
import {
  align,
  decodeRecordHeader,
  decodeSegmentHeader,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "./format.ts";
import { applyItem } from "./image.ts";
import { decodeItems } from "./record.ts";
import { type Damage, damageAt, type Recovery, type Stop } from "./recovery-state.ts";
import { hasUnwrittenSector, whatStopped } from "./tail.ts";

export type Reading =
  /** The segment must be read on from there, at least so many bytes. */
  | { readonly kind: "more"; readonly offset: number; readonly length: number }
  | { readonly kind: "stopped"; readonly stop: Stop }
  /** The segment was never written to. */
  | { readonly kind: "unused" }
  | Damage;

/** Applies the records in `bytes`, which were read from recovery.offset of segment recovery.at on. */
export function readRecords(recovery: Recovery, config: WalConfig, bytes: Uint8Array): Reading {
  let offset = recovery.offset;
  if (offset === 0) {
    const obstacle = enterSegment(recovery, bytes);
    if (obstacle !== undefined) return obstacle;
    offset = SEGMENT_HEADER_BYTES;
  }
  for (;;) {
    const next = readRecord(recovery, config, bytes, offset);
    if (typeof next !== "number") return next;
    offset = next;
  }
}

function enterSegment(recovery: Recovery, bytes: Uint8Array): Reading | undefined {
  const decoded = decodeSegmentHeader(bytes);
  switch (decoded.kind) {
    case "unused":
      return { kind: "unused" };
    case "bad":
      return damageAt(recovery.at, 0, decoded.why);
    case "used":
      return enterUsed(recovery, decoded.header);
  }
}

function enterUsed(recovery: Recovery, header: SegmentHeader): Damage | undefined {
  const { stop } = recovery;
  const file = must(recovery.segments[recovery.at], "the segment that is read is listed");
  if (header.number !== file.number)
    return damageAt(recovery.at, 0, `this is segment ${header.number} under another name`);
  if (header.size !== file.size)
    return damageAt(recovery.at, 0, `the file has ${file.size} bytes, but was made with ${header.size}`);
  if (header.salt !== (recovery.salt ?? header.salt))
    return damageAt(recovery.at, 0, "the segment belongs to another log");
  if (stop === undefined) recovery.nextSequence = header.firstSequence;
  else if (stop.recordEnd !== undefined || header.firstSequence !== recovery.nextSequence)
    return damageAt(
      stop.segment,
      stop.offset,
      `${whatStopped(recovery, stop)}, but the next segment goes on with record ${header.firstSequence}`,
    );
  recovery.salt = header.salt;
  return undefined;
}

/** @returns Where the next record starts, or why there is none to be had. */
function readRecord(
  recovery: Recovery,
  config: WalConfig,
  bytes: Uint8Array,
  offset: number,
): number | Reading {
  const { size } = must(recovery.segments[recovery.at], "the segment that is read is listed");
  const at = offset - recovery.offset;
  if (size - offset < RECORD_HEADER_BYTES) return stopped(recovery, offset, undefined, false);
  if (bytes.length - at < RECORD_HEADER_BYTES) return { kind: "more", offset, length: config.readBytes };
  const header = decodeRecordHeader(bytes, at, recovery.salt);
  const length = RECORD_HEADER_BYTES + (header?.payloadBytes ?? 0);
  if (header === undefined || offset + length > size)
    return stopped(recovery, offset, undefined, hasUnwrittenSector(bytes, at, RECORD_HEADER_BYTES, offset));
  if (header.sequence !== recovery.nextSequence)
    return damageAt(
      recovery.at,
      offset,
      `record ${header.sequence} stands in the place of record ${recovery.nextSequence}`,
    );
  if (bytes.length - at < length)
    return { kind: "more", offset, length: Math.max(config.readBytes, align(length)) };
  const payloadAt = at + RECORD_HEADER_BYTES;
  const good = crc32c(bytes, payloadAt, at + length) === header.payloadCrc;
  if (!good && !(PLANTED && planted(config, "wal-accepts-torn-tail")))
    return stopped(recovery, offset, offset + length, hasUnwrittenSector(bytes, at, length, offset));
  const wrong = applyPayload(recovery, bytes, payloadAt, at + length);
  if (wrong !== undefined)
    return damageAt(recovery.at, offset, `record ${header.sequence} is whole, but ${wrong}`);
  recovery.nextSequence++;
  return offset + align(length);
}

function applyPayload(recovery: Recovery, bytes: Uint8Array, from: number, to: number): string | undefined {
  const items = decodeItems(bytes, from, to);
  if (items === undefined) return "this release cannot read what it says";
  for (const item of items) {
    const wrong = applyItem(recovery.image, item);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function stopped(
  { at }: Recovery,
  offset: number,
  recordEnd: number | undefined,
  unwritten: boolean,
): Reading {
  return { kind: "stopped", stop: { segment: at, offset, recordEnd, unwritten } };
}
