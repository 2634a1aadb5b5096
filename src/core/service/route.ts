// Where a question goes: here, to the leader, to a server, or into the waiting room until there is a leader; and where it
// goes next when that comes to nothing. A read may be asked twice; a write that may have reached a leader is never asked
// again, for it may have happened.

import {
  type ApiError,
  apiError,
  CONNECTION_LOST,
  NO_DATACENTER,
  NO_LEADER,
  NO_SERVERS,
  TOO_MANY_OPEN,
} from "../api/error.ts";
import type { KeyringRequest } from "../api/keyring.ts";
import { notice } from "../api/notice.ts";
import { type EventFire, isRead, mustAskOnce, type ReadRequest, type ServerRequest } from "../api/request.ts";
import { failed, type Response } from "../api/response.ts";
import { chooseMs } from "../lib/chance.ts";
import { metricKey } from "../lib/metric-key.ts";
import { countMetric } from "../lib/metrics.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { isLeader } from "../raft/role.ts";
import type { RaftEffect } from "../raft/state.ts";
import { serfEventName } from "../wire/gossip/consul-events.ts";
import type { ForwardedRequest } from "../wire/rpc.ts";
import { answerAsk, dropAsk, isFull, moveAsk, openAsk } from "./asks.ts";
import { onCachedDue } from "./cache-answers.ts";
import { KEYRING_PATIENCE_MS, pollKeyring } from "./keyring.ts";
import { onTransferOverdue, serveOperator } from "./operator.ts";
import { FAILOVER_MS } from "./query-run.ts";
import { putBehind, tellOfCycling } from "./rotation.ts";
import { countServers, nextServer, putLast } from "./router.ts";
import { rpcMethod } from "./rpc-methods.ts";
import { overRate } from "./rpc-rate.ts";
import { answerAtOnce, mayReadStale, serveAsk, serverAddress } from "./serve.ts";
import type { Ask, Duty, Origin, Server, Service, ServiceEffect } from "./state.ts";

const TIMED_OUT: ApiError = apiError("connection-lost", "i/o timeout");

/** How long to wait before asking again when the one we took for the leader says that it is not. */
const RETRY_MS: readonly [number, number] = [20, 60];

/** A server that does not say how it is for so long is not well (Consul's autopilot). */
const WATCH_PATIENCE_MS = 1000;

/** Blocking queries looked at in one turn: a key with ten thousand watchers must not hold up everything else. */
const MAX_WOKEN_PER_TURN = 256;

/**
 * Puts a question to this agent.
 * @param datacenter Whose servers shall answer it; "" for ours.
 * @returns The answer, when there is one on the spot; otherwise effect `answer` brings it.
 */
export function ask(
  service: Service,
  origin: Origin,
  request: ServerRequest,
  nowMs: number,
  out: ServiceEffect[],
  datacenter = "",
): Response | undefined {
  const { server, config } = service;
  const ours = datacenter === "" || datacenter === config.datacenter;
  const here = server !== undefined && (ours || (PLANTED && planted(config, "datacenter-ignored")));
  if (here && request.kind === "event.fire") {
    out.push(fireEvent(origin, request));
    return undefined;
  }
  const refused = overRate(service, origin, nowMs);
  if (refused !== undefined) return refused;
  const response = here ? answerAtOnce(service, server, request, nowMs) : undefined;
  if (response !== undefined) return response;
  if (isFull(service) && origin.by !== "duty") return failed(TOO_MANY_OPEN);
  routeAsk(service, openAsk(service, origin, request, datacenter, nowMs), nowMs, out);
  return undefined;
}

/** Any server tells an event to all: gossip knows no leader. */
export function fireEvent(to: Origin, { name, payload }: EventFire): ServiceEffect {
  return { type: "fire-event", name: serfEventName(name), payload, to };
}

/** Puts a question to one server and no other. */
export function askServer(
  service: Service,
  origin: Origin,
  peer: string,
  request: ServerRequest,
  nowMs: number,
  out: ServiceEffect[],
): void {
  forwardAsk(service, openAsk(service, origin, request, "", nowMs), peer, true, nowMs, out);
}

/** Sends a question where it can be answered: here, to the leader, to a server; or holds it until there is one. */
export function routeAsk(service: Service, ask: Ask, nowMs: number, out: ServiceEffect[]): void {
  const { server } = service;
  if (server !== undefined && ask.datacenter !== "") return routeElsewhere(service, ask, nowMs, out);
  if (server !== undefined && servesHere(service, ask) && serve(service, server, ask, nowMs, out)) return;
  const peer = server === undefined ? service.preference[0] : server.raft.leader;
  if (peer !== undefined && peer !== service.config.nodeId)
    return forwardAsk(service, ask, peer, false, nowMs, out);
  if (server === undefined) {
    out.push(notice("warn", "router.manager", "No servers available"));
    return answerAsk(service, ask, failed(NO_SERVERS), out);
  }
  holdAsk(service, ask, Number.POSITIVE_INFINITY, nowMs, out);
}

/**
 * To any server of the datacenter, which takes it for a question of its own. A server asks another datacenter only for its
 * own agents, so that nothing can go round in circles.
 */
function routeElsewhere(service: Service, ask: Ask, nowMs: number, out: ServiceEffect[]): void {
  const { origin, datacenter } = ask;
  const forServer = origin.by === "peer" && service.router.servers.has(origin.peer);
  const peer = forServer ? undefined : nextServer(service, datacenter);
  if (peer === undefined) {
    const message = "RPC request for DC is currently failing as no path was found";
    out.push(notice("warn", "server.rpc", message, { datacenter, method: rpcMethod(ask.request) }));
    return answerAsk(service, ask, failed(NO_DATACENTER), out);
  }
  countMetric(service.telemetry, metricKey("rpc.cross-dc", "datacenter", datacenter));
  forwardAsk(service, ask, peer, false, nowMs, out);
}

function serve(service: Service, server: Server, ask: Ask, nowMs: number, out: ServiceEffect[]): boolean {
  const { request } = ask;
  if (request.kind === "operator.keyring") return servePoll(service, ask, request, nowMs, out);
  return request.kind === "operator.remove-peer" || request.kind === "operator.transfer-leader"
    ? serveOperator(service, server, ask, request, nowMs, out)
    : serveAsk(service, server, ask, nowMs, out);
}

/** Our own pools are asked, and a server of each other datacenter. */
function servePoll(
  service: Service,
  row: Ask,
  request: KeyringRequest,
  nowMs: number,
  out: ServiceEffect[],
): boolean {
  for (const errand of pollKeyring(service, row, request, nowMs, out)) {
    const { datacenter } = errand;
    const duty: Duty = { kind: "keyring", ask: row.id, datacenter };
    ask(service, { by: "duty", duty }, errand.request, nowMs, out, datacenter);
  }
  return true;
}

function servesHere(service: Service, { request }: Ask): boolean {
  const { server } = service;
  if (server === undefined) return false;
  // Any server asks the pools, whatever becomes of the log.
  if (request.kind === "operator.keyring") return true;
  if (!server.recovered) return false;
  if (isLeader(server.raft)) return true;
  if (isRead(request)) return followerServes(service, server, request);
  if (request.kind === "status.raft") return true;
  return request.kind === "operator.raft-configuration" && request.stale;
}

/**
 * Stale reads are anybody's. For a consistent one the leader is asked only how far it is; the work of answering stays here.
 * A default read costs the leader no round, and an archive is its own snapshot: these are the leader's.
 */
function followerServes(service: Service, server: Server, { kind, options }: ReadRequest): boolean {
  if (options.consistency === "stale") return mayReadStale(service, server);
  return options.consistency === "consistent" && kind !== "snapshot.open" && server.raft.leader !== undefined;
}

/** Keeps a question until there is a leader, or until it has waited long enough. */
function holdAsk(service: Service, ask: Ask, retryAtMs: number, nowMs: number, out: ServiceEffect[]): void {
  const untilMs = heldUntilMs(service, ask);
  if (nowMs >= untilMs) return answerAsk(service, ask, failed(NO_LEADER), out);
  moveAsk(service, ask, { at: "held" }, Math.min(retryAtMs, untilMs));
}

/**
 * A client agent's question is given back when half of the time for a leader is over: the leader that this server lacks may be
 * there for another, which is then asked in the other half. Consul's server takes all of it, and the caller gets the error.
 */
function heldUntilMs({ config, servers }: Service, { origin, holdUntilMs }: Ask): number {
  if (PLANTED && planted(config, "client-held-to-the-end")) return holdUntilMs;
  const byClient = origin.by === "peer" && !servers.has(origin.peer);
  return byClient ? holdUntilMs - config.rpcHoldTimeoutMs / 2 : holdUntilMs;
}

function forwardAsk(
  service: Service,
  ask: Ask,
  peer: string,
  pinned: boolean,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { datacenter: dc, request } = ask;
  const seq = service.firstSeq + ask.id;
  const message: ForwardedRequest =
    dc === "" ? { type: "request", seq, request } : { type: "request", seq, request, dc };
  const address = serverAddress(service, service.server, peer);
  moveAsk(service, ask, { at: "forwarded", peer, pinned }, nowMs + patience(service, ask));
  out.push({ type: "message", to: peer, address, message });
}

/** How long a passed question may take: as long as it may wait for news there, and for a leader. */
function patience(service: Service, { origin, request }: Ask): number {
  if (origin.by === "duty" && (origin.duty.kind === "watch-server" || origin.duty.kind === "try-server"))
    return WATCH_PATIENCE_MS;
  if (request.kind === "operator.keyring") return KEYRING_PATIENCE_MS;
  // The last datacenter may be asked just before its time is up.
  if (request.kind === "query.execute") return FAILOVER_MS + 2 * service.config.rpcHoldTimeoutMs;
  const waits = isRead(request) && request.options.minIndex > 0 ? request.options.waitMs * (1 + 1 / 16) : 0;
  const { rpcHoldTimeoutMs, rpcClientTimeoutMs } = service.config;
  if (service.server !== undefined) return waits + rpcHoldTimeoutMs;
  // A server that a client agent asks is patient itself with the one that it asks: who gives up first knows least.
  return waits + (rpcClientTimeoutMs ?? 2 * rpcHoldTimeoutMs);
}

/** Errors that crossed from one agent to another say so, as Consul's do, once for each crossing. */
export function overRpc({ code, detail }: ApiError): ApiError {
  return apiError(code, `rpc error making call: ${detail}`);
}

/** Asks again soon: the one we asked has done nothing. */
export function retryLater(service: Service, row: Ask, nowMs: number, out: ServiceEffect[]): void {
  const [least, most] = RETRY_MS;
  holdAsk(service, row, nowMs + chooseMs(service.chance, "service.retry", least, most), nowMs, out);
}

/** Forgets a question; whoever was asked on its behalf may forget it too. A write that is on its way goes on. */
export function cancelAsk(service: Service, row: Ask, out: ServiceEffect[]): void {
  dropAsk(service, row);
  if (row.stage.at !== "forwarded" || mustAskOnce(row.request)) return;
  sendCancel(row.stage.peer, service.firstSeq + row.id, out);
}

/** The agent itself does not want the answer for one of its duties any more. */
export function cancelDuty(service: Service, isMeant: (duty: Duty) => boolean, out: ServiceEffect[]): void {
  for (const row of service.asks.values())
    if (row.origin.by === "duty" && isMeant(row.origin.duty)) return cancelAsk(service, row, out);
}

/** The connection to a peer broke: what it asked is of no use to it, what we asked it will not answer. */
export function onPeerLost(service: Service, peer: string, nowMs: number, out: ServiceEffect[]): void {
  const { preference } = service;
  const place = preference.indexOf(peer);
  // A client agent asks another server first from now on.
  if (place >= 0) preference.push(...preference.splice(place, 1));
  if (place === 0 && preference.length > 1) tellOfCycling(service, peer, out);
  putLast(service, peer);
  for (const row of [...service.asks.values()]) {
    if (row.origin.by === "peer" && row.origin.peer === peer) dropAsk(service, row);
    else if (row.stage.at === "forwarded" && row.stage.peer === peer) {
      tellOfFailedRpc(service, row, peer, CONNECTION_LOST, out);
      reask(service, row, nowMs, out);
    }
  }
}

/** A server that a client agent asked did not answer, or refused. */
export function tellOfFailedRpc(
  service: Service,
  { request }: Ask,
  peer: string,
  error: ApiError,
  out: ServiceEffect[],
): void {
  const { telemetry, server, servers } = service;
  if (server !== undefined) return;
  const known = servers.get(peer);
  countMetric(telemetry, metricKey("client.rpc.failed", "server", known?.name ?? peer));
  const fields = { method: rpcMethod(request), server: known?.address ?? peer, error: overRpc(error).detail };
  out.push(notice("error", "client", "RPC failed to server", fields));
}

function reask(service: Service, row: Ask, nowMs: number, out: ServiceEffect[]): void {
  const pinned = row.stage.at === "forwarded" && row.stage.pinned;
  const again = PLANTED && planted(service.config, "datacenter-writes-asked-twice") && row.datacenter !== "";
  if (pinned || (mustAskOnce(row.request) && !again))
    return answerAsk(service, row, failed(overRpc(CONNECTION_LOST)), out);
  if (service.server !== undefined && row.datacenter !== "") return reaskElsewhere(service, row, nowMs, out);
  retryLater(service, row, nowMs, out);
}

/** The next server of that datacenter, until all were asked in vain. */
function reaskElsewhere(service: Service, row: Ask, nowMs: number, out: ServiceEffect[]): void {
  row.lost++;
  if (row.lost < countServers(service, row.datacenter)) return routeAsk(service, row, nowMs, out);
  answerAsk(service, row, failed(overRpc(CONNECTION_LOST)), out);
}

/** Looks at the blocking queries that something changed for: a turn's share of them. */
export function serveWoken(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  let left = MAX_WOKEN_PER_TURN;
  for (const id of server.woken) {
    if (left-- === 0) return;
    server.woken.delete(id);
    const row = service.asks.get(id);
    if (PLANTED && row !== undefined && isFresh(service, row, nowMs)) continue;
    if (row?.stage.at === "waiting") routeAsk(service, row, nowMs, out);
  }
}

/** Whether a question came just now: a watch that is set a moment after the read would miss what happens in between. */
function isFresh({ config }: Service, { holdUntilMs }: Ask, nowMs: number): boolean {
  return planted(config, "watch-set-after-read") && nowMs < holdUntilMs - config.rpcHoldTimeoutMs + 5;
}

/**
 * Reads that no quorum confirmed in time: another leader is asked; the same one again in a while, if it was it who said no
 * and no other is known yet.
 */
export function onUnreadable(
  service: Service,
  { ids, refused }: Extract<RaftEffect, { type: "unreadable" }>,
  nowMs: number,
  out: ServiceEffect[],
): void {
  for (const id of ids) {
    const row = service.asks.get(id);
    if (row?.stage.at !== "confirming") continue;
    if (refused) retryLater(service, row, nowMs, out);
    else routeAsk(service, row, nowMs, out);
  }
}

/** Our log has been read: who asked what is in it can be told. Servers that start together wait for that, to begin as one. */
export function answerReadOfLog(service: Service, nowMs: number, out: ServiceEffect[]): void {
  for (const row of [...service.asks.values()])
    if (row.stage.at === "held" && row.request.kind === "status.raft") routeAsk(service, row, nowMs, out);
}

/** Who leads has changed: what waits for a leader, or for one that is none any more, is asked again. */
export function onLeaderChange(service: Service, nowMs: number, out: ServiceEffect[]): void {
  const { server } = service;
  if (server === undefined) return;
  const { leader } = server.raft;
  for (const row of [...service.asks.values()]) {
    const { stage, request } = row;
    if (stage.at === "held" && leader !== undefined) routeAsk(service, row, nowMs, out);
    else if (stage.at === "waiting" && isRead(request) && request.options.consistency !== "stale")
      routeAsk(service, row, nowMs, out);
    else if (isForLeader(row) && stage.at === "forwarded" && stage.peer !== leader && !mustAskOnce(request)) {
      sendCancel(stage.peer, service.firstSeq + row.id, out);
      routeAsk(service, row, nowMs, out);
    }
  }
}

/** Passed to who led, or was taken for it; not to a server for its own sake, nor to another datacenter. */
function isForLeader({ stage, datacenter }: Ask): boolean {
  return stage.at === "forwarded" && !stage.pinned && datacenter === "";
}

function sendCancel(peer: string, seq: number, out: ServiceEffect[]): void {
  out.push({ type: "message", to: peer, address: undefined, message: { type: "cancel", seq } });
}

/** A row's time is up. */
export function onAskDue(service: Service, row: Ask, nowMs: number, out: ServiceEffect[]): void {
  switch (row.stage.at) {
    case "held":
      if (nowMs >= heldUntilMs(service, row)) return answerAsk(service, row, failed(NO_LEADER), out);
      return routeAsk(service, row, nowMs, out);
    case "forwarded":
      // It may be cut off, and nobody knows it yet.
      putLast(service, row.stage.peer);
      tellOfFailedRpc(service, row, row.stage.peer, TIMED_OUT, out);
      putBehind(service, row.stage.peer, out);
      return answerAsk(service, row, failed(overRpc(TIMED_OUT)), out);
    case "cached":
      return onCachedDue(service, row, row.stage.key, nowMs, out);
    case "waiting":
      return routeAsk(service, row, nowMs, out);
    case "confirming":
    case "applying":
      return answerAsk(
        service,
        row,
        failed(apiError("no-leader", "Not ready to serve consistent reads")),
        out,
      );
    case "polling":
      return answerAsk(service, row, failed(TIMED_OUT), out);
    case "handing-over":
      return onTransferOverdue(service, row, out);
    case "proposed":
    case "transferring":
    case "failing-over":
      return;
  }
}
