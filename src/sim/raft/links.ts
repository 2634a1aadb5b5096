// The network of a Raft-only world: messages keep their order from one server to another as on a connection, but for those
// that are lost, doubled or held up (which others then overtake), and every direction may be cut.

import type { Chance } from "../../core/lib/chance.ts";

export interface LinkWeather {
  /** Microseconds one way. */
  readonly latencyUs: readonly [least: number, most: number];
  /** Parts per million of messages that are lost, doubled, held up. Together at most a million. */
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  readonly delayPpm: number;
  /** Added to the latency of what is held up. */
  readonly delayUs: readonly [least: number, most: number];
}

export const CALM_LINKS: LinkWeather = {
  latencyUs: [100, 1000],
  lossPpm: 0,
  duplicatePpm: 0,
  delayPpm: 0,
  delayUs: [0, 0],
};

export interface Links {
  readonly size: number;
  /** `from * size + to` → 1 where nothing passes. */
  readonly cut: Uint8Array;
  /** By direction: when the last message arrives that was not held up, in microseconds of true time. */
  readonly lastArrivalUs: Float64Array;
  weather: LinkWeather;
}

export function createLinks(size: number, weather: LinkWeather): Links {
  return { size, cut: new Uint8Array(size * size), lastArrivalUs: new Float64Array(size * size), weather };
}

export function isLinkCut({ size, cut }: Links, from: number, to: number): boolean {
  return cut[from * size + to] === 1;
}

/** Cuts one direction, or joins it again. */
export function setLinkCut({ size, cut }: Links, from: number, to: number, isCut: boolean): void {
  cut[from * size + to] = isCut ? 1 : 0;
}

export function joinAllLinks({ cut }: Links): void {
  cut.fill(0);
}

/** A whole number in [least, most], both included. */
export function between(chance: Chance, site: string, [least, most]: readonly [number, number]): number {
  return most > least ? least + chance.choose(site, most - least + 1) : least;
}

/** What becomes of a message: when its copies arrive, in microseconds of true time; -1 for a copy that does not. */
export interface Fate {
  firstUs: number;
  secondUs: number;
}

/** Draws it into `fate`. One question decides its kind, so that rough weather costs one draw more than fair weather. */
export function drawFate(
  links: Links,
  chance: Chance,
  from: number,
  to: number,
  nowUs: number,
  fate: Fate,
): void {
  const { weather, lastArrivalUs } = links;
  fate.firstUs = -1;
  fate.secondUs = -1;
  if (isLinkCut(links, from, to)) return;
  const doubled = weather.lossPpm + weather.duplicatePpm;
  const heldUp = doubled + weather.delayPpm;
  const kind = heldUp === 0 ? heldUp : chance.choose("net.fate", 1_000_000);
  if (kind < weather.lossPpm) return;
  fate.firstUs = nowUs + between(chance, "net.latency", weather.latencyUs);
  if (kind < doubled) fate.secondUs = fate.firstUs + between(chance, "net.delay", weather.delayUs);
  else if (kind < heldUp) {
    fate.firstUs += between(chance, "net.delay", weather.delayUs);
    return;
  }
  const direction = from * links.size + to;
  fate.firstUs = Math.max(fate.firstUs, (lastArrivalUs[direction] as number) + 1);
  lastArrivalUs[direction] = fate.firstUs;
}
