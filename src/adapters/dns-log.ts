// What the log says of a question over DNS that was answered, while its level is "debug": Consul's lines (agent/dns.go, 1.8).

import type { Notice } from "../core/api/notice.ts";
import { nameText } from "../core/dns/name.ts";
import { readQuery } from "../core/dns/read-message.ts";
import { printDuration } from "../core/lib/duration.ts";
import { joinHostPort } from "../core/model/address.ts";
import type { DnsAsked, DnsMetric } from "./net/dns-server.ts";

const TYPES: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  255: "ANY",
};

const CLASSES: Readonly<Record<number, string>> = { 1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY" };

/** @returns undefined of what could not be read: there is no question to tell of. */
export function dnsLine(asked: DnsAsked, metric: DnsMetric | undefined, tookMs: number): Notice | undefined {
  const read = readQuery(asked.bytes);
  if (read.kind !== "query") return undefined;
  const name = nameText(read.query.name);
  const { type, class: kind } = read.query;
  const question =
    metric === "dns.domain_query"
      ? { name, type: TYPES[type] ?? `TYPE${type}`, class: CLASSES[kind] ?? `CLASS${kind}` }
      : { question: `{${name} ${type} ${kind}}` };
  const latency = printDuration(Math.round(tookMs * 1e6));
  const client = joinHostPort(asked.ip, asked.port);
  const fields = { ...question, latency, client, client_network: asked.over };
  return { type: "notice", level: "debug", logger: "dns", message: "request served from client", fields };
}
