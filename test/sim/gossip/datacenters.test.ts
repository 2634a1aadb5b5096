// The WAN of two datacenters, in which nothing passes between them for a while: each takes the other for failed and stays
// whole, and afterwards they find each other; in the swarm too.

import { describe, expect, test } from "vitest";
import { whatIsUnsettled } from "../../../src/sim/checkers/gossip/convergence.ts";
import { gossipChecks } from "../../../src/sim/gossip/checkers.ts";
import { cut, join } from "../../../src/sim/gossip/faults.ts";
import { foundPool } from "../../../src/sim/gossip/founding.ts";
import { POOL_BOUNDS } from "../../../src/sim/gossip/pools.ts";
import { runGossipUntil } from "../../../src/sim/gossip/run.ts";
import { runGossipSeed } from "../../../src/sim/gossip/swarm.ts";
import { createGossipWorld, type GossipWorld } from "../../../src/sim/gossip/world.ts";

function wan(): GossipWorld {
  const world = createGossipWorld({ seed: "wan", members: 6, pool: "wan", farUs: 40_000 });
  world.observers.push(gossipChecks(world, 0).observer);
  foundPool(world);
  return world;
}

function pass(world: GossipWorld, seconds: number): void {
  runGossipUntil(world, world.nowUs + seconds * 1e6);
}

/** Whom each lists as failed, by datacenter. */
function failed(world: GossipWorld): string[] {
  return world.members.map(({ gossip, home }) => {
    const gone = [...(gossip?.serf.members.values() ?? [])].filter(({ status }) => status === "failed");
    return `dc${home + 1}: ${gone.map(({ record }) => record.tags.get("dc")).join(" ")}`;
  });
}

describe("two datacenters", () => {
  test("stay whole by themselves while nothing passes between them, and find each other when it does", () => {
    const world = wan();
    cut(world, 0, 1);
    cut(world, 1, 0);
    pass(world, 400);
    for (const [at, gone] of failed(world).entries())
      expect(gone).toBe(at % 2 === 0 ? "dc1: dc2 dc2 dc2" : "dc2: dc1 dc1 dc1");
    join(world, 0, 1);
    join(world, 1, 0);
    pass(world, POOL_BOUNDS.wan.settledWithinUs / 1e6);
    expect(whatIsUnsettled(world.members)).toBeUndefined();
  });

  test.each(["1", "2", "3"])("keep every rule and come to rest in the swarm (seed %s)", (seed) => {
    const { pool, violation, message, faults } = runGossipSeed({
      seed,
      pool: "wan",
      trouble: { kinds: ["datacenters", "crash"] },
    });
    expect([pool, violation, message]).toEqual(["wan", "", ""]);
    expect(faults.get("datacenters")).toBeGreaterThan(0);
  });

  test("are in one seed of four of the swarm", () => {
    const pools = Array.from(
      { length: 40 },
      (_, seed) => runGossipSeed({ seed: `${seed}`, members: 1, seconds: 1 }).pool,
    );
    const wans = pools.filter((pool) => pool === "wan").length;
    expect(wans).toBeGreaterThan(3);
    expect(wans).toBeLessThan(20);
  });
});
