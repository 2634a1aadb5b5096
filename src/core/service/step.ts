// The desk's table of contents: what comes in from Raft, from gossip, from other agents and from time, what ends a turn,
// and when it next wants to be woken.

import { notice } from "../api/notice.ts";
import type { Response } from "../api/response.ts";
import type { MemberEvent } from "../gossip/ports.ts";
import { utf8Bytes } from "../lib/bytes.ts";
import { earliest, takeDue } from "../lib/deadline-heap.ts";
import { countMetric } from "../lib/metrics.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { Member } from "../model/member.ts";
import type { RaftEffect } from "../raft/state.ts";
import { NEW_LEADER_EVENT } from "../wire/gossip/consul-events.ts";
import type { ForwardedCancel, ForwardedRequest, ForwardedResponse } from "../wire/rpc.ts";
import { archivesDeadline, wakeArchives } from "./archives.ts";
import {
  autopilotDeadline,
  onCommitted,
  onHealthAnswer,
  restartAutopilot,
  wakeAutopilot,
} from "./autopilot.ts";
import { considerBootstrap, onBootstrapAnswer } from "./bootstrap.ts";
import { cacheDeadline, onCacheAnswer, wakeCache } from "./cache.ts";
import {
  lookAtServersAgain,
  onCoordinateSent,
  sendCoordinate,
  type TaggedMember,
} from "./coordinate-sync.ts";
import { flushCoordinates } from "./coordinates.ts";
import { noteMember } from "./directory.ts";
import { onForwardedCancel, onForwardedRequest, onForwardedResponse } from "./forward.ts";
import { onKeyringReport } from "./keyring.ts";
import { tellOfRaft, tellOfRole, tellOfServer } from "./log-lines.ts";
import { onNodeSynced, syncNode, syncNodeDeadline } from "./node-sync.ts";
import { onTransferred } from "./operator.ts";
import { advanceFailover, onFailoverAnswer } from "./query-failover.ts";
import { onTried, rebalance } from "./rebalance.ts";
import { onMemberEvent, reconcileAll } from "./reconcile.ts";
import { dropAbandonedRestore } from "./restoring.ts";
import { answerReadOfLog, onAskDue, onLeaderChange, onUnreadable, serveWoken } from "./route.ts";
import { applyCommitted, failProposals, isBehind, onReadable, serveApplying, wakeAll } from "./serve.ts";
import { reviewServers } from "./servers.ts";
import { onStoreReplaced, reapLockDelays, sessionsDeadline, stopTimers, wakeSessions } from "./sessions.ts";
import type { Duty, Server, Service, ServiceEffect } from "./state.ts";
import { reapTombstones } from "./tombstones.ts";
import { advanceTransfer, onTransferAnswer } from "./transfers.ts";

/** What is not for other servers, nor for the disk. */
export type ForService = Exclude<
  RaftEffect,
  { type: "send" | "store" | "snapshot-due" | "read-snapshot" | "keep-chunk" | "restore" }
>;

/** What Raft says to the desk. */
export function onRaftEffect(
  service: Service,
  server: Server,
  effect: ForService,
  nowMs: number,
  out: ServiceEffect[],
): void {
  switch (effect.type) {
    case "committed":
      applyCommitted(service, server, nowMs, out);
      return onCommitted(service, server, effect.index, nowMs, out);
    case "readable":
      return onReadable(service, server, effect.ids, effect.index, nowMs, out);
    case "unreadable":
      return onUnreadable(service, effect, nowMs, out);
    case "conflict":
      out.push(
        notice(
          "error",
          "server.raft",
          "refused entries that contradict committed ones; is the sender a server of this cluster?",
          { from: effect.from, commit_index: effect.index },
        ),
      );
      return;
    case "role":
      return onRole(service, server, effect, nowMs, out);
    case "transfer":
      return onTransfer(service, effect, nowMs, out);
    case "stranger":
      out.push(
        notice(
          "warn",
          "server.raft",
          "a server came back with another log than the one it was added with; it has to be let in again",
          { server: service.servers.get(effect.server)?.name ?? effect.server },
        ),
      );
      return reviewServers(service, server, nowMs, out);
  }
}

/** What had to wait for the end of it is asked again: here, or where the leader is now. */
function onTransfer(
  service: Service,
  { target, outcome }: Extract<RaftEffect, { type: "transfer" }>,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const name = service.servers.get(target)?.name ?? target;
  const message =
    outcome === "done"
      ? "leadership handed over"
      : "leadership transfer timed out, this server goes on leading";
  out.push(notice("info", "server.raft", message, { target: name }));
  onTransferred(service, outcome, out);
  onLeaderChange(service, nowMs, out);
}

/** Another state has taken the place of the applied one: whatever is watched may have changed. */
export function onRestored(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  onStoreReplaced(service, server, nowMs);
  wakeAll(server);
  serveApplying(service, server, nowMs, out);
}

function onRole(
  service: Service,
  server: Server,
  effect: Extract<RaftEffect, { type: "role" }>,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { duties, config } = service;
  tellOfRole(service, server, effect, nowMs, out);
  const { role } = effect;
  if (effect.leader !== undefined) server.heardLeader = true;
  restartAutopilot(service, role === "leader", nowMs);
  if (role !== "leader") stopTimers(service);
  if (role === "leader") {
    // Client agents hear of it too, and may have been waiting for a leader.
    const payload = utf8Bytes(config.nodeName);
    out.push({ type: "fire-event", name: NEW_LEADER_EVENT, payload, to: undefined });
    duties.reconcileAtMs = nowMs;
    duties.missed.clear();
    duties.reapTombstonesAtMs = nowMs;
  } else if (server.proposed.size > 0) failProposals(service, server, out);
  onLeaderChange(service, nowMs, out);
  syncNode(service, nowMs, out);
}

/** A question, an answer or a change of mind of another agent. */
export function onRpc(
  service: Service,
  from: string,
  message: ForwardedRequest | ForwardedResponse | ForwardedCancel,
  nowMs: number,
  out: ServiceEffect[],
): void {
  switch (message.type) {
    case "request":
      return onForwardedRequest(service, from, message, nowMs, out);
    case "response":
      return onForwardedResponse(service, from, message, nowMs, out);
    case "cancel":
      return onForwardedCancel(service, from, message, out);
  }
}

/** Gossip says that a member came, went or changed. */
export function onMember(
  service: Service,
  event: MemberEvent,
  member: Member,
  nowMs: number,
  out: ServiceEffect[],
): void {
  noteMember(service, event, member, nowMs);
  lookAtServersAgain(service);
  tellOfServer(service, event, member, out);
  syncNode(service, nowMs, out);
  if (service.server === undefined) return;
  onMemberEvent(service, service.server, event, member, nowMs, out);
  considerBootstrap(service, service.server, nowMs, out);
}

/** The log on disk has been read and given to Raft. */
export function onRecovered(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  server.recovered = true;
  tellOfRaft(service, server, out);
  countMetric(service.telemetry, "raft.state.follower");
  if (!(PLANTED && planted(service.config, "lock-delay-lost-at-start")))
    onStoreReplaced(service, server, nowMs);
  answerReadOfLog(service, nowMs, out);
  considerBootstrap(service, server, nowMs, out);
}

/** The answer to a question that this agent asked for itself. */
export function onDutyAnswer(
  service: Service,
  duty: Duty,
  response: Response,
  nowMs: number,
  out: ServiceEffect[],
): void {
  if (duty.kind === "cache") onCacheAnswer(service, duty.key, response, nowMs, out);
  if (duty.kind === "sync-coordinate") onCoordinateSent(response, out);
  if (duty.kind === "sync-node") onNodeSynced(service, response, nowMs, out);
  if (duty.kind === "bootstrap" && service.server !== undefined)
    onBootstrapAnswer(service, service.server, duty.server, response, nowMs, out);
  if (duty.kind === "keyring") onKeyringReport(service, duty.ask, duty.datacenter, response, out);
  if (duty.kind === "transfer") onTransferAnswer(service, duty.ask, response, nowMs, out);
  if (duty.kind === "query-failover") onFailoverAnswer(service, duty.ask, response, nowMs, out);
  if (duty.kind === "try-server") onTried(service, duty.server, response, nowMs, out);
  if (duty.kind === "watch-server" && service.server !== undefined)
    onHealthAnswer(service, service.server, duty.server, response, nowMs, out);
  if (duty.kind === "leader" && !response.ok)
    out.push(notice("warn", "leader", "failed to reconcile member", { error: response.error.detail }));
}

/** Everyone in the LAN, those too who failed or left. */
export interface LanMembers {
  /** Gossip's own list: to be looked at, and not to be kept. */
  readonly known: ReadonlyMap<string, TaggedMember>;
  /** Copies, sorted by name: for when the catalog is due to be compared with them. */
  readonly inOrder: () => readonly Member[];
}

/** Does all that is due. */
export function wakeService(
  service: Service,
  members: LanMembers,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { duties, server } = service;
  for (let id = takeDue(service.deadlines, nowMs); id !== undefined; id = takeDue(service.deadlines, nowMs)) {
    const row = service.asks.get(id);
    if (row?.stage.at === "transferring") advanceTransfer(service, row, nowMs, out);
    else if (row?.stage.at === "failing-over") advanceFailover(service, row, nowMs, out);
    else if (row !== undefined) onAskDue(service, row, nowMs, out);
  }
  wakeCache(service, nowMs, out);
  syncNode(service, nowMs, out);
  if (nowMs >= service.rotation.atMs) rebalance(service, members.known.size, nowMs, out);
  if (nowMs >= service.coordinateSync.sendAtMs) sendCoordinate(service, members.known, nowMs, out);
  if (server === undefined) return;
  if (nowMs >= service.gathered.flushAtMs) flushCoordinates(service, server, out);
  if (isBehind(server)) applyCommitted(service, server, nowMs, out);
  if (nowMs >= duties.bootstrapAtMs) considerBootstrap(service, server, nowMs, out);
  if (nowMs >= duties.reconcileAtMs) reconcileAll(service, server, members.inOrder(), nowMs, out);
  if (nowMs >= duties.reapTombstonesAtMs) {
    dropAbandonedRestore(service, server);
    reapTombstones(service, server, nowMs);
    reapLockDelays(server, nowMs);
  }
  wakeSessions(service, server, nowMs, out);
  wakeArchives(service, server, nowMs, out);
  if (nowMs >= autopilotDeadline(service)) wakeAutopilot(service, server, nowMs, out);
}

/** Ends a turn: blocking queries that something changed for. Writers were answered before them. */
export function flushService(service: Service, nowMs: number, out: ServiceEffect[]): void {
  const { server } = service;
  if (server !== undefined && server.woken.size > 0) serveWoken(service, server, nowMs, out);
}

export function serviceDeadline(service: Service, nowMs: number): number {
  const { duties, server } = service;
  const due = Math.min(
    earliest(service.deadlines),
    syncNodeDeadline(service, nowMs),
    service.coordinateSync.sendAtMs,
    service.rotation.atMs,
    cacheDeadline(service.cache),
    service.gathered.flushAtMs,
  );
  if (server === undefined) return due;
  const more = server.woken.size > 0 || isBehind(server) ? nowMs : Number.POSITIVE_INFINITY;
  const mine = Math.min(duties.bootstrapAtMs, duties.reconcileAtMs, duties.reapTombstonesAtMs);
  return Math.min(
    due,
    more,
    mine,
    autopilotDeadline(service),
    archivesDeadline(service.archives),
    sessionsDeadline(service),
  );
}
