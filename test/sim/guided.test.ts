// The guided search: it finds what needs a long story to show, tells it briefly, and finds nothing in the sound core.

import { describe, expect, test } from "vitest";
import { seededChance } from "../../src/core/lib/chance.ts";
import { createTable, playOne, type TableDeed } from "../../src/sim/raft/table.ts";
import { abstractState, SIDES } from "../../src/sim/search/abstraction.ts";
import { decide, readDecision } from "../../src/sim/search/decision.ts";
import { type GuidedOptions, searchGuided } from "../../src/sim/search/guided.ts";
import { shorten } from "../../src/sim/search/shorten.ts";
import { asViolation } from "../../src/sim/violation.ts";

const BASE: GuidedOptions = { seed: "1", servers: 4, mostRuns: 200 };

describe("a sound core", () => {
  test.each([
    ["at once on the disk", {}],
    ["slow disks", { slowDisks: true }],
    ["five servers", { servers: 5 }],
    ["drawn afresh", { uniform: true }],
  ] as [string, Partial<GuidedOptions>][])("breaks no rule: %s", (_name, change) => {
    const found = searchGuided({ ...BASE, ...change });
    expect(found.violation?.message).toBeUndefined();
    expect(found.runs).toBe(BASE.mostRuns);
    expect(found.events).toBeGreaterThan(10_000);
    expect(found.trace).toEqual([]);
    expect(found.kept > 0).toBe(change.uniform !== true);
  });
});

describe("planted bugs", () => {
  test.each([
    "raft-quorum-off-by-one",
    "raft-stale-vote-counted",
    "raft-truncate-always",
    "raft-vote-counted-twice",
    "raft-vote-ignores-log",
  ])("%s is found by what it does to others", (planted) => {
    const found = searchGuided({ seed: "1", servers: 4, planted, onlyShared: true, mostRuns: 20_000 });
    expect(found.violation).toBeDefined();
    expect(found.violation?.id).not.toBe("invariant");
  });
});

describe("the search itself", () => {
  test("is the same twice, and another one from another seed", () => {
    const one = searchGuided(BASE);
    expect(searchGuided(BASE)).toEqual(one);
    expect(searchGuided({ ...BASE, seed: "2" }).events).not.toBe(one.events);
  });

  test("ends when it is told to", () => {
    expect(searchGuided({ ...BASE, mostRuns: 100_000, tell: () => false }).runs).toBeLessThan(100);
  });

  test("a decision is read as it was written", () => {
    expect(readDecision(decide("change", 3, 4095))).toEqual({ what: "change", where: 3, which: 4095 });
    expect(readDecision(decide("deliver", 0, 0))).toEqual({ what: "deliver", where: 0, which: 0 });
  });

  test("two tables look alike when servers have only changed places", () => {
    const table = createTable({ servers: 4, promptDisks: true });
    const chance = seededChance("looks");
    for (let left = 200; left > 0; left--) {
      playOne(table, chance);
      const looks: number[] = [];
      const others: number[] = [];
      abstractState(table.seats, looks);
      abstractState([...table.seats].reverse(), others);
      expect(looks).toHaveLength(SIDES);
      expect(others).toEqual(looks);
    }
  });
});

test("a run that breaks a rule is made short: nothing more can be left out, and it breaks the same rule", () => {
  const options = { servers: 3, planted: "raft-quorum-off-by-one", promptDisks: true };
  const { deeds, violation } = failingRun(options);
  const short = shorten(options, deeds, violation);
  expect(short.violation.id).toBe(violation.id);
  expect(short.deeds.length).toBeLessThan(20);
  for (let at = 0; at < short.deeds.length; at++) {
    const fewer = short.deeds.filter((_, place) => place !== at);
    expect(shorten(options, fewer, violation).deeds.length).toBeGreaterThanOrEqual(
      Math.min(fewer.length, short.deeds.length - 1),
    );
  }
});

function failingRun(options: Parameters<typeof createTable>[0]): {
  readonly deeds: readonly TableDeed[];
  readonly violation: ReturnType<typeof asViolation>;
} {
  const table = createTable(options);
  const chance = seededChance("fails");
  try {
    for (;;) playOne(table, chance);
  } catch (error) {
    return { deeds: table.deeds, violation: asViolation(error) };
  }
}
