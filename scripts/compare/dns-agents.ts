// The agents whose DNS is compared: of each product two datacenters that know of each other, and one agent by itself, each
// with settings of its own, the same catalog, and a recursor that they have in common.

import { spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithUs } from "../../test/support/children.ts";
import { freePort, loopbackIps } from "../../test/support/loopback.ts";
import type { Program } from "./agents.ts";
import { CATALOG, type Registration } from "./dns-catalog.ts";

/** Settings: as most have them, with everything set otherwise in another datacenter, and what is left by itself. */
export type Setup = "east" | "west" | "alone";
export const SETUPS: readonly Setup[] = ["east", "west", "alone"];

export interface DnsAgent {
  readonly ip: string;
  readonly dns: number;
  readonly stop: () => void;
}

const FAST = "performance { raft_multiplier = 1 }";
const SETTINGS: Readonly<Record<Setup, string>> = {
  east: `
    datacenter = "dc1"
    node_meta { owner = "team a" rfc1035-hello = "v=raw text" key_2 = "b\`q=1" }
    dns_config {
      node_ttl = "7s"
      service_ttl { web = "30s" "we*" = "10s" "*" = "5s" }
      soa { refresh = 111 retry = 22 expire = 333 min_ttl = 42 }
      recursor_timeout = "500ms"
    }`,
  west: `
    datacenter = "dc2"
    domain = "Example.Corp"
    alt_domain = "test-domain"
    translate_wan_addrs = true
    dns_config {
      only_passing = true
      enable_truncate = true
      udp_answer_limit = 50
      a_record_limit = 2
      disable_compression = true
      enable_additional_node_meta_txt = false
    }`,
  alone: `
    datacenter = "dc3"
    domain = "consul"
    alt_domain = "alt.consul"
    dns_config { allow_stale = false use_cache = true udp_answer_limit = 5 enable_truncate = true }`,
};
const NAMES: Readonly<Record<Setup, string>> = { east: "node1", west: "Node-Two", alone: "three" };
const START_MS = 60_000;

export async function startDnsAgents(
  product: "consul" | "ours",
  program: Program,
  recursor: string,
  folder: string,
): Promise<Readonly<Record<Setup, DnsAgent>>> {
  const ips = loopbackIps(SETUPS.length);
  const agents: Partial<Record<Setup, DnsAgent & { readonly http: string }>> = {};
  for (const [at, setup] of SETUPS.entries()) {
    const ip = ips[at] ?? "127.0.0.1";
    const [http, dns, server, lan, wan] = await Promise.all(Array.from({ length: 5 }, () => freePort(ip)));
    const home = join(folder, `${product}-${setup}`);
    mkdirSync(home, { recursive: true });
    const log = openSync(join(home, "log"), "a");
    const [command, ...before] = program;
    const flags = ["agent", "-dev", "-log-level", "info", "-node", NAMES[setup], "-bind", ip, "-client", ip];
    const ports = `ports { http = ${http} dns = ${dns} server = ${server} serf_lan = ${lan} serf_wan = ${wan} grpc = -1 }`;
    const recursors = setup === "east" ? ["-recursor", recursor] : [];
    const settings = [FAST, ports, SETTINGS[setup]].flatMap((text) => ["-hcl", text]);
    const child = endsWithUs(
      spawn(command, [...before, ...flags, ...recursors, ...settings], {
        cwd: home,
        stdio: ["ignore", log, log],
      }),
    );
    const url = `http://${ip}:${http}/v1`;
    agents[setup] = { ip, dns: dns ?? 0, http: url, stop: () => child.kill("SIGKILL") };
    await until(`${url}/catalog/nodes`, (nodes: { TaggedAddresses: unknown }[]) => nodes[0]?.TaggedAddresses);
    await register(url, CATALOG[setup]);
    if (setup === "west") await joinWan(agents.east?.http ?? "", `${ip}:${wan}`);
  }
  const { east, west, alone } = agents;
  if (east === undefined || west === undefined || alone === undefined) throw new Error("all were started");
  for (const { http } of [east, west])
    await until(`${http}/catalog/datacenters`, (names: string[]) => names.length === 2);
  return { east, west, alone };
}

async function joinWan(http: string, address: string): Promise<void> {
  const answer = await fetch(`${http}/agent/join/${address}?wan=1`, { method: "PUT" });
  if (answer.status !== 200) throw new Error(`joining the WAN: ${await answer.text()}`);
}

async function register(http: string, all: readonly Registration[]): Promise<void> {
  for (const { path, body, method = "PUT" } of all) {
    const answer = await fetch(`${http}/${path}`, { method, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
  const services = all.filter(({ path }) => path === "agent/service/register").length;
  // Agents tell the catalog of their services in their own time.
  await until(`${http}/catalog/node/${await nodeName(http)}`, ({ Services }: { Services: object }) => {
    return Object.keys(Services).length > services;
  });
}

async function nodeName(http: string): Promise<string> {
  const self = (await (await fetch(`${http}/agent/self`)).json()) as { Config: { NodeName: string } };
  return self.Config.NodeName;
}

async function until<Answer>(url: string, holds: (answer: Answer) => unknown): Promise<void> {
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    const answer = await fetch(url, { headers: { Connection: "close" } }).catch(() => undefined);
    if (answer?.status === 200 && holds((await answer.json()) as Answer)) return;
    await sleep(50);
  }
  throw new Error(`${url} does not say what is awaited`);
}
