// Stepping over what is expected: in a pool of thousands nearly all of what a push-pull says is what its reader says itself,
// and to see that takes less than to decode it. Each function here steps over a value if it is this one, and says whether it
// was; if not, the reader is left somewhere in it, perhaps with an error.

import type { Uint64 } from "../../model/kv.ts";
import { type Reader, readInteger, readRawHeader } from "./msgpack.ts";

export function skipInteger(reader: Reader, expected: Uint64): boolean {
  const first = reader.bytes[reader.at];
  if (reader.at >= reader.end || first === undefined) return false;
  if (first < 0x80) {
    reader.at++;
    return first === expected;
  }
  return readInteger(reader) === expected;
}

function skipRawHeader(reader: Reader, length: number): boolean {
  if (length >= 32) return readRawHeader(reader) === length;
  if (reader.at >= reader.end || reader.bytes[reader.at] !== (0xa0 | length)) return false;
  reader.at++;
  return true;
}

/** Text that is not ASCII is never the expected one. */
export function skipText(reader: Reader, expected: string): boolean {
  const { length } = expected;
  if (!skipRawHeader(reader, length) || length > reader.end - reader.at) return false;
  const { bytes, at } = reader;
  for (let k = 0; k < length; k++) {
    const byte = bytes[at + k] as number;
    if (byte >= 0x80 || byte !== expected.charCodeAt(k)) return false;
  }
  reader.at = at + length;
  return true;
}

/**
 * Two lists of the same things are mostly in the same order: each side has a few that the other has not, or has elsewhere.
 * @param expected What is likely to be there.
 * @returns Steps over the item at the reader if it is the one that is expected next, or the one after that.
 */
export function inStep<T>(
  reader: Reader,
  expected: Iterator<T>,
  skip: (reader: Reader, item: T) => boolean,
): () => boolean {
  let next = expected.next();
  let second = expected.next();
  const skips = (item: T): boolean => {
    const { at } = reader;
    if (skip(reader, item)) return true;
    reader.at = at;
    reader.error = undefined;
    return false;
  };
  return () => {
    if (next.done === true || reader.error !== undefined) return false;
    if (skips(next.value)) {
      next = second;
      second = expected.next();
      return true;
    }
    if (second.done === true || !skips(second.value)) return false;
    next = expected.next();
    second = expected.next();
    return true;
  };
}
