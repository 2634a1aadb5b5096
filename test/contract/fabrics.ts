// A small cluster of whole agents on two networks: sockets of this machine, and the simulated one. Both let a test ask,
// break connections, end processes, and look at what the network brought to each agent, in order.

import type { Socket } from "node:net";
import { createDriver, type Driver, monotonicMs } from "../../src/adapters/driver.ts";
import { type GossipSockets, openGossipSockets } from "../../src/adapters/net/gossip.ts";
import { openRpcSockets, type RpcSockets } from "../../src/adapters/net/rpc.ts";
import { createAgent } from "../../src/core/agent/agent.ts";
import { type AgentConfig, CONSUL_PROTOCOL } from "../../src/core/agent/config.ts";
import type { Effect, Input } from "../../src/core/agent/ports.ts";
import { memberTags } from "../../src/core/agent/tags.ts";
import type { HttpRequest } from "../../src/core/api/http.ts";
import { must } from "../../src/core/lib/assert.ts";
import { seededChance } from "../../src/core/lib/chance.ts";
import { clusterConfigs } from "../../src/sim/cluster.ts";
import { resetConnection } from "../../src/sim/delivery.ts";
import type { SimNode } from "../../src/sim/node.ts";
import { callAt, crash, createWorld, deliver, runUntil, start, type World } from "../../src/sim/world.ts";
import { freePorts, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";

export const SERVERS = ["s1", "s2", "s3"] as const;
export const CLIENT = "c1";
const NAMES = [...SERVERS, CLIENT];

/** What the network brings to an agent. */
export type Heard = Extract<Input, { type: "message" | "peer-lost" }>;

export interface Fabric {
  /** Node id of the agent of this name. */
  idOf(name: string): string;
  /** Puts an HTTP request to an agent. @returns Its number. */
  ask(name: string, method: string, target: string): number;
  /** Status of each request that was answered, by its number. */
  readonly answers: ReadonlyMap<number, number>;
  /** What an agent was told since the beginning, over all its lives. */
  heard(name: string): readonly Heard[];
  /** Resets every RPC connection of an agent; its process lives on. */
  breakConnections(name: string): void;
  /** Ends an agent's process, as SIGKILL does. */
  kill(name: string): void;
  /** Starts it again, with nothing remembered. */
  restart(name: string): Promise<void>;
  /** Lets time pass until the condition holds. @throws Error when it never does. */
  until(what: string, condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

function httpRequest(method: string, target: string): HttpRequest {
  return { method, target, headers: new Map(), body: new Uint8Array(0), remote: "127.0.0.1" };
}

/** Nothing on disks: what is judged here is the network. */
function configs(): AgentConfig[] {
  return clusterConfigs({ servers: SERVERS, clients: [CLIENT] }).map((config) => ({
    ...config,
    durable: false,
  }));
}

// The simulated network.

const STEP_US = 20_000;
const PATIENCE_US = 120_000_000;

export async function openSimulated(): Promise<Fabric> {
  const world = createWorld({ seed: "contract", configs: configs(), throughBytes: true });
  const heard = new Map<string, Heard[]>(NAMES.map((name) => [name, []]));
  const answers = new Map<number, number>();
  world.observers.push({
    afterStep(node, input) {
      if (input?.type === "message" || input?.type === "peer-lost") heard.get(node.name)?.push(input);
    },
    onReply: (id, { response }) => void answers.set(id, response.status),
  });
  for (const node of world.nodes) start(world, node);
  let nextId = 1;
  const fabric: Fabric = {
    idOf: (name) => nodeOf(world, name).config.nodeId,
    ask(name, method, target) {
      const id = nextId++;
      deliver(world, nodeOf(world, name), { type: "http", id, request: httpRequest(method, target) });
      return id;
    },
    answers,
    heard: (name) => heard.get(name) ?? [],
    breakConnections(name) {
      const node = nodeOf(world, name);
      callAt(world, world.nowUs, () => {
        for (const other of world.nodes) if (other !== node) resetConnection(world, node, other);
      });
    },
    kill: (name) => crash(world, nodeOf(world, name)),
    async restart(name) {
      start(world, nodeOf(world, name));
    },
    async until(what, condition) {
      const endUs = world.nowUs + PATIENCE_US;
      while (!condition()) {
        if (world.nowUs > endUs) throw new Error(`two minutes went by until ${what}, in vain`);
        runUntil(world, world.nowUs + STEP_US);
      }
    },
    async close() {},
  };
  return fabric;
}

function nodeOf(world: World, name: string): SimNode {
  return must(
    world.nodes.find((node) => node.name === name),
    "a node of this world",
  );
}

// Sockets.

interface Life {
  readonly driver: Driver;
  readonly rpc: RpcSockets;
  readonly gossip: GossipSockets;
}

/** @param dialled Every TCP socket that this process opens, as the test's mock of node:net collects them. */
export async function openSockets(dialled: readonly Socket[]): Promise<Fabric> {
  const agents = await onLoopback(configs());
  const heard = new Map<string, Heard[]>(NAMES.map((name) => [name, []]));
  const answers = new Map<number, number>();
  const lives = new Map<string, Life>();
  const ended: Promise<void>[] = [];
  let nextId = 1;

  async function live(config: AgentConfig): Promise<void> {
    let driver: Driver | undefined;
    const feed = (input: Input): void => {
      if (input.type === "message" || input.type === "peer-lost") heard.get(config.nodeName)?.push(input);
      driver?.feed(input);
    };
    const place = { ip: config.advertiseIp, port: config.ports.server };
    const rpc = await openRpcSockets({
      self: config,
      listen: config.server ? place : undefined,
      feed,
      warn: () => undefined,
    });
    const gossip = await openGossipSockets({
      pool: "lan",
      ip: config.advertiseIp,
      port: config.ports.serfLan,
      streamTimeoutMs: config.gossipLan.streamTimeoutMs,
      feed,
    });
    driver = createDriver(createAgent(config, seededChance(config.nodeName), monotonicMs()), {
      carryOut: (effect) => carryOut(effect, rpc, gossip, answers),
      endOfBatch: () => rpc.flush(),
      onBroken: (error) => {
        throw error;
      },
    });
    lives.set(config.nodeName, { driver, rpc, gossip });
    driver.feed({ type: "start" });
  }

  const configOf = (name: string): AgentConfig =>
    must(
      agents.find(({ nodeName }) => nodeName === name),
      "an agent of this cluster",
    );
  const kill = (name: string): void => {
    const life = lives.get(name);
    lives.delete(name);
    life?.driver.stop();
    if (life !== undefined) ended.push(life.rpc.close(), life.gossip.close());
  };

  for (const config of agents) await live(config);
  return {
    idOf: (name) => configOf(name).nodeId,
    ask(name, method, target) {
      const id = nextId++;
      lives.get(name)?.driver.feed({ type: "http", id, request: httpRequest(method, target) });
      return id;
    },
    answers,
    heard: (name) => heard.get(name) ?? [],
    breakConnections(name) {
      const { advertiseIp, ports } = configOf(name);
      for (const socket of dialled)
        if (socket.remoteAddress === advertiseIp && socket.remotePort === ports.server)
          socket.resetAndDestroy();
    },
    kill,
    async restart(name) {
      await Promise.all(ended.splice(0));
      await live(configOf(name));
    },
    until: (what, condition) => until(what, condition).then(() => undefined),
    async close() {
      for (const name of NAMES) kill(name);
      await Promise.all(ended);
    },
  };
}

async function onLoopback(configs: readonly AgentConfig[]): Promise<AgentConfig[]> {
  const ips = loopbackIps(configs.length);
  const ports = await Promise.all(ips.map(freePorts));
  return configs.map((config, at) => {
    const own = { ...config.ports, ...must(ports[at], "everyone has ports") };
    const ip = ips[at] ?? "";
    const retryJoin = ips
      .map((other, place) => `${other}:${ports[place]?.serfLan}`)
      .filter((_, place) => place !== at);
    const tags = memberTags({ ...config, ports: own }, config.nodeId, CONSUL_PROTOCOL.current);
    const gossipLan = { ...config.gossipLan, ip, port: own.serfLan, tags };
    return { ...config, advertiseIp: ip, ports: own, retryJoin, gossipLan };
  });
}

function carryOut(
  effect: Effect,
  rpc: RpcSockets,
  gossip: GossipSockets,
  answers: Map<number, number>,
): void {
  switch (effect.type) {
    case "message":
      return rpc.send(effect.to, effect.address, effect.message);
    case "packet":
      return gossip.sendPacket(effect.to, effect.bytes);
    case "stream-open":
      return gossip.openStream(effect.stream, effect.to, effect.bytes, effect.timeoutMs);
    case "stream-answer":
      return gossip.answerStream(effect.stream, effect.bytes);
    case "reply":
      answers.set(effect.id, effect.response.status);
      return;
    default:
      // Notices are not judged here, and nothing else can come: no disk, no names, no end.
      return;
  }
}
