// Trouble with clocks. Agents have a monotonic clock only, which never goes back; but it may leap (a virtual machine that
// was stopped, and whose host adds the time at once) or stand still (one whose host does not).

import { freezeClock, unfreezeClock } from "../clock-faults.ts";
import { jumpForward } from "../faults.ts";

import { NOTHING_TO_UNDO, type Striker, uniformBetween } from "./strike.ts";

/** Milliseconds: about a lease, some election timeouts, longer than any of gossip's suspicions. */
const JUMPS_MS: readonly (readonly [number, number])[] = [
  [100, 900],
  [1_000, 10_000],
  [30_000, 120_000],
];

export const strikeClockJump: Striker = ({ world, chance, victim }) => {
  if (victim === undefined) return undefined;
  const [least, most] = JUMPS_MS[chance.choose("nemesis.jump-size", JUMPS_MS.length)] as readonly [
    number,
    number,
  ];
  jumpForward(world, victim, uniformBetween(chance, "nemesis.jump", least, most));
  return NOTHING_TO_UNDO;
};

export const strikeClockStop: Striker = ({ world, victim }) => {
  if (victim === undefined || victim.clock.stopped) return undefined;
  freezeClock(world, victim);
  return () => unfreezeClock(world, victim);
};
