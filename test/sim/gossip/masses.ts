// What happens to very many members at once: nine of ten are killed and come back (what broke pools of the original:
// hashicorp/memberlist issue 311), or all come to life at once and know one other. For scenarios, and for what is measured.

import { must } from "../../../src/core/lib/assert.ts";
import { type Chance, chooseMs } from "../../../src/core/lib/chance.ts";
import type { SimMember } from "../../../src/sim/gossip/member.ts";
import { crashMember, startMember, stepMember } from "../../../src/sim/gossip/run.ts";
import { callGossipAt, type GossipWorld } from "../../../src/sim/gossip/world.ts";

/** All are down for a while; each then begins anew at a moment of its own. */
export const DOWN_MS = 5_000;
export const STARTS_WITHIN_MS = 30_000;

/**
 * Kills all but the first members, without a word, and has each of them back soon after: it knows nobody, and asks one of
 * those who stayed to be let in.
 */
export function restartAllBut(world: GossipWorld, survivors: number, chance: Chance): void {
  for (const member of world.members.slice(survivors)) {
    crashMember(world, member, false);
    const upMs = DOWN_MS + chooseMs(chance, "masses.up", 0, STARTS_WITHIN_MS);
    const seed = must(world.members[chance.choose("masses.seed", survivors)], "somebody stayed");
    callGossipAt(world, world.nowUs + upMs * 1000, () => {
      startMember(world, member);
      askToBeLetIn(world, member, seed);
    });
  }
}

/** Starts all members, and all but the first ask that one to be let in, in the same moment. */
export function joinAtOnce(world: GossipWorld): void {
  const [seed, ...others] = world.members;
  startMember(world, must(seed, "a world has members"));
  for (const member of others) {
    startMember(world, member);
    askToBeLetIn(world, member, must(seed, "a world has members"));
  }
}

function askToBeLetIn(world: GossipWorld, member: SimMember, seed: SimMember): void {
  stepMember(world, member, { type: "join", op: 1, addresses: [seed.address] });
}
