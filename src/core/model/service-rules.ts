// What a service may say of itself when it is registered at its agent, in Consul's words, and what it says without saying.

import { compareStrings } from "../lib/bytes.ts";
import { ipBytes } from "./address.ts";
import type { ServiceAddress, ServiceWeights } from "./catalog.ts";

type Addresses = readonly (readonly [name: string, address: ServiceAddress])[];

/** What is wrong with weights; undefined for nothing. */
export function weightsFault({ passing, warning }: ServiceWeights): string | undefined {
  if (passing < 1) return "Passing must be greater than 0";
  if (warning < 0) return "Warning must be greater or equal than 0";
  return passing > 65_535 || warning > 65_535 ? "DNS Weight must be between 0 and 65535" : undefined;
}

/** Whether it is no address of anything, but that of everything. */
export function isAnyAddress(address: string): boolean {
  return address === "0.0.0.0" || address === "::" || address === "[::]";
}

/** The catalog parts names by NULs (store/catalog-keys.ts), and takes none that has one. */
export function hasNul(name: string): boolean {
  return name.includes("\0");
}

/** Tagged addresses that everybody takes for IPs of one kind, in the order in which they are looked at. */
const IP_TAGS: readonly (readonly [tag: string, bytes: 4 | 16])[] = [
  ["lan_ipv4", 4],
  ["wan_ipv4", 4],
  ["lan_ipv6", 16],
  ["wan_ipv6", 16],
];

/** What is wrong with tagged addresses; undefined for nothing. Any IP passes for one of version 6, as in Consul. */
export function taggedAddressFault(addresses: Addresses): string | undefined {
  for (const [tag, bytes] of IP_TAGS) {
    const given = addresses.find(([name]) => name === tag)?.[1];
    if (given === undefined) continue;
    const its = ipBytes(given.address)?.length;
    if (its === undefined || (bytes === 4 && its !== 4))
      return `Service tagged address "${tag}" must be a valid ${bytes === 4 ? "ipv4" : "ipv6"} address`;
  }
  return undefined;
}

/** A service's tagged addresses: an IP is also what it has in the LAN and in the WAN, where nothing else is said. */
export function withOwnAddress(tagged: Addresses, address: string, port: number): Addresses {
  const bytes = ipBytes(address)?.length;
  const own = IP_TAGS.filter(([tag, its]) => its === bytes && !tagged.some(([name]) => name === tag));
  const added = own.map(([tag]) => [tag, { address, port }] as const);
  return [...tagged, ...added].sort(([a], [b]) => compareStrings(a, b));
}

/** What the log is told of a service's name or tag that DNS can't say; undefined of all others. */
export function dnsFault(name: string): string | undefined {
  if (/[^A-Za-z0-9-]/.test(name))
    return "will not be discoverable via DNS due to invalid characters. Valid characters include all alpha-numerics and dashes.";
  // It has ASCII in it and nothing else.
  if (name.length > MAX_DNS_LABEL)
    return "will not be discoverable via DNS due to it being too long. Valid lengths are between 1 and 63 bytes.";
  return undefined;
}

const MAX_DNS_LABEL = 63;
