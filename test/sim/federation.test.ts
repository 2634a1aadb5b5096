// Runs of the swarm with two datacenters: which seeds have them, what is asked across, and what would be noticed.

import { describe, expect, test } from "vitest";
import { seededChance } from "../../src/core/lib/chance.ts";
import { WAN_KINDS } from "../../src/sim/fault-kinds.ts";
import { type DatacenterWords, drawFederation, type Federation } from "../../src/sim/federation.ts";
import { examineFederation } from "../../src/sim/federation-exam.ts";
import { Scenario } from "../../src/sim/scenario.ts";
import { shrinkSwarm } from "../../src/sim/shrink/shrink.ts";
import { runSwarm } from "../../src/sim/swarm.ts";
import { asViolation } from "../../src/sim/violation.ts";

const drawn = (seed: number, words: DatacenterWords = {}): Federation | undefined =>
  drawFederation(seededChance(`${seed}/federation`), words);
const SEEDS = Array.from({ length: 300 }, (_, at) => at + 1);

describe("a second datacenter", () => {
  test("is there in some runs, with one server or three, and all kinds of trouble among them", () => {
    const all = SEEDS.flatMap((seed) => drawn(seed) ?? []);
    expect(all.length).toBeGreaterThan(20);
    expect(all.length).toBeLessThan(100);
    expect(new Set(all.map(({ servers }) => servers.length))).toEqual(new Set([1, 3]));
    expect(new Set(all.flatMap(({ trouble }) => trouble.kinds))).toEqual(new Set(WAN_KINDS));
  });

  test("is there where it is asked for, or trouble between datacenters is", () => {
    for (const seed of SEEDS) {
      expect(drawn(seed, { datacenters: 1 })).toBeUndefined();
      expect(drawn(seed, { datacenters: 2, faults: [] })?.trouble.kinds).toEqual([]);
      expect(drawn(seed, { faults: ["crash", "wan-cut"] })?.trouble.kinds).toEqual(["wan-cut"]);
    }
  });

  test("is not there where other trouble is asked for, nor in a large LAN", () => {
    for (const seed of SEEDS) {
      expect(drawn(seed, { faults: ["crash"] })).toBeUndefined();
      expect(drawn(seed, { clients: 995 })).toBeUndefined();
    }
  });
});

test("under trouble between datacenters no rule is broken", () => {
  const { message, effects, strikes, datacenters, operations } = runSwarm({ seed: "3", faults: WAN_KINDS });
  expect([message, datacenters]).toEqual(["", 2]);
  expect(operations.ok).toBeGreaterThan(100);
  expect(WAN_KINDS.some((kind) => effects.has(kind) && strikes.kinds.has(kind))).toBe(true);
});

test("a failing run that needs two datacenters is not told as one of a single datacenter", () => {
  const options = { seed: "3", servers: 3, faults: ["wan-cut"] as const, planted: "datacenter-ignored" };
  const result = shrinkSwarm(options, { neighbours: 0, budget: 1 });
  expect(result.outcome).toBe("timed");
  expect(result.outcome === "timed" && result.simplest.report.datacenters).toBe(2);
});

describe("at the end of a run", () => {
  function federation(planted?: string): Scenario {
    const t = new Scenario({ seed: "exam", planted });
    t.cluster({ servers: ["a", "b", "c"], clients: ["k"], elsewhere: [{ servers: ["x"] }] });
    t.until(() => t.leader("a", "b", "c") && t.leader("x"));
    t.settle();
    return t;
  }

  function violationOf(t: Scenario): string {
    try {
      examineFederation(t.world);
      return "";
    } catch (error) {
      return asViolation(error).id;
    }
  }

  test("each datacenter is found from the other", () => {
    expect(violationOf(federation())).toBe("");
  });

  test("datacenter-unreached: a query that fails over asks the wrong datacenter", () => {
    expect(violationOf(federation("query-fails-over-to-itself"))).toBe("datacenter-unreached");
  });

  test("datacenter-unreached: one of them is cut off", () => {
    const t = federation();
    t.partition(["a", "b", "c", "k"], ["x"]);
    expect(violationOf(t)).toBe("datacenter-unreached");
  });
});
