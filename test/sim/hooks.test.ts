// Whom a simulated world tells of which steps.

import { expect, test } from "vitest";
import { clusterConfigs } from "../../src/sim/cluster.ts";
import { createWorld, type Observer, runUntil, start } from "../../src/sim/world.ts";

/** Writes down what it is told of. */
function listener(skips: boolean): Observer & { readonly steps: string[]; idle: number } {
  const steps: string[] = [];
  return {
    ...(skips ? { skipsIdleTurns: true } : {}),
    steps,
    idle: 0,
    afterStep({ name }, input, nowMs, effects) {
      if (input === undefined && effects.length === 0) this.idle++;
      else steps.push(`${name} ${nowMs} ${input?.type} ${effects.length}`);
    },
  };
}

test("who skips idle turns is told of every other step", () => {
  const world = createWorld({ seed: "hooks", configs: clusterConfigs({ servers: ["a", "b", "c"] }) });
  const all = listener(false);
  const skipping = listener(true);
  world.observers.push(all, skipping);
  for (const node of world.nodes) start(world, node);
  runUntil(world, 3e6);
  expect(all.idle).toBeGreaterThan(0);
  expect(skipping.idle).toBe(0);
  expect(skipping.steps).toEqual(all.steps);
});
