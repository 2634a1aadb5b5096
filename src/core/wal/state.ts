// The log as a machine's record: what it has handed to the disk, what waits, and what it asked and was not yet told.

import type { Chance } from "../lib/chance.ts";
import type { WalConfig } from "./config.ts";
import { type DiskError, type DiskRequest, OP_CLASSES, OP_STEP } from "./disk.ts";
import { createBounds, type LogBounds } from "./image.ts";
import type { EntryBatch, WalEffect } from "./ports.ts";
import type { RecordItem } from "./record.ts";
import type { Recovery, SegmentEnd, SegmentFile } from "./recovery-state.ts";

/** The segment that is written to. Nothing stands after `end`. */
export interface OpenSegment {
  readonly number: number;
  readonly size: number;
  /** Where the next record goes; 0 before the first, which brings the segment's header along. */
  end: number;
}

/** A store request as items of a record. */
export interface QueuedRequest {
  readonly token: number;
  readonly items: readonly RecordItem[];
  /** Payload bytes of the items. */
  readonly bytes: number;
}

/** The making of a segment: created under a temporary name, then renamed. */
export interface Preparation extends SegmentFile {
  op: number;
  step: "create" | "rename";
}

export interface Wal {
  readonly config: WalConfig;
  readonly chance: Chance;
  phase: "new" | "recovering" | "open" | "failed";
  /** Of the class `log` (disk.ts). */
  nextOp: number;
  recovery: Recovery | undefined;
  /** What this log's checksums start from (format.ts, SegmentHeader). */
  salt: number;
  /** Of the next record. */
  nextSequence: number;
  /** What all records say that were handed to the disk. */
  readonly written: LogBounds;
  /** What they will say once the queue is written too. */
  readonly asked: { token: number; compactedTo: number; lastIndex: number };
  readonly queue: QueuedRequest[];
  /** Undefined before the first record of a log, and after recovery has cut the only record of the last segment. */
  current: OpenSegment | undefined;
  /** A file of zeros, ready to become the current segment. */
  spare: SegmentFile | undefined;
  /** Segments that are only read again on recovery, oldest first. They may go when all their entries are compacted. */
  readonly closed: SegmentEnd[];
  /** The one write under way, and the last request in it. */
  writing: { readonly op: number; readonly token: number } | undefined;
  preparing: Preparation | undefined;
  /** The one removal of a closed segment under way. */
  removing: { readonly op: number } | undefined;
}

export function createState(config: WalConfig, chance: Chance): Wal {
  return {
    config,
    chance,
    phase: "new",
    nextOp: OP_STEP + OP_CLASSES.log,
    recovery: undefined,
    salt: 0,
    nextSequence: 1,
    written: createBounds(),
    asked: { token: 0, compactedTo: 0, lastIndex: 0 },
    queue: [],
    current: undefined,
    spare: undefined,
    closed: [],
    writing: undefined,
    preparing: undefined,
    removing: undefined,
  };
}

/** Asks the disk. @returns The number under which the answer will come. */
export function ask(wal: Wal, request: DiskRequest, out: WalEffect[]): number {
  const op = wal.nextOp;
  wal.nextOp += OP_STEP;
  out.push({ type: "disk", op, request });
  return op;
}

/**
 * Ends the log for good: whatever was not yet `stored` may be on the disk or not.
 * @param intact Of a log that turned out damaged: the entries before the damage.
 */
export function failWal(
  wal: Wal,
  reason: string,
  intact: readonly EntryBatch[] | undefined,
  out: WalEffect[],
): void {
  wal.phase = "failed";
  wal.recovery = undefined;
  wal.writing = undefined;
  wal.preparing = undefined;
  wal.removing = undefined;
  wal.queue.length = 0;
  out.push({ type: "wal-failed", reason, intact });
}

/**
 * Ends the log because the disk refused something. It is never asked again: after a failed sync the system may have
 * dropped what it could not write, and a second one would say that all is well.
 */
export function failOnDisk(wal: Wal, error: DiskError, out: WalEffect[]): void {
  failWal(wal, `the log cannot go on: ${error.detail} (${error.code})`, undefined, out);
}

const SEGMENT_NAME = /^(\d{16})\.(wal|tmp)$/;

/** Path of a segment. Sixteen digits, so that names sort as numbers do. */
export function segmentPath(config: WalConfig, number: number): string {
  return `${config.folder}/${String(number).padStart(16, "0")}.wal`;
}

/** Path of a segment that is not ready yet. */
export function temporaryPath(config: WalConfig, number: number): string {
  return `${config.folder}/${String(number).padStart(16, "0")}.tmp`;
}

/** The number and kind of a file in the log's folder, or undefined for a file that is none of ours. */
export function parseSegmentName(name: string): { number: number; temporary: boolean } | undefined {
  const match = SEGMENT_NAME.exec(name);
  return match === null ? undefined : { number: Number(match[1]), temporary: match[2] === "tmp" };
}
