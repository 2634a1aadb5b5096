// What locks and semaphores ask of an agent: sessions, and keys that sessions hold. Waiting for a key ends when it changes,
// when its time is up, or when nobody wants to know any more.

import {
  type ApiAnswer,
  type ApiCall,
  type ApiClient,
  answerJson,
  callApi,
  expectOk,
  type Fetched,
} from "../client.ts";
import { deletePairs, type KvEntry, pairsIn, putPair, type Written } from "../kv-pairs.ts";

/** What there was at a key or below a prefix. */
export type Seen =
  | { readonly ok: true; readonly entries: readonly KvEntry[]; readonly index: string }
  /** `retryable`: the agent could not be asked, or had trouble of its own. */
  | { readonly ok: false; readonly error: string; readonly retryable: boolean };

export interface Look {
  /** A key, or all below it. */
  readonly key: string;
  readonly recurse: boolean;
  /** Wait until there is something newer than this; "0" for at once. */
  readonly index: string;
  /** At most so long. */
  readonly waitMs: number;
  readonly consistent?: boolean;
  readonly signal: AbortSignal;
}

/** How much longer than it was told an agent may wait: a sixteenth. */
const JITTER = 17 / 16;
/** Beyond that a connection is taken for dead: an answer takes its way, too. */
const SLACK_MS = 5000;

export class LockApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    // Locks are looked at where they are written: an old answer could be somebody's lost lock.
    this.#client = { ...client, target: { ...client.target, stale: false } };
  }

  async look({ key, recurse, index, waitMs, consistent, signal }: Look): Promise<Seen> {
    const blocks = index !== "0";
    const wait = `${Math.max(1, Math.floor(waitMs))}ms`;
    const query = {
      ...(recurse ? { recurse: "" } : {}),
      ...(consistent ? { consistent: "" } : {}),
      ...(blocks ? { index, wait } : {}),
    };
    const patience = AbortSignal.timeout((blocks ? Math.floor(waitMs * JITTER) : 0) + SLACK_MS);
    const call: ApiCall = { method: "GET", path: `/v1/kv/${key}`, query };
    const answer = await callApi(this.#client, { ...call, signal: AbortSignal.any([signal, patience]) });
    const pairs = pairsIn(answer);
    if (pairs.ok) return { ok: true, entries: pairs.value, index: indexOf(answer) };
    return { ok: false, error: pairs.error, retryable: !answer.ok || answer.status === 500 };
  }

  put(key: string, value: Uint8Array, query: Readonly<Record<string, string>>): Promise<Written> {
    return putPair(this.#client, key, value, query);
  }

  delete(key: string, query: Readonly<Record<string, string>> = {}): Promise<Written> {
    return deletePairs(this.#client, key, query);
  }

  async createSession(session: object): Promise<Fetched<string>> {
    const body = Buffer.from(JSON.stringify(session));
    const made = answerJson(expectOk(await this.#session("create", body)));
    return made.ok ? { ok: true, value: (made.value as { readonly ID: string }).ID } : made;
  }

  /** @returns Whether it lives; the error where nobody could say. */
  async renewSession(id: string): Promise<Fetched<boolean>> {
    const answer = await this.#session(`renew/${id}`);
    if (answer.ok && answer.status === 404) return { ok: true, value: false };
    const renewed = expectOk(answer);
    return renewed.ok ? { ok: true, value: true } : renewed;
  }

  async destroySession(id: string): Promise<void> {
    await this.#session(`destroy/${id}`);
  }

  #session(what: string, body?: Uint8Array): Promise<ApiAnswer> {
    const call: ApiCall = {
      method: "PUT",
      path: `/v1/session/${what}`,
      signal: AbortSignal.timeout(SLACK_MS),
    };
    return callApi(this.#client, body === undefined ? call : { ...call, body });
  }
}

function indexOf(answer: ApiAnswer): string {
  return (answer.ok ? answer.index : undefined) ?? "0";
}
