// Serf's half of the push-pull: clocks, everybody's standing, the recent events.

import { PLANTED, planted } from "../../lib/planted.ts";
import type { EventsAt, SerfState as Message } from "../../wire/gossip/serf-messages.ts";
import { decodeSerfState, encodeSerf } from "../../wire/gossip/serf-messages.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { applyHearsayOfLeave, applyJoinIntent } from "./intents.ts";
import { lamportOf, witness } from "./lamport.ts";
import { receiveUserEvent } from "./on-user-event.ts";
import type { LamportClocks } from "./state.ts";

/** What we know, encoded. Costs all members and all events of the window. */
export function encodeSerfState(gossip: Gossip): Uint8Array {
  const { members, clocks, events } = gossip.serf;
  const statusLTimes = new Map<string, number>();
  const leftMembers: string[] = [];
  for (const { name, status, statusLTime } of members.values()) {
    statusLTimes.set(name, statusLTime);
    if (status === "left") leftMembers.push(name);
  }
  // Serf sends its ring with the empty slots; it only ever walks over those it gets, so we leave the empty ones out.
  const recent: EventsAt[] = [...events.values()].sort((a, b) => a.lTime - b.lTime);
  if (PLANTED && planted(gossip.config, "serf-events-by-rumour-alone")) recent.length = 0;
  return encodeSerf({
    type: "push-pull",
    lTime: clocks.member,
    statusLTimes,
    leftMembers,
    eventLTime: clocks.event,
    events: recent,
    queryLTime: clocks.query,
  });
}

/** @param ignoreOldEvents We are joining: what was fired before is not for us (Consul always wants that). */
export function mergeSerfState(
  gossip: Gossip,
  bytes: Uint8Array,
  ignoreOldEvents: boolean,
  nowMs: number,
  out: GossipEffect[],
): void {
  const decoded = decodeSerfState(bytes, gossip.serf.members);
  if (!decoded.ok) {
    gossip.badMessages++;
    return;
  }
  const remote = decoded.value;
  witnessClocks(gossip.serf.clocks, remote);
  mergeIntents(gossip, remote, nowMs, out);
  if (ignoreOldEvents)
    gossip.serf.eventMinTime = Math.max(gossip.serf.eventMinTime, lamportOf(remote.eventLTime) ?? 0);
  for (const at of remote.events ?? [])
    for (const event of at?.events ?? [])
      receiveUserEvent(gossip, { lTime: at?.lTime ?? 0, coalesce: false, ...event }, nowMs, out);
}

/** A clock is one above what it saw, so what it saw is one less. */
function witnessClocks(clocks: LamportClocks, { lTime, eventLTime, queryLTime }: Message): void {
  witness(clocks, "member", (lamportOf(lTime) ?? 0) - 1);
  witness(clocks, "event", (lamportOf(eventLTime) ?? 0) - 1);
  witness(clocks, "query", (lamportOf(queryLTime) ?? 0) - 1);
}

/** Those who left there are about to leave here; the others joined. */
function mergeIntents(gossip: Gossip, remote: Message, nowMs: number, out: GossipEffect[]): void {
  const left = new Set(remote.leftMembers);
  for (const node of left) {
    const lTime = lamportOf(remote.statusLTimes.get(node) ?? 0);
    if (lTime !== undefined) applyHearsayOfLeave(gossip, node, lTime, nowMs, out);
  }
  for (const [node, lTime] of remote.statusLTimes)
    if (!left.has(node)) applyJoinIntent(gossip, { node, lTime }, nowMs);
}
