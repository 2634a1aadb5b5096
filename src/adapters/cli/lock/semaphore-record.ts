// What is written at a semaphore's key, in the form of Consul's client library: how many may hold it, and the sessions that
// do. Pure: who asks and writes is semaphore.ts.

import { compareStrings } from "../../../core/lib/bytes.ts";
import type { KvEntry } from "../kv-pairs.ts";

export interface SemaphoreRecord {
  readonly limit: number;
  readonly holders: ReadonlySet<string>;
}

/** The flags of a semaphore's keys, by which they are told from a lock's and from anything else. */
export const SEMAPHORE_FLAGS: string = "16210313421097356768";

/** @returns undefined for what no semaphore has written. */
export function decodeRecord(value: string): SemaphoreRecord | undefined {
  try {
    const { Limit, Holders } = JSON.parse(value) as { readonly Limit?: unknown; readonly Holders?: unknown };
    if (typeof Limit !== "number") return undefined;
    const named = typeof Holders === "object" && Holders !== null ? Object.entries(Holders) : [];
    return { limit: Limit, holders: new Set(named.filter(([, holds]) => holds === true).map(([id]) => id)) };
  } catch {
    return undefined;
  }
}

/** As Go prints it: the holders sorted. */
export function encodeRecord({ limit, holders }: SemaphoreRecord): Uint8Array {
  const sorted = [...holders].sort(compareStrings).map((id) => [id, true] as const);
  return Buffer.from(JSON.stringify({ Limit: limit, Holders: Object.fromEntries(sorted) }));
}

/** Without the holders whose session has ended: a living one has a key of its own, which its session holds. */
export function livingHolders(record: SemaphoreRecord, entries: readonly KvEntry[]): SemaphoreRecord {
  const living = new Set(entries.map(({ session }) => session).filter((session) => session !== ""));
  return { ...record, holders: new Set([...record.holders].filter((id) => living.has(id))) };
}

/** The semaphore as its keys say it; a fresh one of `limit` where nothing is written yet. Undefined for what is none. */
export function recordIn(
  entry: KvEntry | undefined,
  entries: readonly KvEntry[],
  limit: number,
): SemaphoreRecord | undefined {
  if (entry === undefined || entry.value === "") return { limit, holders: new Set() };
  const record = decodeRecord(Buffer.from(entry.value, "latin1").toString());
  return record && livingHolders(record, entries);
}
