// What happens to most members of a pool at once: a mass restart, and all of a pool that come at once to one of them. With
// every rule looked at after every step, and bounds for how soon all list all.

import { describe, expect, test } from "vitest";
import type { NodeRecord } from "../../../src/core/gossip/node-record.ts";
import { pushPullIntervalMs } from "../../../src/core/gossip/scaling.ts";
import { whoListsWrongly } from "../../../src/sim/checkers/gossip/convergence.ts";
import { gossipChecks } from "../../../src/sim/gossip/checkers.ts";
import { foundPool } from "../../../src/sim/gossip/founding.ts";
import { runGossipUntil } from "../../../src/sim/gossip/run.ts";
import { createGossipWorld, type GossipWorld, gossipWorldDigest } from "../../../src/sim/gossip/world.ts";
import { DOWN_MS, joinAtOnce, restartAllBut, STARTS_WITHIN_MS } from "./masses.ts";

const MEMBERS = 80;
const SURVIVORS = MEMBERS / 10;

function pool(seed: string): GossipWorld {
  const world = createGossipWorld({ seed, members: MEMBERS });
  world.observers.push(gossipChecks(world, 0).observer);
  return world;
}

function pass(world: GossipWorld, ms: number): void {
  runGossipUntil(world, world.nowUs + ms * 1000);
}

/** Pairs of which one does not list the other as alive, in a thousand of all. */
function wrongPairs({ members }: GossipWorld): number {
  let wrong = 0;
  for (const { gossip } of members) wrong += members.length - (gossip?.serf.counts.alive ?? 0);
  return (1000 * wrong) / members.length ** 2;
}

/** What rumours did not bring to some, push-pulls do: two rounds of them at most. */
function agreeSoon(world: GossipWorld): void {
  const endUs = world.nowUs + 2 * pushPullIntervalMs(30_000, MEMBERS) * 1000;
  while (whoListsWrongly(world.members) !== undefined && world.nowUs < endUs) pass(world, 1000);
  expect(whoListsWrongly(world.members)).toBeUndefined();
}

/** What members keep of what each says of itself, in memberlist's list and in Serf's. */
function recordsIn({ members }: GossipWorld): ReadonlySet<NodeRecord> {
  return new Set(
    members.flatMap(({ gossip }) =>
      [...(gossip?.nodes.values() ?? []), ...(gossip?.serf.members.values() ?? [])].map(
        ({ record }) => record,
      ),
    ),
  );
}

describe("nine members of ten, killed at once and back within half a minute", () => {
  test.each(["1", "2"])(
    "are listed by nearly all at once, and by all when all have exchanged all (seed %s)",
    (seed) => {
      const world = pool(seed);
      foundPool(world);
      pass(world, 1000);
      restartAllBut(world, SURVIVORS, world.chances("restart"));
      pass(world, DOWN_MS + STARTS_WITHIN_MS + 15_000);
      expect(wrongPairs(world)).toBeLessThan(1);
      agreeSoon(world);
    },
  );

  test("do the same when all keep one copy of what they know of each other, as pools of thousands do", () => {
    const run = (sparing: boolean): GossipWorld => {
      const world = createGossipWorld({ seed: "1", members: MEMBERS, sparing });
      foundPool(world);
      pass(world, 1000);
      restartAllBut(world, SURVIVORS, world.chances("restart"));
      pass(world, DOWN_MS + STARTS_WITHIN_MS);
      return world;
    };
    const [shared, apart] = [run(true), run(false)];
    expect(gossipWorldDigest(shared)).toBe(gossipWorldDigest(apart));
    expect([recordsIn(shared).size, recordsIn(apart).size > MEMBERS]).toEqual([MEMBERS, true]);
  });
});

describe("a whole pool that joins one member in the same moment", () => {
  test.each(["1", "2"])("knows nearly everybody at once, and everybody soon (seed %s)", (seed) => {
    const world = pool(seed);
    joinAtOnce(world);
    pass(world, 10_000);
    expect(wrongPairs(world)).toBeLessThan(1);
    agreeSoon(world);
  });
});
