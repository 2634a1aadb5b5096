// The seeded world: nodes, their network, one queue of events in true time, and everything that is left to chance behind
// one door. `runUntil` takes events one by one; what an agent causes becomes events again. Equal options and equal
// choices give equal worlds, step by step: the digest says so.

import { needsFlush } from "../core/agent/agent.ts";
import type { AgentConfig } from "../core/agent/config.ts";
import type { Effect, Input } from "../core/agent/ports.ts";
import type { Agent } from "../core/agent/state.ts";
import { must, unreachable } from "../core/lib/assert.ts";
import { type Chance, DOOR, seededChance } from "../core/lib/chance.ts";
import { copyDigest, createDigest, type Digest, mixNumber, printDigest } from "../core/lib/digest.ts";
import type { Address } from "../core/model/address.ts";
import type { AgentBuild } from "./builds.ts";
import { type ClockSetting, localMs, TRUE_TIME, trueUsAt } from "./clock.ts";
import {
  answerStream,
  closeConnections,
  type GossipEndpoint,
  type GossipStream,
  gossipEndpoints,
  openStream,
  resolveName,
  sendMessage,
  sendPacket,
} from "./delivery.ts";
import { crashDisk, finishDisk } from "./disk.ts";
import { type Effects, tookEffect } from "./effects.ts";
import { askDisk, makeCheck, runCommand, tellSoon } from "./errands.ts";
import {
  createEventQueue,
  type EventQueue,
  nextEventTime,
  pushEvent,
  type QueueShape,
  takeEvent,
} from "./event-queue.ts";
import { mixEffect, mixInput } from "./fingerprint.ts";
import { createHooks, type Hooks, hooksOf } from "./hooks.ts";
import { withKeptRings } from "./keyrings.ts";
import { createNetwork, type Network } from "./network.ts";
import { createNode, type SimNode } from "./node.ts";
import { endProbe, isUnwanted } from "./probes.ts";
import { unsealed } from "./seals.ts";
import { CALM, type LinkWeather } from "./weather.ts";

/** A question put to the world's chance, and the answer: all that a run depends on besides its options. */
export interface Choice {
  readonly site: string;
  readonly n: number;
  readonly chosen: number;
}

/** Those who look on: checkers, recorders, clients. They see every step and may not change what they see. */
export interface Observer {
  /** Before an agent takes a step. `input` is undefined for the flush that ends a turn. */
  beforeStep?(node: SimNode, input: Input | undefined): void;
  /** After it, with what it caused. `input` is undefined for the flush that ends a turn. */
  afterStep?(node: SimNode, input: Input | undefined, nowMs: number, effects: readonly Effect[]): void;
  /**
   * It has nothing to see where nothing happens: a third of all steps end a turn in which nothing was left to be done.
   * It is not told of those, nor before the end of any turn; what one of them did do shows in the node's next step.
   */
  readonly skipsIdleTurns?: true;
  onStart?(node: SimNode): void;
  onCrash?(node: SimNode): void;
  /** Something of interest to people: a fault, a client's doing. */
  onNote?(node: SimNode | undefined, text: string): void;
  onReply?(id: number, effect: Extract<Effect, { type: "reply" }>): void;
  onDnsReply?(id: number, effect: Extract<Effect, { type: "dns-reply" }>): void;
  /** The run is over: what is only looked at now and then is looked at once more. */
  onEnd?(): void;
}

export interface WorldOptions {
  readonly seed: string;
  readonly configs: readonly AgentConfig[];
  readonly clocks?: readonly ClockSetting[];
  readonly weather?: LinkWeather;
  /** The builds that nodes are up- and downgraded between; the code of this simulator unless it is said. */
  readonly builds?: readonly [older: AgentBuild, newer: AgentBuild];
  /** How the queue of events is kept. The digest must not tell the difference. */
  readonly queueShape?: QueueShape;
  /** A turn of a node's event loop lasts so long at most: batching is tested as it happens. */
  readonly turnUs?: number;
  /** Latency of one operation of a disk. */
  readonly diskUs?: readonly [least: number, most: number];
  /** Sends RPC as bytes through the codec rather than by reference. The digest must not tell the difference. */
  readonly throughBytes?: boolean;
  /**
   * About every so many events an agent goes on from a copy of its own dump. The digest must not tell the difference:
   * what it did not notice to be gone was not part of its state.
   */
  readonly reloadEvery?: number;
  /** Where choices come from; a seeded source unless it is given (a replay, a shrinker, an enumerator). */
  readonly chances?: (purpose: string) => Chance;
}

type SimEvent =
  | { readonly kind: "input"; readonly node: number; readonly life: number; readonly input: Input }
  | { readonly kind: "wake"; readonly node: number; readonly number: number }
  | { readonly kind: "flush"; readonly node: number; readonly life: number }
  | { readonly kind: "disk"; readonly node: number; readonly life: number; readonly op: number }
  | { readonly kind: "call"; readonly call: () => void };

export interface World {
  readonly options: WorldOptions;
  readonly nodes: readonly SimNode[];
  readonly network: Network;
  readonly queue: EventQueue<SimEvent>;
  readonly chance: Chance;
  readonly observers: Observer[];
  readonly hooks: Hooks;
  readonly digest: Digest;
  /** True time, in microseconds from the beginning. */
  nowUs: number;
  /** Events taken. */
  events: number;
  /** What trouble really did so far. */
  readonly effects: Effects;
  readonly streams: Map<number, GossipStream>;
  /** Pairs of nodes whose connection is about to be noticed broken. */
  readonly breaking: Set<number>;
  readonly byId: ReadonlyMap<string, SimNode>;
  readonly byGossipAddress: ReadonlyMap<Address, GossipEndpoint>;
  nextStream: number;
  /** What checks look at is now well and now not, where it is called so; else it is well. */
  targetsFlap: boolean;
  readonly diskUs: readonly [number, number];
  readonly turnUs: number;
}

const DEFAULT_TURN_US = 100;
const DEFAULT_DISK_US: readonly [number, number] = [50, 300];
export function createWorld(options: WorldOptions): World {
  const chances = options.chances ?? ((purpose: string) => seededChance(`${options.seed}/${purpose}`));
  const nodes = options.configs.map((config, index) =>
    createNode(index, config, options.clocks?.[index] ?? TRUE_TIME),
  );
  const effects: Effects = new Map();
  const newer = options.builds?.[1];
  if (newer !== undefined) for (const node of nodes) node.build = newer;
  return {
    options: { ...options, chances },
    nodes,
    network: createNetwork(options.configs.length, options.weather ?? CALM, effects),
    queue: createEventQueue(options.queueShape),
    chance: chances("world"),
    observers: [],
    hooks: createHooks(),
    digest: createDigest(),
    nowUs: 0,
    events: 0,
    effects,
    streams: new Map(),
    breaking: new Set(),
    byId: new Map(nodes.map((node) => [node.config.nodeId, node])),
    byGossipAddress: gossipEndpoints(nodes),
    nextStream: 1,
    targetsFlap: true,
    diskUs: options.diskUs ?? DEFAULT_DISK_US,
    turnUs: options.turnUs ?? DEFAULT_TURN_US,
  };
}

/** The whole run in sixteen digits. */
export function worldDigest(world: World): string {
  const digest = copyDigest(world.digest);
  for (const node of world.nodes) {
    mixNumber(digest, node.digest.a);
    mixNumber(digest, node.digest.b);
  }
  return printDigest(digest);
}

/** Takes events until the given time; the clock then stands there. @throws Violation, InvariantError: the run failed. */
export function runUntil(world: World, untilUs: number): void {
  while (nextEventTime(world.queue) <= untilUs) runOne(world);
  world.nowUs = untilUs;
}

/** Takes the next event, if there is one at all. */
export function runOne(world: World): boolean {
  const timeUs = nextEventTime(world.queue);
  if (timeUs === Number.POSITIVE_INFINITY) return false;
  const event = takeEvent(world.queue);
  world.nowUs = timeUs;
  world.events++;
  dispatch(world, event);
  return true;
}

/** Calls back at a time: for those who act on the world from outside (clients, the nemesis). */
export function callAt(world: World, timeUs: number, call: () => void): void {
  pushEvent(world.queue, timeUs, { kind: "call", call });
}

export function note(world: World, node: SimNode | undefined, text: string): void {
  for (const observer of world.observers) observer.onNote?.(node, text);
}

function dispatch(world: World, event: SimEvent): void {
  if (event.kind === "call") return event.call();
  const node = must(world.nodes[event.node], "events are for nodes of this world");
  switch (event.kind) {
    case "input":
      if (node.life === event.life && !isUnwanted(node, event.input)) deliver(world, node, event.input);
      return;
    case "wake":
      if (event.number === node.wakeNumber) onWake(world, node);
      return;
    case "flush":
      if (node.life === event.life) onFlush(world, node);
      return;
    case "disk":
      if (node.life === event.life) {
        const result = finishDisk(node.disk, event.op, world.effects);
        deliver(world, node, { type: "disk-done", op: event.op, result });
      }
      return;
    default:
      return unreachable(event);
  }
}

/** Gives a node an input now, or when it goes on. */
export function deliver(world: World, node: SimNode, input: Input): void {
  if (node.agent === undefined) return;
  if (node.paused) {
    node.backlog.push(input);
    tookEffect(world.effects, node.clock.stopped ? "suspend" : "pause");
  } else step(world, node, input);
}

function step(world: World, node: SimNode, arriving: Input): void {
  const { agent } = node;
  if (agent === undefined) return;
  const input = unsealed(node, arriving);
  const nowMs = localMs(node.clock, world.nowUs);
  const effects: Effect[] = [];
  for (const hook of hooksOf(world.hooks, world.observers).beforeStep) hook(node, input);
  mixNumber(node.digest, nowMs);
  mixInput(node.digest, input);
  node.build.stepAgent(agent, input, nowMs, effects);
  afterwards(world, node, input, nowMs, effects);
  if (node.agent !== agent || node.flushPending) return;
  if (!needsFlush(agent)) return onTurnOver(world, node, agent);
  node.flushPending = true;
  const turnUs = world.chance.choose("turn", world.turnUs + 1);
  pushEvent(world.queue, world.nowUs + turnUs, { kind: "flush", node: node.index, life: node.life });
}

function onFlush(world: World, node: SimNode): void {
  node.flushPending = false;
  const { agent } = node;
  if (agent === undefined) return;
  if (node.paused) {
    // The turn ends when the process goes on: `resume` gives it something to do.
    return;
  }
  const nowMs = localMs(node.clock, world.nowUs);
  const effects: Effect[] = [];
  for (const hook of hooksOf(world.hooks, world.observers).beforeFlush) hook(node, undefined);
  mixNumber(node.digest, nowMs);
  node.build.flushAgent(agent, nowMs, effects);
  afterwards(world, node, undefined, nowMs, effects);
  if (node.agent === agent) onTurnOver(world, node, agent);
}

function onTurnOver(world: World, node: SimNode, agent: Agent): void {
  scheduleWake(world, node);
  const { reloadEvery } = world.options;
  if (reloadEvery !== undefined && world.events % reloadEvery === 0) reload(node, agent);
}

function reload(node: SimNode, agent: Agent): void {
  const { dumpAgent, loadAgent } = node.build;
  node.agent = loadAgent(dumpAgent(agent), must(node.chance, "an agent has a door to chance"));
}

function afterwards(
  world: World,
  node: SimNode,
  input: Input | undefined,
  nowMs: number,
  effects: readonly Effect[],
): void {
  const hooks = hooksOf(world.hooks, world.observers);
  if (input === undefined && effects.length === 0) {
    for (const hook of hooks.afterIdleTurn) hook(node, input, nowMs, effects);
    return;
  }
  for (const effect of effects) mixEffect(node.digest, effect);
  for (const hook of hooks.afterStep) hook(node, input, nowMs, effects);
  for (const effect of effects) carryOut(world, node, effect);
}

/** Sees to it that the node is woken when it wants to be next, unless it is to be sooner. */
export function scheduleWake(world: World, node: SimNode): void {
  if (node.agent === undefined) return;
  const nowMs = localMs(node.clock, world.nowUs);
  node.dueMs = node.build.agentDeadline(node.agent, nowMs);
  wakeWhenDue(world, node, nowMs);
}

function wakeWhenDue(world: World, node: SimNode, nowMs: number): void {
  const { dueMs } = node;
  if (dueMs === Number.POSITIVE_INFINITY) return;
  const dueUs = dueMs <= nowMs ? world.nowUs : trueUsAt(node.clock, dueMs);
  // Never, while the clock stands still.
  if (dueUs === Number.POSITIVE_INFINITY) return tookEffect(world.effects, "clock-stop");
  if (dueUs >= node.wakeAtUs) return;
  node.wakeAtUs = dueUs;
  pushEvent(world.queue, dueUs, { kind: "wake", node: node.index, number: ++node.wakeNumber });
}

function onWake(world: World, node: SimNode): void {
  node.wakeAtUs = Number.POSITIVE_INFINITY;
  if (node.agent === undefined || node.paused) return;
  const nowMs = localMs(node.clock, world.nowUs);
  // Within a turn the agent may want something else by now than at the end of its last one.
  if (node.flushPending) node.dueMs = node.build.agentDeadline(node.agent, nowMs);
  if (node.dueMs <= nowMs) step(world, node, { type: "wake" });
  else wakeWhenDue(world, node, nowMs);
}

// What an agent asks of the world.

function carryOut(world: World, node: SimNode, effect: Effect): void {
  switch (effect.type) {
    case "packet":
      return sendPacket(world, node, effect);
    case "message":
      return sendMessage(world, node, effect.to, effect.message);
    case "stream-open":
      return openStream(world, node, effect);
    case "stream-answer":
      return answerStream(world, node, effect);
    case "disk":
      return askDisk(world, node, effect);
    case "reply":
      for (const hook of hooksOf(world.hooks, world.observers).onReply) hook(effect.id, effect);
      return;
    case "dns-reply":
      for (const observer of world.observers) observer.onDnsReply?.(effect.id, effect);
      return;
    case "dns-forward":
      // Nobody is out there.
      return tellSoon(world, node, { type: "dns-forwarded", op: effect.op });
    case "resolve":
      return resolveName(world, node, effect.op, effect.name);
    case "exit":
      return crash(world, node);
    case "command-start":
      return runCommand(world, node, effect);
    case "probe":
      return makeCheck(world, node, effect);
    case "probe-stop":
      return endProbe(world, node, effect.run);
    case "reload":
      // Its configuration is what it was.
      if (effect.id !== undefined) tellSoon(world, node, { type: "reloaded", id: effect.id });
      return;
    case "inspect":
      if (effect.what === "host")
        tellSoon(world, node, { type: "inspected", id: effect.id, found: { what: "host", host: {} } });
      return;
    case "monitor":
    case "metrics-stream":
    case "metrics-piece":
    case "notice":
    case "command-flow":
    case "command-close":
      return;
    default:
      return unreachable(effect);
  }
}

// What happens to nodes.

/** Starts a node's process, on the disk that its last life left. */
export function start(world: World, node: SimNode): void {
  if (node.agent !== undefined) return;
  node.life++;
  node.paused = false;
  node.flushPending = false;
  node.wakeAtUs = Number.POSITIVE_INFINITY;
  node.wakeNumber++;
  node.unwanted.clear();
  const chances = must(world.options.chances, "a world has a source of choices");
  node.chance = chances(`${node.name}/${node.life}`);
  const config = withKeptRings({ ...node.config, version: node.build.version }, node.disk);
  node.agent = node.build.createAgent(config, node.chance, localMs(node.clock, world.nowUs));
  for (const observer of world.observers) observer.onStart?.(node);
  step(world, node, { type: "start" });
}

/** Ends a node's process, as SIGKILL or the power cut does: what was not on the disk is gone. */
export function crash(world: World, node: SimNode): void {
  if (node.agent === undefined) return;
  for (const observer of world.observers) observer.onCrash?.(node);
  node.agent = undefined;
  node.life++;
  node.paused = false;
  node.backlog.length = 0;
  node.wakeNumber++;
  const left = crashDisk(node.disk, world.chance);
  if (left.torn > 0) tookEffect(world.effects, "torn-write");
  if (left.lost > 0) tookEffect(world.effects, "lost-unsynced");
  closeConnections(world, node);
}

/** SIGSTOP: nothing happens in the process until it goes on. Its connections stay open. */
export function pause(world: World, node: SimNode): void {
  if (node.agent === undefined || node.paused) return;
  node.paused = true;
  note(world, node, "stopped");
}

/** SIGCONT: what arrived meanwhile is there at once. */
export function resume(world: World, node: SimNode): void {
  if (!node.paused) return;
  node.paused = false;
  note(world, node, "goes on");
  for (const input of node.backlog.splice(0)) if (!node.paused) deliver(world, node, input);
  // Timers that rang meanwhile ring now.
  step(world, node, { type: "wake" });
}

/** A source of choices that keeps a list of all it answered. */
export function listening(chance: Chance, heard: Choice[]): Chance {
  return {
    [DOOR]: true,
    choose(site, n) {
      const chosen = chance.choose(site, n);
      heard.push({ site, n, chosen });
      return chosen;
    },
  };
}
