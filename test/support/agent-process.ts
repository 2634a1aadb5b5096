// One agent as a process of this machine: started, asked, paused, killed, started again on the same data. What it says
// goes into a log file that outlives it. Whatever happens to the test, no process stays behind.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { endsWithUs } from "./children.ts";
import type { HttpTarget } from "./http-client.ts";
import type { AgentPorts } from "./loopback.ts";
import { residentBytes } from "./proc.ts";
import { programPath } from "./program.ts";

export interface AgentSpec {
  readonly name: string;
  readonly server: boolean;
  readonly ip: string;
  readonly ports: AgentPorts;
  readonly dataDir: string;
  readonly logFile: string;
  /** What the command line says besides name, addresses, ports and data directory. */
  readonly flags: readonly string[];
  /** Program and arguments of an agent that is not ours; ours with the flags of `agentFlags` unless they are said. */
  readonly command?: readonly string[];
}

/** How a process ended: one of the two is null. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class AgentProcess {
  readonly spec: AgentSpec;
  #child: ChildProcess | undefined;
  #ending: Promise<Ending> = Promise.resolve({ code: null, signal: null });

  constructor(spec: AgentSpec) {
    this.spec = spec;
  }

  get name(): string {
    return this.spec.name;
  }

  /** Where it takes RPC, as `host:port`. */
  get rpcAddress(): string {
    return `${this.spec.ip}:${this.spec.ports.server}`;
  }

  get http(): HttpTarget {
    return { ip: this.spec.ip, port: this.spec.ports.http };
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  isRunning(): boolean {
    return this.#child !== undefined;
  }

  /**
   * Starts the process; whether and when it serves is for the caller to find out.
   * @param more Flags behind all others, for this run.
   */
  start(more: readonly string[] = []): void {
    if (this.#child !== undefined) throw new Error(`${this.name} is running already`);
    const log = openSync(this.spec.logFile, "a");
    const [program = "", ...rest] = this.spec.command ?? [
      process.execPath,
      programPath(),
      "agent",
      ...agentFlags(this.spec),
    ];
    const child = endsWithUs(spawn(program, [...rest, ...more], { stdio: ["ignore", log, log] }));
    closeSync(log);
    this.#child = child;
    this.#ending = once(child, "exit").then(([code, signal]: (Ending["code"] | Ending["signal"])[]) => {
      this.#child = undefined;
      return { code, signal } as Ending;
    });
  }

  /** Sends a signal; SIGSTOP and SIGCONT too. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Resolves when the process has ended; at once if none runs. */
  ended(): Promise<Ending> {
    return this.#ending;
  }

  /** SIGKILL, if it runs. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ending;
  }

  /** All that it has said since the test began, over all its runs. */
  log(): string {
    return readFileSync(this.spec.logFile, "utf8");
  }

  /** Resident memory, in bytes. */
  memoryBytes(): number {
    return residentBytes(this.pid);
  }
}

/** What Consul's agents and ours are told in the same words. */
export function agentFlags({ name, server, ip, ports, dataDir, flags }: AgentSpec): string[] {
  return [
    ...(server ? ["-server"] : []),
    ...["-node", name, "-data-dir", dataDir, "-bind", ip, "-client", ip],
    ...[
      "-http-port",
      `${ports.http}`,
      "-server-port",
      `${ports.server}`,
      "-serf-lan-port",
      `${ports.serfLan}`,
    ],
    ...["-serf-wan-port", "-1", "-dns-port", "-1"],
    ...flags,
  ];
}
