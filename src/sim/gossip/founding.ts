// A pool that has been there for long: everybody runs and knows everybody, as after an age of calm. A pool of thousands
// that came together by joins would spend minutes of processor time on that before anything is measured.

import { clearBroadcasts } from "../../core/gossip/broadcast-queue.ts";
import { ownMember } from "../../core/gossip/serf/members.ts";
import type { MemberState } from "../../core/gossip/serf/state.ts";
import { type Gossip, type NodeState, ownNode } from "../../core/gossip/state.ts";
import { wakeExchanges } from "../../core/gossip/timers.ts";
import { must } from "../../core/lib/assert.ts";
import { shuffle } from "../../core/lib/chance.ts";
import { localMs } from "../clock.ts";
import type { SimMember } from "./member.ts";
import { armWake, startMember } from "./run.ts";
import type { GossipWorld } from "./world.ts";

/** A record of somebody, as every other one has it. */
export interface Acquaintance {
  readonly node: NodeState;
  readonly member: MemberState;
}

/** Starts all of them, each with a record of every other one. */
export function foundPool(world: GossipWorld, members: readonly SimMember[] = world.members): void {
  for (const member of members) startMember(world, member);
  const machines = members.map(({ gossip }) => must(gossip, "it has been started"));
  const everybody = machines.map(acquaintance);
  for (const [at, gossip] of machines.entries()) {
    acquaint(gossip, everybody);
    const owner = must(members[at], "machines and members are in one order");
    wakeExchanges(gossip, localMs(owner.clock, world.nowUs));
    armWake(world, owner);
  }
}

/** What others know of the owner of a machine. */
export function acquaintance(gossip: Gossip): Acquaintance {
  return { node: ownNode(gossip), member: ownMember(gossip) };
}

/**
 * Puts all of these into a machine's lists who are not there yet, draws the round of probes that is under way, and forgets
 * the machine's own news: all have heard them. Records of one member share what never changes in place.
 */
export function acquaint(gossip: Gossip, everybody: readonly Acquaintance[]): void {
  const { nodes, serf, counts, peers, round, chance } = gossip;
  for (const { node, member } of everybody) {
    if (nodes.has(node.name)) continue;
    nodes.set(node.name, { ...node });
    serf.members.set(member.name, { ...member });
    peers.push(node.name);
    round.push(node.name);
    counts.alive++;
    serf.counts.alive++;
  }
  forgetNews(gossip);
  shuffle(chance, "gossip.round", round);
  shuffle(chance, "gossip.targets", peers);
}

/** Everybody has heard what it had to say. */
function forgetNews({ broadcasts, serf }: Gossip): void {
  clearBroadcasts(broadcasts);
  clearBroadcasts(serf.intentBroadcasts);
}
