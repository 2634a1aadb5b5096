// A place in the network's space of round-trip times (Vivaldi, Dabek et al. 2004, with Serf's height and adjustment), and
// the distance between two of them: the round trip that is to be expected. How places are found: gossip/serf/vivaldi.ts.

/** Times are in seconds. Never changed in place. */
export interface Coordinate {
  /** A point of eight dimensions. */
  readonly vec: readonly number[];
  /** How little it trusts itself: 1.5 to begin with, near 0 for one that has settled. No unit. */
  readonly error: number;
  /** What this node adds to every distance, by its measurements of late. */
  readonly adjustment: number;
  /** The way from the node to the network, which every packet takes: added to every distance too. */
  readonly height: number;
}

/** Whose a coordinate is. A node has one for each network segment that it is in; ours are in one, "". */
export interface NodeCoordinate {
  readonly node: string;
  readonly segment: string;
  readonly coordinate: Coordinate;
}

export const DIMENSIONS = 8;
/** The error of one who knows nothing, and the most there is. */
export const MAX_ERROR = 1.5;
export const MIN_HEIGHT = 10e-6;

/** What a node that has just begun says of itself. */
export const ORIGIN: Coordinate = {
  vec: Array.from({ length: DIMENSIONS }, () => 0),
  error: MAX_ERROR,
  adjustment: 0,
  height: MIN_HEIGHT,
};

/** Whether the coordinate has eight dimensions: no others can be compared with ours. */
export function isCompatible({ vec }: Coordinate): boolean {
  return vec.length === DIMENSIONS;
}

/** Whether all of it is finite. */
export function isFiniteCoordinate({ vec, error, adjustment, height }: Coordinate): boolean {
  // Not `for of`, whose iterator makes an object of each number: this is asked at every step of a simulation.
  for (let at = 0; at < vec.length; at++) if (!Number.isFinite(vec[at])) return false;
  return Number.isFinite(error) && Number.isFinite(adjustment) && Number.isFinite(height);
}

/** The length of a vector. */
export function magnitude(vec: readonly number[]): number {
  let sum = 0;
  for (const component of vec) sum += component * component;
  return Math.sqrt(sum);
}

/** Without the adjustments. Several times for every probe: so without a vector in between. */
export function rawDistance(a: Coordinate, b: Coordinate): number {
  let sum = 0;
  for (let at = 0; at < a.vec.length; at++) {
    const apart = (a.vec[at] as number) - (b.vec[at] ?? 0);
    sum += apart * apart;
  }
  return Math.sqrt(sum) + a.height + b.height;
}

/**
 * The round trip to be expected, in whole nanoseconds, cut off as Go cuts a float to a duration. Adjustments that would
 * make it nothing or less are left out. NaN where the coordinates are too large to be added up.
 */
export function distanceNs(a: Coordinate, b: Coordinate): number {
  const raw = rawDistance(a, b);
  const adjusted = raw + a.adjustment + b.adjustment;
  return Math.trunc((adjusted > 0 ? adjusted : raw) * 1e9);
}

/** Nanoseconds as Go's Duration.Seconds gives them: the last digit depends on how they are divided. */
export function secondsOf(ns: number): number {
  const whole = Math.trunc(ns / 1e9);
  return whole + (ns - whole * 1e9) / 1e9;
}

/** A node's coordinates by segment. */
export type CoordinateSet = ReadonlyMap<string, Coordinate>;

/**
 * The two coordinates by which two nodes can be compared, of the segment that they share: the one of whoever is in a
 * single segment (the target's if both are), else the default one. Undefined for a node that is not in it.
 */
export function sharedCoordinates(
  source: CoordinateSet,
  target: CoordinateSet,
): readonly [source: Coordinate | undefined, target: Coordinate | undefined] {
  let segment = "";
  for (const set of [source, target]) if (set.size === 1) for (const only of set.keys()) segment = only;
  return [source.get(segment), target.get(segment)];
}

/** The round trip between two nodes in seconds; Infinity where it is not known. */
export function distanceBetween(a: Coordinate | undefined, b: Coordinate | undefined): number {
  if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY;
  const seconds = secondsOf(distanceNs(a, b));
  return Number.isNaN(seconds) ? Number.POSITIVE_INFINITY : seconds;
}
