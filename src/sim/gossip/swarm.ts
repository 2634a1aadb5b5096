// One seed of the gossip-only world: a pool that comes together by joins, trouble drawn from the seed, then calm, in which
// all must find each other again within a bound; all rules looked at from the first step to the last.

import type { GossipPool } from "../../core/gossip/ports.ts";
import { type Chance, seededChance } from "../../core/lib/chance.ts";
import { whatIsUnsettled } from "../checkers/gossip/convergence.ts";
import type { FalseDeaths } from "../checkers/gossip/false-deaths.ts";
import type { RumourWatch } from "../checkers/gossip/rumours.ts";
import type { QueueShape } from "../event-queue.ts";
import { asViolation, type Verdict, Violation, verdictOn } from "../violation.ts";
import { CALM, uniform } from "../weather.ts";
import { type GossipChecks, gossipChecks } from "./checkers.ts";
import { endGossipTrouble } from "./faults.ts";
import { foundPool } from "./founding.ts";
import { keepRotating } from "./keys.ts";
import type { SimMember } from "./member.ts";
import { POOL_BOUNDS } from "./pools.ts";
import { FIRST_RING } from "./ring.ts";
import { runGossipUntil, startMember } from "./run.ts";
import { keepTalking } from "./talk.ts";
import {
  drawGossipTrouble,
  type GossipFault,
  type GossipTrouble,
  type Strikes,
  startGossipNemesis,
} from "./trouble.ts";
import { keepJoining } from "./users.ts";
import {
  callGossipAt,
  createGossipWorld,
  type GossipObserver,
  type GossipWorld,
  gossipWorldDigest,
} from "./world.ts";

export interface GossipSwarmOptions {
  readonly seed: string;
  /** Default 12. */
  readonly members?: number;
  /** A LAN, or the WAN of two datacenters; drawn from the seed unless it is given. */
  readonly pool?: GossipPool | undefined;
  /** The pool has been there for long when the run begins, instead of coming together by joins: in a large one that costs most. */
  readonly founded?: boolean;
  /** Of trouble, in simulated time; the calm comes after it. Default 120, in a WAN 360. */
  readonly seconds?: number | undefined;
  /** What trouble there is; drawn from the seed unless it is given. */
  readonly trouble?: Partial<GossipTrouble>;
  /** Numbers of the strikes that fall, from 0, instead of all: what a shrunk run is made of. */
  readonly strikes?: readonly number[] | undefined;
  readonly planted?: string | undefined;
  /** Members fire events and ask queries, one every few seconds; they do unless it is said. */
  readonly talk?: boolean;
  /** Ways of running the same that must make no difference: see GossipWorldOptions. */
  readonly queueShape?: QueueShape | undefined;
  readonly reloadEvery?: number | undefined;
  /** More onlookers: printers, recorders. */
  readonly observers?: readonly ((world: GossipWorld) => GossipObserver)[];
  /** Where choices come from, by purpose. */
  readonly chances?: (purpose: string) => Chance;
  /** Stands before each of them: a recorder's ear. */
  readonly listen?: ((purpose: string, chance: Chance) => Chance) | undefined;
}

export interface GossipReport extends Verdict {
  readonly seed: string;
  readonly pool: GossipPool;
  readonly simulatedMs: number;
  readonly events: number;
  readonly digest: string;
  /** How long the calm took to bring all together; undefined when it did not. */
  readonly settledMs: number | undefined;
  readonly deaths: FalseDeaths;
  readonly faults: ReadonlyMap<GossipFault, number>;
  /** How many strikes there were, those too that were left out. */
  readonly strikes: number;
}

export const DEFAULT_SECONDS: Readonly<Record<GossipPool, number>> = { lan: 120, wan: 360 };
/** Of so many pools one is the WAN of two datacenters. */
const WAN_ONE_IN = 4;
/** What a way takes longer from one of them to the other. */
const FAR_US: readonly [least: number, most: number] = [1_000, 150_000];
/** Of so many pools one is encrypted, and changes its key all the time. */
const ENCRYPTED_ONE_IN = 3;
const LOOK_EVERY_US = 1_000_000;
/** Time to come together before there is trouble. */
const FOUNDED_US = 10_000_000;

/** Runs a seed. Never throws for what the run does: that is in the report. */
export function runGossipSeed(options: GossipSwarmOptions): GossipReport {
  const { listen = (_purpose, chance) => chance } = options;
  const sources = options.chances ?? ((purpose: string) => seededChance(`${options.seed}/${purpose}`));
  const chances = (purpose: string): Chance => listen(purpose, sources(purpose));
  const poolChance = chances("pool");
  const drawn = poolChance.choose("pool.wan", WAN_ONE_IN) === 0 ? "wan" : "lan";
  const pool = options.pool ?? drawn;
  const trouble = { ...drawGossipTrouble(chances("plan"), pool), ...options.trouble };
  const endUs = FOUNDED_US + (options.seconds ?? DEFAULT_SECONDS[pool]) * 1e6;
  const place = { pool, farUs: pool === "wan" ? uniform(poolChance, "pool.far", FAR_US) : 0 };
  const { world, deaths, rumours } = createSwarmWorld({ ...options, ...place }, trouble, chances, endUs);
  const only = options.strikes === undefined ? undefined : new Set(options.strikes);
  let strikes: Strikes = { kinds: new Map(), count: 0 };
  let settledMs: number | undefined;
  let failure: Violation | undefined;
  try {
    const restart = comesBack(world);
    if (options.founded === true) foundPool(world);
    else for (const member of world.members) restart(member);
    runGossipUntil(world, FOUNDED_US);
    strikes = startGossipNemesis(world, { trouble, endUs, chances, restart, only });
    runGossipUntil(world, endUs);
    endGossipTrouble(world, CALM);
    settledMs = settle(world);
    waitForRumours(world, rumours);
  } catch (error) {
    failure = asViolation(error);
  }
  return {
    seed: options.seed,
    pool,
    ...verdictOn(failure),
    simulatedMs: Math.floor(world.nowUs / 1000),
    events: world.events,
    digest: gossipWorldDigest(world),
    settledMs,
    deaths,
    faults: strikes.kinds,
    strikes: strikes.count,
  };
}

/** Starts a process that is down; one that is about to leave when it has left. */
function comesBack(world: GossipWorld): (member: SimMember) => void {
  const restart = (member: SimMember): void => {
    if (member.gossip?.leave !== undefined)
      return callGossipAt(world, world.nowUs + LOOK_EVERY_US, () => restart(member));
    startMember(world, member);
  };
  return restart;
}

interface Place {
  readonly pool: GossipPool;
  readonly farUs: number;
}

function createSwarmWorld(
  options: GossipSwarmOptions & Place,
  { weather }: GossipTrouble,
  chances: (purpose: string) => Chance,
  endUs: number,
): { readonly world: GossipWorld } & Pick<GossipChecks, "deaths" | "rumours"> {
  const { seed, members = 12, planted, talk = true, observers = [] } = options;
  const { pool, farUs, queueShape, reloadEvery } = options;
  const clockChance = chances("clocks");
  const keyChance = chances("keys");
  const encrypted = keyChance.choose("keys.encrypted", ENCRYPTED_ONE_IN) === 0;
  const world = createGossipWorld({
    seed,
    members,
    pool,
    farUs,
    weather,
    // Up to a twentieth fast or slow, and hours apart.
    clocks: Array.from({ length: members }, () => ({
      offsetMs: clockChance.choose("clock.offset", 86_400_000),
      driftPpm: clockChance.choose("clock.drift", 100_001) - 50_000,
    })),
    knobs: {
      compress: clockChance.choose("knobs.compress", 2) === 0,
      ...(encrypted ? { keyring: FIRST_RING } : {}),
    },
    planted,
    chances,
    queueShape,
    reloadEvery,
  });
  const { observer, deaths, rumours } = gossipChecks(world, 0);
  world.observers.push(
    ...observers.map((make) => make(world)),
    observer,
    keepJoining(world),
    ...(talk ? [keepTalking(world, chances("talk"), endUs)] : []),
    ...(encrypted ? [keepRotating(world, keyChance, endUs)] : []),
  );
  return { world, deaths, rumours };
}

/** Lets calm do its work. @returns How long it took. @throws Violation when it took too long. */
function settle(world: GossipWorld): number {
  const fromUs = world.nowUs;
  const { settledWithinUs } = POOL_BOUNDS[world.pool];
  for (;;) {
    runGossipUntil(world, world.nowUs + LOOK_EVERY_US);
    const unsettled = whatIsUnsettled(world.members);
    if (unsettled === undefined) return (world.nowUs - fromUs) / 1000;
    if (world.nowUs - fromUs >= settledWithinUs)
      throw new Violation(
        "gossip-not-converged",
        `${settledWithinUs / 1e6} s after all trouble ended, ${unsettled}`,
      );
  }
}

/** Lets what was said come to all. @throws Violation when it does not. */
function waitForRumours(world: GossipWorld, rumours: RumourWatch): void {
  const { toldWithinUs } = POOL_BOUNDS[world.pool];
  const endUs = world.nowUs + toldWithinUs;
  for (
    let missing = rumours.whatIsMissing(world.members);
    missing !== undefined;
    missing = rumours.whatIsMissing(world.members)
  ) {
    if (world.nowUs >= endUs)
      throw new Violation(
        "gossip-rumour-missed",
        `${toldWithinUs / 1e6} s after all were together, ${missing}`,
      );
    runGossipUntil(world, world.nowUs + LOOK_EVERY_US);
  }
}
