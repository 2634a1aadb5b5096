// The agents that are compared: starts them in pairs, the original and ours, alike in everything but their address, and
// ends them. Every pair has addresses and a directory of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithUs } from "../../test/support/children.ts";
import { freePort } from "../../test/support/loopback.ts";
import type { Address } from "./connection.ts";
import { FIRST_KEY } from "./keyring.ts";

export interface Agent {
  readonly http: Address;
  /** Host and port of its gossip. */
  readonly serf: string;
  /** Another one after a restart. */
  process: ChildProcess;
  readonly spawn: () => ChildProcess;
  /** A client agent on an address beside it, which has joined nobody yet. */
  readonly client?: Agent;
}

export interface Pair {
  readonly kind: Kind;
  readonly consul: Agent;
  readonly ours: Agent;
}

/** Development mode; a single server; a single server whose configuration says what HTTP does. */
export type Kind = "dev" | "server" | "configured";

/** A command line that an agent's arguments are put behind. */
export type Program = readonly [command: string, ...before: string[]];

interface Ports {
  readonly http: number;
  readonly server: number;
  readonly lan: number;
  readonly wan: number;
}

/** Faster to elect and to find out who is gone, as fast as Consul lets either be configured. */
const FAST =
  'performance { raft_multiplier = 1 } gossip_lan { probe_interval = "300ms" probe_timeout = "150ms" }';
/** That one address may have to the HTTP of a configured agent. */
export const MAX_CONNECTIONS = 20;
const CONFIGURED = `
  datacenter = "east-1"
  encrypt = "${FIRST_KEY}"
  node_meta { rack = "<a&b>" }
  default_query_time = "300ms"
  max_query_time = "500ms"
  limits { kv_max_value_size = 1000 http_max_conns_per_client = ${MAX_CONNECTIONS} }
  disable_http_unprintable_char_filter = true
  enable_script_checks = true
  enable_central_service_config = true
  http_config {
    block_endpoints = ["/v1/coordinate/nod"]
    allow_write_http_from = ["127.0.0.1/32"]
    response_headers {
      "Access-Control-Allow-Origin" = "*"
      "x-lower-case" = "é"
      "Content-Type" = "text/x-mine"
      "x-consul-lastcontact" = "long ago"
      "Zebra" = "last"
    }
  }`;
const NODE_IDS = ["6c1a8b1e-5a1f-4a8e-9b7e-0d5c3f2a1b00", "6c1a8b1e-5a1f-4a8e-9b7e-0d5c3f2a1b01"];
const NETWORKS: Readonly<Record<Kind, number>> = { dev: 101, server: 102, configured: 103 };
const START_MS = 60_000;

export async function startPair(
  kind: Kind,
  programs: { readonly consul: Program; readonly ours: Program },
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Pair> {
  const network = `127.${100 + (process.pid % 100)}.${NETWORKS[kind]}`;
  const ports = await freePorts([`${network}.10`, `${network}.20`, `${network}.11`, `${network}.21`]);
  const started: Agent[] = [];
  const start = async (name: "consul" | "ours", digit: number): Promise<Agent> => {
    const home = join(directory, `${kind}-${name}`);
    const host = `${network}.${digit}0`;
    const agent = startAgent(programs[name], {
      name: "n1",
      host,
      ports,
      home,
      args: serverArguments(kind),
      env,
    });
    started.push(agent);
    if (kind !== "server") return agent;
    const client = startAgent(programs[name], {
      name: "n2",
      host: `${network}.${digit}1`,
      ports,
      home: join(home, "client"),
      args: ["-data-dir", "data", "-hcl", FAST],
      env,
    });
    started.push(client);
    return { ...agent, client };
  };
  try {
    const [consul, ours] = [await start("consul", 1), await start("ours", 2)];
    await Promise.all([settled(consul), settled(ours)]);
    return { kind, consul, ours };
  } catch (error) {
    for (const agent of started) agent.process.kill("SIGKILL");
    throw error;
  }
}

function serverArguments(kind: Kind): string[] {
  if (kind === "dev") return ["-dev"];
  const server = ["-server", "-bootstrap-expect", "1", "-data-dir", "data", "-hcl", FAST];
  return kind === "server" ? server : [...server, "-hcl", CONFIGURED];
}

function startAgent(
  [command, ...before]: Program,
  own: {
    readonly name: string;
    readonly host: string;
    readonly ports: Ports;
    readonly home: string;
    readonly args: readonly string[];
    /** Beside what this process has. */
    readonly env: Readonly<Record<string, string>>;
  },
): Agent {
  const { name, host, ports, home, args } = own;
  const env = { ...process.env, ...own.env };
  mkdirSync(home, { recursive: true });
  const log = openSync(join(home, "log"), "a");
  const all = [
    ...["agent", ...args, "-node", name, "-node-id", NODE_IDS[name === "n1" ? 0 : 1] ?? ""],
    ...["-bind", host, "-client", host, "-http-port", ports.http, "-server-port", ports.server],
    ...["-serf-lan-port", ports.lan, "-serf-wan-port", ports.wan, "-dns-port", -1, "-grpc-port", -1],
  ].map(String);
  const start = (): ChildProcess =>
    endsWithUs(spawn(command, [...before, ...all], { cwd: home, env, stdio: ["ignore", log, log] }));
  return { http: { host, port: ports.http }, serf: `${host}:${ports.lan}`, process: start(), spawn: start };
}

/** Waits until the agent, and the client beside it, are all that they are going to be. */
async function settled({ http, client }: Agent): Promise<void> {
  const url = `http://${http.host}:${http.port}/v1`;
  // A node is registered twice by the original, and only the second time with its addresses.
  await asked(`${url}/catalog/nodes`, (nodes: { TaggedAddresses: unknown }[]) => nodes[0]?.TaggedAddresses);
  if (client !== undefined)
    await asked(`http://${client.http.host}:${client.http.port}/v1/agent/members`, () => true);
}

async function asked<Answer>(url: string, holds: (answer: Answer) => unknown): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    const answer = await fetch(url, { headers: { Connection: "close" } }).catch(() => undefined);
    if (answer?.status === 200 && holds((await answer.json()) as Answer)) return;
    await sleep(100);
  }
  throw new Error(`no answer from ${url} within ${START_MS / 1000} s`);
}

/** Four ports that are free at all of the hosts. */
async function freePorts(hosts: readonly string[]): Promise<Ports> {
  const [first = "", ...others] = hosts;
  const found: number[] = [];
  while (found.length < 4) {
    const port = await freePort(first);
    const everywhere = await Promise.all(others.map((host) => freePort(host, port).catch(() => 0)));
    if (!everywhere.includes(0) && !found.includes(port)) found.push(port);
  }
  const [http = 0, server = 0, lan = 0, wan = 0] = found;
  return { http, server, lan, wan };
}

export async function stopPair({ consul, ours }: Pair): Promise<void> {
  for (const agent of [consul, ours]) for (const each of [agent.client, agent]) await stopAgent(each);
}

export async function stopAgent(agent: Agent | undefined): Promise<void> {
  if (agent === undefined || hasEnded(agent)) return;
  const ended = new Promise((resolve) => agent.process.once("exit", resolve));
  agent.process.kill("SIGKILL");
  await ended;
}

/** Ends the agent without a warning, and starts it again. */
export async function restartAgent(agent: Agent): Promise<void> {
  await stopAgent(agent);
  agent.process = agent.spawn();
  await settled(agent);
}

function hasEnded({ process: { exitCode, signalCode } }: Agent): boolean {
  return exitCode !== null || signalCode !== null;
}
