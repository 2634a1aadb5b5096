// What the functions of address templates do (address-template.ts): addresses of this machine found, sifted, sorted and
// printed. go-sockaddr's, by its documentation and by what Consul 1.8.7 answers.

import { compareStrings } from "../../core/lib/bytes.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { compileRe2, matchesRe2, type Re2 } from "../../core/lib/re2/re2.ts";
import { ipBytes, ipText } from "../../core/model/address.ts";
import { inBlock } from "../../core/model/network-block.ts";
import { TemplateFault } from "./address-template-fault.ts";
import type { InterfaceAddress } from "./interfaces.ts";
import { isForwardable, isPrivate, isV4 } from "./network-blocks.ts";
import { RFC_BLOCKS } from "./rfc-blocks.ts";

export type Value = string | number | readonly InterfaceAddress[];

interface Callable {
  readonly takes: readonly ("text" | "int" | "uint" | "list" | "any")[];
  readonly call: (given: readonly Value[], all: readonly InterfaceAddress[]) => Value;
}

type List = readonly InterfaceAddress[];

/** Text of what was found, as far as an address can come of it. */
export function printValue(value: Value): string {
  return typeof value === "object" ? `[${value.map(printAddress).join(" ")}]` : String(value);
}

export const FUNCTIONS: Readonly<Record<string, Callable>> = {
  GetAllInterfaces: source((all) => all),
  GetDefaultInterfaces: source((all) => all.filter((each) => each.default)),
  GetPrivateInterfaces: source(privateOnes),
  GetPublicInterfaces: source(publicOnes),
  GetPrivateIP: source((all) => firstIp(privateOnes(all).filter((each) => each.default))),
  GetPrivateIPs: source((all) => ipsOf(privateOnes(all))),
  GetPublicIP: source((all) => firstIp(publicOnes(all).filter((each) => each.default))),
  GetPublicIPs: source((all) => ipsOf(publicOnes(all))),
  GetInterfaceIP: {
    takes: ["text"],
    call: ([name], all) => firstIp(named(all, name).filter(({ ip }) => isForwardable(ip))),
  },
  GetInterfaceIPs: { takes: ["text"], call: ([name], all) => ipsOf(named(all, name)) },
  include: sifter("include", true),
  exclude: sifter("exclude", false),
  sort: { takes: ["text", "list"], call: ([keys, list]) => sorted(String(keys), listOf(list)) },
  unique: { takes: ["text", "list"], call: ([field, list]) => unique(String(field), listOf(list)) },
  limit: { takes: ["uint", "list"], call: ([count, list]) => listOf(list).slice(0, Number(count)) },
  offset: { takes: ["int", "list"], call: ([count, list]) => offset(Number(count), listOf(list)) },
  math: {
    takes: ["text", "text", "list"],
    call: ([operation, value, list]) =>
      listOf(list).map((each) => moved(each, String(operation), String(value))),
  },
  attr: { takes: ["text", "any"], call: ([name, list]) => attributeOf(String(name), list ?? "") },
  join: {
    takes: ["text", "text", "list"],
    call: ([name, between, list]) =>
      listOf(list)
        .map((each) => attribute(each, String(name)))
        .join(String(between)),
  },
};

function source(find: (all: List) => Value): Callable {
  return { takes: [], call: (_given, all) => find(all) };
}

function listOf(value: Value | undefined): List {
  if (typeof value !== "object") throw new TemplateFault("a list of interfaces is wanted");
  return value;
}

function firstIp(list: List): string {
  return list[0]?.ip ?? "";
}

function ipsOf(list: List): string {
  return list.map(({ ip }) => ip).join(" ");
}

/** The default route's first, then IPv4, then small networks: whoever takes only one takes the likeliest. */
function preferred(list: List): InterfaceAddress[] {
  const rank = (each: InterfaceAddress): string =>
    [each.default ? 0 : 1, isV4(each.ip) ? 0 : 1, String(128 - each.prefixBits).padStart(3, "0")].join(" ");
  return [...list].sort((a, b) => compareStrings(rank(a), rank(b)));
}

function privateOnes(all: List): InterfaceAddress[] {
  return preferred(all.filter(({ ip }) => isForwardable(ip) && isPrivate(ip)));
}

function publicOnes(all: List): InterfaceAddress[] {
  return preferred(all.filter(({ ip }) => isForwardable(ip) && !isPrivate(ip)));
}

function named(all: List, pattern: Value | undefined): InterfaceAddress[] {
  const re2 = expression("name", String(pattern));
  return preferred(all.filter(({ name }) => matchesRe2(re2, name)));
}

function expression(what: string, pattern: string): Re2 {
  const compiled = compileRe2(pattern);
  if (compiled.ok) return compiled.re2;
  throw new TemplateFault(`Unable to compile ${what} regexp ${quoteText(pattern)}: ${compiled.error}`);
}

function sifter(name: "include" | "exclude", keeps: boolean): Callable {
  return {
    takes: ["text", "text", "list"],
    call: ([field, value, list]) => {
      const selects = selector(name, String(field), String(value));
      return listOf(list).filter((each) => selects(each) === keeps);
    },
  };
}

/** Several values stand with bars between them: any of them, but all of several flags. */
function selector(name: string, field: string, value: string): (each: InterfaceAddress) => boolean {
  const values = value.split("|").map((each) => each.trim());
  switch (field) {
    case "name": {
      const re2 = expression("name", value);
      return (each) => matchesRe2(re2, each.name);
    }
    case "address": {
      const re2 = expression("address", value);
      return ({ ip }) => matchesRe2(re2, ip);
    }
    case "type":
      return (each) => values.some((type) => hasType(each, type));
    case "flags":
      return (each) => values.every((flag) => hasFlag(each, flag));
    case "network":
      return (each) => values.some((block) => isInside(each, block));
    case "rfc": {
      const blocks = values.flatMap(blocksOf);
      return ({ ip }) => blocks.some((block) => inBlock(ip, block) === true);
    }
    case "size":
      return ({ prefixBits }) => values.includes(String(prefixBits));
    case "port":
      return () => values.includes("0");
    default:
      throw new TemplateFault(`invalid ${name} selector ${quoteText(field)}`);
  }
}

function blocksOf(rfc: string): readonly string[] {
  const what = `unable to lookup RFC number ${quoteText(rfc)}`;
  if (!/^\d+$/.test(rfc))
    throw new TemplateFault(
      `${what}: unable to parse RFC number ${quoteText(rfc)}: strconv.ParseUint: parsing ${quoteText(rfc)}: invalid syntax`,
    );
  const blocks = RFC_BLOCKS[rfc];
  if (blocks === undefined) throw new TemplateFault(`${what}: unsupported RFC ${rfc}`);
  return blocks;
}

function hasType({ ip }: InterfaceAddress, type: string): boolean {
  switch (type.toLowerCase()) {
    case "ip":
      return true;
    case "ipv4":
      return isV4(ip);
    case "ipv6":
      return !isV4(ip);
    case "unix":
      return false;
    default:
      throw new TemplateFault(`unsupported type ${quoteText(type)} ${quoteText(type)}`);
  }
}

function hasFlag(each: InterfaceAddress, flag: string): boolean {
  const { ip } = each;
  const isIn = (...blocks: readonly string[]): boolean => blocks.some((block) => inBlock(ip, block) === true);
  switch (flag.toLowerCase()) {
    case "forwardable":
      return isForwardable(ip);
    case "link-local unicast":
      return isIn("169.254.0.0/16", "fe80::/10");
    case "global unicast":
      return !isIn("127.0.0.0/8", "::1/128", "169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8");
    case "up":
    case "broadcast":
    case "loopback":
    case "pointtopoint":
    case "multicast":
      return flagsOf(each).includes(flag.toLowerCase());
    default:
      throw new TemplateFault(`Unknown interface flag: ${quoteText(flag)}`);
  }
}

/** Where the system does not tell, what can be told from the address. */
function flagsOf({ flags, loopback }: InterfaceAddress): readonly string[] {
  return flags ?? (loopback ? ["up", "loopback"] : ["up"]);
}

function isInside({ ip }: InterfaceAddress, block: string): boolean {
  const inside = inBlock(ip, block);
  if (inside === undefined)
    throw new TemplateFault(
      `unable to create an IP address from ${quoteText(block)}: invalid IPAddr ${block}`,
    );
  return inside;
}

type Compare = (a: InterfaceAddress, b: InterfaceAddress) => number;

const sameFamily = (a: InterfaceAddress, b: InterfaceAddress): boolean => isV4(a.ip) === isV4(b.ip);

/** Ascending. Addresses of two families are only told apart by their type: the next key decides. */
const KEYS: Readonly<Record<string, Compare>> = {
  address: (a, b) => (sameFamily(a, b) ? compareSizes(numberOf(a.ip), numberOf(b.ip)) : 0),
  default: (a, b) => Number(b.default) - Number(a.default),
  name: (a, b) => compareStrings(a.name, b.name),
  port: () => 0,
  private: (a, b) => {
    if (sameFamily(a, b)) return Number(isPrivate(b.ip)) - Number(isPrivate(a.ip));
    return isPrivate(a.ip) ? -1 : 0;
  },
  size: (a, b) => (sameFamily(a, b) ? a.prefixBits - b.prefixBits : 0),
  type: (a, b) => Number(isV4(b.ip)) - Number(isV4(a.ip)),
};

function compareSizes(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * By insertion, as Go sorts what is short: these orders leave much undecided, and another way would end elsewhere.
 */
function sorted(keys: string, list: List): InterfaceAddress[] {
  const comparisons = keys.split(",").map(comparison);
  const isBefore = (a: InterfaceAddress, b: InterfaceAddress): boolean => {
    for (const compare of comparisons) {
      const order = compare(a, b);
      if (order !== 0) return order < 0;
    }
    return false;
  };
  const found = [...list];
  for (let next = 1; next < found.length; next++)
    for (let at = next; at > 0; at--) {
      const [before, each] = [found[at - 1] as InterfaceAddress, found[at] as InterfaceAddress];
      if (!isBefore(each, before)) break;
      found[at - 1] = each;
      found[at] = before;
    }
  return found;
}

function comparison(key: string): Compare {
  const falls = key.startsWith("-");
  const compare = KEYS[key.replace(/^[+-]/, "")];
  if (compare === undefined) throw new TemplateFault(`unknown sort type: ${quoteText(key)}`);
  return falls ? (a, b) => -compare(a, b) : compare;
}

function unique(field: string, list: List): InterfaceAddress[] {
  if (field !== "address" && field !== "name")
    throw new TemplateFault(`unsupported unique constraint ${quoteText(field)}`);
  const of = (each: InterfaceAddress): string => (field === "name" ? each.name : printAddress(each));
  const seen = new Set<string>();
  return list.filter((each) => !seen.has(of(each)) && seen.add(of(each)));
}

function offset(count: number, list: List): List {
  if (Math.abs(count) > list.length)
    throw new TemplateFault(
      `unable to seek past the end of the interface array: offset (${count}) exceeds the number of interfaces (${list.length})`,
    );
  return list.slice(count);
}

function numberOf(ip: string): bigint {
  let sum = 0n;
  for (const byte of ipBytes(ip) ?? []) sum = (sum << 8n) | BigInt(byte);
  return sum;
}

function ipOf(number: bigint, v4: boolean): string {
  const bytes = new Uint8Array(v4 ? 4 : 16);
  for (let at = bytes.length - 1, rest = number; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return ipText(bytes) ?? "";
}

function hostBits({ ip, prefixBits }: InterfaceAddress): bigint {
  return BigInt((isV4(ip) ? 32 : 128) - prefixBits);
}

function networkOf(each: InterfaceAddress): bigint {
  return (numberOf(each.ip) >> hostBits(each)) << hostBits(each);
}

/** An address further on: from its network's first (or last, backwards), or from itself. */
function moved(each: InterfaceAddress, operation: string, by: string): InterfaceAddress {
  const fail = (why: string): never => {
    throw new TemplateFault(`unable to perform an IPMath operation on ${printAddress(each)}: ${why}`);
  };
  if (operation !== "address" && operation !== "network")
    return fail(`unsupported math operation: ${quoteText(operation)}`);
  if (!/^[+-]/.test(by)) return fail(`sign (+/-) is required for operation ${quoteText(operation)}`);
  if (!/^[+-]\d{1,18}$/.test(by)) return fail(`unable to convert ${quoteText(by)} to an integer`);
  const v4 = isV4(each.ip);
  const steps = BigInt(by);
  const size = 1n << hostBits(each);
  const all = 1n << (v4 ? 32n : 128n);
  const to =
    operation === "address"
      ? (numberOf(each.ip) + steps + all) % all
      : networkOf(each) + (((steps % size) + size) % size);
  return { ...each, ip: ipOf(to, v4) };
}

/** "10.0.0.1/8"; an address that is its own network stands alone. */
function printAddress(each: InterfaceAddress): string {
  return hostBits(each) === 0n ? each.ip : `${each.ip}/${each.prefixBits}`;
}

function attributeOf(name: string, value: Value): string {
  if (typeof value !== "object")
    throw new TemplateFault(`unable to obtain attribute ${name} from type ${typeof value} (${value})`);
  const [first] = value;
  return first === undefined ? "" : attribute(first, name);
}

function attribute(each: InterfaceAddress, name: string): string {
  const v4 = isV4(each.ip);
  const last = networkOf(each) + (1n << hostBits(each)) - 1n;
  // In IPv4 the first and the last address of a network are nobody's.
  const margin = v4 && hostBits(each) > 1n ? 1n : 0n;
  switch (name) {
    case "address":
    case "host":
      return each.ip;
    case "name":
      return each.name;
    case "flags":
      return flagsOf(each).join("|");
    case "type":
      return v4 ? "IPv4" : "IPv6";
    case "network":
      return ipOf(networkOf(each), v4);
    case "netmask":
      return ipOf(((1n << BigInt(each.prefixBits)) - 1n) << hostBits(each), v4);
    case "mask_bits":
      return String(each.prefixBits);
    case "size":
      return String(1n << hostBits(each));
    case "port":
      return "0";
    case "string":
      return printAddress(each);
    case "first_usable":
      return ipOf(networkOf(each) + margin, v4);
    case "last_usable":
      return ipOf(last - margin, v4);
    case "octets":
      return [...(ipBytes(each.ip) ?? [])].join(" ");
    case "hex":
      return numberOf(each.ip)
        .toString(16)
        .padStart(v4 ? 8 : 32, "0");
    case "binary":
      return numberOf(each.ip)
        .toString(2)
        .padStart(v4 ? 32 : 128, "0");
    default:
      throw new TemplateFault(`unsupported attribute name ${quoteText(name)}`);
  }
}
