// The networks that a pool keeps to (`serf_lan_allowed_cidrs`, `serf_wan_allowed_cidrs`): who is elsewhere is not heard, and
// is not let in on others' word either.

import { splitHostPort } from "../model/address.ts";
import { inBlock } from "../model/network-block.ts";
import type { GossipConfig } from "./config.ts";

/** Whether a member may be at this IP. */
export function isAllowedIp({ allowedNetworks }: GossipConfig, ip: string): boolean {
  return allowedNetworks === undefined || allowedNetworks.some((block) => inBlock(ip, block) === true);
}

/** Whether what comes from this address is heard. memberlist drops only its rumours; ours would still answer its pings. */
export function isHeard(config: GossipConfig, from: string): boolean {
  return config.allowedNetworks === undefined || isAllowedIp(config, splitHostPort(from)?.host ?? "");
}
