// From a failing seed to a schedule that a person can read, which fails in the same way, and no more once the bug is gone.

import { describe, expect, test } from "vitest";
import { printTest } from "../../../src/sim/shrink/as-test.ts";
import { perform, ruleOf } from "../../../src/sim/shrink/perform.ts";
import { performText } from "../../../src/sim/shrink/perform-text.ts";
import { reduceSchedule } from "../../../src/sim/shrink/reduce.ts";
import { countFaults, countSteps, printSchedule, type Schedule } from "../../../src/sim/shrink/schedule.ts";
import { type ShrinkResult, shrinkSwarm } from "../../../src/sim/shrink/shrink.ts";
import { worldDigest } from "../../../src/sim/world.ts";

type Shrunk = ShrinkResult & { outcome: "shrunk" };

function shrink(planted: string, seed: string): Shrunk {
  const result = shrinkSwarm({ seed, planted });
  if (result.outcome !== "shrunk") throw new Error(`${planted}, seed ${seed}: ${result.outcome}`);
  return result;
}

describe("a failing run of the swarm", () => {
  test.each([
    ["raft-append-clears-vote", "1", "invariant"],
    ["kv-cas-ignores-index", "1", "linearizability"],
    ["raft-quorum-off-by-one", "1", "commit-without-quorum"],
  ])("with %s becomes a short schedule", (planted, seed, rule) => {
    const { reduction, stepsBefore } = shrink(planted, seed);
    const { schedule, violation } = reduction;
    expect(violation.id).toBe(rule);
    expect(countSteps(schedule)).toBeLessThanOrEqual(25);
    expect(countFaults(schedule)).toBeLessThanOrEqual(3);
    expect(countSteps(schedule)).toBeLessThan(stepsBefore);

    const again = perform(schedule);
    expect(again.violation && ruleOf(again.violation)).toBe(ruleOf(violation));
    expect(worldDigest(perform(schedule).world)).toBe(worldDigest(again.world));
    expect(perform({ ...schedule, planted: undefined }).violation).toBeUndefined();
  });

  test("that breaks no rule has nothing to shrink", () => {
    expect(shrinkSwarm({ seed: "1", seconds: 25 }).outcome).toBe("clean");
  });
});

describe("a shrunk schedule", () => {
  const { schedule, violation } = shrink("raft-append-clears-vote", "1").reduction;

  test("has no step that can be left out", () => {
    for (const at of schedule.steps.keys()) {
      const { violation: left } = perform({ ...schedule, steps: schedule.steps.toSpliced(at, 1) });
      expect(left === undefined || ruleOf(left) !== ruleOf(violation)).toBe(true);
    }
  });

  test("fails in the same way when it is read from its text", () => {
    expect(performText(printSchedule(schedule)).violation?.message).toBe(violation.message);
  });

  test("is as short as it can be: shrinking it again changes nothing", () => {
    const again = reduceSchedule(schedule, ruleOf(violation), { budget: 1_000_000 });
    expect(again && countSteps(again.schedule)).toBe(countSteps(schedule));
  });

  test("is not taken for one that breaks another rule", () => {
    expect(reduceSchedule(schedule, "linearizability", { budget: 1_000_000 })).toBeUndefined();
  });

  test("is a test to paste, which performs it without the bug", () => {
    const text = printTest("a name with `backticks`", schedule, violation);
    expect(text).toContain("planted bug raft-append-clears-vote");
    expect(text).toContain(`test("a name with \`backticks\`"`);
    expect(text).not.toContain("\n    planted ");
    const body = /performText\(`([^`]*)`\)/.exec(text)?.[1] ?? "";
    expect(performText(body).violation).toBeUndefined();
    expect(performText(`planted raft-append-clears-vote\n${body}`).violation?.message).toBe(
      violation.message,
    );
  });
});

test("a text that is no schedule is refused", () => {
  expect(() => performText("servers a\nnonsense a")).toThrow(/line 2: there is no step "nonsense"/);
});

test("steps that cannot happen are passed over, and left out of what was done", () => {
  const schedule: Schedule = {
    servers: ["a", "b"],
    raft: {},
    storage: {},
    planted: undefined,
    requests: false,
    calm: false,
    steps: [
      { atMs: 0, kind: "start", node: "a" },
      { atMs: 0, kind: "deliver", from: "a", to: "b", message: "vote term=9", again: false },
      { atMs: 0, kind: "release", node: "b" },
      { atMs: 0, kind: "time-out", node: "b" },
    ],
  };
  expect(perform(schedule).done.map(({ kind }) => kind)).toEqual(["time-out"]);
});
