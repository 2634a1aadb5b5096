// Back to the pool after a restart: those who were there when we last wrote it down are called upon, in random order, until
// one answers (Serf's handleRejoin). Unlike Serf we go on with the others as with members that failed, now and then and for
// as long: two halves of a pool that were both restarted while the network was split would not look for each other else.

import { shuffle } from "../../lib/chance.ts";
import { PLANTED, planted } from "../../lib/planted.ts";
import type { Address } from "../../model/address.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import { openPushPull } from "../push-pull.ts";
import type { Gossip } from "../state.ts";
import { wakeReaper } from "../timers.ts";
import { announceOwnJoin } from "./intents.ts";

/** Those of a former life's pool who have not been seen in this one. */
export interface Rejoin {
  readonly absent: Map<string, Address>;
  /** Who is called upon next, in the first round. */
  readonly next: string[];
  /** From then on nobody is called upon any more. */
  untilMs: number;
}

export function createRejoin(): Rejoin {
  return { absent: new Map(), next: [], untilMs: Number.NEGATIVE_INFINITY };
}

/** @param previous Who was there, by name; not ourselves. */
export function startRejoin(
  gossip: Gossip,
  previous: ReadonlyMap<string, Address>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const { serf, chance, config } = gossip;
  if (gossip.leave !== undefined) return;
  const { rejoin } = serf;
  for (const [name, address] of previous) if (!serf.members.has(name)) rejoin.absent.set(name, address);
  rejoin.untilMs = nowMs + config.reconnectTimeoutMs;
  rejoin.next.push(...rejoin.absent.keys());
  shuffle(chance, "gossip.rejoin", rejoin.next);
  wakeReaper(gossip, nowMs);
  if (rejoin.next.length > 0) tryNext(gossip, out);
}

function tryNext(gossip: Gossip, out: GossipEffect[]): void {
  const { rejoin } = gossip.serf;
  for (let name = rejoin.next.pop(); name !== undefined; name = rejoin.next.pop()) {
    const address = rejoin.absent.get(name);
    if (address === undefined) continue; // It has come by itself.
    notice(out, "info", "serf", `Attempting re-join to previously known node: ${name}: ${address}`);
    return openPushPull(gossip, address, true, { type: "rejoin", node: name, address }, out);
  }
  if (rejoin.absent.size > 0) notice(out, "warn", "serf", "Failed to re-join any previously known node");
  if (PLANTED && planted(gossip.config, "gossip-rejoin-gives-up")) rejoin.absent.clear();
}

/** One of them answered (`error` undefined), or did not. */
export function onRejoinResult(
  gossip: Gossip,
  purpose: { readonly node: string; readonly address: Address },
  error: string | undefined,
  nowMs: number,
  out: GossipEffect[],
): void {
  if (gossip.leave !== undefined) return;
  if (error !== undefined) return tryNext(gossip, out);
  const { node, address } = purpose;
  notice(out, "info", "serf", `Re-joined to previously known node: ${node}: ${address}`);
  gossip.serf.rejoin.next.length = 0;
  announceOwnJoin(gossip, nowMs);
}

/** It has been seen, so that it is a member like others. */
export function forgetAbsent({ serf }: Gossip, name: string): void {
  serf.rejoin.absent.delete(name);
}

/** Gives up those who were absent for as long as a member may fail. */
export function forgetLongAbsent({ serf }: Gossip, nowMs: number): void {
  if (nowMs >= serf.rejoin.untilMs) serf.rejoin.absent.clear();
}
