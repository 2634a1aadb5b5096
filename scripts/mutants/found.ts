// What became of one planted bug, however it was looked for.

import type { GossipSwarmOptions } from "../../src/sim/gossip/swarm.ts";
import type { Mutant } from "../../src/sim/mutants/ways.ts";
import type { SwarmOptions } from "../../src/sim/swarm.ts";

export interface Found {
  readonly mutant: Mutant;
  /** The rule, or the test, that it broke; "" when nothing noticed. */
  readonly by: string;
  /** Seeds, or runs of a search, until then; undefined for tests. */
  readonly seeds?: number;
  readonly cpuSeconds: number;
  /** Of the way there as short as it was made; undefined when nobody shortened it. */
  readonly steps?: number;
  readonly faults?: number;
  /** The failing run of the swarm. */
  readonly options?: SwarmOptions;
  /** The failing run of the gossip swarm. */
  readonly gossip?: GossipSwarmOptions;
  /** For people: runs that were passed over, a reason. */
  readonly remark?: string;
}

/** Measures processor time of this process. @returns What `work` gives, and the seconds that it took. */
export function timed<T>(work: () => T): { readonly result: T; readonly cpuSeconds: number } {
  const began = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(began);
  return { result, cpuSeconds: (user + system) / 1e6 };
}
