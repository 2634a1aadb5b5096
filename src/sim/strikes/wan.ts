// Trouble between datacenters, in a world of two: within each all is as it was. In any other world there is nothing to strike.

import { clustersOf } from "../datacenters.ts";
import {
  between as allBetween,
  cut,
  cutOneWay,
  type Direction,
  partition,
  reset,
  worsen,
} from "../faults.ts";
import type { SimNode } from "../node.ts";
import { note, type World } from "../world.ts";
import { NOTHING_TO_UNDO, type Striker, uniformBetween } from "./strike.ts";

/** The agents of one datacenter and of the other; undefined where there is one only. */
function sidesOf(world: World): readonly [readonly SimNode[], readonly SimNode[]] | undefined {
  const [here, there] = clustersOf(world);
  return there === undefined || here === undefined ? undefined : [here.nodes, there.nodes];
}

/** Every way from one datacenter to the other and back. */
export function waysBetween(world: World): Direction[] {
  const sides = sidesOf(world);
  return sides === undefined ? [] : allBetween(...sides);
}

export const strikeWanCut: Striker = ({ world, chance }) => {
  const sides = sidesOf(world);
  if (sides === undefined) return undefined;
  const [here, there] = sides;
  switch (chance.choose("nemesis.wan-cut", 3)) {
    case 0:
      return cutOneWay(world, here, there, "wan-cut");
    case 1:
      return cutOneWay(world, there, here, "wan-cut");
    default:
      return partition(world, here, there, "wan-cut");
  }
};

/** One server of a datacenter reaches nobody of the other, and is reached by nobody there: the others are to step in. */
export const strikeWanPartial: Striker = ({ world, victim }) => {
  if (victim === undefined) return undefined;
  const links = waysBetween(world).filter((ends) => ends.includes(victim));
  if (links.length === 0) return undefined;
  note(world, victim, "reaches no other datacenter");
  return cut(world, "wan-partial", links);
};

/** A line that is full: what comes through comes late. */
export const strikeWanSlow: Striker = ({ world, chance }) => {
  const links = waysBetween(world);
  if (links.length === 0) return undefined;
  const us = uniformBetween(chance, "nemesis.wan-slow", 200_000, 1_500_000);
  note(world, undefined, `datacenters are ${Math.round(us / 1000)} ms apart`);
  return worsen(world, "wan-slow", ["latency"], links, (weather) => ({
    ...weather,
    latencyUs: [us, us + (us >> 1)],
  }));
};

export const strikeWanStorm: Striker = ({ world }) => {
  const links = waysBetween(world);
  if (links.length === 0) return undefined;
  note(world, undefined, "storm between datacenters");
  return worsen(world, "wan-storm", ["loss", "delay"], links, (weather) => ({
    ...weather,
    lossPpm: 300_000,
    delayPpm: 300_000,
    delayUs: [1000, 2_000_000],
  }));
};

/** A box in between forgets what it knew: connections of one server with the other datacenter break, all of them. */
export const strikeWanReset: Striker = ({ world, victim }) => {
  const others = waysBetween(world).flatMap(([from, to]) => (from === victim ? [to] : []));
  if (victim === undefined || others.length === 0) return undefined;
  for (const other of others) reset(world, victim, other, "wan-reset");
  return NOTHING_TO_UNDO;
};
