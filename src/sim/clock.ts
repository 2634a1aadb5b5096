// A node's own clock: it starts somewhere and runs a little fast or slow. True time is in whole microseconds, a node's
// in milliseconds; nobody but the world knows the true one.

export interface SimClock {
  /** What the node's clock showed at true time 0. */
  readonly offsetMs: number;
  /** Parts per million that it runs fast; negative for slow. */
  readonly driftPpm: number;
}

/** What the node's clock shows, to the microsecond. */
export function localMs(clock: SimClock, trueUs: number): number {
  return clock.offsetMs + (trueUs + Math.floor((trueUs * clock.driftPpm) / 1e6)) / 1000;
}

/** The first true time at which the node's clock shows at least `wantedMs`. */
export function trueUsAt(clock: SimClock, wantedMs: number): number {
  const localUs = Math.ceil((wantedMs - clock.offsetMs) * 1000);
  let trueUs = Math.max(0, Math.floor(localUs / (1 + clock.driftPpm / 1e6)) - 2);
  while (localMs(clock, trueUs) < wantedMs) trueUs++;
  return trueUs;
}
