// Three servers and a client agent on this machine, as an operator would start them; and the questions that tell whether
// they are one cluster.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentProcess, type AgentSpec } from "./agent-process.ts";
import { getJson } from "./http-client.ts";
import { freePorts, loopbackIps } from "./loopback.ts";
import { until } from "./until.ts";

export interface Cluster {
  /** Data directories and logs. */
  readonly folder: string;
  readonly servers: readonly AgentProcess[];
  readonly client: AgentProcess;
  /** The servers, then the client. */
  readonly agents: readonly AgentProcess[];
}

/** Consul's timings for production; the default is five times slower. */
const FAST_RAFT = ["-hcl", "performance { raft_multiplier = 1 }"];

/**
 * Starts a cluster, waits until it is one, and ends it when `use` is through. When `use` throws, data and logs are kept
 * and the error says where.
 * @param prepare Called before anything is started.
 */
export async function withCluster(
  use: (cluster: Cluster) => Promise<void>,
  prepare: (cluster: Cluster) => void = () => {},
): Promise<void> {
  await withFolder(async (folder) => {
    const cluster = await createCluster(folder);
    try {
      prepare(cluster);
      for (const agent of cluster.agents) agent.start();
      await untilSettled(cluster);
      await use(cluster);
    } finally {
      await Promise.all(cluster.agents.map((agent) => agent.kill()));
    }
  });
}

/** A folder for a test's data and logs, removed if the test succeeds. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-cluster-"));
  try {
    await use(folder);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n(logs and data: ${folder})`, {
      cause: error,
    });
  }
  rmSync(folder, { recursive: true });
}

async function createCluster(folder: string): Promise<Cluster> {
  const ips = loopbackIps(4);
  const ports = await Promise.all(ips.map(freePorts));
  const joins = ips.slice(0, 3).flatMap((ip, at) => ["-retry-join", `${ip}:${ports[at]?.serfLan}`]);
  const agents = ips.map((ip, at) => {
    const server = at < 3;
    const name = server ? `s${at + 1}` : "c1";
    const flags = ["-retry-interval", "1s", ...joins, ...FAST_RAFT];
    if (server) flags.push("-bootstrap-expect", "3");
    return createAgent(folder, name, { server, ip, ports: ports[at] as AgentSpec["ports"], flags });
  });
  return { folder, servers: agents.slice(0, 3), client: agents[3] as AgentProcess, agents };
}

/** An agent with data and log in the folder; not yet started. */
export function createAgent(
  folder: string,
  name: string,
  spec: Pick<AgentSpec, "server" | "ip" | "ports" | "flags">,
): AgentProcess {
  return new AgentProcess({
    ...spec,
    name,
    dataDir: join(folder, name),
    logFile: join(folder, `${name}.log`),
  });
}

/** A server that is a cluster of its own; not yet started. */
export async function createSingleServer(folder: string, name = "s1"): Promise<AgentProcess> {
  const [ip = ""] = loopbackIps(1);
  const flags = ["-bootstrap-expect", "1", ...FAST_RAFT];
  return createAgent(folder, name, { server: true, ip, ports: await freePorts(ip), flags });
}

/** Waits until a server that is to lead by itself does. */
export async function untilLeads(agent: AgentProcess): Promise<void> {
  await until(`${agent.name} leads`, async () => (await leaderSeenBy(agent)) === agent.rpcAddress);
}

export function leaderSeenBy(agent: AgentProcess): Promise<string> {
  return getJson<string>(agent.http, "/v1/status/leader");
}

/** The server that all running servers take for the leader. */
export async function leaderOf({ servers }: Cluster): Promise<AgentProcess> {
  return until("the servers agree on a leader", async () => {
    const seen = await Promise.all(servers.filter((server) => server.isRunning()).map(leaderSeenBy));
    if (new Set(seen).size !== 1) return undefined;
    return servers.find((server) => server.isRunning() && server.rpcAddress === seen[0]);
  });
}

interface CatalogNode {
  readonly Node: string;
  readonly Address: string;
}

export async function catalogNames(agent: AgentProcess): Promise<string[]> {
  const nodes = await getJson<readonly CatalogNode[]>(agent.http, "/v1/catalog/nodes");
  return nodes.map(({ Node }) => Node).sort();
}

/** What members are to the gossip of one agent, by name. Consul's numbers, in words. */
export async function memberStatuses(agent: AgentProcess): Promise<Readonly<Record<string, string>>> {
  const members = await getJson<readonly { Name: string; Status: number }[]>(agent.http, "/v1/agent/members");
  const words = ["none", "alive", "leaving", "left", "failed"];
  return Object.fromEntries(members.map(({ Name, Status }) => [Name, words[Status] ?? `status ${Status}`]));
}

/**
 * Waits until these agents run, know each other alive, follow one leader, and find the whole cluster in the catalog.
 * @param agents Of the cluster; all of it unless they are said.
 */
export async function untilSettled(cluster: Cluster, agents = cluster.agents): Promise<void> {
  const everyone = cluster.agents.map(({ name }) => name).sort();
  await until("the agents agree on members, leader and catalog", async () => {
    const leaders = await Promise.all(agents.map(leaderSeenBy));
    if (new Set(leaders).size !== 1 || leaders[0] === "") return false;
    for (const agent of agents) {
      const statuses = await memberStatuses(agent);
      if (agents.some(({ name }) => statuses[name] !== "alive")) return false;
      if ((await catalogNames(agent)).join() !== everyone.join()) return false;
    }
    return true;
  });
}
