// Addresses as people write them down for checks, host:port, and what is wrong with them in Go's words (package net).

import { readFileSync } from "node:fs";

export type HostPort =
  | { readonly ok: true; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly error: string };

export function parseHostPort(address: string, network: "tcp" | "udp"): HostPort {
  const split = splitHostPort(address);
  if (typeof split === "string") return { ok: false, error: `address ${address}: ${split}` };
  const [host, port] = split;
  const number = /^[+-]?\d+$/.test(port) ? Number(port) : portOfService(port, network);
  if (number === undefined) return { ok: false, error: `address ${network}/${port}: unknown port` };
  if (number < 0 || number > 65_535) return { ok: false, error: `address ${port}: invalid port` };
  return { ok: true, host, port: number };
}

/** @returns Both, or what is wrong. */
function splitHostPort(address: string): readonly [host: string, port: string] | string {
  const colon = address.lastIndexOf(":");
  if (colon < 0) return "missing port in address";
  if (!address.startsWith("[")) {
    const host = address.slice(0, colon);
    if (host.includes(":")) return "too many colons in address";
    if (host.includes("[")) return "unexpected '[' in address";
    return host.includes("]") ? "unexpected ']' in address" : [host, address.slice(colon + 1)];
  }
  const end = address.indexOf("]");
  if (end < 0) return "missing ']' in address";
  if (end + 1 === address.length) return "missing port in address";
  if (end + 1 !== colon)
    return address[end + 1] === ":" ? "too many colons in address" : "missing port in address";
  return [address.slice(1, end), address.slice(colon + 1)];
}

/** What every system calls them, for those that have no list. */
const WELL_KNOWN: Readonly<Record<string, number>> = {
  domain: 53,
  ftp: 21,
  http: 80,
  https: 443,
  imap2: 143,
  imaps: 993,
  pop3: 110,
  pop3s: 995,
  smtp: 25,
  ssh: 22,
  telnet: 23,
};

function portOfService(name: string, network: string): number | undefined {
  if (name === "") return 0;
  const known = WELL_KNOWN[name.toLowerCase()];
  if (known !== undefined) return known;
  for (const line of servicesOfSystem()) {
    const [official, port = "", ...aliases] = (line.split("#")[0] ?? "").trim().split(/\s+/);
    if ((official === name || aliases.includes(name)) && port.endsWith(`/${network}`))
      return Number.parseInt(port, 10);
  }
  return undefined;
}

function servicesOfSystem(): string[] {
  try {
    return readFileSync("/etc/services", "utf8").split("\n");
  } catch {
    return [];
  }
}

export function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
