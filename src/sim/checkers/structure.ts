// Each machine's own structural invariants, after every step of the agent that it belongs to.

import { checkGossip } from "../../core/gossip/invariants.ts";
import { checkService } from "../../core/service/invariants.ts";
import type { SimNode } from "../node.ts";
import type { Observer } from "../world.ts";

export function structure(): Observer {
  /** The next question's number after the step before: those below it have been looked at. */
  const seen = new Map<SimNode, number>();
  return {
    onStart: (node) => void seen.delete(node),
    afterStep(node) {
      if (node.agent === undefined) return;
      const { pools, service } = node.agent;
      checkGossip(pools.lan);
      if (pools.wan !== undefined) checkGossip(pools.wan);
      checkService(service, seen.get(node));
      seen.set(node, service.nextAsk);
    },
  };
}
