// Each machine's own structural invariants, after every step of the agent that it belongs to.

import type { Input } from "../../core/agent/ports.ts";
import { checkGossip } from "../../core/gossip/invariants.ts";
import { checkService } from "../../core/service/invariants.ts";
import type { SimNode } from "../node.ts";
import type { Observer } from "../world.ts";

/**
 * Most steps are Raft's and the log's, and leave the pools as they are; what one of them did break, the next packet's or
 * wake's look finds. And hardly a packet is anything to the desk: it is looked at then when a question was opened or closed.
 */
function mayTouchPools(input: Input | undefined): boolean {
  return input !== undefined && input.type !== "message" && input.type !== "disk-done";
}

/** How a desk was when it was last looked at. */
interface Seen {
  /** The next question's number: those below it have been looked at. */
  nextAsk: number;
  open: number;
}

export function structure(): Observer {
  const seen = new Map<SimNode, Seen>();
  return {
    onStart: (node) => void seen.delete(node),
    afterStep(node, input, _nowMs, effects) {
      // The end of a turn that did nothing did nothing to these.
      if (node.agent === undefined || (input === undefined && effects.length === 0)) return;
      const { pools, service } = node.agent;
      if (mayTouchPools(input)) {
        checkGossip(pools.lan);
        if (pools.wan !== undefined) checkGossip(pools.wan);
      }
      const before = seen.get(node);
      const { nextAsk } = service;
      const open = service.asks.size;
      if (input?.type === "packet" && before?.nextAsk === nextAsk && before.open === open) return;
      checkService(service, before?.nextAsk);
      if (before === undefined) seen.set(node, { nextAsk, open });
      else {
        before.nextAsk = nextAsk;
        before.open = open;
      }
    },
  };
}
