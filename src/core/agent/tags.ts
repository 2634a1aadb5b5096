// What an agent tells its pools about itself in Serf tags, the way Consul agents do and read it: from them a member is
// known to be a server, of which datacenter, where it takes RPC and what it can do.

import { type AgentConfig, CONSUL_PROTOCOL, CONSUL_VERSION } from "./config.ts";

/** Our Raft speaks as Consul's protocol 3 does: servers are known by their ids. */
const RAFT_PROTOCOL = 3;

/**
 * Tags of a LAN member. Left out is `ft_fs`: with it Consul servers would expect federation states of us.
 * @param protocol Consul protocol version spoken, 2 or 3.
 */
export function memberTags(
  agent: Pick<AgentConfig, "server" | "datacenter" | "bootstrap" | "bootstrapExpect" | "ports">,
  nodeId: string,
  protocol: number,
): ReadonlyMap<string, string> {
  const tags = new Map([
    ["role", agent.server ? "consul" : "node"],
    ["dc", agent.datacenter],
    ["segment", ""],
    ["id", nodeId],
    ["vsn", String(protocol)],
    ["vsn_min", String(CONSUL_PROTOCOL.min)],
    ["vsn_max", String(CONSUL_PROTOCOL.max)],
    // Version, then a colon and a revision, which releases built from source packages do not have.
    ["build", `${CONSUL_VERSION}:`],
    ["acls", "0"],
  ]);
  if (!agent.server) return tags;
  tags.set("raft_vsn", String(RAFT_PROTOCOL)).set("port", String(agent.ports.server));
  if (agent.bootstrap) tags.set("bootstrap", "1");
  if (agent.bootstrapExpect > 0) tags.set("expect", String(agent.bootstrapExpect));
  if (agent.ports.serfWan > 0) tags.set(WAN_PORT_TAG, String(agent.ports.serfWan));
  return tags;
}

/** Where the other servers of its LAN find a server in the WAN. */
const WAN_PORT_TAG = "wan_join_port";

/** Tags of a server in the WAN: what it tells the LAN, but for the port that the WAN knows anyhow. */
export function wanTags(lanTags: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const tags = new Map(lanTags);
  tags.delete(WAN_PORT_TAG);
  return tags;
}

/** The port that a member of the LAN tells; undefined when it tells none. */
export function wanPort(lanTags: ReadonlyMap<string, string>): number | undefined {
  const text = lanTags.get(WAN_PORT_TAG) ?? "";
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}
