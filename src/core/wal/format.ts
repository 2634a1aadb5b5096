// The bytes of a segment, for ever: its header and the headers of its records (docs/wal-format.md). Numbers are
// little-endian. Knows nothing of files, of what records mean, or of what to do about damage.

import { crc32c } from "../lib/crc.ts";

export const FORMAT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 48;
export const RECORD_HEADER_BYTES = 24;

/** "QuorWAL\n" */
const MAGIC: readonly number[] = [0x51, 0x75, 0x6f, 0x72, 0x57, 0x41, 0x4c, 0x0a];
/** "Rec1": starts every record, so that a search for records passes over other bytes quickly. */
const RECORD_MARK = 0x31636552;

export interface SegmentHeader {
  /**
   * Drawn at random for each log: what its checksums start from. Nobody outside can make bytes that pass for a
   * record.
   */
  readonly salt: number;
  readonly number: number;
  /** Of the first record in the segment. */
  readonly firstSequence: number;
  /** Of the file: one that was cut short is found out. */
  readonly size: number;
}

export type DecodedSegmentHeader =
  /** All zeros: made ahead and never written to, or its first write did not arrive. */
  | { readonly kind: "unused" }
  | { readonly kind: "used"; readonly header: SegmentHeader }
  | { readonly kind: "bad"; readonly why: string };

export interface RecordHeader {
  /** 1 for a log's first record, growing by one with each over the life of the log. */
  readonly sequence: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
}

/** Records start at multiples of eight bytes. */
export function align(bytes: number): number {
  return bytes + (-bytes & 7);
}

export function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value;
  into[at + 1] = value >>> 8;
  into[at + 2] = value >>> 16;
  into[at + 3] = value >>> 24;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

export function writeUint64(into: Uint8Array, at: number, value: number): void {
  writeUint32(into, at, value);
  writeUint32(into, at + 4, Math.floor(value / 0x100000000));
}

/** Not exact past 2^53: judge with Number.isSafeInteger where that matters. */
export function readUint64(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) + readUint32(bytes, at + 4) * 0x100000000;
}

function segmentHeaderCrc(bytes: Uint8Array): number {
  return crc32c(bytes, 16, SEGMENT_HEADER_BYTES, crc32c(bytes, 0, 12));
}

/** Writes at the start of `into`. */
export function writeSegmentHeader(into: Uint8Array, header: SegmentHeader): void {
  into.set(MAGIC);
  writeUint32(into, 8, FORMAT_VERSION);
  writeUint32(into, 16, header.salt);
  writeUint64(into, 24, header.number);
  writeUint64(into, 32, header.firstSequence);
  writeUint64(into, 40, header.size);
  writeUint32(into, 12, segmentHeaderCrc(into));
}

/** What stands in the first SEGMENT_HEADER_BYTES, which must be there. */
export function decodeSegmentHeader(bytes: Uint8Array): DecodedSegmentHeader {
  if (allZero(bytes, 0, SEGMENT_HEADER_BYTES)) return { kind: "unused" };
  if (!MAGIC.every((byte, at) => bytes[at] === byte))
    return { kind: "bad", why: "this is no segment of a log" };
  if (readUint32(bytes, 12) !== segmentHeaderCrc(bytes))
    return { kind: "bad", why: "the segment's header has a wrong checksum" };
  const version = readUint32(bytes, 8);
  if (version !== FORMAT_VERSION)
    return { kind: "bad", why: `version ${version} of the format is not known to this release` };
  const header: SegmentHeader = {
    salt: readUint32(bytes, 16),
    number: readUint64(bytes, 24),
    firstSequence: readUint64(bytes, 32),
    size: readUint64(bytes, 40),
  };
  return { kind: "used", header };
}

/** Writes at `at`. Comes last: its checksum covers that of the payload. */
export function writeRecordHeader(into: Uint8Array, at: number, header: RecordHeader, salt: number): void {
  writeUint32(into, at, RECORD_MARK);
  writeUint32(into, at + 4, header.payloadBytes);
  writeUint64(into, at + 8, header.sequence);
  writeUint32(into, at + 16, header.payloadCrc);
  writeUint32(into, at + 20, crc32c(into, at, at + 20, salt));
}

/**
 * The header at `at`, where RECORD_HEADER_BYTES must be left, or undefined when none stands there.
 * @param salt Undefined when it is lost: then what merely looks like a header is taken for one.
 */
export function decodeRecordHeader(
  bytes: Uint8Array,
  at: number,
  salt: number | undefined,
): RecordHeader | undefined {
  if (readUint32(bytes, at) !== RECORD_MARK) return undefined;
  if (salt !== undefined && readUint32(bytes, at + 20) !== crc32c(bytes, at, at + 20, salt)) return undefined;
  const sequence = readUint64(bytes, at + 8);
  if (!Number.isSafeInteger(sequence)) return undefined;
  return { sequence, payloadBytes: readUint32(bytes, at + 4), payloadCrc: readUint32(bytes, at + 16) };
}

/** Whether all of `bytes[from, to)` are zero. */
export function allZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}
