// The leader keeps the catalog as gossip tells it: who is alive is registered, with a check that says so, and as a server
// if it is one; who failed has that check turn critical, and stays, since it may come back; who left is removed.

import { notice } from "../api/notice.ts";
import type { CatalogDeregister, CheckFields, ServiceFields, WriteRequest } from "../api/request.ts";
import type { MemberEvent } from "../gossip/ports.ts";
import { taskMetric } from "../lib/metrics.ts";
import { equalPlain } from "../lib/plain.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { splitHostPort } from "../model/address.ts";
import { CONSUL_SERVICE, CRITICAL, type Node, PASSING, SERF_CHECK_ID } from "../model/catalog.ts";
import { type Member, type ServerTags, serverTags } from "../model/member.ts";
import { isLeader } from "../raft/role.ts";
import { fitsKey, nodeKey } from "../store/catalog-keys.ts";
import { checkOf } from "../store/checks.ts";
import { nodeById, nodeByName } from "../store/nodes.ts";
import { serviceOf } from "../store/services.ts";
import type { Store } from "../store/store.ts";
import { onArrived, onDeparted } from "./autopilot.ts";
import { isEstablished } from "./established.ts";
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
  const ready = isEstablished(server);
  duties.reconcileAtMs = nowMs + (ready ? RECONCILE_INTERVAL_MS : NOT_READY_MS);
  if (!ready) return;
  taskMetric(service.telemetry, "leader.reconcile");
  for (const member of members) reconcileMember(service, server, member, nowMs, out);
  removeGhosts(service, server, members, nowMs, out);
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
  const reaped = event === "reap" && !(PLANTED && planted(service.config, "reconcile-forgets-reaped"));
  if (reaped) removeMember(service, server, member, nowMs, out);
  else if (event !== "reap") reconcileMember(service, server, member, nowMs, out);
}

function reconcileMember(
  service: Service,
  server: Server,
  member: Member,
  nowMs: number,
  out: ServiceEffect[],
): void {
  if (!isOurs(service, member)) return;
  taskMetric(service.telemetry, "leader.reconcileMember");
  switch (member.status) {
    case "left":
      return removeMember(service, server, member, nowMs, out);
    case "failed":
      if (PLANTED && planted(service.config, "reconcile-removes-failed"))
        return removeMember(service, server, member, nowMs, out);
      return markFailed(service, server, member, nowMs, out);
    case "alive": {
      const tags = ownServerTags(service, member);
      if (tags !== undefined) onArrived(service, server, tags.id, nowMs, out);
      return registerAlive(service, server, member, tags, nowMs, out);
    }
    default:
  }
}

/** Agents of our datacenter, and nobody else who speaks Serf. */
function isOurs({ config }: Service, { name, tags }: Member): boolean {
  const role = tags.get("role");
  const isAgent = role === "consul" || role === "node";
  return isAgent && tags.get("dc") === config.datacenter && fitsKey(name);
}

/** The tags of a server of our datacenter; undefined for anybody else. */
function ownServerTags({ config }: Service, member: Member): ServerTags | undefined {
  const tags = serverTags(member);
  return tags === undefined || tags.id === "" || tags.datacenter !== config.datacenter ? undefined : tags;
}

function registerAlive(
  service: Service,
  server: Server,
  member: Member,
  tags: ServerTags | undefined,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { store } = server;
  const id = member.tags.get("id") ?? "";
  const named = nodeByName(store, member.name);
  const own = tags === undefined ? undefined : serverService(member, tags);
  const tell = (request: WriteRequest): void => void ask(service, LEADER, request, nowMs, out);
  if (named !== undefined && isAsItShould(store, named, member, own, service.config)) return;
  // Names are unique in a pool: who had this one before, under another id, is not there any more, whatever its last
  // health was; and what ran there does not run here. Consul refuses the newcomer until the old one has failed.
  if (named !== undefined && named.id !== "" && named.id !== id) tell(deregistration(named.node));
  const known = named?.id === id || named?.id === "" ? named : nodeById(store, id);
  out.push(notice("info", "server", "member joined, marking health alive", { member: member.name }));
  if (tags === undefined && known !== undefined && hasServerService(store, known.node))
    tell({ ...deregistration(known.node), serviceId: CONSUL_SERVICE });
  tell({
    kind: "catalog.register",
    id,
    node: member.name,
    address: member.ip,
    taggedAddresses: known?.taggedAddresses ?? null,
    meta: known?.meta ?? null,
    skipNodeUpdate: false,
    service: own,
    checks: [serfCheck(member.name, "alive")],
  });
}

/** Nothing is written about a member of whom the catalog says what gossip says. */
function isAsItShould(
  store: Store,
  node: Node,
  member: Member,
  own: ServiceFields | undefined,
  config: Service["config"],
): boolean {
  if (node.node !== member.name || node.address !== member.ip) return false;
  if (node.id !== (member.tags.get("id") ?? "")) return false;
  const passes = checkOf(store, node.node, SERF_CHECK_ID)?.status === PASSING;
  if (!passes && !(PLANTED && planted(config, "reconcile-forgets-returned"))) return false;
  const row = serviceOf(store, node.node, CONSUL_SERVICE);
  if (own === undefined) return !hasServerService(store, node.node);
  return row !== undefined && row.port === own.port && equalPlain(row.meta, own.meta);
}

/** Whoever failed stays: it may come back. A node that the catalog does not know is not made for that. */
function markFailed(
  service: Service,
  { store }: Server,
  member: Member,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const node = nodeByName(store, member.name);
  const id = member.tags.get("id") ?? "";
  // One that is registered under another id is somebody else, of whom gossip will tell.
  if (node === undefined || (node.id !== "" && node.id !== id)) return;
  if (checkOf(store, node.node, SERF_CHECK_ID)?.status === CRITICAL) return;
  out.push(notice("info", "server", "member failed, marking health critical", { member: member.name }));
  const request = {
    kind: "catalog.register",
    id,
    node: node.node,
    address: node.address,
    taggedAddresses: null,
    meta: null,
    skipNodeUpdate: true,
    checks: [serfCheck(node.node, "failed")],
  } as const;
  ask(service, LEADER, request, nowMs, out);
}

/** A leader that leaves is removed by the next one: it could not see its own removal through. */
function removeMember(
  service: Service,
  server: Server,
  member: Member,
  nowMs: number,
  out: ServiceEffect[],
): void {
  if (member.name === service.config.nodeName || !isOurs(service, member)) return;
  const tags = ownServerTags(service, member);
  if (tags !== undefined) onDeparted(service, server, tags.id, nowMs, out);
  const node = nodeByName(server.store, member.name);
  if (node === undefined) return;
  const reason = member.status === "left" ? "left" : "reaped";
  out.push(notice("info", "server", "deregistering member", { member: member.name, reason }));
  ask(service, LEADER, deregistration(node.node), nowMs, out);
}

/**
 * Nodes that gossip once vouched for and does not know any more: nobody was there to hear that they went. They are missed
 * for a whole interval before they are removed, since a leader that has just started knows nobody yet; Consul's removes
 * them at once, and all that they had registered.
 */
function removeGhosts(
  service: Service,
  { store }: Server,
  members: readonly Member[],
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { missed } = service.duties;
  const known = new Set(members.map(({ name }) => nodeKey(name)));
  const ghosts = new Set<string>();
  store.nodes.forEach(({ node }, key) => {
    // External nodes have no such check: whoever registered them takes them out.
    if (!known.has(key) && checkOf(store, node, SERF_CHECK_ID) !== undefined) ghosts.add(key);
  });
  for (const key of [...missed.keys()]) if (!ghosts.has(key)) missed.delete(key);
  for (const key of ghosts) {
    const sinceMs = missed.get(key);
    if (sinceMs === undefined) missed.set(key, nowMs);
    else if (nowMs - sinceMs >= RECONCILE_INTERVAL_MS) ask(service, LEADER, deregistration(key), nowMs, out);
  }
}

function deregistration(node: string): CatalogDeregister {
  return { kind: "catalog.deregister", node, serviceId: "", checkId: "" };
}

function serfCheck(node: string, is: "alive" | "failed"): CheckFields {
  return {
    node,
    checkId: SERF_CHECK_ID,
    name: "Serf Health Status",
    status: is === "alive" ? PASSING : CRITICAL,
    notes: "",
    output: is === "alive" ? "Agent alive and reachable" : "Agent not live or unreachable",
    serviceId: "",
    serviceName: "",
    serviceTags: [],
    type: "",
    definition: null,
  };
}

/** Name and id of the service that every server is an instance of. */
/** Only what a leader registered has it. */
const SERVER_META = "raft_version";

function hasServerService(store: Store, node: string): boolean {
  const row = serviceOf(store, node, CONSUL_SERVICE);
  return (row?.meta ?? []).some(([name]) => name === SERVER_META);
}

/** What is registered of a server, from its tags and the versions of memberlist's protocol that it speaks. */
function serverService({ tags, versions }: Member, its: ServerTags): ServiceFields {
  return {
    kind: "",
    id: CONSUL_SERVICE,
    service: CONSUL_SERVICE,
    tags: [],
    address: "",
    taggedAddresses: [],
    meta: [
      // A tag that no version of Consul sets.
      ["non_voter", String(tags.get("nonvoter") === "1")],
      [SERVER_META, tags.get("raft_vsn") ?? "0"],
      ["serf_protocol_current", String(versions.current)],
      ["serf_protocol_max", String(versions.max)],
      ["serf_protocol_min", String(versions.min)],
      ["version", its.version],
    ],
    port: splitHostPort(its.rpcAddress)?.port ?? 0,
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    connectNative: false,
    proxy: null,
  };
}
