// What comes after the last good record: nothing, the trace of a write that a crash interrupted, or damage. Only one
// write is ever under way, it is one record, and it goes where only zeros stood. So a crash leaves at most one bad
// record, with no record behind it and with some sector of it still zero; all else is damage, and must never be taken
// for a crash: what is cut may have been acknowledged (Alagappan et al., "Protocol-Aware Recovery", FAST '18, §2.3).

import { must } from "../lib/assert.ts";
import { SECTOR_BYTES } from "./disk.ts";
import { align, allZero, decodeRecordHeader, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "./format.ts";
import {
  type Cut,
  type Damage,
  damageAt,
  type Recovery,
  type Stop,
  type TailRegion,
} from "./recovery-state.ts";

/** Whether some sector's share of `bytes[at, at + length)`, which begin at `offset` of their file, is all zeros. */
export function hasUnwrittenSector(bytes: Uint8Array, at: number, length: number, offset: number): boolean {
  const end = at + length;
  let from = at;
  let to = at + SECTOR_BYTES - (offset % SECTOR_BYTES);
  while (from < end) {
    if (allZero(bytes, from, Math.min(to, end))) return true;
    from = to;
    to += SECTOR_BYTES;
  }
  return false;
}

/** What is wrong where the next record should stand. */
export function whatStopped(recovery: Recovery, stop: Stop): string {
  const record = `record ${recovery.nextSequence}`;
  if (stop.recordEnd !== undefined) return `${record} has a wrong checksum`;
  return stop.unwritten ? `${record} is missing` : `${record} has a broken header`;
}

function damage(recovery: Recovery, { segment, from }: TailRegion, but: string): Damage {
  const { stop } = recovery;
  const lack =
    stop === undefined || stop.segment !== segment
      ? "the segment's header is missing"
      : whatStopped(recovery, stop);
  return damageAt(segment, from, `${lack}, but ${but}`);
}

/**
 * What is not searched yet begins at the answer of searchTail; the two overlap by what may be the start of a record.
 */
const OVERLAP_BYTES = RECORD_HEADER_BYTES - 8;

/**
 * Searches `bytes`, which stand at `offset` in the region's segment, for anything but zeros.
 * @returns Where to search on, or the damage that a record in this place proves.
 */
export function searchTail(
  recovery: Recovery,
  region: TailRegion,
  bytes: Uint8Array,
  offset: number,
): number | Damage {
  const words = wordsOf(bytes);
  for (let word = 0; word < words.length; word++) {
    if (words[word] === 0) continue;
    const at = word * 4;
    noteUsed(region, offset + at);
    if (at % 8 !== 0 || at + RECORD_HEADER_BYTES > bytes.length || isStop(recovery, region, offset + at))
      continue;
    const header = decodeRecordHeader(bytes, at, recovery.salt);
    if (header !== undefined)
      return damage(recovery, region, `record ${header.sequence} stands behind it, at byte ${offset + at}`);
  }
  const { size } = must(recovery.segments[region.segment], "the region is in a listed segment");
  const end = offset + bytes.length;
  return end < size ? end - OVERLAP_BYTES : end;
}

function noteUsed(region: TailRegion, offset: number): void {
  if (region.usedFrom === region.usedTo) region.usedFrom = offset;
  region.usedTo = Math.max(region.usedTo, offset + 4);
}

function isStop({ stop }: Recovery, region: TailRegion, offset: number): boolean {
  return stop !== undefined && stop.segment === region.segment && stop.offset === offset;
}

/** The bytes four at a time: a tail is megabytes of zeros, and nothing else about it needs to be quick. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2);
}

/** The verdict once all regions have been searched; undefined when there are only zeros. */
export function judgeTail(recovery: Recovery): Cut | Damage | undefined {
  const { stop, tail } = recovery;
  const first = tail[0];
  if (first !== undefined && stop?.offset === SEGMENT_HEADER_BYTES && stop.recordEnd === undefined)
    return damage(recovery, first, "the segment's header was written together with it");
  const [used, more] = tail.filter((region) => region.usedTo > region.usedFrom);
  if (used === undefined) return undefined;
  if (more !== undefined) return damage(recovery, used, "the next segment is not empty either");
  if (!mayBeTorn(recovery, used))
    return damage(recovery, used, "not because a write was interrupted: what stands there was written whole");
  return { kind: "cut", segment: used.segment, from: cutFrom(recovery, used), to: used.usedTo };
}

function mayBeTorn({ stop, tail }: Recovery, region: TailRegion): boolean {
  // Both headers of a fresh segment are in its first sector: without them nothing of that sector was written.
  if (stop === undefined || stop.segment !== region.segment) return region.usedFrom >= SECTOR_BYTES;
  // A segment is made ahead only when the one before it has a durable record.
  if (stop.offset === SEGMENT_HEADER_BYTES && tail.length > 1) return false;
  return stop.unwritten && region.usedTo <= align(stop.recordEnd ?? region.usedTo);
}

/** A segment without a whole record goes back to being a spare one. */
function cutFrom({ stop }: Recovery, region: TailRegion): number {
  return stop?.segment === region.segment && stop.offset === SEGMENT_HEADER_BYTES ? 0 : region.from;
}
