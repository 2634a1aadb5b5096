// Trouble with the network: cuts of all shapes, links that are slow, narrow, short of breath or bad.

import {
  between as allBetween,
  cut,
  cutOneWay,
  type Direction,
  leaders,
  partition,
  reset,
  worsen,
} from "../faults.ts";
import { isUp, type SimNode } from "../node.ts";
import { callAt, note, type World } from "../world.ts";
import { NOTHING_TO_UNDO, type Strike, type Striker, uniformBetween } from "./strike.ts";

function everyoneBut(world: World, some: readonly SimNode[]): SimNode[] {
  return world.nodes.filter((node) => !some.includes(node));
}

/** Servers in two groups; agents that are no servers go with the second. */
function split({ world, servers, chance }: Strike): readonly [SimNode[], SimNode[]] {
  const size = 1 + chance.choose("nemesis.split", Math.max(1, servers.length - 1));
  const some = servers.slice(0, size);
  return [some, everyoneBut(world, some)];
}

export const strikePartition: Striker = (strike) => partition(strike.world, ...split(strike));

export const strikeOneWay: Striker = ({ world, chance, victim }) => {
  if (victim === undefined) return undefined;
  const others = everyoneBut(world, [victim]);
  return chance.choose("nemesis.direction", 2) === 0
    ? cutOneWay(world, [victim], others)
    : cutOneWay(world, others, [victim]);
};

export const strikeIsolateLeader: Striker = ({ world, cluster }) => {
  const leader = leaders(cluster)[0];
  if (leader === undefined) return undefined;
  return partition(world, [leader], everyoneBut(world, [leader]), "isolate-leader");
};

/** Two halves that both reach one server, and not each other: elections without end, but for pre-vote. */
export const strikeBridge: Striker = ({ world, servers }) => {
  if (servers.length < 3) return undefined;
  const middle = Math.floor(servers.length / 2);
  return partition(world, servers.slice(0, middle), servers.slice(middle + 1), "bridge");
};

/** Some pairs cannot talk, and every server may still reach a majority: no clear sides. */
export const strikePartial: Striker = ({ world, chance }) => {
  const pairs: Direction[] = [];
  for (const [at, a] of world.nodes.entries())
    for (const b of world.nodes.slice(at + 1))
      if (chance.choose("nemesis.partial", 3) === 0) pairs.push([a, b], [b, a]);
  if (pairs.length === 0) return undefined;
  note(
    world,
    undefined,
    `partial cut  ${pairs
      .filter((_, at) => at % 2 === 0)
      .map(([a, b]) => `${a.name}${b.name}`)
      .join(" ")}`,
  );
  return cut(world, "partial", pairs);
};

/** The cut comes and goes, quicker than anyone settles on it. */
export const strikeFlapping: Striker = (strike) => {
  const { world, chance, untilUs } = strike;
  const [some, others] = split(strike);
  note(
    world,
    undefined,
    `flapping  ${some.map(({ name }) => name).join(" ")} | ${others.map(({ name }) => name).join(" ")}`,
  );
  let undo = cut(world, "flapping", allBetween(some, others));
  let down = true;
  let ended = false;
  const flap = (): void => {
    if (ended) return;
    if (down) undo();
    else undo = cut(world, "flapping", allBetween(some, others));
    down = !down;
    const atUs = world.nowUs + uniformBetween(chance, "nemesis.flap", 20_000, 700_000);
    if (atUs < untilUs) callAt(world, atUs, flap);
  };
  callAt(world, world.nowUs + uniformBetween(chance, "nemesis.flap", 20_000, 700_000), flap);
  return () => {
    ended = true;
    undo();
  };
};

export const strikeReset: Striker = ({ world, victim, servers }) => {
  const other = servers.find((node) => node !== victim && isUp(node));
  if (victim === undefined || other === undefined) return undefined;
  reset(world, victim, other);
  return NOTHING_TO_UNDO;
};

export const strikeStorm: Striker = ({ world }) => {
  note(world, undefined, "storm");
  return worsen(world, "storm", ["loss", "delay"], allBetween(world.nodes, world.nodes), (weather) => ({
    ...weather,
    lossPpm: 300_000,
    delayPpm: 300_000,
    delayUs: [1000, 500_000],
  }));
};

/** One direction, all that one node sends, or all that it sends and gets. */
function someLinks({ world, chance, victim }: Strike): Direction[] {
  if (victim === undefined) return [];
  const others = everyoneBut(world, [victim]);
  const shape = chance.choose("nemesis.links", 3);
  if (shape === 0) return allBetween([victim], others);
  if (shape === 1) return others.map((other): Direction => [victim, other]);
  const other = others[chance.choose("nemesis.link", Math.max(1, others.length))];
  return other === undefined ? [] : [[victim, other]];
}

function noteLinks(world: World, what: string, links: readonly Direction[]): void {
  note(world, undefined, `${what}  ${links.map(([from, to]) => `${from.name}→${to.name}`).join(" ")}`);
}

/** As over a satellite, or a queue that somebody else keeps full. */
export const strikeSlowLink: Striker = (strike) => {
  const { world, chance } = strike;
  const links = someLinks(strike);
  if (links.length === 0) return undefined;
  const us = uniformBetween(chance, "nemesis.slow-link", 20_000, 800_000);
  noteLinks(world, `links take ${Math.round(us / 1000)} ms`, links);
  return worsen(world, "slow-link", ["latency"], links, (weather) => ({
    ...weather,
    latencyUs: [us, us + (us >> 1)],
    // Slow enough: 64 times that would hold a connection up for a minute, long after the trouble is over.
    longTail: false,
  }));
};

export const strikeThrottle: Striker = (strike) => {
  const { world, chance } = strike;
  const links = someLinks(strike);
  const bytesPerSecond = [2_000, 10_000, 50_000][chance.choose("nemesis.throttle", 3)] as number;
  if (links.length === 0) return undefined;
  noteLinks(world, `links carry ${bytesPerSecond} bytes a second`, links);
  return worsen(world, "throttle", ["bandwidth"], links, (weather) => ({ ...weather, bytesPerSecond }));
};

/** Long datagrams get through nowhere, short ones do: a tunnel on the way, and nobody answers "too big". */
export const strikeSmallMtu: Striker = (strike) => {
  const { world, chance } = strike;
  const links = someLinks(strike);
  const mtuBytes = [60, 200, 576][chance.choose("nemesis.mtu", 3)] as number;
  if (links.length === 0) return undefined;
  noteLinks(world, `datagrams of more than ${mtuBytes} bytes are lost`, links);
  return worsen(world, "small-mtu", ["mtu"], links, (weather) => ({ ...weather, mtuBytes }));
};

export const strikeCorrupt: Striker = (strike) => {
  const { world, chance } = strike;
  const links = someLinks(strike);
  const corruptPpm = [10_000, 100_000, 500_000][chance.choose("nemesis.corrupt", 3)] as number;
  if (links.length === 0) return undefined;
  noteLinks(world, "bits are turned", links);
  return worsen(world, "corrupt", ["corruption"], links, (weather) => ({ ...weather, corruptPpm }));
};
