// What an agent makes of the addresses that it is told to join, and what it says of those that are none.

import { describe, expect, test } from "vitest";
import { createAgent, stepAgent } from "../../../src/core/agent/agent.ts";
import type { Effect } from "../../../src/core/agent/ports.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { clusterConfigs } from "../../../src/sim/cluster.ts";

interface Asked {
  readonly effects: readonly Effect[];
  /** What resolving the names then brings about. */
  readonly afterwards: readonly Effect[];
}

/** @param ips What every name turns out to stand for. */
function ask(target: string, ips: readonly string[] = []): Asked {
  const [config] = clusterConfigs({ servers: [], clients: ["c1"] });
  if (config === undefined) throw new Error("a cluster of one client has its configuration");
  const agent = createAgent({ ...config, retryJoin: [] }, seededChance("join"), 0);
  stepAgent(agent, { type: "start" }, 0, []);
  const effects: Effect[] = [];
  const request = { method: "PUT", target, headers: new Map(), body: new Uint8Array(0), remote: "127.0.0.1" };
  stepAgent(agent, { type: "http", id: 1, request }, 10, effects);
  const afterwards: Effect[] = [];
  for (const effect of effects)
    if (effect.type === "resolve")
      stepAgent(agent, { type: "resolved", op: effect.op, ips, error: "unknown" }, 20, afterwards);
  return { effects, afterwards };
}

function answer(effects: readonly Effect[]): string | undefined {
  for (const effect of effects) if (effect.type === "reply") return effect.response.body;
  return undefined;
}

describe("an address to join", () => {
  test.each([
    ["10.0.0.9", "10.0.0.9:8301"],
    ["10.0.0.9:7000", "10.0.0.9:7000"],
    ["fd00::9", "[fd00::9]:8301"],
    ["[fd00::9]", "[fd00::9]:8301"],
    ["[fd00::9]:7000", "[fd00::9]:7000"],
    ["some/10.0.0.9:7000", "10.0.0.9:7000"],
    ["some/fd00::9", "[fd00::9]:8301"],
  ])("%s is contacted at %s", (target, address) => {
    const { effects } = ask(`/v1/agent/join/${target}`);
    expect(effects).toContainEqual(expect.objectContaining({ type: "stream-open", to: address }));
    expect(answer(effects)).toBeUndefined();
  });

  test.each([
    ["name", "name"],
    ["name:7000", "name"],
    ["a:b:c", "a:b:c"],
    ["some/name:7000", "name"],
  ])("%s is looked up as %s, and named in full when it is not found", (target, name) => {
    const { effects, afterwards } = ask(`/v1/agent/join/${target}`);
    expect(effects).toContainEqual(expect.objectContaining({ type: "resolve", name }));
    expect(answer(afterwards)).toBe(`1 error occurred:\n\t* Failed to resolve ${target}: unknown\n\n`);
  });

  test.each([
    ["", "lookup : no such host"],
    [":8301", "lookup : no such host"],
    ["some/", "lookup : no such host"],
    ["[]:8301", "lookup : no such host"],
    ["name:", 'strconv.ParseUint: parsing "": invalid syntax'],
    ["10.0.0.9:x", 'strconv.ParseUint: parsing "x": invalid syntax'],
    ["10.0.0.9:-1", 'strconv.ParseUint: parsing "-1": invalid syntax'],
    ["10.0.0.9:65536", 'strconv.ParseUint: parsing "65536": value out of range'],
    ["[fd00::9]:y", 'strconv.ParseUint: parsing "y": invalid syntax'],
  ])("%j is refused without asking anybody", (target, error) => {
    const { effects } = ask(`/v1/agent/join/${target}`);
    expect(answer(effects)).toBe(`1 error occurred:\n\t* Failed to resolve ${target}: ${error}\n\n`);
    expect(effects.filter(({ type }) => type === "resolve" || type === "stream-open")).toEqual([]);
  });

  test("of a name with several addresses is contacted at each of them", () => {
    const { afterwards } = ask("/v1/agent/join/name:7000", ["10.0.0.8", "fd00::9"]);
    const contacted = afterwards.flatMap((each) => (each.type === "stream-open" ? [each.to] : []));
    expect(contacted).toEqual(["10.0.0.8:7000", "[fd00::9]:7000"]);
  });

  test("of the WAN is refused by who is no server: it would be joined into the LAN", () => {
    const { effects } = ask("/v1/agent/join/10.0.0.9?wan=1");
    expect(answer(effects)).toBe("Must be a server to join WAN cluster");
    expect(effects.filter(({ type }) => type === "stream-open")).toEqual([]);
  });
});

describe("an agent that is told to join until it works", () => {
  const lines = (effects: readonly Effect[]): string[] =>
    effects.flatMap((each) =>
      each.type === "notice" && each.logger === ""
        ? [`${each.level} ${each.message} ${Object.values(each.fields ?? {})[0]}`]
        : [],
    );

  test("says so as Consul does: once that it begins, each time whom it tries and what came of it", () => {
    const [config] = clusterConfigs({ servers: [], clients: ["c1"] });
    if (config === undefined) throw new Error("a cluster of one client has its configuration");
    const told = { ...config, durable: false, retryJoin: ["10.0.0.9"], retryMax: 1, retryIntervalMs: 1000 };
    const agent = createAgent(told, seededChance("retry"), 0);
    const all: Effect[] = [];
    const feed = (input: Parameters<typeof stepAgent>[1], nowMs: number): void => {
      const out: Effect[] = [];
      stepAgent(agent, input, nowMs, out);
      all.push(...out);
      for (const each of out)
        if (each.type === "stream-open")
          feed({ type: "stream-failed", pool: "lan", stream: each.stream, error: "refused" }, nowMs);
    };
    feed({ type: "start" }, 0);
    feed({ type: "wake" }, 1000);
    expect(lines(all)).toEqual([
      "info Joining cluster... LAN",
      "info (LAN) joining 10.0.0.9",
      "info started state syncer undefined",
      "warn (LAN) couldn't join 0",
      "warn Join cluster failed, will retry LAN",
      "info (LAN) joining 10.0.0.9",
      "warn (LAN) couldn't join 0",
      "error Retry join failed agent: max join LAN retry exhausted, exiting",
    ]);
    expect(all).toContainEqual({ type: "exit", code: 1 });
  });
});
