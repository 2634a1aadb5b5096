// The queries that we asked and whose time is not up: who got them, who answered, and when no more is waited for.

import { clearDeadline, takeDue } from "../../lib/deadline-heap.ts";
import { PLANTED, planted } from "../../lib/planted.ts";
import { measureCount } from "../measure.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { countVote, endVote } from "./name-conflict.ts";
import type { AskedQuery } from "./state.ts";

/** Who is taken for a member, beyond those we know: some may be newer to us than the query. */
const UNKNOWN_MEMBERS = 64;

/** The query that an answer is to; undefined when there is none, or its time is up. */
export function askedQuery(
  { serf, config }: Gossip,
  lTime: number,
  id: number,
  nowMs: number,
): AskedQuery | undefined {
  const query = serf.asked.get(lTime);
  if (query === undefined || query.id !== id) return undefined;
  if (PLANTED && planted(config, "serf-late-answer")) return query;
  return nowMs < query.untilMs ? query : undefined;
}

export function recordAck(gossip: Gossip, query: AskedQuery, from: string, out: GossipEffect[]): void {
  if (!isFirst(gossip, query.acks, from)) return;
  measureCount(gossip, "serf.query_acks", out);
  if (query.owner.by === "agent") out.push({ type: "query-ack", op: query.owner.op, from });
}

export function recordAnswer(
  gossip: Gossip,
  query: AskedQuery,
  from: string,
  payload: Uint8Array,
  out: GossipEffect[],
): void {
  if (!isFirst(gossip, query.answers, from)) return;
  measureCount(gossip, "serf.query_responses", out);
  if (query.owner.by === "agent") out.push({ type: "query-response", op: query.owner.op, from, payload });
  else countVote(gossip, query.owner, payload, out);
}

/** Relayed answers come more than once; and names that somebody makes up must not fill our memory. */
function isFirst({ serf, config }: Gossip, heardFrom: Set<string>, from: string): boolean {
  if (heardFrom.size >= serf.members.size + UNKNOWN_MEMBERS) return false;
  if (heardFrom.has(from) && !(PLANTED && planted(config, "serf-answer-counted-twice"))) return false;
  heardFrom.add(from);
  return true;
}

/** Ends the queries whose time is up. */
export function endQueries(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { askedTimers } = gossip.serf;
  for (let at = takeDue(askedTimers, nowMs); at !== undefined; at = takeDue(askedTimers, nowMs))
    end(gossip, at, out);
}

/** Ends one of the agent's queries before its time. */
export function closeQuery(gossip: Gossip, op: number, out: GossipEffect[]): void {
  const { asked, askedTimers } = gossip.serf;
  for (const [lTime, { owner }] of asked) {
    if (owner.by !== "agent" || owner.op !== op) continue;
    clearDeadline(askedTimers, lTime);
    return end(gossip, lTime, out);
  }
}

function end({ serf }: Gossip, lTime: number, out: GossipEffect[]): void {
  const query = serf.asked.get(lTime);
  if (query === undefined) return;
  serf.asked.delete(lTime);
  if (query.owner.by === "agent") out.push({ type: "query-done", op: query.owner.op });
  else endVote(query.owner, out);
}
