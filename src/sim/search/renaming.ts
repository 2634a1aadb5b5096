// Fingerprints of plain data under a renaming of the servers (symmetry reduction: Ip and Dill 1996). Servers are alike:
// what they do does not depend on their names, so two states that differ only by who is who have the same future. A
// state's fingerprint is the least over all renamings; the renamed state itself is never made.

import { createDigest, type Digest, mixBytes, mixNumber, mixString } from "../../core/lib/digest.ts";
import { decodeServers } from "../../core/raft/configuration.ts";
import {
  ENTRY_HEADER_BYTES,
  entryDataLength,
  entryKind,
  entryOffsets,
  entryTerm,
} from "../../core/raft/entry.ts";

/** A server's id → the number of the one whose name it takes. */
export type Renaming = ReadonlyMap<string, number>;

/**
 * Every renaming of so many servers, the identity first. Of more than four only those that leave the later ones alone: a
 * subgroup is as sound, and 120 renamings would cost more than they save.
 */
export function renamings(ids: readonly string[], symmetric: boolean): Renaming[] {
  const moved = symmetric ? Math.min(4, ids.length) : 0;
  return permutations(moved).map(
    (places) => new Map(ids.map((id, at): [string, number] => [id, places[at] ?? at])),
  );
}

function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((shorter) =>
    Array.from({ length: count }, (_, place) => [
      ...shorter.slice(0, count - 1 - place),
      count - 1,
      ...shorter.slice(count - 1 - place),
    ]),
  );
}

const keys = (record: object): string[] => Object.keys(record);

/** Mixes any plain data, with server ids renamed; the records' fields in the order in which they were made. */
export function mixRenamed(digest: Digest, value: unknown, renaming: Renaming): void {
  switch (typeof value) {
    case "number":
      return mixAny(digest, value);
    case "string": {
      const renamed = renaming.get(value);
      if (renamed === undefined) return mixString(digest, value);
      return mixNumber(digest, 0x5e0000 + renamed);
    }
    case "boolean":
      return mixNumber(digest, value ? 0x71 : 0x72);
    case "undefined":
      return mixNumber(digest, 0x73);
    default:
      break;
  }
  if (value instanceof Uint8Array) {
    mixNumber(digest, value.length);
    mixEntries(digest, value, renaming);
  } else if (Array.isArray(value)) {
    mixNumber(digest, value.length);
    for (const item of value) mixRenamed(digest, item, renaming);
  } else if (value instanceof Map)
    mixUnordered(digest, value, (part, [key, item]) => {
      mixRenamed(part, key, renaming);
      mixRenamed(part, item, renaming);
    });
  else
    for (const key of keys(value as object)) {
      const field = (value as Record<string, unknown>)[key];
      // A set of servers: its order says nothing.
      if (key === "servers")
        mixUnordered(digest, field as unknown[], (part, item) => mixRenamed(part, item, renaming));
      // An address goes with its server.
      else if (key !== "address") mixRenamed(digest, field, renaming);
    }
}

/** Numbers of any kind, the infinite ones told apart. */
function mixAny(digest: Digest, value: number): void {
  if (Number.isFinite(value)) mixNumber(digest, value);
  else mixNumber(digest, value > 0 ? 0x7ffffff1 : 0x7ffffff2);
}

/** Each item by itself, added up: in whatever order they come. */
export function mixUnordered<T>(
  digest: Digest,
  items: Iterable<T>,
  mixItem: (part: Digest, item: T) => void,
): void {
  let a = 0;
  let b = 0;
  for (const item of items) {
    const part = createDigest();
    mixItem(part, item);
    a = (a + part.a) | 0;
    b = (b + part.b) | 0;
  }
  mixNumber(digest, a);
  mixNumber(digest, b);
}

/** Encoded log entries; those that hold a configuration by what it says. */
export function mixEntries(digest: Digest, bytes: Uint8Array, renaming: Renaming): void {
  const offsets = entryOffsets(bytes);
  if (offsets === undefined) return mixBytes(digest, bytes);
  for (const offset of offsets) {
    const data = bytes.subarray(
      offset + ENTRY_HEADER_BYTES,
      offset + ENTRY_HEADER_BYTES + entryDataLength(bytes, offset),
    );
    mixEntry(digest, entryTerm(bytes, offset), entryKind(bytes, offset) ?? "", data, renaming);
  }
}

export function mixEntry(
  digest: Digest,
  term: number,
  kind: string,
  data: Uint8Array,
  renaming: Renaming,
): void {
  mixNumber(digest, term);
  mixString(digest, kind);
  const servers = kind === "configuration" ? decodeServers(data) : undefined;
  if (servers === undefined) mixBytes(digest, data);
  else mixRenamed(digest, { servers }, renaming);
}
