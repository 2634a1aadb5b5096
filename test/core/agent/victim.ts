// An agent on a table, with a disk and a clock, whose every step is judged: its invariants hold, what it asks for can be
// carried out, and one input does not make it do a thousand things.

import { agentDeadline, createAgent, flushAgent, stepAgent } from "../../../src/core/agent/agent.ts";
import type { Effect, Input } from "../../../src/core/agent/ports.ts";
import type { Agent } from "../../../src/core/agent/state.ts";
import { checkGossip } from "../../../src/core/gossip/invariants.ts";
import type { GossipPool } from "../../../src/core/gossip/ports.ts";
import { assert, must } from "../../../src/core/lib/assert.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { splitHostPort } from "../../../src/core/model/address.ts";
import { checkRaft, checkRaftStep, viewRaft } from "../../../src/core/raft/invariants.ts";
import { bootstrapRaft, isBlank } from "../../../src/core/raft/step.ts";
import { checkService } from "../../../src/core/service/invariants.ts";
import { encodeRpc, RPC_MAX_FRAME_BYTES, type RpcMessage } from "../../../src/core/wire/rpc.ts";
import { clusterConfigs } from "../../../src/sim/cluster.ts";
import { beginDisk, createSimDisk, finishDisk, type SimDisk } from "../../../src/sim/disk.ts";
import { RING } from "./hostile-seals.ts";
import { idOf } from "./liar.ts";

/** What it is: a leader of itself, one of three servers, a client agent; a leader of itself whose gossip is encrypted. */
export const ROLES = ["alone", "one-of-three", "client", "encrypted"] as const;
export type VictimRole = (typeof ROLES)[number];

export interface Victim {
  readonly role: VictimRole;
  readonly agent: Agent;
  readonly disk: SimDisk;
  /** Operations under way, oldest first. */
  readonly diskOps: number[];
  /** Gossip streams that it opened. */
  readonly streams: { readonly pool: GossipPool; readonly stream: number }[];
  /** The last messages that it sent to other agents. */
  readonly sent: RpcMessage[];
  /** HTTP requests without an answer. */
  readonly asked: Set<number>;
  nextHttp: number;
  nextStream: number;
  nowMs: number;
  /** It has said that it wants to end. */
  exited: boolean;
}

/** The most that it may do for one input: a packet holds up to 1024 messages, and each may be answered and noted. */
const MAX_EFFECTS = 3100;
const MAX_DATAGRAM_BYTES = 65_507;
const REMEMBERED_MESSAGES = 16;

export function createVictim(role: VictimRole, seed: string): Victim {
  const servers = role === "one-of-three" ? ["s1", "s2", "s3"] : ["s1"];
  const configs =
    role === "client"
      ? clusterConfigs({ servers: [], clients: ["s1"] })
      : clusterConfigs({ servers, ...(role === "one-of-three" ? { wan: [] } : {}) });
  const first = must(configs[0], "the first of them");
  const keyring = { keys: RING, verifyIncoming: true, verifyOutgoing: true };
  const gossipLan = role === "encrypted" ? { ...first.gossipLan, keyring } : first.gossipLan;
  const config = { ...first, gossipLan, keepsKeyrings: role === "encrypted", retryJoin: [] };
  const victim = startVictim(role, createAgent(config, seededChance(seed), 0), createSimDisk(), 0);
  if (role === "one-of-three") bootstrapThree(victim);
  pass(victim, 5_000);
  return victim;
}

/** The agent's next life, on the disk that this one leaves behind. */
export function restart({ role, agent, disk, nowMs }: Victim, seed: string): Victim {
  disk.pending.clear();
  return startVictim(role, createAgent(agent.config, seededChance(seed), nowMs), disk, nowMs);
}

function startVictim(role: VictimRole, agent: Agent, disk: SimDisk, nowMs: number): Victim {
  const victim: Victim = {
    role,
    agent,
    disk,
    diskOps: [],
    streams: [],
    sent: [],
    asked: new Set(),
    nextHttp: 1,
    nextStream: 1,
    nowMs,
    exited: false,
  };
  feed(victim, { type: "start" });
  settle(victim);
  return victim;
}

/** Its two peers exist only as those who write to it. */
function bootstrapThree({ agent, nowMs }: Victim): void {
  const { server } = agent.service;
  assert(server !== undefined && isBlank(server.raft), "a server that was never part of a cluster");
  const servers = [1, 2, 3].map((place) => ({
    id: idOf(place),
    address: `10.0.0.${place}:8300`,
    voter: true,
  }));
  bootstrapRaft(server.raft, servers, nowMs);
}

export function feed(victim: Victim, input: Input): void {
  judged(victim, (out) => stepAgent(victim.agent, input, victim.nowMs, out));
}

/** Ends a turn. */
export function flush(victim: Victim): void {
  judged(victim, (out) => flushAgent(victim.agent, victim.nowMs, out));
}

function judged(victim: Victim, step: (out: Effect[]) => void): void {
  const { pools, service } = victim.agent;
  const raft = service.server?.raft;
  const before = raft === undefined ? undefined : viewRaft(raft);
  const out: Effect[] = [];
  step(out);
  if (raft !== undefined) checkRaft(raft);
  if (raft !== undefined && before !== undefined) checkRaftStep(before, raft);
  checkService(service);
  checkGossip(pools.lan);
  if (pools.wan !== undefined) checkGossip(pools.wan);
  assert(out.length <= MAX_EFFECTS, `one input has at most ${MAX_EFFECTS} effects, not ${out.length}`);
  for (const effect of out) carryOut(victim, effect);
}

function carryOut(victim: Victim, effect: Effect): void {
  switch (effect.type) {
    case "disk":
      beginDisk(victim.disk, effect.op, effect.request);
      victim.diskOps.push(effect.op);
      return;
    case "message":
      assert(encodeRpc(effect.message).length <= RPC_MAX_FRAME_BYTES, "what it sends fits into a frame");
      victim.sent.push(effect.message);
      if (victim.sent.length > REMEMBERED_MESSAGES) victim.sent.shift();
      return;
    case "packet":
      assert((splitHostPort(effect.to)?.port ?? 0) > 0, `a datagram has somewhere to go: ${effect.to}`);
      assert(effect.bytes.length <= MAX_DATAGRAM_BYTES, "a datagram can be sent");
      return;
    case "stream-open":
      victim.streams.push({ pool: effect.pool, stream: effect.stream });
      return;
    case "reply":
      assert(victim.asked.delete(effect.id), "every question is answered once");
      return;
    case "exit":
      victim.exited = true;
  }
}

/** The disk does what it was asked, and the agent what it does then. */
export function settle(victim: Victim): void {
  flush(victim);
  for (let op = victim.diskOps.shift(); op !== undefined; op = victim.diskOps.shift()) {
    feed(victim, { type: "disk-done", op, result: finishDisk(victim.disk, op) });
    flush(victim);
  }
}

/** Time passes; the agent is woken whenever it wants to be. */
export function pass(victim: Victim, ms: number): void {
  const endMs = victim.nowMs + ms;
  for (;;) {
    const dueMs = agentDeadline(victim.agent, victim.nowMs);
    if (dueMs > endMs) break;
    victim.nowMs = Math.max(victim.nowMs, dueMs);
    feed(victim, { type: "wake" });
    settle(victim);
  }
  victim.nowMs = endMs;
}

/** Every connection breaks and a day goes by: nothing that was open may still be. */
export function abandon(victim: Victim, peers: readonly string[]): void {
  for (const { pool, stream } of victim.streams.splice(0))
    feed(victim, { type: "stream-failed", pool, stream, error: "EOF" });
  for (const peer of peers) feed(victim, { type: "peer-lost", peer, refused: false });
  settle(victim);
  const openRows = [...victim.agent.service.asks.values()].filter(({ origin }) => origin.by === "peer");
  assert(openRows.length === 0, "a peer that is gone has no open questions");
}
