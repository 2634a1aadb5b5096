import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { copyPlain, equalPlain } from "../../../src/core/lib/plain.ts";
import {
  type Agent,
  allSee,
  converged,
  createNetwork,
  eventsAbout,
  heal,
  input,
  join,
  kill,
  type Network,
  partition,
  pause,
  run,
  start,
  startCluster,
  statusOf,
} from "./network.ts";

const seeds = ["1", "2", "3"];

function cluster(
  seed: string,
  count: number = 5,
): { network: Network; agents: Agent[]; last: Agent; others: Agent[] } {
  const network = createNetwork(seed);
  const agents = startCluster(network, count);
  return { network, agents, last: must(agents.at(-1), "last"), others: agents.slice(0, -1) };
}

describe.each(seeds)("with seed %s", (seed) => {
  test("five agents find each other from one seed, with tags and addresses", () => {
    const { agents } = cluster(seed);
    const [first] = agents;
    expect(converged(agents)).toBe(true);
    for (const agent of agents)
      for (const member of agent.gossip.serf.members.values()) {
        expect(member.record.tags.get("dc")).toBe("dc1");
        expect(member.record.ip).toMatch(/^10\.0\.0\.\d$/);
      }
    expect(must(first, "first").effects.filter(({ type }) => type === "member")).toHaveLength(4);
  });

  test("one that is killed is failed everywhere, and nobody else is suspected for good", () => {
    const { network, others, last } = cluster(seed);
    kill(last);
    expect(run(network, 60_000, () => allSee(others, last.name, "failed"))).toBe(true);
    run(network, 60_000);
    expect(converged(others)).toBe(true);
    for (const agent of others) expect(eventsAbout(agent, last.name)).toEqual(["join", "failed"]);
  });

  test("one that leaves has left everywhere and never failed anywhere", () => {
    const { network, others, last } = cluster(seed);
    input(network, last, { type: "leave" });
    expect(run(network, 13_000, () => last.effects.some(({ type }) => type === "left"))).toBe(true);
    expect(allSee(others, last.name, "left")).toBe(true);
    kill(last);
    run(network, 120_000);
    expect(allSee(others, last.name, "left")).toBe(true);
    for (const agent of others) expect(eventsAbout(agent, last.name)).toEqual(["join", "leave"]);
  });

  test("on a lossy and slow network nobody stays declared dead", () => {
    const { network, agents } = cluster(seed);
    network.lossPercent = 25;
    network.latencyMs = [20, 400];
    run(network, 300_000);
    network.lossPercent = 0;
    network.latencyMs = [1, 4];
    expect(run(network, 120_000, () => converged(agents))).toBe(true);
  });

  test("one that is paused for a minute is failed meanwhile, refutes, and accuses nobody", () => {
    const { network, agents, others, last } = cluster(seed);
    pause(network, last, 60_000);
    expect(run(network, 60_000, () => allSee(others, last.name, "failed"))).toBe(true);
    expect(run(network, 120_000, () => converged(agents))).toBe(true);
    for (const agent of agents)
      for (const other of others) expect(eventsAbout(agent, other.name)).not.toContain("failed");
  });

  test("a partition parts the members, and its end brings them together again", () => {
    const { network, agents } = cluster(seed);
    const left = agents.slice(0, 2);
    const right = agents.slice(2);
    partition(network, left, right);
    expect(run(network, 120_000, () => converged(left) && converged(right))).toBe(true);
    run(network, 120_000);
    heal(network);
    expect(run(network, 600_000, () => converged(agents))).toBe(true);
  });

  test.each([1_000, 20_000, 200_000])("one that restarts after %i ms is a member again", (downMs) => {
    const { network, others, last } = cluster(seed);
    kill(last);
    run(network, downMs);
    const again = start(network, last.name);
    join(network, again, must(others[0], "first"));
    expect(run(network, 60_000, () => converged([...others, again]))).toBe(true);
    run(network, 60_000);
    expect(converged([...others, again])).toBe(true);
  });

  test("one that left and comes back is a member again", () => {
    const { network, others, last } = cluster(seed);
    input(network, last, { type: "leave" });
    run(network, 20_000);
    kill(last);
    const again = start(network, last.name);
    join(network, again, must(others[1], "second"));
    expect(run(network, 60_000, () => converged([...others, again]))).toBe(true);
  });

  test("a failed one that is given up has left everywhere; with prune it is forgotten", () => {
    const { network, others, last } = cluster(seed);
    kill(last);
    run(network, 60_000, () => allSee(others, last.name, "failed"));
    const operator = must(others[2], "third");
    input(network, operator, { type: "force-leave", node: last.name, prune: false });
    expect(run(network, 10_000, () => allSee(others, last.name, "left"))).toBe(true);
    input(network, operator, { type: "force-leave", node: last.name, prune: true });
    expect(run(network, 10_000, () => allSee(others, last.name, "none"))).toBe(true);
    for (const agent of others)
      expect(eventsAbout(agent, last.name)).toEqual(["join", "failed", "leave", "reap"]);
  });

  test("giving up one that is alive changes nothing: it says that it stays", () => {
    const { network, agents, others, last } = cluster(seed);
    input(network, must(others[0], "first"), { type: "force-leave", node: last.name, prune: false });
    run(network, 20_000);
    expect(converged(agents)).toBe(true);
    for (const agent of others) expect(eventsAbout(agent, last.name)).toEqual(["join"]);
  });
});

test("the same seed gives the same run, effect for effect", () => {
  const effects = (): string => {
    const { network, agents, last } = cluster("again", 6);
    network.lossPercent = 10;
    kill(last);
    run(network, 30_000);
    return JSON.stringify([
      network.packets,
      agents.map((agent) => agent.effects.map((each) => ({ ...each }))),
    ]);
  };
  expect(effects()).toBe(effects());
});

test("the state is plain data: a copy equals it", () => {
  const { agents } = cluster("plain");
  for (const { gossip } of agents) {
    const copy = copyPlain(gossip);
    expect(equalPlain(copy, gossip)).toBe(true);
  }
});

test("a quiet pool sleeps: one protocol period is one wake-up, one ping and one ack", () => {
  const { network, agents } = cluster("quiet", 5);
  run(network, 30_000);
  const before = agents.map(({ steps }) => steps);
  const packets = network.packets;
  run(network, 100_000);
  for (const [at, agent] of agents.entries()) {
    // A period of 1 s: a wake-up, the ack to the own ping, and about one ping from somebody else; some push-pulls.
    expect(agent.steps - must(before[at], "counted")).toBeLessThan(100 * 3.5);
  }
  expect(network.packets - packets).toBeLessThan(5 * 100 * 2.1);
});

test("one that is alone sleeps for ever", () => {
  const network = createNetwork("alone");
  const agent = start(network, "n1");
  run(network, 3_600_000);
  expect(agent.steps).toBe(0);
});

test("forty agents find each other and lose one", () => {
  const network = createNetwork("forty");
  const agents = startCluster(network, 40);
  const gone = must(agents[20], "twentieth");
  const others = agents.filter((agent) => agent !== gone);
  kill(gone);
  expect(run(network, 60_000, () => allSee(others, gone.name, "failed"))).toBe(true);
  expect(statusOf(must(others[0], "first"), gone.name)).toBe("failed");
});
