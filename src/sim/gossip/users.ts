// What agents do with their pool in a gossip-only world: who starts asks the first three members to be let in, as with
// `retry_join`, until one of them does; who is in already, asks nobody.

import { must } from "../../core/lib/assert.ts";
import { isRunning, type SimMember } from "./member.ts";
import { stepMember } from "./run.ts";
import { callGossipAt, type GossipObserver, type GossipWorld } from "./world.ts";

/** The first of all members are those whom newcomers ask: three, so that each has one of the others. */
export const SEEDS = 3;
/** Consul waits for half a minute; that would only make runs longer. */
const RETRY_US = 5_000_000;

/** @param world Its members join when they start. */
export function keepJoining(world: GossipWorld): GossipObserver {
  const ask = (member: SimMember, life: number): void => {
    if (member.life !== life || member.gossip === undefined || member.gossip.peers.length > 0) return;
    const seeds = world.members.slice(0, SEEDS).filter((seed) => seed !== member);
    if (seeds.length === 0) return;
    if (!isRunning(member)) return later(member);
    const addresses = seeds.map(({ address }) => address);
    stepMember(world, member, { type: "join", op: must(member.gossip, "it runs").nextStream, addresses });
  };
  const later = (member: SimMember): void => {
    const { life } = member;
    callGossipAt(world, world.nowUs + RETRY_US, () => ask(member, life));
  };
  return {
    onStart(member) {
      const { life } = member;
      callGossipAt(world, world.nowUs, () => ask(member, life));
    },
    afterStep(member, _input, _nowMs, effects) {
      for (const effect of effects) if (effect.type === "joined" && effect.joined === 0) later(member);
    },
  };
}
