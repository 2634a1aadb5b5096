// The arrows between an agent's machines: what each of them causes, carried to where it goes. A machine's effects are
// carried out in order, each to its end.
//
// `to…` lets somebody make a machine do something and carries out what that causes. Where that happens at every step its two
// halves stand in the open instead, the effects and `carryOut…`: a function that is made only to be called once costs more
// than what most steps do.

import { notice } from "../api/notice.ts";
import type { Response } from "../api/response.ts";
import type { GossipEffect, GossipInput, GossipPool } from "../gossip/ports.ts";
import { gossipMembers, stepGossip } from "../gossip/step.ts";
import { assert, must, unreachable } from "../lib/assert.ts";
import { beginMetric, endMetric, type Metrics, taskMetric } from "../lib/metrics.ts";
import { type Around, onLocalAnswer, onLocalDisk, onLocalServerUp } from "../local/desk.ts";
import type { Local, LocalEffect } from "../local/state.ts";
import type { RaftEffect, RaftInput } from "../raft/state.ts";
import { stepRaft } from "../raft/step.ts";
import { snapshotMeta } from "../raft/take-snapshot.ts";
import { forgetAnswers } from "../service/dns-answers.ts";
import { sendAnswer } from "../service/forward.ts";
import { onKeyringReport } from "../service/keyring.ts";
import { tellOfServer, wanServerLine } from "../service/log-lines.ts";
import { syncNodeAgain } from "../service/node-sync.ts";
import { tellOfFollower, tellOfMessage } from "../service/raft-lines.ts";
import { ask, cancelDuty } from "../service/route.ts";
import { noteWanMember } from "../service/router.ts";
import { applyCommitted, isBehind, serverAddress } from "../service/serve.ts";
import type { Origin, Server, ServiceEffect } from "../service/state.ts";
import { onDutyAnswer, onMember, onRaftEffect, onRecovered, onRestored } from "../service/step.ts";
import { noteWanCoordinate } from "../service/wan-coordinates.ts";
import type { SnapshotEffect, SnapshotMeta } from "../snapshot/ports.ts";
import {
  latestSnapshot,
  readSnapshot,
  receiveChunk,
  startSnapshots,
  stepSnapshots,
  takeSnapshot,
} from "../snapshot/snapshots.ts";
import { cloneStore } from "../store/snapshot.ts";
import { type DiskInput, OP_CLASSES, OP_STEP } from "../wal/disk.ts";
import type { EntryBatch, WalEffect } from "../wal/ports.ts";
import { startWal, stepWal, storeWal } from "../wal/wal.ts";
import { answerHttp } from "./answer-http.ts";
import { onDnsAnswer } from "./dns.ts";
import { fireEvent, onSerfEvent } from "./events.ts";
import { onLanMember, startFlooding } from "./flood-join.ts";
import { forceLeave, onForced } from "./force-leave.ts";
import { onJoined, onMemberGone, startJoins } from "./join.ts";
import { keepRing, onKeyringDisk } from "./keyring-files.ts";
import { onPollEffect, type Polled, startPoll } from "./keyring-polls.ts";
import { onLeft, onLocalUnreadable, onStorageFailed } from "./life.ts";
import { aroundOf } from "./local.ts";
import type { ToGossip } from "./pools.ts";
import type { Effect } from "./ports.ts";
import { type QuarantineEffect, startQuarantine, stepQuarantine } from "./quarantine.ts";
import { noteRaft, noteRaftInput } from "./raft-telemetry.ts";
import {
  endRecovery,
  lookForPeers,
  mustRewrite,
  onLogStored,
  onSnapshotFailed,
  onSnapshotWritten,
  type PeersEffect,
  type PeersRecovery,
  startRewrite,
  stepPeers,
} from "./recover-peers.ts";
import { onExecAnswer, startExec } from "./remote-exec.ts";
import { askLeader, isTooStale } from "./stale-reads.ts";
import { beginAnew, canBeginAnew, damageNotice, hopeless, onSnapshotLoaded, putInPlace } from "./start-up.ts";
import type { Agent } from "./state.ts";
import { noteGossip, noteGossipInput, noteOurselves } from "./telemetry.ts";
import { onUsageAnswer } from "./usage-everywhere.ts";

/** What a server that keeps its log in memory finds when it starts. */
const NOTHING_STORED = {
  hardState: { term: 0, votedFor: "", identity: 0 },
  batches: [],
  compactedTo: 0,
};

/** One of the agent's pools; what is for one that it does not have is lost. */
export function toGossip(
  agent: Agent,
  pool: GossipPool,
  input: GossipInput,
  nowMs: number,
  out: Effect[],
): void {
  const gossip = agent.pools[pool];
  if (gossip === undefined) return;
  const effects: GossipEffect[] = [];
  noteGossipInput(agent.service, input);
  stepGossip(gossip, input, nowMs, effects);
  for (const effect of effects) {
    noteGossip(agent.service, pool, effect);
    switch (effect.type) {
      case "packet":
      case "stream-open":
      case "stream-answer":
        // Not `{ ...effect, pool }`, which would be of a hidden class of its own each time (CONTRIBUTING.md, speed).
        out.push({ pool, ...effect });
        break;
      case "member":
        onMemberGone(agent, pool, effect.event, nowMs);
        if (pool === "lan") onMemberOfLan(agent, effect, nowMs, out);
        else {
          noteWanMember(agent.service, effect.event, effect.member);
          out.push(wanServerLine(effect.event, effect.member));
        }
        break;
      case "joined":
        onJoined(agent, effect, nowMs, out);
        break;
      case "left":
        onLeft(agent, pool, nowMs, gossipDoor(agent, nowMs, out), out);
        break;
      case "forced":
        onForced(agent, effect.op, effect.error, out);
        break;
      case "started":
        tellOfOurselves(agent, pool, out);
        if (pool === "wan") startFlooding(agent, nowMs);
        startJoins(agent, pool, nowMs, gossipDoor(agent, nowMs, out), out);
        break;
      case "disk":
        out.push(effect);
        break;
      case "notice":
        out.push({
          ...effect,
          logger: `${agent.config.server ? "server" : "client"}.${effect.logger}.${pool}`,
        });
        break;
      case "coordinate":
        if (pool === "lan") agent.service.coordinateSync.own = effect.own;
        else noteWanCoordinate(agent.service, effect);
        break;
      case "keyring":
        keepRing(agent.keyringFiles, { pool, ...effect }, gossipDoor(agent, nowMs, out), out);
        break;
      case "query-response":
      case "query-done":
        answerPolled(agent, onPollEffect(agent, pool, effect, gossipDoor(agent, nowMs, out)), nowMs, out);
        break;
      case "user-event":
        if (pool === "lan") onUserEvent(agent, effect, nowMs, out);
        break;
      case "query":
      case "query-ack":
      case "name-lost":
      case "measured":
        break;
      default:
        unreachable(effect);
    }
  }
}

function onMemberOfLan(
  agent: Agent,
  { event, member }: Extract<GossipEffect, { type: "member" }>,
  nowMs: number,
  out: Effect[],
): void {
  onLanMember(agent, member, nowMs);
  if (event === "join" && member.tags.get("role") === "consul")
    toLocal(agent, nowMs, out, (local, around) => onLocalServerUp(local, around, nowMs));
  toService(agent, nowMs, out, (each) => onMember(agent.service, event, member, nowMs, each));
}

/** The way to the pools, for those who make them do things. */
export function gossipDoor(agent: Agent, nowMs: number, out: Effect[]): ToGossip {
  return (pool, input) => toGossip(agent, pool, input, nowMs, out);
}

/** Answers a question about keys, once the pools have said all they will. */
function answerPolled(agent: Agent, polled: Polled | undefined, nowMs: number, out: Effect[]): void {
  if (polled === undefined) return;
  toService(agent, nowMs, out, (each) =>
    onKeyringReport(agent.service, polled.ask, "", polled.response, each),
  );
}

export function toRaft(agent: Agent, server: Server, input: RaftInput, nowMs: number, out: Effect[]): void {
  const effects: RaftEffect[] = [];
  noteRaftInput(agent.service, server, input, nowMs);
  if (input.type !== "message") stepRaft(server.raft, input, nowMs, effects);
  else takeMessage(agent, server, input, nowMs, effects, out);
  carryOutRaft(agent, server, effects, nowMs, out);
}

/** A message, and what the log is told of it. */
function takeMessage(
  agent: Agent,
  server: Server,
  input: Extract<RaftInput, { type: "message" }>,
  nowMs: number,
  effects: RaftEffect[],
  out: Effect[],
): void {
  const { service } = agent;
  const { raft } = server;
  const lines: ServiceEffect[] = [];
  tellOfMessage(service, server, input.from, input.message, nowMs, lines);
  const progress = raft.leading?.progress.get(input.from);
  const before = { mode: progress?.mode ?? "probe", next: progress?.next ?? 0 } as const;
  stepRaft(raft, input, nowMs, effects);
  if (progress !== undefined && (progress.mode !== before.mode || progress.next < before.next))
    tellOfFollower(service, server, progress, before, lines);
  if (lines.length > 0) carryOutService(agent, lines, nowMs, out);
}

export function carryOutRaft(
  agent: Agent,
  server: Server,
  effects: readonly RaftEffect[],
  nowMs: number,
  out: Effect[],
): void {
  let storedInMemory = 0;
  for (const effect of effects) {
    noteRaft(agent.service, server, effect, nowMs);
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
      case "snapshot-due":
        snapshotNow(agent, server, nowMs, out);
        break;
      case "read-snapshot":
      case "keep-chunk":
        onPiece(agent, effect, nowMs, out);
        break;
      case "restore":
        restore(agent, server, nowMs, out);
        break;
      default: {
        const caused: ServiceEffect[] = [];
        onRaftEffect(agent.service, server, effect, nowMs, caused);
        carryOutService(agent, caused, nowMs, out);
      }
    }
  }
  // Memory is as durable as it will ever be.
  if (storedInMemory > 0) toRaft(agent, server, { type: "stored", token: storedInMemory }, nowMs, out);
}

/** A piece of a snapshot is to be sent, or came in. */
function onPiece(
  agent: Agent,
  effect: Extract<RaftEffect, { type: "read-snapshot" | "keep-chunk" }>,
  nowMs: number,
  out: Effect[],
): void {
  const { snapshots } = agent;
  if (snapshots === undefined) return;
  toSnapshots(agent, nowMs, out, (each) => {
    if (effect.type === "keep-chunk") receiveChunk(snapshots, effect.chunk, each);
    else readSnapshot(snapshots, effect, each);
  });
}

export function carryOutWal(
  agent: Agent,
  server: Server,
  effects: readonly WalEffect[],
  nowMs: number,
  out: Effect[],
): void {
  for (const effect of effects) {
    switch (effect.type) {
      case "disk":
        out.push(effect);
        break;
      case "recovered":
        onLogRead(agent, server, effect, nowMs, out);
        break;
      case "stored":
        toRaft(agent, server, { type: "stored", token: effect.token }, nowMs, out);
        if (agent.peers !== undefined) tellOfLog(agent, server, nowMs, out);
        break;
      case "wal-failed":
        if (effect.intact === undefined) fail(agent, server, effect.reason, nowMs, out);
        else onDamaged(agent, effect.reason, effect.intact, nowMs, out);
        break;
      default:
        unreachable(effect);
    }
  }
}

function onLogRead(
  agent: Agent,
  server: Server,
  effect: Extract<WalEffect, { type: "recovered" }>,
  nowMs: number,
  out: Effect[],
): void {
  const wrong = putInPlace(agent, server, effect, nowMs);
  if (wrong !== undefined) return onDamaged(agent, wrong, effect.batches, nowMs, out);
  if (effect.tornBytes > 0)
    out.push(
      notice(
        "warn",
        "server.wal",
        "cut off a write that was interrupted; nobody was told that it had happened",
        { bytes: effect.tornBytes },
      ),
    );
  if (agent.peers !== undefined && mustRewrite(agent.peers))
    rewritePeers(agent, server, agent.peers, nowMs, out);
  else toService(agent, nowMs, out, (each) => onRecovered(agent.service, server, nowMs, each));
}

function tellOfLog(agent: Agent, server: Server, nowMs: number, out: Effect[]): void {
  toPeers(agent, nowMs, out, (peers, effects) => onLogStored(peers, server.raft, effects));
}

/** The disk refuses: nothing more is vouched for. */
function fail(agent: Agent, server: Server, reason: string, nowMs: number, out: Effect[]): void {
  onStorageFailed(agent, reason, out);
  toRaft(agent, server, { type: "storage-failed" }, nowMs, out);
}

/** What is on the disk is not what was written there. */
function onDamaged(
  agent: Agent,
  reason: string,
  intact: readonly EntryBatch[],
  nowMs: number,
  out: Effect[],
): void {
  const { server } = agent.service;
  const { quarantine } = agent;
  if (server === undefined || quarantine === undefined) return;
  if (!canBeginAnew(agent, intact)) return fail(agent, server, hopeless(reason), nowMs, out);
  out.push(damageNotice(reason));
  toQuarantine(agent, nowMs, out, (effects) => startQuarantine(quarantine, effects));
}

export function toQuarantine(
  agent: Agent,
  nowMs: number,
  out: Effect[],
  step: (effects: QuarantineEffect[]) => void,
): void {
  const { server } = agent.service;
  const effects: QuarantineEffect[] = [];
  step(effects);
  if (server === undefined) return;
  for (const effect of effects) {
    switch (effect.type) {
      case "disk":
        out.push(effect);
        break;
      case "looked":
        server.lostLog = effect.filled;
        toPeers(agent, nowMs, out, lookForPeers);
        break;
      case "moved":
        beginAnew(agent, server);
        toPeers(agent, nowMs, out, lookForPeers);
        break;
      case "quarantine-failed":
        fail(agent, server, effect.reason, nowMs, out);
        break;
      default:
        unreachable(effect);
    }
  }
}

export function toPeers(
  agent: Agent,
  nowMs: number,
  out: Effect[],
  step: (peers: PeersRecovery, effects: PeersEffect[]) => void,
): void {
  const { server } = agent.service;
  if (agent.peers === undefined || server === undefined) return;
  const effects: PeersEffect[] = [];
  step(agent.peers, effects);
  for (const effect of effects) {
    switch (effect.type) {
      case "disk":
      case "notice":
        out.push(effect);
        break;
      case "peers-known":
        readSnapshots(agent, nowMs, out);
        break;
      case "peers-done":
        endRecovery(server.raft, nowMs);
        toService(agent, nowMs, out, (each) => onRecovered(agent.service, server, nowMs, each));
        break;
      case "peers-failed":
        fail(agent, server, effect.reason, nowMs, out);
        break;
      default:
        unreachable(effect);
    }
  }
}

/** Everything in the log counts as committed, and goes into a snapshot that names the new members. */
function rewritePeers(
  agent: Agent,
  server: Server,
  peers: PeersRecovery,
  nowMs: number,
  out: Effect[],
): void {
  const meta = startRewrite(peers, server.raft);
  if (typeof meta === "string") return fail(agent, server, meta, nowMs, out);
  while (isBehind(server))
    toService(agent, nowMs, out, (effects) => applyCommitted(agent.service, server, nowMs, effects));
  toSnapshots(agent, nowMs, out, (effects) => {
    const { snapshots } = agent;
    const began = snapshots !== undefined && takeSnapshot(snapshots, meta, cloneStore(server.store), effects);
    assert(began, "the snapshots have been read, and none is newer than the log");
  });
}

/** An answer of the disk, for whoever asked it: the question's number says who. */
export function onDiskDone(agent: Agent, input: DiskInput, nowMs: number, out: Effect[]): void {
  const { wal, snapshots } = agent;
  const { server } = agent.service;
  switch (input.op % OP_STEP) {
    case OP_CLASSES.log: {
      if (wal === undefined || server === undefined) return;
      const effects: WalEffect[] = [];
      stepWal(wal, input, effects);
      return carryOutWal(agent, server, effects, nowMs, out);
    }
    case OP_CLASSES.snapshots: {
      if (snapshots === undefined) return;
      const effects: SnapshotEffect[] = [];
      noteSnapshotFile(agent.service.telemetry);
      stepSnapshots(snapshots, input, effects);
      return carryOutSnapshots(agent, effects, nowMs, out);
    }
    case OP_CLASSES.quarantine:
    case OP_CLASSES.peersFile:
    case OP_CLASSES.local:
      return onOtherFile(agent, input, nowMs, out);
    case OP_CLASSES.keyrings:
      return onKeyringDisk(agent.keyringFiles, input, gossipDoor(agent, nowMs, out), out);
    case OP_CLASSES.lanMembers:
      return toGossip(agent, "lan", input, nowMs, out);
    case OP_CLASSES.wanMembers:
      return toGossip(agent, "wan", input, nowMs, out);
  }
}

/** The same of what is asked for seldom. */
function onOtherFile(agent: Agent, input: DiskInput, nowMs: number, out: Effect[]): void {
  const { quarantine } = agent;
  if (input.op % OP_STEP === OP_CLASSES.peersFile)
    return toPeers(agent, nowMs, out, (peers, effects) => stepPeers(peers, input, effects));
  if (input.op % OP_STEP === OP_CLASSES.local)
    return toLocal(agent, nowMs, out, (local, around, effects) =>
      onLocalDisk(local, input, around, nowMs, effects),
    );
  if (quarantine !== undefined)
    toQuarantine(agent, nowMs, out, (effects) => stepQuarantine(quarantine, input, effects));
}

/** The first step on the way from the disk to Raft; in memory there is nothing to be found. */
export function readSnapshots(agent: Agent, nowMs: number, out: Effect[]): void {
  const { snapshots } = agent;
  if (snapshots !== undefined) toSnapshots(agent, nowMs, out, (each) => startSnapshots(snapshots, each));
}

/** The log goes on where the snapshot ends. */
function readLog(agent: Agent, server: Server, nowMs: number, out: Effect[]): void {
  const { wal } = agent;
  if (wal !== undefined) {
    const effects: WalEffect[] = [];
    startWal(wal, effects);
    return carryOutWal(agent, server, effects, nowMs, out);
  }
  putInPlace(agent, server, NOTHING_STORED, nowMs);
  toService(agent, nowMs, out, (effects) => onRecovered(agent.service, server, nowMs, effects));
}

export function toSnapshots(
  agent: Agent,
  nowMs: number,
  out: Effect[],
  step: (effects: SnapshotEffect[]) => void,
): void {
  const effects: SnapshotEffect[] = [];
  step(effects);
  carryOutSnapshots(agent, effects, nowMs, out);
}

export function carryOutSnapshots(
  agent: Agent,
  effects: readonly SnapshotEffect[],
  nowMs: number,
  out: Effect[],
): void {
  const { server } = agent.service;
  if (server === undefined || effects.length === 0) return;
  const raft = (input: RaftInput): void => toRaft(agent, server, input, nowMs, out);
  for (const effect of effects) {
    switch (effect.type) {
      case "disk":
        out.push(effect);
        break;
      case "loaded":
        out.push(...onSnapshotLoaded(agent, effect));
        readLog(agent, server, nowMs, out);
        break;
      case "load-failed":
        fail(agent, server, effect.reason, nowMs, out);
        break;
      case "taken":
        // In memory there is no file to wait for.
        noteSnapshotFile(agent.service.telemetry);
        for (const each of SNAPSHOT_WRITING) endMetric(agent.service.telemetry, each);
        out.push(notice("info", "server.raft", "snapshot complete up to", { index: effect.meta.index }));
        onTaken(agent, server, effect.meta, nowMs, out);
        toPeers(agent, nowMs, out, (peers, each) =>
          onSnapshotWritten(peers, server.raft, effect.meta, nowMs, each),
        );
        break;
      case "take-failed":
        out.push(notice("error", "server.snapshot", "failed to take snapshot", { error: effect.reason }));
        toPeers(agent, nowMs, out, (peers, each) => onSnapshotFailed(peers, effect.reason, each));
        break;
      case "progress":
        raft({ type: "snapshot-progress", meta: effect.meta, received: effect.received });
        break;
      case "received":
        agent.incoming = { meta: effect.meta, store: effect.store };
        raft({ type: "snapshot-received", meta: effect.meta });
        agent.incoming = undefined;
        break;
      case "receive-failed":
        out.push(notice("error", "server.snapshot", "failed to install snapshot", { error: effect.reason }));
        raft({ type: "snapshot-progress", meta: effect.meta, received: 0 });
        break;
      case "read":
        raft({ type: "snapshot-read", to: effect.to, chunk: effect.chunk });
        break;
      default:
        unreachable(effect);
    }
  }
}

/** Of a snapshot of our own are measured: until there is a file, from then on, and all of it. */
const SNAPSHOT_BEGINNING = ["raft.snapshot.create", "raft.snapshot.takeSnapshot"] as const;
const SNAPSHOT_WRITING = ["raft.snapshot.persist", "fsm.persist", "raft.snapshot.takeSnapshot"] as const;

/** The first answer of the disk is that there is a file. */
function noteSnapshotFile(telemetry: Metrics | undefined): void {
  if (!endMetric(telemetry, "raft.snapshot.create")) return;
  beginMetric(telemetry, "raft.snapshot.persist");
  beginMetric(telemetry, "fsm.persist");
}

/** A snapshot is on disk: what is before it may go from the log. */
function onTaken(agent: Agent, server: Server, meta: SnapshotMeta, nowMs: number, out: Effect[]): void {
  const { log } = server.raft;
  const from = log.base.index + 1;
  toRaft(agent, server, { type: "snapshot-taken", meta }, nowMs, out);
  const to = log.base.index;
  if (to >= from) out.push(notice("info", "server.raft", "compacting logs", { from, to }));
}

/** Begins a snapshot of the state as it is now, unless there is one already. */
function snapshotNow(agent: Agent, server: Server, nowMs: number, out: Effect[]): void {
  const { raft, store } = server;
  const { snapshots } = agent;
  if (snapshots === undefined || store.lastApplied === 0) return;
  // A newest one that turned out damaged is no longer offered: then another is taken, of the same state if need be.
  if (store.lastApplied <= raft.snapshot.index && latestSnapshot(snapshots) !== undefined) return;
  const meta = snapshotMeta(raft, store.lastApplied);
  toSnapshots(agent, nowMs, out, (effects) => {
    if (!takeSnapshot(snapshots, meta, cloneStore(store), effects)) return;
    taskMetric(agent.service.telemetry, "raft.fsm.snapshot");
    for (const each of SNAPSHOT_BEGINNING) beginMetric(agent.service.telemetry, each);
    out.push(notice("info", "server.raft", "starting snapshot up to", { index: meta.index }));
  });
}

/** The snapshot that came in takes the place of the state, in one step. */
function restore(agent: Agent, server: Server, nowMs: number, out: Effect[]): void {
  const { store } = must(agent.incoming, "what is restored has come in");
  server.store = store;
  forgetAnswers(server.dnsAnswers);
  out.push(notice("info", "server.raft", "Installed remote snapshot"));
  toService(agent, nowMs, out, (effects) => onRestored(agent.service, server, nowMs, effects));
}

/** Who starts is the first member that it knows: so Serf sees it, and its log. */
function tellOfOurselves({ config, pools, service }: Agent, pool: GossipPool, out: Effect[]): void {
  const gossip = pools[pool];
  const own = gossip && gossipMembers(gossip).find(({ name }) => name === gossip.config.name);
  if (own === undefined) return;
  const logger = `${config.server ? "server" : "client"}.serf.${pool}`;
  out.push(notice("info", logger, `serf: EventMemberJoin: ${own.name} ${own.ip}`));
  noteOurselves(service);
  if (pool === "wan") return void out.push(wanServerLine("join", own));
  const lines: ServiceEffect[] = [];
  tellOfServer(service, "join", own, lines);
  for (const each of lines) if (each.type === "notice") out.push(each);
}

export function toService(
  agent: Agent,
  nowMs: number,
  out: Effect[],
  step: (effects: ServiceEffect[]) => void,
): void {
  const effects: ServiceEffect[] = [];
  step(effects);
  carryOutService(agent, effects, nowMs, out);
}

export function carryOutService(
  agent: Agent,
  effects: readonly ServiceEffect[],
  nowMs: number,
  out: Effect[],
): void {
  for (const effect of effects) {
    switch (effect.type) {
      case "answer":
        answer(agent, effect.to, effect.response, nowMs, out);
        break;
      case "keyring":
        answerPolled(agent, startPoll(agent, effect, gossipDoor(agent, nowMs, out)), nowMs, out);
        break;
      case "force-leave":
        forceLeave(agent, effect.node, false, gossipDoor(agent, nowMs, out));
        break;
      case "fire-event":
        onFireEvent(agent, effect, nowMs, out);
        break;
      default:
        out.push(effect);
    }
  }
}

function onFireEvent(
  agent: Agent,
  effect: Extract<ServiceEffect, { type: "fire-event" }>,
  nowMs: number,
  out: Effect[],
): void {
  const fired = fireEvent(agent, effect, (input) => toGossip(agent, "lan", input, nowMs, out));
  if (effect.to !== undefined) answer(agent, effect.to, fired, nowMs, out);
}

export function toLocal(
  agent: Agent,
  nowMs: number,
  out: Effect[],
  step: (local: Local, around: Around, effects: LocalEffect[]) => void,
): void {
  const effects: LocalEffect[] = [];
  step(agent.local, aroundOf(agent), effects);
  for (const effect of effects) {
    switch (effect.type) {
      case "disk":
      case "notice":
      case "probe":
      case "probe-stop":
        out.push(effect);
        break;
      case "answer":
        answerHttp(agent, effect.to, effect.response, out);
        break;
      case "ask":
        askForLocal(agent, effect, nowMs, out);
        break;
      case "drop-ask":
        toService(agent, nowMs, out, (each) => cancelForLocal(agent, effect.flight, each));
        break;
      case "sync-node":
        toService(agent, nowMs, out, (each) => syncNodeAgain(agent.service, nowMs, each));
        break;
      case "unreadable":
        onLocalUnreadable(agent, effect.reason, out);
        break;
      default:
        unreachable(effect);
    }
  }
}

function askForLocal(
  agent: Agent,
  { flight, request }: Extract<LocalEffect, { type: "ask" }>,
  nowMs: number,
  out: Effect[],
): void {
  const to = { by: "duty", duty: { kind: "local", flight } } as const;
  toService(agent, nowMs, out, (effects) => {
    const response = ask(agent.service, to, request, nowMs, effects);
    if (response !== undefined) effects.push({ type: "answer", to, response });
  });
}

function cancelForLocal({ service }: Agent, flight: number, out: ServiceEffect[]): void {
  cancelDuty(service, (duty) => duty.kind === "local" && duty.flight === flight, out);
}

/** Most events are news to be remembered; some ask for a command to be run. */
function onUserEvent(
  agent: Agent,
  effect: Extract<GossipEffect, { type: "user-event" }>,
  nowMs: number,
  out: Effect[],
): void {
  const asked = onSerfEvent(agent, effect, out);
  if (asked !== undefined)
    toService(agent, nowMs, out, (effects) => startExec(agent, asked, nowMs, effects, out));
}

/** The answer, or that of the leader where a server told it that is too far behind. */
function answerCaller(
  agent: Agent,
  to: Extract<Origin, { by: "http" }>,
  response: Response,
  nowMs: number,
  out: Effect[],
): void {
  const view = agent.views.get(to.id);
  if (view === undefined || !isTooStale(view, response)) return answerHttp(agent, to.id, response, out);
  const effects: ServiceEffect[] = [];
  const now = askLeader(agent, to.id, view, nowMs, effects);
  if (now !== undefined) effects.push({ type: "answer", to, response: now });
  carryOutService(agent, effects, nowMs, out);
}

/** An answer of the desk, to whoever asked it. */
function answer(agent: Agent, to: Origin, response: Response, nowMs: number, out: Effect[]): void {
  if (to.by === "http") return answerCaller(agent, to, response, nowMs, out);
  if (to.by === "duty" && to.duty.kind === "local")
    return answerLocal(agent, to.duty.flight, response, nowMs, out);
  const effects: ServiceEffect[] = [];
  if (to.by === "peer") sendAnswer(to.peer, to.seq, response, effects);
  else if (to.duty.kind === "remote-exec") onExecAnswer(agent, to.duty.job, response, nowMs, effects, out);
  else if (to.duty.kind === "usage") onUsageAnswer(agent, to.duty, response, nowMs, effects, out);
  else if (to.duty.kind === "dns") onDnsAnswer(agent, to.duty, response, nowMs, effects, out);
  else onDutyAnswer(agent.service, to.duty, response, nowMs, effects);
  carryOutService(agent, effects, nowMs, out);
}

function answerLocal(agent: Agent, flight: number, response: Response, nowMs: number, out: Effect[]): void {
  toLocal(agent, nowMs, out, (local, around, effects) =>
    onLocalAnswer(local, flight, response, around, nowMs, effects),
  );
}
