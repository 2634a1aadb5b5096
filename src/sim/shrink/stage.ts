// Where a schedule is performed: whole agents on simulated disks, and a post that keeps Raft's messages until somebody
// says which arrives. Everything else that an agent causes (gossip, requests to other agents, disks that nobody holds up)
// happens at once, in the order in which it was caused. Knows no schedule.

import { createAgent, flushAgent, stepAgent } from "../../core/agent/agent.ts";
import type { Effect, Input } from "../../core/agent/ports.ts";
import { must } from "../../core/lib/assert.ts";
import { type Chance, DOOR, seededChance } from "../../core/lib/chance.ts";
import type { RaftMessage } from "../../core/raft/messages.ts";
import type { RpcMessage } from "../../core/wire/rpc.ts";
import type { Listen } from "../choices.ts";
import { clusterConfigs } from "../cluster.ts";
import type { GossipEndpoint } from "../delivery.ts";
import { beginDisk, crashDisk, finishDisk } from "../disk.ts";
import { isUp, type SimNode } from "../node.ts";
import { Violation } from "../violation.ts";
import { createWorld, type World } from "../world.ts";
import { createMailbox, type Mailbox, post } from "./mailbox.ts";
import type { Schedule } from "./schedule.ts";

export interface Stage {
  /** Its queue of events is not used. */
  readonly world: World;
  /** From, then to, by index: `from * servers + to`. */
  readonly mail: readonly Mailbox[];
  /** What happens by itself, oldest first. */
  readonly soon: (() => void)[];
  /** Whose disk does nothing unless it is told to. */
  readonly held: Set<SimNode>;
  /** Gossip's TCP streams: who opened them. */
  readonly streams: Map<number, GossipEndpoint & { readonly stream: number }>;
  nextStream: number;
  /** Requests and answers are kept in mailboxes too. */
  keepsRequests: boolean;
  /** Steps that agents took. */
  cost: number;
}

/** What happens by itself between two steps is over soon; agents that keep one another busy for ever are no use here. */
const MOST_BY_ITSELF = 20_000;
/** True time at which everything begins. */
const START_US = 1000;

export function createStage({ servers, raft, storage, planted }: Schedule, listen: Listen): Stage {
  const world = createWorld({
    seed: "schedule",
    configs: clusterConfigs({ servers, raft, storage, planted }),
    chances: (purpose) => listen(purpose, promptRaft(seededChance(`schedule/${purpose}`))),
  });
  world.nowUs = START_US;
  return {
    world,
    mail: Array.from({ length: servers.length ** 2 }, createMailbox),
    soon: [],
    held: new Set(),
    streams: new Map(),
    nextStream: 1,
    keepsRequests: false,
    cost: 0,
  };
}

/** Raft's timers are as short as they may be: a schedule says when they ring. */
function promptRaft(chance: Chance): Chance {
  return { [DOOR]: true, choose: (site, n) => (site.startsWith("raft.") ? 0 : chance.choose(site, n)) };
}

/** Starts a server's process on the disk that its last life left. */
export function startProcess(stage: Stage, node: SimNode): void {
  const { world } = stage;
  node.life++;
  node.chance = must(world.options.chances, "a world has a source of choices")(`${node.name}/${node.life}`);
  node.agent = createAgent(node.config, node.chance, world.nowUs / 1000);
  for (const observer of world.observers) observer.onStart?.(node);
  give(stage, node, { type: "start" });
}

/** Ends it. @param keeps Answers to what the disk keeps of the operations under way; nothing after the last. */
export function endProcess(stage: Stage, node: SimNode, keeps: readonly number[]): void {
  if (!isUp(node)) return;
  for (const observer of stage.world.observers) observer.onCrash?.(node);
  node.agent = undefined;
  node.life++;
  stage.held.delete(node);
  crashDisk(node.disk, listed(keeps));
}

function listed(answers: readonly number[]): Chance {
  let at = 0;
  return { [DOOR]: true, choose: (_site, n) => Math.min(answers[at++] ?? 0, n - 1) };
}

/** Everything that happens by itself. */
export function settle({ soon }: Stage): void {
  for (let count = 0; soon.length > 0; count++) {
    if (count > MOST_BY_ITSELF) throw new Violation("schedule-busy", "the agents keep one another busy");
    soon.shift()?.();
  }
}

/** An agent takes an input and ends its turn, unless that is left to its next input. */
export function give(stage: Stage, node: SimNode, input: Input, open = false): void {
  const { agent } = node;
  const { world } = stage;
  if (agent === undefined) return;
  const nowMs = world.nowUs / 1000;
  for (const turn of open ? [input] : [input, undefined]) {
    if (node.agent !== agent) return;
    const effects: Effect[] = [];
    stage.cost++;
    for (const observer of world.observers) observer.beforeStep?.(node, turn);
    if (turn === undefined) flushAgent(agent, nowMs, effects);
    else stepAgent(agent, turn, nowMs, effects);
    for (const observer of world.observers) observer.afterStep?.(node, turn, nowMs, effects);
    for (const effect of effects) carryOut(stage, node, effect);
  }
}

/** The same, once what was caused before it has happened, if the node lives on till then. */
function giveSoon(stage: Stage, node: SimNode, input: Input): void {
  const { life } = node;
  stage.soon.push(() => {
    if (node.life === life) give(stage, node, input);
  });
}

/** The disk does what it was asked, soon. */
export function diskSoon(stage: Stage, node: SimNode, op: number): void {
  const { life } = node;
  stage.soon.push(() => {
    if (node.life === life) give(stage, node, { type: "disk-done", op, result: finishDisk(node.disk, op) });
  });
}

function carryOut(stage: Stage, node: SimNode, effect: Effect): void {
  const { world } = stage;
  switch (effect.type) {
    case "packet": {
      const to = world.byGossipAddress.get(effect.to);
      const { pool, bytes } = effect;
      if (to === undefined) return;
      const from = node.gossipAt[pool];
      giveSoon(stage, to.node, { type: "packet", pool: to.pool, from, bytes });
      return;
    }
    case "message":
      return send(stage, node, must(world.byId.get(effect.to), "peers are of this world"), effect.message);
    case "stream-open":
      return openStream(stage, node, effect);
    case "stream-answer": {
      const opened = stage.streams.get(effect.stream);
      if (opened === undefined) return;
      stage.streams.delete(effect.stream);
      const { node: opener, pool, stream } = opened;
      return giveSoon(stage, opener, { type: "stream-answer", pool, stream, bytes: effect.bytes });
    }
    case "disk":
      beginDisk(node.disk, effect.op, effect.request);
      if (!stage.held.has(node)) diskSoon(stage, node, effect.op);
      return;
    case "reply":
      for (const observer of world.observers) observer.onReply?.(effect.id, effect);
      return;
    case "resolve": {
      const found = world.nodes.find((each) => each.name === effect.name);
      const ips = found === undefined ? [] : [found.config.advertiseIp];
      return giveSoon(stage, node, { type: "resolved", op: effect.op, ips });
    }
    case "exit":
      return endProcess(stage, node, []);
    default:
      return;
  }
}

function send(stage: Stage, from: SimNode, to: SimNode, message: RpcMessage): void {
  if (isOfRaft(message) || (stage.keepsRequests && isUp(to))) post(mailboxOf(stage, from, to), message);
  else if (isUp(to)) giveSoon(stage, to, { type: "message", from: from.config.nodeId, message });
  else giveSoon(stage, from, { type: "peer-lost", peer: to.config.nodeId, refused: true });
}

export function isOfRaft(message: RpcMessage): message is RaftMessage {
  return message.type !== "request" && message.type !== "response" && message.type !== "cancel";
}

/** What one server has sent another. */
export function mailboxOf({ mail, world }: Stage, from: SimNode, to: SimNode): Mailbox {
  return must(mail[from.index * world.nodes.length + to.index], "servers are of this world");
}

function openStream(stage: Stage, from: SimNode, effect: Extract<Effect, { type: "stream-open" }>): void {
  const { pool, stream, bytes } = effect;
  const to = stage.world.byGossipAddress.get(effect.to);
  if (to === undefined || !isUp(to.node)) {
    const error = `dial tcp ${effect.to}: connect: connection refused`;
    return giveSoon(stage, from, { type: "stream-failed", pool, stream, error });
  }
  const id = stage.nextStream++;
  stage.streams.set(id, { node: from, pool, stream });
  giveSoon(stage, to.node, {
    type: "stream",
    pool: to.pool,
    stream: id,
    from: from.gossipAt[pool],
    bytes,
  });
}
