// Two pools in one agent: what it does in the WAN, and that neither pool hears what is for the other.

import { describe, expect, test } from "vitest";
import { createAgent, stepAgent } from "../../../src/core/agent/agent.ts";
import type { AgentConfig } from "../../../src/core/agent/config.ts";
import type { Effect, Input } from "../../../src/core/agent/ports.ts";
import type { Agent } from "../../../src/core/agent/state.ts";
import { gossipMembers } from "../../../src/core/gossip/step.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { encodeMessage, vsnOf } from "../../../src/core/wire/gossip/messages.ts";
import { encodePacket } from "../../../src/core/wire/gossip/packet.ts";
import { encodeTags } from "../../../src/core/wire/gossip/tags.ts";
import { clusterConfigs } from "../../../src/sim/cluster.ts";

const SERVERS = clusterConfigs({ servers: ["a1", "a2"], wan: [] });

function configAt(at: number, changes: Partial<AgentConfig> = {}): AgentConfig {
  return { ...must(SERVERS[at], "a server of this cluster"), durable: false, retryJoin: [], ...changes };
}

function start(changes: Partial<AgentConfig> = {}): Agent {
  const agent = createAgent(configAt(0, changes), seededChance("wan"), 0);
  step(agent, { type: "start" }, 0);
  return agent;
}

function step(agent: Agent, input: Input, nowMs: number): Effect[] {
  const out: Effect[] = [];
  stepAgent(agent, input, nowMs, out);
  return out;
}

/** The second server says in a pool of the first that it is there. */
function hearOfSecond(agent: Agent, pool: "lan" | "wan", nowMs: number): Effect[] {
  const config = configAt(1);
  const { name, port, tags, versions } = must(pool === "lan" ? config.gossipLan : config.gossipWan, "a pool");
  const alive = {
    type: "alive",
    incarnation: 1,
    node: name,
    addr: new Uint8Array([10, 0, 0, 2]),
    port,
    meta: encodeTags(tags),
    vsn: vsnOf(versions),
  } as const;
  const bytes = encodePacket([encodeMessage(alive)], { compress: false, crc: false });
  return step(agent, { type: "packet", pool, from: `10.0.0.2:${port}`, bytes }, nowMs);
}

function streams(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "stream-open" ? [`${effect.pool} ${effect.to}`] : []));
}

function names(agent: Agent, pool: "lan" | "wan"): string[] {
  const gossip = agent.pools[pool];
  return gossip === undefined ? [] : gossipMembers(gossip).map(({ name }) => name);
}

describe("an agent with two pools", () => {
  test("is called by its name in the one, and by name and datacenter in the other", () => {
    const agent = start();
    expect([names(agent, "lan"), names(agent, "wan")]).toEqual([["a1"], ["a1.dc1"]]);
  });

  test("hears in each pool only what was sent to that", () => {
    const agent = start();
    hearOfSecond(agent, "wan", 10);
    expect([names(agent, "lan"), names(agent, "wan")]).toEqual([["a1"], ["a1.dc1", "a2.dc1"]]);
  });

  test("joins in the WAN what it was told to, at the port of the WAN", () => {
    const joinWan = { startJoin: [], retryJoin: ["10.0.1.1"], retryIntervalMs: 1000, retryMax: 0 };
    const agent = createAgent(configAt(0, { joinWan }), seededChance("wan"), 0);
    expect(streams(step(agent, { type: "start" }, 0))).toEqual(["wan 10.0.1.1:8302"]);
  });

  test("goes on without the WAN when it is switched off", () => {
    const agent = start({ gossipWan: undefined });
    hearOfSecond(agent, "wan", 10);
    expect(names(agent, "wan")).toEqual([]);
  });
});

describe("flood join", () => {
  test("brings a server of the LAN into the WAN as soon as it is heard of", () => {
    const agent = start();
    hearOfSecond(agent, "lan", 10);
    expect(streams(step(agent, { type: "wake" }, 10))).toContain("wan 10.0.0.2:8302");
  });

  test("leaves those alone that are in the WAN already", () => {
    const agent = start();
    hearOfSecond(agent, "wan", 5);
    hearOfSecond(agent, "lan", 10);
    expect(streams(step(agent, { type: "wake" }, 10)).filter((each) => each.startsWith("wan"))).toEqual([]);
  });

  test("tries again after a minute with those that did not come", () => {
    const agent = start();
    hearOfSecond(agent, "lan", 10);
    step(agent, { type: "wake" }, 10);
    const again = step(agent, { type: "wake" }, 60_010);
    expect(streams(again)).toContain("wan 10.0.0.2:8302");
  });
});

test("who leaves tells the WAN first, then the LAN", () => {
  const agent = start({ skipLeaveOnInterrupt: false });
  hearOfSecond(agent, "lan", 10);
  hearOfSecond(agent, "wan", 10);
  step(agent, { type: "signal", signal: "interrupt" }, 1000);
  expect([
    agent.life.stage,
    agent.pools.wan?.leave !== undefined,
    agent.pools.lan.leave !== undefined,
  ]).toEqual(["leaving-wan", true, false]);
  for (let nowMs = 1000; nowMs < 11_000 && agent.life.stage === "leaving-wan"; nowMs += 50)
    step(agent, { type: "wake" }, nowMs);
  expect(agent.pools.wan?.leave?.stage).toBe("done");
  expect(agent.pools.lan.leave).toBeDefined();
});
