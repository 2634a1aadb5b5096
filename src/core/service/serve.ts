// Answering: what a server does with a question that is its own to answer. Writes go into the log and are answered when
// they are applied; reads are answered from the store once the consistency that they ask for is certain.

import { apiError, LEADERSHIP_LOST } from "../api/error.ts";
import type { IntentionWrite } from "../api/intention.ts";
import type { SnapshotOpen } from "../api/operator.ts";
import type { QueryRun } from "../api/prepared-query.ts";
import {
  isRead,
  isWrite,
  type KvWrite,
  type ReadRequest,
  type ServerRequest,
  type WriteRequest,
} from "../api/request.ts";
import { failed, type RaftStatus, type Response, type ResponseBody } from "../api/response.ts";
import { assert } from "../lib/assert.ts";
import { chooseMs } from "../lib/chance.ts";
import { countMetric } from "../lib/metrics.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { entryAt, lastTerm, latestConfiguration } from "../raft/log.ts";
import { holdsLease, requestRead } from "../raft/read-index.ts";
import { isLeader } from "../raft/role.ts";
import { propose } from "../raft/step.ts";
import { applyCommand, noteApplied } from "../store/apply.ts";
import type { Command } from "../store/commands.ts";
import type { Outcome } from "../store/store.ts";
import { collectWoken } from "../store/watch.ts";
import { encodeCommand, MAX_COMMAND_BYTES } from "../wire/command.ts";
import { openSnapshot, serveArchive } from "./archives.ts";
import { answerAsk, moveAsk, noteConfirmed } from "./asks.ts";
import { configRequestFault } from "./config-entries.ts";
import { gatherCoordinate } from "./coordinates.ts";
import { forgetAnswersOn } from "./dns-answers.ts";
import { bodyFilter } from "./filters.ts";
import { noteApplying } from "./fsm-metrics.ts";
import { completedIntention, intentionFault } from "./intention-rules.ts";
import { noteLookup, noteRead } from "./lookups.ts";
import { queryFault, withQueryId } from "./query-rules.ts";
import { failoverStage, isQueryRun, runQuery } from "./query-run.ts";
import { queryMeta, readFault, readResponse, watchKeys } from "./reads.ts";
import { registrationFault } from "./registration-rules.ts";
import { forgetReadsOn, readTables } from "./remembered-reads.ts";
import { noteRestoreApplied } from "./restoring.ts";
import { listDatacenters } from "./router.ts";
import { clusterHealth } from "./server-health.ts";
import { isHeldOff, noteSessions, renewSession, sessionFault, withSessionId } from "./sessions.ts";
import type { Ask, Server, Service, ServiceEffect } from "./state.ts";
import { txnFaults } from "./txn-rules.ts";
import { datacenterCoordinates, datacenterDistanceMs } from "./wan-coordinates.ts";

/**
 * Answers what can be answered on the spot: status, stale reads, and a leader's reads within its lease.
 * @returns undefined when the question needs a row.
 */
export function answerAtOnce(
  service: Service,
  server: Server,
  request: ServerRequest,
  nowMs: number,
): Response | undefined {
  if (isRead(request)) {
    const { options } = request;
    if (options.consistency === "consistent" || request.kind === "snapshot.open") return undefined;
    if (!readsHere(service, server, options.consistency, nowMs)) return undefined;
    return readNow(service, server, request, nowMs);
  }
  switch (request.kind) {
    case "status.leader":
      return { ok: true, body: { kind: "leader", address: leaderAddress(service, server) } };
    case "catalog.datacenters":
      return {
        ok: true,
        body: {
          kind: "datacenters",
          names: listDatacenters(service, (names) => datacenterDistanceMs(service, names)),
        },
      };
    case "status.peers":
      return { ok: true, body: { kind: "peers", addresses: peerAddresses(server) } };
    case "status.raft":
      // Who asks while the log is still being read is answered as soon as it is known what is in it (route.ts).
      return server.recovered
        ? { ok: true, body: { kind: "raft-status", status: raftStatus(server, nowMs) } }
        : undefined;
    case "coordinate.update":
      return isLeader(server.raft) ? gatherCoordinate(service, request, nowMs) : undefined;
    case "coordinate.datacenters":
      return datacenterCoordinates(service);
    case "operator.raft-configuration":
      return request.stale || isLeader(server.raft) ? raftConfiguration(service, server) : undefined;
    case "operator.autopilot-health":
      return isLeader(server.raft)
        ? { ok: true, body: { kind: "autopilot-health", health: clusterHealth(service, server, nowMs) } }
        : undefined;
    case "snapshot.read":
    case "restore.open":
    case "restore.push":
    case "restore.finish":
      return serveArchive(service, server, request, nowMs);
    default:
      return undefined;
  }
}

/** Not before the first word of a leader: until then the store may be empty, and an empty answer is an answer. */
export function mayReadStale(service: Service, server: Server): boolean {
  return server.heardLeader || (PLANTED && planted(service.config, "service-reads-before-leader"));
}

/** Whether everything committed is applied and nobody else can lead yet, so that our store is the truth. */
function mayReadHere(server: Server, nowMs: number): boolean {
  return holdsLease(server.raft, nowMs) && server.store.lastApplied >= server.raft.commitIndex;
}

/** Whether a read of this consistency could be answered here and now. */
export function readsHere(
  service: Service,
  server: Server,
  consistency: "stale" | "default",
  nowMs: number,
): boolean {
  return consistency === "stale" ? mayReadStale(service, server) : mayReadHere(server, nowMs);
}

/**
 * Bytes of committed entries that are applied in one turn: a server that restarts with a long log, or is far behind, must
 * still hear and answer its peers in between. An entry costs something however short it is.
 */
const MAX_APPLIED_PER_TURN = 2 << 20;
const ENTRY_COST = 512;

function blocks(request: ReadRequest, index: number): boolean {
  return request.options.minIndex > 0 && index <= request.options.minIndex;
}

/** Answers a read whose consistency is certain; undefined when it is to wait for news. */
function readNow(
  service: Service,
  server: Server,
  request: Exclude<ReadRequest, SnapshotOpen>,
  nowMs: number,
  waits = true,
): Response | undefined {
  noteRead(service.telemetry, request);
  if (isQueryRun(request)) {
    const ran = runQuery(service, server, request);
    if (ran.kind === "failover") return undefined;
    return ran.kind === "refused"
      ? failed(ran.error)
      : readResponse(server, request, { body: ran.body, index: 0 }, nowMs);
  }
  const fault = readFault(server.store, request);
  if (fault !== undefined) return failed(fault);
  if (request.kind === "session.renew") renewSession(service, server, request.id, nowMs);
  const filter = bodyFilter(request);
  if (!filter.ok) return failed(apiError("refused", filter.error));
  const result = readTables(server.reads, server.store, request);
  if (waits && blocks(request, result.index)) return undefined;
  const kept = filter.keep(result.body);
  if (!kept.ok) return failed(apiError("refused", kept.error));
  noteLookup(service.telemetry, request, kept.body);
  return readResponse(server, request, { ...result, body: kept.body }, nowMs);
}

/**
 * Takes up a question whose place to be answered is here: a leader's, or a stale read's.
 * @returns false when this server does not lead after all: nothing was done, and another may be asked.
 */
export function serveAsk(
  service: Service,
  server: Server,
  ask: Ask,
  nowMs: number,
  out: ServiceEffect[],
): boolean {
  const { request } = ask;
  if (isWrite(request)) return serveWrite(service, server, ask, request, nowMs, out);
  if (isRead(request)) return serveRead(service, server, ask, request, nowMs, out);
  const response = answerAtOnce(service, server, request, nowMs);
  assert(response !== undefined, "what is neither read nor write is answered on the spot");
  answerAsk(service, ask, response, out);
  return true;
}

function serveWrite(
  service: Service,
  server: Server,
  ask: Ask,
  request: WriteRequest,
  nowMs: number,
  out: ServiceEffect[],
): boolean {
  if (isLock(request) && request.key !== "" && isHeldOff(service, server, request.key, nowMs)) {
    answerAsk(service, ask, { ok: true, body: { kind: "applied", applied: false } }, out);
    return true;
  }
  if (request.kind === "txn.apply") {
    const faults = txnFaults(request.ops, (key) => isHeldOff(service, server, key, nowMs));
    if (faults.length > 0) {
      answerAsk(service, ask, { ok: true, body: { kind: "txn", results: [], faults } }, out);
      return true;
    }
  }
  const command = encodeCommand(completed(service, server, request, nowMs));
  // What a leader registers itself is gossip's word, and needs no more than that: Consul does not judge it either.
  const own = ask.origin.by === "duty" && ask.origin.duty.kind === "leader";
  const invalid = own ? undefined : validate(service, server, request, command.length);
  const taken = invalid === undefined ? propose(server.raft, command) : undefined;
  // While leadership is handed over the question waits for whoever leads then.
  if (taken === "not-leader" || taken === "transferring") return false;
  if (taken === undefined || taken === "too-much-uncommitted")
    answerAsk(
      service,
      ask,
      failed(apiError("refused", invalid ?? "too many writes under way, try again later")),
      out,
    );
  else moveAsk(service, ask, { at: "proposed", ...taken }, Number.POSITIVE_INFINITY);
  return true;
}

function isIntentionWrite(request: WriteRequest): request is IntentionWrite {
  return request.kind.startsWith("intention.");
}

function isLock(request: WriteRequest): request is KvWrite {
  return request.kind === "kv.write" && request.verb === "lock";
}

/** With what only the leader can say: a session's id; of a lock, up to which entry it has looked for lock-delays. */
function completed(service: Service, server: Server, request: WriteRequest, nowMs: number): WriteRequest {
  if (request.kind === "session.create") return withSessionId(service, server, request);
  if (request.kind === "query.set") return withQueryId(service, server, request);
  if (request.kind === "intention.set" || request.kind === "intention.upsert")
    return completedIntention(service, server, request, nowMs);
  const index = server.store.lastApplied + server.store.indexShift;
  if (isLock(request)) return { ...request, index };
  if (request.kind === "txn.apply") {
    const ops = request.ops.map((op) => (op.on === "kv" && op.verb === "lock" ? { ...op, index } : op));
    return { ...request, ops };
  }
  return PLANTED && planted(service.config, "kv-cas-before-log") ? judgedHere(server, request) : request;
}

/** A compare-and-set that holds now as a plain write, which asks no more when it is applied. Never, in a sound server. */
function judgedHere({ store }: Server, request: WriteRequest): WriteRequest {
  if (request.kind !== "kv.write" || request.verb !== "cas") return request;
  const holds = (store.kv.get(request.key)?.modifyIndex ?? 0) === request.index;
  return holds ? { ...request, verb: "set" } : request;
}

/** What a write must have before it may enter the log. @returns The refusal's text. */
function validate(
  { config }: Service,
  server: Server,
  request: WriteRequest,
  commandBytes: number,
): string | undefined {
  if (commandBytes > MAX_COMMAND_BYTES)
    return `a write of ${commandBytes} bytes is too large: at most ${MAX_COMMAND_BYTES} can be replicated`;
  if (request.kind === "kv.write")
    return request.key === "" && request.verb !== "delete-tree" ? "Must provide key" : undefined;
  if (request.kind === "session.create") return sessionFault(request, config);
  if (request.kind === "session.destroy") return request.id === "" ? "Must provide ID" : undefined;
  if (
    request.kind === "config.set" ||
    request.kind === "config.delete" ||
    request.kind === "config.delete-cas"
  )
    return configRequestFault(request);
  if (request.kind === "query.set" || request.kind === "query.delete") return queryFault(server, request);
  if (isIntentionWrite(request)) return intentionFault(server, request);
  if (request.kind === "autopilot.set" || request.kind === "txn.apply") return undefined;
  if (request.kind === "catalog.register") return registrationFault(request);
  if (request.node === "") return "Must provide node";
  return request.kind === "catalog.register-node" && request.address === ""
    ? "Must provide address"
    : undefined;
}

function serveRead(
  service: Service,
  server: Server,
  ask: Ask,
  request: ReadRequest,
  nowMs: number,
  out: ServiceEffect[],
): boolean {
  const { consistency: asked } = request.options;
  const trusting = PLANTED && planted(service.config, "read-consistent-by-lease");
  const consistency = trusting && asked === "consistent" ? "default" : asked;
  const free = consistency === "stale" || (consistency === "default" && mayReadHere(server, nowMs));
  if (free) answerRead(service, server, ask, request, nowMs, out);
  else if (requestRead(server.raft, ask.id)) {
    if (asked === "consistent") countMetric(service.telemetry, "raft.verify_leader");
    moveAsk(
      service,
      ask,
      { at: "confirming" },
      Math.max(ask.holdUntilMs, nowMs + service.config.rpcHoldTimeoutMs),
    );
  } else return false;
  return true;
}

/** The consistency is certain: answer, or wait until there is something new to answer. */
function answerRead(
  service: Service,
  server: Server,
  ask: Ask,
  request: ReadRequest,
  nowMs: number,
  out: ServiceEffect[],
): void {
  if (request.kind === "snapshot.open") {
    const opened = openSnapshot(service, server, nowMs);
    return answerAsk(service, ask, opened.ok ? readResponse(server, request, opened, nowMs) : opened, out);
  }
  if (isQueryRun(request)) return answerRun(service, server, ask, request, nowMs, out);
  const response = readNow(service, server, request, nowMs);
  if (response !== undefined) return answerAsk(service, ask, response, out);
  if (ask.waitUntilMs === 0) {
    // A sixteenth more, by chance, so that a thousand clients that started together do not come back together.
    const { waitMs } = request.options;
    ask.waitUntilMs = nowMs + waitMs + chooseMs(service.chance, "service.wait-jitter", 0, waitMs / 16);
  }
  const late = nowMs >= ask.waitUntilMs ? readNow(service, server, request, nowMs, false) : undefined;
  if (late !== undefined) return answerAsk(service, ask, late, out);
  moveAsk(service, ask, { at: "waiting", on: watchKeys(server.store, request) }, ask.waitUntilMs);
}

/** What finds nothing here goes on elsewhere, from the next wake-up on. */
function answerRun(
  service: Service,
  server: Server,
  ask: Ask,
  request: QueryRun,
  nowMs: number,
  out: ServiceEffect[],
): void {
  noteRead(service.telemetry, request);
  const ran = runQuery(service, server, request);
  if (ran.kind === "refused") return answerAsk(service, ask, failed(ran.error), out);
  if (ran.kind === "failover")
    return moveAsk(service, ask, failoverStage(ran, queryMeta(server, request, 0, nowMs), nowMs), nowMs);
  answerAsk(service, ask, readResponse(server, request, { body: ran.body, index: 0 }, nowMs), out);
}

/** These reads' leader is certain: they are served once what was committed when they came is applied. */
export function onReadable(
  service: Service,
  server: Server,
  ids: readonly number[],
  index: number,
  nowMs: number,
  out: ServiceEffect[],
): void {
  for (const id of ids) {
    const ask = service.asks.get(id);
    if (ask?.stage.at !== "confirming") continue;
    const early = PLANTED && planted(service.config, "read-before-applied");
    if (early || server.store.lastApplied >= index) answerConfirmed(service, server, ask, nowMs, out);
    else moveAsk(service, ask, { at: "applying", index }, ask.holdUntilMs);
  }
}

function answerConfirmed(
  service: Service,
  server: Server,
  ask: Ask,
  nowMs: number,
  out: ServiceEffect[],
): void {
  assert(isRead(ask.request), "only reads are confirmed");
  if (ask.request.options.consistency === "consistent") noteConfirmed(service, ask);
  answerRead(service, server, ask, ask.request, nowMs, out);
}

/** Whether there is more that is committed than has been applied: a turn's share of it is applied at the next wake-up. */
export function isBehind({ raft, store }: Server): boolean {
  return store.lastApplied < raft.commitIndex;
}

/**
 * Applies what is committed, a turn's share of it, answers whose writes these were, and notes whom the changes wake.
 */
export function applyCommitted(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  const { raft, store } = server;
  const { telemetry } = service;
  const heard = telemetry && ((command: Command): void => noteApplying(telemetry, command));
  let left = MAX_APPLIED_PER_TURN;
  while (isBehind(server) && left > 0) {
    const entry = entryAt(raft.log, store.lastApplied + 1);
    left -= ENTRY_COST + entry.data.length;
    if (entry.kind === "command") {
      const outcome = applyCommand(store, entry.index, entry.data, service.config, server.touched, heard);
      answerProposal(service, server, entry.index, entry.term, outcome, out);
      noteRestoreApplied(service, entry.index, entry.term, outcome, nowMs, out);
    } else {
      noteApplied(store, entry.index);
      answerProposal(service, server, entry.index, entry.term, undefined, out);
      noteRestoreApplied(service, entry.index, entry.term, undefined, nowMs, out);
    }
  }
  for (const touched of server.touched) {
    forgetReadsOn(server.reads, touched, service.config);
    forgetAnswersOn(server.dnsAnswers, touched, service.config);
  }
  for (const touched of server.touched)
    if (!(PLANTED && planted(service.config, "watch-misses-delete") && isGone(server, touched)))
      collectWoken(server.watches, touched, server.woken);
  noteSessions(service, server, server.touched, nowMs);
  if (server.touched.some(({ table }) => table === "everything")) endWaits(service, nowMs);
  server.touched.length = 0;
  serveApplying(service, server, nowMs, out);
}

/** Serves the reads that waited for what is applied by now. */
export function serveApplying(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  for (const id of [...server.applying]) {
    const ask = service.asks.get(id);
    if (ask?.stage.at === "applying" && ask.stage.index <= server.store.lastApplied)
      answerConfirmed(service, server, ask, nowMs, out);
  }
}

/** Whoever waits for anything looks again. */
export function wakeAll({ watches, woken }: Server): void {
  collectWoken(watches, { table: "everything" }, woken);
}

/** Another state is in the place of all: whoever waits for news of the old one is answered, as Consul does. */
function endWaits({ asks, duties }: Service, nowMs: number): void {
  for (const ask of asks.values()) if (ask.stage.at === "waiting") ask.waitUntilMs = nowMs;
  // This agent's own node may not be in it.
  duties.nodeSynced = false;
  duties.syncNodeAtMs = nowMs;
}

function isGone(server: Server, touched: Server["touched"][number]): boolean {
  return touched.table === "kv" && !server.store.kv.has(touched.key);
}

function answerProposal(
  service: Service,
  server: Server,
  index: number,
  term: number,
  outcome: Outcome | undefined,
  out: ServiceEffect[],
): void {
  const ask = service.asks.get(server.proposed.get(index) ?? 0);
  if (ask?.stage.at !== "proposed") return;
  // Another leader's entry took the place of ours, which is gone for good.
  const changes = ask.request.kind === "operator.remove-peer";
  if (ask.stage.term !== term || (outcome === undefined && !changes))
    return answerAsk(service, ask, failed(LEADERSHIP_LOST), out);
  if (outcome === undefined) return answerAsk(service, ask, { ok: true, body: { kind: "done" } }, out);
  if (!outcome.ok) return answerAsk(service, ask, failed(apiError("refused", outcome.error)), out);
  answerAsk(service, ask, { ok: true, body: bodyOf(outcome) }, out);
}

function bodyOf({ applied, session, query, intention, txn }: Extract<Outcome, { ok: true }>): ResponseBody {
  if (session !== undefined) return { kind: "session-created", id: session };
  if (query !== undefined) return { kind: "query-set", id: query };
  if (intention !== undefined) return { kind: "intention-set", id: intention };
  return txn === undefined ? { kind: "applied", applied } : { kind: "txn", ...txn };
}

/** This server leads no longer: what it had put into its log may be committed by the next leader, or lost. */
export function failProposals(service: Service, server: Server, out: ServiceEffect[]): void {
  for (const id of [...server.proposed.values()]) {
    const ask = service.asks.get(id);
    if (ask !== undefined) answerAsk(service, ask, failed(LEADERSHIP_LOST), out);
  }
}

function leaderAddress(service: Service, server: Server): string {
  const { leader } = server.raft;
  return leader === undefined ? "" : (serverAddress(service, server, leader) ?? "");
}

/** Where a server takes RPC: gossip's word if there is one, else that of the configuration. */
export function serverAddress(service: Service, server: Server | undefined, id: string): string | undefined {
  const known = service.servers.get(id) ?? service.router.servers.get(id);
  if (known !== undefined) return known.address;
  if (server === undefined) return undefined;
  return latestConfiguration(server.raft.log).servers.find((each) => each.id === id)?.address;
}

export function raftStatus({ raft }: Server, nowMs: number): RaftStatus {
  const silence = isLeader(raft) ? 0 : nowMs - raft.leaderContactMs;
  return {
    term: raft.currentTerm,
    lastIndex: raft.log.lastIndex,
    lastTerm: lastTerm(raft.log),
    lastContactMs: Number.isFinite(silence) ? Math.max(0, silence) : -1,
    identity: raft.identity,
    servers: latestConfiguration(raft.log).servers.map(({ id }) => id),
  };
}

function peerAddresses(server: Server): string[] {
  return latestConfiguration(server.raft.log).servers.map(({ address }) => address);
}

function raftConfiguration(service: Service, server: Server): Response {
  const { index, servers } = latestConfiguration(server.raft.log);
  const rows = servers.map(({ id, address, voter }) => ({
    id,
    node:
      id === service.config.nodeId ? service.config.nodeName : (service.servers.get(id)?.name ?? "(unknown)"),
    address: serverAddress(service, server, id) ?? address,
    leader: server.raft.leader === id,
    voter,
  }));
  return { ok: true, body: { kind: "raft-configuration", servers: rows, index } };
}
