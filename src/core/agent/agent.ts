// The front door. An input goes to the machine that it is for, and what that machine causes goes on to the next: nothing
// else is decided here.
//
//   packet, stream ──▶ gossip ── member ──▶ service
//   http, message ───▶ service ── propose, read ──▶ raft ── store ──▶ wal ──▶ disk
//   disk-done ───────▶ wal ── stored ──▶ raft ── committed ──▶ store ── answers, wakes ──▶ service
//
// A turn is the inputs that were ready, then one `flushAgent`: what came in together leaves as one write to the disk and
// one message to each follower.

import type { GossipEffect, GossipInput } from "../gossip/ports.ts";
import { createGossip, gossipDeadline, gossipMembers, stepGossip } from "../gossip/step.ts";
import { unreachable } from "../lib/assert.ts";
import type { Chance } from "../lib/chance.ts";
import { recoverRaft } from "../raft/recovery.ts";
import { createRaft, type RaftEffect, type RaftInput } from "../raft/state.ts";
import { flushRaft, raftDeadline, stepRaft } from "../raft/step.ts";
import { askOf } from "../service/asks.ts";
import { sendAnswer } from "../service/forward.ts";
import { cancelAsk, onPeerLost } from "../service/route.ts";
import { serverAddress } from "../service/serve.ts";
import { createService, type Server, type ServiceEffect } from "../service/state.ts";
import {
  flushService,
  onDutyAnswer,
  onMember,
  onRaftEffect,
  onRecovered,
  onRpc,
  serviceDeadline,
  wakeService,
} from "../service/step.ts";
import { createStore } from "../store/store.ts";
import { createWatches } from "../store/watch.ts";
import { walConfig } from "../wal/config.ts";
import type { WalEffect } from "../wal/ports.ts";
import { createWal, flushWal, startWal, stepWal, storeWal } from "../wal/wal.ts";
import { answerHttp } from "./answer-http.ts";
import type { AgentConfig } from "./config.ts";
import { joinDeadline, onJoined, onResolved, startJoins, wakeJoins } from "./join.ts";
import { lifeDeadline, onLeft, onSignal, onStorageFailed, wakeLife } from "./life.ts";
import { onHttp } from "./on-http.ts";
import type { Effect, Input } from "./ports.ts";
import { areReadable, unreadableEntries } from "./readable-entries.ts";
import type { Agent } from "./state.ts";

/** @param chance The door for all that is left to chance, for the life of the agent. */
export function createAgent(config: AgentConfig, chance: Chance, nowMs: number): Agent {
  const server = config.server ? createServer(config, chance) : undefined;
  return {
    config,
    chance,
    gossip: createGossip({ ...config.gossipLan, planted: config.planted }, chance, nowMs),
    service: createService(config, chance, server, nowMs),
    wal:
      config.server && config.durable
        ? createWal({ ...walConfig("raft/wal"), planted: config.planted }, chance)
        : undefined,
    views: new Map(),
    joins: { nextOp: 1, attempts: new Map(), retryAtMs: Number.POSITIVE_INFINITY, retries: 0, synced: false },
    life: { stage: "starting", untilMs: Number.POSITIVE_INFINITY, leavers: [] },
  };
}

function createServer(config: AgentConfig, chance: Chance): Server {
  return {
    raft: createRaft(config.nodeId, { ...config.raft, planted: config.planted }, chance),
    store: createStore(),
    watches: createWatches(),
    touched: [],
    woken: new Set(),
    applying: new Set(),
    proposed: new Map(),
    recovered: false,
    heardLeader: false,
  };
}

/** One input, run to its end. Effects are appended to `out`, in the order in which they are to be carried out. */
export function stepAgent(agent: Agent, input: Input, nowMs: number, out: Effect[]): void {
  switch (input.type) {
    case "start":
      return onStart(agent, nowMs, out);
    case "wake":
      return onWake(agent, nowMs, out);
    case "packet":
    case "stream":
    case "stream-answer":
    case "stream-failed":
      return toGossip(agent, input, nowMs, out);
    case "resolved":
      return onResolved(agent, input, (join) => toGossip(agent, join, nowMs, out), out);
    case "message":
      return onMessage(agent, input, nowMs, out);
    case "peer-lost":
      return onPeer(agent, input.peer, input.refused, nowMs, out);
    case "http":
      return toService(agent, nowMs, out, (effects) =>
        onHttp(
          agent,
          input.id,
          input.request,
          nowMs,
          (each) => toGossip(agent, each, nowMs, out),
          effects,
          out,
        ),
      );
    case "cancel":
      return onCancel(agent, input.id, nowMs, out);
    case "disk-done":
      return toWal(agent, nowMs, out, (effects) => agent.wal && stepWal(agent.wal, input, effects));
    case "signal":
      return onSignal(agent, input.signal, nowMs, (leave) => toGossip(agent, leave, nowMs, out), out);
    default:
      return unreachable(input);
  }
}

/** Ends a turn. */
export function flushAgent(agent: Agent, nowMs: number, out: Effect[]): void {
  toService(agent, nowMs, out, (effects) => flushService(agent.service, nowMs, effects));
  const { server } = agent.service;
  if (server === undefined) return;
  const effects: RaftEffect[] = [];
  flushRaft(server.raft, nowMs, effects);
  carryOutRaft(agent, server, effects, nowMs, out);
  const { wal } = agent;
  if (wal !== undefined) toWal(agent, nowMs, out, (walEffects) => flushWal(wal, walEffects));
}

/** When the agent next wants to be woken: one number for all of it. */
export function agentDeadline(agent: Agent, nowMs: number): number {
  const { server } = agent.service;
  return Math.min(
    gossipDeadline(agent.gossip),
    server === undefined ? Number.POSITIVE_INFINITY : raftDeadline(server.raft),
    serviceDeadline(agent.service, nowMs),
    joinDeadline(agent),
    lifeDeadline(agent),
  );
}

function onStart(agent: Agent, nowMs: number, out: Effect[]): void {
  const { server } = agent.service;
  const { wal } = agent;
  if (wal !== undefined) toWal(agent, nowMs, out, (effects) => startWal(wal, effects));
  else if (server !== undefined)
    toService(agent, nowMs, out, (effects) => onRecovered(agent.service, server, nowMs, effects));
  agent.life.stage = "running";
  startJoins(agent, nowMs, (join) => toGossip(agent, join, nowMs, out), out);
}

function onWake(agent: Agent, nowMs: number, out: Effect[]): void {
  const { server } = agent.service;
  if (gossipDeadline(agent.gossip) <= nowMs) toGossip(agent, { type: "wake" }, nowMs, out);
  if (server !== undefined && raftDeadline(server.raft) <= nowMs)
    toRaft(agent, server, { type: "wake" }, nowMs, out);
  if (serviceDeadline(agent.service, nowMs) <= nowMs)
    toService(agent, nowMs, out, (effects) =>
      wakeService(agent.service, () => gossipMembers(agent.gossip), nowMs, effects),
    );
  wakeJoins(agent, nowMs, (join) => toGossip(agent, join, nowMs, out), out);
  wakeLife(agent, nowMs, out);
}

function onMessage(
  agent: Agent,
  input: Extract<Input, { type: "message" }>,
  nowMs: number,
  out: Effect[],
): void {
  const { from, message } = input;
  if (message.type === "request" || message.type === "response" || message.type === "cancel")
    return toService(agent, nowMs, out, (effects) => onRpc(agent.service, from, message, nowMs, effects));
  const { server } = agent.service;
  // Raft's messages are for servers, and for those that know what they have promised.
  if (!server?.recovered) return;
  if (message.type === "append" && !areReadable(message.entries)) out.push(unreadableEntries(from));
  else toRaft(agent, server, { type: "message", from, message }, nowMs, out);
}

function onPeer(agent: Agent, peer: string, refused: boolean, nowMs: number, out: Effect[]): void {
  const { server } = agent.service;
  toService(agent, nowMs, out, (effects) => onPeerLost(agent.service, peer, nowMs, effects));
  if (refused && server !== undefined) toRaft(agent, server, { type: "peer-refused", peer }, nowMs, out);
}

function onCancel(agent: Agent, id: number, nowMs: number, out: Effect[]): void {
  agent.views.delete(id);
  const row = askOf(agent.service, { by: "http", id });
  if (row !== undefined) toService(agent, nowMs, out, (effects) => cancelAsk(agent.service, row, effects));
}

// What each machine causes, carried to where it goes. A machine's effects are carried out in order, each to its end.

function toGossip(agent: Agent, input: GossipInput, nowMs: number, out: Effect[]): void {
  const effects: GossipEffect[] = [];
  stepGossip(agent.gossip, input, nowMs, effects);
  for (const effect of effects) {
    switch (effect.type) {
      case "packet":
      case "stream-open":
      case "stream-answer":
        out.push({ ...effect, pool: "lan" });
        break;
      case "member":
        toService(agent, nowMs, out, (each) =>
          onMember(agent.service, effect.event, effect.member, nowMs, each),
        );
        break;
      case "joined":
        onJoined(agent, effect, nowMs, out);
        break;
      case "left":
        onLeft(agent, nowMs, out);
        break;
      case "notice":
        out.push({ ...effect, logger: `${agent.config.server ? "server" : "client"}.${effect.logger}.lan` });
        break;
      case "user-event":
        break;
      default:
        unreachable(effect);
    }
  }
}

function toRaft(agent: Agent, server: Server, input: RaftInput, nowMs: number, out: Effect[]): void {
  const effects: RaftEffect[] = [];
  stepRaft(server.raft, input, nowMs, effects);
  carryOutRaft(agent, server, effects, nowMs, out);
}

function carryOutRaft(
  agent: Agent,
  server: Server,
  effects: readonly RaftEffect[],
  nowMs: number,
  out: Effect[],
): void {
  let storedInMemory = 0;
  for (const effect of effects) {
    switch (effect.type) {
      case "send":
        out.push({
          type: "message",
          to: effect.to,
          address: serverAddress(agent.service, server, effect.to),
          message: effect.message,
        });
        break;
      case "store":
        if (agent.wal !== undefined) storeWal(agent.wal, effect.request);
        else storedInMemory = effect.request.token;
        break;
      default:
        toService(agent, nowMs, out, (each) => onRaftEffect(agent.service, server, effect, nowMs, each));
    }
  }
  // Memory is as durable as it will ever be.
  if (storedInMemory > 0) toRaft(agent, server, { type: "stored", token: storedInMemory }, nowMs, out);
}

function toWal(agent: Agent, nowMs: number, out: Effect[], step: (effects: WalEffect[]) => void): void {
  const { server } = agent.service;
  const effects: WalEffect[] = [];
  step(effects);
  if (server === undefined) return;
  for (const effect of effects) {
    switch (effect.type) {
      case "disk":
        out.push(effect);
        break;
      case "recovered":
        recoverRaft(server.raft, { ...effect, snapshot: undefined }, nowMs);
        if (effect.tornBytes > 0)
          out.push({
            type: "notice",
            level: "warn",
            logger: "server.wal",
            message: "cut off a write that was interrupted; nobody was told that it had happened",
            fields: { bytes: effect.tornBytes },
          });
        toService(agent, nowMs, out, (each) => onRecovered(agent.service, server, nowMs, each));
        break;
      case "stored":
        toRaft(agent, server, { type: "stored", token: effect.token }, nowMs, out);
        break;
      case "wal-failed":
        onStorageFailed(agent, effect.reason, out);
        toRaft(agent, server, { type: "storage-failed" }, nowMs, out);
        break;
      default:
        unreachable(effect);
    }
  }
}

function toService(
  agent: Agent,
  nowMs: number,
  out: Effect[],
  step: (effects: ServiceEffect[]) => void,
): void {
  const effects: ServiceEffect[] = [];
  step(effects);
  for (const effect of effects) {
    if (effect.type !== "answer") {
      out.push(effect);
      continue;
    }
    const { to, response } = effect;
    if (to.by === "http") answerHttp(agent, to.id, response, out);
    else if (to.by === "peer")
      toService(agent, nowMs, out, (each) => sendAnswer(to.peer, to.seq, response, each));
    else toService(agent, nowMs, out, (each) => onDutyAnswer(agent.service, to.duty, response, nowMs, each));
  }
}
