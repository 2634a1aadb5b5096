// Our side of others' queries: saying that one came, keeping it until the agent has an answer, sending that straight to
// the asker and, when the asker wants to be sure, through others too.

import { joinHostPort } from "../../model/address.ts";
import { encodeSerf, QUERY_FLAG_ACK, type QueryResponse } from "../../wire/gossip/serf-messages.ts";
import { userMessage } from "../broadcast.ts";
import { endpointOf, pickPeers } from "../nodes.ts";
import { notice } from "../notice.ts";
import type { GossipEffect, GossipInput } from "../ports.ts";
import { sendBytes } from "../send.ts";
import { type Gossip, isSelf } from "../state.ts";
import { onQueryResponse } from "./on-query-response.ts";
import type { HeardQuery } from "./state.ts";

/** Serf's QueryResponseSizeLimit. */
export const QUERY_RESPONSE_MAX_BYTES = 1024;
/** Queries that wait for the agent's answer. More at once, and the oldest get none. */
export const MAX_HEARD = 256;
/** The version of memberlist's protocol from which nodes relay. */
const RELAY_VERSION = 5;

/** Says that the query came through. */
export function acknowledge(gossip: Gossip, query: HeardQuery, nowMs: number, out: GossipEffect[]): void {
  respond(gossip, query, responseTo(gossip, query, QUERY_FLAG_ACK, null), nowMs, out);
}

/** Hands a query to the agent, which has until `untilMs` to answer it, or not. */
export function hearQuery(
  gossip: Gossip,
  heard: HeardQuery,
  name: string,
  payload: Uint8Array,
  nowMs: number,
  out: GossipEffect[],
): void {
  const { serf } = gossip;
  for (const [number, { untilMs }] of serf.heard)
    if (untilMs <= nowMs || serf.heard.size >= MAX_HEARD) serf.heard.delete(number);
  const query = serf.nextHeard++;
  serf.heard.set(query, heard);
  notice(out, "debug", "serf", `messageQueryType: ${name}`);
  const { sourceNode: from, lTime: lamportTime, untilMs } = heard;
  out.push({ type: "query", query, name, payload, from, lamportTime, untilMs });
}

/** The agent's answer. */
export function onAnswer(
  gossip: Gossip,
  { query, payload }: Extract<GossipInput, { type: "query-answer" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const heard = gossip.serf.heard.get(query);
  if (heard === undefined) return notice(out, "error", "serf", "response already sent");
  if (nowMs > heard.untilMs) return notice(out, "error", "serf", "response is past the deadline");
  if (sendAnswer(gossip, heard, payload, nowMs, out)) gossip.serf.heard.delete(query);
}

/** @returns Whether it was short enough to be sent. */
export function sendAnswer(
  gossip: Gossip,
  query: HeardQuery,
  payload: Uint8Array,
  nowMs: number,
  out: GossipEffect[],
): boolean {
  if (!fitsAnswer(gossip, query, payload)) {
    notice(out, "error", "serf", `response exceeds limit of ${QUERY_RESPONSE_MAX_BYTES} bytes`);
    return false;
  }
  respond(gossip, query, answerWith(gossip, query, payload), nowMs, out);
  return true;
}

/** Whether an answer with this payload is short enough to be sent. */
export function fitsAnswer(gossip: Gossip, query: HeardQuery, payload: Uint8Array): boolean {
  return encodeSerf(answerWith(gossip, query, payload)).length <= QUERY_RESPONSE_MAX_BYTES;
}

function answerWith(gossip: Gossip, query: HeardQuery, payload: Uint8Array): QueryResponse {
  return responseTo(gossip, query, 0, payload.length === 0 ? null : payload);
}

function responseTo(
  gossip: Gossip,
  { lTime, id }: HeardQuery,
  flags: number,
  payload: Uint8Array | null,
): QueryResponse {
  return { type: "query-response", lTime, id, from: gossip.config.name, flags, payload };
}

function respond(
  gossip: Gossip,
  query: HeardQuery,
  response: QueryResponse,
  nowMs: number,
  out: GossipEffect[],
): void {
  // Serf sends its own answer to itself through the network. Ours cannot get lost.
  if (isSelf(gossip, query.sourceNode)) return onQueryResponse(gossip, response, nowMs, out);
  const asker = endpointOf(query.addr, query.port);
  if (asker === undefined) return;
  const message = userMessage(response);
  sendBytes(gossip, joinHostPort(asker.host, asker.port), [message], false, out);
  if (query.relayFactor > 0) relay(gossip, query, message.subarray(1), out);
}

function relay(gossip: Gossip, query: HeardQuery, message: Uint8Array, out: GossipEffect[]): void {
  if (gossip.serf.members.size < query.relayFactor + 1) return;
  const relays = pickPeers(
    gossip,
    "gossip.relays",
    query.relayFactor,
    (node) => node.state === "alive" && node.record.versions.max >= RELAY_VERSION,
  );
  const destAddr = { ip: query.addr, port: query.port, zone: "" };
  const wrapped = userMessage({ type: "relay", destAddr, destName: query.sourceNode, message });
  for (const each of relays) sendBytes(gossip, each.record.address, [wrapped], false, out);
}
