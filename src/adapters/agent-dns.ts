// The agent's DNS interface in its process: opened as the settings say, with Consul's words for where it listens.

import type { Input } from "../core/agent/ports.ts";
import type { AgentSettings } from "./config/settings.ts";
import { dnsLine } from "./dns-log.ts";
import type { Logs } from "./logs.ts";
import { type DnsServer, openDnsServer } from "./net/dns-server.ts";
import type { ProcessMetrics } from "./process-metrics.ts";

/** @returns undefined where nothing is to be listened on. @throws Error in Consul's words. */
export async function openAgentDns(
  { dnsIps, ports }: AgentSettings,
  feed: (input: Input) => void,
  metrics: ProcessMetrics,
  logs: Logs,
): Promise<DnsServer | undefined> {
  if (dnsIps.length === 0) return undefined;
  return openDnsServer({
    ips: dnsIps,
    port: ports.dns,
    feed,
    onAnswered: (metric, tookMs, asked) => {
      metrics.onDnsAnswered(metric, tookMs);
      const line = logs.wants("debug") ? dnsLine(asked, metric, tookMs) : undefined;
      if (line !== undefined) logs.log(line);
    },
    onListening: (address, network) =>
      logs.log({
        type: "notice",
        level: "info",
        logger: "",
        message: "Started DNS server",
        fields: { address, network },
      }),
  });
}
