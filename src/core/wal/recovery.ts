// Reading the log back: list the folder, go from record to record through all segments (read-records.ts), judge what
// comes after the last record (tail.ts), put the disk in order, hand over what was found. Whatever the bytes are, the
// outcome is `recovered` or `wal-failed`; a damaged log is left as it is. Rules: docs/wal-format.md.

import { must } from "../lib/assert.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { DiskFile, DiskRequest, DiskResult } from "./disk.ts";
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "./format.ts";
import { liveBatches } from "./image.ts";
import type { WalEffect } from "./ports.ts";
import { type Reading, readRecords } from "./read-records.ts";
import { type Cut, createRecovery, type Damage, damageAt, type Recovery } from "./recovery-state.ts";
import { ask, failOnDisk, failWal, parseSegmentName, segmentPath, temporaryPath, type Wal } from "./state.ts";
import { judgeTail, searchTail } from "./tail.ts";

/** Every segment was made larger than this. */
const LEAST_SEGMENT_BYTES = SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES;

const HEADER_MISSING = "the segment's header is missing, but segments follow";

export function startRecovery(wal: Wal, out: WalEffect[]): void {
  wal.phase = "recovering";
  wal.recovery = createRecovery(ask(wal, { kind: "list", folder: wal.config.folder }, out));
}

/** The disk answered what recovery asked. */
export function onRecoveryAnswer(wal: Wal, result: DiskResult, out: WalEffect[]): void {
  const recovery = must(wal.recovery, "recovery is under way");
  if (!result.ok) return failOnDisk(wal, result.error, out);
  switch (recovery.step) {
    case "list":
      return onListed(wal, recovery, must(result.files, "a list is answered with files"), out);
    case "read":
    case "tail":
      return onRead(wal, recovery, must(result.bytes, "a read is answered with bytes"), out);
    case "mend":
      return mendNext(wal, recovery, out);
  }
}

function onListed(wal: Wal, recovery: Recovery, files: readonly DiskFile[], out: WalEffect[]): void {
  const { config } = wal;
  const named = files.flatMap(({ name, size }) => {
    const parsed = parseSegmentName(name);
    return parsed === undefined ? [] : [{ size, ...parsed }];
  });
  const segments = named.filter((each) => !each.temporary);
  for (const { number } of named.filter((each) => each.temporary))
    recovery.mending.push({ kind: "remove", file: temporaryPath(config, number) });
  recovery.segments = segments
    .map(({ number, size }) => ({ number, size }))
    .sort((a, b) => a.number - b.number);
  const damage = judgeList(recovery);
  if (damage !== undefined) return failDamaged(wal, recovery, damage, out);
  if (segments.length === 0) return startMending(wal, recovery, out);
  recovery.step = "read";
  readFrom(wal, recovery, 0, 0, config.readBytes, out);
}

function judgeList({ segments }: Recovery): Damage | undefined {
  for (const [at, { number, size }] of segments.entries()) {
    const expected = (segments[0]?.number ?? 0) + at;
    if (number !== expected)
      return damageAt(at, 0, `segment ${expected}, which should come before, is missing`);
    if (size < LEAST_SEGMENT_BYTES) return damageAt(at, 0, `the file has only ${size} bytes`);
  }
  return undefined;
}

/** Asks for a stretch of a segment, or what is left of it. */
function readFrom(
  wal: Wal,
  recovery: Recovery,
  segment: number,
  offset: number,
  length: number,
  out: WalEffect[],
): void {
  const { number, size } = must(recovery.segments[segment], "only listed segments are read");
  recovery.at = segment;
  recovery.offset = offset;
  recovery.length = Math.min(length, size - offset);
  const file = segmentPath(wal.config, number);
  recovery.op = ask(wal, { kind: "read", file, offset, length: recovery.length }, out);
}

function onRead(wal: Wal, recovery: Recovery, bytes: Uint8Array, out: WalEffect[]): void {
  const { at: segment, offset } = recovery;
  if (bytes.length !== recovery.length) {
    const what = "the file ends here, before the length that it was listed with";
    failDamaged(wal, recovery, damageAt(segment, offset + bytes.length, what), out);
  } else if (recovery.step === "read")
    onReading(wal, recovery, readRecords(recovery, wal.config, bytes), out);
  else onTailRead(wal, recovery, bytes, out);
}

function onReading(wal: Wal, recovery: Recovery, reading: Reading, out: WalEffect[]): void {
  const { at: segment, segments, image } = recovery;
  const last = segment + 1 === segments.length;
  switch (reading.kind) {
    case "more":
      return readFrom(wal, recovery, segment, reading.offset, reading.length, out);
    case "damaged":
      return failDamaged(wal, recovery, reading, out);
    case "unused":
      if (last) startTail(wal, recovery, out);
      else failDamaged(wal, recovery, damageAt(segment, 0, HEADER_MISSING), out);
      return;
    case "stopped":
      recovery.stop = reading.stop;
      recovery.entered.push({
        number: must(segments[segment], "the segment is listed").number,
        lastIndex: image.lastIndex,
      });
      if (last) startTail(wal, recovery, out);
      else readFrom(wal, recovery, segment + 1, 0, wal.config.readBytes, out);
  }
}

/** Searches the rest of the segment with the last records, and the segment made ahead behind it if there is one. */
function startTail(wal: Wal, recovery: Recovery, out: WalEffect[]): void {
  const { stop, segments, tail } = recovery;
  const lastSegment = segments.length - 1;
  const starts = stop === undefined ? [] : [{ segment: stop.segment, from: stop.offset }];
  if (stop?.segment !== lastSegment) starts.push({ segment: lastSegment, from: 0 });
  for (const { segment, from } of starts) tail.push({ segment, from, usedFrom: from, usedTo: from });
  recovery.step = "tail";
  searchNextRegion(wal, recovery, 0, out);
}

function searchNextRegion(wal: Wal, recovery: Recovery, place: number, out: WalEffect[]): void {
  const region = recovery.tail[place];
  if (region === undefined) onTailSearched(wal, recovery, out);
  else readFrom(wal, recovery, region.segment, region.from, wal.config.readBytes, out);
}

function onTailRead(wal: Wal, recovery: Recovery, bytes: Uint8Array, out: WalEffect[]): void {
  const { at: segment, offset, segments, tail } = recovery;
  const place = tail.findIndex((region) => region.segment === segment);
  const next = searchTail(recovery, must(tail[place], "a region is searched"), bytes, offset);
  if (typeof next !== "number") failDamaged(wal, recovery, next, out);
  else if (next < must(segments[segment], "the segment is listed").size)
    readFrom(wal, recovery, segment, next, wal.config.readBytes, out);
  else searchNextRegion(wal, recovery, place + 1, out);
}

function onTailSearched(wal: Wal, recovery: Recovery, out: WalEffect[]): void {
  const { image, mending } = recovery;
  const verdict = judgeTail(recovery);
  if (verdict?.kind === "damaged") return failDamaged(wal, recovery, verdict, out);
  if (image.missingTo > image.compactedTo) {
    const missing = `${image.compactedTo + 1}–${image.missingTo}`;
    const what = `the log begins here, but entries ${missing} stood in segments before it`;
    return failDamaged(wal, recovery, damageAt(0, 0, what), out);
  }
  recovery.cut = verdict;
  if (verdict !== undefined) mending.push(...zeroWrites(wal, recovery, verdict));
  startMending(wal, recovery, out);
}

function startMending(wal: Wal, recovery: Recovery, out: WalEffect[]): void {
  recovery.step = "mend";
  mendNext(wal, recovery, out);
}

/** What is cut is overwritten with zeros before anything else is written, so that no part of it can ever come back. */
function zeroWrites({ config }: Wal, recovery: Recovery, cut: Cut): DiskRequest[] {
  const file = segmentPath(config, must(recovery.segments[cut.segment], "the cut segment is listed").number);
  const writes: DiskRequest[] = [];
  for (let offset = cut.from; offset < cut.to; offset += config.readBytes) {
    const zeros = new Uint8Array(Math.min(config.readBytes, cut.to - offset));
    writes.push({ kind: "write", file, offset, parts: [zeros] });
  }
  return writes;
}

function mendNext(wal: Wal, recovery: Recovery, out: WalEffect[]): void {
  const request = recovery.mending.shift();
  if (request === undefined) finish(wal, recovery, out);
  else recovery.op = ask(wal, request, out);
}

function finish(wal: Wal, recovery: Recovery, out: WalEffect[]): void {
  const { image, cut } = recovery;
  const { hardState, compactedTo, lastIndex } = image;
  takeOverSegments(wal, recovery);
  wal.salt = recovery.salt ?? wal.chance.choose("wal.salt", 0x100000000);
  wal.nextSequence = recovery.nextSequence;
  Object.assign(wal.written, { hardState, compactedTo, lastIndex });
  Object.assign(wal.asked, { compactedTo, lastIndex });
  wal.recovery = undefined;
  wal.phase = "open";
  const tornBytes = cut === undefined ? 0 : cut.to - cut.from;
  out.push({ type: "recovered", hardState, batches: liveBatches(image), compactedTo, tornBytes });
}

/** The last segment with records goes on; one without, or whose only record was cut, is spare; the rest are closed. */
function takeOverSegments(wal: Wal, { segments, entered, stop, cut }: Recovery): void {
  const used = stop === undefined || (cut?.segment === stop.segment && cut.from === 0) ? undefined : stop;
  const file = used === undefined ? undefined : segments[used.segment];
  if (used !== undefined && file !== undefined) wal.current = { end: used.offset, ...file };
  if (used?.segment !== segments.length - 1) wal.spare = segments.at(-1);
  wal.closed.push(
    ...entered.filter(({ number }) => number !== wal.current?.number && number !== wal.spare?.number),
  );
}

function failDamaged(wal: Wal, recovery: Recovery, damage: Damage, out: WalEffect[]): void {
  if (PLANTED && planted(wal.config, "wal-drops-after-bad-middle")) return finish(wal, recovery, out);
  const { segment, offset, what } = damage;
  const file = segmentPath(
    wal.config,
    must(recovery.segments[segment], "damage is in a listed segment").number,
  );
  failWal(wal, `${file}, byte ${offset}: ${what}.`, liveBatches(recovery.image), out);
}
