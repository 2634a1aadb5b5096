// Queries: questions to everybody, answered straight to the asker. We pass each on once and say that we got it when that
// is asked for (which is how one agent tests whether it reaches another); there is nothing else that we answer.

import { joinHostPort } from "../../model/address.ts";
import {
  decodeFilter,
  QUERY_FLAG_ACK,
  QUERY_FLAG_NO_BROADCAST,
  type Query,
  type QueryResponse,
} from "../../wire/gossip/serf-messages.ts";
import { broadcastSerf, userMessage } from "../broadcast.ts";
import { endpointOf, pickPeers } from "../nodes.ts";
import type { GossipEffect } from "../ports.ts";
import { sendBytes } from "../send.ts";
import type { Gossip } from "../state.ts";
import { lamportOf, witness } from "./lamport.ts";
import { ownMember } from "./members.ts";
import { EVENT_WINDOW, isOutsideWindow } from "./on-user-event.ts";

/** More filters do not fit into a query of the size that Serf allows, 1024 bytes, and say something. */
const MAX_FILTERS = 64;
/** Queries of one Lamport time. */
const MAX_QUERIES_AT_ONCE = 256;
/** The version of memberlist's protocol from which nodes relay. */
const RELAY_VERSION = 5;

export function onQuery(gossip: Gossip, query: Query, nowMs: number, out: GossipEffect[]): void {
  if (!isNew(gossip, query)) return;
  if ((query.flags & QUERY_FLAG_NO_BROADCAST) === 0)
    broadcastSerf(gossip, gossip.serf.queryBroadcasts, query, nowMs);
  if ((query.flags & QUERY_FLAG_ACK) !== 0 && isForUs(gossip, query)) acknowledge(gossip, query, out);
}

/** Whether it is heard for the first time, as far as the window of the latest times can tell. */
function isNew(gossip: Gossip, query: Query): boolean {
  const { clocks, queries } = gossip.serf;
  const lTime = lamportOf(query.lTime);
  if (lTime === undefined || (query.filters?.length ?? 0) > MAX_FILTERS) return false;
  witness(clocks, "query", lTime);
  if (isOutsideWindow(clocks.query, lTime)) return false;
  const place = lTime % EVENT_WINDOW;
  const slot = queries.get(place);
  if (slot === undefined || slot.lTime !== lTime) {
    queries.set(place, { lTime, ids: [query.id] });
    return true;
  }
  if (slot.ids.length >= MAX_QUERIES_AT_ONCE || slot.ids.includes(query.id)) return false;
  slot.ids.push(query.id);
  return true;
}

/** Whether all filters let us answer. One that we cannot judge does not. */
function isForUs(gossip: Gossip, query: Query): boolean {
  return (query.filters ?? []).every((each) => {
    const filter = decodeFilter(each ?? new Uint8Array(0));
    if (!filter.ok) return false;
    if (filter.value.type === "nodes") return filter.value.names.includes(gossip.config.name);
    return matches(filter.value.expr, ownMember(gossip).tags.get(filter.value.tag) ?? "");
  });
}

/**
 * Whether a tag's value matches an expression that is plain text, anchored or not. Go's regular expressions run in
 * linear time whatever they are; JavaScript's do not, so we run none that comes from the network.
 */
function matches(expr: string, value: string): boolean {
  const [, start, plain, end] = /^(\^?)([\w \-:/]*)(\$?)$/.exec(expr) ?? [];
  if (plain === undefined) return false;
  if (start === "^" && end === "$") return value === plain;
  if (start === "^") return value.startsWith(plain);
  return end === "$" ? value.endsWith(plain) : value.includes(plain);
}

/** Says that the query came through: to the asker, and through others too when it wants to be sure. */
function acknowledge(gossip: Gossip, query: Query, out: GossipEffect[]): void {
  const asker = endpointOf(query.addr, query.port);
  if (asker === undefined) return;
  const ack: QueryResponse = {
    type: "query-response",
    lTime: query.lTime,
    id: query.id,
    from: gossip.config.name,
    flags: QUERY_FLAG_ACK,
    payload: null,
  };
  const message = userMessage(ack);
  sendBytes(gossip, joinHostPort(asker.host, asker.port), [message], false, out);
  if (query.relayFactor > 0) relay(gossip, query, message.subarray(1), out);
}

function relay(gossip: Gossip, query: Query, message: Uint8Array, out: GossipEffect[]): void {
  if (gossip.serf.members.size < query.relayFactor + 1) return;
  const relays = pickPeers(
    gossip,
    "gossip.relays",
    query.relayFactor,
    (node) => node.state === "alive" && node.versions.max >= RELAY_VERSION,
  );
  const destAddr = { ip: query.addr, port: query.port, zone: "" };
  const wrapped = userMessage({ type: "relay", destAddr, destName: query.sourceNode, message });
  for (const each of relays) sendBytes(gossip, each.address, [wrapped], false, out);
}
