// Blocks of IP addresses as CIDR writes them (RFC 4632): "10.0.0.0/8", "fd00::/8".

import { ipBytes } from "./address.ts";

/** Whether the address is in the block; undefined when the block is not one. IPv4 and IPv6 are never in each other's. */
export function inBlock(ip: string, cidr: string): boolean | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(cidr);
  const network = ipBytes(match?.[1] ?? "");
  const address = ipBytes(ip);
  const bits = Number(match?.[2]);
  if (network === undefined || bits > network.length * 8) return undefined;
  if (address === undefined || address.length !== network.length) return false;
  return network.every((byte, at) => {
    const free = Math.max(0, Math.min(8, (at + 1) * 8 - bits));
    return byte >> free === (address[at] as number) >> free;
  });
}

/** Whether the text is a block at all. */
export function isBlock(cidr: string): boolean {
  return inBlock("0.0.0.0", cidr) !== undefined;
}
