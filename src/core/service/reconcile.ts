// The leader keeps the catalog's nodes as gossip tells them: who is alive is registered, who left is removed. Failed
// members stay: they may come back, and their checks (to come) say what state they are in.

import type { MemberEvent } from "../gossip/ports.ts";
import { type Member, serverTags } from "../model/member.ts";
import { latestConfiguration } from "../raft/log.ts";
import { holdsLease } from "../raft/read-index.ts";
import { isLeader } from "../raft/role.ts";
import { nodeById, nodeByName } from "../store/nodes.ts";
import { ask } from "./route.ts";
import type { Origin, Server, Service, ServiceEffect } from "./state.ts";

/** How often a leader compares all members with the catalog (Consul's reconcile_interval). */
const RECONCILE_INTERVAL_MS = 60_000;
/** A new leader may compare only once it has applied all that was committed before it; it looks again so soon. */
const NOT_READY_MS = 50;

const LEADER: Origin = { by: "duty", duty: { kind: "leader" } };

/** Compares every member with the catalog; to be called when due. */
export function reconcileAll(
  service: Service,
  server: Server,
  members: readonly Member[],
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { duties } = service;
  if (!isLeader(server.raft)) {
    duties.reconcileAtMs = Number.POSITIVE_INFINITY;
    return;
  }
  const ready = holdsLease(server.raft, nowMs);
  duties.reconcileAtMs = nowMs + (ready ? RECONCILE_INTERVAL_MS : NOT_READY_MS);
  if (ready) for (const member of members) reconcileMember(service, server, member, nowMs, out);
}

/** Follows up one change of a member, on the leader. */
export function onMemberEvent(
  service: Service,
  server: Server,
  event: MemberEvent,
  member: Member,
  nowMs: number,
  out: ServiceEffect[],
): void {
  if (!isLeader(server.raft)) return;
  // Not before the whole catalog was compared once: that is still to come.
  if (!holdsLease(server.raft, nowMs)) return;
  if (event === "join") noticeStranger(service, server, member, out);
  if (event === "reap") removeMember(service, server, member, nowMs, out);
  else reconcileMember(service, server, member, nowMs, out);
}

function reconcileMember(
  service: Service,
  server: Server,
  member: Member,
  nowMs: number,
  out: ServiceEffect[],
): void {
  if (member.status === "left") removeMember(service, server, member, nowMs, out);
  if (member.status !== "alive") return;
  const role = member.tags.get("role");
  if (role !== "consul" && role !== "node") return;
  const id = member.tags.get("id") ?? "";
  const known = nodeById(server.store, id) ?? nodeByName(server.store, member.name);
  if (known?.node === member.name && known.address === member.ip && known.id === id) return;
  const request = {
    kind: "catalog.register-node",
    id,
    node: member.name,
    address: member.ip,
    taggedAddresses: known?.taggedAddresses ?? null,
    meta: known?.meta ?? null,
  } as const;
  ask(service, LEADER, request, nowMs, out);
}

/** A server outside of the configuration answers nothing but "No cluster leader"; whoever wonders why looks here. */
function noticeStranger(service: Service, server: Server, member: Member, out: ServiceEffect[]): void {
  const tags = serverTags(member);
  if (tags === undefined || tags.datacenter !== service.config.datacenter) return;
  if (latestConfiguration(server.raft.log).servers.some(({ id }) => id === tags.id)) return;
  out.push({
    type: "notice",
    level: "warn",
    logger: "server",
    message: "a server joined that is not in the Raft configuration, and servers can't be added to it yet",
    fields: { server: member.name, address: tags.rpcAddress },
  });
}

/** A leader that leaves is removed by the next one: it could not see its own removal through. */
function removeMember(
  service: Service,
  server: Server,
  member: Member,
  nowMs: number,
  out: ServiceEffect[],
): void {
  if (member.name === service.config.nodeName || nodeByName(server.store, member.name) === undefined) return;
  ask(service, LEADER, { kind: "catalog.deregister-node", node: member.name }, nowMs, out);
}
