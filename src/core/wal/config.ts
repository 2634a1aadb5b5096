// The log's knobs: where it lies, and sizes that trade the time of a first start against the number of files.

import { assert } from "../lib/assert.ts";

export interface WalConfig {
  /** Of the segments, relative to the data directory. Nothing else may be kept in it. */
  readonly folder: string;
  /** Size of the very first segment: zero-filling it is part of the first start. Multiple of 8. */
  readonly firstSegmentBytes: number;
  /**
   * Size of a grown log's segments; those before grow by fours. Larger only where one request needs it. Multiple of
   * 8.
   */
  readonly segmentBytes: number;
  /** Requests are gathered into one write up to this size; a single request may exceed it. */
  readonly maxWriteBytes: number;
  /** How much is read at once on recovery. Multiple of 8; a single larger record is read whole. */
  readonly readBytes: number;
  readonly planted?: string | undefined;
}

/** The sizes of production: 256 KiB are filled with zeros in a millisecond or two, 8 MiB in some twenty. */
export function walConfig(folder: string): WalConfig {
  return {
    folder,
    firstSegmentBytes: 256 << 10,
    segmentBytes: 8 << 20,
    maxWriteBytes: 1 << 20,
    readBytes: 1 << 20,
  };
}

/** @throws InvariantError on sizes that could not work. */
export function checkWalConfig(config: WalConfig): void {
  for (const bytes of [config.firstSegmentBytes, config.segmentBytes, config.readBytes])
    assert(bytes % 8 === 0 && bytes >= 64, "sizes of segments and reads are multiples of 8, at least 64");
  assert(config.maxWriteBytes > 0, "a write holds at least something");
}
