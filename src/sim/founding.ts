// A LAN that has been there for long: every agent knows every other one, as after an age of calm. A thousand agents that
// come together by joins spend minutes of processor time on it.

import { ownNode } from "../core/gossip/state.ts";
import { must } from "../core/lib/assert.ts";
import type { NodeLine } from "../core/wire/gossip/node-line.ts";
import { encodePushPullOf } from "../core/wire/gossip/stream-messages.ts";
import { acquaint, acquaintance } from "./gossip/founding.ts";
import { isUp } from "./node.ts";
import { deliver, type World } from "./world.ts";

/** No stream of the world has this number: nobody waits for its answer. */
const NOBODYS_STREAM = 0;

/**
 * Tells all agents that run of the servers, in one push-pull that nobody asked for: whom to ask is a matter of more than the
 * pool. The others are in everybody's list from one moment to the next.
 */
export function foundLan(world: World): void {
  const running = world.nodes.filter(isUp);
  const lans = running.map(({ agent }) => must(agent, "it runs").pools.lan);
  const servers = new Map<string, NodeLine>();
  for (const [at, { config }] of running.entries()) {
    const lan = must(lans[at], "one for each");
    if (config.server) servers.set(lan.config.name, ownNode(lan));
  }
  const everybody = lans.map(acquaintance);
  const bytes = encodePushPullOf(false, servers, new Uint8Array(0), false);
  for (const node of running) {
    const from = node.gossipAt.lan;
    deliver(world, node, { type: "stream", pool: "lan", stream: NOBODYS_STREAM, from, bytes });
    acquaint(must(node.agent, "it runs").pools.lan, everybody);
  }
}
