// The two sorts of pool that a gossip-only world can be: a LAN of Consul's client agents, or a WAN of the servers of two
// datacenters, which are far from each other and whose clocks of gossip go more slowly. What follows from it for members,
// and for how long anything may take.

import type { GossipPool } from "../../core/gossip/ports.ts";

/** Datacenters of a WAN; a LAN is one. Members go round among them, so that newcomers ask somebody of each. */
const DATACENTERS = 2;

/** The datacenter that a member is in, from 0; also the side of the network on which it is while it is not cut off. */
export function homeOf(pool: GossipPool, index: number): number {
  return pool === "wan" ? index % DATACENTERS : 0;
}

/** The sides on which members are at home. */
export function homesOf(pool: GossipPool): readonly number[] {
  return Array.from({ length: pool === "wan" ? DATACENTERS : 1 }, (_, home) => home);
}

/** The tags that Consul's client agents have in a LAN, and its servers in the WAN, and so the bytes that they cost. */
export function poolTags(pool: GossipPool, index: number): ReadonlyMap<string, string> {
  const id = `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;
  const versions = [
    ["vsn", "2"],
    ["vsn_min", "2"],
    ["vsn_max", "3"],
    ["build", "1.8.7:"],
    ["acls", "0"],
  ] as const;
  if (pool === "lan")
    return new Map([["role", "node"], ["dc", "dc1"], ["segment", ""], ["id", id], ...versions]);
  const dc = `dc${homeOf(pool, index) + 1}`;
  return new Map([
    ["role", "consul"],
    ["dc", dc],
    ["id", id],
    ["port", "8300"],
    ["raft_vsn", "3"],
    ...versions,
  ]);
}

/** How long things may take, in microseconds. */
export interface PoolBounds {
  /**
   * What may be believed of somebody follows from what happened within this time at most: a suspicion at its longest, and
   * the probes of one who doubts himself as much as he can before it.
   */
  readonly wellAfterUs: number;
  /**
   * Within this after all trouble all are of one mind. Two halves that took each other for dead find each other by the
   * calls that each failed member gets about once in 30 s, so that five such intervals without one happen once in a
   * hundred times for a single member, and practically never for a side of several; one that was away alone calls for
   * itself. Then come a suspicion at its longest and the time that rumours need.
   */
  readonly settledWithinUs: number;
  /** After that, all have heard what was said: push-pulls carry what rumours did not, with whomever chance gives. */
  readonly toldWithinUs: number;
}

/** For pools of a dozen or so. A suspicion lasts for 26 s in a LAN of them, and for 194 s in a WAN, at the longest. */
export const POOL_BOUNDS: Readonly<Record<GossipPool, PoolBounds>> = {
  lan: { wellAfterUs: 60_000_000, settledWithinUs: 240_000_000, toldWithinUs: 600_000_000 },
  wan: { wellAfterUs: 240_000_000, settledWithinUs: 480_000_000, toldWithinUs: 1_200_000_000 },
};
