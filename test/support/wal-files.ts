// The files of a stopped server's log, seen from outside: where its records stand, to damage them, and what is in a folder,
// to see whether anybody changed it.

import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  align,
  decodeRecordHeader,
  decodeSegmentHeader,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
} from "../../src/core/wal/format.ts";

export interface LogRecord {
  readonly offset: number;
  readonly bytes: number;
  readonly sequence: number;
}

export interface LogSegment {
  readonly path: string;
  readonly salt: number;
  readonly records: readonly LogRecord[];
  /** Where the next record would stand. */
  readonly end: number;
}

/** The newest segment with records of the server with this data directory. */
export function lastSegment(dataDir: string): LogSegment {
  const folder = join(dataDir, "raft/wal");
  const segments = readdirSync(folder)
    .sort()
    .flatMap((file) => readSegment(join(folder, file)) ?? []);
  const last = segments.at(-1);
  if (last === undefined) throw new Error(`no log in ${folder}`);
  return last;
}

/** Undefined for a segment that was made ahead. */
function readSegment(path: string): LogSegment | undefined {
  const bytes = readFileSync(path);
  const header = decodeSegmentHeader(bytes);
  if (header.kind !== "used") return undefined;
  const { salt } = header.header;
  const records: LogRecord[] = [];
  let at = SEGMENT_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= bytes.length) {
    const record = decodeRecordHeader(bytes, at, salt);
    if (record === undefined) break;
    const length = RECORD_HEADER_BYTES + record.payloadBytes;
    records.push({ offset: at, bytes: length, sequence: record.sequence });
    at += align(length);
  }
  return { path, salt, records, end: at };
}

/** Turns one bit. */
export function flipBit(path: string, offset: number): void {
  const byte = readFileSync(path)[offset];
  if (byte === undefined) throw new Error(`${path} has no byte ${offset}`);
  overwrite(path, offset, Uint8Array.of(byte ^ 0x10));
}

export function overwrite(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

/** Every file below a folder with a checksum of its content, sorted. */
export function checksums(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => `${file} ${createHash("sha256").update(readFileSync(file)).digest("hex")}`);
}
