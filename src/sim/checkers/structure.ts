// Each machine's own structural invariants, after every step of the agent that it belongs to.

import type { Input } from "../../core/agent/ports.ts";
import { checkGossip } from "../../core/gossip/invariants.ts";
import { checkService } from "../../core/service/invariants.ts";
import type { SimNode } from "../node.ts";
import type { Observer, World } from "../world.ts";
import { sharesIn } from "./shares.ts";

/**
 * Most steps are Raft's, the log's or a client's, and leave the pools as they are; what one of them did break, the next
 * packet's or wake's look finds. And hardly a packet is anything to the desk: it is looked at then when a question was opened
 * or closed.
 */
function mayTouchPools(input: Input | undefined): boolean {
  switch (input?.type) {
    case undefined:
    case "message":
    case "disk-done":
    case "http":
    case "dns":
      return false;
    default:
      return true;
  }
}

/** How a desk was when it was last looked at. */
interface Seen {
  /** The next question's number: those below it have been looked at. */
  nextAsk: number;
  open: number;
}

/** @param world Whose agents are looked at; without it they count as few, and are looked at after every step. */
export function structure(world?: Pick<World, "nodes">): Observer {
  const share = sharesIn(world?.nodes.length ?? 0).books;
  let steps = 0;
  const seen = new Map<SimNode, Seen>();
  return {
    skipsIdleTurns: true,
    onStart: (node) => void seen.delete(node),
    afterStep(node, input) {
      if (node.agent === undefined) return;
      const { pools, service } = node.agent;
      if (mayTouchPools(input) && steps++ % share === 0) {
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
