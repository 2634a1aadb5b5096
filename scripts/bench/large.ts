// What a server is like with a million keys, and with a hundred thousand instances of services: how long it takes to take them
// in, what it then weighs, how it answers, saves and restores itself, and comes back after kill -9. One program after the
// other, each once: what is compared is minutes, not microseconds.

import type { Bench } from "./bench.ts";
import { leaderOf, settled } from "./cluster.ts";
import { compare, forBoth, type Pair } from "./compare.ts";
import { call, hasSome, isOk, pause, until } from "./http.ts";
import { startLoad } from "./load.ts";
import type { LoadJob } from "./load-process.ts";
import { COUNTER, NEW_VALUE } from "./placeholders.ts";
import { amount } from "./report.ts";
import { cpuUs, killServer, planServers, removeServers, rssMiB, type Server, startServer } from "./server.ts";

/** Something there is a lot of. */
interface Crowd {
  readonly name: string;
  readonly count: number;
  /** So many of it come with a request of these, of which there are some in turn. */
  readonly each: number;
  readonly requests: NonNullable<LoadJob["others"]>;
  /** What is read: one of the first, one of the last. */
  readonly read: string;
  readonly last: string;
  /** Nodes that are there before. */
  readonly nodes: number;
}

const OPS = 64;
const CLIENTS = 8;
const SERVICES = 5_000;
const INSTANCES_A_REQUEST = 20;
const READ_SECONDS = 2;

function numbered(number: number): string {
  return String(number).padStart(COUNTER.length, "0");
}

function keys(count: number): Crowd {
  const op = { KV: { Verb: "set", Key: `many/${COUNTER}`, Value: NEW_VALUE } };
  // A key and its value each take a number.
  const last = numbered(2 * (count - 1));
  return {
    name: `${count.toLocaleString("en")} keys`,
    count,
    each: OPS,
    requests: [{ path: "/v1/txn", body: JSON.stringify(Array(OPS).fill(op)) }],
    // The first but one: the number of the first is what stands for any.
    read: `/v1/kv/many/${numbered(2)}`,
    last: `/v1/kv/many/${last}`,
    nodes: 0,
  };
}

/** Some twenty of each of 5,000 services. Each request adds to one node; each client sends each request once. */
function instances(count: number): Crowd {
  const nodes = Math.ceil(count / INSTANCES_A_REQUEST / CLIENTS);
  const instance = (node: number, at: number): object => {
    const name = `service-${(node * INSTANCES_A_REQUEST + at) % SERVICES}`;
    const service = {
      ID: `${name}-${COUNTER}`,
      Service: name,
      Tags: ["a", "b"],
      Port: 80,
      Meta: { version: "1" },
    };
    return { Service: { Verb: "set", Node: `node-${node}`, Service: service } };
  };
  const body = (node: number): string =>
    JSON.stringify(Array.from({ length: INSTANCES_A_REQUEST }, (_, at) => instance(node, at)));
  return {
    name: `${count.toLocaleString("en")} instances`,
    count,
    each: INSTANCES_A_REQUEST,
    requests: Array.from({ length: nodes }, (_, node) => ({ path: "/v1/txn", body: body(node) })),
    read: "/v1/health/service/service-0",
    last: `/v1/health/service/service-${INSTANCES_A_REQUEST - 1}`,
    nodes,
  };
}

export async function runLarge(bench: Bench): Promise<void> {
  const { manyKeys } = bench.effort;
  for (const crowd of [keys(manyKeys * 10), instances(manyKeys)])
    await bench.attempt(crowd.name, () => runCrowd(bench, crowd));
}

interface Measured {
  readonly loadMs: number;
  readonly loadCpuMs: number;
  readonly readUs: number;
  readonly slowestReadUs: number;
  readonly restMiB: number;
  readonly saveMs: number;
  readonly restoreMs: number;
  readonly restartMs: number;
}

async function runCrowd(bench: Bench, crowd: Crowd): Promise<void> {
  const measured = await forBoth((side) => measure(bench, bench.products[side], crowd));
  const row = (
    workload: string,
    of: keyof Measured,
    unit: string,
    more: Record<string, keyof Measured>,
  ): void =>
    bench.report({
      workload,
      where: `durable, ${crowd.name}`,
      unit,
      ...compare(
        forSides(measured, (each) => [each[of]]),
        "less",
      ),
      bar: undefined,
      pairs: 1,
      more: Object.fromEntries(Object.entries(more).map(([name, key]) => [name, forTable(measured, key)])),
      noisy: false,
    });
  row("taken in", "loadMs", "ms", { "server CPU": "loadCpuMs" });
  row("memory", "restMiB", "MiB", {});
  row("a read, 1 client", "readUs", "µs", { p99: "slowestReadUs" });
  row("GET /v1/snapshot", "saveMs", "ms", {});
  row("PUT /v1/snapshot", "restoreMs", "ms", {});
  row("start → reads the last one", "restartMs", "ms", {});
}

function forSides<T>({ candidate, yardstick }: Pair<Measured>, of: (each: Measured) => T): Pair<T> {
  return { candidate: of(candidate), yardstick: of(yardstick) };
}

function forTable(measured: Pair<Measured>, key: keyof Measured): [string, string] {
  const unit = key.endsWith("Ms") ? "ms" : key.endsWith("MiB") ? "MiB" : "µs";
  return [amount(measured.candidate[key], unit), amount(measured.yardstick[key], unit)];
}

async function measure(bench: Bench, product: Server["product"], crowd: Crowd): Promise<Measured> {
  const { folder, effort } = bench;
  const plan = {
    product,
    kind: "durable",
    servers: 1,
    raftMultiplier: 1,
    serverCpus: undefined,
    folder,
  } as const;
  const servers = await planServers(plan);
  const [server] = servers as [Server];
  const load = await startLoad(undefined);
  try {
    startServer(server);
    await settled(servers);
    const targets = [await leaderOf(servers)];
    await registerNodes(server, crowd.nodes);
    const cpuBefore = cpuUs(servers);
    const job = { targets, connections: CLIENTS, method: "PUT", counterFrom: 0 } as const;
    const answers = Math.ceil(crowd.count / crowd.each);
    const took = await load.run({ ...job, others: crowd.requests, answers });
    const loadCpuMs = (cpuUs(servers) - cpuBefore) / 1000;
    await pause(effort.settleSeconds * 1000);
    const restMiB = rssMiB(server);
    const asked = [{ path: crowd.read, body: "" }];
    const read = await load.run({ targets, connections: 1, others: asked, seconds: READ_SECONDS });
    const archive = await timed(() => transfer(server));
    const restored = await timed(() => transfer(server, archive.result));
    await killServer(server);
    const began = startServer(server);
    const restartMs = (await until(server, "GET", crowd.last, hasSome)) - began;
    return {
      loadMs: took.seconds * 1000,
      loadCpuMs,
      readUs: read.p50Us,
      slowestReadUs: read.p99Us,
      restMiB,
      saveMs: archive.ms,
      restoreMs: restored.ms,
      restartMs,
    };
  } finally {
    load.stop();
    await removeServers(servers);
  }
}

async function registerNodes(server: Server, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const Check = { CheckID: "alive", Name: "alive", Status: "passing", Output: "200 OK" };
    const body = JSON.stringify({ Node: `node-${at}`, Address: "10.0.0.1", Check });
    const answer = await call(server, "PUT", "/v1/catalog/register", body);
    if (answer === undefined || !isOk(answer)) throw new Error(`no node: ${answer?.body}`);
  }
}

async function timed<T>(act: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const began = performance.now();
  const result = await act();
  return { result, ms: performance.now() - began };
}

/** Saves the state, or restores it. */
async function transfer(server: Server, archive?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const method = archive === undefined ? "GET" : "PUT";
  const url = `http://${server.ip}:${server.port}/v1/snapshot`;
  const answer = await fetch(url, { method, ...(archive === undefined ? {} : { body: archive }) });
  const body = new Uint8Array(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`${server.name}: ${method} /v1/snapshot: ${answer.status}`);
  return body;
}
