// Equal seeds give equal runs, whoever looks on and whatever way messages and states take in between.

import { describe, expect, test } from "vitest";
import { type RunReport, runSwarm } from "../../src/sim/swarm.ts";
import { textLines } from "../../src/sim/trace.ts";
import { recordSwarm } from "../support/recorded.ts";

const SECONDS = 20;

describe.each([{ seed: "1" }, { seed: "2" }, { seed: "3", datacenters: 2 as const }])("%o", (options) => {
  const run = { ...options, seconds: SECONDS };
  const plain: RunReport = runSwarm(run);

  test("breaks no rule", () => {
    expect(plain.message).toBe("");
    expect(plain.operations.ok).toBeGreaterThan(100);
  });

  test("run again is the same, event for event", () => {
    const again = runSwarm(run);
    expect([again.digest, again.events, again.operations]).toEqual([
      plain.digest,
      plain.events,
      plain.operations,
    ]);
  });

  test("is the same when messages travel as bytes", () => {
    expect(runSwarm({ ...run, throughBytes: true }).digest).toBe(plain.digest);
  });

  test("is the same when agents go on from copies of their dumps: nothing hides outside the state", () => {
    expect(runSwarm({ ...run, reloadEvery: 47 }).digest).toBe(plain.digest);
  });

  test("is the same with a recorder and a printer looking on", () => {
    const lines: string[] = [];
    const printer = runSwarm({
      ...run,
      observers: [(world) => textLines(world, (line) => lines.push(line))],
    });
    expect(printer.digest).toBe(plain.digest);
    expect(lines.length).toBeGreaterThan(1000);
    expect(recordSwarm(run).report.digest).toBe(plain.digest);
  });
});

test("another seed is another run", () => {
  const digests = ["1", "2", "3"].map((seed) => runSwarm({ seed, seconds: 5 }).digest);
  expect(new Set(digests).size).toBe(3);
});
