// One seed of the swarm: a cluster, clients, trouble drawn from the seed for most of the run, then calm, in which the
// cluster must come to rest within a bound; all checkers on from the first step to the last.

import { InvariantError } from "../core/lib/assert.ts";
import { type Chance, seededChance } from "../core/lib/chance.ts";
import { whatIsUnsettled, whoIsMissing } from "./checkers/convergence.ts";
import {
  checkHistory,
  createChecker,
  feedChecker,
  finishChecker,
  type HistoryVerdict,
  renderViolation,
} from "./checkers/linearizability.ts";
import { promisesKept } from "./checkers/promises.ts";
import { raftSafety } from "./checkers/raft-safety.ts";
import { structure } from "./checkers/structure.ts";
import { startWorkload, stopWorkload, type Workload } from "./clients.ts";
import type { SimClock } from "./clock.ts";
import { clusterConfigs } from "./cluster.ts";
import { endAllTrouble, type FaultKind } from "./faults.ts";
import { finalExam } from "./final-exam.ts";
import { drawPlan, type SwarmPlan, startNemesis } from "./nemesis.ts";
import { CALM } from "./network.ts";
import { Violation } from "./violation.ts";
import { startWatchers } from "./watchers.ts";
import { createWorld, type Observer, runUntil, start, type World, worldDigest } from "./world.ts";

export interface SwarmOptions {
  readonly seed: string;
  /** Simulated time, calm included. 60 s. */
  readonly seconds?: number;
  readonly servers?: number;
  /** Agents that are no servers. */
  readonly clients?: number;
  /** Kinds of fault that exist in the run, instead of those that the seed draws. */
  readonly faults?: readonly FaultKind[] | undefined;
  readonly planted?: string | undefined;
  /** See `WorldOptions`: two ways of running the same, which must not differ. */
  readonly throughBytes?: boolean;
  readonly reloadEvery?: number;
  /** More onlookers: recorders, printers. */
  readonly observers?: readonly ((world: World) => Observer)[];
  /** Stands before each source of choices: a recorder's ear. */
  readonly listen?: (purpose: string, chance: Chance) => Chance;
}

/** What a run came to. */
export interface RunReport {
  readonly seed: string;
  readonly ok: boolean;
  /** Of the rule that was broken; "" when none was. */
  readonly violation: string;
  /** In words, for the failing ones. */
  readonly message: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly digest: string;
  readonly operations: { readonly ok: number; readonly failed: number; readonly unknown: number };
  readonly faults: ReadonlyMap<FaultKind, number>;
}

/** The end of a run is calm: time for the last faults' effects to wear off, and to show that they do. */
const CALM_SECONDS = 20;
/** How often the clients' history is looked at while the run goes on. */
const JUDGE_EVERY_US = 2_000_000;
/** So long into the calm clients go on asking. */
const BUSY_CALM_US = 8_000_000;
/** Within this after all trouble has ended there must be one leader, equal states, and no question open. */
const REST_BOUND_US = 20_000_000;
/**
 * Within this every agent must see every other alive. Gossip takes its time by design: two halves that gave each other up
 * meet again by chance, one attempt in thirty seconds (Serf's reconnect).
 */
const MEMBERS_BOUND_US = 600_000_000;

/** Runs a seed. Never throws for what the run does: that is in the report. */
export function runSwarm(options: SwarmOptions): RunReport {
  const seconds = options.seconds ?? 60;
  const { listen = (_purpose, chance) => chance } = options;
  const chances = (purpose: string): Chance => listen(purpose, seededChance(`${options.seed}/${purpose}`));
  const drawn = drawPlan(chances("plan"));
  const plan = options.faults === undefined ? drawn : { ...drawn, kinds: options.faults };
  const world = createSwarmWorld(options, plan, chances);
  let workload: Workload | undefined;
  let faults: ReadonlyMap<FaultKind, number> = new Map();
  let failure: Violation | undefined;
  try {
    for (const node of world.nodes) start(world, node);
    workload = startWorkload(world, plan.workload, chances("clients"));
    const watchers = startWatchers(world, ["k0", "k1"], chances("watchers"));
    const troubleUntilUs = Math.max(0, seconds - CALM_SECONDS) * 1e6;
    faults = startNemesis(world, plan, troubleUntilUs, chances("nemesis"));
    const judge = createJudge(workload);
    while (world.nowUs < troubleUntilUs) {
      runUntil(world, Math.min(troubleUntilUs, world.nowUs + JUDGE_EVERY_US));
      judge.soFar();
    }
    endAllTrouble(world, CALM);
    comeToRest(world, workload, seconds);
    finalExam(world, watchers);
    judge.atLast();
  } catch (error) {
    failure = asViolation(error);
  }
  return {
    seed: options.seed,
    ok: failure === undefined,
    violation: failure?.id ?? "",
    message: failure?.message ?? "",
    simulatedMs: Math.floor(world.nowUs / 1000),
    events: world.events,
    digest: worldDigest(world),
    operations: { ...(workload?.counts ?? { ok: 0, failed: 0, unknown: 0 }) },
    faults,
  };
}

function createSwarmWorld(
  options: SwarmOptions,
  plan: SwarmPlan,
  chances: (purpose: string) => Chance,
): World {
  const servers = Array.from({ length: options.servers ?? 5 }, (_, at) => String.fromCharCode(97 + at));
  const clients = Array.from({ length: options.clients ?? 0 }, (_, at) => `client${at + 1}`);
  const clockChance = chances("clocks");
  const world = createWorld({
    seed: options.seed,
    configs: clusterConfigs({ servers, clients, raft: plan.raft, planted: options.planted }),
    clocks: [...servers, ...clients].map(() => drawClock(clockChance)),
    weather: plan.weather,
    throughBytes: options.throughBytes ?? false,
    ...(options.reloadEvery === undefined ? {} : { reloadEvery: options.reloadEvery }),
    chances,
  });
  // Who records a run must have heard of the step that a checker stops it at.
  const recorders = (options.observers ?? []).map((make) => make(world));
  world.observers.push(...recorders, raftSafety(world), promisesKept(), structure());
  return world;
}

/** Somewhere within a day, and up to 5 % fast or slow. */
function drawClock(chance: Chance): SimClock {
  return {
    offsetMs: chance.choose("clock.offset", 86_400_000),
    driftPpm: chance.choose("clock.drift", 100_001) - 50_000,
  };
}

/** Clients go on for a while in the calm, then stop; by then, or soon, the cluster must be at rest. */
function comeToRest(world: World, workload: Workload, seconds: number): void {
  const calmUs = world.nowUs;
  runUntil(world, calmUs + BUSY_CALM_US);
  stopWorkload(workload);
  const open = (): string | undefined =>
    workload.open.size > 0 ? `${workload.open.size} questions are still open` : undefined;
  demandBy(world, calmUs + REST_BOUND_US, () => open() ?? whatIsUnsettled(world));
  demandBy(world, calmUs + MEMBERS_BOUND_US, () => whoIsMissing(world));
  runUntil(world, Math.max(world.nowUs, seconds * 1e6));
}

/** Goes on until nothing is left to wait for. @throws Violation when the time is up and something is. */
function demandBy(world: World, untilUs: number, whatIsLeft: () => string | undefined): void {
  const beganUs = world.nowUs;
  for (let left = whatIsLeft(); left !== undefined; left = whatIsLeft()) {
    if (world.nowUs >= untilUs)
      throw new Violation("not-at-rest", `${(untilUs - beganUs) / 1e6} s after all trouble ended, ${left}`);
    runUntil(world, Math.min(untilUs, world.nowUs + 500_000));
  }
}

/** Judges what clients were told as the run goes on, so that one that has gone wrong need not be run to its end. */
function createJudge({ history }: Workload): { soFar(): void; atLast(): void } {
  const checker = createChecker({ remember: Number.POSITIVE_INFINITY });
  const violated = (verdict: HistoryVerdict & { verdict: "violation" }): Violation =>
    new Violation("linearizability", renderViolation(verdict));
  return {
    soFar() {
      if (feedChecker(checker, history) === undefined) return;
      const verdict = checkHistory(history);
      if (verdict.verdict === "violation") throw violated(verdict);
    },
    atLast() {
      const verdict = finishChecker(checker, history);
      if (verdict.verdict === "violation") throw violated(verdict);
      if (verdict.verdict === "undecided")
        throw new Violation("linearizability-undecided", `the search gave up on ${verdict.keys.join(", ")}`);
    },
  };
}

/** Our own broken promises and the checkers' findings are verdicts; anything else is a fault of the simulator. */
export function asViolation(error: unknown): Violation {
  if (error instanceof Violation) return error;
  if (error instanceof InvariantError) return new Violation("invariant", error.message);
  throw error;
}
