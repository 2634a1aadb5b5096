// An agent's own node as the catalog is to have it: what only the agent knows of it.

import type { AgentConfig } from "../agent/config.ts";
import type { NodeRegister } from "../api/request.ts";
import { compareStrings } from "../lib/bytes.ts";
import type { Labels } from "./catalog.ts";

/** The record that an agent registers of its own node. */
export function ownNode(config: AgentConfig): NodeRegister {
  const { advertiseIp: ip, advertiseWanIp: wanIp = ip } = config;
  const family = (of: string): string => (of.includes(":") ? "ipv6" : "ipv4");
  const tagged = new Map([
    [`lan_${family(ip)}`, ip],
    [`wan_${family(wanIp)}`, wanIp],
    ...(config.taggedAddresses ?? []),
    ["lan", ip],
    ["wan", wanIp],
  ]);
  return {
    kind: "catalog.register-node",
    id: config.nodeId,
    node: config.nodeName,
    address: ip,
    taggedAddresses: [...tagged].sort(([a], [b]) => compareStrings(a, b)),
    meta: ownMeta(config),
  };
}

/** A node's metadata: what its operator gave it, and what every agent says. */
export function ownMeta(config: AgentConfig): Labels {
  const all = [...(config.nodeMeta ?? []), ["consul-network-segment", ""] as const];
  return all.sort(([a], [b]) => compareStrings(a, b));
}
