// The gossip pools that an agent is a member of: the LAN, with every agent of the datacenter, and for servers the WAN, with
// the servers of all datacenters. Two values of one machine, which know nothing of each other.

import type { SnapshotConfig } from "../gossip/config.ts";
import type { KeyText } from "../gossip/keyring.ts";
import type { GossipInput, GossipPool } from "../gossip/ports.ts";
import { openingKeys } from "../gossip/sealing.ts";
import type { Gossip } from "../gossip/state.ts";
import { createGossip, gossipDeadline } from "../gossip/step.ts";
import type { Chance } from "../lib/chance.ts";
import { OP_CLASSES, OP_STEP } from "../wal/disk.ts";
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
  const measures = config.telemetry !== undefined;
  const lan = snapshotConfig(config, "local.snapshot", OP_CLASSES.lanMembers);
  const wan = snapshotConfig(config, "remote.snapshot", OP_CLASSES.wanMembers);
  return {
    lan: createGossip({ snapshot: lan, disableCoordinates, planted, measures, ...gossipLan }, chance, nowMs),
    wan:
      gossipWan &&
      createGossip({ snapshot: wan, disableCoordinates, planted, measures, ...gossipWan }, chance, nowMs),
  };
}

/** Where Consul has them too. */
const SNAPSHOT_FOLDER = "serf";

function snapshotConfig(
  { durable, rejoinAfterLeave = false }: AgentConfig,
  file: string,
  firstOp: number,
): SnapshotConfig | undefined {
  return durable ? { folder: SNAPSHOT_FOLDER, file, firstOp, opStep: OP_STEP, rejoinAfterLeave } : undefined;
}

/** The keys that open what comes in for a pool; none where it is not encrypted. */
export function poolKeys(pools: Pools, pool: GossipPool): readonly KeyText[] {
  const gossip = pools[pool];
  return gossip === undefined ? [] : openingKeys(gossip);
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
