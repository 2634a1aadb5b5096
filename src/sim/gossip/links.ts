// The network of a gossip-only world. Thousands of members have too many links for a record of each: every member is on a
// side, and a small table says from which side to which something passes. Datagrams may be lost, doubled, late; a stream
// loses nothing, but pays for the network's losses with TCP's patience.

import { assert } from "../../core/lib/assert.ts";
import type { Chance } from "../../core/lib/chance.ts";
import { drawDoublings, happens, type LinkWeather, uniform } from "../weather.ts";

/** As many as the plots' partitions and a swarm's strikes need at once. */
export const SIDES = 8;

export interface Links {
  weather: LinkWeather;
  /** What a way takes longer between members of two datacenters, in microseconds, whatever the weather. */
  readonly farUs: number;
  /** `from * SIDES + to` → how many cuts lie there. */
  readonly cuts: Uint8Array;
}

export function createLinks(weather: LinkWeather, farUs: number): Links {
  return { weather, farUs, cuts: new Uint8Array(SIDES * SIDES) };
}

/** The part of a way that is the same each time: between the homes of two members. */
export function distanceUs({ farUs }: Links, from: number, to: number): number {
  return from === to ? 0 : farUs;
}

export function passes({ cuts }: Links, from: number, to: number): boolean {
  return cuts[from * SIDES + to] === 0;
}

/** Cuts one direction; cuts add up, and each is joined once. */
export function cutSides({ cuts }: Links, from: number, to: number): void {
  const at = from * SIDES + to;
  assert((cuts[at] as number) < 255, "as many cuts as a byte counts");
  cuts[at] = (cuts[at] as number) + 1;
}

export function joinSides({ cuts }: Links, from: number, to: number): void {
  const at = from * SIDES + to;
  if (cuts[at] !== 0) cuts[at] = (cuts[at] as number) - 1;
}

export function joinAllSides({ cuts }: Links): void {
  cuts.fill(0);
}

/** One way, in microseconds. */
export function latencyUs({ weather }: Links, chance: Chance): number {
  const us = uniform(chance, "net.latency", weather.latencyUs);
  return weather.longTail ? us * 2 ** drawDoublings(chance) : us;
}

/** How long each copy of a datagram is on its way: none when it is lost, two when it is doubled. Filled into `copies`. */
export function datagramCopies(links: Links, chance: Chance, copies: number[]): void {
  copies.length = 0;
  const { weather } = links;
  if (happens(chance, "net.loss", weather.lossPpm)) return;
  const count = happens(chance, "net.duplicate", weather.duplicatePpm) ? 2 : 1;
  for (let copy = 0; copy < count; copy++) {
    const lateUs = happens(chance, "net.delay", weather.delayPpm)
      ? uniform(chance, "net.delay-time", weather.delayUs)
      : 0;
    copies.push(latencyUs(links, chance) + lateUs);
  }
}

/** TCP waits so long for the answer to its first segment before it sends it again, and twice as long each time after. */
const CONNECT_RETRY_US = 1_000_000;
/** The same for data on a connection that stands. */
const DATA_RETRY_US = 200_000;
/** Nobody waits for an eighth attempt: gossip's own timeouts are shorter. */
const MOST_RETRIES = 7;
/** What a link carries in a second where its weather sets no limit: a gigabit. */
const STREAM_BYTES_PER_SECOND = 125e6;

/** Until a connection stands: a segment there, one back. */
export function connectUs(links: Links, chance: Chance): number {
  return latencyUs(links, chance) + latencyUs(links, chance) + retriesUs(links, chance, CONNECT_RETRY_US);
}

/** Until all of a message is there, on a connection that stands. */
export function transferUs(links: Links, chance: Chance, bytes: number): number {
  const perSecond = Math.min(links.weather.bytesPerSecond, STREAM_BYTES_PER_SECOND);
  const sendingUs = Math.ceil((bytes * 1e6) / perSecond);
  return latencyUs(links, chance) + sendingUs + retriesUs(links, chance, DATA_RETRY_US);
}

function retriesUs({ weather }: Links, chance: Chance, firstUs: number): number {
  let waitedUs = 0;
  for (let retry = 0; retry < MOST_RETRIES && happens(chance, "net.retry", weather.lossPpm); retry++)
    waitedUs += firstUs * 2 ** retry;
  return waitedUs;
}
