// Servers under measurement: the same flags for both programs, each server a process with its own loopback address, its
// ports and, where it is durable, its own data directory. What they cost is read from /proc.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { endsWithUs } from "../../test/support/children.ts";
import { residentBytes } from "../../test/support/proc.ts";
import type { Target } from "./connection.ts";
import { pinned } from "./place.ts";

/** A program to measure: "quorate" or "consul". */
export interface Product {
  readonly name: string;
  /** What `agent …` is appended to. */
  readonly command: readonly string[];
}

/** A server that can be started, killed and started again. */
export interface Server extends Target {
  readonly product: Product;
  readonly name: string;
  readonly dnsPort: number;
  readonly command: readonly string[];
  readonly dataDir: string | undefined;
  readonly logFile: string;
  process: ChildProcess | undefined;
}

export interface ServerPlan {
  readonly product: Product;
  readonly kind: "dev" | "durable";
  /** Of how many servers: each is told to join all others. */
  readonly servers: number;
  readonly raftMultiplier: number;
  readonly serverCpus: string | undefined;
  /** Where data and logs go. */
  readonly folder: string;
  /** More of the configuration. */
  readonly hcl?: readonly string[];
}

/** Loopback addresses of this run: 127.a.b.*, drawn, so that two runs at once do not meet. */
const NETWORK = `127.${1 + Math.floor(Math.random() * 200)}.${Math.floor(Math.random() * 256)}`;
let addressesTaken = 0;

const TICKS_A_SECOND = 100;

/** Chooses names, addresses and ports; nothing runs yet. */
export async function planServers(plan: ServerPlan): Promise<Server[]> {
  const homes = await Promise.all(Array.from({ length: plan.servers }, takeHome));
  return homes.map((home) => {
    const name = `${plan.product.name}-${home.number}`;
    const dataDir = plan.kind === "dev" ? undefined : join(plan.folder, name);
    const others = homes.filter((other) => other !== home);
    const command = [...plan.product.command, ...agentArguments(plan, name, home, others, dataDir)];
    return {
      product: plan.product,
      name,
      ip: home.ip,
      port: home.ports.http,
      dnsPort: home.ports.dns,
      command: pinned(plan.serverCpus, command),
      dataDir,
      logFile: join(plan.folder, `${name}.log`),
      process: undefined,
    };
  });
}

interface Home {
  readonly number: number;
  readonly ip: string;
  readonly ports: Readonly<Record<(typeof PORTS)[number], number>>;
}

const PORTS = ["http", "server", "serf-lan", "serf-wan", "dns"] as const;

async function takeHome(): Promise<Home> {
  const number = ++addressesTaken;
  const ip = `${NETWORK}.${number}`;
  const listeners = PORTS.map(() => createServer().listen(0, ip));
  await Promise.all(listeners.map((listener) => once(listener, "listening")));
  const ports = listeners.map((listener, at) => [PORTS[at], (listener.address() as AddressInfo).port]);
  await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))));
  return { number, ip, ports: Object.fromEntries(ports) as Home["ports"] };
}

function agentArguments(
  { kind, servers, raftMultiplier, hcl: more = [] }: ServerPlan,
  name: string,
  { ip, ports }: Home,
  others: readonly Home[],
  dataDir: string | undefined,
): string[] {
  const role =
    kind === "dev" ? ["-dev"] : ["-server", "-bootstrap-expect", `${servers}`, "-data-dir", dataDir ?? ""];
  const hcl = ["disable_update_check = true", ...more];
  // -dev has shorter timings of its own.
  if (kind === "durable") hcl.push(`performance { raft_multiplier = ${raftMultiplier} }`);
  return [
    ...[
      "agent",
      ...role,
      "-node",
      name,
      "-bind",
      ip,
      "-client",
      ip,
      "-log-level",
      "warn",
      "-grpc-port",
      "-1",
    ],
    ...PORTS.flatMap((port) => [`-${port}-port`, `${ports[port]}`]),
    ...others.flatMap((other) => ["-retry-join", `${other.ip}:${other.ports["serf-lan"]}`]),
    ...hcl.flatMap((text) => ["-hcl", text]),
  ];
}

/**
 * @param workingFolder Where it runs; here if not said.
 * @returns Milliseconds of performance.now() at which the process was started.
 */
export function startServer(server: Server, workingFolder?: string): number {
  const [program, ...rest] = server.command;
  const log = openSync(server.logFile, "a");
  const began = performance.now();
  server.process = endsWithUs(
    spawn(program as string, rest, { stdio: ["ignore", log, log], cwd: workingFolder }),
  );
  closeSync(log);
  return began;
}

/** kill -9; resolves when the process is gone. */
export async function killServer(server: Server): Promise<void> {
  const { process: child } = server;
  server.process = undefined;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Kills and forgets all that they wrote. */
export async function removeServers(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map(killServer));
  for (const { dataDir } of servers)
    if (dataDir !== undefined) rmSync(dataDir, { recursive: true, force: true });
}

function pidOf(server: Server): number {
  const pid = server.process?.pid;
  if (pid === undefined || server.process?.exitCode !== null)
    throw new Error(`${server.name} does not run; see ${server.logFile}`);
  return pid;
}

/** User and system time of the processes so far, in microseconds; the kernel counts it in hundredths of a second. */
export function cpuUs(servers: readonly Server[]): number {
  return servers.reduce((sum, server) => sum + cpuTicks(pidOf(server)), 0) * (1e6 / TICKS_A_SECOND);
}

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program, in parentheses, may hold anything; the third field follows it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** Resident memory, in MiB. */
export function rssMiB(server: Server): number {
  return residentBytes(pidOf(server)) / 2 ** 20;
}
