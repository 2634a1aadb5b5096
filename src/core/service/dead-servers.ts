// Which of the servers that are gone autopilot takes out of the configuration, so that they do not count any more when a
// quorum is needed. Never so many at once that the living could not have outvoted them. Source: raft-autopilot, as Consul
// uses it.

import type { ServerRecord } from "../raft/configuration.ts";
import { latestConfiguration } from "../raft/log.ts";
import { autopilotConfig } from "./server-health.ts";
import type { Server, Service } from "./state.ts";

/** A server that gossip does not know is given up only after so long without an answer. */
const SILENCE_MS = 10_000;

export interface DeadServers {
  /** Unknown to gossip: they are taken out by their ids. */
  readonly stale: readonly ServerRecord[];
  /** Failed by gossip: they are made to leave. */
  readonly failed: readonly ServerRecord[];
}

/** Those that are to be removed now, as far as the budget goes. */
export function deadServers(service: Service, server: Server, nowMs: number): DeadServers {
  const { cleanupDeadServers, minQuorum } = autopilotConfig(server);
  const others = latestConfiguration(server.raft.log).servers.filter(({ id }) => id !== server.raft.id);
  if (!cleanupDeadServers) return { stale: [], failed: [] };
  const stale = others.filter(({ id }) => isStale(service, id, nowMs));
  const failed = others.filter(({ id }) => service.servers.get(id)?.alive === false);
  let left = others.length + 1;
  const take = (group: readonly ServerRecord[]): ServerRecord[] => {
    const taken = withinBudget(group, left, Number(minQuorum));
    left -= taken.length;
    return taken;
  };
  const byVote = (group: readonly ServerRecord[], voter: boolean): ServerRecord[] =>
    group.filter((each) => each.voter === voter);
  // Whoever has no vote first: that costs nothing.
  return {
    stale: [...take(byVote(stale, false)), ...take(byVote(stale, true))],
    failed: [...take(byVote(failed, false)), ...take(byVote(failed, true))],
  };
}

/**
 * Gossip knows nothing of it, and neither do we. Unlike Consul we ask the server itself, too: after a cluster was started
 * anew its gossip may take a while to find everyone whom Raft never lost.
 */
function isStale(service: Service, id: string, nowMs: number): boolean {
  const { watched, sinceMs } = service.duties.autopilot;
  const heardMs = Math.max(sinceMs, watched.get(id)?.answeredMs ?? Number.NEGATIVE_INFINITY);
  return !service.servers.has(id) && nowMs - heardMs >= SILENCE_MS;
}

/** A minority of `count` servers, and none whose going would leave fewer than `minQuorum`. */
function withinBudget(group: readonly ServerRecord[], count: number, minQuorum: number): ServerRecord[] {
  const taken: ServerRecord[] = [];
  for (const record of group) {
    const tooMany = taken.length + 1 > Math.floor((count - 1) / 2);
    const tooFewLeft = count - taken.length - 1 < minQuorum;
    if (!record.voter || !(tooMany || tooFewLeft)) taken.push(record);
  }
  return taken;
}
