// The machine's network addresses, and the one that others should be told. Asked of the system in one place, so that all
// else in this folder can be tested with machines that do not exist.

import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { isAdvertisableV4, isPrivate, isV4 } from "./network-blocks.ts";

/** One address of one interface that is up. */
export interface InterfaceAddress {
  /** "eth0". */
  readonly name: string;
  readonly ip: string;
  /** Length of the network's prefix. */
  readonly prefixBits: number;
  readonly loopback: boolean;
  /** Whether the default route goes out here. */
  readonly default: boolean;
  /** "up", "broadcast", "loopback", "pointtopoint", "multicast", in this order; absent where the system does not tell. */
  readonly flags?: readonly string[];
}

/** All addresses of this machine, in the system's order. */
export function systemInterfaces(): InterfaceAddress[] {
  const byDefault = defaultInterface();
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map((each) => ({
      name,
      ip: each.address,
      prefixBits: Number(each.cidr?.split("/")[1] ?? (each.family === "IPv4" ? 32 : 128)),
      loopback: each.internal,
      default: name === byDefault,
      ...flagsOf(name),
    })),
  );
}

/** Linux's bits of an interface's flags. */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x1, "up"],
  [0x2, "broadcast"],
  [0x8, "loopback"],
  [0x10, "pointtopoint"],
  [0x1000, "multicast"],
];

function flagsOf(name: string): Pick<InterfaceAddress, "flags"> {
  try {
    const bits = Number(readFileSync(`/sys/class/net/${name}/flags`, "utf8").trim());
    return { flags: FLAGS.filter(([bit]) => (bits & bit) !== 0).map(([, flag]) => flag) };
  } catch {
    return {};
  }
}

/** From Linux's routing table; undefined elsewhere, where no interface then counts as the default. */
function defaultInterface(): string | undefined {
  try {
    const rows = readFileSync("/proc/net/route", "utf8").split("\n");
    return rows.map((row) => row.split("\t")).find((fields) => fields[1] === "00000000")?.[0];
  } catch {
    return undefined;
  }
}

export type Detected =
  | { readonly ok: true; readonly ip: string }
  | { readonly ok: false; readonly error: string };

/**
 * The address to advertise for an agent that is bound to 0.0.0.0 (or `::`): the only private IPv4 (or public IPv6)
 * address. With none or several the operator must choose; guessing would split a cluster.
 */
export function detectAdvertise(bindIp: string, interfaces: readonly InterfaceAddress[]): Detected {
  const v4 = isV4(bindIp);
  const what = v4 ? "private IPv4" : "public IPv6";
  const fits = interfaces.filter(({ ip }) =>
    v4 ? isV4(ip) && isAdvertisableV4(ip) : !isV4(ip) && !isPrivate(ip),
  );
  const outside = fits.filter(({ loopback }) => !loopback);
  const found = outside.length > 0 ? outside : fits;
  const [first, second] = found;
  if (first === undefined) return { ok: false, error: `No ${what} address found` };
  if (second === undefined) return { ok: true, ip: first.ip };
  return {
    ok: false,
    error: `Multiple ${what} addresses found. Please configure one with 'bind' and/or 'advertise'.`,
  };
}
