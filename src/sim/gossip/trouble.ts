// What trouble there is in a run of the gossip swarm: drawn from the seed, so that some runs know only one kind of it and
// others all; and the strikes themselves.

import type { GossipPool } from "../../core/gossip/ports.ts";
import { type Chance, shuffle } from "../../core/lib/chance.ts";
import { CALM, type LinkWeather, uniform } from "../weather.ts";
import {
  blockMember,
  cut,
  join,
  moveToSide,
  pauseMember,
  resumeMember,
  setWeather,
  touchAll,
  unblockMember,
} from "./faults.ts";
import { SIDES } from "./links.ts";
import { isRunning, type SimMember } from "./member.ts";
import { homesOf } from "./pools.ts";
import { crashMember, stepMember } from "./run.ts";
import { SEEDS } from "./users.ts";
import { callGossipAt, type GossipWorld, noteGossip } from "./world.ts";

export const GOSSIP_FAULTS = [
  "crash",
  "crash-many",
  "pause",
  "slow",
  "partition",
  "one-way",
  "isolate",
  "storm",
  "leave-and-return",
  "force-leave",
  "tags",
  "datacenters",
] as const;
export type GossipFault = (typeof GOSSIP_FAULTS)[number];

/** What there can be in such a pool: a LAN has no two datacenters to part. */
export function gossipFaultsOf(pool: GossipPool): readonly GossipFault[] {
  return pool === "wan" ? GOSSIP_FAULTS : GOSSIP_FAULTS.filter((kind) => kind !== "datacenters");
}

export interface GossipTrouble {
  readonly kinds: readonly GossipFault[];
  /** Between two strikes. */
  readonly everyUs: readonly [least: number, most: number];
  /** How long one lasts. Less than what makes members strangers to each other for good. */
  readonly lastsUs: readonly [least: number, most: number];
  readonly weather: LinkWeather;
}

/**
 * Durations that are drawn from, each twice as long as the one before it. With the longest those on two sides of a cut not
 * only take each other for dead, but have given up gossiping to each other when it ends.
 */
const LASTS = 5;
/** A WAN takes its time: what is to be noticed in it must last as much longer. */
const WAN_LASTS_TIMES = 4;

export function drawGossipTrouble(chance: Chance, pool: GossipPool): GossipTrouble {
  const all = shuffle(chance, "plan.kinds", [...gossipFaultsOf(pool)]);
  const kinds = all.slice(0, 1 + chance.choose("plan.kind-count", all.length));
  const paceUs = 1_000_000 * 2 ** chance.choose("plan.pace", 4);
  const lossPpm = [0, 0, 10_000, 50_000][chance.choose("plan.loss", 4)] ?? 0;
  const longest = (pool === "wan" ? WAN_LASTS_TIMES : 1) * 5_000_000;
  return {
    kinds,
    everyUs: [paceUs / 4, 2 * paceUs],
    lastsUs: [500_000, longest * 2 ** chance.choose("plan.lasts", LASTS)],
    weather: {
      ...CALM,
      latencyUs: [100, 1000 * 2 ** chance.choose("plan.latency", 6)],
      longTail: chance.choose("plan.tail", 2) === 0,
      lossPpm,
      duplicatePpm: lossPpm,
      delayPpm: lossPpm,
      delayUs: [1000, 1_000_000],
    },
  };
}

interface Strike {
  readonly world: GossipWorld;
  readonly chance: Chance;
  readonly trouble: GossipTrouble;
  readonly victim: SimMember;
  readonly untilUs: number;
  /** Comes back: its process is started, and it joins those that it was told to join. */
  readonly restart: (member: SimMember) => void;
}

/** Strikes. @returns What ends it, or undefined when there was nothing to strike. */
type Striker = (strike: Strike) => (() => void) | undefined;

function isSeed({ byName }: GossipWorld, name: string): boolean {
  return (byName.get(name)?.index ?? 0) < SEEDS;
}

/** Members that are cut off together, or struck together. */
function some(world: GossipWorld, chance: Chance, share: number): SimMember[] {
  const all = shuffle(chance, "nemesis.some", [...world.members]);
  return all.slice(0, 1 + chance.choose("nemesis.how-many", Math.max(1, Math.floor(all.length / share))));
}

/** Sides on which nobody is at home are taken by whoever is cut off. */
function setApart(
  world: GossipWorld,
  members: readonly SimMember[],
  ways: "both" | "in" | "out",
): () => void {
  const side = freeSide(world);
  if (side === undefined) return () => undefined;
  const homes = homesOf(world.pool);
  for (const member of members) moveToSide(world, member, side);
  for (const home of homes) {
    if (ways !== "out") cut(world, home, side);
    if (ways !== "in") cut(world, side, home);
  }
  noteGossip(world, undefined, `${members.map(({ name }) => name).join(" ")} cut off, ${ways}`);
  return () => {
    for (const home of homes) {
      if (ways !== "out") join(world, home, side);
      if (ways !== "in") join(world, side, home);
    }
    for (const member of members) if (member.side === side) moveToSide(world, member, member.home);
  };
}

function freeSide({ pool, members }: GossipWorld): number | undefined {
  const away = Array.from({ length: SIDES }, (_, side) => side).slice(homesOf(pool).length);
  return away.find((side) => members.every((member) => member.side !== side));
}

/** Nothing passes between two datacenters, or only one way. Who was cut off from both stays so. */
function partDatacenters(world: GossipWorld, chance: Chance): (() => void) | undefined {
  const [one, other] = homesOf(world.pool);
  if (one === undefined || other === undefined) return undefined;
  const ways = chance.choose("nemesis.ways", 3);
  const cuts = [
    [one, other],
    [other, one],
  ].filter((_, way) => ways === 2 || ways === way) as [number, number][];
  for (const [from, to] of cuts) cut(world, from, to);
  noteGossip(
    world,
    undefined,
    `nothing passes ${cuts.map(([from, to]) => `dc${from + 1} → dc${to + 1}`).join(", ")}`,
  );
  return () => {
    for (const [from, to] of cuts) join(world, from, to);
  };
}

/** Blocked for so long, then free for so long, and so on: the Lifeguard paper's cyclic anomaly. */
const BLOCKED_US: readonly [number, number] = [200_000, 6_000_000];
const FREE_US: readonly [number, number] = [1000, 1_000_000];

function slowDown({ world, chance, victim, untilUs }: Strike): () => void {
  const { life } = victim;
  const toggle = (): void => {
    if (victim.life !== life || world.nowUs >= untilUs) return;
    if (victim.blocked) unblockMember(world, victim);
    else blockMember(victim);
    const [least, most] = victim.blocked ? BLOCKED_US : FREE_US;
    callGossipAt(world, world.nowUs + uniform(chance, "nemesis.cycle", [least, most]), toggle);
  };
  noteGossip(world, victim, "slow");
  toggle();
  return () => unblockMember(world, victim);
}

const STRIKERS: Readonly<Record<GossipFault, Striker>> = {
  crash({ world, victim, restart }) {
    noteGossip(world, victim, "killed");
    crashMember(world, victim, false);
    return () => restart(victim);
  },
  "crash-many"({ world, chance, restart }) {
    const struck = some(world, chance, 2).filter(({ gossip }) => gossip !== undefined);
    noteGossip(world, undefined, `${struck.map(({ name }) => name).join(" ")} killed`);
    for (const each of struck) crashMember(world, each, false);
    return () => struck.forEach(restart);
  },
  pause({ world, victim }) {
    pauseMember(world, victim);
    return () => resumeMember(world, victim);
  },
  slow: slowDown,
  partition: ({ world, chance }) => setApart(world, some(world, chance, 2), "both"),
  isolate: ({ world, victim }) => setApart(world, [victim], "both"),
  "one-way": ({ world, chance, victim }) =>
    setApart(world, [victim], chance.choose("nemesis.way", 2) === 0 ? "in" : "out"),
  storm({ world, chance, trouble }) {
    const lossPpm = 50_000 + chance.choose("nemesis.loss", 300_000);
    noteGossip(world, undefined, `a storm takes ${Math.round(lossPpm / 10_000)} % of the packets`);
    setWeather(world, { ...trouble.weather, lossPpm });
    touchAll(world);
    return () => {
      setWeather(world, trouble.weather);
      touchAll(world);
    };
  },
  "leave-and-return"({ world, victim, restart }) {
    // Nobody calls on those who left: if all whom newcomers ask had, the pool would fall apart, and rightly.
    if (!isRunning(victim) || victim.index < SEEDS) return undefined;
    noteGossip(world, victim, "leaves");
    stepMember(world, victim, { type: "leave" });
    return () => restart(victim);
  },
  "force-leave"({ world, chance, victim }) {
    const failed = [...(victim.gossip?.serf.members.values() ?? [])].filter(
      ({ status }) => status === "failed",
    );
    const target = failed[chance.choose("nemesis.forced", Math.max(1, failed.length))];
    if (target === undefined || !isRunning(victim) || isSeed(world, target.name)) return undefined;
    noteGossip(world, victim, `gives ${target.name} up`);
    stepMember(world, victim, { type: "force-leave", node: target.name, prune: false });
    return () => undefined;
  },
  tags({ world, chance, victim }) {
    if (!isRunning(victim)) return undefined;
    const tags = new Map([...victim.config.tags, ["seen", String(chance.choose("nemesis.tag", 1000))]]);
    stepMember(world, victim, { type: "tags", tags });
    return () => undefined;
  },
  datacenters: ({ world, chance }) => partDatacenters(world, chance),
};

/** What a nemesis did. */
export interface Strikes {
  /** How often with each kind. */
  readonly kinds: Map<GossipFault, number>;
  /** How many there were, those too that were left out or found nobody. */
  count: number;
}

interface Nemesis {
  readonly trouble: GossipTrouble;
  readonly endUs: number;
  readonly chances: (purpose: string) => Chance;
  readonly restart: (member: SimMember) => void;
  /** Numbers of the strikes that fall, from 0; all of them unless it is given. */
  readonly only: ReadonlySet<number> | undefined;
}

/** Strikes now and then until the given time. Each draws from a source of its own: to leave one out moves no other. */
export function startGossipNemesis(world: GossipWorld, nemesis: Nemesis): Strikes {
  const strikes: Strikes = { kinds: new Map(), count: 0 };
  const { trouble, endUs, chances, only } = nemesis;
  const chance = chances("nemesis");
  const later = (): void => {
    const atUs = world.nowUs + uniform(chance, "nemesis.pause", trouble.everyUs);
    if (atUs >= endUs) return;
    callGossipAt(world, atUs, () => {
      const number = strikes.count++;
      if (only === undefined || only.has(number)) strike(world, nemesis, number, strikes);
      later();
    });
  };
  if (trouble.kinds.length > 0) later();
  return strikes;
}

function strike(
  world: GossipWorld,
  { trouble, endUs, chances, restart }: Nemesis,
  number: number,
  { kinds: counts }: Strikes,
): void {
  const { kinds } = trouble;
  const chance = chances(`nemesis/${number}`);
  const running = world.members.filter(isRunning);
  const kind = kinds[chance.choose("nemesis.kind", kinds.length)] as GossipFault;
  const victim = running[chance.choose("nemesis.victim", Math.max(1, running.length))];
  if (victim === undefined) return;
  const untilUs = Math.min(endUs, world.nowUs + uniform(chance, "nemesis.lasts", trouble.lastsUs));
  const undo = STRIKERS[kind]({ world, chance, trouble, victim, untilUs, restart });
  if (undo === undefined) return;
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
  callGossipAt(world, untilUs, undo);
}
