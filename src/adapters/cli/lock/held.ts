// What a lock and a semaphore have in common: the session by which they are held, kept alive as long as they are; somebody
// who looks whether they still are; and why one could not be had. The rules are those of Consul's client library, so that
// holders of both kinds of program keep each other out.

import { setTimeout as sleep } from "node:timers/promises";
import type { LockApi, Look, Seen } from "./lock-api.ts";

export interface LockOrder {
  /** Name of the session, for who looks at the list of them. */
  readonly sessionName: string;
  /** How long to try; undefined for as long as it takes. */
  readonly timeoutMs: number | undefined;
  /** How often a look at the held lock may fail in a row. */
  readonly monitorRetries: number;
}

/** Undefined: the time is up, or it is not wanted any more. */
export type Acquired =
  | { readonly ok: true; readonly held: Held }
  | { readonly ok: false; readonly error: string }
  | undefined;

export interface Held {
  /** Resolved when it is held no more, whoever is to blame. */
  readonly lost: Promise<void>;
  /** Gives it back. @returns Why that failed. */
  release(): Promise<string | undefined>;
  /** Removes what stands for it, unless others use it. */
  clean(): Promise<Cleaned>;
}

export type Cleaned = "removed" | "in-use" | { readonly error: string };

/** What a session ends after that is not renewed: as Consul's locks. */
const TTL_MS = 15_000;
/** A renewal that failed is tried again so soon. */
const RENEW_RETRY_MS = 1000;
/** How long one look at a lock that others hold waits, and one at our own. */
export const WAIT_MS = 15_000;
/** Between two looks at our own lock, if the first failed. */
const MONITOR_RETRY_MS = 1000;

/** A session that is renewed until it is ended. */
export class HoldingSession {
  readonly id: string;
  readonly #api: LockApi;
  readonly #over = new AbortController();

  constructor(api: LockApi, id: string) {
    this.#api = api;
    this.id = id;
    void this.#keep();
  }

  async #keep(): Promise<void> {
    let renewedMs = performance.now();
    let waitMs = TTL_MS / 2;
    while (performance.now() - renewedMs <= 2 * TTL_MS && (await pause(waitMs, this.#over.signal))) {
      const beganMs = performance.now();
      const renewed = await this.#api.renewSession(this.id);
      // It has ended; whoever looks at the lock will see.
      if (renewed.ok && !renewed.value) return;
      if (renewed.ok) renewedMs = beganMs;
      waitMs = renewed.ok ? TTL_MS / 2 : RENEW_RETRY_MS;
    }
  }

  async end(): Promise<void> {
    this.#over.abort();
    await this.#api.destroySession(this.id);
  }
}

async function openSession(
  api: LockApi,
  name: string,
  behavior: "release" | "delete",
): Promise<HoldingSession | { readonly error: string }> {
  const terms = {
    Name: name,
    TTL: `${TTL_MS / 1000}s`,
    ...(behavior === "delete" ? { Behavior: "delete" } : {}),
  };
  const made = await api.createSession(terms);
  if (made.ok) return new HoldingSession(api, made.value);
  return { error: `failed to create session: ${made.error}` };
}

/** True when it is ours, why it can't be, or undefined when it was given up. */
export type Taken = true | { readonly error: string } | undefined;

/** What is wanted by a session of its own, which ends where it can't be had. */
export interface Wanted {
  /** What becomes of the keys that the session holds when it ends. */
  readonly behavior: "release" | "delete";
  take(session: HoldingSession): Promise<Taken>;
  held(session: HoldingSession): Held;
}

export async function acquire(api: LockApi, { sessionName }: LockOrder, wanted: Wanted): Promise<Acquired> {
  const session = await openSession(api, sessionName, wanted.behavior);
  if ("error" in session) return { ok: false, error: session.error };
  const taken = await wanted.take(session);
  if (taken === true) return { ok: true, held: wanted.held(session) };
  await session.end();
  return taken && { ok: false, error: taken.error };
}

/** Waits. @returns Whether all of it has passed. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/** How much is left of the time that somebody has to get a lock. */
export class Patience {
  readonly #endMs: number;
  #attempts = 0;

  constructor(timeoutMs: number | undefined) {
    this.#endMs = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  }

  /** How long the next look may wait; undefined when there is none, though the first always is. */
  next(): number | undefined {
    const leftMs = this.#endMs - performance.now();
    if (this.#attempts > 0 && leftMs < 0) return undefined;
    this.#attempts++;
    return Math.max(1, Math.min(leftMs, WAIT_MS));
  }
}

/**
 * Looks at what is held, until it is no more or nobody wants to know.
 * @param holds Whether what was seen is still ours.
 */
export async function watchHeld(
  api: LockApi,
  look: Pick<Look, "key" | "recurse" | "signal">,
  retries: number,
  holds: (seen: Seen & { readonly ok: true }) => boolean,
): Promise<void> {
  let index = "0";
  let left = retries;
  while (!look.signal.aborted) {
    const seen = await api.look({ ...look, index, waitMs: WAIT_MS, consistent: true });
    if (seen.ok && !holds(seen)) return;
    if (!seen.ok && (left === 0 || !seen.retryable || !(await pause(MONITOR_RETRY_MS, look.signal)))) return;
    left = seen.ok ? retries : left - 1;
    index = seen.ok ? seen.index : "0";
  }
}
