// What all measurements of gossip share: a pool that has been there for long, somebody who counts, and time.

import type { GossipConfig } from "../../src/core/gossip/config.ts";
import { foundPool } from "../../src/sim/gossip/founding.ts";
import type { SimMember } from "../../src/sim/gossip/member.ts";
import { runGossipUntil } from "../../src/sim/gossip/run.ts";
import { createGossipWorld, type GossipObserver, type GossipWorld } from "../../src/sim/gossip/world.ts";
import { CALM, type LinkWeather } from "../../src/sim/weather.ts";

export interface PoolOptions {
  readonly seed?: string;
  readonly members: number;
  readonly knobs?: Partial<GossipConfig>;
  readonly weather?: Partial<LinkWeather>;
  readonly observers?: readonly ((world: GossipWorld) => GossipObserver)[];
}

/** A data centre's network: a fifth of a millisecond to two, now and then a good deal more. */
const LAN_WEATHER: LinkWeather = { ...CALM, latencyUs: [200, 2000], longTail: true };

/** Compression costs the simulator much and changes nothing but the bytes of push-pulls; the page says so. */
export function createPool({
  seed = "1",
  members,
  knobs,
  weather,
  observers = [],
}: PoolOptions): GossipWorld {
  const world = createGossipWorld({
    seed,
    members,
    sparing: true,
    knobs: { compress: false, ...knobs },
    weather: { ...LAN_WEATHER, ...weather },
  });
  world.observers.push(...observers.map((make) => make(world)));
  foundPool(world);
  return world;
}

export function pass(world: GossipWorld, seconds: number): void {
  runGossipUntil(world, world.nowUs + seconds * 1e6);
}

export function memberAt(world: GossipWorld, index: number): SimMember {
  const member = world.members[index];
  if (member === undefined) throw new Error(`there is no member ${index}`);
  return member;
}

/** The value below which that part of them lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/** To three digits: more of them say nothing. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
