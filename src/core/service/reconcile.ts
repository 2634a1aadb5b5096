// The leader keeps the catalog's nodes as gossip tells them: who is alive is registered, who left is removed. Failed
// members stay: they may come back, and their checks (to come) say what state they are in.

import type { MemberEvent } from "../gossip/ports.ts";
import { type Member, type ServerTags, serverTags } from "../model/member.ts";
import { isLeader } from "../raft/role.ts";
import { nodeById, nodeByName } from "../store/nodes.ts";
import { onArrived, onDeparted } from "./autopilot.ts";
import { ask } from "./route.ts";
import { isEstablished } from "./servers.ts";
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
  const ready = isEstablished(server);
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
  // Before that a new leader does not know what there is to compare with; then it compares everything.
  if (!isEstablished(server)) return;
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
  const tags = ownServerTags(service, member);
  if (tags !== undefined) onArrived(service, server, tags.id, nowMs, out);
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

/** The tags of a server of our datacenter; undefined for anybody else. */
function ownServerTags({ config }: Service, member: Member): ServerTags | undefined {
  const tags = serverTags(member);
  return tags === undefined || tags.id === "" || tags.datacenter !== config.datacenter ? undefined : tags;
}

/** A leader that leaves is removed by the next one: it could not see its own removal through. */
function removeMember(
  service: Service,
  server: Server,
  member: Member,
  nowMs: number,
  out: ServiceEffect[],
): void {
  if (member.name === service.config.nodeName) return;
  const tags = ownServerTags(service, member);
  if (tags !== undefined) onDeparted(service, server, tags.id, nowMs, out);
  if (nodeByName(server.store, member.name) === undefined) return;
  ask(service, LEADER, { kind: "catalog.deregister-node", node: member.name }, nowMs, out);
}
