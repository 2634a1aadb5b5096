// Each machine's own structural invariants, after every step of the agent that it belongs to.

import { checkGossip } from "../../core/gossip/invariants.ts";
import { checkService } from "../../core/service/invariants.ts";
import type { Observer } from "../world.ts";

export function structure(): Observer {
  return {
    afterStep(node) {
      if (node.agent === undefined) return;
      checkGossip(node.agent.gossip);
      checkService(node.agent.service);
    },
  };
}
