// Configurations of simulated agents: what adapters/config makes of files and flags for real ones.

import { type AgentConfig, CONSUL_PROTOCOL, type StorageSizes } from "../core/agent/config.ts";
import { wanName } from "../core/agent/flood-join.ts";
import { memberTags, wanTags } from "../core/agent/tags.ts";
import { CONSUL_GOSSIP_VERSIONS, gossipTimings } from "../core/gossip/config.ts";
import type { KeyringConfig } from "../core/gossip/keyring.ts";
import type { AutopilotSettings } from "../core/model/autopilot.ts";
import { type RaftConfig, raftConfig } from "../core/raft/config.ts";

export interface ClusterOptions {
  readonly servers: readonly string[];
  readonly clients?: readonly string[];
  /** Servers that are not there from the beginning: they wait to be let in. */
  readonly late?: readonly string[];
  /** Consul's raft_multiplier. */
  readonly raftMultiplier?: number;
  /** Overrides of Raft's limits. */
  readonly raft?: Partial<RaftConfig>;
  /** Of the servers' files; those of production unless it is said. */
  readonly storage?: Partial<StorageSizes> | undefined;
  /** With what autopilot begins; Consul's defaults unless it is said. */
  readonly autopilot?: AutopilotSettings | undefined;
  /** "dc1" unless it is said. */
  readonly datacenter?: string;
  /** Servers have a WAN pool and join these there, by their nodes' names. Absent: there is no WAN. */
  readonly wan?: readonly string[] | undefined;
  /** How many nodes the datacenters before this one have: ids and addresses are told apart by it. */
  readonly after?: number;
  /** Whom everybody retries to join. Everybody, unless it is said: in a large pool that would be all that it does. */
  readonly seeds?: readonly string[] | undefined;
  /** With what gossip is encrypted in all pools, and kept on disk when it changes. Absent: it is not. */
  readonly keyring?: KeyringConfig | undefined;
  readonly planted?: string | undefined;
}

/**
 * Datacenters named dc1, dc2… whose servers are one WAN. Those of each but the first are told of one server of the first; all
 * else is flood join's to bring about.
 */
export function federationConfigs(clusters: readonly ClusterOptions[]): AgentConfig[] {
  const first = clusters[0]?.servers.slice(0, 1) ?? [];
  const configs: AgentConfig[] = [];
  for (const [at, cluster] of clusters.entries()) {
    const wan = at === 0 ? [] : first;
    configs.push(...clusterConfigs({ datacenter: `dc${at + 1}`, ...cluster, wan, after: configs.length }));
  }
  return configs;
}

/** One configuration for each name, servers first. */
export function clusterConfigs({
  servers,
  clients = [],
  late = [],
  raftMultiplier = 1,
  raft = {},
  storage,
  autopilot,
  datacenter = "dc1",
  wan,
  after = 0,
  seeds,
  keyring,
  planted,
}: ClusterOptions): AgentConfig[] {
  const all = [...servers, ...clients, ...late];
  return all.map((name, at) => {
    const founds = at < servers.length;
    const server = founds || late.includes(name);
    const number = after + at + 1;
    const nodeId = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
    const bootstrap = founds && servers.length === 1;
    const bootstrapExpect = founds && servers.length > 1 ? servers.length : 0;
    const ports = { server: 8300, serfLan: 8301, serfWan: wan && server ? 8302 : -1, http: 8500, dns: 8600 };
    const advertiseIp = `10.0.${number >> 8}.${number & 255}`;
    const gossip = {
      // Compressing costs the simulator more than it costs the network.
      compress: false,
      ip: advertiseIp,
      versions: CONSUL_GOSSIP_VERSIONS,
      ...(keyring === undefined ? {} : { keyring }),
    };
    const tags = memberTags(
      { server, datacenter, bootstrap, bootstrapExpect, ports },
      nodeId,
      CONSUL_PROTOCOL.current,
    );
    return {
      nodeName: name,
      nodeId,
      datacenter,
      server,
      bootstrap,
      bootstrapExpect,
      dev: false,
      durable: true,
      advertiseIp,
      ports,
      startJoin: [],
      retryJoin: (seeds ?? all).filter((other) => other !== name),
      retryIntervalMs: 5_000,
      retryMax: 0,
      leaveOnTerminate: !server,
      skipLeaveOnInterrupt: server,
      leaveDrainMs: 5_000,
      rpcHoldTimeoutMs: 7_000,
      defaultQueryTimeMs: 300_000,
      maxQueryTimeMs: 600_000,
      kvMaxValueBytes: 524_288,
      // Sessions come and go within a run.
      sessionTtlMinNs: 1e9,
      nodeMeta: null,
      responseHeaders: [],
      ...(keyring === undefined ? {} : { keepsKeyrings: true }),
      ...(autopilot === undefined ? {} : { autopilot }),
      raft: { ...raftConfig(raftMultiplier), ...raft },
      storage,
      gossipLan: { name, port: ports.serfLan, tags, ...gossipTimings("lan"), ...gossip },
      ...(wan !== undefined && server
        ? {
            gossipWan: {
              name: wanName(name, datacenter),
              port: ports.serfWan,
              tags: wanTags(tags),
              ...gossipTimings("wan"),
              ...gossip,
            },
            joinWan: { startJoin: [], retryJoin: wan, retryIntervalMs: 5_000, retryMax: 0 },
          }
        : {}),
      version: "0.0.0-sim",
      planted,
    };
  });
}
