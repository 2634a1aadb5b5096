// Once trouble has ended, a cluster must come to rest: one leader, equal logs and states, every agent in everyone's list
// of members, every question answered. No excuses: whoever was down has been started again.

import { printDigest } from "../../core/lib/digest.ts";
import { isLeader } from "../../core/raft/role.ts";
import type { Server } from "../../core/service/state.ts";
import type { SimNode } from "../node.ts";
import type { World } from "../world.ts";

/** What still keeps the servers from being one; undefined when they are. */
export function whatIsUnsettled(world: World): string | undefined {
  const servers = world.nodes.filter((node) => node.config.server);
  return noLeader(servers) ?? differentStates(servers);
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

/** An agent that does not see another one alive; undefined when all see all. */
export function whoIsMissing(world: World): string | undefined {
  for (const node of world.nodes) {
    if (node.agent === undefined) return `${node.name} is down`;
    const { members } = node.agent.pools.lan.serf;
    const missing = world.nodes.find(({ name }) => members.get(name)?.status !== "alive");
    if (missing !== undefined) return `${node.name} does not see ${missing.name} alive`;
  }
  return undefined;
}
