// Results of campaigns: sets of seeds, failures by kind, adding up, the file.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addFailure, type FailureGroups, inOrder, shapeOf } from "../../src/sim/campaign/failures.ts";
import type { CampaignOptions } from "../../src/sim/campaign/options.ts";
import {
  addReport,
  type CampaignResults,
  createResults,
  mergeResults,
  missingSeeds,
  tellSeeds,
} from "../../src/sim/campaign/results.ts";
import { parseResults, renderResults } from "../../src/sim/campaign/results-text.ts";
import { compareSeeds, parseSeeds, renderSeeds, shardOf } from "../../src/sim/campaign/seeds.ts";
import type { RunReport } from "../../src/sim/swarm.ts";

describe("sets of seeds", () => {
  test.each([
    ["3..5", ["3", "4", "5"]],
    ["42", ["42"]],
    ["7,x,9", ["7", "x", "9"]],
    ["1..3,2..4,x,x", ["1", "2", "3", "4", "x"]],
    ["", undefined],
    ["1..", undefined],
    ["9..1", undefined],
    ["1, 2", undefined],
    ["1..99999999", undefined],
    ["1..2,5..1000004", undefined],
  ])("reads %j", (text, seeds) => expect(parseSeeds(text)).toEqual(seeds));

  test.each([
    [["5", "3", "4", "10", "9"], "3..5,9..10"],
    [["x", "2", "a", "007", "8"], "2,8,007,a,x"],
    [[], ""],
  ])("writes %j in one way", (seeds, text) => expect(renderSeeds(seeds)).toBe(text));

  test("what is written is read again", () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.oneof(fc.nat(50).map(String), fc.stringMatching(/^[a-z0]{1,3}$/))),
        (seeds) => {
          const read = seeds.length === 0 ? [] : parseSeeds(renderSeeds(seeds));
          expect(read).toEqual([...seeds].sort(compareSeeds));
        },
      ),
    ));

  test("all shards together are all seeds, and none is in two", () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 9 }), (length, of) => {
        const seeds = Array.from({ length }, (_, seed) => String(seed));
        const shards = Array.from({ length: of }, (_, at) => shardOf(seeds, { index: at + 1, of }));
        expect(shards.flat()).toEqual(seeds);
        const sizes = shards.map((shard) => shard.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    ));
});

describe("failures", () => {
  test.each([
    [
      "b commits entry 4 of term 2, which is on the disks of 2 of 5 (§5.3)",
      "e commits entry 1,904 of term 17, which is on the disks of 1 of 5 (§5.3)",
    ],
    ["a, c and d see nobody after 20 s", "b, e see nobody after 20.5 s"],
    [
      "20 s after all trouble ended, c is at 309 91d19fcda26fc230 309",
      "20 s after all trouble ended, client1 is at 41 00aafcda26fc2308 41",
    ],
    ['get says "x1"\nand a page about it', 'get says "value, 7"\nand another page'],
  ])("%j has the shape of %j", (one, other) => expect(shapeOf(one)).toBe(shapeOf(other)));

  test("other things that were said have other shapes", () =>
    expect(shapeOf("a commits entry 4")).not.toBe(shapeOf("a cuts entry 4")));

  test("are put together by rule and shape, the most frequent first, told by the lowest seed", () => {
    const groups: FailureGroups = new Map();
    expect(addFailure(groups, { seed: "9", violation: "r", message: "a lost 3" })).toBe(true);
    expect(addFailure(groups, { seed: "5", violation: "s", message: "a lost 3" })).toBe(true);
    expect(addFailure(groups, { seed: "10", violation: "s", message: "b lost 4" })).toBe(false);
    expect(addFailure(groups, { seed: "4", violation: "s", message: "c lost 11" })).toBe(false);
    expect(inOrder(groups).map(({ rule, seeds, example }) => [rule, [...seeds].length, example])).toEqual([
      ["s", 3, { seed: "4", message: "c lost 11" }],
      ["r", 1, { seed: "9", message: "a lost 3" }],
    ]);
  });
});

const OPTIONS: CampaignOptions = {
  of: "swarm",
  seconds: 60,
  servers: 5,
  clients: 0,
  datacenters: undefined,
  faults: undefined,
  planted: undefined,
  twice: false,
};

function results(text: string, more: Partial<CampaignResults> = {}): CampaignResults {
  const seeds = parseSeeds(text) ?? [];
  return createResults({ build: "b1", options: OPTIONS, seeds, asked: seeds, ...more });
}

/** What a seed comes to: every fifth fails. */
function report(seed: string): RunReport {
  const number = Number(seed);
  const ok = number % 5 !== 0;
  return {
    seed,
    datacenters: 1,
    ok,
    violation: ok ? "" : `rule-${number % 2}`,
    message: ok ? "" : `a lost entry ${number}`,
    simulatedMs: 60_000 + number,
    events: 100 * number,
    digest: "0",
    operations: { ok: number, failed: 1, unknown: 0 },
    effects: new Map([["crash", number], ...(number % 3 === 0 ? ([["pause", 1]] as const) : [])]),
    strikes: { kinds: new Map(), targets: new Map([["leader", 1]]) },
    recovery: ok ? { leaderMs: 50 * (number % 4), restMs: 8_100 } : {},
  };
}

function run(into: CampaignResults, text: string): CampaignResults {
  for (const seed of parseSeeds(text) ?? []) addReport(into, report(seed), 1_000);
  return into;
}

describe("results", () => {
  test("of shards add up to those of the whole campaign, whoever ran what and in which order", () => {
    const whole = run(results("1..30"), "1..30");
    const seeds = parseSeeds("1..30") ?? [];
    const shards = ["11..20", "1..10", "21..30"].map((text) => ({
      name: `${text}.json`,
      results: run(results("1..30", { seeds, asked: parseSeeds(text) ?? [] }), text),
    }));
    const [first, ...others] = shards as [(typeof shards)[number], ...typeof shards];
    const sum = mergeResults(first, others);
    expect(typeof sum === "string" ? sum : renderResults(sum)).toBe(renderResults(whole));
    expect(missingSeeds(whole)).toEqual([]);
  });

  test("are read as they were written", () => {
    const options: CampaignOptions = { ...OPTIONS, faults: ["crash"], planted: "kv-cas-ignores-index" };
    for (const each of [run(results("1..30"), "1..17"), results("1,x", { options })]) {
      const read = parseResults(renderResults(each));
      expect(typeof read === "string" ? read : renderResults(read)).toBe(renderResults(each));
    }
  });

  test("of pools of gossip are kept alike, and are no part of a campaign of whole agents", () => {
    const options: CampaignOptions = {
      of: "gossip",
      members: 12,
      seconds: undefined,
      pool: "wan",
      founded: true,
      calm: false,
      faults: ["datacenters"],
      planted: undefined,
      twice: true,
    };
    const pools = results("1..3", { options });
    const { recovery: _, effects: __, ...told } = report("1");
    addReport(
      pools,
      {
        ...told,
        effects: new Map([["datacenters", 4]]),
        strikes: { targets: new Map() },
        recovery: { wanMs: 5000 },
      },
      1,
    );
    const read = parseResults(renderResults(pools));
    expect(typeof read === "string" ? read : renderResults(read)).toBe(renderResults(pools));
    expect(pools.coverage.kinds.get("datacenters")).toEqual({ runs: 1, times: 4 });
    expect(pools.coverage.recovery.get("wanMs")).toEqual([5000]);
    const agents = { name: "agents", results: results("4") };
    expect(mergeResults({ name: "pools", results: pools }, [agents])).toMatch(
      /one ran with gossip alone, the other with whole agents\.$/,
    );
  });

  test("of before there were campaigns of gossip are read", () => {
    const { of: _, ...options } = OPTIONS;
    const now = renderResults(results("1"));
    const before = JSON.stringify({
      ...JSON.parse(now),
      options: { ...options, faults: null, planted: null },
    });
    const read = parseResults(before);
    expect(typeof read === "string" ? read : renderResults(read)).toBe(now);
  });

  test("say whether all is done and well", () => {
    const told = (each: CampaignResults): unknown => {
      const { ok, complete, done } = JSON.parse(renderResults(each)) as Record<string, unknown>;
      return { ok, complete, done };
    };
    expect(told(run(results("1..4"), "1..4"))).toEqual({ ok: true, complete: true, done: "1..4" });
    expect(told(run(results("1..4"), "2..4"))).toEqual({ ok: false, complete: false, done: "2..4" });
    expect(told(run(results("5"), "5"))).toEqual({ ok: false, complete: true, done: "5" });
  });

  test.each<[string, CampaignResults, RegExp]>([
    ["seeds twice", run(results("1..9"), "2..4"), /^one and other both have seeds 3\.\.4\.$/],
    [
      "another build",
      results("1", { build: "b2" }),
      /not of one campaign: they are of two builds, b1 and b2\.$/,
    ],
    [
      "other servers",
      results("1", { options: { ...OPTIONS, servers: 3 } }),
      /not of one campaign: one ran with 5 servers, the other with 3 servers\.$/,
    ],
    [
      "other faults",
      results("1", { options: { ...OPTIONS, faults: [] } }),
      /one ran with faults as each seed draws them, the other with the faults none\.$/,
    ],
  ])("are not added to %s", (_name, other, words) => {
    const first = { name: "one", results: run(results("3..5"), "3..5") };
    expect(mergeResults(first, [{ name: "other", results: other }])).toMatch(words);
  });

  const good = JSON.parse(renderResults(run(results("1..9"), "1..9"))) as Record<
    "options" | "totals" | "coverage",
    object
  >;
  test.each([
    ["no JSON", "{", /no JSON/],
    ["another JSON", "[]", /holds no results of a campaign/],
    ["null", "null", /holds no results of a campaign/],
    ["a later version", { ...good, version: 2 }, /of version 2 of the format, not 1/],
    ["no build", { ...good, build: 3 }, /"build" is no text/],
    ["no seeds", { ...good, done: "9..1" }, /"done" is no set of seeds/],
    ["no totals", { ...good, totals: 7 }, /"totals" is no object/],
    [
      "an unknown fault",
      { ...good, options: { ...good.options, faults: ["flood"] } },
      /kind of fault "flood"/,
    ],
    ["negative figures", { ...good, totals: { ...good.totals, events: -1 } }, /"events" is no number/],
    ["failures that are none", { ...good, failures: [1] }, /holds what is no failure/],
    ["more runs than seeds", { ...good, done: "1..8" }, /counts 9 runs of 8 seeds/],
    [
      "a kind from elsewhere",
      { ...good, coverage: { ...good.coverage, kinds: { flood: { runs: 1, times: 1 } } } },
      /counts "flood", which this build does not know/,
    ],
    [
      "times without end",
      {
        ...good,
        coverage: {
          ...good.coverage,
          recovery: { leaderMs: { 50: 1e15 }, restMs: {}, membersMs: {}, admittedMs: {} },
        },
      },
      /times to recover make no sense/,
    ],
  ])("are not read from %s", (_name, document, words) =>
    expect(parseResults(typeof document === "string" ? document : JSON.stringify(document))).toMatch(words),
  );

  test("whatever else is in a file is refused in words", () =>
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(good)), fc.json(), (key, value) => {
        const read = parseResults(JSON.stringify({ ...good, [key]: JSON.parse(value) as unknown }));
        if (typeof read === "string") expect(read).not.toBe("");
        else renderResults(read);
      }),
    ));
});

test.each([
  [["3"], "seed 3"],
  [["3", "4", "7"], "seeds 3..4,7"],
  [Array.from({ length: 24 }, (_, at) => String(2 * at)), "seeds 0,2,4,6,8,10,12,14,16,18,… (24 in all)"],
])("%j are told as %j", (seeds, text) => expect(tellSeeds(seeds)).toBe(text));
