// What a planted bug is in the list of all (sim/mutants.ts), and a word for each way in which one is found.

import type { StrikeKind } from "../fault-kinds.ts";
import type { GossipFault } from "../gossip/trouble.ts";

/** What finds a planted bug. */
export type FoundBy =
  /** Seeds of the swarm. */
  | {
      readonly kind: "swarm";
      /** Runs with these kinds of trouble and no other, where those that the swarm draws do not reach it soon. */
      readonly faults?: readonly StrikeKind[];
    }
  /** Guided search in the untimed world of Raft alone (search/guided.ts). */
  | { readonly kind: "search"; readonly servers: number; readonly slowDisks: boolean }
  /** Seeds of the gossip-only swarm (gossip/swarm.ts). */
  | { readonly kind: "gossip"; readonly trouble?: readonly GossipFault[] }
  /** Tests of its part, which the swarm's world does not reach: they hold, and with the bug planted everywhere they do not. */
  | { readonly kind: "test"; readonly file: string };

export interface Mutant {
  readonly name: string;
  /** What is wrong, in one line. */
  readonly about: string;
  readonly foundBy: FoundBy;
  /** In the list of bugs that were seen in real systems; undefined for one of our own. */
  readonly number?: number;
  /** What it breaks is progress: a run that does not come to rest is a catch. */
  readonly stalls?: true;
  /** Why no checker can notice it, where it breaks no promise. */
  readonly equivalent?: string;
}

export const swarm = (name: string, number: number | undefined, about: string): Mutant => ({
  name,
  about,
  foundBy: { kind: "swarm" },
  ...(number === undefined ? {} : { number }),
});
export const stalling = (name: string, number: number | undefined, about: string): Mutant => ({
  ...swarm(name, number, about),
  stalls: true,
});
export const under = (
  faults: readonly StrikeKind[],
  name: string,
  number: number | undefined,
  about: string,
): Mutant => ({ ...swarm(name, number, about), foundBy: { kind: "swarm", faults } });
export const searched = (
  how: { readonly servers: number; readonly slowDisks: boolean },
  name: string,
  number: number | undefined,
  about: string,
): Mutant => ({ ...swarm(name, number, about), foundBy: { kind: "search", ...how } });
export const tests = (file: string, name: string, number: number | undefined, about: string): Mutant => ({
  ...swarm(name, number, about),
  foundBy: { kind: "test", file },
});

export const gossip = (name: string, number: number | undefined, about: string): Mutant => ({
  ...swarm(name, number, about),
  foundBy: { kind: "gossip" },
});
