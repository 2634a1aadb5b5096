// Configurations of simulated agents: what adapters/config makes of files and flags for real ones.

import type { AgentConfig } from "../core/agent/config.ts";
import { CONSUL_PROTOCOL, CONSUL_VERSION } from "../core/agent/config.ts";
import type { GossipConfig } from "../core/gossip/config.ts";
import { raftConfig } from "../core/raft/config.ts";

export interface ClusterOptions {
  readonly servers: readonly string[];
  readonly clients?: readonly string[];
  /** Consul's raft_multiplier. */
  readonly raftMultiplier?: number;
  readonly planted?: string | undefined;
}

/** One configuration for each name, servers first. Everyone retries to join everyone. */
export function clusterConfigs({
  servers,
  clients = [],
  raftMultiplier = 1,
  planted,
}: ClusterOptions): AgentConfig[] {
  const all = [...servers, ...clients];
  return all.map((name, at) => {
    const server = at < servers.length;
    const nodeId = `00000000-0000-4000-8000-${String(at + 1).padStart(12, "0")}`;
    const advertiseIp = `10.0.0.${at + 1}`;
    return {
      nodeName: name,
      nodeId,
      datacenter: "dc1",
      server,
      bootstrap: server && servers.length === 1,
      bootstrapExpect: server && servers.length > 1 ? servers.length : 0,
      dev: false,
      durable: true,
      advertiseIp,
      ports: { server: 8300, serfLan: 8301, serfWan: 8302, http: 8500, dns: 8600 },
      startJoin: [],
      retryJoin: all.filter((other) => other !== name),
      retryIntervalMs: 5_000,
      retryMax: 0,
      leaveOnTerminate: !server,
      skipLeaveOnInterrupt: server,
      leaveDrainMs: 5_000,
      rpcHoldTimeoutMs: 7_000,
      defaultQueryTimeMs: 300_000,
      maxQueryTimeMs: 600_000,
      kvMaxValueBytes: 524_288,
      nodeMeta: null,
      responseHeaders: [],
      raft: raftConfig(raftMultiplier),
      gossipLan: gossipConfig(name, advertiseIp, tags(nodeId, server, servers.length)),
      version: "0.0.0-sim",
      planted,
    };
  });
}

function tags(nodeId: string, server: boolean, expect: number): ReadonlyMap<string, string> {
  const common: [string, string][] = [
    ["role", server ? "consul" : "node"],
    ["dc", "dc1"],
    ["segment", ""],
    ["id", nodeId],
    ["vsn", String(CONSUL_PROTOCOL.current)],
    ["vsn_min", String(CONSUL_PROTOCOL.min)],
    ["vsn_max", String(CONSUL_PROTOCOL.max)],
    ["build", `${CONSUL_VERSION}:`],
    ["acls", "0"],
  ];
  const serverOnly: [string, string][] = [
    ["raft_vsn", "3"],
    ["port", "8300"],
    ...(expect > 1
      ? [["expect", String(expect)] as [string, string]]
      : [["bootstrap", "1"] as [string, string]]),
  ];
  return new Map(server ? [...common, ...serverOnly] : common);
}

/** memberlist's LAN profile with Consul's overrides. */
function gossipConfig(name: string, ip: string, tagMap: ReadonlyMap<string, string>): GossipConfig {
  return {
    name,
    ip,
    port: 8301,
    tags: tagMap,
    versions: { min: 1, max: 5, current: 2, delegateMin: 2, delegateMax: 5, delegateCurrent: 4 },
    probeIntervalMs: 1000,
    probeTimeoutMs: 500,
    indirectChecks: 3,
    gossipIntervalMs: 200,
    gossipNodes: 3,
    gossipToTheDeadMs: 30_000,
    retransmitMult: 4,
    suspicionMult: 4,
    suspicionMaxTimeoutMult: 6,
    awarenessMaxMultiplier: 8,
    pushPullIntervalMs: 30_000,
    streamTimeoutMs: 10_000,
    deadNodeReclaimMs: 30_000,
    leavePropagateDelayMs: 3_000,
    broadcastTimeoutMs: 5_000,
    reapIntervalMs: 15_000,
    reconnectIntervalMs: 30_000,
    reconnectTimeoutMs: 72 * 3600_000,
    tombstoneTimeoutMs: 24 * 3600_000,
    recentIntentTimeoutMs: 300_000,
    compress: false,
  };
}
