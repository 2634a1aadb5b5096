// A query: a question to everybody, answered straight to the asker. Each is passed on once; whom its filters let through
// says that it came, if that is wanted, and answers. Serf's own questions are answered in internal-queries.ts and
// key-queries.ts, all others go to the agent.

import { chosenMetricKey } from "../../lib/metric-key.ts";
import { PLANTED, planted } from "../../lib/planted.ts";
import { QUERY_FLAG_ACK, QUERY_FLAG_NO_BROADCAST, type Query } from "../../wire/gossip/serf-messages.ts";
import { broadcastSerf } from "../broadcast.ts";
import { countDrop } from "../drops.ts";
import { measureCount } from "../measure.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { acknowledge, hearQuery, sendAnswer } from "./answer-query.ts";
import { answerInternal, isInternal } from "./internal-queries.ts";
import { keyOperationOf, onKeyQuery } from "./key-queries.ts";
import { lamportOf, witness } from "./lamport.ts";
import { EVENT_WINDOW, isOutsideWindow } from "./on-user-event.ts";
import { isForUs, MAX_FILTERS } from "./query-filters.ts";
import type { HeardQuery } from "./state.ts";

/** Queries of one Lamport time. */
const MAX_QUERIES_AT_ONCE = 256;

export function onQuery(gossip: Gossip, query: Query, nowMs: number, out: GossipEffect[]): void {
  const lTime = lamportOf(query.lTime);
  if (lTime === undefined || !isNew(gossip, lTime, query)) return;
  if ((query.flags & QUERY_FLAG_NO_BROADCAST) === 0)
    broadcastSerf(gossip, gossip.serf.queryBroadcasts, query, nowMs);
  measureCount(gossip, "serf.queries", out);
  measureCount(gossip, chosenMetricKey("serf.queries", query.name), out);
  if (!isForUs(gossip, query.filters ?? [])) return;

  const { id, addr, port, sourceNode, relayFactor } = query;
  const untilMs = nowMs + Number(query.timeout) / 1e6;
  const heard: HeardQuery = { lTime, id, addr, port, sourceNode, relayFactor, untilMs };
  if ((query.flags & QUERY_FLAG_ACK) !== 0) acknowledge(gossip, heard, nowMs, out);
  const payload = query.payload ?? new Uint8Array(0);
  const keyOperation = keyOperationOf(query.name);
  if (keyOperation !== undefined) return onKeyQuery(gossip, heard, keyOperation, payload, nowMs, out);
  if (!isInternal(query.name)) return hearQuery(gossip, heard, query.name, payload, nowMs, out);
  const answer = answerInternal(gossip, query.name, payload, nowMs, out);
  if (answer !== undefined) sendAnswer(gossip, heard, answer, nowMs, out);
}

/** Whether it is heard for the first time, as far as the window of the latest times can tell. */
function isNew(gossip: Gossip, lTime: number, { id, filters }: Query): boolean {
  const { clocks, queries, queryMinTime } = gossip.serf;
  if ((filters?.length ?? 0) > MAX_FILTERS) return false;
  witness(clocks, "query", lTime);
  if (lTime < queryMinTime || isOutsideWindow(clocks.query, lTime)) return false;
  const place = lTime % EVENT_WINDOW;
  const slot = queries.get(place);
  if (slot === undefined || slot.lTime !== lTime) {
    queries.set(place, { lTime, ids: [id] });
    return true;
  }
  if (PLANTED && planted(gossip.config, "serf-query-heard-twice")) return true;
  if (slot.ids.includes(id)) return false;
  if (slot.ids.length >= MAX_QUERIES_AT_ONCE) {
    countDrop(gossip, "events");
    return false;
  }
  slot.ids.push(id);
  return true;
}
