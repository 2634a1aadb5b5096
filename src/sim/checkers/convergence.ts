// Once trouble has ended, a cluster must come to rest: one leader, equal logs and states, every agent in everyone's list
// of members, every question answered. No excuses: whoever was down has been started again. Each datacenter is a cluster.

import type { GossipPool } from "../../core/gossip/ports.ts";
import { printDigest } from "../../core/lib/digest.ts";
import { isLeader } from "../../core/raft/role.ts";
import type { Server } from "../../core/service/state.ts";
import { firstWrong } from "../datacenters.ts";
import type { SimNode } from "../node.ts";
import type { World } from "../world.ts";

/** What still keeps the servers from being one; undefined when they are. */
export function whatIsUnsettled(world: World): string | undefined {
  return firstWrong(world, ({ nodes }) => {
    const servers = nodes.filter((node) => node.config.server);
    return noLeader(servers) ?? differentStates(servers);
  });
}

function serverOf(node: SimNode): Server | undefined {
  return node.agent?.service.server;
}

function noLeader(servers: readonly SimNode[]): string | undefined {
  const leaders = servers.filter((node) => {
    const server = serverOf(node);
    return server !== undefined && isLeader(server.raft);
  });
  const [leader] = leaders;
  if (leader === undefined) return "nobody leads";
  if (leaders.length > 1) return `${leaders.map((node) => node.name).join(" and ")} believe that they lead`;
  const lost = servers.find((node) => serverOf(node)?.raft.leader !== leader.config.nodeId);
  return lost === undefined ? undefined : `${lost.name} does not follow ${leader.name}`;
}

function differentStates(servers: readonly SimNode[]): string | undefined {
  const states = servers.map((node) => {
    const server = serverOf(node);
    return server === undefined
      ? "down"
      : `${server.store.lastApplied} ${printDigest(server.store.digest)} ${server.raft.log.lastIndex}`;
  });
  const other = states.findIndex((state) => state !== states[0]);
  return other < 0
    ? undefined
    : `${servers[other]?.name} is at ${states[other]}, ${servers[0]?.name} at ${states[0]}`;
}

/** An agent that does not see another one alive in a pool that both are in; undefined when all see all. */
export function whoIsMissing(world: World): string | undefined {
  const inWan = world.nodes.filter(({ config }) => config.gossipWan !== undefined);
  return firstWrong(world, ({ nodes }) => missingIn(nodes, "lan")) ?? missingIn(inWan, "wan");
}

function missingIn(nodes: readonly SimNode[], pool: GossipPool): string | undefined {
  const nameOf = ({ config }: SimNode): string =>
    (pool === "wan" ? config.gossipWan : config.gossipLan)?.name ?? "";
  for (const node of nodes) {
    const gossip = node.agent?.pools[pool];
    if (gossip === undefined) return `${node.name} is down`;
    const { members } = gossip.serf;
    const missing = nodes.find((other) => members.get(nameOf(other))?.status !== "alive");
    if (missing !== undefined) return `${node.name} does not see ${nameOf(missing)} alive`;
  }
  return undefined;
}
