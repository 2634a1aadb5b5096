// The world of gossip alone: it is repeatable, its members live and die as processes do, its streams end in every way that
// connections end, and its swarm comes to rest.

import { describe, expect, test } from "vitest";
import type { GossipEffect, GossipInput } from "../../../src/core/gossip/ports.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { whatIsUnsettled } from "../../../src/sim/checkers/gossip/convergence.ts";
import { gossipChecks } from "../../../src/sim/gossip/checkers.ts";
import {
  blockMember,
  cut,
  join,
  moveToSide,
  pauseMember,
  resumeMember,
  touchAll,
  unblockMember,
} from "../../../src/sim/gossip/faults.ts";
import { foundPool } from "../../../src/sim/gossip/founding.ts";
import type { SimMember } from "../../../src/sim/gossip/member.ts";
import { crashMember, runGossipUntil, startMember, stepMember } from "../../../src/sim/gossip/run.ts";
import { runGossipSeed } from "../../../src/sim/gossip/swarm.ts";
import { keepJoining } from "../../../src/sim/gossip/users.ts";
import { createGossipWorld, type GossipWorld, gossipWorldDigest } from "../../../src/sim/gossip/world.ts";

function pool(members: number, seed = "pool"): GossipWorld {
  const world = createGossipWorld({ seed, members });
  world.observers.push(gossipChecks(world, 0).observer);
  foundPool(world);
  return world;
}

const member = (world: GossipWorld, index: number): SimMember => must(world.members[index], "it is there");

function pass(world: GossipWorld, seconds: number): void {
  runGossipUntil(world, world.nowUs + seconds * 1e6);
}

/** How the other one is known; "unknown" when it is not. */
const seenBy = (by: SimMember, of: SimMember): string => by.gossip?.nodes.get(of.name)?.state ?? "unknown";

describe("a world", () => {
  test("runs the same way twice, and another way with another seed", () => {
    const digestOf = (seed: string): string => {
      const world = pool(9, seed);
      crashMember(world, member(world, 3), false);
      pass(world, 30);
      return gossipWorldDigest(world);
    };
    expect(digestOf("one")).toBe(digestOf("one"));
    expect(digestOf("one")).not.toBe(digestOf("two"));
  });

  test("whose pool was founded stays as it is while nothing happens", () => {
    const world = pool(40);
    pass(world, 60);
    expect(whatIsUnsettled(world.members)).toBeUndefined();
    const states = world.members.map(({ gossip }) => gossip?.counts.alive);
    expect(new Set(states)).toEqual(new Set([40]));
  });

  test("whose members join by themselves is of one mind soon", () => {
    const world = createGossipWorld({ seed: "joins", members: 20 });
    world.observers.push(gossipChecks(world, 0).observer, keepJoining(world));
    for (const each of world.members) startMember(world, each);
    pass(world, 10);
    expect(whatIsUnsettled(world.members)).toBeUndefined();
  });
});

describe("a member", () => {
  test("that is killed is found dead by all, and found again when it is back", () => {
    const world = pool(10);
    world.observers.push(keepJoining(world));
    const victim = member(world, 7);
    crashMember(world, victim, false);
    pass(world, 60);
    for (const each of world.members) if (each !== victim) expect(seenBy(each, victim)).not.toBe("alive");
    startMember(world, victim);
    pass(world, 10);
    expect(whatIsUnsettled(world.members)).toBeUndefined();
  });

  test("that leaves ends its process, and is remembered as one that left", () => {
    const world = pool(6);
    const leaver = member(world, 2);
    stepMember(world, leaver, { type: "leave" });
    pass(world, 20);
    expect(leaver.gossip).toBeUndefined();
    for (const each of world.members)
      if (each !== leaver) expect(each.gossip?.serf.members.get(leaver.name)?.status).toBe("left");
  });

  test("that is stopped takes no step, and catches up when it goes on", () => {
    const world = pool(5);
    const stopped = member(world, 1);
    let steps = 0;
    world.observers.push({ afterStep: (each) => void (each === stopped && steps++) });
    pauseMember(world, stopped);
    pass(world, 3);
    expect(steps).toBe(0);
    expect(stopped.inbox.length).toBeGreaterThan(0);
    resumeMember(world, stopped);
    expect(steps).toBeGreaterThan(0);
    pass(world, 20);
    expect(whatIsUnsettled(world.members)).toBeUndefined();
  });

  test("that is slow holds its messages back, both ways, while its timers ring on", () => {
    const world = pool(5);
    const slow = member(world, 1);
    const inputs = new Set<string>();
    world.observers.push({ afterStep: (each, input) => void (each === slow && inputs.add(input.type)) });
    blockMember(slow);
    pass(world, 3);
    expect([...inputs]).toEqual(["wake"]);
    expect(slow.outbox.length).toBeGreaterThan(0);
    unblockMember(world, slow);
    expect(slow.outbox).toHaveLength(0);
    pass(world, 30);
    expect(whatIsUnsettled(world.members)).toBeUndefined();
  });

  test("on the other side of a cut is taken for dead, and the sides find each other when it is joined", () => {
    const world = pool(8);
    const away = [member(world, 6), member(world, 7)];
    for (const each of away) moveToSide(world, each, 1);
    cut(world, 0, 1);
    cut(world, 1, 0);
    pass(world, 60);
    expect(seenBy(member(world, 0), member(world, 7))).not.toBe("alive");
    expect(seenBy(member(world, 7), member(world, 6))).toBe("alive");
    join(world, 0, 1);
    join(world, 1, 0);
    pass(world, 120);
    expect(whatIsUnsettled(world.members)).toBeUndefined();
  });
});

describe("a stream", () => {
  const ask = (world: GossipWorld, from: SimMember, to: string): GossipInput[] => {
    const answers: GossipInput[] = [];
    world.observers.push({
      afterStep: (each, input) =>
        void (each === from && input.type.startsWith("stream-") && answers.push(input)),
    });
    stepMember(world, from, { type: "join", op: 1, addresses: [to] });
    pass(world, 11);
    return answers;
  };

  test("is answered", () => {
    const world = pool(3);
    const [answer] = ask(world, member(world, 0), member(world, 1).address);
    expect(answer?.type).toBe("stream-answer");
  });

  test("to a process that is not there is refused", () => {
    const world = pool(3);
    crashMember(world, member(world, 1), false);
    expect(ask(world, member(world, 0), member(world, 1).address)).toContainEqual(
      expect.objectContaining({ type: "stream-failed", error: "connection refused" }),
    );
  });

  test("to nowhere, or to one that is stopped, times out", () => {
    const world = pool(3);
    pauseMember(world, member(world, 1));
    for (const to of ["10.99.99.99:8301", member(world, 1).address])
      expect(ask(world, member(world, 0), to)).toContainEqual(
        expect.objectContaining({ type: "stream-failed", error: "i/o timeout" }),
      );
  });

  test("to a process that ends is broken", () => {
    const world = pool(3);
    pauseMember(world, member(world, 1));
    const effects: GossipEffect[] = [];
    world.observers.push({ afterStep: (_each, _input, _nowMs, each) => void effects.push(...each) });
    stepMember(world, member(world, 0), { type: "join", op: 1, addresses: [member(world, 1).address] });
    pass(world, 1);
    crashMember(world, member(world, 1), false);
    pass(world, 1);
    const joined = effects.find((effect) => effect.type === "joined");
    expect(joined).toMatchObject({ joined: 0, errors: [{ error: expect.stringContaining("reset") }] });
  });
});

describe("the swarm", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("seed %i keeps every rule and comes to rest", (seed) => {
    const report = runGossipSeed({ seed: String(seed), seconds: 60 });
    expect(`${report.violation} ${report.message}`).toBe(" ");
    expect(report.settledMs).toBeGreaterThan(0);
  });

  test("gives equal digests for equal seeds", () => {
    const once = runGossipSeed({ seed: "again", seconds: 30 });
    expect(runGossipSeed({ seed: "again", seconds: 30 }).digest).toBe(once.digest);
  });

  test("says so when the pool does not come together", () => {
    const report = runGossipSeed({
      seed: "1",
      seconds: 20,
      observers: [
        (world) => ({
          // Somebody pulls the cable again whenever it is plugged in.
          afterStep() {
            if (world.nowUs < 25e6) return;
            world.links.cuts.fill(1);
            touchAll(world);
          },
        }),
      ],
    });
    expect(report.violation).toBe("gossip-not-converged");
  });
});
