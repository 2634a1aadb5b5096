// A pool that has been there for long: everybody runs and knows everybody, as after an age of calm. A pool of thousands
// that came together by joins would spend minutes of processor time on that before anything is measured.

import { ownMember } from "../../core/gossip/serf/members.ts";
import type { Gossip } from "../../core/gossip/state.ts";
import { ownNode } from "../../core/gossip/state.ts";
import { wakeExchanges } from "../../core/gossip/timers.ts";
import { must } from "../../core/lib/assert.ts";
import { shuffle } from "../../core/lib/chance.ts";
import { localMs } from "../clock.ts";
import type { SimMember } from "./member.ts";
import { armWake, startMember } from "./run.ts";
import type { GossipWorld } from "./world.ts";

/** Starts all of them, each with a record of every other one. Records of one member share what never changes in place. */
export function foundPool(world: GossipWorld, members: readonly SimMember[] = world.members): void {
  for (const member of members) startMember(world, member);
  const machines = members.map(({ gossip }) => must(gossip, "it has been started"));
  const known = machines.map((gossip) => ({ node: ownNode(gossip), member: ownMember(gossip) }));
  for (const [at, gossip] of machines.entries()) {
    for (const [other, { node, member }] of known.entries()) {
      if (other === at) continue;
      gossip.nodes.set(node.name, { ...node });
      gossip.serf.members.set(member.name, { ...member });
      gossip.peers.push(node.name);
      gossip.round.push(node.name);
    }
    settle(gossip, members.length - 1);
    const owner = must(members[at], "machines and members are in one order");
    wakeExchanges(gossip, localMs(owner.clock, world.nowUs));
    armWake(world, owner);
  }
}

/** Counts who came, forgets its own news (all have heard them), and draws the round of probes that is under way. */
function settle(gossip: Gossip, others: number): void {
  gossip.counts.alive += others;
  gossip.serf.counts.alive += others;
  forgetNews(gossip);
  shuffle(gossip.chance, "gossip.round", gossip.round);
  shuffle(gossip.chance, "gossip.targets", gossip.peers);
}

/** Everybody has heard what it had to say. */
export function forgetNews({ broadcasts, serf }: Gossip): void {
  for (const { items, ranks } of [broadcasts, serf.intentBroadcasts]) {
    items.length = 0;
    ranks.clear();
  }
}
