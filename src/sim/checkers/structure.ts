// Each machine's own structural invariants, after every step of the agent that it belongs to.

import type { Input } from "../../core/agent/ports.ts";
import { checkGossip } from "../../core/gossip/invariants.ts";
import { checkService } from "../../core/service/invariants.ts";
import type { SimNode } from "../node.ts";
import type { Observer } from "../world.ts";

/**
 * Most steps are Raft's and the log's, and leave the pools as they are; what one of them did break, the next packet's or
 * wake's look finds.
 */
function mayTouchPools(input: Input | undefined): boolean {
  return input !== undefined && input.type !== "message" && input.type !== "disk-done";
}

export function structure(): Observer {
  /** The next question's number after the step before: those below it have been looked at. */
  const seen = new Map<SimNode, number>();
  return {
    onStart: (node) => void seen.delete(node),
    afterStep(node, input) {
      if (node.agent === undefined) return;
      const { pools, service } = node.agent;
      if (mayTouchPools(input)) {
        checkGossip(pools.lan);
        if (pools.wan !== undefined) checkGossip(pools.wan);
      }
      checkService(service, seen.get(node));
      seen.set(node, service.nextAsk);
    },
  };
}
