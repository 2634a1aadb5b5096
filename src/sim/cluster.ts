// Configurations of simulated agents: what adapters/config makes of files and flags for real ones.

import { type AgentConfig, CONSUL_PROTOCOL } from "../core/agent/config.ts";
import { memberTags } from "../core/agent/tags.ts";
import { CONSUL_GOSSIP_VERSIONS, gossipTimings } from "../core/gossip/config.ts";
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
  /** With what autopilot begins; Consul's defaults unless it is said. */
  readonly autopilot?: AutopilotSettings | undefined;
  readonly planted?: string | undefined;
}

/** One configuration for each name, servers first. Everyone retries to join everyone. */
export function clusterConfigs({
  servers,
  clients = [],
  late = [],
  raftMultiplier = 1,
  raft = {},
  autopilot,
  planted,
}: ClusterOptions): AgentConfig[] {
  const all = [...servers, ...clients, ...late];
  return all.map((name, at) => {
    const founds = at < servers.length;
    const server = founds || late.includes(name);
    const nodeId = `00000000-0000-4000-8000-${String(at + 1).padStart(12, "0")}`;
    const bootstrap = founds && servers.length === 1;
    const bootstrapExpect = founds && servers.length > 1 ? servers.length : 0;
    const ports = { server: 8300, serfLan: 8301, serfWan: 8302, http: 8500, dns: 8600 };
    const advertiseIp = `10.0.0.${at + 1}`;
    return {
      nodeName: name,
      nodeId,
      datacenter: "dc1",
      server,
      bootstrap,
      bootstrapExpect,
      dev: false,
      durable: true,
      advertiseIp,
      ports,
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
      ...(autopilot === undefined ? {} : { autopilot }),
      raft: { ...raftConfig(raftMultiplier), ...raft },
      gossipLan: {
        ...gossipTimings("lan"),
        // Compressing costs the simulator more than it costs the network.
        compress: false,
        name,
        ip: advertiseIp,
        port: 8301,
        tags: memberTags(
          { server, datacenter: "dc1", bootstrap, bootstrapExpect, ports },
          nodeId,
          CONSUL_PROTOCOL.current,
        ),
        versions: CONSUL_GOSSIP_VERSIONS,
      },
      version: "0.0.0-sim",
      planted,
    };
  });
}
