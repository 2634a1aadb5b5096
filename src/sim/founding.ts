// A LAN that has been there for long: every agent knows every other one, as after an age of calm. A thousand agents that
// come together by joins spend minutes of processor time on it.

import { ownNode } from "../core/gossip/state.ts";
import { must } from "../core/lib/assert.ts";
import { encodePushPullOf, type NodeLine } from "../core/wire/gossip/stream-messages.ts";
import { gossipAddress } from "./delivery.ts";
import { forgetNews } from "./gossip/founding.ts";
import { createSharing } from "./gossip/sharing.ts";
import { isUp } from "./node.ts";
import { deliver, type World } from "./world.ts";

/** No stream of the world has this number: nobody waits for its answer. */
const NOBODYS_STREAM = 0;

/** Tells all agents that run of all others, in one push-pull that nobody asked for. */
export function foundLan(world: World): void {
  const running = world.nodes.filter(isUp);
  const everybody = new Map<string, NodeLine>();
  const lans = running.map(({ agent }) => must(agent, "it runs").pools.lan);
  for (const lan of lans) everybody.set(lan.config.name, ownNode(lan));
  const bytes = encodePushPullOf(false, everybody, new Uint8Array(0), false);
  const share = createSharing();
  for (const node of running) {
    const from = gossipAddress(node, "lan");
    deliver(world, node, { type: "stream", pool: "lan", stream: NOBODYS_STREAM, from, bytes });
    const lan = must(node.agent, "it runs").pools.lan;
    for (const name of everybody.keys()) share(lan, name);
    forgetNews(lan);
  }
}
