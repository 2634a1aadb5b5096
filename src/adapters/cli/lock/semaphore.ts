// A semaphore: a prefix under which everybody who wants it has a key of their own, held by their session, and one key that
// names the holders and is only ever written over what was read. After Consul's client library (api/semaphore.go).

import { posix } from "node:path";
import type { KvEntry } from "../kv-pairs.ts";
import {
  type Acquired,
  acquire,
  type Cleaned,
  type Held,
  type HoldingSession,
  type LockOrder,
  Patience,
  type Taken,
  watchHeld,
} from "./held.ts";
import type { LockApi } from "./lock-api.ts";
import { encodeRecord, recordIn, SEMAPHORE_FLAGS, type SemaphoreRecord } from "./semaphore-record.ts";

/** Name of the key that names the holders; a lock at the same prefix has it too, so that the two collide. */
export const LOCK_KEY = ".lock";

const CONFLICT = "Existing key does not match semaphore use";
const NO_RECORD = "failed to decode lock: it is no semaphore's";
const EMPTY = new Uint8Array(0);

export interface SemaphoreSpec {
  readonly prefix: string;
  readonly limit: number;
}

/** @param stop Ends the attempt. */
export function acquireSemaphore(
  api: LockApi,
  spec: SemaphoreSpec,
  order: LockOrder,
  stop: AbortSignal,
): Promise<Acquired> {
  return acquire(api, order, {
    behavior: "delete",
    take: (session) => new Semaphore(api, spec, session).take(order.timeoutMs, stop),
    held: (session) => new Semaphore(api, spec, session).held(order),
  });
}

type Read =
  | { readonly entry: KvEntry | undefined; readonly record: SemaphoreRecord; readonly index: string }
  | { readonly error: string };

class Semaphore {
  readonly #api: LockApi;
  readonly #spec: SemaphoreSpec;
  readonly #session: HoldingSession;
  readonly #lockKey: string;
  readonly #ownKey: string;

  constructor(api: LockApi, spec: SemaphoreSpec, session: HoldingSession) {
    this.#api = api;
    // As it comes to the servers: in the path of a request dots and doubled slashes go.
    this.#spec = { ...spec, prefix: posix.normalize(spec.prefix) };
    this.#session = session;
    this.#lockKey = posix.join(spec.prefix, LOCK_KEY);
    this.#ownKey = posix.join(spec.prefix, session.id);
  }

  async take(timeoutMs: number | undefined, stop: AbortSignal): Promise<Taken> {
    const { limit } = this.#spec;
    const own = await this.#api.put(this.#ownKey, EMPTY, {
      acquire: this.#session.id,
      flags: SEMAPHORE_FLAGS,
    });
    if (!own.ok || !own.value)
      return { error: `failed to make contender entry: ${own.ok ? "<nil>" : own.error}` };
    const patience = new Patience(timeoutMs);
    let index = "0";
    for (;;) {
      const waitMs = patience.next();
      if (waitMs === undefined || stop.aborted) return undefined;
      const read = await this.#read(index, waitMs, stop);
      if (stop.aborted) return undefined;
      if ("error" in read) return read;
      const { record } = read;
      if (record.limit !== limit)
        return { error: `semaphore limit conflict (lock: ${record.limit}, local: ${limit})` };
      index = read.index;
      if (record.holders.size >= limit) continue;
      const written = await this.#write(read.entry, [...record.holders, this.#session.id]);
      if (!written.ok) return { error: `failed to update lock: ${written.error}` };
      if (written.value) return true;
      // Somebody else came in between.
      index = "0";
    }
  }

  held({ monitorRetries }: LockOrder): Held {
    const over = new AbortController();
    const { id } = this.#session;
    return {
      lost: watchHeld(
        this.#api,
        { key: this.#spec.prefix, recurse: true, signal: over.signal },
        monitorRetries,
        ({ entries }) =>
          recordIn(this.#lockEntry(entries), entries, this.#spec.limit)?.holders.has(id) ?? false,
      ),
      release: async () => {
        over.abort();
        const fault = await this.#release();
        await this.#session.end();
        return fault;
      },
      clean: () => this.#clean(),
    };
  }

  /** Takes us out of the holders, and our own key away. */
  async #release(): Promise<string | undefined> {
    const { id } = this.#session;
    for (;;) {
      const read = await this.#read("0", 0, NEVER);
      if ("error" in read) return read.error;
      if (!read.record.holders.has(id)) break;
      const others = [...read.record.holders].filter((each) => each !== id);
      const written = await this.#write(read.entry, others);
      if (!written.ok) return `failed to update lock: ${written.error}`;
      if (written.value) break;
    }
    const deleted = await this.#api.delete(this.#ownKey);
    return deleted.ok ? undefined : deleted.error;
  }

  async #clean(): Promise<Cleaned> {
    const read = await this.#read("0", 0, NEVER);
    if ("error" in read) return read;
    if (read.entry === undefined) return "removed";
    if (read.record.holders.size > 0) return "in-use";
    const removed = await this.#api.delete(this.#lockKey, { cas: read.entry.modifyIndex });
    if (!removed.ok) return { error: `failed to remove semaphore: ${removed.error}` };
    return removed.value ? "removed" : "in-use";
  }

  async #read(index: string, waitMs: number, signal: AbortSignal): Promise<Read> {
    const seen = await this.#api.look({ key: this.#spec.prefix, recurse: true, index, waitMs, signal });
    if (!seen.ok) return { error: `failed to read prefix: ${seen.error}` };
    const entry = this.#lockEntry(seen.entries);
    if (entry !== undefined && entry.flags !== SEMAPHORE_FLAGS) return { error: CONFLICT };
    const record = recordIn(entry, seen.entries, this.#spec.limit);
    return record === undefined ? { error: NO_RECORD } : { entry, record, index: seen.index };
  }

  #write(before: KvEntry | undefined, holders: readonly string[]): ReturnType<LockApi["put"]> {
    const value = encodeRecord({ limit: this.#spec.limit, holders: new Set(holders) });
    return this.#api.put(this.#lockKey, value, { cas: before?.modifyIndex ?? "0", flags: SEMAPHORE_FLAGS });
  }

  #lockEntry(entries: readonly KvEntry[]): KvEntry | undefined {
    return entries.find(({ key }) => key === this.#lockKey);
  }
}

const NEVER: AbortSignal = new AbortController().signal;
