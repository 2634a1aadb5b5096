// Members that go and come back in ways that are easily taken for others: killed in the middle of a leave, leaving while the
// pool is split, restarted with other tags, or under an old name at a new address. In pools of five, with three seeds each.

import { describe, expect, test } from "vitest";
import type { GossipConfig } from "../../../src/core/gossip/config.ts";
import { must } from "../../../src/core/lib/assert.ts";
import {
  type Agent,
  allSee,
  configOf,
  converged,
  createNetwork,
  eventsAbout,
  heal,
  input,
  join,
  kill,
  type Network,
  partition,
  run,
  start,
  startCluster,
} from "./network.ts";

interface Pool {
  readonly network: Network;
  readonly others: readonly Agent[];
  readonly first: Agent;
  readonly last: Agent;
}

function pool(seed: string, overrides: Partial<GossipConfig> = {}): Pool {
  const network = createNetwork(seed, overrides);
  const agents = startCluster(network, 5);
  const others = agents.slice(0, -1);
  return { network, others, first: must(others[0], "first"), last: must(agents.at(-1), "last") };
}

/** The last of the pool, in another life. */
function again({ network, first, last }: Pool, overrides: Partial<GossipConfig>): Agent {
  const agent = start(network, last.name, overrides);
  join(network, agent, first);
  return agent;
}

describe.each(["1", "2", "3"])("in a pool of five, seed %s", (seed) => {
  test("one that is killed in the middle of its leave has left all the same", () => {
    const { network, others, last } = pool(seed);
    input(network, last, { type: "leave" });
    run(network, 700, () => allSee(others, last.name, "leaving"));
    kill(last);
    expect(run(network, 60_000, () => allSee(others, last.name, "left"))).toBe(true);
    for (const agent of others) expect(eventsAbout(agent, last.name)).toEqual(["join", "leave"]);
  });

  test("one that leaves while the pool is split has left for the other half too, when it hears of it", () => {
    const { network, others, last } = pool(seed);
    const near = [must(others[0], "near"), last];
    const far = others.slice(1);
    partition(network, near, far);
    run(network, 1000);
    input(network, last, { type: "leave" });
    run(network, 20_000);
    kill(last);
    run(network, 60_000, () => allSee(far, last.name, "failed"));
    heal(network);
    expect(run(network, 600_000, () => allSee(others, last.name, "left") && converged(others))).toBe(true);
  });

  test("one that leaves and hears nobody comes to its end all the same", () => {
    const { network, others, last } = pool(seed);
    partition(network, others, [last]);
    input(network, last, { type: "leave" });
    run(network, 15_000);
    expect(last.effects.some(({ type }) => type === "left")).toBe(true);
  });

  test("one that is restarted with other tags has them for all", () => {
    const { network, others, ...rest } = pool(seed);
    const { last } = rest;
    kill(last);
    const tags = new Map([...configOf(last.name, "10.0.0.5").tags, ["role", "node"], ["build", "1.8.8:"]]);
    const back = again({ network, others, ...rest }, { tags });
    const build = (agent: Agent): string | undefined =>
      agent.gossip.serf.members.get(last.name)?.record.tags.get("build");
    expect(run(network, 60_000, () => [...others, back].every((each) => build(each) === "1.8.8:"))).toBe(
      true,
    );
    expect(run(network, 60_000, () => converged([...others, back]))).toBe(true);
  });

  test.each([
    ["at once when its holder left", "leave", 20_000, 15_000],
    ["after the reclaim time when its holder died", "kill", 60_000, 15_000],
    ["in the end when it came too soon after its holder died", "kill", 12_000, 120_000],
  ] as const)(
    "a name that comes back at another address is its new holder's: %s",
    (_, how, goneMs, withinMs) => {
      const given = pool(seed);
      const { network, others, last } = given;
      if (how === "leave") input(network, last, { type: "leave" });
      else kill(last);
      run(network, goneMs);
      kill(last);
      const id = `id-of-${last.name}-at-10.0.0.5`;
      const tags = new Map([...configOf(last.name, "10.0.0.77").tags, ["id", id]]);
      const back = again(given, { ip: "10.0.0.77", tags });
      const isThere = (): boolean =>
        others.every((each) => each.gossip.serf.members.get(last.name)?.record.ip === "10.0.0.77");
      expect(run(network, withinMs, () => isThere() && converged([...others, back]))).toBe(true);
    },
  );
});

/** Of twelve one leaves and is back three seconds later; all exchange everything once a second. @returns When all had it alive. */
function msUntilSeenAgain(seed: string, planted: string | undefined): number {
  const network = createNetwork(seed, { planted, pushPullIntervalMs: 1000 });
  const agents = startCluster(network, 12);
  const others = agents.slice(0, -1);
  const last = must(agents.at(-1), "last");
  input(network, last, { type: "leave" });
  run(network, 20_000, () => allSee(others, last.name, "left"));
  run(network, 3000);
  kill(last);
  join(network, start(network, last.name), must(others[0], "a seed"));
  const { nowMs } = network;
  run(network, 60_000, () => allSee(others, last.name, "alive"));
  return network.nowMs - nowMs;
}

describe("one that left is back before all have heard of it", () => {
  // Somebody hears that it is there, then from another, who has heard nothing yet, that it left, then of its join.
  test.each(["6", "17"])("and alive for all as soon as they have heard of its join, seed %s", (seed) => {
    const rumourMs = 600;
    expect(msUntilSeenAgain(seed, undefined)).toBeLessThan(rumourMs);
    // Who takes the hearsay for later than the join waits for the next push-pull with one who knows better.
    expect(msUntilSeenAgain(seed, "serf-hearsay-outdates-return")).toBeGreaterThan(rumourMs);
  });
});
