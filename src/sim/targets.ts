// Whom a fault is aimed at. A fault that hits whoever matters at this moment finds more in a second than one that hits
// anybody finds in an hour (docs/testing.md has the figures of the planted bugs).

import { latestConfiguration } from "../core/raft/log.ts";
import type { Cluster } from "./datacenters.ts";
import { leaders, liveServers, raftOf } from "./faults.ts";
import { isUp, type SimNode } from "./node.ts";
import type { Observer } from "./world.ts";

export const TARGETS = [
  /** Who leads, in the highest term. */
  "leader",
  /** Of those who campaign, the one with most votes. */
  "candidate",
  /** The follower that its leader is furthest ahead of: it catches up, or is sent a snapshot. */
  "laggard",
  /** A server that has come up and does not know yet what is committed, or has no vote yet. */
  "newcomer",
  /** Who led when the last entry was committed, whatever it is now. */
  "last-acker",
  /** A server that an uncommitted change of the configuration gives a vote, or takes it from. */
  "changing",
] as const;
export type Target = (typeof TARGETS)[number];

/** What has to be remembered to find some of them: by datacenter, who has committed last. */
export type Lookout = Map<string, { readonly lastAcker: SimNode; readonly lastAckedIndex: number }>;

/** Keeps a lookout. */
export function watchTargets(lookout: Lookout): Observer {
  return {
    skipsIdleTurns: true,
    afterStep(node) {
      const raft = raftOf(node);
      if (raft === undefined || raft.leading === undefined) return;
      const { datacenter } = node.config;
      if (raft.commitIndex > (lookout.get(datacenter)?.lastAckedIndex ?? 0))
        lookout.set(datacenter, { lastAcker: node, lastAckedIndex: raft.commitIndex });
    },
  };
}

/** @returns Undefined when there is no such server in the cluster at the moment, or it is down. */
export function findTarget(cluster: Cluster, lookout: Lookout, target: Target): SimNode | undefined {
  switch (target) {
    case "leader":
      return leaders(cluster)[0];
    case "candidate":
      return mostVotes(liveServers(cluster).filter(isCandidate));
    case "laggard":
      return laggard(cluster);
    case "newcomer":
      return liveServers(cluster).find(isNewcomer);
    case "last-acker": {
      const { lastAcker } = lookout.get(cluster.datacenter) ?? {};
      return lastAcker !== undefined && isUp(lastAcker) ? lastAcker : undefined;
    }
    case "changing":
      return liveServers(cluster).find((node) => isChanging(cluster, node));
  }
}

/** Whether a step may have made somebody the target: it is asked after every step while somebody lies in wait. */
export function mayHaveBecome(node: SimNode, target: Target): boolean {
  if (target === "candidate") return isCandidate(node) && votes(node) > 1;
  if (target === "newcomer") return isNewcomer(node);
  const raft = raftOf(node);
  if (raft?.leading === undefined) return false;
  if (target === "changing") return latestConfiguration(raft.log).index > raft.commitIndex;
  if (target !== "laggard") return true;
  for (const { match } of raft.leading.progress.values()) if (match < raft.commitIndex) return true;
  return false;
}

function isCandidate(node: SimNode): boolean {
  const role = raftOf(node)?.role;
  return role === "candidate" || role === "pre-candidate";
}

function votes(node: SimNode): number {
  let granted = 0;
  for (const yes of raftOf(node)?.votes.values() ?? []) if (yes) granted++;
  return granted;
}

function mostVotes(candidates: readonly SimNode[]): SimNode | undefined {
  return candidates.reduce<SimNode | undefined>(
    (best, node) => (best === undefined || votes(node) > votes(best) ? node : best),
    undefined,
  );
}

function laggard(cluster: Cluster): SimNode | undefined {
  const leader = leaders(cluster)[0];
  const raft = leader === undefined ? undefined : raftOf(leader);
  let furthest: { readonly node: SimNode; readonly behind: number } | undefined;
  for (const [id, { match }] of raft?.leading?.progress ?? []) {
    const behind = (raft?.commitIndex ?? 0) - match;
    if (behind <= (furthest?.behind ?? 0)) continue;
    const node = cluster.nodes.find(({ config }) => config.nodeId === id);
    if (node !== undefined && isUp(node)) furthest = { node, behind };
  }
  return furthest?.node;
}

function isNewcomer(node: SimNode): boolean {
  const server = node.agent?.service.server;
  if (server === undefined) return false;
  if (!server.recovered || server.raft.commitIndex === 0) return true;
  const own = latestConfiguration(server.raft.log).servers.find(({ id }) => id === node.config.nodeId);
  return own !== undefined && !own.voter;
}

function isChanging(cluster: Cluster, node: SimNode): boolean {
  const leader = leaders(cluster)[0];
  const raft = leader === undefined ? undefined : raftOf(leader);
  if (raft === undefined) return false;
  const latest = latestConfiguration(raft.log);
  if (latest.index <= raft.commitIndex) return false;
  const before = raft.log.configurations.at(-2);
  const vote = (servers: typeof latest.servers): boolean | undefined =>
    servers.find(({ id }) => id === node.config.nodeId)?.voter;
  return vote(latest.servers) !== vote(before?.servers ?? []);
}
