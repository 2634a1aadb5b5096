// Reading state.bin: a header, then records, each one byte of type and one MessagePack value, with no length before it.
// Pieces come in as they come; a record is handed on once it is whole. Faults are told with the byte where the record
// begins.

import { concatBytes } from "../lib/bytes.ts";
import { createReader, skipValue, TRUNCATED } from "../wire/gossip/msgpack.ts";
import { decodeKind } from "../wire/gossip/struct.ts";
import { FIRST_ENTERPRISE_RECORD, RECORD_NAMES } from "./record-types.ts";
import { header, MAX_DEPTH } from "./records.ts";

/** Ours has nothing larger than a log entry; Consul's may be a configuration with everything in it. */
const MAX_RECORD_BYTES = 64 << 20;

export interface StateReader {
  /** What has come and was not handed on. */
  pending: Uint8Array;
  /** Bytes of `pending` below which it is of no use to look again. */
  wanted: number;
  /** Where `pending` begins in state.bin. */
  offset: number;
  /** Undefined before the header was read. */
  lastIndex: number | undefined;
}

/** A record; the body lies in `bytes[start, end)`. @returns An error, or undefined. */
export type OnRecord = (type: number, bytes: Uint8Array, start: number, end: number) => string | undefined;

export function createStateReader(): StateReader {
  return { pending: new Uint8Array(0), wanted: 1, offset: 0, lastIndex: undefined };
}

/** @returns What is wrong, with the place; undefined while all is well. */
export function feedState(state: StateReader, bytes: Uint8Array, onRecord: OnRecord): string | undefined {
  const pending = state.pending.length === 0 ? bytes : concatBytes([state.pending, bytes]);
  state.pending = pending;
  if (pending.length < state.wanted) return undefined;
  let at = 0;
  let error: string | undefined;
  state.wanted = 1;
  while (at < pending.length && error === undefined) {
    const start = state.lastIndex === undefined ? at : at + 1;
    const reader = createReader(pending, start);
    skipValue(reader, 0, MAX_DEPTH);
    if (reader.error === TRUNCATED && pending.length - at < MAX_RECORD_BYTES) {
      state.wanted = Math.min(Math.max(reader.wanted - at, pending.length - at + 1), MAX_RECORD_BYTES);
      break;
    }
    error = reader.error === TRUNCATED ? "larger than anything we know" : reader.error;
    error ??= takeRecord(state, pending, at, start, reader.at, onRecord);
    if (error === undefined) at = reader.at;
    else error = `state.bin: at byte ${state.offset + at}: ${nameOf(state, pending[at])}: ${error}`;
  }
  state.offset += at;
  state.pending = pending.slice(at);
  return error;
}

function takeRecord(
  state: StateReader,
  bytes: Uint8Array,
  at: number,
  start: number,
  end: number,
  onRecord: OnRecord,
): string | undefined {
  if (state.lastIndex !== undefined) {
    const type = bytes[at] as number;
    // Consul's rule too: a type that it must not skip is one that it does not know.
    if (!RECORD_NAMES.has(type) && type < FIRST_ENTERPRISE_RECORD)
      return "a type that this version does not know";
    return onRecord(type, bytes, start, end);
  }
  const decoded = decodeKind(header, bytes, start, end);
  if (!decoded.ok) return decoded.error;
  state.lastIndex = decoded.value.lastIndex;
  return undefined;
}

function nameOf(state: StateReader, type: number | undefined): string {
  if (state.lastIndex === undefined) return "header";
  return `record of type ${type} (${RECORD_NAMES.get(type ?? -1) ?? "unknown"})`;
}

/** No more will come. @returns What is missing. */
export function endState(state: StateReader): string | undefined {
  if (state.pending.length > 0)
    return `state.bin: at byte ${state.offset}: ${nameOf(state, state.pending[0])}: cut off`;
  return state.lastIndex === undefined ? "state.bin: empty" : undefined;
}
