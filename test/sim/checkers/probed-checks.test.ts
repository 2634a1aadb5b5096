// The rules about checks that agents make, each broken on purpose: by a planted bug, or behind the agent's back.

import { expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { putService } from "../../../src/core/local/definitions.ts";
import type { Local } from "../../../src/core/local/state.ts";
import { probedChecks } from "../../../src/sim/checkers/probed-checks.ts";
import { clusterConfigs } from "../../../src/sim/cluster.ts";
import { Violation } from "../../../src/sim/violation.ts";
import { createWorld, runUntil, start, type World } from "../../../src/sim/world.ts";
import { check, service } from "../../core/local/bench.ts";

/** A server by itself, whose service has a check that is mostly critical. */
function lay(planted?: string): { readonly world: World; readonly local: Local } {
  const configs = clusterConfigs({ servers: ["a"], planted });
  const world = createWorld({ seed: "probed-checks", configs });
  const node = must(world.nodes[0], "the one");
  start(world, node);
  world.observers.push(probedChecks());
  runUntil(world, 100_000);
  const { local } = must(node.agent, "it is up");
  const spec = { tcp: "flapping-down:1", intervalNs: 1e9, deregisterCriticalServiceAfterNs: 2e9 };
  const registration = { service: service("web"), checks: [check("c", spec)] };
  putService(local, registration, "api", false, world.nowUs / 1000);
  return { world, local };
}

function violationIn(world: World, seconds: number): string {
  try {
    runUntil(world, seconds * 1e6);
  } catch (error) {
    if (error instanceof Violation) return error.id;
    throw error;
  }
  return "";
}

test("two minutes of a check that is made keep them all", () => {
  const { world, local } = lay();
  expect(violationIn(world, 120)).toBe("");
  expect(local.lastRun).toBeGreaterThan(30);
});

test("probe-overlap: a check is made twice at a time", () => {
  expect(violationIn(lay("probe-overlaps-itself").world, 120)).toBe("probe-overlap");
});

test("probe-status: a check is not what its runs said", () => {
  const { world, local } = lay();
  expect(violationIn(world, 10)).toBe("");
  must(local.checks.get("c"), "it is there").status = "maintained";
  expect(violationIn(world, 20)).toBe("probe-status");
});

test("reap-early: a service goes that has been critical for a few seconds", () => {
  expect(violationIn(lay("reap-forgets-the-floor").world, 120)).toBe("reap-early");
});
