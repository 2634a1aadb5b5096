// How soon a cluster must be well again once all trouble has ended, and how soon it was. The bounds stand here and nowhere
// else, and there are no excuses: whoever was down has been started, and so has whoever had given up its disk.

import { must } from "../core/lib/assert.ts";
import { type Configuration, voters } from "../core/raft/configuration.ts";
import { latestConfiguration } from "../core/raft/log.ts";
import { whatTheCatalogGetsWrong } from "./checkers/catalog.ts";
import { whatIsUnsettled, whoIsMissing } from "./checkers/convergence.ts";
import { openQuestions, stopWorkload, type Workload } from "./clients.ts";
import { firstWrong, type Population } from "./datacenters.ts";
import { leaders, raftOf } from "./faults.ts";
import type { SimNode } from "./node.ts";
import { Violation } from "./violation.ts";
import { runUntil, type World } from "./world.ts";

/** In simulated milliseconds after all trouble has ended. */
export const BOUNDS_MS = {
  /** One leader, whom a majority follows: ten of Raft's shortest election timeouts (1 s). */
  leader: 10_000,
  /** Clients go on asking for so long. */
  busy: 8_000,
  /**
   * All servers in the same state, and no question open; from when all are in the configuration, as only those are sent
   * anything.
   */
  rest: 20_000,
  /**
   * Every agent sees every other alive. Gossip takes its time by design: two halves that gave each other up meet again
   * by chance, one attempt in thirty seconds (Serf's reconnect).
   */
  members: 600_000,
  /**
   * Every server is in the configuration, with the log that it has. Who was taken out, by an operator or by autopilot, is let
   * in again when gossip says that it is there, or when the leader looks for members the next time (Consul's
   * reconcile_interval, a minute).
   */
  admitted: 700_000,
  /**
   * The catalog says the same of everyone as gossip; from when all see all. A leader compares the two once a minute
   * (Consul's reconcile_interval), and misses somebody twice before it believes that he is gone.
   */
  catalog: 130_000,
} as const;

/** What a run needed for each. Absent: it did not get there. */
export type Recovery = {
  readonly leaderMs?: number;
  readonly restMs?: number;
  readonly membersMs?: number;
  readonly admittedMs?: number;
};

type Milestone = "leader" | "rest" | "members" | "admitted" | "catalog";

/** How finely the times are told. */
const POLL_US = 50_000;

/**
 * Lets a world without trouble come to rest, its clients busy at first. What was reached is written into `recovery` as it
 * is reached, so that a run that fails tells as well.
 * @throws Violation "not-at-rest", "catalog-unlike-pool"
 */
export function comeToRest(
  world: World,
  workload: Workload,
  recovery: { -readonly [K in keyof Recovery]: Recovery[K] },
): void {
  const calmUs = world.nowUs;
  const open = new Set<Milestone>(["leader", "members", "admitted", "catalog", "rest"]);
  const whatIsLeft = (milestone: Milestone): string | undefined => {
    switch (milestone) {
      case "leader":
        return firstWrong(world, whyNobodyLeads);
      case "members":
        return whoIsMissing(world);
      case "admitted":
        return firstWrong(world, whoIsOut);
      case "catalog":
        return open.has("members") ? "not all see all" : whatTheCatalogGetsWrong(world);
      case "rest":
        return open.has("admitted") ? "not all are in" : whyNotAtRest(world, workload);
    }
  };
  while (open.size > 0) {
    runUntil(world, world.nowUs + POLL_US);
    const passedMs = (world.nowUs - calmUs) / 1000;
    if (passedMs >= BOUNDS_MS.busy) stopWorkload(workload);
    // Autopilot may take somebody out whom gossip has not found again yet.
    if (!open.has("admitted") && firstWrong(world, whoIsOut) !== undefined) {
      open.add("admitted");
      delete recovery.admittedMs;
    }
    for (const milestone of open) {
      const left = whatIsLeft(milestone);
      if (left === undefined) {
        if (milestone !== "catalog")
          recovery[`${milestone}Ms`] =
            milestone === "rest" ? passedMs - (recovery.admittedMs ?? 0) : passedMs;
        open.delete(milestone);
      } else if (passedMs >= boundMs(milestone, recovery)) {
        const rule = milestone === "catalog" ? "catalog-unlike-pool" : "not-at-rest";
        throw new Violation(rule, `${passedMs / 1000} s after all trouble ended, ${left}`);
      }
    }
  }
}

function boundMs(
  milestone: Milestone,
  { admittedMs = BOUNDS_MS.admitted, membersMs = BOUNDS_MS.members }: Recovery,
): number {
  const from = milestone === "rest" ? admittedMs : milestone === "catalog" ? membersMs : 0;
  return BOUNDS_MS[milestone] + from;
}

function whyNobodyLeads(cluster: Population): string | undefined {
  const [leader, other] = leaders(cluster);
  if (leader === undefined) return "nobody leads";
  if (other !== undefined) return `${leader.name} and ${other.name} believe that they lead`;
  const counting = voters(configurationOf(leader));
  const followers = cluster.nodes.filter(
    (node) => counting.includes(node.config.nodeId) && raftOf(node)?.leader === leader.config.nodeId,
  );
  return followers.length * 2 > counting.length ? undefined : `few follow ${leader.name}`;
}

/** A server that is not in the leader's configuration with the log that it has; undefined when all are. */
function whoIsOut(cluster: Population): string | undefined {
  const [leader] = leaders(cluster);
  if (leader === undefined) return "nobody leads";
  const { servers } = configurationOf(leader);
  const out = cluster.nodes.find(
    (node) =>
      node.config.server &&
      !servers.some(({ id, identity }) => id === node.config.nodeId && identity === raftOf(node)?.identity),
  );
  return out === undefined ? undefined : `${out.name} is not let in by ${leader.name}`;
}

function configurationOf(node: SimNode): Configuration {
  return latestConfiguration(must(raftOf(node), "a leader is a server").log);
}

function whyNotAtRest(world: World, workload: Workload): string | undefined {
  if (!workload.questions.stopped) return "clients still ask";
  const open = openQuestions(workload);
  if (open > 0) return `${open} questions are still open`;
  return whatIsUnsettled(world);
}
