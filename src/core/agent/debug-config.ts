// The settings that an agent has, by the names and in the forms of Consul's DebugConfig (/v1/agent/self). What is not here
// has no effect here. What only the process around the agent knows comes with its configuration (`edge`).

import type { AgentSelf } from "../api/response.ts";
import type { DnsSettings } from "../dns/settings.ts";
import type { GossipConfig } from "../gossip/config.ts";
import { textOf } from "../lib/bytes.ts";
import { printDuration } from "../lib/duration.ts";
import { type AutopilotSettings, DEFAULT_AUTOPILOT } from "../model/autopilot.ts";
import { ownNode } from "../model/own-node.ts";
import { EXPOSED_PORTS, SIDECAR_PORTS } from "../model/port-ranges.ts";
import { FETCH_BURST } from "../service/cache.ts";
import { type AgentConfig, CONSUL_VERSION } from "./config.ts";

export function describeConfig(config: AgentConfig): AgentSelf["debugConfig"] {
  const { min: exposeMin, max: exposeMax } = config.exposePorts ?? EXPOSED_PORTS;
  const { min: sidecarMin, max: sidecarMax } = config.sidecarPorts ?? SIDECAR_PORTS;
  return {
    ...config.edge,
    ...describeAutopilot(config.autopilot ?? DEFAULT_AUTOPILOT),
    ...(config.dns === undefined ? {} : describeDns(config.dns)),
    AEInterval: "1m0s",
    AdvertiseAddrLAN: config.advertiseIp,
    AllowWriteHTTPFrom: config.allowWriteHttpFrom ?? [],
    Bootstrap: config.bootstrap,
    BootstrapExpect: config.bootstrapExpect,
    Cache: {
      EntryFetchMaxBurst: config.cacheFetchBurst ?? FETCH_BURST,
      // Go's rate.Inf.
      EntryFetchRate: config.cacheFetchRate ?? Number.MAX_VALUE,
    },
    CheckDeregisterIntervalMin: "1m0s",
    CheckOutputMaxSize: config.checkOutputMaxBytes ?? 4096,
    CheckReapInterval: "30s",
    CheckUpdateInterval: duration(config.checkUpdateIntervalMs ?? 300_000),
    ConnectSidecarMaxPort: sidecarMax,
    ConnectSidecarMinPort: sidecarMin,
    ConsulRaftElectionTimeout: duration(config.raft.electionTimeoutMs),
    ConsulRaftHeartbeatTimeout: duration(config.raft.electionTimeoutMs),
    ConsulRaftLeaderLeaseTimeout: duration(config.raft.leaseMs),
    Datacenter: config.datacenter,
    DefaultQueryTime: duration(config.defaultQueryTimeMs),
    DevMode: config.dev,
    DiscoveryMaxStale: duration(config.discoveryMaxStaleMs ?? 0),
    DisableCoordinates: config.disableCoordinates ?? false,
    DisableHTTPUnprintableCharFilter: config.takesUnprintablePaths ?? false,
    DisableRemoteExec: config.remoteExec !== true,
    DiscardCheckOutput: config.discardCheckOutput ?? false,
    EnableCentralServiceConfig: config.centralServiceConfig ?? false,
    EnableRemoteScriptChecks: config.remoteScriptChecks ?? false,
    // There are no profiles of Go to be had: `consul debug` looks here before it asks for them.
    EnableDebug: false,
    ExposeMaxPort: exposeMax,
    ExposeMinPort: exposeMin,
    GossipLANGossipInterval: duration(config.gossipLan.gossipIntervalMs),
    GossipLANGossipNodes: config.gossipLan.gossipNodes,
    GossipLANProbeInterval: duration(config.gossipLan.probeIntervalMs),
    GossipLANProbeTimeout: duration(config.gossipLan.probeTimeoutMs),
    GossipLANRetransmitMult: config.gossipLan.retransmitMult,
    GossipLANSuspicionMult: config.gossipLan.suspicionMult,
    ...(config.gossipWan === undefined ? {} : describeWan(config, config.gossipWan)),
    HTTPBlockEndpoints: (config.blockEndpoints ?? []).map(textOf),
    HTTPResponseHeaders: headersOf(config),
    HTTPUseCache: config.useCache ?? true,
    KVMaxValueSize: config.kvMaxValueBytes,
    TxnMaxReqLen: config.txnMaxRequestBytes ?? 524_288,
    LeaveDrainTime: duration(config.leaveDrainMs),
    LeaveOnTerm: config.leaveOnTerminate,
    MaxQueryTime: duration(config.maxQueryTimeMs),
    NodeID: config.nodeId,
    NodeMeta: Object.fromEntries(config.nodeMeta ?? []),
    NodeName: config.nodeName,
    RPCMaxBurst: config.rpcMaxBurst ?? 1000,
    RPCRateLimit: config.rpcRate ?? -1,
    RejoinAfterLeave: config.rejoinAfterLeave ?? false,
    RPCHoldTimeout: duration(config.rpcHoldTimeoutMs),
    RetryJoinIntervalLAN: duration(config.retryIntervalMs),
    RetryJoinLAN: config.retryJoin,
    RetryJoinMaxAttemptsLAN: config.retryMax,
    SerfPortLAN: config.ports.serfLan,
    ServerMode: config.server,
    ServerPort: config.ports.server,
    SessionTTLMin: duration((config.sessionTtlMinNs ?? 0) / 1e6),
    SkipLeaveOnInt: config.skipLeaveOnInterrupt,
    StartJoinAddrsLAN: config.startJoin,
    TaggedAddresses: Object.fromEntries(ownNode(config).taggedAddresses ?? []),
    TranslateWANAddrs: config.translateWanAddrs === true,
    Version: CONSUL_VERSION,
  };
}

function describeWan(config: AgentConfig, wan: GossipConfig): AgentSelf["debugConfig"] {
  const { joinWan } = config;
  return {
    AdvertiseAddrWAN: wan.ip,
    GossipWANGossipInterval: duration(wan.gossipIntervalMs),
    GossipWANGossipNodes: wan.gossipNodes,
    GossipWANProbeInterval: duration(wan.probeIntervalMs),
    GossipWANProbeTimeout: duration(wan.probeTimeoutMs),
    GossipWANRetransmitMult: wan.retransmitMult,
    GossipWANSuspicionMult: wan.suspicionMult,
    RetryJoinIntervalWAN: duration(joinWan?.retryIntervalMs ?? config.retryIntervalMs),
    RetryJoinMaxAttemptsWAN: joinWan?.retryMax ?? 0,
    RetryJoinWAN: joinWan?.retryJoin ?? [],
    SerfPortWAN: wan.port,
    StartJoinAddrsWAN: joinWan?.startJoin ?? [],
  };
}

function duration(ms: number): string {
  return printDuration(ms * 1e6);
}

function describeAutopilot(autopilot: AutopilotSettings): AgentSelf["debugConfig"] {
  return {
    AutopilotCleanupDeadServers: autopilot.cleanupDeadServers,
    AutopilotLastContactThreshold: printDuration(autopilot.lastContactThresholdNs),
    AutopilotMaxTrailingLogs: Number(autopilot.maxTrailingLogs),
    AutopilotMinQuorum: Number(autopilot.minQuorum),
    AutopilotServerStabilizationTime: printDuration(autopilot.serverStabilizationTimeNs),
  };
}

function describeDns(dns: DnsSettings): AgentSelf["debugConfig"] {
  const { refresh: Refresh, retry: Retry, expire: Expire, minTtl: Minttl } = dns.soa;
  return {
    DNSARecordLimit: dns.aRecordLimit,
    DNSAllowStale: dns.allowStale,
    DNSCacheMaxAge: duration(dns.cacheMaxAgeMs),
    DNSDisableCompression: dns.disableCompression,
    DNSEnableTruncate: dns.enableTruncate,
    DNSMaxStale: duration(dns.maxStaleMs),
    DNSNodeMetaTXT: dns.nodeMetaTxt,
    DNSNodeTTL: duration(dns.nodeTtl * 1000),
    DNSOnlyPassing: dns.onlyPassing,
    DNSRecursorTimeout: duration(dns.recursorTimeoutMs),
    DNSSOA: { Expire, Minttl, Refresh, Retry },
    DNSServiceTTL: Object.fromEntries(
      dns.serviceTtls.map(([pattern, seconds]) => [pattern, duration(seconds * 1000)]),
    ),
    DNSUDPAnswerLimit: dns.udpAnswerLimit,
    DNSUseCache: dns.useCache,
  };
}

/** Without what translate_wan_addrs adds. */
function headersOf({ responseHeaders }: AgentConfig): { readonly [name: string]: string } {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < responseHeaders.length; at += 2) {
    const [name = "", value = ""] = responseHeaders.slice(at, at + 2);
    if (name !== "X-Consul-Translate-Addresses") headers[name] = value;
  }
  return headers;
}
