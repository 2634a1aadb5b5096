// What trouble there is in a run of the gossip swarm: drawn from the seed, so that some runs know only one kind of it and
// others all; and the strikes themselves.

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
import { isRunning, memberTags, type SimMember } from "./member.ts";
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
] as const;
export type GossipFault = (typeof GOSSIP_FAULTS)[number];

export interface GossipTrouble {
  readonly kinds: readonly GossipFault[];
  /** Between two strikes. */
  readonly everyUs: readonly [least: number, most: number];
  /** How long one lasts. Less than what makes members strangers to each other for good. */
  readonly lastsUs: readonly [least: number, most: number];
  readonly weather: LinkWeather;
}

export function drawGossipTrouble(chance: Chance): GossipTrouble {
  const all = shuffle(chance, "plan.kinds", [...GOSSIP_FAULTS]);
  const kinds = all.slice(0, 1 + chance.choose("plan.kind-count", all.length));
  const paceUs = 1_000_000 * 2 ** chance.choose("plan.pace", 4);
  const lossPpm = [0, 0, 10_000, 50_000][chance.choose("plan.loss", 4)] ?? 0;
  return {
    kinds,
    everyUs: [paceUs / 4, 2 * paceUs],
    lastsUs: [500_000, 5_000_000 * 2 ** chance.choose("plan.lasts", 4)],
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

/** Sides 1 and up are taken by whoever is cut off; on side 0 is everybody else. */
function setApart(
  world: GossipWorld,
  members: readonly SimMember[],
  ways: "both" | "in" | "out",
): () => void {
  const side = freeSide(world);
  if (side === undefined) return () => undefined;
  for (const member of members) moveToSide(world, member, side);
  if (ways !== "out") cut(world, 0, side);
  if (ways !== "in") cut(world, side, 0);
  noteGossip(world, undefined, `${members.map(({ name }) => name).join(" ")} cut off, ${ways}`);
  return () => {
    if (ways !== "out") join(world, 0, side);
    if (ways !== "in") join(world, side, 0);
    for (const member of members) if (member.side === side) moveToSide(world, member, 0);
  };
}

const CUT_SIDES: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

function freeSide({ members }: GossipWorld): number | undefined {
  return CUT_SIDES.find((side) => members.every((member) => member.side !== side));
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
    const tags = new Map([...memberTags(victim.index), ["seen", String(chance.choose("nemesis.tag", 1000))]]);
    stepMember(world, victim, { type: "tags", tags });
    return () => undefined;
  },
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
