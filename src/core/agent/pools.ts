// The gossip pools that an agent is a member of: the LAN, with every agent of the datacenter, and for servers the WAN, with
// the servers of all datacenters. Two values of one machine, which know nothing of each other.

import type { GossipInput, GossipPool } from "../gossip/ports.ts";
import type { Gossip } from "../gossip/state.ts";
import { createGossip, gossipDeadline } from "../gossip/step.ts";
import type { Chance } from "../lib/chance.ts";
import type { AgentConfig } from "./config.ts";

export interface Pools {
  readonly lan: Gossip;
  /** Servers, unless `ports.serf_wan` is off. */
  readonly wan: Gossip | undefined;
}

/** Gives an input to one of the pools. One that the agent does not have takes nothing. */
export type ToGossip = (pool: GossipPool, input: GossipInput) => void;

export function createPools(config: AgentConfig, chance: Chance, nowMs: number): Pools {
  const { gossipLan, gossipWan, disableCoordinates, planted } = config;
  const both = { disableCoordinates, planted };
  return {
    lan: createGossip({ ...gossipLan, ...both }, chance, nowMs),
    wan: gossipWan && createGossip({ ...gossipWan, ...both }, chance, nowMs),
  };
}

export function poolsDeadline({ lan, wan }: Pools): number {
  const lanMs = gossipDeadline(lan);
  return wan === undefined ? lanMs : Math.min(lanMs, gossipDeadline(wan));
}

/** Wakes those that are due. */
export function wakePools({ lan, wan }: Pools, nowMs: number, toGossip: ToGossip): void {
  if (gossipDeadline(lan) <= nowMs) toGossip("lan", { type: "wake" });
  if (wan !== undefined && gossipDeadline(wan) <= nowMs) toGossip("wan", { type: "wake" });
}
