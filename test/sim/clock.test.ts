// A simulated clock: monotonic whatever is done to it, and the time at which it shows something is found again.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  continueClock,
  createClock,
  jumpClock,
  localMs,
  type SimClock,
  stopClock,
  trueUsAt,
} from "../../src/sim/clock.ts";

test("drift is told in parts per million, and the offset is where it began", () => {
  const clock = createClock({ offsetMs: 5000, driftPpm: 100_000 });
  expect(localMs(clock, 0)).toBe(5000);
  expect(localMs(clock, 1_000_000)).toBe(6100);
});

test("whatever is done to it, it never goes back, and trueUsAt is the first time at which it shows a value", () => {
  const action = fc.tuple(
    fc.constantFrom("jump", "stop", "continue", "wait"),
    fc.integer({ min: 0, max: 5_000_000 }),
  );
  fc.assert(
    fc.property(fc.integer({ min: -100_000, max: 100_000 }), fc.array(action), (driftPpm, actions) => {
      const clock = createClock({ offsetMs: 0, driftPpm });
      let nowUs = 0;
      let shown = localMs(clock, nowUs);
      for (const [what, us] of actions) {
        if (what === "jump") jumpClock(clock, nowUs, us / 1000);
        if (what === "stop") stopClock(clock, nowUs);
        if (what === "continue") continueClock(clock, nowUs);
        nowUs += us;
        const shows = localMs(clock, nowUs);
        expect(shows).toBeGreaterThanOrEqual(shown);
        shown = shows;
        const at = trueUsAt(clock, shows + 12.5);
        if (clock.stopped) expect(at).toBe(Number.POSITIVE_INFINITY);
        else {
          expect(localMs(clock, at)).toBeGreaterThanOrEqual(shows + 12.5);
          expect(localMs(clock, at - 1)).toBeLessThan(shows + 12.5);
        }
      }
    }),
  );
});

describe("a clock that stands still", () => {
  const stopped = (): SimClock => {
    const clock = createClock({ offsetMs: 0, driftPpm: 0 });
    stopClock(clock, 1_000_000);
    return clock;
  };

  test("shows what it showed, and runs on from there", () => {
    const clock = stopped();
    expect(localMs(clock, 9_000_000)).toBe(1000);
    continueClock(clock, 9_000_000);
    continueClock(clock, 9_500_000);
    expect(localMs(clock, 10_000_000)).toBe(2000);
  });

  test("can be made to leap all the same", () => {
    const clock = stopped();
    jumpClock(clock, 2_000_000, 50);
    expect(localMs(clock, 3_000_000)).toBe(1050);
  });
});

test("a monotonic clock is never set back", () => {
  expect(() => jumpClock(createClock({ offsetMs: 0, driftPpm: 0 }), 0, -1)).toThrow("never goes back");
});
