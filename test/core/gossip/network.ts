// A small world of gossip machines: virtual time, one queue of deliveries, losses and latencies drawn from a seed. After
// every step of every machine its invariants are checked.

import { CONSUL_GOSSIP_VERSIONS, type GossipConfig, gossipTimings } from "../../../src/core/gossip/config.ts";
import { checkGossip } from "../../../src/core/gossip/invariants.ts";
import type { GossipEffect, GossipInput } from "../../../src/core/gossip/ports.ts";
import type { Gossip } from "../../../src/core/gossip/state.ts";
import { createGossip, gossipDeadline, gossipMembers, stepGossip } from "../../../src/core/gossip/step.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { type Chance, seededChance } from "../../../src/core/lib/chance.ts";
import { type Address, joinHostPort } from "../../../src/core/model/address.ts";
import type { MemberStatus } from "../../../src/core/model/member.ts";

export interface Agent {
  readonly name: string;
  readonly address: Address;
  gossip: Gossip;
  up: boolean;
  /** Everything but packets and streams that it brought about, in order. */
  readonly effects: GossipEffect[];
  /** How often its machine was stepped. */
  steps: number;
  /** While it is paused nothing is delivered to it and it does not wake; deliveries wait. */
  pausedUntilMs: number;
}

interface Delivery {
  readonly atMs: number;
  readonly order: number;
  readonly to: Address;
  readonly input: GossipInput;
}

export interface Network {
  nowMs: number;
  readonly chance: Chance;
  readonly agents: Map<Address, Agent>;
  readonly deliveries: Delivery[];
  nextOrder: number;
  nextStream: number;
  /** Who waits for the answer on a stream: the opener's address and its own number for it. */
  readonly streams: Map<number, { readonly opener: Address; readonly stream: number }>;
  /** Percent of packets that are lost. */
  lossPercent: number;
  latencyMs: readonly [from: number, to: number];
  /** What a packet between two addresses needs for its way besides; nothing where it is undefined. */
  wayMs: ((from: Address, to: Address) => number) | undefined;
  /** Addresses by the side of the partition they are on; absent: side 0. */
  readonly sides: Map<Address, number>;
  readonly overrides: Partial<GossipConfig>;
  /** Packets sent. */
  packets: number;
}

export function createNetwork(seed: string, overrides: Partial<GossipConfig> = {}): Network {
  return {
    nowMs: 0,
    chance: seededChance(`network ${seed}`),
    agents: new Map(),
    deliveries: [],
    nextOrder: 0,
    nextStream: 1,
    streams: new Map(),
    lossPercent: 0,
    latencyMs: [1, 4],
    wayMs: undefined,
    sides: new Map(),
    overrides,
    packets: 0,
  };
}

/** The configuration of a Consul client agent. */
export function configOf(name: string, ip: string, overrides: Partial<GossipConfig> = {}): GossipConfig {
  return {
    ...gossipTimings("lan"),
    name,
    ip,
    port: 8301,
    tags: new Map([
      ["role", "node"],
      ["dc", "dc1"],
      ["id", `id-of-${name}-at-${ip}`],
      ["build", "1.8.7:"],
    ]),
    versions: CONSUL_GOSSIP_VERSIONS,
    compress: false,
    ...overrides,
  };
}

/** Starts an agent; one that was there before under this name is gone, with all it knew. */
export function start(network: Network, name: string, overrides: Partial<GossipConfig> = {}): Agent {
  const number = Number(/\d+$/.exec(name)?.[0] ?? 0);
  const config = configOf(name, `10.0.${number >> 8}.${number & 255}`, {
    ...network.overrides,
    ...overrides,
  });
  const address = joinHostPort(config.ip, config.port);
  const seed = `${name} ${network.nowMs} ${network.nextOrder++}`;
  const agent: Agent = {
    name,
    address,
    gossip: createGossip(config, seededChance(seed), network.nowMs),
    up: true,
    effects: [],
    steps: 0,
    pausedUntilMs: 0,
  };
  network.agents.set(address, agent);
  return agent;
}

/** It is not there any more, and says nothing about it. */
export function kill(agent: Agent): void {
  agent.up = false;
}

/** It is not scheduled for a while; what it would have heard waits for it. */
export function pause(network: Network, agent: Agent, ms: number): void {
  agent.pausedUntilMs = network.nowMs + ms;
}

export function partition(network: Network, ...sides: readonly (readonly Agent[])[]): void {
  network.sides.clear();
  for (const [side, agents] of sides.entries())
    for (const agent of agents) network.sides.set(agent.address, side);
}

export function heal(network: Network): void {
  network.sides.clear();
}

export function input(network: Network, agent: Agent, given: GossipInput): void {
  const effects: GossipEffect[] = [];
  stepGossip(agent.gossip, given, network.nowMs, effects);
  agent.steps++;
  checkGossip(agent.gossip);
  for (const effect of effects) carryOut(network, agent, given, effect);
}

export function join(network: Network, agent: Agent, ...seeds: readonly Agent[]): void {
  input(network, agent, { type: "join", op: 1, addresses: seeds.map(({ address }) => address) });
}

function carryOut(network: Network, agent: Agent, cause: GossipInput, effect: GossipEffect): void {
  switch (effect.type) {
    case "packet": {
      network.packets++;
      const lost = network.chance.choose("loss", 100) < network.lossPercent;
      if (lost || !reaches(network, agent.address, effect.to)) return;
      const wayMs = network.wayMs?.(agent.address, effect.to) ?? 0;
      deliver(network, effect.to, { type: "packet", from: agent.address, bytes: effect.bytes }, wayMs);
      return;
    }
    case "stream-open": {
      const { stream, to, bytes, timeoutMs } = effect;
      if (network.agents.get(to)?.up !== true)
        return deliver(network, agent.address, {
          type: "stream-failed",
          stream,
          error: "connection refused",
        });
      if (!reaches(network, agent.address, to))
        return deliver(
          network,
          agent.address,
          { type: "stream-failed", stream, error: "i/o timeout" },
          timeoutMs,
        );
      const id = network.nextStream++;
      network.streams.set(id, { opener: agent.address, stream });
      return deliver(network, to, { type: "stream", stream: id, from: agent.address, bytes });
    }
    case "stream-answer": {
      const opened = network.streams.get(effect.stream);
      if (opened === undefined || cause.type !== "stream") throw new Error("an answer to nobody");
      network.streams.delete(effect.stream);
      const { opener, stream } = opened;
      if (reaches(network, agent.address, opener))
        deliver(network, opener, { type: "stream-answer", stream, bytes: effect.bytes });
      else deliver(network, opener, { type: "stream-failed", stream, error: "i/o timeout" }, 1000);
      return;
    }
    default:
      agent.effects.push(effect);
  }
}

function reaches(network: Network, from: Address, to: Address): boolean {
  return (network.sides.get(from) ?? 0) === (network.sides.get(to) ?? 0);
}

function deliver(network: Network, to: Address, given: GossipInput, delayMs: number = 0): void {
  const [from, until] = network.latencyMs;
  const latency = from + network.chance.choose("latency", until - from + 1);
  const delivery = {
    atMs: network.nowMs + delayMs + latency,
    order: network.nextOrder++,
    to,
    input: given,
  };
  // Most deliveries belong near the end.
  let place = network.deliveries.length;
  while (place > 0 && must(network.deliveries[place - 1], "in range").atMs > delivery.atMs) place--;
  network.deliveries.splice(place, 0, delivery);
}

/** When this agent is to be woken. */
function wakeAtMs(agent: Agent): number {
  return agent.up ? Math.max(gossipDeadline(agent.gossip), agent.pausedUntilMs) : Number.POSITIVE_INFINITY;
}

/** Looking at everything that everybody knows is dear, and nothing changes for good within so short a time. */
const LOOK_EVERY_MS = 20;

/** Lets time pass, or until `done` says so, which is asked every now and then. @returns Whether it did. */
export function run(network: Network, ms: number, done: () => boolean = () => false): boolean {
  const endMs = network.nowMs + ms;
  let lookAtMs = network.nowMs;
  for (;;) {
    if (network.nowMs >= lookAtMs) {
      if (done()) return true;
      lookAtMs = network.nowMs + LOOK_EVERY_MS;
    }
    let next: Agent | undefined;
    for (const agent of network.agents.values())
      if (next === undefined || wakeAtMs(agent) < wakeAtMs(next)) next = agent;
    const delivery = network.deliveries[0];
    const wakeMs = next === undefined ? Number.POSITIVE_INFINITY : wakeAtMs(next);
    const atMs = Math.min(wakeMs, delivery?.atMs ?? Number.POSITIVE_INFINITY);
    if (atMs > endMs) {
      network.nowMs = endMs;
      return done();
    }
    network.nowMs = Math.max(network.nowMs, atMs);
    if (delivery !== undefined && delivery.atMs <= wakeMs) {
      network.deliveries.shift();
      receive(network, delivery);
    } else if (next !== undefined) {
      input(network, next, { type: "wake" });
      if (gossipDeadline(next.gossip) <= network.nowMs) throw new Error("it would be woken for ever");
    }
  }
}

function receive(network: Network, delivery: Delivery): void {
  const agent = network.agents.get(delivery.to);
  if (agent?.up !== true) return;
  if (agent.pausedUntilMs > network.nowMs) {
    const delayMs = agent.pausedUntilMs - network.nowMs;
    return deliver(network, delivery.to, delivery.input, delayMs);
  }
  input(network, agent, delivery.input);
}

/** How `observer` sees the member `name`; "none" when it does not know it. */
export function statusOf(observer: Agent, name: string): MemberStatus {
  return gossipMembers(observer.gossip).find((member) => member.name === name)?.status ?? "none";
}

/** Whether each of these sees the member so. */
export function allSee(observers: readonly Agent[], name: string, status: MemberStatus): boolean {
  return observers.every((observer) => statusOf(observer, name) === status);
}

/** Whether all of these see each other alive, and nobody else as alive. */
export function converged(agents: readonly Agent[]): boolean {
  const names = agents.map(({ name }) => name).sort();
  return agents.every((agent) => {
    const alive = gossipMembers(agent.gossip).filter(({ status }) => status === "alive");
    return alive.length === names.length && alive.every(({ name }, at) => name === names[at]);
  });
}

/** Starts `count` agents, all of which join the first, and lets them find each other. */
export function startCluster(network: Network, count: number): Agent[] {
  const agents = Array.from({ length: count }, (_, at) => start(network, `n${at + 1}`));
  const [first, ...others] = agents;
  for (const agent of others) join(network, agent, must(first, "a cluster has a first"));
  if (!run(network, 60_000, () => converged(agents))) throw new Error("the cluster did not form");
  return agents;
}

/** The events that an agent heard about a member, in order. */
export function eventsAbout(agent: Agent, name: string): string[] {
  return agent.effects.flatMap((effect) =>
    effect.type === "member" && effect.member.name === name ? [effect.event] : [],
  );
}
