// The agent's DNS interface in its process: opened as the settings say, with Consul's words for where it listens.

import type { Input } from "../core/agent/ports.ts";
import type { Say } from "./agent-http.ts";
import type { AgentSettings } from "./config/settings.ts";
import { type DnsServer, openDnsServer } from "./net/dns-server.ts";
import type { ProcessMetrics } from "./process-metrics.ts";

/** @returns undefined where nothing is to be listened on. @throws Error in Consul's words. */
export async function openAgentDns(
  { dnsIps, ports }: AgentSettings,
  feed: (input: Input) => void,
  metrics: ProcessMetrics,
  say: Say,
): Promise<DnsServer | undefined> {
  if (dnsIps.length === 0) return undefined;
  return openDnsServer({
    ips: dnsIps,
    port: ports.dns,
    feed,
    onAnswered: (metric, tookMs) => metrics.onDnsAnswered(metric, tookMs),
    onListening: (address, network) => say("info", "Started DNS server", { address, network }),
  });
}
