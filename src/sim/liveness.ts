// How soon a cluster must be well again once all trouble has ended, and how soon it was. The bounds stand here and nowhere
// else, and there are no excuses: whoever was down has been started, and so has whoever had given up its disk.

import { whatIsUnsettled, whoIsMissing } from "./checkers/convergence.ts";
import { stopWorkload, type Workload } from "./clients.ts";
import { leaders, raftOf } from "./faults.ts";
import { Violation } from "./violation.ts";
import { runUntil, type World } from "./world.ts";

/** In simulated milliseconds after all trouble has ended. */
export const BOUNDS_MS = {
  /** One leader, whom a majority follows: ten of Raft's shortest election timeouts (1 s). */
  leader: 10_000,
  /** Clients go on asking for so long. */
  busy: 8_000,
  /** All servers in the same state, and no question open. */
  rest: 20_000,
  /**
   * So much later where somebody was taken out of the configuration by hand: the leader does not add it again before it
   * looks for members the next time (Consul's reconcile_interval).
   */
  reconcile: 60_000,
  /**
   * Every agent sees every other alive. Gossip takes its time by design: two halves that gave each other up meet again
   * by chance, one attempt in thirty seconds (Serf's reconnect).
   */
  members: 600_000,
} as const;

/** What a run needed for each. Absent: it did not get there. */
export interface Recovery {
  readonly leaderMs?: number;
  readonly restMs?: number;
  readonly membersMs?: number;
}

type Milestone = "leader" | "rest" | "members";

/** How finely the times are told. */
const POLL_US = 50_000;

/**
 * Lets a world without trouble come to rest, its clients busy at first. What was reached is written into `recovery` as it
 * is reached, so that a run that fails tells as well.
 * @throws Violation "not-at-rest"
 */
export function comeToRest(
  world: World,
  workload: Workload,
  recovery: { -readonly [K in keyof Recovery]: Recovery[K] },
): void {
  const calmUs = world.nowUs;
  const open = new Set<Milestone>(["leader", "rest", "members"]);
  const whatIsLeft = (milestone: Milestone): string | undefined => {
    if (milestone === "leader") return whyNobodyLeads(world);
    return milestone === "members" ? whoIsMissing(world) : whyNotAtRest(world, workload);
  };
  while (open.size > 0) {
    runUntil(world, world.nowUs + POLL_US);
    const passedMs = (world.nowUs - calmUs) / 1000;
    if (passedMs >= BOUNDS_MS.busy) stopWorkload(workload);
    for (const milestone of open) {
      const left = whatIsLeft(milestone);
      if (left === undefined) {
        recovery[`${milestone}Ms`] = passedMs;
        open.delete(milestone);
      } else if (passedMs >= boundMs(world, milestone))
        throw new Violation("not-at-rest", `${passedMs / 1000} s after all trouble ended, ${left}`);
    }
  }
}

function boundMs({ effects }: World, milestone: Milestone): number {
  const dismissed = milestone === "rest" && (effects.get("remove-server") ?? 0) > 0;
  return BOUNDS_MS[milestone] + (dismissed ? BOUNDS_MS.reconcile : 0);
}

function whyNobodyLeads(world: World): string | undefined {
  const [leader, other] = leaders(world);
  if (leader === undefined) return "nobody leads";
  if (other !== undefined) return `${leader.name} and ${other.name} believe that they lead`;
  const servers = world.nodes.filter((node) => node.config.server);
  const followers = servers.filter((node) => raftOf(node)?.leader === leader.config.nodeId);
  return followers.length * 2 > servers.length ? undefined : `few follow ${leader.name}`;
}

function whyNotAtRest(world: World, workload: Workload): string | undefined {
  if (workload.clients.some(({ stopped }) => !stopped)) return "clients still ask";
  if (workload.open.size > 0) return `${workload.open.size} questions are still open`;
  return whatIsUnsettled(world);
}
