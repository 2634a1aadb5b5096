// What a campaign can be of: clusters of whole agents (the swarm), or pools of gossip alone. What there is of trouble, of
// targets and of times to recover on either ground, and what a campaign wants to know of a run whatever was run.

import { FAULT_KINDS } from "../fault-kinds.ts";
import { POOL_BOUNDS } from "../gossip/pools.ts";
import { GOSSIP_FAULTS } from "../gossip/trouble.ts";
import { BOUNDS_MS } from "../liveness.ts";
import { TARGETS } from "../targets.ts";
import type { Verdict } from "../violation.ts";

export type GroundName = "swarm" | "gossip";

export interface Ground {
  readonly name: GroundName;
  /** Kinds of trouble, in the order of every table. */
  readonly kinds: readonly string[];
  /** At whom strikes are aimed. */
  readonly targets: readonly string[];
  /** Times to recover: how they are named in files, and told to people. */
  readonly recoveries: readonly {
    readonly key: string;
    readonly what: string;
    readonly boundMs: number;
  }[];
}

export const GROUNDS: Readonly<Record<GroundName, Ground>> = {
  swarm: {
    name: "swarm",
    kinds: FAULT_KINDS,
    targets: TARGETS,
    recoveries: [
      { key: "leaderMs", what: "a leader after all trouble", boundMs: BOUNDS_MS.leader },
      { key: "membersMs", what: "all see all alive", boundMs: BOUNDS_MS.members },
      { key: "admittedMs", what: "all servers in the configuration", boundMs: BOUNDS_MS.admitted },
      { key: "restMs", what: "at rest, from then on", boundMs: BOUNDS_MS.rest },
    ],
  },
  gossip: {
    name: "gossip",
    kinds: GOSSIP_FAULTS,
    targets: [],
    recoveries: [
      {
        key: "lanMs",
        what: "a LAN of one mind after all trouble",
        boundMs: POOL_BOUNDS.lan.settledWithinUs / 1000,
      },
      {
        key: "wanMs",
        what: "a WAN of one mind after all trouble",
        boundMs: POOL_BOUNDS.wan.settledWithinUs / 1000,
      },
    ],
  },
};

/** A run of a campaign. The swarm's own report is one. */
export interface SeedReport extends Verdict {
  readonly seed: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly digest: string;
  /** Answers of clients that were judged. */
  readonly operations: { readonly ok: number; readonly failed: number; readonly unknown: number };
  /** Kinds of trouble that did something, and how often. */
  readonly effects: ReadonlyMap<string, number>;
  readonly strikes: { readonly targets: ReadonlyMap<string, number> };
  /** By the keys of the ground's `recoveries`. Absent: it did not get there. */
  readonly recovery: Readonly<Partial<Record<string, number>>>;
}
