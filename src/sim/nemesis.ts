// Carries a plan out: a strike now and then, of a kind drawn by weight, for a while, at whom the plan aims. Where the plan
// aims at somebody who is not there (a candidate, a newcomer), the strike lies in wait and falls when there is one.

import { must } from "../core/lib/assert.ts";
import { type Chance, shuffle } from "../core/lib/chance.ts";
import { recordOf } from "../core/raft/configuration.ts";
import { latestConfiguration } from "../core/raft/log.ts";
import { type Cluster, clustersOf } from "./datacenters.ts";
import type { StrikeKind } from "./fault-kinds.ts";
import { raftOf } from "./faults.ts";
import { isUp, type SimNode } from "./node.ts";
import { atlasOf, type SwarmPlan } from "./plan.ts";
import { uniformBetween } from "./strikes/strike.ts";
import { STRIKERS } from "./strikes/table.ts";
import { findTarget, type Lookout, mayHaveBecome, type Target, watchTargets } from "./targets.ts";
import { callAt, type Observer, type World } from "./world.ts";

/** Strikes that found something to strike, and whom they were aimed at. */
export interface StrikeCounts {
  readonly kinds: Map<StrikeKind, number>;
  readonly targets: Map<Target, number>;
}

/** A strike that waits for its target. */
interface Ambush {
  readonly target: Target;
  readonly cluster: Cluster;
  readonly fall: (victim: SimNode) => void;
}

interface Nemesis {
  readonly world: World;
  readonly clusters: readonly Cluster[];
  readonly plan: SwarmPlan;
  readonly untilUs: number;
  readonly chance: Chance;
  readonly lookout: Lookout;
  readonly counts: StrikeCounts;
  ambush: Ambush | undefined;
  /** All whose disks are safe have been seen with their votes; nothing takes these away again. */
  formed: boolean;
}

/** Lets the plan's faults loose until the given time. @param counts Of another nemesis of the world, which this adds to. */
export function startNemesis(
  world: World,
  plan: SwarmPlan,
  untilUs: number,
  chance: Chance,
  counts: StrikeCounts = { kinds: new Map(), targets: new Map() },
): StrikeCounts {
  const lookout: Lookout = new Map();
  const nemesis: Nemesis = {
    world,
    clusters: clustersOf(world),
    plan,
    untilUs,
    chance,
    lookout,
    counts,
    ambush: undefined,
    formed: false,
  };
  if (plan.kinds.length === 0) return counts;
  world.observers.push(watchTargets(lookout), watchAmbush(nemesis));
  strikeLater(nemesis);
  return counts;
}

function strikeLater(nemesis: Nemesis): void {
  const { world, plan, untilUs, chance } = nemesis;
  const atUs = world.nowUs + uniformBetween(chance, "nemesis.pause", ...plan.everyUs);
  if (atUs >= untilUs) return;
  callAt(world, atUs, () => {
    aim(nemesis, drawKind(plan, chance));
    strikeLater(nemesis);
  });
}

function drawKind({ kinds, weights }: SwarmPlan, chance: Chance): StrikeKind {
  let dice = chance.choose(
    "nemesis.kind",
    weights.reduce((sum, weight) => sum + weight, 0),
  );
  const at = weights.findIndex((weight) => {
    dice -= weight;
    return dice < 0;
  });
  return kinds[at] as StrikeKind;
}

function aim(nemesis: Nemesis, kind: StrikeKind): void {
  const { clusters, plan, chance, lookout, counts } = nemesis;
  const cluster = must(
    clusters[chance.choose("nemesis.datacenter", clusters.length)],
    "a world has one at least",
  );
  if (chance.choose("nemesis.aim", 100) >= plan.aimPercent)
    return strike(nemesis, kind, cluster, anyone(cluster, chance));
  const target = plan.targets[chance.choose("nemesis.target", plan.targets.length)] ?? "leader";
  const fall = (victim: SimNode): void => {
    counts.targets.set(target, (counts.targets.get(target) ?? 0) + 1);
    strike(nemesis, kind, cluster, victim);
  };
  const victim = findTarget(cluster, lookout, target);
  if (victim !== undefined) fall(victim);
  else nemesis.ambush = { target, cluster, fall };
}

function anyone({ nodes }: Cluster, chance: Chance): SimNode | undefined {
  const live = nodes.filter(isUp);
  return live[chance.choose("nemesis.victim", Math.max(1, live.length))];
}

/** An ambush falls right after the step that made somebody its target, never within one. */
function watchAmbush(nemesis: Nemesis): Observer {
  const { world } = nemesis;
  return {
    skipsIdleTurns: true,
    afterStep(node) {
      const { ambush } = nemesis;
      if (ambush === undefined || !mayHaveBecome(node, ambush.target)) return;
      nemesis.ambush = undefined;
      callAt(world, world.nowUs, () => {
        if (world.nowUs >= nemesis.untilUs) return;
        const victim = findTarget(ambush.cluster, nemesis.lookout, ambush.target);
        if (victim !== undefined) ambush.fall(victim);
        else nemesis.ambush ??= ambush;
      });
    },
  };
}

/** And would have it after a crash, too. */
function hasVote(node: SimNode): boolean {
  const raft = raftOf(node);
  if (raft === undefined) return false;
  const configuration = latestConfiguration(raft.log);
  const record = recordOf(configuration, raft.id);
  const { stableIndex } = raft.durability;
  return record?.voter === true && record.identity === raft.identity && stableIndex >= configuration.index;
}

function strike(nemesis: Nemesis, kind: StrikeKind, cluster: Cluster, victim: SimNode | undefined): void {
  const { world, plan, untilUs: endUs, chance, counts } = nemesis;
  const lastsUs = uniformBetween(chance, "nemesis.lasts", ...plan.lastsUs);
  const untilUs = Math.min(world.nowUs + lastsUs, endUs);
  const servers = shuffle(
    chance,
    "nemesis.order",
    cluster.nodes.filter((node) => node.config.server),
  );
  const { weather } = plan;
  const atlas = atlasOf(plan);
  const all = world.nodes.filter((node) => node.config.server);
  nemesis.formed ||= all.every((node) => atlas.mayLose.includes(node.name) || hasVote(node));
  const { formed } = nemesis;
  const how = { world, chance, cluster, victim, servers, untilUs, endUs, atlas, formed, weather };
  const undo = STRIKERS[kind](how);
  if (undo === undefined) return;
  counts.kinds.set(kind, (counts.kinds.get(kind) ?? 0) + 1);
  callAt(world, untilUs, undo);
}
