// Records one by one: addresses, metadata as text, who speaks for a zone.

import { type ByteString, utf8 } from "../lib/bytes.ts";
import type { Labels } from "../model/catalog.ts";
import type { View } from "./facts.ts";
import { type DnsRecord, RECORD } from "./message.ts";
import { type DnsName, nameOfText } from "./name.ts";

/** Questions that are answered with an address of either family, besides those for one of them. */
const ANY_ADDRESS: readonly number[] = [RECORD.SRV, RECORD.ANY, RECORD.NS, RECORD.TXT];

/** @param bytes Of an address: 4 or 16. @returns undefined where the question is for another type. */
export function addressRecord(
  name: DnsName,
  bytes: ByteString,
  type: number,
  ttl: number,
): DnsRecord | undefined {
  const its = bytes.length === 4 ? RECORD.A : RECORD.AAAA;
  if (type !== its && !ANY_ADDRESS.includes(type)) return undefined;
  return { name, type: its, ttl, data: { kind: "bytes", bytes } };
}

export function aliasRecord(name: DnsName, type: number, ttl: number, target: DnsName): DnsRecord {
  return { name, type, ttl, data: { kind: "name", target } };
}

const MAX_STRING_BYTES = 255;

/**
 * Metadata, one record for each pair, as RFC 1464 writes them; of a key that begins with "rfc1035-" the value alone. What
 * is too long for one string is several: the original sends nothing at all then.
 */
export function metaRecords(name: DnsName, meta: Labels, ttl: number): DnsRecord[] {
  return (meta ?? []).map(([key, value]) => {
    const text = key.toLowerCase().startsWith("rfc1035-") ? value : attributeText(key, value);
    return { name, type: RECORD.TXT, ttl, data: { kind: "bytes", bytes: strings(utf8(text)) } };
  });
}

/** RFC 1464: a backquote goes before what would be read otherwise. */
function attributeText(key: string, value: string): string {
  const quoted = key.replace(/[`=]|^ +| +$/g, (found) => found.replace(/./g, "`$&"));
  return `${quoted}=${value.replace(/`/g, "``")}`;
}

function strings(text: ByteString): ByteString {
  let bytes = "";
  for (let at = 0; at === 0 || at < text.length; at += MAX_STRING_BYTES) {
    const piece = text.slice(at, at + MAX_STRING_BYTES);
    bytes += String.fromCharCode(piece.length) + piece;
  }
  return bytes as ByteString;
}

/** Its serial is the time, so that whoever compares serials sees that there may be news. */
export function soaRecord({ settings, nowS }: View): DnsRecord {
  const { domain, soa } = settings;
  const { refresh, retry, expire, minTtl } = soa;
  return {
    name: domain,
    type: RECORD.SOA,
    ttl: minTtl,
    data: {
      kind: "soa",
      primary: `\x02ns${domain}` as DnsName,
      mailbox: `\x0ahostmaster${domain}` as DnsName,
      serial: nowS,
      times: [refresh, retry, expire, minTtl],
    },
  };
}

/** "web1.node.dc1.consul."; undefined for a node whose name can't be one in DNS. */
export function nodeName(view: View, node: string, datacenter: string): DnsName | undefined {
  return inDomain(view, `${node}.node.${datacenter}`);
}

/** "0a000001.addr.dc1.consul.". */
export function addressName(view: View, hex: string, datacenter: string): DnsName | undefined {
  return inDomain(view, `${hex}.addr.${datacenter}`);
}

export function inDomain({ settings }: View, text: string): DnsName | undefined {
  const name = nameOfText(text);
  const whole = name === undefined ? "" : name.slice(0, -1) + settings.domain;
  return whole === "" || whole.length > 255 ? undefined : (whole as DnsName);
}
