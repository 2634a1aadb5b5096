// What the configuration says of DNS (`dns_config`, `domain`, `alt_domain`, `recursors`), in Consul's words where it can't be.

import { type DnsName, lowerName, nameOfText } from "../../core/dns/name.ts";
import { DEFAULT_DNS, type DnsSettings } from "../../core/dns/settings.ts";
import { parseDuration } from "../../core/lib/duration.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import {
  type Address,
  ipBytes,
  isAnyAddress,
  joinHostPort,
  splitHostPort,
} from "../../core/model/address.ts";
import { ConfigFault } from "./config-fault.ts";
import { boolAt, type ConfigMap, configAt, isConfigMap, numberAt, stringAt, stringsAt } from "./values.ts";

/** @param expand Fills in templates of addresses. @throws ConfigFault */
export function dnsOf(
  config: ConfigMap,
  datacenter: string,
  expand: (address: string) => readonly string[],
  faults: string[],
): DnsSettings {
  const at = (key: string): string => `dns_config.${key}`;
  const bool = (key: string, otherwise: boolean): boolean => boolAt(config, at(key)) ?? otherwise;
  const number = (key: string, otherwise: number): number => numberAt(config, at(key)) ?? otherwise;
  const ms = (key: string, otherwise: number): number =>
    stringAt(config, at(key)) === undefined ? otherwise : durationMs(config, at(key), faults);
  const { soa } = DEFAULT_DNS;
  const altDomain = stringAt(config, "alt_domain") ?? "";
  checkAltDomain(altDomain, datacenter);
  const strategy = stringAt(config, at("recursor_strategy")) ?? "";
  if (!["", "sequential", "random"].includes(strategy))
    faults.push(
      `dns_config.recursor_strategy: invalid strategy: ${quoteText(strategy)}: must be one of sequential, random`,
    );
  const settings: DnsSettings = {
    domain: zone("domain", stringAt(config, "domain") || "consul", faults) ?? DEFAULT_DNS.domain,
    altDomain: altDomain === "" ? undefined : zone("alt_domain", altDomain, faults),
    recursors: recursorsOf(config, expand, faults),
    recursorStrategy: strategy === "random" ? "random" : "sequential",
    recursorTimeoutMs: ms("recursor_timeout", DEFAULT_DNS.recursorTimeoutMs),
    nodeTtl: Math.trunc(ms("node_ttl", 0) / 1000),
    serviceTtls: serviceTtls(config, faults),
    soa: {
      refresh: number("soa.refresh", soa.refresh),
      retry: number("soa.retry", soa.retry),
      expire: number("soa.expire", soa.expire),
      minTtl: number("soa.min_ttl", soa.minTtl),
    },
    onlyPassing: bool("only_passing", DEFAULT_DNS.onlyPassing),
    allowStale: bool("allow_stale", DEFAULT_DNS.allowStale),
    maxStaleMs: ms("max_stale", DEFAULT_DNS.maxStaleMs),
    useCache: bool("use_cache", DEFAULT_DNS.useCache),
    cacheMaxAgeMs: ms("cache_max_age", DEFAULT_DNS.cacheMaxAgeMs),
    udpAnswerLimit: number("udp_answer_limit", DEFAULT_DNS.udpAnswerLimit),
    aRecordLimit: number("a_record_limit", DEFAULT_DNS.aRecordLimit),
    enableTruncate: bool("enable_truncate", DEFAULT_DNS.enableTruncate),
    disableCompression: bool("disable_compression", DEFAULT_DNS.disableCompression),
    nodeMetaTxt: bool("enable_additional_node_meta_txt", DEFAULT_DNS.nodeMetaTxt),
  };
  if (settings.udpAnswerLimit < 0)
    throw new ConfigFault(
      `dns_config.udp_answer_limit cannot be ${settings.udpAnswerLimit}. Must be greater than or equal to zero`,
    );
  if (settings.aRecordLimit < 0)
    throw new ConfigFault(
      `dns_config.a_record_limit cannot be ${settings.aRecordLimit}. Must be greater than or equal to zero`,
    );
  return settings;
}

function zone(key: string, text: string, faults: string[]): DnsName | undefined {
  const name = nameOfText(text);
  if (name === undefined || name.length < 3) {
    faults.push(`${key}: ${quoteText(text)} is no domain name`);
    return undefined;
  }
  return lowerName(name);
}

const KEYWORDS: readonly string[] = ["service", "connect", "ingress", "node", "query", "addr"];

/** A second zone whose names could be taken for names in the first. @throws ConfigFault */
function checkAltDomain(altDomain: string, datacenter: string): void {
  for (const word of [...KEYWORDS, datacenter])
    if (altDomain.toLowerCase().startsWith(`${word}.`))
      throw new ConfigFault(`alt_domain cannot start with {service,connect,node,query,addr,${datacenter}}`);
}

function durationMs(config: ConfigMap, key: string, faults: string[]): number {
  const given = stringAt(config, key) ?? "";
  const parsed = parseDuration(given);
  if (!parsed.ok) faults.push(`${key}: invalid duration: ${quoteText(given)}: ${parsed.error}`);
  return parsed.ok ? Math.max(0, parsed.ns / 1e6) : 0;
}

function serviceTtls(config: ConfigMap, faults: string[]): (readonly [string, number])[] {
  const given = configAt(config, "dns_config.service_ttl");
  if (given === undefined || !isConfigMap(given)) return [];
  return [...given].map(([service, value]) => {
    const parsed = parseDuration(String(value));
    if (!parsed.ok)
      faults.push(
        `dns_config.service_ttl[${quoteText(service)}]: invalid duration: ${quoteText(String(value))}: ${parsed.error}`,
      );
    return [service, parsed.ok ? Math.max(0, Math.trunc(parsed.ns / 1e9)) : 0] as const;
  });
}

const DNS_PORT = 53;

/** IPs with or without a port; a port goes behind the brackets of an IPv6 address. */
function recursorsOf(
  config: ConfigMap,
  expand: (address: string) => readonly string[],
  faults: string[],
): Address[] {
  const found: Address[] = [];
  for (const address of stringsAt(config, "recursors").flatMap(expand)) {
    const parts = splitHostPort(address) ?? { host: address.replace(/^\[(.*)\]$/, "$1"), port: DNS_PORT };
    if (isAnyAddress(parts.host)) throw new ConfigFault("DNS recursor address cannot be 0.0.0.0, :: or [::]");
    if (ipBytes(parts.host) === undefined) faults.push(`Invalid recursor address: ${address}`);
    else if (!found.includes(joinHostPort(parts.host, parts.port)))
      found.push(joinHostPort(parts.host, parts.port));
  }
  return found;
}
