// Where the time of our agent goes under a named load: the functions with most time of their own, as V8's sampling
// profiler sees them. The profile itself is kept, for any viewer of .cpuprofile files.
//
//   tsx scripts/profile.ts WORKLOAD [--seconds 5] [--top 30] [--out DIR] [--follower] [--dist ANOTHER-BUILD]
//   tsx scripts/profile.ts sim-agents [--top 30] [--out DIR]   a simulated world instead of an agent
//   tsx scripts/profile.ts              says which workloads there are
//
// The agent under the profiler is the one that the load talks to; with --follower it is a follower of the cluster.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { exitOnSignals } from "../test/support/children.ts";
import { leaderOf, settled } from "./bench/cluster.ts";
import { type CpuProfile, timeByFunction } from "./bench/cpu-profile.ts";
import { askDns, DNS_WORKLOADS, fillDns, startDnsLoad } from "./bench/dns.ts";
import { fillLists, LISTS } from "./bench/lists.ts";
import { startLoad } from "./bench/load.ts";
import type { LoadJob } from "./bench/load-process.ts";
import { ONE_CORE } from "./bench/place.ts";
import { profileSimulator, SIMULATED } from "./bench/profile-simulator.ts";
import { planServers, removeServers, type Server, startServer } from "./bench/server.ts";
import { ASKED, CLIENTS, createSession } from "./bench/sessions.ts";
import type { LoadFigures } from "./bench/turns.ts";
import { readOptions } from "./options.ts";

interface Workload {
  readonly kind: "dev" | "durable";
  readonly servers: number;
  readonly method: LoadJob["method"];
  readonly clients: number;
  readonly query?: string;
  /** Load at a follower. */
  readonly forwarded?: boolean;
  /** Asked instead of keys: one of the benchmark's long answers, or of its questions over DNS. */
  readonly list?: (typeof LISTS)[number];
  readonly dns?: (typeof DNS_WORKLOADS)[number];
  readonly asked?: (typeof ASKED)[number];
}

const WORKLOADS: Readonly<Record<string, Workload>> = {
  get: { kind: "dev", servers: 1, method: "GET", clients: 64 },
  "get-1": { kind: "dev", servers: 1, method: "GET", clients: 1 },
  put: { kind: "dev", servers: 1, method: "PUT", clients: 64 },
  "put-1": { kind: "dev", servers: 1, method: "PUT", clients: 1 },
  "durable-put": { kind: "durable", servers: 1, method: "PUT", clients: 64 },
  "durable-put-1": { kind: "durable", servers: 1, method: "PUT", clients: 1 },
  "cluster-get": { kind: "durable", servers: 3, method: "GET", clients: 64 },
  "cluster-put": { kind: "durable", servers: 3, method: "PUT", clients: 64 },
  "cluster-put-1": { kind: "durable", servers: 3, method: "PUT", clients: 1 },
  "consistent-get": { kind: "durable", servers: 3, method: "GET", clients: 64, query: "?consistent" },
  "forwarded-get": { kind: "durable", servers: 3, method: "GET", clients: 64, forwarded: true },
  "forwarded-get-1": { kind: "durable", servers: 3, method: "GET", clients: 1, forwarded: true },
  "forwarded-put": { kind: "durable", servers: 3, method: "PUT", clients: 64, forwarded: true },
  ...named(LISTS, (list) => ({ kind: "durable", servers: 1, method: list.method, clients: 8, list })),
  ...named(ASKED, (asked) => ({ kind: "dev", servers: 1, method: "PUT", clients: CLIENTS, asked })),
  ...named(DNS_WORKLOADS, (dns) => ({ kind: "dev", servers: 1, method: "GET", clients: 1, dns })),
};

/** By its name in the benchmark, with dashes. */
function named<T extends { readonly name: string }>(
  all: readonly T[],
  workload: (each: T) => Workload,
): Readonly<Record<string, Workload>> {
  const short = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return Object.fromEntries(all.map((each) => [short(each.name), workload(each)]));
}

const KEYS = 1000;
/** Before the profile counts: the compiler has seen what is hot by then. */
const WARM_UP_SECONDS = 2;
const SAMPLE_US = 100;

const { values: options, positionals } = readOptions({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "5" },
    top: { type: "string", default: "30" },
    out: { type: "string", default: join(tmpdir(), "quorate-profiles") },
    follower: { type: "boolean", default: false },
    dist: { type: "string" },
  },
});

const root = join(import.meta.dirname, "..");

function build(): string {
  if (options.dist !== undefined) return resolve(options.dist);
  execFileSync(process.execPath, ["--import", "tsx", join(root, "scripts/build.ts")], { stdio: "inherit" });
  return join(root, "dist");
}

/** All servers run under the profiler, since which one will lead is not known before. */
async function start(workload: Workload, folder: string): Promise<Server[]> {
  const profiler = ["--cpu-prof", `--cpu-prof-interval=${SAMPLE_US}`];
  const servers = await planServers({
    product: { name: "quorate", command: [process.execPath, ...profiler, join(build(), "quorate.js")] },
    kind: workload.kind,
    servers: workload.servers,
    raftMultiplier: 1,
    serverCpus: ONE_CORE.serverCpus,
    folder,
  });
  for (const server of servers) startServer(server, profileFolder(folder, server));
  await settled(servers);
  return servers;
}

/** Where a server runs, and so where its profile ends up. */
function profileFolder(folder: string, { name }: Server): string {
  const home = join(folder, `profile-${name}`);
  mkdirSync(home, { recursive: true });
  return home;
}

/** The profile is written when the process ends of itself. */
async function profileOf(server: Server, folder: string): Promise<CpuProfile> {
  const { process: child } = server;
  if (child === undefined) throw new Error(`${server.name} does not run`);
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
  const home = profileFolder(folder, server);
  const file = readdirSync(home).find((name) => name.endsWith(".cpuprofile"));
  if (file === undefined) throw new Error(`no profile in ${home}; see ${server.logFile}`);
  mkdirSync(options.out, { recursive: true });
  const text = readFileSync(join(home, file), "utf8");
  execFileSync("cp", [join(home, file), join(options.out, `${server.name}.cpuprofile`)]);
  console.log(`profile: ${join(options.out, `${server.name}.cpuprofile`)}`);
  return JSON.parse(text) as CpuProfile;
}

/** Microseconds of the clock that V8 stamps its samples with. */
function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

async function profile(workload: Workload, folder: string): Promise<void> {
  const servers = await start(workload, folder);
  const leader = await leaderOf(servers);
  const follower = servers.find((server) => server !== leader) ?? leader;
  const load = workload.dns
    ? await overDns(servers, workload.dns)
    : await overHttp(servers, workload.forwarded === true ? follower : leader, workload);
  try {
    await load.run(WARM_UP_SECONDS);
    const fromUs = monotonicUs();
    const result = await load.run(Number(options.seconds));
    const toUs = monotonicUs();
    const watched = options.follower ? follower : leader;
    print(await profileOf(watched, folder), fromUs, toUs, result);
  } finally {
    load.stop();
    await removeServers(servers);
  }
}

/** A load that a filled server can be put under for some seconds. */
interface Load {
  run(seconds: number): Promise<LoadFigures>;
  stop(): void;
}

async function overHttp(
  servers: readonly Server[],
  target: Server,
  { method, clients, query = "", list, asked }: Workload,
): Promise<Load> {
  const { run, stop } = await startLoad(ONE_CORE.loadCpus);
  if (list !== undefined) await fillLists(servers);
  else {
    const leader = await leaderOf(servers);
    await run({ targets: [leader], connections: 16, method: "PUT", keys: KEYS, answers: KEYS });
  }
  const listed = list === undefined ? undefined : [{ path: list.path, body: list.body }];
  const others = asked === undefined ? listed : asked.requests(await createSession(target));
  const job = { targets: [target], method, connections: clients, query, keys: KEYS, others };
  return { run: (seconds) => run({ ...job, seconds }), stop };
}

async function overDns(
  servers: readonly Server[],
  { questions }: NonNullable<Workload["dns"]>,
): Promise<Load> {
  const load = await startDnsLoad(ONE_CORE.loadCpus);
  await fillDns(servers);
  const leader = await leaderOf(servers);
  return { run: (seconds) => askDns(load, leader, questions, seconds), stop: load.stop };
}

function print(profiled: CpuProfile, fromUs: number, toUs: number, { answers, seconds }: LoadFigures): void {
  const times = timeByFunction(profiled, fromUs, toUs);
  const idleUs = times.find(({ name }) => name === "(idle)")?.selfUs ?? 0;
  const busyUs = times.reduce((sum, { selfUs }) => sum + selfUs, 0) - idleUs;
  console.log(
    `${answers} answers in ${seconds.toFixed(1)} s; busy ${(busyUs / 1e6).toFixed(2)} s, ${(busyUs / answers).toFixed(1)} µs an answer (under the profiler)`,
  );
  console.log("    self  µs/answer     total  function");
  const percent = (us: number): string => `${((100 * us) / busyUs).toFixed(1)} %`.padStart(8);
  for (const { name, selfUs, totalUs } of times
    .filter((each) => each.name !== "(idle)")
    .slice(0, Number(options.top)))
    console.log(
      `${percent(selfUs)}  ${(selfUs / answers).toFixed(2).padStart(9)}  ${percent(totalUs)}  ${name}`,
    );
}

const [name = ""] = positionals;
const workload = WORKLOADS[name];
if (SIMULATED[name] !== undefined) profileSimulator(name, options.out, Number(options.top));
else if (workload === undefined) {
  console.log(`workloads: ${[...Object.keys(WORKLOADS), ...Object.keys(SIMULATED)].join(", ")}`);
  process.exitCode = name === "" ? 0 : 1;
} else {
  const folder = mkdtempSync(join(tmpdir(), "quorate-profile-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  exitOnSignals();
  await profile(workload, folder);
}
