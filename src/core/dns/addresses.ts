// Which of its addresses a node or a service is told by: by the family that is asked for, and for another datacenter by those
// for the WAN (Consul's agent/translate_addr.go).

import { type ByteString, byteStringOf } from "../lib/bytes.ts";
import { ipBytes } from "../model/address.ts";
import type { CatalogService, Node } from "../model/catalog.ts";
import { RECORD } from "./message.ts";

interface Addresses {
  readonly own: string;
  readonly tagged: (name: string) => string | undefined;
}

/** "" where it has none of the family. */
export function nodeAddress({ address, taggedAddresses }: Node, type: number, wan: boolean): string {
  const tagged = (name: string): string | undefined =>
    taggedAddresses?.find(([each]) => each === name)?.[1] || undefined;
  return choose({ own: address, tagged }, type, wan);
}

export function serviceAddress(service: CatalogService, type: number, wan: boolean): string {
  const tagged = (name: string): string | undefined =>
    service.taggedAddresses.find(([each]) => each === name)?.[1].address || undefined;
  return choose({ own: service.address, tagged }, type, wan);
}

/** Only the tag "wan" itself has a port of its own. */
export function servicePort({ port, taggedAddresses }: CatalogService, wan: boolean): number {
  const its = wan ? (taggedAddresses.find(([name]) => name === "wan")?.[1].port ?? 0) : 0;
  return its === 0 ? port : its;
}

function choose({ own, tagged }: Addresses, type: number, wan: boolean): string {
  const main = (wan ? tagged("wan") : undefined) ?? own;
  const v4 = (wan ? tagged("wan_ipv4") : undefined) ?? tagged("lan_ipv4");
  const v6 = (wan ? tagged("wan_ipv6") : undefined) ?? tagged("lan_ipv6");
  const bytes = ipBytes(main)?.length;
  if (type === RECORD.A) return v4 ?? (bytes === 16 ? "" : main);
  if (type === RECORD.AAAA) return v6 ?? (bytes === 4 ? "" : main);
  return v6 ?? v4 ?? main;
}

/** The 4 or 16 bytes of an address as a record has them; undefined for the name of a host. */
export function addressBytes(address: string): ByteString | undefined {
  const bytes = ipBytes(address);
  return bytes === undefined ? undefined : byteStringOf(bytes);
}

export function hexText(bytes: ByteString): string {
  let text = "";
  for (let at = 0; at < bytes.length; at++) text += bytes.charCodeAt(at).toString(16).padStart(2, "0");
  return text;
}
