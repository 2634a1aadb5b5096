// How the servers are: what each says of itself when the leader asks, and by which rules that counts as healthy (Consul's
// autopilot). Asked by the operator's endpoints; autopilot.ts decides by it who gets a vote.

import type { ClusterHealth } from "../api/operator.ts";
import type { Response } from "../api/response.ts";
import type { Address } from "../model/address.ts";
import type { AutopilotConfig } from "../model/autopilot.ts";
import { voters } from "../raft/configuration.ts";
import { lastTerm, latestConfiguration } from "../raft/log.ts";
import { majority } from "../raft/quorum.ts";
import { autopilotConfig as configInForce } from "../store/autopilot.ts";
import type { WatchedServer } from "./autopilot-state.ts";
import type { Server, Service } from "./state.ts";

/** Autopilot's configuration in force. */
export function autopilotConfig({ store }: Server): AutopilotConfig {
  return configInForce(store);
}

/** What is known of a server; a server that nobody has asked is not healthy. */
export function watchedServer(service: Service, id: string, nowMs: number): WatchedServer {
  const { watched } = service.duties.autopilot;
  const known = watched.get(id);
  if (known !== undefined) return known;
  const fresh: WatchedServer = {
    status: undefined,
    answeredMs: Number.NEGATIVE_INFINITY,
    silentMs: Number.NEGATIVE_INFINITY,
    asked: false,
    healthy: false,
    stableSinceMs: nowMs,
  };
  watched.set(id, fresh);
  return fresh;
}

/** A server said how far it is, or did not. */
export function noteHealth(
  service: Service,
  server: Server,
  id: string,
  response: Response,
  nowMs: number,
): void {
  const watched = watchedServer(service, id, nowMs);
  watched.asked = false;
  watched.status = response.ok && response.body.kind === "raft-status" ? response.body.status : undefined;
  if (watched.status === undefined) watched.silentMs = nowMs;
  else watched.answeredMs = nowMs;
  judge(service, server, id, nowMs);
}

/** Judges a server by what is known of it now. */
export function judge(service: Service, server: Server, id: string, nowMs: number): void {
  const watched = watchedServer(service, id, nowMs);
  const healthy = isHealthy(service, server, id, watched);
  if (healthy === watched.healthy) return;
  watched.healthy = healthy;
  watched.stableSinceMs = nowMs;
}

function isHealthy(service: Service, server: Server, id: string, { status }: WatchedServer): boolean {
  const { raft } = server;
  if (id === raft.id) return !raft.durability.broken;
  if (service.servers.get(id)?.alive !== true || status === undefined) return false;
  const { lastContactThresholdNs, maxTrailingLogs } = autopilotConfig(server);
  // Between two heartbeats silence says nothing. (Consul's leaders speak every 50 to 100 ms, whatever raft_multiplier is.)
  const longestSilenceMs = lastContactThresholdNs / 1e6 + raft.config.heartbeatIntervalMs;
  return (
    status.lastContactMs >= 0 &&
    status.lastContactMs <= longestSilenceMs &&
    status.lastTerm === lastTerm(raft.log) &&
    status.lastIndex + Number(maxTrailingLogs) >= raft.log.lastIndex
  );
}

/** One server, as /v1/operator/autopilot/health tells it. */
export interface ServerHealth {
  readonly id: string;
  /** "" for one that gossip does not know. */
  readonly name: string;
  readonly address: Address;
  /** What gossip says: "none" for one that it does not know (any more). */
  readonly serfStatus: "alive" | "failed" | "left" | "none";
  readonly version: string;
  readonly leader: boolean;
  /** Since it heard the leader, by its last answer; 0 for the leader, -1 for never or unknown. */
  readonly lastContactMs: number;
  readonly lastTerm: number;
  readonly lastIndex: number;
  readonly healthy: boolean;
  readonly voter: boolean;
  /** For how long `healthy` has been what it is. */
  readonly stableForMs: number;
}

export interface OperatorHealth {
  /** Every server is. */
  readonly healthy: boolean;
  /** How many healthy voters may fail before the cluster stops. */
  readonly failureTolerance: number;
  /** In the order of the configuration. */
  readonly servers: readonly ServerHealth[];
}

/** What the leader knows of its servers' health. Asked of a server that does not lead, it knows nothing of the others. */
export function autopilotHealth(service: Service, server: Server, nowMs: number): OperatorHealth {
  const configuration = latestConfiguration(server.raft.log);
  const servers = configuration.servers.map(({ id, address, voter }): ServerHealth => {
    const known = service.servers.get(id);
    const watched = service.duties.autopilot.watched.get(id);
    const self = id === server.raft.id;
    return {
      id,
      name: self ? service.config.nodeName : (known?.name ?? ""),
      address: known?.address ?? address,
      serfStatus: serfStatus(service, server, id),
      version: self ? ownVersion(service) : (known?.version ?? ""),
      leader: server.raft.leader === id,
      lastContactMs: self ? 0 : (watched?.status?.lastContactMs ?? -1),
      lastTerm: self ? lastTerm(server.raft.log) : (watched?.status?.lastTerm ?? 0),
      lastIndex: self ? server.raft.log.lastIndex : (watched?.status?.lastIndex ?? 0),
      healthy: watched?.healthy ?? false,
      voter,
      stableForMs: watched === undefined ? 0 : nowMs - watched.stableSinceMs,
    };
  });
  const healthyVoters = servers.filter(({ healthy, voter }) => healthy && voter).length;
  return {
    healthy: servers.length > 0 && servers.every(({ healthy }) => healthy),
    failureTolerance: Math.max(0, healthyVoters - majority(voters(configuration).length)),
    servers,
  };
}

function serfStatus(service: Service, server: Server, id: string): ServerHealth["serfStatus"] {
  if (id === server.raft.id) return "alive";
  const known = service.servers.get(id);
  if (known !== undefined) return known.alive ? "alive" : "failed";
  return service.duties.autopilot.departed.has(id) ? "left" : "none";
}

function ownVersion({ config }: Service): string {
  return /\d+\.\d+\.\d+/.exec(config.gossipLan.tags.get("build") ?? "")?.[0] ?? "";
}

/** How the servers are in the leader's eyes. */
export function clusterHealth(service: Service, server: Server, nowMs: number): ClusterHealth {
  const { healthy, failureTolerance, servers } = autopilotHealth(service, server, nowMs);
  const wallMs = nowMs + (service.config.wallOffsetMs ?? 0);
  return {
    healthy,
    failureTolerance,
    servers: servers.map(({ serfStatus, stableForMs, ...rest }) => ({
      ...rest,
      status: serfStatus,
      stableSinceMs: Math.max(0, wallMs - stableForMs),
    })),
  };
}
