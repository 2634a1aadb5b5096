// What happens to the clocks of a world's nodes while it runs: they leap, stand still, run on.

import { continueClock, jumpClock, stopClock } from "./clock.ts";
import type { SimNode } from "./node.ts";
import { note, scheduleWake, type World } from "./world.ts";

/** The node's clock shows so much more from one moment to the next. */
export function leapForward(world: World, node: SimNode, byMs: number): void {
  jumpClock(node.clock, world.nowUs, byMs);
  note(world, node, `clock leaps ${byMs} ms forward`);
  timeChanged(world, node);
}

/** The node's clock stands still; with `pause` that is what a suspended machine has. */
export function freezeClock(world: World, node: SimNode): void {
  if (node.clock.stopped) return;
  stopClock(node.clock, world.nowUs);
  note(world, node, "clock stands still");
  timeChanged(world, node);
}

export function unfreezeClock(world: World, node: SimNode): void {
  if (!node.clock.stopped) return;
  continueClock(node.clock, world.nowUs);
  note(world, node, "clock runs on");
  timeChanged(world, node);
}

/** The wake that was ordered by the clock as it ran is for another time now. */
function timeChanged(world: World, node: SimNode): void {
  node.wakeNumber++;
  node.wakeAtUs = Number.POSITIVE_INFINITY;
  if (!node.paused) scheduleWake(world, node);
}
