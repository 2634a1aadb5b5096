// What the agent prints before its log begins, in the layout of Consul 1.8: scripts wait for its lines and read addresses
// and ids out of it.

import { CONSUL_VERSION } from "../../core/agent/config.ts";
import { goList } from "../config/go-text.ts";
import type { AgentSettings } from "../config/settings.ts";

/** Printed once the agent listens; programs that start agents wait for this line. */
export const AGENT_RUNNING = "==> Consul agent running!\n";

/** Consul's port of what is switched off: whoever waits for these would wait for ever. */
const UNSERVED = -1;
/** Labels end at this column. */
const LABEL_WIDTH = 18;

/**
 * The banner, or "" when the log is JSON and must stay so.
 * @param settings With the node id known (finishSettings).
 */
export function agentBanner(settings: AgentSettings): string {
  if (settings.log.json) return "";
  const { agent, clientIps, ports } = settings;
  const clientPorts = `(HTTP: ${ports.http}, HTTPS: ${ports.https}, gRPC: ${UNSERVED}, DNS: ${ports.dns})`;
  const rows: readonly (readonly [string, string])[] = [
    ["Version", `'${CONSUL_VERSION}' (Quorate ${agent.version})`],
    ["Node ID", `'${agent.nodeId}'`],
    ["Node name", `'${agent.nodeName}'`],
    ["Datacenter", `'${agent.datacenter}' (Segment: '${agent.server ? "<all>" : ""}')`],
    ["Server", `${agent.server} (Bootstrap: ${agent.bootstrap})`],
    ["Client Addr", `${goList(clientIps)} ${clientPorts}`],
    ["Cluster Addr", `${agent.advertiseIp} (LAN: ${ports.serfLan}, WAN: ${ports.serfWan})`],
    [
      "Encrypt",
      `Gossip: ${agent.gossipLan.keyring !== undefined}, TLS-Outgoing: false, TLS-Incoming: false, Auto-Encrypt-TLS: false`,
    ],
  ];
  const lines = rows.map(([label, value]) => `${label.padStart(LABEL_WIDTH)}: ${value}\n`).join("");
  return `==> Starting Consul agent...\n${lines}\n==> Log data will now stream in as it occurs:\n\n`;
}
