// A log entry's bytes. Entries are encoded once, when the leader appends them, and carried: the same bytes go to the
// disk, to every follower and to the follower's disk. An entry is
//
//   4 bytes  length of the data       (all numbers little-endian)
//   1 byte   kind
//   6 bytes  term
//   n bytes  data
//
// and a batch is entries one after the other with consecutive indexes; where it starts is said beside it.

/** What an entry is for. The number on the wire and on disk is the place in this list. */
export const ENTRY_KINDS = ["command", "no-op", "configuration"] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Bytes of an entry besides its data. */
export const ENTRY_HEADER_BYTES = 11;
/** The greatest term that an entry has bytes for. */
export const MAX_TERM: number = 2 ** 48 - 1;

const NO_OFFSETS: readonly number[] = [];

/** Writes an entry at `at`; `into` must have room for ENTRY_HEADER_BYTES + data.length. */
export function writeEntry(
  into: Uint8Array,
  at: number,
  kind: EntryKind,
  term: number,
  data: Uint8Array,
): void {
  const length = data.length;
  into[at] = length;
  into[at + 1] = length >>> 8;
  into[at + 2] = length >>> 16;
  into[at + 3] = length >>> 24;
  into[at + 4] = ENTRY_KINDS.indexOf(kind);
  const high = Math.floor(term / 0x1000000);
  into[at + 5] = term;
  into[at + 6] = term >>> 8;
  into[at + 7] = term >>> 16;
  into[at + 8] = high;
  into[at + 9] = high >>> 8;
  into[at + 10] = high >>> 16;
  into.set(data, at + ENTRY_HEADER_BYTES);
}

/** Length of the data of the entry at `at`. The header must be there. */
export function entryDataLength(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

/** Term of the entry at `at`. The header must be there. */
export function entryTerm(bytes: Uint8Array, at: number): number {
  const low =
    (bytes[at + 5] as number) | ((bytes[at + 6] as number) << 8) | ((bytes[at + 7] as number) << 16);
  const high =
    (bytes[at + 8] as number) | ((bytes[at + 9] as number) << 8) | ((bytes[at + 10] as number) << 16);
  return high * 0x1000000 + low;
}

/** Kind of the entry at `at`, or undefined for a number that this release does not know. */
export function entryKind(bytes: Uint8Array, at: number): EntryKind | undefined {
  return ENTRY_KINDS[bytes[at + 4] as number];
}

/**
 * Where each entry of a batch starts.
 * @returns undefined when the bytes are not a whole number of entries of known kinds: bytes from outside are judged here.
 */
export function entryOffsets(bytes: Uint8Array): readonly number[] | undefined {
  // Most batches are heartbeats.
  if (bytes.length === 0) return NO_OFFSETS;
  let count = 0;
  let end = 0;
  for (; end < bytes.length; count++) {
    if (end + ENTRY_HEADER_BYTES > bytes.length || entryKind(bytes, end) === undefined) return undefined;
    end += ENTRY_HEADER_BYTES + entryDataLength(bytes, end);
  }
  if (end !== bytes.length) return undefined;
  const offsets = new Array<number>(count);
  let at = 0;
  for (let each = 0; each < count; each++) {
    offsets[each] = at;
    at += ENTRY_HEADER_BYTES + entryDataLength(bytes, at);
  }
  return offsets;
}

/** Where the entry after the first `count` ones of a batch starts, or the batch ends. The batch must be whole and so long. */
export function offsetAfter(bytes: Uint8Array, count: number): number {
  let at = 0;
  for (let left = count; left > 0; left--) at += ENTRY_HEADER_BYTES + entryDataLength(bytes, at);
  return at;
}
