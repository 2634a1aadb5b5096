// IP addresses against the special-purpose blocks of RFC 6890, as Consul's address templates and its choice of an address
// to advertise judge them. Pure sums on addresses; which interfaces exist is interfaces.ts's business.

import { ipBytes } from "../../core/model/address.ts";
import { inBlock } from "../../core/model/network-block.ts";

/** RFC 6890's table: what go-sockaddr calls private, and everything outside it public. */
export const RFC6890: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "240.0.0.0/4",
  "::/127",
  "64:ff9b::/96",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "fc00::/7",
  "fe80::/10",
];

/** Blocks whose packets no router passes on. */
const NOT_FORWARDED: readonly string[] = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "240.0.0.0/4",
  "::/127",
  "2001:10::/28",
  "2001:db8::/32",
  "fe80::/10",
];

/** Consul's own, narrower list when it looks for the one IPv4 address to advertise. */
const ADVERTISABLE_V4: readonly string[] = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.168.0.0/16",
];

function inAny(ip: string, blocks: readonly string[]): boolean {
  return blocks.some((block) => inBlock(ip, block) === true);
}

export function isPrivate(ip: string): boolean {
  return inAny(ip, RFC6890);
}

export function isForwardable(ip: string): boolean {
  return !inAny(ip, NOT_FORWARDED);
}

export function isAdvertisableV4(ip: string): boolean {
  return inAny(ip, ADVERTISABLE_V4);
}

/** Four bytes, written as IPv4 (an IPv6 address that only maps one counts as IPv6 here, as it is bound as one). */
export function isV4(ip: string): boolean {
  return !ip.includes(":") && ipBytes(ip) !== undefined;
}

/** 0.0.0.0 or :: in any spelling. */
export function isAnyAddress(ip: string): boolean {
  return ipBytes(ip)?.every((byte) => byte === 0) ?? false;
}
