// Operators' questions about the keys of gossip, put to the members of the pools: one of Serf's queries in each, whose
// answers are counted until all have come or the query's time is up. All members or a report of who did not: what a
// question changed where it arrived stays changed. Source: Serf's keymanager.go, Consul's keyring.go; the texts are theirs.

import type { KeyringRequest, KeyringResponse } from "../api/keyring.ts";
import type { Response } from "../api/response.ts";
import type { KeyText } from "../gossip/keyring.ts";
import type { GossipEffect, GossipPool } from "../gossip/ports.ts";
import { KEY_QUERIES } from "../gossip/serf/key-queries.ts";
import { presentCount } from "../gossip/step.ts";
import { compareStrings, utf8 } from "../lib/bytes.ts";
import { decodeGoBase64 } from "../lib/go-base64.ts";
import { decodeSerf, encodeSerf } from "../wire/gossip/serf-messages.ts";
import type { Pools, ToGossip } from "./pools.ts";

/** What has come of a question in one pool. */
interface PoolPoll {
  readonly pool: GossipPool;
  /** Of the query. */
  readonly op: number;
  /** How many members are asked. */
  readonly nodes: number;
  answers: number;
  failures: number;
  readonly messages: Map<string, string>;
  readonly keys: Map<KeyText, number>;
  readonly primaryKeys: Map<KeyText, number>;
  /** Why it could not even be asked. */
  refusal: string | undefined;
  done: boolean;
}

export interface KeyringPoll {
  /** The desk's row. */
  readonly ask: number;
  readonly request: KeyringRequest;
  /** In the order in which they are reported. */
  readonly parts: readonly PoolPoll[];
}

export interface KeyringPolls {
  readonly open: KeyringPoll[];
  nextOp: number;
}

/** What of an agent is needed here. */
interface Poller {
  readonly config: { readonly datacenter: string };
  readonly pools: Pools;
  readonly keyringPolls: KeyringPolls;
}

/** A question that is answered. */
export interface Polled {
  readonly ask: number;
  readonly response: Response;
}

export function createKeyringPolls(): KeyringPolls {
  return { open: [], nextOp: 1 };
}

/** Puts a question to the pools. @returns The answer, where there is nothing to wait for. */
export function startPoll(
  { keyringPolls: polls, pools, config: { datacenter } }: Poller,
  { ask, request }: { readonly ask: number; readonly request: KeyringRequest },
  toGossip: ToGossip,
): Polled | undefined {
  const { operation, relayFactor, localOnly } = request;
  const names: GossipPool[] = localOnly || pools.wan === undefined ? ["lan"] : ["wan", "lan"];
  const key = decodeGoBase64(utf8(request.key));
  const parts = names.map((pool): PoolPoll => {
    const gossip = pools[pool];
    const nodes = !key.ok || gossip === undefined ? 0 : presentCount(gossip);
    const empty = { answers: 0, failures: 0, messages: new Map(), keys: new Map(), primaryKeys: new Map() };
    const refusal = key.ok ? undefined : key.error;
    return { pool, op: polls.nextOp++, nodes, ...empty, refusal, done: !key.ok };
  });
  const poll: KeyringPoll = { ask, request, parts };
  if (!key.ok) return polled(poll, datacenter);
  polls.open.push(poll);
  const payload = encodeSerf({ type: "key-request", key: key.bytes });
  // Our own answers may come before these return, and with them the last ones.
  for (const { pool, op } of parts)
    toGossip(pool, { type: "query", op, question: { name: KEY_QUERIES[operation], payload, relayFactor } });
  return undefined;
}

/** What a pool says of one of its queries: nothing happens unless it is one of these. */
export function onPollEffect(
  { keyringPolls: polls, config: { datacenter } }: Poller,
  pool: GossipPool,
  effect: Extract<GossipEffect, { type: "query-response" | "query-done" }>,
  toGossip: ToGossip,
): Polled | undefined {
  const poll = polls.open.find(({ parts }) =>
    parts.some((each) => each.pool === pool && each.op === effect.op),
  );
  const part = poll?.parts.find((each) => each.pool === pool);
  if (poll === undefined || part === undefined) return undefined;
  if (effect.type === "query-response") {
    count(part, effect.from, effect.payload);
    if (part.answers === part.nodes) toGossip(pool, { type: "query-close", op: part.op });
    return undefined;
  }
  part.done = true;
  part.refusal = effect.error;
  if (poll.parts.some(({ done }) => !done)) return undefined;
  polls.open.splice(polls.open.indexOf(poll), 1);
  return polled(poll, datacenter);
}

function count(part: PoolPoll, from: string, payload: Uint8Array): void {
  part.answers++;
  const decoded = decodeSerf(payload);
  if (!decoded.ok || decoded.value.type !== "key-response") {
    part.failures++;
    part.messages.set(from, "Failed to decode key query response");
    return;
  }
  const { result, message, keys, primaryKey } = decoded.value;
  if (!result) part.failures++;
  if (!result || message !== "") part.messages.set(from, message);
  for (const key of keys ?? []) part.keys.set(key, (part.keys.get(key) ?? 0) + 1);
  if (primaryKey !== "") part.primaryKeys.set(primaryKey, (part.primaryKeys.get(primaryKey) ?? 0) + 1);
}

function polled({ ask, request, parts }: KeyringPoll, datacenter: string): Polled {
  const responses = parts.map((part) => reportOf(part, datacenter));
  return { ask, response: { ok: true, body: { kind: "keyring", operation: request.operation, responses } } };
}

function reportOf(part: PoolPoll, datacenter: string): KeyringResponse {
  return {
    wan: part.pool === "wan",
    datacenter,
    messages: sorted(part.messages),
    keys: sorted(part.keys),
    primaryKeys: sorted(part.primaryKeys),
    nodes: part.nodes,
    error: errorOf(part),
  };
}

function errorOf({ nodes, answers, failures, refusal }: PoolPoll): string {
  if (refusal !== undefined) return refusal;
  if (failures > 0) return `${failures}/${nodes} nodes reported failure`;
  return answers === nodes ? "" : `${answers}/${nodes} nodes reported success`;
}

function sorted<T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => compareStrings(a, b));
}
