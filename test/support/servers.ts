// Servers alone, with short waits for the dead and for new servers' votes, and what an operator does with them: commands,
// questions about who is a server, files in their data directories.

import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentProcess } from "./agent-process.ts";
import { createAgent, leaderSeenBy, withFolder } from "./cluster.ts";
import { askOnce, getJson } from "./http-client.ts";
import { freePorts, loopbackIps } from "./loopback.ts";
import { programPath } from "./program.ts";
import { until } from "./until.ts";

const QUICK = [
  'performance { raft_multiplier = 1 leave_drain_time = "100ms" rpc_hold_timeout = "2s" }',
  'autopilot { server_stabilization_time = "500ms" last_contact_threshold = "1s" }',
  'gossip_lan { probe_interval = "200ms" probe_timeout = "150ms" suspicion_mult = 2 gossip_interval = "50ms" }',
].flatMap((text) => ["-hcl", text]);

/**
 * Makes servers s1, s2, …; ends them when `use` is through.
 * @param expected How many of them are started and brought together first; the others are there to be started.
 */
export async function withServers(
  { count, expected = count }: { readonly count: number; readonly expected?: number },
  use: (servers: readonly AgentProcess[], folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const ips = loopbackIps(count);
    const ports = await Promise.all(ips.map(freePorts));
    const joins = ips.flatMap((ip, at) => ["-retry-join", `${ip}:${ports[at]?.serfLan}`]);
    const servers = ips.map((ip, at) => {
      const spec = { server: true, ip, ports: ports[at] as (typeof ports)[number] };
      const flags = ["-retry-interval", "500ms", "-bootstrap-expect", `${expected}`, ...joins, ...QUICK];
      return createAgent(folder, `s${at + 1}`, { ...spec, flags });
    });
    const first = servers.slice(0, expected);
    try {
      for (const server of first) server.start();
      await untilVoters(servers, first, first);
      await use(servers, folder);
    } finally {
      await Promise.all(servers.map((server) => server.kill()));
    }
  });
}

/** How a command ended, and what it printed. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `quorate …` against an agent. */
export function command({ http: { ip, port } }: AgentProcess, ...argv: string[]): Promise<Ran> {
  const env = { ...process.env, CONSUL_HTTP_ADDR: `${ip}:${port}` };
  return new Promise((resolve) => {
    execFile(process.execPath, [programPath(), ...argv], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

interface Peer {
  readonly ID: string;
  readonly Address: string;
  readonly Leader: boolean;
  readonly Voter: boolean;
}

/** What a server takes for the Raft configuration: "s1 s2 (s3)" when s3 has no vote, `?` for one of whom nobody has heard. */
export async function members(servers: readonly AgentProcess[], asked: AgentProcess): Promise<string> {
  const path = "/v1/operator/raft/configuration?stale";
  const { Servers: peers } = await getJson<{ Servers: readonly Peer[] }>(asked.http, path);
  return peers
    .map(({ Address, Voter }) => {
      const name = servers.find(({ rpcAddress }) => rpcAddress === Address)?.name ?? "?";
      return Voter ? name : `(${name})`;
    })
    .sort()
    .join(" ");
}

/** Waits until these are all voters and no others, in the eyes of `asked`, who follow one leader among them. */
export async function untilVoters(
  servers: readonly AgentProcess[],
  voters: readonly AgentProcess[],
  asked: readonly AgentProcess[],
): Promise<void> {
  const wanted = voters.map(({ name }) => name).join(" ");
  await until(`${asked.map(({ name }) => name)} have the voters ${wanted} and a leader`, async () => {
    const leaders = await Promise.all(asked.map(leaderSeenBy));
    if (new Set(leaders).size > 1 || !voters.some(({ rpcAddress }) => rpcAddress === leaders[0]))
      return false;
    const seen = await Promise.all(asked.map((server) => members(servers, server)));
    return seen.every((each) => each === wanted);
  });
}

/** The server that `asked` takes for the leader. */
export async function leaderAmong(
  servers: readonly AgentProcess[],
  asked: AgentProcess,
): Promise<AgentProcess> {
  return until(`${asked.name} knows a leader`, async () => {
    const leader = await leaderSeenBy(asked);
    return servers.find(({ rpcAddress }) => rpcAddress === leader);
  });
}

/** Writes a key; waits while there is no leader. */
export async function put(server: AgentProcess, key: string, value: string): Promise<void> {
  await until(`${server.name} takes a write`, async () => {
    const written = await askOnce(server.http, { method: "PUT", target: `/v1/kv/${key}`, body: value });
    return written.ok && written.status === 200;
  });
}

/** Waits until the server's own state has the value. */
export async function untilHas(server: AgentProcess, key: string, value: string): Promise<void> {
  await until(`${server.name} has ${key}`, async () => {
    const read = await askOnce(server.http, { method: "GET", target: `/v1/kv/${key}?raw&stale` });
    return read.ok && read.status === 200 && read.body === value;
  });
}

export function nodeIdOf({ spec }: AgentProcess): string {
  return readFileSync(join(spec.dataDir, "node-id"), "utf8").trim();
}

/** Its disk is replaced by an empty one. The server does not run. */
export function wipe({ spec }: AgentProcess): void {
  rmSync(spec.dataDir, { recursive: true });
}

/** Writes raft/peers.json into the data directory of each, with all of them as voters. */
export function writePeersFiles(servers: readonly AgentProcess[]): void {
  const peers = servers.map((server) => ({
    id: nodeIdOf(server),
    address: server.rpcAddress,
    non_voter: false,
  }));
  for (const server of servers) writeFileSync(peersFile(server), JSON.stringify(peers));
}

export function hasPeersFile(server: AgentProcess): boolean {
  return existsSync(peersFile(server));
}

function peersFile({ spec }: AgentProcess): string {
  return join(spec.dataDir, "raft/peers.json");
}
