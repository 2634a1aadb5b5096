// What the configuration says of DNS: zones, times to live, limits, whom other names are asked of. Times to live are whole
// seconds, as they are told.

import type { Address } from "../model/address.ts";
import { type DnsName, nameOfText } from "./name.ts";

export interface SoaSettings {
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** Also how long what is not there may be remembered. */
  readonly minTtl: number;
}

export interface DnsSettings {
  /** In lower case. */
  readonly domain: DnsName;
  readonly altDomain: DnsName | undefined;
  /** Whom names outside of these are asked of; none: they are refused. */
  readonly recursors: readonly Address[];
  readonly recursorStrategy: "sequential" | "random";
  readonly recursorTimeoutMs: number;
  readonly nodeTtl: number;
  /** By a service's name, or by how it begins for those that end with "*". */
  readonly serviceTtls: readonly (readonly [pattern: string, seconds: number])[];
  readonly soa: SoaSettings;
  /** Instances of which any check warns are left out too. */
  readonly onlyPassing: boolean;
  readonly allowStale: boolean;
  readonly maxStaleMs: number;
  /** Questions go to the agent's cache. */
  readonly useCache: boolean;
  /** How old what the cache has fetched may be; 0: as it sees fit. */
  readonly cacheMaxAgeMs: number;
  /** How many answers over UDP to who does not say how large they may be. */
  readonly udpAnswerLimit: number;
  /** How many addresses of a service; 0: all. */
  readonly aRecordLimit: number;
  /** Says so where answers were left out. */
  readonly enableTruncate: boolean;
  readonly disableCompression: boolean;
  /** Nodes' metadata goes along with their addresses. */
  readonly nodeMetaTxt: boolean;
}

/** Consul's ten years. */
const MAX_STALE_MS = 10 * 365 * 24 * 3_600_000;

export const DEFAULT_DNS: DnsSettings = {
  domain: nameOfText("consul") ?? ("\0" as DnsName),
  altDomain: undefined,
  recursors: [],
  recursorStrategy: "sequential",
  recursorTimeoutMs: 2_000,
  nodeTtl: 0,
  serviceTtls: [],
  soa: { refresh: 3600, retry: 600, expire: 86_400, minTtl: 0 },
  onlyPassing: false,
  allowStale: true,
  maxStaleMs: MAX_STALE_MS,
  useCache: false,
  cacheMaxAgeMs: 0,
  udpAnswerLimit: 3,
  aRecordLimit: 0,
  enableTruncate: false,
  disableCompression: false,
  nodeMetaTxt: true,
};

/** The name itself before all patterns, the longest of these before the others. */
export function serviceTtl({ serviceTtls }: DnsSettings, service: string): number {
  let found = 0;
  let length = -1;
  for (const [pattern, seconds] of serviceTtls) {
    if (pattern === service) return seconds;
    const start = pattern.slice(0, -1);
    if (!pattern.endsWith("*") || !service.startsWith(start) || start.length <= length) continue;
    found = seconds;
    length = start.length;
  }
  return found;
}
