// What the machine of an agent's own services and checks needs to know of the rest of the agent, and when it is due.

import { type Around, localDeadline } from "../local/desk.ts";
import { isLeaving } from "./life.ts";
import type { Agent } from "./state.ts";

export function aroundOf(agent: Agent): Around {
  const { pools, life } = agent;
  return {
    members: () => pools.lan.serf.members.size,
    reachable: isReachable(agent),
    leaving: isLeaving(life.stage),
  };
}

/** Whether there is somebody who can be asked for the catalog. */
function isReachable({ service }: Agent): boolean {
  const { server, preference } = service;
  return server === undefined ? preference.length > 0 : server.raft.leader !== undefined;
}

export function localWakeMs(agent: Agent): number {
  return localDeadline(agent.local, { reachable: isReachable(agent), leaving: isLeaving(agent.life.stage) });
}
