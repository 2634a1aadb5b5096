// Asking the pool something. Every query has a Lamport time of its own, by which its answers are known.

import { setDeadline } from "../../lib/deadline-heap.ts";
import { encodeFilter, encodeSerf, QUERY_FLAG_ACK, type Query } from "../../wire/gossip/serf-messages.ts";
import type { GossipEffect, GossipInput, Question } from "../ports.ts";
import { queryTimeoutMs } from "../scaling.ts";
import { type Gossip, ownNode } from "../state.ts";
import { lamportOf } from "./lamport.ts";
import { onQuery } from "./on-query.ts";
import type { QueryOwner } from "./state.ts";

/** Serf's QuerySizeLimit. */
export const QUERY_MAX_BYTES = 1024;
/** Ids are what tells queries of one Lamport time apart: Serf draws 31 bits. */
const QUERY_IDS = 2 ** 31;

export function onAsk(
  gossip: Gossip,
  { op, question }: Extract<GossipInput, { type: "query" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const error = startQuery(gossip, question, { by: "agent", op }, nowMs, out);
  if (error !== undefined) out.push({ type: "query-done", op, error });
}

/** @returns Why it cannot be asked, if so. */
export function startQuery(
  gossip: Gossip,
  question: Question,
  owner: QueryOwner,
  nowMs: number,
  out: GossipEffect[],
): string | undefined {
  const { serf, counts, config, chance } = gossip;
  const timeoutMs =
    question.timeoutMs ?? queryTimeoutMs(config.gossipIntervalMs, counts.alive + counts.suspect);
  const id = chance.choose("gossip.query-id", QUERY_IDS);
  const query = queryOf(gossip, question, id, timeoutMs);
  if (encodeSerf(query).length > QUERY_MAX_BYTES) return `query exceeds limit of ${QUERY_MAX_BYTES} bytes`;
  const lTime = serf.clocks.query;
  // Somebody made the clock leap to its end: there is no time left that a query of ours could have for itself.
  if (lamportOf(lTime) === undefined) return "query clock is exhausted";
  const untilMs = nowMs + timeoutMs;
  serf.asked.set(lTime, { id, owner, untilMs, acks: new Set(), answers: new Set() });
  setDeadline(serf.askedTimers, lTime, untilMs);
  // As everybody else takes it: it is passed on, acknowledged and answered here too.
  onQuery(gossip, query, nowMs, out);
  return undefined;
}

function queryOf(gossip: Gossip, question: Question, id: number, timeoutMs: number): Query {
  const { name, payload, filters, wantAcks, relayFactor } = question;
  const { addr, port } = ownNode(gossip).record;
  return {
    type: "query",
    lTime: gossip.serf.clocks.query,
    id,
    addr,
    port,
    sourceNode: gossip.config.name,
    filters: filters === undefined || filters.length === 0 ? null : filters.map(encodeFilter),
    flags: wantAcks === true ? QUERY_FLAG_ACK : 0,
    relayFactor: relayFactor ?? 0,
    timeout: Math.round(timeoutMs * 1e6),
    name,
    payload: payload.length === 0 ? null : new Uint8Array(payload),
  };
}
