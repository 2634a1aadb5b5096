// The front door. An input goes to the machine that it is for, and what that machine causes goes on to the next: nothing
// else is decided here.
//
//   packet, stream ──▶ gossip ── member ──▶ service
//   http, message ───▶ service ── propose, read ──▶ raft ── store ──▶ wal ──▶ disk
//   disk-done ───────▶ wal ── stored ──▶ raft ── committed ──▶ store ── answers, wakes ──▶ service
//
// A turn is the inputs that were ready, then one `flushAgent`: what came in together leaves as one write to the disk and
// one message to each follower.

import { notice } from "../api/notice.ts";
import { gossipMembers } from "../gossip/step.ts";
import { unreachable } from "../lib/assert.ts";
import type { Chance } from "../lib/chance.ts";
import {
  forgetLocal,
  onLocalProbed,
  onLocalProbeEnded,
  onLocalReloaded,
  startLocal,
  wakeLocal,
} from "../local/desk.ts";
import { createLocal } from "../local/state.ts";
import type { LocalDefinitions } from "../model/local.ts";
import { createRaft, type RaftEffect } from "../raft/state.ts";
import { flushRaft, raftDeadline } from "../raft/step.ts";
import { askOf } from "../service/asks.ts";
import { writeEntriesAgain } from "../service/config-initial.ts";
import { createDnsAnswers } from "../service/dns-answers.ts";
import { syncNodeAgain } from "../service/node-sync.ts";
import { tellOfLostPeer, tellOfSilence } from "../service/raft-lines.ts";
import { createRaftTimings } from "../service/raft-timings.ts";
import { createRememberedReads } from "../service/remembered-reads.ts";
import { cancelAsk, onPeerLost } from "../service/route.ts";
import { createService, createTold, type Server, type ServiceEffect } from "../service/state.ts";
import { flushService, type LanMembers, onRpc, serviceDeadline, wakeService } from "../service/step.ts";
import type { SnapshotEffect } from "../snapshot/ports.ts";
import { snapshotsDeadline, wakeSnapshots } from "../snapshot/snapshots.ts";
import { createStore } from "../store/store.ts";
import { createWatches } from "../store/watch.ts";
import type { WalEffect } from "../wal/ports.ts";
import { flushWal } from "../wal/wal.ts";
import {
  carryOutRaft,
  carryOutService,
  carryOutSnapshots,
  carryOutWal,
  gossipDoor,
  onDiskDone,
  readSnapshots,
  toGossip,
  toLocal,
  toQuarantine,
  toRaft,
  toService,
} from "./arrows.ts";
import type { AgentConfig, ReloadableConfig } from "./config.ts";
import { onDns, onDnsForwarded, reloadDns } from "./dns.ts";
import { createDns } from "./dns-state.ts";
import { createEvents, eventsDeadline, forgetWait, wakeEvents } from "./events.ts";
import { floodDeadline, wakeFlood } from "./flood-join.ts";
import { onInspected } from "./inspect.ts";
import { createJoins, joinDeadline, onResolved, wakeJoins } from "./join.ts";
import { createKeyringFiles } from "./keyring-files.ts";
import { createKeyringPolls } from "./keyring-polls.ts";
import { createLife, lifeDeadline, onSignal, wakeLife } from "./life.ts";
import { localWakeMs } from "./local.ts";
import { createMetricStreams, forgetWatcher, wakeMetricStreams } from "./metric-streams.ts";
import { onHttp } from "./on-http.ts";
import { createPools, poolsDeadline, type ToGossip, wakePools } from "./pools.ts";
import type { Effect, Input } from "./ports.ts";
import { createQuarantine, lookIntoQuarantine } from "./quarantine.ts";
import { noteHeartbeat } from "./raft-telemetry.ts";
import { areReadable, unreadableEntries } from "./readable-entries.ts";
import { createPeersRecovery } from "./recover-peers.ts";
import { adoptConfig, onReloaded } from "./reload.ts";
import { createRemoteExec, execDeadline, onCommand, wakeExec } from "./remote-exec.ts";
import { freshSnapshots, freshWal, QUARANTINED } from "./start-up.ts";
import type { Agent } from "./state.ts";
import { noteRequest, tickTelemetry } from "./telemetry.ts";

/** @param chance The door for all that is left to chance, for the life of the agent. */
export function createAgent(given: AgentConfig, chance: Chance, nowMs: number): Agent {
  // The one record that all its machines read: a reload changes it (reload.ts).
  const config = { ...given };
  const server = config.server ? createServer(config, chance) : undefined;
  return {
    config,
    chance,
    pools: createPools(config, chance, nowMs),
    service: createService(config, chance, server, nowMs),
    wal: config.server && config.durable ? freshWal(config, chance) : undefined,
    snapshots: config.server ? freshSnapshots(config) : undefined,
    incoming: undefined,
    quarantine: config.server && config.durable ? createQuarantine(QUARANTINED) : undefined,
    peers: config.server && config.durable ? createPeersRecovery(config.planted) : undefined,
    views: new Map(),
    keyringPolls: createKeyringPolls(),
    keyringFiles: config.keepsKeyrings === true ? createKeyringFiles() : undefined,
    events: createEvents(),
    metricStreams: createMetricStreams(),
    usagePolls: new Map(),
    local: createLocal(config, chance, nowMs),
    remoteExec: createRemoteExec(),
    joins: createJoins(),
    dns: createDns(config),
    life: createLife(),
    forcing: new Map(),
  };
}

function createServer(config: AgentConfig, chance: Chance): Server {
  return {
    raft: createRaft(config.nodeId, { planted: config.planted, ...config.raft }, chance),
    store: createStore(),
    watches: createWatches(),
    reads: createRememberedReads(),
    dnsAnswers: createDnsAnswers(),
    touched: [],
    woken: new Set(),
    applying: new Set(),
    heldOff: new Map(),
    proposed: new Map(),
    recovered: false,
    lostLog: false,
    heardLeader: false,
    told: createTold(),
    timings: createRaftTimings(),
  };
}

/** One input, run to its end. Effects are appended to `out`, in the order in which they are to be carried out. */
export function stepAgent(agent: Agent, input: Input, nowMs: number, out: Effect[]): void {
  tickTelemetry(agent, nowMs);
  switch (input.type) {
    case "start":
      return onStart(agent, nowMs, gossipDoor(agent, nowMs, out), out);
    case "wake":
      return onWake(agent, nowMs, gossipDoor(agent, nowMs, out), out);
    case "packet":
    case "stream":
    case "stream-answer":
    case "stream-failed":
      return toGossip(agent, input.pool, input, nowMs, out);
    case "resolved":
      return onResolved(agent, input, gossipDoor(agent, nowMs, out), out);
    case "message":
      return onMessage(agent, input, nowMs, out);
    case "peer-lost":
      return onPeer(agent, input.peer, input.refused, nowMs, out);
    case "http":
    case "dns":
    case "dns-forwarded":
    case "command-output":
    case "command-ended":
      return onQuestion(agent, input, nowMs, out);
    case "cancel":
      return onCancel(agent, input.id, nowMs, out);
    case "disk-done":
      return onDiskDone(agent, input, nowMs, out);
    case "probed":
    case "probe-ended":
      return onProbe(agent, input, nowMs, out);
    case "reloaded":
      if (input.config !== undefined) reloadConfig(agent, input.config, nowMs, out);
      if (input.local !== undefined) reloadLocal(agent, input.local, nowMs, out);
      return onReloaded(agent, input, out);
    case "inspected":
      return onInspected(agent, input.id, input.found, nowMs, out);
    case "signal":
      return onSignal(agent, input.signal, nowMs, gossipDoor(agent, nowMs, out), out);
    default:
      return unreachable(input);
  }
}

/** What makes somebody ask, or answers what was asked outside of the cluster. */
function onQuestion(
  agent: Agent,
  input: Extract<Input, { type: "http" | "dns" | "dns-forwarded" | "command-output" | "command-ended" }>,
  nowMs: number,
  out: Effect[],
): void {
  const effects: ServiceEffect[] = [];
  switch (input.type) {
    case "http":
      onHttp(agent, input.id, input.request, nowMs, gossipDoor(agent, nowMs, out), effects, out);
      break;
    case "dns":
      onDns(agent, input, nowMs, effects, out);
      break;
    case "dns-forwarded":
      onDnsForwarded(agent, input, nowMs, effects, out);
      break;
    default:
      onCommand(agent, input, nowMs, effects, out);
  }
  carryOutService(agent, effects, nowMs, out);
}

function onProbe(
  agent: Agent,
  input: Extract<Input, { type: "probed" | "probe-ended" }>,
  nowMs: number,
  out: Effect[],
): void {
  toLocal(agent, nowMs, out, (local, around, effects) => {
    if (input.type === "probed") onLocalProbed(local, input, around, nowMs, effects);
    else onLocalProbeEnded(local, input, around, nowMs, effects);
  });
}

/** Writes that follow on each other in one turn. */
const MAX_ROUNDS = 64;

/** Whether the end of a turn is anything to this agent: only servers put off until then what they write and send. */
export function needsFlush({ service }: Agent): boolean {
  return service.server !== undefined;
}

/** Ends a turn. */
export function flushAgent(agent: Agent, nowMs: number, out: Effect[]): void {
  const { server } = agent.service;
  // See `needsFlush`.
  if (server === undefined) return;
  tickTelemetry(agent, nowMs);
  if (server.woken.size > 0) {
    const effects: ServiceEffect[] = [];
    flushService(agent.service, nowMs, effects);
    carryOutService(agent, effects, nowMs, out);
  }
  // A server alone and without a disk commits at once, and whoever is answered may have more to write.
  for (let rounds = 0, lastIndex = -1; rounds < MAX_ROUNDS; rounds++) {
    if (server.raft.log.lastIndex === lastIndex) break;
    lastIndex = server.raft.log.lastIndex;
    const effects: RaftEffect[] = [];
    flushRaft(server.raft, nowMs, effects);
    carryOutRaft(agent, server, effects, nowMs, out);
  }
  const { wal } = agent;
  if (wal === undefined) return;
  const effects: WalEffect[] = [];
  flushWal(wal, effects);
  carryOutWal(agent, server, effects, nowMs, out);
}

/** When the agent next wants to be woken: one number for all of it. */
export function agentDeadline(agent: Agent, nowMs: number): number {
  const { server } = agent.service;
  return Math.min(
    poolsDeadline(agent.pools),
    server === undefined ? Number.POSITIVE_INFINITY : raftDeadline(server.raft),
    serviceDeadline(agent.service, nowMs),
    eventsDeadline(agent),
    agent.metricStreams.atMs,
    execDeadline(agent),
    localWakeMs(agent),
    joinDeadline(agent),
    floodDeadline(agent),
    lifeDeadline(agent),
    agent.snapshots === undefined ? Number.POSITIVE_INFINITY : snapshotsDeadline(agent.snapshots),
  );
}

function onStart(agent: Agent, nowMs: number, gossip: ToGossip, out: Effect[]): void {
  const { quarantine } = agent;
  if (quarantine === undefined) readSnapshots(agent, nowMs, out);
  else toQuarantine(agent, nowMs, out, (effects) => lookIntoQuarantine(quarantine, effects));
  agent.life.stage = "running";
  toLocal(agent, nowMs, out, (local, around, effects) => startLocal(local, around, nowMs, effects));
  for (const pool of ["lan", "wan"] as const) gossip(pool, { type: "start" });
  out.push(notice("info", "", "started state syncer"));
}

function onWake(agent: Agent, nowMs: number, gossip: ToGossip, out: Effect[]): void {
  const { server } = agent.service;
  wakePools(agent.pools, nowMs, gossip);
  if (server !== undefined && raftDeadline(server.raft) <= nowMs) {
    noteHeartbeat(agent.service, server, nowMs);
    toService(agent, nowMs, out, (effects) => tellOfSilence(server, nowMs, effects));
    toRaft(agent, server, { type: "wake" }, nowMs, out);
  }
  if (serviceDeadline(agent.service, nowMs) <= nowMs) wakeDesk(agent, nowMs, out);
  wakeWriters(agent, nowMs, out);
  wakeEvents(agent, nowMs, out);
  wakeMetricStreams(agent, nowMs, out);
  if (execDeadline(agent) <= nowMs) wakeCommands(agent, nowMs, out);
  if (localWakeMs(agent) <= nowMs) wakeChecks(agent, nowMs, out);
  wakeJoins(agent, nowMs, gossip, out);
  wakeFlood(agent, nowMs, gossip);
  wakeLife(agent, nowMs, gossip, out);
}

function wakeDesk(agent: Agent, nowMs: number, out: Effect[]): void {
  const effects: ServiceEffect[] = [];
  wakeService(agent.service, lanMembers(agent), nowMs, effects);
  carryOutService(agent, effects, nowMs, out);
}

function wakeWriters(agent: Agent, nowMs: number, out: Effect[]): void {
  const { snapshots } = agent;
  if (snapshots === undefined || snapshotsDeadline(snapshots) > nowMs) return;
  const effects: SnapshotEffect[] = [];
  wakeSnapshots(snapshots, effects);
  carryOutSnapshots(agent, effects, nowMs, out);
}

function wakeCommands(agent: Agent, nowMs: number, out: Effect[]): void {
  toService(agent, nowMs, out, (effects) => wakeExec(agent, nowMs, effects, out));
}

function wakeChecks(agent: Agent, nowMs: number, out: Effect[]): void {
  toLocal(agent, nowMs, out, (local, around, effects) => wakeLocal(local, around, nowMs, effects));
}

function lanMembers({ pools: { lan } }: Agent): LanMembers {
  return { known: lan.serf.members, inOrder: () => gossipMembers(lan) };
}

function reloadConfig(agent: Agent, config: ReloadableConfig, nowMs: number, out: Effect[]): void {
  reloadDns(agent, config.dns);
  const renamed = adoptConfig(agent, config);
  toService(agent, nowMs, out, (effects) => {
    if (renamed) syncNodeAgain(agent.service, nowMs, effects);
    writeEntriesAgain(agent.service, effects);
  });
}

function reloadLocal(agent: Agent, definitions: LocalDefinitions, nowMs: number, out: Effect[]): void {
  toLocal(agent, nowMs, out, (local, around, effects) =>
    onLocalReloaded(local, definitions, around, nowMs, effects),
  );
}

function onMessage(
  agent: Agent,
  input: Extract<Input, { type: "message" }>,
  nowMs: number,
  out: Effect[],
): void {
  const { from, message } = input;
  if (message.type === "request") noteRequest(agent.service, message.request);
  if (message.type === "request" || message.type === "response" || message.type === "cancel") {
    const effects: ServiceEffect[] = [];
    onRpc(agent.service, from, message, nowMs, effects);
    return carryOutService(agent, effects, nowMs, out);
  }
  const { server } = agent.service;
  // Raft's messages are for servers, and for those that know what they have promised.
  if (!server?.recovered) return;
  if (message.type === "append" && !areReadable(message.entries)) out.push(unreadableEntries(from));
  else toRaft(agent, server, { type: "message", from, message }, nowMs, out);
}

function onPeer(agent: Agent, peer: string, refused: boolean, nowMs: number, out: Effect[]): void {
  const { server } = agent.service;
  toService(agent, nowMs, out, (effects) => {
    if (server !== undefined) tellOfLostPeer(agent.service, server, peer, refused, effects);
    onPeerLost(agent.service, peer, nowMs, effects);
  });
  if (refused && server !== undefined) toRaft(agent, server, { type: "peer-refused", peer }, nowMs, out);
}

function onCancel(agent: Agent, id: number, nowMs: number, out: Effect[]): void {
  agent.views.delete(id);
  agent.forcing.delete(id);
  forgetWait(agent, id);
  forgetWatcher(agent, id);
  agent.usagePolls.delete(id);
  forgetLocal(agent.local, id);
  const row = askOf(agent.service, { by: "http", id });
  if (row !== undefined) toService(agent, nowMs, out, (effects) => cancelAsk(agent.service, row, effects));
}
