// The agents of a world by datacenter. Those of one are a cluster with a leader, a state and a LAN of its own.

import type { SimNode } from "./node.ts";
import type { World } from "./world.ts";

/** What is asked of a world, and of one of its clusters, alike: who is there. */
export type Population = Pick<World, "nodes">;

export interface Cluster extends Population {
  readonly datacenter: string;
}

/** In the order in which they come among the nodes. */
export function clustersOf({ nodes }: Population): readonly Cluster[] {
  const clusters = new Map<string, SimNode[]>();
  for (const node of nodes) {
    const { datacenter } = node.config;
    const known = clusters.get(datacenter) ?? [];
    clusters.set(datacenter, known);
    known.push(node);
  }
  return [...clusters].map(([datacenter, members]) => ({ datacenter, nodes: members }));
}

/** What is wrong with the first cluster with which something is; undefined when all are well. */
export function firstWrong(
  of: Population,
  whatIsWrong: (cluster: Cluster) => string | undefined,
): string | undefined {
  for (const cluster of clustersOf(of)) {
    const wrong = whatIsWrong(cluster);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
