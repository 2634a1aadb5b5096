// What of settings that were read again an agent takes on while it runs; all else is for its next start. docs/tune.md tells users
// which keys that makes, and a test holds it to this.

import type { ReloadableConfig } from "../../core/agent/config.ts";
import type { DnsSettings } from "../../core/dns/settings.ts";
import type { LocalDefinitions } from "../../core/model/local.ts";
import type { ConfiguredWatch } from "../watches/handlers.ts";
import type { AgentSettings, HttpsSettings, LogLevel } from "./settings.ts";

export interface Reloadable {
  /** What the agent itself takes on. */
  readonly config: ReloadableConfig;
  /** Services and checks. */
  readonly local: LocalDefinitions | undefined;
  readonly watches: readonly ConfiguredWatch[];
  readonly logLevel: LogLevel;
  /** Open connections of one client; 0 for no limit. */
  readonly httpConnectionsPerClient: number;
  readonly rpcConnectionsPerClient: number;
  /** Certificates, and versions of TLS. */
  readonly https: Omit<HttpsSettings, "handshakeTimeoutMs" | "verifyIncoming">;
  readonly agentTlsForChecks: boolean;
}

export function reloadableOf({
  agent,
  agentTlsForChecks,
  http,
  log,
  rpcLimits,
  watches,
}: AgentSettings): Reloadable {
  const { handshakeTimeoutMs: _timeout, verifyIncoming: _verifies, ...https } = http.https;
  return {
    config: reloadableConfigOf(agent),
    local: agent.local,
    watches,
    logLevel: log.level,
    httpConnectionsPerClient: http.maxConnectionsPerClient,
    rpcConnectionsPerClient: rpcLimits.maxConnectionsPerClient,
    https,
    agentTlsForChecks,
  };
}

function reloadableConfigOf(agent: AgentSettings["agent"]): ReloadableConfig {
  const { cacheFetchBurst, cacheFetchRate, configEntries, discardCheckOutput, nodeMeta } = agent;
  const { rpcClientTimeoutMs, rpcMaxBurst, rpcRate } = agent;
  const { snapshotEntries, snapshotIntervalMs, trailingEntries } = agent.raft;
  return {
    ...{ cacheFetchBurst, cacheFetchRate, configEntries, discardCheckOutput, nodeMeta },
    ...{ rpcClientTimeoutMs, rpcMaxBurst, rpcRate },
    dns: agent.dns && reloadableDnsOf(agent.dns),
    raft: { snapshotEntries, snapshotIntervalMs, trailingEntries },
    telemetry: agent.telemetry && { filters: agent.telemetry.filters },
  };
}

function reloadableDnsOf({
  domain: _,
  altDomain: _alt,
  ...dns
}: DnsSettings): NonNullable<ReloadableConfig["dns"]> {
  return dns;
}
