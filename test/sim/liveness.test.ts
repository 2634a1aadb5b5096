// What a run is judged by besides safety: that it tried something, that it came to rest, that nobody spins.

import { describe, expect, test } from "vitest";
import type { Effect } from "../../src/core/agent/ports.ts";
import { seededChance } from "../../src/core/lib/chance.ts";
import { GROUNDS } from "../../src/sim/campaign/ground.ts";
import { MOST_REPEATS, noLivelock } from "../../src/sim/checkers/livelock.ts";
import {
  addRun,
  coverageLines,
  coveragePage,
  createCoverage,
  pairsCovered,
  quantile,
  uncovered,
} from "../../src/sim/coverage.ts";
import { CLUSTER_KINDS, FAULT_KINDS } from "../../src/sim/fault-kinds.ts";
import { BOUNDS_MS } from "../../src/sim/liveness.ts";
import { drawPlan } from "../../src/sim/plan.ts";
import { Scenario } from "../../src/sim/scenario.ts";
import { runSwarm } from "../../src/sim/swarm.ts";

describe("coverage", () => {
  const strikes = { kinds: new Map(), targets: new Map([["leader", 2] as const]) };
  const coverage = createCoverage(GROUNDS.swarm);
  addRun(coverage, {
    effects: new Map([
      ["crash", 3],
      ["skew", 1],
    ]),
    strikes,
    recovery: { leaderMs: 100, restMs: 8100 },
  });
  addRun(coverage, { effects: new Map([["crash", 1]]), strikes, recovery: { leaderMs: 300 } });

  test("counts runs and times, pairs, targets, and tells what is missing", () => {
    expect(coverage.kinds.get("crash")).toEqual({ runs: 2, times: 4 });
    expect([...coverage.pairs]).toEqual([["crash+skew", 1]]);
    expect(coverage.targets.get("leader")).toBe(4);
    expect([...coverage.recovery]).toEqual([
      ["leaderMs", [100, 300]],
      ["membersMs", []],
      ["admittedMs", []],
      ["restMs", [8100]],
    ]);
    expect(uncovered(coverage)).toEqual(FAULT_KINDS.filter((kind) => kind !== "crash" && kind !== "skew"));
    expect(uncovered(coverage, ["crash"])).toEqual([]);
    expect(pairsCovered(coverage).all).toBe((FAULT_KINDS.length * (FAULT_KINDS.length - 1)) / 2);
  });

  test("is told in lines and as tables, each row as wide as its head", () => {
    const lines = coverageLines(coverage).join("\n");
    expect(lines).toMatch(/crash +4 times in 2 seeds/);
    expect(lines).toMatch(/a leader after all trouble: 0.3 s .* bound 10.0 s/);
    const rows = coveragePage(coverage)
      .split("\n")
      .filter((line) => line.startsWith("|"));
    const widths = rows.map((row) => row.split("|").length);
    expect(new Set(widths).size).toBe(2);
    expect(rows.length).toBe(FAULT_KINDS.length + 2 + 6);
  });

  test("quantiles are values that were there", () => {
    expect([0, 0.5, 0.99, 1].map((share) => quantile([5, 1, 3], share))).toEqual([1, 3, 5, 5]);
    expect(quantile([], 0.5)).toBeUndefined();
  });
});

describe("a plan", () => {
  test("draws every kind in some seed, and draws from a list where it is given one", () => {
    const plans = Array.from({ length: 200 }, (_, seed) =>
      drawPlan(seededChance(`plan ${seed}`), ["a", "b", "c"]),
    );
    const kinds = new Set(plans.flatMap((plan) => plan.kinds));
    expect(CLUSTER_KINDS.filter((kind) => !kinds.has(kind))).toEqual([]);
    for (const plan of plans) {
      expect(plan.weights.length).toBe(plan.kinds.length);
      expect(plan.atlas.mayLose.length).toBeLessThanOrEqual(1);
    }
    const only = Array.from({ length: 50 }, (_, seed) =>
      drawPlan(seededChance(`only ${seed}`), ["a"], ["crash"]),
    );
    expect(new Set(only.flatMap((plan) => plan.kinds))).toEqual(new Set(["crash"]));
  });

  test("asks for consistent reads only where clocks may leap or stand still", () => {
    for (let seed = 0; seed < 100; seed++) {
      const plan = drawPlan(seededChance(`reads ${seed}`), ["a", "b", "c"]);
      const timeless = plan.kinds.some((kind) => ["suspend", "clock-jump", "clock-stop"].includes(kind));
      expect(plan.workload.reads).toBe(timeless ? "consistent" : "any");
    }
  });
});

test("a run tells how soon it was well again, within the bounds", () => {
  const { ok, message, recovery, effects } = runSwarm({ seed: "liveness", seconds: 30 });
  expect([ok, message]).toEqual([true, ""]);
  expect(recovery.leaderMs).toBeLessThanOrEqual(BOUNDS_MS.leader);
  expect(recovery.restMs).toBeLessThanOrEqual(BOUNDS_MS.rest);
  expect(recovery.membersMs).toBeLessThanOrEqual(BOUNDS_MS.members);
  expect(effects.has("skew")).toBe(true);
});

describe("a livelock", () => {
  const vote: Effect = {
    type: "message",
    to: "00000000-0000-4000-8000-000000000002",
    address: undefined,
    message: { type: "vote-reply", term: 1, granted: false, identity: 0 },
  };

  test("is two servers that send the same over and over, and get nowhere", () => {
    const t = new Scenario({ seed: "livelock" });
    t.cluster({ servers: ["a", "b", "c"] });
    t.elect("a");
    const observer = noLivelock(t.world);
    const [a] = t.world.nodes;
    if (a === undefined) throw new Error("no a");
    const repeat = (times: number): void => {
      for (let time = 0; time < times; time++) observer.afterStep?.(a, undefined, 0, [vote]);
    };
    expect(() => repeat(MOST_REPEATS)).toThrow(
      /a sent 1000 messages "vote-reply" to b .* neither got anywhere/,
    );
  });

  test("is none when the messages come slowly, or something comes of them", () => {
    const t = new Scenario({ seed: "no livelock" });
    t.cluster({ servers: ["a", "b", "c"] });
    t.elect("a");
    const observer = noLivelock(t.world);
    const [a] = t.world.nodes;
    if (a === undefined) throw new Error("no a");
    for (let round = 0; round < 5; round++) {
      for (let time = 0; time < MOST_REPEATS - 1; time++) observer.afterStep?.(a, undefined, 0, [vote]);
      t.run(1_100);
    }
    for (let round = 0; round < 5; round++) {
      t.put("k", String(round), { via: "a" }).succeeds();
      for (let time = 0; time < MOST_REPEATS / 2; time++) observer.afterStep?.(a, undefined, 0, [vote]);
    }
  });
});
