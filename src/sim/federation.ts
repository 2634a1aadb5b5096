// A run of the swarm with two datacenters: how its second one looks, how far the two are from each other, and what trouble
// there is between them. All of it is drawn from a source of its own, so that runs of one datacenter know nothing of it.

import type { Chance } from "../core/lib/chance.ts";
import { clustersOf } from "./datacenters.ts";
import { isOfWan, STRIKE_KINDS, type StrikeKind } from "./fault-kinds.ts";
import { setWeather } from "./network.ts";
import { planWith, type SwarmPlan } from "./plan.ts";
import type { LinkWeather } from "./weather.ts";
import type { World } from "./world.ts";

export interface Federation {
  /** Names of the second datacenter's servers. */
  readonly servers: readonly string[];
  /** One way between the two. */
  readonly latencyUs: LinkWeather["latencyUs"];
  /** Trouble between them: how often, and how long. */
  readonly trouble: Pick<SwarmPlan, "kinds" | "everyUs" | "lastsUs">;
}

/** A run of more client agents has one datacenter. */
export const LARGE = 100;

/** What a run is told of datacenters. */
export interface DatacenterWords {
  readonly clients?: number;
  /** One or two; drawn from the seed unless it is said, or kinds of trouble are. */
  readonly datacenters?: 1 | 2 | undefined;
  readonly faults?: readonly StrikeKind[] | undefined;
}

/** One run in so many has two datacenters. */
const ONE_IN = 6;
/** From a few streets to the other side of the world. */
const FAR_US: readonly number[] = [1_000, 15_000, 60_000, 150_000];
/** Of the kinds between datacenters half are in a run. */
const SHARE_PERCENT = 50;

/** @returns Undefined for a run of one datacenter. */
export function drawFederation(
  chance: Chance,
  { clients = 0, datacenters, faults }: DatacenterWords,
): Federation | undefined {
  const drawn = chance.choose("federation.there", ONE_IN) === 0;
  if (clients > LARGE) return undefined;
  const isThere = datacenters === undefined ? (faults?.some(isOfWan) ?? drawn) : datacenters === 2;
  if (!isThere) return undefined;
  const pick = (site: string, from: readonly number[]): number => from[chance.choose(site, from.length)] ?? 0;
  const servers = Array.from(
    { length: 1 + 2 * chance.choose("federation.servers", 2) },
    (_, at) => `far${at + 1}`,
  );
  const us = pick("federation.far", FAR_US);
  const pace = pick("federation.pace", [1_000_000, 4_000_000, 12_000_000]);
  const length = pick("federation.length", [500_000, 5_000_000, 20_000_000]);
  const kinds = STRIKE_KINDS.filter(isOfWan).filter(
    () => chance.choose("federation.kind", 100) < SHARE_PERCENT,
  );
  return {
    servers,
    latencyUs: [us, us + (us >> 2)],
    trouble: {
      kinds: faults?.filter(isOfWan) ?? kinds,
      everyUs: [pace >> 1, pace << 1],
      lastsUs: [length >> 2, length],
    },
  };
}

/** What the nemesis between the datacenters goes by, beside the one that goes by `plan`. */
export function wanPlan(plan: SwarmPlan, { trouble }: Federation): SwarmPlan {
  const { kinds, everyUs, lastsUs } = trouble;
  return { ...planWith(plan, kinds), everyUs, lastsUs };
}

/** Gives the links between datacenters the weather of the others, but for the distance. */
export function layFarApart(world: World, { latencyUs }: Federation, weather: LinkWeather): void {
  const { network } = world;
  const home = new Map(
    clustersOf(world).flatMap(({ nodes }, at) => nodes.map((node): [number, number] => [node.index, at])),
  );
  const far = { ...weather, latencyUs, longTail: false };
  setWeather(network, (direction) => {
    const [from, to] = [Math.floor(direction / network.size), direction % network.size];
    return home.get(from) === home.get(to) ? (network.fair[direction] ?? weather) : far;
  });
}
