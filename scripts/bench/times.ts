// Times counted in buckets, each some 3 % wide, so that a million of them cost no memory and are quickly read.

/** Buckets between a power of two and the next. */
const FINENESS = 32;
/** Up to 2^26 µs, about a minute; what takes longer is counted as that. */
const POWERS = 26;

/** How many there were of each length. */
export type Times = Uint32Array;

export function createTimes(): Times {
  return new Uint32Array(FINENESS * POWERS);
}

/** @param us At least 1 µs is counted. */
export function noteTime(times: Times, us: number): void {
  const place = Math.min(times.length - 1, Math.floor(Math.log2(Math.max(1, us)) * FINENESS));
  times[place] = (times[place] ?? 0) + 1;
}

/** Microseconds below which lies a share of all times: the upper end of its bucket. NaN when there were none. */
export function percentile(times: Times, share: number): number {
  const count = times.reduce((sum, each) => sum + each, 0);
  let seen = 0;
  for (let place = 0; place < times.length; place++) {
    seen += times[place] ?? 0;
    if (seen > 0 && seen >= share * count) return 2 ** ((place + 1) / FINENESS);
  }
  return Number.NaN;
}
