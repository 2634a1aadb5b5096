// The agent's addresses from its configuration: templates expanded, IPs checked, the one to advertise found. Also that no
// two listeners claim one address. Error texts are Consul's.

import { errorList } from "../../core/lib/error-list.ts";
import { ipBytes } from "../../core/model/address.ts";
import { expandTemplate } from "./address-template.ts";
import { ConfigFault } from "./config-fault.ts";
import { detectAdvertise, type InterfaceAddress } from "./interfaces.ts";
import { isAnyAddress, isV4 } from "./network-blocks.ts";
import { type ConfigMap, labelsAt, stringAt } from "./values.ts";

export interface Addresses {
  readonly bindIp: string;
  readonly advertiseIp: string;
  /** Told to other datacenters. */
  readonly advertiseWanIp: string;
  readonly serfLanIp: string;
  readonly serfWanIp: string;
  readonly clientIps: readonly string[];
  /** IPs, and unix sockets as "unix:///path". */
  readonly http: readonly string[];
  readonly https: readonly string[];
  /** Of the node, by their names; those that follow from the advertised addresses may be missing. */
  readonly tagged: readonly (readonly [name: string, ip: string])[];
  /** IPs. */
  readonly dns: readonly string[];
}

/** @throws ConfigFault for what makes all further checks pointless; lesser faults go into `faults`. */
export function resolveAddresses(
  config: ConfigMap,
  interfaces: readonly InterfaceAddress[],
  faults: string[],
): Addresses {
  const expand = (path: string): string[] =>
    expandIps(path, stringAt(config, path) ?? "", interfaces, faults);
  const bindIp = bindAddress(expand("bind_addr"), faults);
  const advertiseIp =
    single(expand("advertise_addr"), "advertise_addr", faults) ?? advertised(bindIp, interfaces);
  if (isAnyAddress(advertiseIp)) throw new ConfigFault("Advertise address cannot be 0.0.0.0, :: or [::]");
  const advertiseWanIp = single(expand("advertise_addr_wan"), "advertise_addr_wan", faults) ?? advertiseIp;
  if (isAnyAddress(advertiseWanIp))
    throw new ConfigFault("Advertise WAN address cannot be 0.0.0.0, :: or [::]");
  const serfLanIp = single(expand("serf_lan"), "serf_lan", faults) ?? bindIp;
  const serfWanIp = single(expand("serf_wan"), "serf_wan", faults) ?? bindIp;
  const found = { bindIp, advertiseIp, advertiseWanIp, serfLanIp, serfWanIp };
  const clientIps = expand("client_addr");
  if (clientIps.some(isUnixSocket)) faults.push("client_addr cannot be a unix socket");
  const orClient = (path: string): readonly string[] =>
    stringAt(config, path) === undefined ? clientIps : expand(path);
  const dns = orClient("addresses.dns");
  if (dns !== clientIps && dns.some(isUnixSocket))
    throw new ConfigFault("DNS address cannot be a unix socket");
  // Nothing listens there, and what is no address is refused all the same.
  expand("addresses.grpc");
  const tagged = taggedAddresses(config, { advertiseIp, advertiseWanIp }, expand, faults);
  return {
    ...found,
    tagged,
    clientIps,
    http: orClient("addresses.http"),
    https: orClient("addresses.https"),
    dns,
  };
}

/**
 * `tagged_addresses`, and the addresses of either family that are to be told besides the one advertised. What the WAN is
 * told of a family, when nothing is said of it, is what the LAN is told.
 */
function taggedAddresses(
  config: ConfigMap,
  { advertiseIp, advertiseWanIp }: Pick<Addresses, "advertiseIp" | "advertiseWanIp">,
  expand: (path: string) => string[],
  faults: string[],
): Addresses["tagged"] {
  const tagged = new Map(labelsAt(config, "tagged_addresses"));
  for (const family of ["ipv4", "ipv6"] as const) {
    const isOf = (ip: string): boolean => isV4(ip) === (family === "ipv4");
    const given = (path: string): string | undefined => {
      const ip = single(expand(path), path, faults);
      if (ip !== undefined && !isOf(ip)) throw new ConfigFault(`${path} must be an ${family} address`);
      return ip;
    };
    const lan = given(`advertise_addr_${family}`) ?? (isOf(advertiseIp) ? advertiseIp : undefined);
    const wan = given(`advertise_addr_wan_${family}`) ?? (isOf(advertiseWanIp) ? advertiseWanIp : lan);
    if (lan !== undefined) tagged.set(`lan_${family}`, lan);
    if (wan !== undefined) tagged.set(`wan_${family}`, wan);
  }
  return [...tagged];
}

/** Unlike Consul, which says "bind_addr cannot be empty" of a bad address, we say what is bad about it. */
function bindAddress(ips: readonly string[], faults: string[]): string {
  const [first, second] = ips;
  if (first === undefined)
    throw new ConfigFault(faults.length > 0 ? errorList(faults) : "bind_addr cannot be empty");
  if (second !== undefined)
    throw new ConfigFault(
      "bind_addr cannot contain multiple addresses. Use 'addresses.{dns,http,https}' instead.",
    );
  if (isUnixSocket(first)) throw new ConfigFault("bind_addr cannot be a unix socket");
  return first;
}

function advertised(bindIp: string, interfaces: readonly InterfaceAddress[]): string {
  if (!isAnyAddress(bindIp)) return bindIp;
  const detected = detectAdvertise(bindIp, interfaces);
  if (!detected.ok) throw new ConfigFault(detected.error);
  return detected.ip;
}

function single(ips: readonly string[], path: string, faults: string[]): string | undefined {
  if (ips.length > 1) faults.push(`${path}: multiple addresses found: ${ips.join(" ")}`);
  if (ips.some(isUnixSocket)) faults.push(`${path} cannot be a unix socket`);
  return ips[0];
}

export function isUnixSocket(address: string): boolean {
  return address.startsWith("unix:");
}

/** IPs (and unix sockets) of a blank-separated list with templates; the first that is neither becomes a fault. */
function expandIps(
  path: string,
  text: string,
  interfaces: readonly InterfaceAddress[],
  faults: string[],
): string[] {
  const expanded = expandTemplate(text, interfaces);
  if (!expanded.ok) {
    faults.push(`${path}: ${expanded.error}`);
    return [];
  }
  const words = expanded.text.split(/\s+/).filter((word) => word !== "");
  const isAddress = (word: string): boolean => isUnixSocket(word) || ipBytes(word) !== undefined;
  const wrong = words.find((word) => !isAddress(word));
  if (wrong !== undefined) faults.push(`${path}: invalid ip address: ${wrong}`);
  return words.filter(isAddress);
}

/** What wants to listen, or to be reached, where. */
export interface Listener {
  /** "HTTP". */
  readonly name: string;
  /** "127.0.0.1:8500", or a socket's path. */
  readonly address: string;
}

/** The first clash in Consul's words, or undefined when all is well. */
export function findClash(listeners: readonly Listener[]): string | undefined {
  const taken = new Map<string, string>();
  for (const { name, address } of listeners) {
    const holder = taken.get(address);
    if (holder !== undefined) return `${name} address ${address} already configured for ${holder}`;
    taken.set(address, name);
  }
  return undefined;
}
