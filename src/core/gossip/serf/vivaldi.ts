// Vivaldi as Serf computes it (its package `coordinate`), to the last bit: a node moves a little with each round trip that
// it measures, as if springs pulled it to where the distances are right. Dabek et al., "Vivaldi: A Decentralized Network
// Coordinate System" (2004); heights are theirs, the latency filter and the adjustment are Ledlie's ("Network Coordinates
// in the Wild", 2007), gravity keeps all of it from drifting away. Knows no message and no clock.

import type { Chance } from "../../lib/chance.ts";
import {
  type Coordinate,
  DIMENSIONS,
  distanceNs,
  isCompatible,
  isFiniteCoordinate,
  MAX_ERROR,
  MIN_HEIGHT,
  magnitude,
  ORIGIN,
  rawDistance,
  secondsOf,
} from "../../model/coordinate.ts";

/** How fast the error follows, and how far a measurement moves us. */
const ERROR_GAIN = 0.25;
const MOVE_GAIN = 0.25;
/** Below this a length, a time or an error counts as none. */
const ZERO = 1e-6;
const ADJUSTMENT_SAMPLES = 20;
/** The radius in which gravity pulls with up to a second, in seconds. */
const GRAVITY_RADIUS = 150;
/** No packet is believed to have been under way for longer. */
export const MAX_RTT_NS = 10e9;

export interface Vivaldi {
  coordinate: Coordinate;
  /** What the latest measurements had too much, from all nodes, in a ring. */
  readonly samples: number[];
  nextSample: number;
  /** The latest three measurements of each node in seconds, oldest first. The middle one counts: a late packet moves nobody. */
  readonly latencies: Map<string, readonly number[]>;
  /** How often it had to begin anew because a number had become none. */
  resets: number;
  /** Measurements of no time at all: the clock is too coarse. */
  zeroRtts: number;
}

export function createVivaldi(): Vivaldi {
  return {
    coordinate: ORIGIN,
    samples: new Array<number>(ADJUSTMENT_SAMPLES).fill(0),
    nextSample: 0,
    latencies: new Map(),
    resets: 0,
    zeroRtts: 0,
  };
}

/**
 * Takes in one measurement: a round trip to `node`, which says that it is at `other`.
 * @returns Why it was not believed; nothing has changed then.
 */
export function updateVivaldi(
  vivaldi: Vivaldi,
  node: string,
  other: Coordinate,
  rttNs: number,
  chance: Chance,
): string | undefined {
  if (!isCompatible(other)) return "dimensions aren't compatible";
  if (!isFiniteCoordinate(other)) return "coordinate is invalid";
  if (!(rttNs >= 0 && rttNs <= MAX_RTT_NS)) return `round trip time not in valid range, ${rttNs}ns`;
  if (rttNs === 0) vivaldi.zeroRtts++;
  const rtt = filterLatency(vivaldi, node, secondsOf(rttNs));
  const draft = { ...vivaldi.coordinate, vec: vivaldi.coordinate.vec.slice() };
  moveBySpring(draft, other, rtt, chance);
  adjust(vivaldi, draft, other, rtt);
  moveByGravity(draft, chance);
  const isPlace = isFiniteCoordinate(draft);
  vivaldi.coordinate = isPlace ? draft : ORIGIN;
  if (!isPlace) vivaldi.resets++;
  return undefined;
}

/** The coordinate that we come to: several steps lead there, once for each probe, and none needs a copy. */
interface Draft extends Coordinate {
  readonly vec: number[];
  error: number;
  adjustment: number;
  height: number;
}

/** Drops what was measured of a node. */
export function forgetLatencies(vivaldi: Vivaldi, node: string): void {
  vivaldi.latencies.delete(node);
}

function filterLatency({ latencies }: Vivaldi, node: string, rtt: number): number {
  const samples = latest(latencies.get(node) ?? [], rtt);
  latencies.set(node, samples);
  return middleOf(samples);
}

/**
 * With one more, and without the oldest when there are enough. A new list each time, as long as it must be: one that grows
 * is given room for sixteen, and every member has one of every other.
 */
function latest(samples: readonly number[], rtt: number): readonly number[] {
  const [a, b, c] = samples;
  if (a === undefined) return [rtt];
  if (b === undefined) return [a, rtt];
  return c === undefined ? [a, b, rtt] : [b, c, rtt];
}

/** Of two the larger, of three the one in the middle. */
function middleOf([a = 0, b = a, c]: readonly number[]): number {
  if (c === undefined) return Math.max(a, b);
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function moveBySpring(draft: Draft, other: Coordinate, measured: number, chance: Chance): void {
  const distance = secondsOf(distanceNs(draft, other));
  const rtt = Math.max(measured, ZERO);
  const wrongness = Math.abs(distance - rtt) / rtt;
  const totalError = Math.max(draft.error + other.error, ZERO);
  // Who is sure of itself moves little; who hears from somebody surer moves more.
  const weight = draft.error / totalError;
  const error = ERROR_GAIN * weight * wrongness + draft.error * (1 - ERROR_GAIN * weight);
  draft.error = Math.min(error, MAX_ERROR);
  move(draft, MOVE_GAIN * weight * (rtt - distance), other, chance);
}

/** What no place in the space explains, since round trips are not quite distances. */
function adjust(vivaldi: Vivaldi, draft: Draft, other: Coordinate, rtt: number): void {
  const { samples } = vivaldi;
  samples[vivaldi.nextSample] = rtt - rawDistance(draft, other);
  vivaldi.nextSample = (vivaldi.nextSample + 1) % ADJUSTMENT_SAMPLES;
  let sum = 0;
  for (const sample of samples) sum += sample;
  draft.adjustment = sum / (2 * ADJUSTMENT_SAMPLES);
}

function moveByGravity(draft: Draft, chance: Chance): void {
  const share = secondsOf(distanceNs(ORIGIN, draft)) / GRAVITY_RADIUS;
  move(draft, -1 * (share * share), ORIGIN, chance);
}

/** Pushed away from `other` by `force` seconds, or drawn to it by a negative one. */
function move(draft: Draft, force: number, other: Coordinate, chance: Chance): void {
  const { vec } = draft;
  const apart = distanceInSpace(vec, other.vec);
  if (apart > ZERO) {
    const shrink = 1 / apart;
    for (let at = 0; at < vec.length; at++) {
      const component = vec[at] as number;
      vec[at] = component + (component - (other.vec[at] as number)) * shrink * force;
    }
    const stretched = ((draft.height + other.height) * force) / apart + draft.height;
    draft.height = Math.max(stretched, MIN_HEIGHT);
    return;
  }
  const direction = anyDirection(chance);
  for (let at = 0; at < vec.length; at++) vec[at] = (vec[at] as number) + (direction[at] as number) * force;
}

function distanceInSpace(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) {
    const apart = (a[at] as number) - (b[at] as number);
    sum += apart * apart;
  }
  return Math.sqrt(sum);
}

function scaled(vec: readonly number[], factor: number): number[] {
  return vec.map((component) => component * factor);
}

/** Two nodes in one place have to part somehow, and not all in the same direction. */
function anyDirection(chance: Chance): number[] {
  const vec: number[] = [];
  for (let at = 0; at < DIMENSIONS; at++)
    vec.push(chance.choose("gossip.coordinate", 0x100000000) / 0x100000000 - 0.5);
  const length = magnitude(vec);
  return length > ZERO ? scaled(vec, 1 / length) : vec.map((_, at) => (at === 0 ? 1 : 0));
}
