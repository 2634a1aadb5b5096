// A folder, a shell and a program called `consul`: what somebody has who follows a tutorial. Ports are free ones, so the
// tutorials' 8500 and 8600 are told by the environment and by one file of configuration; all else is typed as it is written.
// With TUTORIAL_CONSUL=/usr/bin/consul the same is typed at the original.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { endsWithUs } from "../support/children.ts";
import { type AgentPorts, freePort, freePorts } from "../support/loopback.ts";
import { programPath } from "../support/program.ts";

const { TUTORIAL_CONSUL } = process.env;

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

export interface Address {
  readonly ip: string;
  readonly ports: AgentPorts & { readonly dns: number };
}

/** Something that runs beside what is typed: an agent, a watch, a monitor. */
export interface Running {
  /** What it has said so far, stdout and stderr as they came. */
  said(): string;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with its exit code when it has ended. */
  ended(): Promise<number | null>;
}

export class Workshop {
  readonly folder: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #running = new Set<ChildProcess>();

  /** @param at The agent that commands ask unless they say otherwise. */
  constructor(folder: string, at: Address) {
    this.folder = folder;
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    const program = TUTORIAL_CONSUL ?? `${process.execPath}' '${programPath()}`;
    writeFileSync(join(bin, "consul"), `#!/bin/sh\nexec '${program}' "$@"\n`, { mode: 0o755 });
    const { PATH } = process.env;
    const http = `${at.ip}:${at.ports.http}`;
    this.#environment = { ...process.env, PATH: `${bin}:${PATH}`, CONSUL_HTTP_ADDR: http, HTTP: http };
  }

  /** A file of the folder. */
  write(name: string, text: string): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Types a command, with what stands in the environment besides, and waits for its end. */
  async type(command: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const child = this.#spawn(command, environment);
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return { stdout, stderr, code };
  }

  /** As `type`, and only what it prints. @throws Error unless it ends with 0. */
  async out(command: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const { stdout, stderr, code } = await this.type(command, environment);
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Types a command that goes on, until it ends by itself or the workshop is cleared. */
  start(command: string, environment: Readonly<Record<string, string>> = {}): Running {
    const child = this.#spawn(`exec ${command}`, environment);
    const ended = once(child, "close").then(([code]) => code as number | null);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    return { said: () => said, signal: (signal) => void child.kill(signal), ended: () => ended };
  }

  /** Ends whatever still runs. */
  async clear(): Promise<void> {
    const ended = [...this.#running].map((child) => once(child, "close"));
    for (const child of this.#running) child.kill("SIGKILL");
    await Promise.all(ended);
  }

  #spawn(command: string, environment: Readonly<Record<string, string>>): ChildProcess {
    const child = endsWithUs(
      spawn("/bin/sh", ["-c", command], {
        cwd: this.folder,
        env: { ...this.#environment, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
    this.#running.add(child);
    child.once("close", () => this.#running.delete(child));
    return child;
  }
}

export async function addressAt(ip: string): Promise<Address> {
  return { ip, ports: { ...(await freePorts(ip)), dns: await freePort(ip) } };
}

/** The file of configuration that takes the place of the tutorials' default ports. @param serfWan None unless it is given. */
export function portsFile({ ports }: Address, serfWan = -1): string {
  const { http, server, serfLan, dns } = ports;
  return JSON.stringify({ ports: { http, server, serf_lan: serfLan, serf_wan: serfWan, dns } });
}

/** Asks an agent's DNS as applications do, through c-ares. A name that is not there is an empty list. */
export class Dig {
  readonly #resolver = new Resolver({ timeout: 5_000, tries: 3 });

  constructor({ ip, ports }: Address) {
    this.#resolver.setServers([`${ip}:${ports.dns}`]);
  }

  a(name: string): Promise<string[]> {
    return orNothing(this.#resolver.resolve4(name));
  }

  async srv(name: string): Promise<{ readonly name: string; readonly port: number }[]> {
    return (await orNothing(this.#resolver.resolveSrv(name))).map(({ name, port }) => ({ name, port }));
  }
}

async function orNothing<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === "ENOTFOUND" || code === "ENODATA") return [];
    throw error;
  }
}

/** Whether all is typed at the original, to see whether a tutorial is what its users know. */
export function isOriginal(): boolean {
  return TUTORIAL_CONSUL !== undefined;
}

/** Whether a program is on this machine. */
export function has(program: string): boolean {
  try {
    execFileSync("/bin/sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
