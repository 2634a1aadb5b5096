// The network between nodes. Each direction has a weather; troubles lie over it, some that cut, some that make it worse,
// each undone by itself however many overlap. Datagrams may be lost, doubled, overtaken, damaged or too long. Streams of
// messages (TCP) keep their order while the connection lives; a cut swallows what is sent meanwhile, and sooner or later
// the connection breaks.

import type { Chance } from "../core/lib/chance.ts";
import { type Effects, tookEffect } from "./effects.ts";
import type { FaultKind } from "./fault-kinds.ts";
import { drawDoublings, happens, type LinkWeather, uniform } from "./weather.ts";

/** What a trouble does to what it covers; for each the effects are told apart. */
export type Aspect = "cut" | "loss" | "delay" | "latency" | "bandwidth" | "mtu" | "corruption";

/** Something that lies over some directions until it is taken away. */
export interface Trouble {
  readonly kind: FaultKind;
  readonly aspects: readonly Aspect[];
  /** The directions it covers, as `from * size + to`. */
  readonly directions: ReadonlySet<number>;
  /** What becomes of a direction's weather. Absent: the direction carries nothing. */
  readonly change?: (weather: LinkWeather) => LinkWeather;
}

export interface Network {
  readonly size: number;
  /** By direction: weather without any trouble, and with those that lie over it now. */
  readonly fair: LinkWeather[];
  readonly now: LinkWeather[];
  /** By direction: how many troubles cut it. */
  readonly cuts: Uint16Array;
  readonly troubles: Set<Trouble>;
  /** When the last message of each direction arrives: the next may not overtake it. */
  readonly lastArrivalUs: Float64Array;
  /** When a direction of limited bandwidth has sent all that it was given. */
  readonly sentUs: Float64Array;
  readonly effects: Effects;
}

/** A queue before a slow link that is longer than this drops what comes next. */
const MOST_QUEUED_US = 2_000_000;

export function createNetwork(size: number, weather: LinkWeather, effects: Effects): Network {
  return {
    size,
    fair: new Array<LinkWeather>(size * size).fill(weather),
    now: new Array<LinkWeather>(size * size).fill(weather),
    cuts: new Uint16Array(size * size),
    troubles: new Set(),
    lastArrivalUs: new Float64Array(size * size),
    sentUs: new Float64Array(size * size),
    effects,
  };
}

export function directionOf(network: Network, from: number, to: number): number {
  return from * network.size + to;
}

export function isCut(network: Network, from: number, to: number): boolean {
  return network.cuts[from * network.size + to] !== 0;
}

/** Gives every direction the weather that `of` says. */
export function setWeather(network: Network, of: (direction: number) => LinkWeather): void {
  for (let direction = 0; direction < network.fair.length; direction++)
    network.fair[direction] = of(direction);
  refresh(network);
}

export function addTrouble(network: Network, trouble: Trouble): void {
  network.troubles.add(trouble);
  refresh(network);
}

/** Takes one away; the others stay. */
export function removeTrouble(network: Network, trouble: Trouble): void {
  if (network.troubles.delete(trouble)) refresh(network);
}

/** Takes away those that cut. */
export function healCuts(network: Network): void {
  for (const trouble of network.troubles) if (trouble.change === undefined) network.troubles.delete(trouble);
  refresh(network);
}

export function endTroubles(network: Network): void {
  network.troubles.clear();
  refresh(network);
}

function refresh({ fair, now, cuts, troubles, sentUs }: Network): void {
  cuts.fill(0);
  for (let direction = 0; direction < fair.length; direction++)
    now[direction] = fair[direction] as LinkWeather;
  for (const { directions, change } of troubles)
    for (const direction of directions) {
      if (change === undefined) cuts[direction] = (cuts[direction] as number) + 1;
      else now[direction] = change(now[direction] as LinkWeather);
    }
  for (let direction = 0; direction < fair.length; direction++)
    if (now[direction]?.bytesPerSecond === Number.POSITIVE_INFINITY) sentUs[direction] = 0;
}

/** Counts an effect for every trouble that may have caused it. */
function blame(network: Network, direction: number, aspect: Aspect): void {
  for (const { kind, aspects, directions } of network.troubles)
    if (aspects.includes(aspect) && directions.has(direction)) tookEffect(network.effects, kind);
}

/** A copy of a datagram on its way. */
export interface Arrival {
  readonly atUs: number;
  readonly corrupt: boolean;
}

/**
 * When the copies of a datagram of so many bytes arrive.
 * @param carrier What is sent in pieces over TCP may be as late and come as often, but it is never too long, and never
 *   arrives damaged.
 * @returns None at all when it is lost, two when it is doubled.
 */
export function datagramArrivals(
  network: Network,
  chance: Chance,
  from: number,
  to: number,
  nowUs: number,
  bytes: number,
  carrier: "udp" | "tcp",
): Arrival[] {
  const direction = from * network.size + to;
  const weather = network.now[direction] as LinkWeather;
  const lostTo = whatLoses(network, chance, direction, weather, carrier === "udp" ? bytes : 0);
  if (lostTo !== undefined) {
    blame(network, direction, lostTo);
    return [];
  }
  const copies = happens(chance, "net.duplicate", weather.duplicatePpm) ? 2 : 1;
  const arrivals: Arrival[] = [];
  for (let copy = 0; copy < copies; copy++) {
    const queuedUs = queue(network, direction, weather, nowUs, bytes);
    if (queuedUs === undefined) continue;
    const late = happens(chance, "net.delay", weather.delayPpm);
    if (late) blame(network, direction, "delay");
    const lateUs = late ? uniform(chance, "net.delay-time", weather.delayUs) : 0;
    const atUs = nowUs + queuedUs + latency(network, chance, direction, weather) + lateUs;
    const corrupt = carrier === "udp" && happens(chance, "net.corrupt", weather.corruptPpm);
    if (corrupt) blame(network, direction, "corruption");
    arrivals.push({ atUs, corrupt });
  }
  return arrivals;
}

function whatLoses(
  network: Network,
  chance: Chance,
  direction: number,
  weather: LinkWeather,
  bytes: number,
): Aspect | undefined {
  if (network.cuts[direction] !== 0) return "cut";
  if (happens(chance, "net.loss", weather.lossPpm)) return "loss";
  return bytes > weather.mtuBytes ? "mtu" : undefined;
}

function latency(network: Network, chance: Chance, direction: number, weather: LinkWeather): number {
  const us = uniform(chance, "net.latency", weather.latencyUs);
  if (network.troubles.size > 0) blame(network, direction, "latency");
  if (!weather.longTail) return us;
  const doublings = drawDoublings(chance);
  if (doublings > 2) tookEffect(network.effects, "long-tail");
  return us * 2 ** doublings;
}

/** How long bytes stand before a link of limited bandwidth and on it. @returns Undefined when the queue is full. */
function queue(
  network: Network,
  direction: number,
  { bytesPerSecond }: LinkWeather,
  nowUs: number,
  bytes: number,
): number | undefined {
  if (bytesPerSecond === Number.POSITIVE_INFINITY) return 0;
  const freeUs = Math.max(nowUs, network.sentUs[direction] as number);
  if (freeUs > nowUs) blame(network, direction, "bandwidth");
  if (freeUs - nowUs > MOST_QUEUED_US) return undefined;
  network.sentUs[direction] = freeUs + Math.ceil((bytes * 1e6) / bytesPerSecond);
  return (network.sentUs[direction] as number) - nowUs;
}

/** What becomes of a message on a connection. */
export type Passage =
  | { readonly type: "arrives"; readonly atUs: number }
  /** Swallowed: the sender learns of it late. */
  | { readonly type: "cut" }
  /** The connection breaks now: its queue is full, or a segment came damaged. */
  | { readonly type: "broken" };

const CUT: Passage = { type: "cut" };
const BROKEN: Passage = { type: "broken" };

/** When a message on a connection arrives: after all that was sent before it. */
export function orderedArrival(
  network: Network,
  chance: Chance,
  from: number,
  to: number,
  nowUs: number,
  bytes: number,
): Passage {
  const direction = from * network.size + to;
  if (network.cuts[direction] !== 0) {
    blame(network, direction, "cut");
    return CUT;
  }
  const weather = network.now[direction] as LinkWeather;
  const queuedUs = queue(network, direction, weather, nowUs, bytes);
  if (queuedUs === undefined) return BROKEN;
  if (happens(chance, "net.corrupt-stream", weather.corruptPpm / STREAM_RESILIENCE)) {
    blame(network, direction, "corruption");
    return BROKEN;
  }
  const arrival = nowUs + queuedUs + latency(network, chance, direction, weather);
  network.lastArrivalUs[direction] = Math.max(arrival, (network.lastArrivalUs[direction] as number) + 1);
  return { type: "arrives", atUs: network.lastArrivalUs[direction] as number };
}

/** TCP sends a damaged segment again: only once in so many times does a damaged one end in a broken connection. */
const STREAM_RESILIENCE = 100;
