// Giving up a failed member, as an operator asks or autopilot decides: it counts as having left, in every pool that it was a
// member of. Unlike Consul 1.8, which looks for the name in the LAN alone, this takes the name of a server of another
// datacenter too ("b2.dc2").

import type { Gossip } from "../gossip/state.ts";
import { gossipMembers } from "../gossip/step.ts";
import { wanName } from "./flood-join.ts";
import type { ToGossip } from "./pools.ts";
import type { Agent } from "./state.ts";

/** @returns Whether anybody has this name. */
export function forceLeave(agent: Agent, node: string, prune: boolean, toGossip: ToGossip): boolean {
  const { lan, wan } = agent.pools;
  const inLan = isMember(lan, node);
  const nameThere = inLan ? wanName(node, agent.config.datacenter) : node;
  const inWan = wan !== undefined && isMember(wan, nameThere);
  if (inLan) toGossip("lan", { type: "force-leave", node, prune });
  if (inWan) toGossip("wan", { type: "force-leave", node: nameThere, prune });
  return inLan || inWan;
}

function isMember(pool: Gossip, name: string): boolean {
  return gossipMembers(pool).some((member) => member.name === name);
}
