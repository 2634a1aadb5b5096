// What is known of an incarnation is not unlearned (SWIM §4.2): it only grows, nobody but its owner raises it, and what was
// said of a node with a higher one is remembered, whatever its state.

import { MAX_INCARNATION } from "../../../core/gossip/refute.ts";
import type { Gossip } from "../../../core/gossip/state.ts";
import { demand } from "../../violation.ts";
import type { Mentions } from "./step.ts";

/** A push-pull's word that a node left is taken only from the node's own side; nobody forgets one that it still lists. */
export function checkIncarnations(owner: string, gossip: Gossip, mentions: Mentions): void {
  for (const [name, { before, accused }] of mentions) {
    const node = gossip.nodes.get(name);
    // A name that went to another address begins anew.
    if (node === undefined || before === undefined || node.record.address !== before.address) continue;
    demand(
      node.incarnation >= before.incarnation,
      "gossip-incarnation-fell",
      () => `${owner} knew ${name} at ${before.incarnation} and now knows it at ${node.incarnation}`,
    );
    demand(
      node.incarnation >= accused,
      "gossip-evidence-forgotten",
      () => `${owner} was told of ${name} at ${accused} and knows it at ${node.incarnation}`,
    );
    // Ourselves too: whoever is accused says no, louder.
    const answered = node.state !== "alive" || node.incarnation > accused || accused === MAX_INCARNATION;
    demand(
      answered || name !== owner || gossip.leave !== undefined,
      "gossip-accusation-unanswered",
      () => `${owner} was accused at ${accused} and goes on at ${node.incarnation}`,
    );
  }
}

/** The highest incarnation that each name has ever given itself, in all its lives: nobody may know of a higher one. */
export function createAnnounced(): {
  announce(name: string, incarnation: number): void;
  check(owner: string, gossip: Gossip, mentions: Mentions): void;
} {
  const highest = new Map<string, number>();
  return {
    announce(name, incarnation) {
      if (incarnation > (highest.get(name) ?? 0)) highest.set(name, incarnation);
    },
    check(owner, gossip, mentions) {
      for (const name of mentions.keys()) {
        const node = gossip.nodes.get(name);
        const most = highest.get(name) ?? 0;
        demand(
          node === undefined || node.incarnation <= most,
          "gossip-incarnation-invented",
          () => `${owner} knows ${name} at ${node?.incarnation}, and it never was above ${most}`,
        );
      }
    },
  };
}
