// Looking for a planted bug: seeds of the swarm, or a guided search, until a rule is broken by it. Two things are no
// catch, and are passed over: a run that fails without the bug too, and one that breaks a rule which the bug has nothing
// to do with, such as to come to rest in time. With any bug a run takes another course, and may on it meet a fault that is
// none of the bug's.

import { type GossipReport, runGossipSeed } from "./gossip/swarm.ts";
import type { Mutant } from "./mutants/ways.ts";
import { searchGuided } from "./search/guided.ts";
import { type RunReport, runSwarm, type SwarmOptions } from "./swarm.ts";

/** Rules of progress: broken by whatever holds a cluster up. */
const PROGRESS: ReadonlySet<string> = new Set([
  "not-at-rest",
  "no-progress",
  "query-did-not-return",
  "livelock",
]);

/** Broken by whatever a disk loses: of a bug of Raft's own it proves nothing. */
const OF_DISKS: ReadonlySet<string> = new Set(["identity-without-cause", "disk-misfit"]);

export interface Hunt {
  /** The first run that breaks a rule because of the bug; undefined when patience was over first. */
  readonly caught: RunReport | undefined;
  /** Of that run. */
  readonly options: SwarmOptions | undefined;
  /** Seeds that were tried. */
  readonly seeds: number;
  /** Runs that failed and do not count, with what they broke. */
  readonly passedOver: readonly string[];
}

/**
 * Runs seeds 1, 2, 3, … of the swarm with a planted bug, `patience` at most.
 * @throws for a bug that is not for the swarm to find.
 */
export function hunt(mutant: Mutant, patience: number): Hunt {
  const { name, foundBy } = mutant;
  if (foundBy.kind !== "swarm") throw new Error(`${name} is not looked for in the swarm`);
  const passedOver: string[] = [];
  for (let seed = 1; seed <= patience; seed++) {
    const sound: SwarmOptions = { seed: String(seed), faults: foundBy.faults };
    const report = runSwarm({ ...sound, planted: name });
    if (report.ok) continue;
    if (counts(mutant, report) && runSwarm(sound).ok)
      return { caught: report, options: { ...sound, planted: name }, seeds: seed, passedOver };
    passedOver.push(`${seed}: ${report.violation}`);
  }
  return { caught: undefined, options: undefined, seeds: patience, passedOver };
}

/** Whether what a run broke is what the bug is about. */
function counts({ name, stalls }: Mutant, { violation }: RunReport): boolean {
  if (OF_DISKS.has(violation)) return /^(wal|snapshot)-/.test(name);
  return stalls === true || !PROGRESS.has(violation);
}

/** What a hunt in the gossip-only swarm came to. */
export interface GossipHunt {
  /** The first run that breaks a rule because of the bug; undefined when patience was over first. */
  readonly caught: GossipReport | undefined;
  readonly seeds: number;
  readonly passedOver: readonly string[];
}

/**
 * Runs seeds 1, 2, 3, … of the gossip-only swarm with a planted bug, `patience` at most.
 * @throws for a bug that is not for it to find.
 */
export function huntInGossip({ name, foundBy, stalls }: Mutant, patience: number): GossipHunt {
  if (foundBy.kind !== "gossip") throw new Error(`${name} is not looked for in the gossip swarm`);
  const passedOver: string[] = [];
  for (let seed = 1; seed <= patience; seed++) {
    const { trouble: kinds } = foundBy;
    const sound = { seed: String(seed), trouble: kinds === undefined ? {} : { kinds } };
    const report = runGossipSeed({ ...sound, planted: name });
    if (report.ok) continue;
    const isAbout = stalls === true || report.violation !== "gossip-not-converged";
    if (isAbout && runGossipSeed(sound).ok) return { caught: report, seeds: seed, passedOver };
    passedOver.push(`${seed}: ${report.violation}`);
  }
  return { caught: undefined, seeds: patience, passedOver };
}

/** What a guided search came to. */
export interface SearchHunt {
  /** The rule that was broken; "" for none. */
  readonly by: string;
  readonly runs: number;
  /** Length of the way there, as short as leaving things out makes it. */
  readonly steps: number;
}

/**
 * Searches the untimed world of Raft alone.
 * @param mostRuns Gives up after so many.
 * @throws for a bug that is not for a search to find.
 */
export function searchFor({ name, foundBy }: Mutant, mostRuns: number): SearchHunt {
  if (foundBy.kind !== "search") throw new Error(`${name} is not looked for by a search`);
  const { servers, slowDisks } = foundBy;
  const { violation, runs, trace } = searchGuided({ seed: "1", servers, slowDisks, planted: name, mostRuns });
  return { by: violation?.id ?? "", runs, steps: trace.length };
}
