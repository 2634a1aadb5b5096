// How a link carries what is sent along it while nothing is broken: how long that takes, what is lost, doubled or held
// up. Each direction between two nodes has a weather of its own.

import type { Chance } from "../core/lib/chance.ts";

export interface LinkWeather {
  /** Microseconds one way, uniform between these. */
  readonly latencyUs: readonly [least: number, most: number];
  /**
   * The latency is stretched: doubled once in four times, fourfold once in eight, … up to 64-fold. The mean is about two
   * and a half times that of the uniform one; the tail is that of busy hosts and shared links.
   */
  readonly longTail: boolean;
  /** Parts per million of datagrams. */
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  /** Datagrams, and Raft's messages, that are held up long enough to be overtaken. */
  readonly delayPpm: number;
  readonly delayUs: readonly [least: number, most: number];
  /** Datagrams that arrive with a few bits turned. On connections TCP's checksum sees that, and the connection breaks. */
  readonly corruptPpm: number;
  /** What the link carries in a second; Infinity for no limit. */
  readonly bytesPerSecond: number;
  /** Longer datagrams are lost. */
  readonly mtuBytes: number;
}

export const CALM: LinkWeather = {
  latencyUs: [100, 1000],
  longTail: false,
  lossPpm: 0,
  duplicatePpm: 0,
  delayPpm: 0,
  delayUs: [0, 0],
  corruptPpm: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  mtuBytes: Number.POSITIVE_INFINITY,
};

/** The most that a long tail stretches a latency by, as a power of two. */
const MOST_DOUBLINGS = 6;

export function uniform(
  chance: Chance,
  site: string,
  [least, most]: readonly [least: number, most: number],
): number {
  return most > least ? least + chance.choose(site, most - least + 1) : least;
}

export function happens(chance: Chance, site: string, ppm: number): boolean {
  return ppm > 0 && chance.choose(site, 1_000_000) < ppm;
}

/** How often a latency is doubled: 0 three times in four, 1 once in eight, … drawn at once. */
export function drawDoublings(chance: Chance): number {
  const dice = chance.choose("net.tail", 2 << MOST_DOUBLINGS);
  // Trailing zero bits of a uniform number: each more is half as likely.
  const zeros = dice === 0 ? MOST_DOUBLINGS + 1 : 31 - Math.clz32(dice & -dice);
  return Math.max(0, zeros - 1);
}

/** One direction of a link in a cluster whose links differ: near, far, or far and busy. */
export function drawLink(chance: Chance, weather: LinkWeather): LinkWeather {
  const [least, most] = weather.latencyUs;
  switch (chance.choose("link.distance", 4)) {
    case 0:
      return { ...weather, latencyUs: [least, least + ((most - least) >> 2)] };
    case 1:
      return { ...weather, latencyUs: [least * 3, most * 3], longTail: false };
    case 2:
      return { ...weather, longTail: true };
    default:
      return weather;
  }
}
