// Failing runs of the gossip swarm made short.

import { expect, test } from "vitest";
import { shrinkGossip } from "../../../src/sim/gossip/shrink.ts";
import { runGossipSeed } from "../../../src/sim/gossip/swarm.ts";

test("a failing run is made of fewer members and of few strikes, and still breaks the same rule", () => {
  const options = { seed: "1", seconds: 60, planted: "gossip-serf-misses-return" };
  const before = runGossipSeed(options);
  const shrunk = shrinkGossip(options);
  expect(shrunk?.report.violation).toBe(before.violation);
  expect(shrunk?.options.members).toBeLessThan(12);
  expect(shrunk?.options.strikes?.length).toBeLessThanOrEqual(3);
  // It is a run like any other.
  const again = runGossipSeed(shrunk?.options ?? options);
  expect(again.digest).toBe(shrunk?.report.digest);
});

test("not one strike of it can be left out", () => {
  const shrunk = shrinkGossip({ seed: "2", seconds: 60, planted: "gossip-serf-misses-return" });
  const { strikes = [] } = shrunk?.options ?? {};
  for (const left of strikes) {
    const report = runGossipSeed({
      ...shrunk?.options,
      seed: "2",
      strikes: strikes.filter((number) => number !== left),
    });
    expect(report.violation).not.toBe(shrunk?.report.violation);
  }
});

test("a run that breaks no rule is not shrunk", () => {
  expect(shrinkGossip({ seed: "1", seconds: 10 })).toBeUndefined();
});
