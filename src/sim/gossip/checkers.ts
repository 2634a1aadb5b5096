// All rules of gossip, looked at after every step of every member. Costs little where nothing happens: see step.ts.

import { checkGossip } from "../../core/gossip/invariants.ts";
import { must } from "../../core/lib/assert.ts";
import { createDeathWatch, type FalseDeaths } from "../checkers/gossip/false-deaths.ts";
import { checkIncarnations, createAnnounced } from "../checkers/gossip/incarnations.ts";
import { checkPackets } from "../checkers/gossip/packets.ts";
import { checkHearsay, checkResurrections } from "../checkers/gossip/resurrection.ts";
import { type RumourWatch, watchRumours } from "../checkers/gossip/rumours.ts";
import { checkAgreement, createSweep } from "../checkers/gossip/serf-agreement.ts";
import { type Mentions, mentionsIn } from "../checkers/gossip/step.ts";
import { sharesIn } from "../checkers/shares.ts";
import type { SimMember } from "./member.ts";
import { POOL_BOUNDS } from "./pools.ts";
import type { GossipObserver, GossipWorld } from "./world.ts";

export interface GossipChecks {
  readonly observer: GossipObserver;
  readonly deaths: FalseDeaths;
  readonly rumours: RumourWatch;
}

/** @param mostFalseDeaths Of members that are well, by members that are well. */
export function gossipChecks(world: GossipWorld, mostFalseDeaths: number): GossipChecks {
  const { wellAfterUs } = POOL_BOUNDS[world.pool];
  const deaths = createDeathWatch((name) => world.byName.get(name), mostFalseDeaths, wellAfterUs);
  const announced = createAnnounced();
  const sweep = createSweep();
  const rumours = watchRumours();
  const shares = sharesIn(world.members.length);
  let streams = 0;
  let steps = 0;
  let mentions: Mentions = new Map();
  const ownIncarnation = ({ gossip }: SimMember): number =>
    must(gossip, "who runs has a machine").own.incarnation;
  const observer: GossipObserver = {
    onStart(member) {
      announced.announce(member.name, ownIncarnation(member));
      rumours.start(member);
    },
    beforeStep({ gossip }, input) {
      const isStream = input.type === "stream" || input.type === "stream-answer";
      if (gossip !== undefined)
        mentions = mentionsIn(gossip, input, isStream && streams++ % shares.streams === 0);
    },
    afterStep(member, input, nowMs, effects) {
      const { name } = member;
      const gossip = must(member.gossip, "who took a step is there");
      const looksAtBooks = steps++ % shares.books === 0;
      if (looksAtBooks) checkGossip(gossip);
      announced.announce(name, ownIncarnation(member));
      checkIncarnations(name, gossip, mentions);
      announced.check(name, gossip, mentions);
      checkResurrections(name, gossip, mentions);
      if (input.type !== "packet") checkHearsay(name, gossip, mentions);
      checkPackets(name, effects);
      rumours.look(member, input, nowMs, effects);
      deaths.look(member, input, world.nowUs, effects);
      for (const mentioned of mentions.keys()) {
        const node = gossip.nodes.get(mentioned);
        if (node !== undefined) checkAgreement(name, gossip, node);
      }
      if (looksAtBooks) sweep(name, gossip);
    },
  };
  return { observer, deaths: deaths.counts, rumours };
}
