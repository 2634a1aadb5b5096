// Autopilot, on the leader: every two seconds it asks the servers how they are; every ten it gives healthy learners their
// vote and takes dead servers out. What it may do is its configuration's business (model/autopilot.ts), who is healthy
// server-health.ts's, who is dead dead-servers.ts's, and what changes next servers.ts's.

import { notice } from "../api/notice.ts";
import type { Response } from "../api/response.ts";
import { recordOf } from "../raft/configuration.ts";
import { latestConfiguration } from "../raft/log.ts";
import { isLeader } from "../raft/role.ts";
import { askHealth } from "./ask-health.ts";
import { initializeAutopilot } from "./autopilot-initial.ts";
import { createAutopilot } from "./autopilot-state.ts";
import { writeMissingEntries } from "./config-initial.ts";
import { deadServers } from "./dead-servers.ts";
import { isEstablished } from "./established.ts";
import { judge, noteHealth } from "./server-health.ts";
import { reviewServers } from "./servers.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

const LOOK_INTERVAL_MS = 2000;
const RECONCILE_INTERVAL_MS = 10_000;

/** This server leads now, or no longer. */
export function restartAutopilot(service: Service, leads: boolean, nowMs: number): void {
  const { duties } = service;
  // What was asked under the last leadership is of no use under the next: such answers find nobody waiting.
  duties.autopilot = createAutopilot();
  if (!leads) return;
  duties.autopilot.sinceMs = nowMs;
  duties.autopilot.lookAtMs = nowMs;
  duties.autopilot.reconcileAtMs = nowMs + RECONCILE_INTERVAL_MS;
}

export function autopilotDeadline({ duties }: Service): number {
  return Math.min(duties.autopilot.lookAtMs, duties.autopilot.reconcileAtMs);
}

/** To be called when due. */
export function wakeAutopilot(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  const { autopilot } = service.duties;
  if (nowMs >= autopilot.lookAtMs) {
    autopilot.lookAtMs = nowMs + LOOK_INTERVAL_MS;
    look(service, server, nowMs, out);
  }
  if (nowMs >= autopilot.reconcileAtMs) {
    autopilot.reconcileAtMs = nowMs + RECONCILE_INTERVAL_MS;
    autopilot.promoting = true;
    cleanUp(service, server, nowMs, out);
    reviewServers(service, server, nowMs, out);
  }
}

/** Asks everyone in the configuration; forgets who is in it no more. */
function look(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  const { watched } = service.duties.autopilot;
  const configuration = latestConfiguration(server.raft.log);
  for (const id of [...watched.keys()])
    if (recordOf(configuration, id) === undefined && !service.servers.has(id)) watched.delete(id);
  for (const { id } of configuration.servers) {
    // What gossip says of it may have changed; the answer will tell the rest.
    judge(service, server, id, nowMs);
    if (id !== server.raft.id) askHealth(service, id, nowMs, out);
  }
  reviewServers(service, server, nowMs, out);
}

/** A server said how it is, or did not. */
export function onHealthAnswer(
  service: Service,
  server: Server,
  id: string,
  response: Response,
  nowMs: number,
  out: ServiceEffect[],
): void {
  if (!isLeader(server.raft)) return;
  noteHealth(service, server, id, response, nowMs);
  if (!response.ok) {
    const fields = { server: service.servers.get(id)?.name ?? id, error: response.error.detail };
    out.push(notice("warn", "", "error getting server health from server", fields));
  }
  reviewServers(service, server, nowMs, out);
}

/** Something was committed: perhaps the change that the next one waits for. */
export function onCommitted(
  service: Service,
  server: Server,
  index: number,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { autopilot } = service.duties;
  initializeAutopilot(service, server);
  writeMissingEntries(service, server, out);
  if (index < autopilot.changeIndex) return;
  autopilot.changeIndex = Number.POSITIVE_INFINITY;
  // As after Consul's AddServer: the new one may take the place of a dead one.
  if (autopilot.admitting) cleanUp(service, server, nowMs, out);
  autopilot.admitting = false;
  reviewServers(service, server, nowMs, out);
}

/** A server left, or gossip has forgotten it: it goes out of the configuration, if it is in there. */
export function onDeparted(
  service: Service,
  server: Server,
  id: string,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { autopilot } = service.duties;
  if (id === server.raft.id || recordOf(latestConfiguration(server.raft.log), id) === undefined) return;
  autopilot.departed.add(id);
  out.push(notice("info", "server", "removing server by ID", { id }));
  reviewServers(service, server, nowMs, out);
}

/** A server came, came back, or changed. */
export function onArrived(
  service: Service,
  server: Server,
  id: string,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { autopilot } = service.duties;
  autopilot.departed.delete(id);
  autopilot.dismissed.delete(id);
  reviewServers(service, server, nowMs, out);
}

/** Lets go of the dead, as far as that is safe. The failed ones leave by gossip, whose word then reaches us. */
function cleanUp(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  if (!isEstablished(server)) return;
  const { stale, failed } = deadServers(service, server, nowMs);
  const say = (message: string, fields: Readonly<Record<string, string>>): void => {
    out.push(notice("info", "server.autopilot", message, fields));
  };
  for (const { id } of stale) {
    say("Attempting removal of stale server", { id });
    service.duties.autopilot.departed.add(id);
  }
  for (const { id } of failed) {
    const node = service.servers.get(id)?.name ?? "";
    say("Attempting removal of failed server node", { name: node });
    out.push({ type: "force-leave", node });
  }
}
