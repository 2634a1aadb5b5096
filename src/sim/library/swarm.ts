// Many runs of one state machine under trouble that each seed draws: `quorate/sim`'s way to look for what breaks it.

import { type RaftReport, type RaftSwarmOptions, runRaftSeed } from "../raft/swarm.ts";

export interface SwarmOptions<S> extends Omit<RaftSwarmOptions<S>, "seed" | "planted"> {
  readonly seed: number | string;
  readonly planted?: string;
}

/**
 * One seed: servers, proposals at whoever leads, trouble drawn from the seed, then calm, in which one leader must bring
 * everyone to the same state within ten seconds. Never throws for what the run does: that is in the report.
 */
export function swarm<S>({ seed, ...options }: SwarmOptions<S>): RaftReport {
  return runRaftSeed({ ...options, seed: String(seed) });
}
