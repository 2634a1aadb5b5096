// The network between nodes: which links are cut, and for what they carry, how long it takes and whether it arrives.
// Datagrams may be lost, doubled and overtaken. Streams of messages (TCP) keep their order while the connection lives;
// a cut swallows what is sent meanwhile, and sooner or later the connection breaks.

import type { Chance } from "../core/lib/chance.ts";

export interface LinkWeather {
  /** Microseconds one way. */
  readonly latencyUs: readonly [least: number, most: number];
  /** Parts per million of datagrams. */
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  /** Datagrams, and Raft's messages, that are held up long enough to be overtaken. */
  readonly delayPpm: number;
  readonly delayUs: readonly [least: number, most: number];
}

export const CALM: LinkWeather = {
  latencyUs: [100, 1000],
  lossPpm: 0,
  duplicatePpm: 0,
  delayPpm: 0,
  delayUs: [0, 0],
};

export interface Network {
  readonly size: number;
  /** `from * size + to` → whether what is sent that way arrives nowhere. */
  readonly cut: Uint8Array;
  /** When the last message of each direction arrives: the next may not overtake it. */
  readonly lastArrivalUs: Float64Array;
  weather: LinkWeather;
}

export function createNetwork(size: number, weather: LinkWeather): Network {
  return { size, cut: new Uint8Array(size * size), lastArrivalUs: new Float64Array(size * size), weather };
}

export function isCut(network: Network, from: number, to: number): boolean {
  return network.cut[from * network.size + to] === 1;
}

/** Cuts one direction, or joins it again. */
export function setCut(network: Network, from: number, to: number, cut: boolean): void {
  network.cut[from * network.size + to] = cut ? 1 : 0;
}

export function healAll(network: Network): void {
  network.cut.fill(0);
}

function uniform(chance: Chance, site: string, [least, most]: readonly [number, number]): number {
  return most > least ? least + chance.choose(site, most - least + 1) : least;
}

function happens(chance: Chance, site: string, ppm: number): boolean {
  return ppm > 0 && chance.choose(site, 1_000_000) < ppm;
}

/**
 * When the copies of a datagram arrive.
 * @returns No time at all when it is lost, two when it is doubled.
 */
export function datagramArrivals(
  network: Network,
  chance: Chance,
  from: number,
  to: number,
  nowUs: number,
): number[] {
  const { weather } = network;
  if (isCut(network, from, to) || happens(chance, "net.loss", weather.lossPpm)) return [];
  const copies = happens(chance, "net.duplicate", weather.duplicatePpm) ? 2 : 1;
  return Array.from({ length: copies }, () => nowUs + delay(network, chance));
}

function delay({ weather }: Network, chance: Chance): number {
  const late = happens(chance, "net.delay", weather.delayPpm)
    ? uniform(chance, "net.delay-time", weather.delayUs)
    : 0;
  return uniform(chance, "net.latency", weather.latencyUs) + late;
}

/** When a message on a connection arrives: after all that was sent before it. Undefined when the way is cut. */
export function orderedArrival(
  network: Network,
  chance: Chance,
  from: number,
  to: number,
  nowUs: number,
): number | undefined {
  if (isCut(network, from, to)) return undefined;
  const direction = from * network.size + to;
  const arrival = nowUs + uniform(chance, "net.latency", network.weather.latencyUs);
  network.lastArrivalUs[direction] = Math.max(arrival, (network.lastArrivalUs[direction] as number) + 1);
  return network.lastArrivalUs[direction];
}
