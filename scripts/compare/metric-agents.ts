// The agents whose measurements and log lines are compared: of each product one in development mode, and three servers with
// a client agent, all of which keep what they measure for those who ask over HTTP, and log everything.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithUs } from "../../test/support/children.ts";
import { freePort, loopbackIps } from "../../test/support/loopback.ts";
import type { Program } from "./agents.ts";

/** What an agent is in its cluster: what it measures depends on that. */
export type Part = "dev" | "server" | "client";

export interface MeasuredAgent {
  readonly name: string;
  readonly part: Part;
  readonly ip: string;
  /** "http://127.0.0.1:8500/v1" */
  readonly url: string;
  readonly dns: number;
  readonly serf: string;
  readonly log: () => string;
  /** Ends it without a warning. */
  readonly kill: () => Promise<void>;
  readonly restart: () => void;
}

const NAMES: readonly (readonly [name: string, part: Part])[] = [
  ["dev", "dev"],
  ["s1", "server"],
  ["s2", "server"],
  ["s3", "server"],
  ["c1", "client"],
];
const ARGUMENTS: Readonly<Record<Part, readonly string[]>> = {
  dev: ["-dev"],
  server: ["-server", "-bootstrap-expect", "3", "-data-dir", "data"],
  client: ["-data-dir", "data"],
};
/** Faster to elect and to find out who is gone; the log is cut short soon. */
const SETTINGS = `
  performance { raft_multiplier = 1 }
  gossip_lan { probe_interval = "300ms" probe_timeout = "150ms" }
  raft_snapshot_interval = "5s"
  raft_snapshot_threshold = 40
  raft_trailing_logs = 20
  enable_script_checks = true
  session_ttl_min = "1s"
  telemetry { disable_hostname = true }`;
const START_MS = 60_000;

export async function startMeasured(
  product: "consul" | "ours",
  [command, ...before]: Program,
  folder: string,
): Promise<readonly MeasuredAgent[]> {
  const ips = loopbackIps(NAMES.length);
  const [first = ""] = ips;
  const [http, dns, server, lan, wan] = await Promise.all(Array.from({ length: 5 }, () => freePort(first)));
  const [, ...cluster] = ips;
  const agents = NAMES.map(([name, part], at): MeasuredAgent => {
    const ip = ips[at] ?? first;
    const home = join(folder, `${product}-${name}`);
    mkdirSync(home, { recursive: true });
    const path = join(home, "log");
    const log = openSync(path, "a");
    const joins = part === "dev" ? [] : cluster.flatMap((each) => ["-retry-join", `${each}:${lan}`]);
    const ports = `ports { http = ${http} dns = ${dns} server = ${server} serf_lan = ${lan} serf_wan = ${wan} grpc = -1 }`;
    const args = [
      ...["agent", ...ARGUMENTS[part], ...joins, "-node", name, "-bind", ip, "-client", ip],
      ...["-log-level", "trace", "-hcl", SETTINGS, "-hcl", ports],
    ];
    const start = (): ChildProcess =>
      endsWithUs(spawn(command, [...before, ...args], { cwd: home, stdio: ["ignore", log, log] }));
    let child = start();
    return {
      ...{ name, part, ip, dns: dns ?? 0, serf: `${ip}:${lan}`, url: `http://${ip}:${http}/v1` },
      log: () => readFileSync(path, "utf8"),
      kill: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await ended;
      },
      restart: () => {
        child = start();
      },
    };
  });
  for (const { part, url } of agents)
    await until(
      `${url}/catalog/nodes`,
      (nodes: readonly unknown[]) => nodes.length >= (part === "dev" ? 1 : 4),
    );
  return agents;
}

/** Asks until the answer is as awaited. @throws Error when it is not in time. */
export async function until<Answer>(url: string, holds: (answer: Answer) => unknown): Promise<void> {
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    const answer = await fetch(url, { headers: { Connection: "close" } }).catch(() => undefined);
    if (answer?.status === 200 && holds((await answer.json()) as Answer)) return;
    await sleep(100);
  }
  throw new Error(`${url} does not say what is awaited`);
}
