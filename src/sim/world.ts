// The seeded world: nodes, their network, one queue of events in true time, and everything that is left to chance behind
// one door. `runUntil` takes events one by one; what an agent causes becomes events again. Equal options and equal
// choices give equal worlds, step by step: the digest says so.

import { agentDeadline, createAgent, flushAgent, stepAgent } from "../core/agent/agent.ts";
import { dumpAgent, loadAgent } from "../core/agent/checkpoint.ts";
import type { AgentConfig } from "../core/agent/config.ts";
import type { Effect, Input } from "../core/agent/ports.ts";
import type { Agent } from "../core/agent/state.ts";
import { must, unreachable } from "../core/lib/assert.ts";
import { type Chance, DOOR, seededChance } from "../core/lib/chance.ts";
import { createDigest, type Digest, mixNumber, printDigest } from "../core/lib/digest.ts";
import { type Address, joinHostPort } from "../core/model/address.ts";
import { decodeRpc, encodeRpc, type RpcMessage } from "../core/wire/rpc.ts";
import { localMs, type SimClock, trueUsAt } from "./clock.ts";
import { beginDisk, crashDisk, finishDisk } from "./disk.ts";
import { createEventQueue, type EventQueue, nextEventTime, pushEvent, takeEvent } from "./event-queue.ts";
import { mixEffect, mixInput } from "./fingerprint.ts";
import {
  CALM,
  createNetwork,
  datagramArrivals,
  isCut,
  type LinkWeather,
  type Network,
  orderedArrival,
} from "./network.ts";
import { createNode, type SimNode } from "./node.ts";
import { Violation } from "./violation.ts";

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
  onStart?(node: SimNode): void;
  onCrash?(node: SimNode): void;
  /** Something of interest to people: a fault, a client's doing. */
  onNote?(node: SimNode | undefined, text: string): void;
  onReply?(id: number, effect: Extract<Effect, { type: "reply" }>): void;
}

export interface WorldOptions {
  readonly seed: string;
  readonly configs: readonly AgentConfig[];
  readonly clocks?: readonly SimClock[];
  readonly weather?: LinkWeather;
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

/** A TCP stream of gossip between its opener and the one it called. */
interface GossipStream {
  readonly opener: number;
  readonly openerLife: number;
  readonly stream: number;
  readonly to: number;
}

export interface World {
  readonly options: WorldOptions;
  readonly nodes: readonly SimNode[];
  readonly network: Network;
  readonly queue: EventQueue<SimEvent>;
  readonly chance: Chance;
  readonly observers: Observer[];
  readonly digest: Digest;
  /** True time, in microseconds from the beginning. */
  nowUs: number;
  /** Events taken. */
  events: number;
  readonly streams: Map<number, GossipStream>;
  /** Pairs of nodes whose connection is about to be noticed broken. */
  readonly breaking: Set<number>;
  readonly byId: ReadonlyMap<string, SimNode>;
  readonly byGossipAddress: ReadonlyMap<Address, SimNode>;
  nextStream: number;
  readonly diskUs: readonly [number, number];
  readonly turnUs: number;
}

const DEFAULT_TURN_US = 100;
const DEFAULT_DISK_US: readonly [number, number] = [50, 300];
/** A connection that goes nowhere is noticed between these, after the first message that was swallowed. */
const NOTICE_BROKEN_US: readonly [number, number] = [200_000, 3_000_000];

export function createWorld(options: WorldOptions): World {
  const chances = options.chances ?? ((purpose: string) => seededChance(`${options.seed}/${purpose}`));
  const level: SimClock = { offsetMs: 0, driftPpm: 0 };
  const nodes = options.configs.map((config, index) =>
    createNode(index, config, options.clocks?.[index] ?? level),
  );
  return {
    options: { ...options, chances },
    nodes,
    network: createNetwork(options.configs.length, options.weather ?? CALM),
    queue: createEventQueue(),
    chance: chances("world"),
    observers: [],
    digest: createDigest(),
    nowUs: 0,
    events: 0,
    streams: new Map(),
    breaking: new Set(),
    byId: new Map(nodes.map((node) => [node.config.nodeId, node])),
    byGossipAddress: new Map(nodes.map((node) => [gossipAddress(node), node])),
    nextStream: 1,
    diskUs: options.diskUs ?? DEFAULT_DISK_US,
    turnUs: options.turnUs ?? DEFAULT_TURN_US,
  };
}

/** The whole run in sixteen digits. */
export function worldDigest(world: World): string {
  const digest = { ...world.digest };
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
      if (node.life === event.life) deliver(world, node, event.input);
      return;
    case "wake":
      if (event.number === node.wakeNumber) onWake(world, node);
      return;
    case "flush":
      if (node.life === event.life) onFlush(world, node);
      return;
    case "disk":
      if (node.life === event.life)
        deliver(world, node, { type: "disk-done", op: event.op, result: finishDisk(node.disk, event.op) });
      return;
    default:
      return unreachable(event);
  }
}

/** Gives a node an input now, or when it goes on. */
export function deliver(world: World, node: SimNode, input: Input): void {
  if (node.agent === undefined) return;
  if (node.paused) node.backlog.push(input);
  else step(world, node, input);
}

function step(world: World, node: SimNode, input: Input): void {
  const { agent } = node;
  if (agent === undefined) return;
  const nowMs = localMs(node.clock, world.nowUs);
  const effects: Effect[] = [];
  for (const observer of world.observers) observer.beforeStep?.(node, input);
  mixNumber(node.digest, nowMs);
  mixInput(node.digest, input);
  stepAgent(agent, input, nowMs, effects);
  afterwards(world, node, input, nowMs, effects);
  if (node.agent !== agent || node.flushPending) return;
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
  for (const observer of world.observers) observer.beforeStep?.(node, undefined);
  mixNumber(node.digest, nowMs);
  flushAgent(agent, nowMs, effects);
  afterwards(world, node, undefined, nowMs, effects);
  if (node.agent !== agent) return;
  scheduleWake(world, node);
  const { reloadEvery } = world.options;
  if (reloadEvery !== undefined && world.events % reloadEvery === 0) reload(node, agent);
}

function reload(node: SimNode, agent: Agent): void {
  node.agent = loadAgent(dumpAgent(agent), must(node.chance, "an agent has a door to chance"));
}

function afterwards(
  world: World,
  node: SimNode,
  input: Input | undefined,
  nowMs: number,
  effects: readonly Effect[],
): void {
  for (const effect of effects) mixEffect(node.digest, effect);
  for (const observer of world.observers) observer.afterStep?.(node, input, nowMs, effects);
  for (const effect of effects) carryOut(world, node, effect);
}

function scheduleWake(world: World, node: SimNode): void {
  if (node.agent === undefined) return;
  const nowMs = localMs(node.clock, world.nowUs);
  const dueMs = agentDeadline(node.agent, nowMs);
  if (dueMs === Number.POSITIVE_INFINITY) return;
  const dueUs = dueMs <= nowMs ? world.nowUs : trueUsAt(node.clock, dueMs);
  if (dueUs >= node.wakeAtUs) return;
  node.wakeAtUs = dueUs;
  pushEvent(world.queue, dueUs, { kind: "wake", node: node.index, number: ++node.wakeNumber });
}

function onWake(world: World, node: SimNode): void {
  node.wakeAtUs = Number.POSITIVE_INFINITY;
  if (node.agent === undefined || node.paused) return;
  const nowMs = localMs(node.clock, world.nowUs);
  if (agentDeadline(node.agent, nowMs) <= nowMs) step(world, node, { type: "wake" });
  else scheduleWake(world, node);
}

// What an agent asks of the world.

function carryOut(world: World, node: SimNode, effect: Effect): void {
  switch (effect.type) {
    case "packet":
      return sendPacket(world, node, effect.to, effect.bytes, effect.pool);
    case "message":
      return sendMessage(world, node, effect.to, effect.message);
    case "stream-open":
      return openStream(world, node, effect);
    case "stream-answer":
      return answerStream(world, node, effect.stream, effect.bytes, effect.pool);
    case "disk": {
      beginDisk(node.disk, effect.op, effect.request);
      const [least, most] = world.diskUs;
      const latencyUs = least + world.chance.choose("disk.latency", most - least + 1) + node.diskStallUs;
      pushEvent(world.queue, world.nowUs + latencyUs, {
        kind: "disk",
        node: node.index,
        life: node.life,
        op: effect.op,
      });
      return;
    }
    case "reply":
      for (const observer of world.observers) observer.onReply?.(effect.id, effect);
      return;
    case "resolve":
      return resolve(world, node, effect.op, effect.name);
    case "exit":
      return crash(world, node);
    case "notice":
    case "reload":
      return;
    default:
      return unreachable(effect);
  }
}

function gossipAddress({ config }: SimNode): Address {
  return joinHostPort(config.advertiseIp, config.ports.serfLan);
}

function send(world: World, to: SimNode, atUs: number, input: Input): void {
  pushEvent(world.queue, atUs, { kind: "input", node: to.index, life: to.life, input });
}

function sendPacket(
  world: World,
  from: SimNode,
  address: Address,
  bytes: Uint8Array,
  pool: "lan" | "wan",
): void {
  const to = world.byGossipAddress.get(address);
  if (to === undefined) return;
  const source = gossipAddress(from);
  for (const atUs of datagramArrivals(world.network, world.chance, from.index, to.index, world.nowUs))
    send(world, to, atUs, { type: "packet", pool, from: source, bytes });
}

function sendMessage(world: World, from: SimNode, peer: string, sent: RpcMessage): void {
  const to = world.byId.get(peer);
  if (to === undefined) return;
  const atUs = orderedArrival(world.network, world.chance, from.index, to.index, world.nowUs);
  if (atUs === undefined) return breakLater(world, from, to);
  if (to.agent === undefined) return refuse(world, from, to, atUs);
  const message = world.options.throughBytes === true ? throughCodec(sent) : sent;
  // Raft's messages must bear being late and coming twice: a broken connection's last ones may arrive after the next one's.
  const loose = message.type !== "request" && message.type !== "response" && message.type !== "cancel";
  const arrivals = loose
    ? datagramArrivals(world.network, world.chance, from.index, to.index, world.nowUs)
    : [atUs];
  for (const each of arrivals) send(world, to, each, { type: "message", from: from.config.nodeId, message });
}

function throughCodec(message: RpcMessage): RpcMessage {
  const decoded = decodeRpc(encodeRpc(message));
  if (!decoded.ok) throw new Violation("codec", `a message of our own does not decode: ${decoded.error}`);
  return decoded.value;
}

/** Nobody listens where the peer should be: only its death explains that. */
function refuse(world: World, from: SimNode, to: SimNode, atUs: number): void {
  if (isCut(world.network, to.index, from.index)) return;
  send(world, from, atUs, { type: "peer-lost", peer: to.config.nodeId, refused: true });
}

/** What was sent into a cut is gone; sooner or later both ends notice that their connection is broken. */
function breakLater(world: World, a: SimNode, b: SimNode): void {
  const pair = Math.min(a.index, b.index) * world.nodes.length + Math.max(a.index, b.index);
  if (world.breaking.has(pair)) return;
  world.breaking.add(pair);
  const [least, most] = NOTICE_BROKEN_US;
  callAt(world, world.nowUs + least + world.chance.choose("net.notice-broken", most - least + 1), () => {
    world.breaking.delete(pair);
    resetConnection(world, a, b);
  });
}

/** Breaks the connection between two nodes: what was on its way is lost. */
export function resetConnection(world: World, a: SimNode, b: SimNode): void {
  for (const [node, peer] of [
    [a, b],
    [b, a],
  ] as const)
    send(world, node, world.nowUs, { type: "peer-lost", peer: peer.config.nodeId, refused: false });
}

function openStream(world: World, from: SimNode, effect: Extract<Effect, { type: "stream-open" }>): void {
  const to = world.byGossipAddress.get(effect.to);
  const fail = (atUs: number, error: string): void =>
    send(world, from, atUs, { type: "stream-failed", pool: effect.pool, stream: effect.stream, error });
  const giveUpUs = world.nowUs + effect.timeoutMs * 1000;
  if (to === undefined) return fail(giveUpUs, `dial tcp ${effect.to}: i/o timeout`);
  const atUs = orderedArrival(world.network, world.chance, from.index, to.index, world.nowUs);
  if (atUs === undefined || isCut(world.network, to.index, from.index))
    return fail(giveUpUs, `dial tcp ${effect.to}: i/o timeout`);
  if (to.agent === undefined) return fail(atUs, `dial tcp ${effect.to}: connect: connection refused`);
  const id = world.nextStream++;
  world.streams.set(id, { opener: from.index, openerLife: from.life, stream: effect.stream, to: to.index });
  const source = joinHostPort(from.config.advertiseIp, 50_000);
  send(world, to, atUs, { type: "stream", pool: effect.pool, stream: id, from: source, bytes: effect.bytes });
  callAt(world, giveUpUs, () => {
    if (world.streams.delete(id) && from.life === world.nodes[from.index]?.life)
      fail(world.nowUs, "i/o timeout");
  });
}

function answerStream(
  world: World,
  from: SimNode,
  stream: number,
  bytes: Uint8Array,
  pool: "lan" | "wan",
): void {
  const open = world.streams.get(stream);
  if (open === undefined) return;
  const to = must(world.nodes[open.opener], "streams are between nodes");
  if (to.life !== open.openerLife) {
    world.streams.delete(stream);
    return;
  }
  const atUs = orderedArrival(world.network, world.chance, from.index, to.index, world.nowUs);
  // Into a cut: the opener's patience ends it.
  if (atUs === undefined) return;
  world.streams.delete(stream);
  send(world, to, atUs, { type: "stream-answer", pool, stream: open.stream, bytes });
}

function resolve(world: World, node: SimNode, op: number, name: string): void {
  const found = world.nodes.find((each) => each.name === name);
  const ips = found === undefined ? [] : [found.config.advertiseIp];
  send(world, node, world.nowUs, {
    type: "resolved",
    op,
    ips,
    ...(found === undefined ? { error: `lookup ${name}: no such host` } : {}),
  });
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
  const chances = must(world.options.chances, "a world has a source of choices");
  node.chance = chances(`${node.name}/${node.life}`);
  node.agent = createAgent(node.config, node.chance, localMs(node.clock, world.nowUs));
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
  crashDisk(node.disk, world.chance);
  for (const peer of world.nodes)
    if (peer !== node && peer.agent !== undefined && !isCut(world.network, node.index, peer.index)) {
      const atUs = orderedArrival(world.network, world.chance, node.index, peer.index, world.nowUs);
      if (atUs !== undefined)
        send(world, peer, atUs, { type: "peer-lost", peer: node.config.nodeId, refused: true });
    }
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
