// The key/value store's noun. A pair is never changed in place: a write makes a new one, so that a reader, a snapshot or
// an answer that waits to be sent may hold on to it.

import type { ByteString } from "../lib/bytes.ts";

/** An unsigned 64-bit number as clients may send it: a plain number while it is exact, a bigint past 2^53 - 1. */
export type Uint64 = number | bigint;

/** Parses a decimal as Go's strconv.ParseUint(text, 10, 64) does. */
export function parseUint64(text: string): { ok: true; value: Uint64 } | { ok: false; error: string } {
  const quoted = JSON.stringify(text);
  if (!/^\d+$/.test(text))
    return { ok: false, error: `strconv.ParseUint: parsing ${quoted}: invalid syntax` };
  const value = BigInt(text);
  if (value > 0xffffffffffffffffn)
    return { ok: false, error: `strconv.ParseUint: parsing ${quoted}: value out of range` };
  return { ok: true, value: value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value };
}

export interface KvPair {
  /** Raw bytes, case-sensitive, 1 byte or more. */
  readonly key: ByteString;
  /** "" and absent are one thing to Consul: both are printed as null. */
  readonly value: ByteString;
  /** Opaque to us: the client's own. */
  readonly flags: Uint64;
  /** The session that holds the lock, "" for none. */
  readonly session: string;
  /** How often the lock was acquired since the last plain write. */
  readonly lockIndex: number;
  /** Raft index of the write that made the key. */
  readonly createIndex: number;
  /** Raft index of the write that last changed it: what `?cas=` compares. */
  readonly modifyIndex: number;
}
