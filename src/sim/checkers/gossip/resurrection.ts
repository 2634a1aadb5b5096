// Who may change from one state to another, and on whose word. The dead stay dead until they say otherwise themselves: who was suspect, dead or gone is alive again only with a higher
// incarnation than all of that (SWIM §4.2).

import { MAX_INCARNATION } from "../../../core/gossip/refute.ts";
import type { Gossip } from "../../../core/gossip/state.ts";
import { demand } from "../../violation.ts";
import type { Mentions } from "./step.ts";

export function checkResurrections(owner: string, gossip: Gossip, mentions: Mentions): void {
  for (const [name, { before, accused }] of mentions) {
    if (before === undefined || before.state === "alive" || name === owner) continue;
    const node = gossip.nodes.get(name);
    if (node?.state !== "alive" || node.record.address !== before.address) continue;
    // At the end of the numbers the accused has the last word: core/gossip/refute.ts.
    const floor = Math.max(before.incarnation, accused);
    demand(
      node.incarnation > floor || floor === MAX_INCARNATION,
      "gossip-resurrection",
      () => `${owner} had ${name} as ${before.state} at ${floor}, and has it alive at ${node.incarnation}`,
    );
  }
}

/** What a push-pull says of the dead is hearsay: the node may be right here, and shall have the time to say so. */
export function checkHearsay(owner: string, gossip: Gossip, mentions: Mentions): void {
  for (const [name, { before }] of mentions) {
    if (before === undefined || before.state === "dead" || before.state === "left") continue;
    demand(
      gossip.nodes.get(name)?.state !== "dead",
      "gossip-dead-by-hearsay",
      () => `${owner} had ${name} as ${before.state}, and takes it for dead since a push-pull says so`,
    );
  }
}
