// The rules of gossip (checkers/gossip) in the pools of whole agents, as far as a packet's rumours speak of somebody: what
// a push-pull says is looked at in the world of gossip alone.

import type { Input } from "../../core/agent/ports.ts";
import type { Gossip } from "../../core/gossip/state.ts";
import type { SimNode } from "../node.ts";
import type { Observer } from "../world.ts";
import { checkIncarnations } from "./gossip/incarnations.ts";
import { checkResurrections } from "./gossip/resurrection.ts";
import { checkAgreement } from "./gossip/serf-agreement.ts";
import { type Mentions, mentionsIn } from "./gossip/step.ts";

function poolOf({ agent }: SimNode, input: Input | undefined): Gossip | undefined {
  return input?.type === "packet" ? agent?.pools[input.pool] : undefined;
}

export function membership(): Observer {
  let mentions: Mentions = new Map();
  return {
    skipsIdleTurns: true,
    beforeStep(node, input) {
      const gossip = poolOf(node, input);
      if (gossip !== undefined && input?.type === "packet") mentions = mentionsIn(gossip, input, false);
    },
    afterStep(node, input) {
      const gossip = poolOf(node, input);
      if (gossip === undefined || mentions.size === 0) return;
      const { name } = gossip.config;
      checkIncarnations(name, gossip, mentions);
      checkResurrections(name, gossip, mentions);
      for (const mentioned of mentions.keys()) {
        const known = gossip.nodes.get(mentioned);
        if (known !== undefined) checkAgreement(name, gossip, known);
      }
    },
  };
}
