// What a run's faults may destroy at most, as data: a cluster must survive the loss of what a minority of its servers
// holds, and nobody can survive more. So a plan names the servers whose disks may ever lose, forge or forget something;
// all the others keep what they confirmed (TigerBeetle's ClusterFaultAtlas).

import { type Chance, shuffle } from "../core/lib/chance.ts";
import type { SimNode } from "./node.ts";

/** In a run in which nothing is ever lost nobody has to be spared. */
export const NO_LOSSES: FaultAtlas = { mayLose: [] };

export interface FaultAtlas {
  /** Names of the servers that destructive faults may strike: fewer than half of all. */
  readonly mayLose: readonly string[];
}

/** How many servers may fail so that the others are still a majority. */
export function tolerated(servers: number): number {
  return Math.floor((servers - 1) / 2);
}

export function drawAtlas(chance: Chance, servers: readonly string[]): FaultAtlas {
  const order = shuffle(chance, "atlas.order", [...servers]);
  return { mayLose: order.slice(0, chance.choose("atlas.size", tolerated(servers.length) + 1)) };
}

/**
 * Whether a server may be taken out of the configuration, or leave it. Where disks are lost, only those that may lose
 * theirs: so all others stay voters, and are a majority of any configuration.
 */
export function mayLeave({ mayLose }: FaultAtlas, node: SimNode): boolean {
  return mayLose.length === 0 || mayLose.includes(node.name);
}

export function mayDestroy(atlas: FaultAtlas, node: SimNode): boolean {
  return atlas.mayLose.includes(node.name);
}
