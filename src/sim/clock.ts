// A node's own clock: it starts somewhere, runs a little fast or slow, and can be made to leap forward or to stand still.
// It never goes back: agents get a monotonic clock, and no wall clock at all. True time is in whole microseconds, a
// node's in milliseconds; nobody but the world knows the true one.

import { assert } from "../core/lib/assert.ts";

/** How a clock begins. */
export interface ClockSetting {
  /** What it shows at true time 0. */
  readonly offsetMs: number;
  /** Parts per million that it runs fast; negative for slow. */
  readonly driftPpm: number;
}

export interface SimClock {
  readonly driftPpm: number;
  /** At this true time … */
  sinceUs: number;
  /** … it showed this, and has run on since. */
  showedMs: number;
  /** It stands still at `showedMs`. */
  stopped: boolean;
}

export const TRUE_TIME: ClockSetting = { offsetMs: 0, driftPpm: 0 };

export function createClock({ offsetMs, driftPpm }: ClockSetting): SimClock {
  assert(Math.abs(driftPpm) < 1e6, "a clock runs, and runs forward");
  return { driftPpm, sinceUs: 0, showedMs: offsetMs, stopped: false };
}

/** What the node's clock shows, to the microsecond. */
export function localMs(clock: SimClock, trueUs: number): number {
  if (clock.stopped) return clock.showedMs;
  const passedUs = trueUs - clock.sinceUs;
  return clock.showedMs + (passedUs + Math.floor((passedUs * clock.driftPpm) / 1e6)) / 1000;
}

/** The first true time at which the node's clock shows at least `wantedMs`; Infinity while it stands still before that. */
export function trueUsAt(clock: SimClock, wantedMs: number): number {
  if (clock.stopped) return wantedMs <= clock.showedMs ? clock.sinceUs : Number.POSITIVE_INFINITY;
  const localUs = Math.ceil((wantedMs - clock.showedMs) * 1000);
  const passedUs = Math.max(0, Math.floor(localUs / (1 + clock.driftPpm / 1e6)) - 2);
  let trueUs = clock.sinceUs + passedUs;
  while (localMs(clock, trueUs) < wantedMs) trueUs++;
  return trueUs;
}

/** It shows `byMs` more from one moment to the next. */
export function jumpClock(clock: SimClock, trueUs: number, byMs: number): void {
  assert(byMs >= 0, "a monotonic clock never goes back");
  clock.showedMs = localMs(clock, trueUs) + byMs;
  clock.sinceUs = trueUs;
}

/** It stands still. */
export function stopClock(clock: SimClock, trueUs: number): void {
  jumpClock(clock, trueUs, 0);
  clock.stopped = true;
}

/** It runs on from what it shows. */
export function continueClock(clock: SimClock, trueUs: number): void {
  if (!clock.stopped) return;
  clock.stopped = false;
  clock.sinceUs = trueUs;
}
