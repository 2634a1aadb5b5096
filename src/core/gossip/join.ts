// Joining: a push-pull with each of several addresses, all at once, and one report when the last has come back.

import { type Address, splitHostPort } from "../model/address.ts";
import type { GossipEffect, GossipInput } from "./ports.ts";
import { openPushPull } from "./push-pull.ts";
import { announceOwnJoin } from "./serf/intents.ts";
import type { Gossip } from "./state.ts";

/** More than any operator lists; what goes beyond is not tried, so that one input cannot open streams without end. */
const MAX_ADDRESSES = 1024;

export function onJoin(
  gossip: Gossip,
  { op, addresses }: Extract<GossipInput, { type: "join" }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const targets = addresses.slice(0, MAX_ADDRESSES);
  gossip.joins.set(op, { waiting: targets.length, joined: 0, errors: [] });
  if (gossip.leave !== undefined) {
    gossip.joins.delete(op);
    const errors = targets.map((address) => ({ address, error: "Serf can't Join after Leave or Shutdown" }));
    out.push({ type: "joined", op, joined: 0, errors });
    return;
  }
  for (const address of targets) openPushPull(gossip, address, true, { type: "join", op, address }, out);
  finishJoin(gossip, op, nowMs, out);
}

/** One address answered (`error` undefined), or did not, or not as it should. */
export function onJoinResult(
  gossip: Gossip,
  op: number,
  address: Address,
  error: string | undefined,
  nowMs: number,
  out: GossipEffect[],
): void {
  const join = gossip.joins.get(op);
  if (join === undefined) return;
  join.waiting--;
  if (error === undefined) join.joined++;
  else {
    const host = splitHostPort(address)?.host ?? address;
    join.errors.push({ address, error: `Failed to join ${host}: ${error}` });
  }
  finishJoin(gossip, op, nowMs, out);
}

function finishJoin(gossip: Gossip, op: number, nowMs: number, out: GossipEffect[]): void {
  const join = gossip.joins.get(op);
  if (join === undefined || join.waiting > 0) return;
  gossip.joins.delete(op);
  // Only now, as all clocks there have been seen: whatever was said of us in a former life is older than this.
  if (join.joined > 0 && gossip.leave === undefined) announceOwnJoin(gossip, nowMs);
  out.push({ type: "joined", op, joined: join.joined, errors: join.errors });
}
