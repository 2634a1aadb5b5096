// What recovery knows while it reads: one stretch of one file at a time, from the oldest segment to the newest.

import type { DiskRequest } from "./disk.ts";
import { createImage, type LogImage } from "./image.ts";

/** A segment as the folder lists it. */
export interface SegmentFile {
  readonly number: number;
  readonly size: number;
}

/** A segment that has records, and the log's last index after them. */
export interface SegmentEnd {
  readonly number: number;
  readonly lastIndex: number;
}

/** Where the records of a segment stop, and what stands there instead of one. */
export interface Stop {
  /** Which of `Recovery.segments`. */
  readonly segment: number;
  readonly offset: number;
  /** End of a record that has a good header and a bad payload; undefined when there is no good header. */
  readonly recordEnd: number | undefined;
  /** Whether some sector of what stands there is all zeros: never written, as far as one can tell. */
  readonly unwritten: boolean;
}

/** Part of a segment in which there should be only zeros, as far as it has been searched. */
export interface TailRegion {
  /** Which of `Recovery.segments`. */
  readonly segment: number;
  readonly from: number;
  /** The bytes that are not zero lie in [usedFrom, usedTo); equal when there are none. */
  usedFrom: number;
  usedTo: number;
}

/** The trace of a write that a crash interrupted: everything that is not zero in [from, to). */
export interface Cut {
  readonly kind: "cut";
  readonly segment: number;
  readonly from: number;
  readonly to: number;
}

/** What no crash leaves behind. */
export interface Damage {
  readonly kind: "damaged";
  readonly segment: number;
  readonly offset: number;
  /** What was found there: the second half of a sentence that starts with the place. */
  readonly what: string;
}

export function damageAt(segment: number, offset: number, what: string): Damage {
  return { kind: "damaged", segment, offset, what };
}

export interface Recovery {
  /** `read` goes from record to record, `tail` searches what comes after the last, `mend` puts the disk in order. */
  step: "list" | "read" | "tail" | "mend";
  /** Under which the disk's next answer comes. */
  op: number;
  segments: readonly SegmentFile[];
  /** What the step asked for: which of `segments`, from which byte, how many bytes. */
  at: number;
  offset: number;
  length: number;
  readonly image: LogImage;
  nextSequence: number;
  /** Undefined until a segment's header has been read. */
  salt: number | undefined;
  readonly entered: SegmentEnd[];
  /** Of the segment that was entered last. */
  stop: Stop | undefined;
  readonly tail: TailRegion[];
  cut: Cut | undefined;
  /** What is left to do in step `mend`. */
  readonly mending: DiskRequest[];
}

export function createRecovery(op: number): Recovery {
  return {
    step: "list",
    op,
    segments: [],
    at: 0,
    offset: 0,
    length: 0,
    image: createImage(),
    nextSequence: 1,
    salt: undefined,
    entered: [],
    stop: undefined,
    tail: [],
    cut: undefined,
    mending: [],
  };
}
