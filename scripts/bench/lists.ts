// Long answers and many writes at once: the health of services of 10, 100 and 1,000 instances, the names of 5,000 services,
// a thousand keys, and transactions of 64 writes. What is compared is what a request costs the server in CPU: of answers of
// hundreds of kilobytes the load takes longer to receive one than the server to send it.

import type { Bench } from "./bench.ts";
import { leaderOf, withBoth } from "./cluster.ts";
import { forBoth, type Pair } from "./compare.ts";
import { call, isOk } from "./http.ts";
import { type LoadProcess, startLoad } from "./load.ts";
import type { LoadResult } from "./load-process.ts";
import { ONE_CORE } from "./place.ts";
import { keyName, NEW_VALUE, VALUE_BYTES } from "./placeholders.ts";
import type { Server, ServerPlan } from "./server.ts";
import { type Comparing, compareInTurn, measure, RATE, SERVER_CPU } from "./turns.ts";

export interface Workload {
  readonly name: string;
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly body: string;
  readonly bar: number;
}

const NODES = 200;
const SIZES: readonly (readonly [instances: number, bar: number])[] = [
  [10, 5],
  [100, 20],
  [1000, 40],
];
const NAMES = 5000;
const KEYS = 1000;
const OPS = 64;
const CLIENTS = 8;

function read(name: string, path: string, bar: number): Workload {
  return { name, method: "GET", path, body: "", bar };
}

export const LISTS: readonly Workload[] = [
  ...SIZES.map(([size, bar]) =>
    read(`health of ${size.toLocaleString("en")} instances`, `/v1/health/service/of-${size}`, bar),
  ),
  read("names of 5,000 services", "/v1/catalog/services", 50),
  read("1,000 keys", "/v1/kv/bench/?recurse", 1.5),
  { name: `transaction of ${OPS} writes`, method: "PUT", path: "/v1/txn", body: txnOf(OPS), bar: 2.5 },
];

/** Sets so many keys to something new. */
function txnOf(count: number): string {
  return JSON.stringify(
    Array.from({ length: count }, (_, at) => ({ KV: { Verb: "set", Key: `txn/${at}`, Value: NEW_VALUE } })),
  );
}

export async function runLists(bench: Bench): Promise<void> {
  const load = await startLoad(ONE_CORE.loadCpus);
  try {
    for (const kind of ["dev", "durable"] as const)
      await bench.attempt(`long answers, ${kind}`, () => runKind(bench, load, kind));
  } finally {
    load.stop();
  }
}

async function runKind(bench: Bench, load: LoadProcess, kind: ServerPlan["kind"]): Promise<void> {
  const rest = { kind, servers: 1, raftMultiplier: 1, serverCpus: ONE_CORE.serverCpus, folder: bench.folder };
  await withBoth(
    (side) => ({ product: bench.products[side], ...rest }),
    async (clusters) => {
      await forBoth((side) => fillLists(clusters[side]));
      for (const workload of LISTS.filter(({ method }) => kind === "durable" || method === "GET"))
        await bench.attempt(`${workload.name}, ${kind}`, () =>
          runWorkload(bench, load, kind, clusters, workload),
        );
    },
  );
}

/** Instances spread over the nodes, each with a check; names without. */
export async function fillLists(servers: readonly Server[]): Promise<void> {
  const leader = await leaderOf(servers);
  const ops: object[] = [];
  for (let at = 0; at < NODES; at++)
    ops.push({ Node: { Verb: "set", Node: { Node: `node-${at}`, Address: "10.0.0.1" } } });
  for (const [size] of SIZES)
    for (let at = 0; at < size; at++) ops.push(...instance(at, `of-${size}`, `of-${size}-${at}`));
  for (let at = 0; at < NAMES; at++) ops.push(instance(at, `service-${at}`, `service-${at}`)[0] ?? {});
  for (let at = 0; at < KEYS; at++)
    ops.push({
      KV: { Verb: "set", Key: keyName(at), Value: Buffer.alloc(VALUE_BYTES, "v").toString("base64") },
    });
  for (let at = 0; at < ops.length; at += OPS) {
    const answer = await call(leader, "PUT", "/v1/txn", JSON.stringify(ops.slice(at, at + OPS)));
    if (answer === undefined || !isOk(answer)) throw new Error(`filling: ${answer?.body ?? "no answer"}`);
  }
}

function instance(at: number, name: string, id: string): object[] {
  const Node = `node-${at % NODES}`;
  const service = { ID: id, Service: name, Tags: ["a", "b"], Port: 8080, Meta: { version: "1" } };
  const check = { Node, CheckID: id, Name: "alive", Status: "passing", Output: "200 OK", ServiceID: id };
  return [{ Service: { Verb: "set", Node, Service: service } }, { Check: { Verb: "set", Check: check } }];
}

async function runWorkload(
  bench: Bench,
  load: LoadProcess,
  kind: string,
  clusters: Pair<readonly Server[]>,
  { name, method, path, body, bar }: Workload,
): Promise<void> {
  const what: Comparing<LoadResult> = {
    workload: name,
    where: `${kind}, ${ONE_CORE.name}`,
    bar,
    by: SERVER_CPU,
    better: "less",
    more: { "a second": RATE },
  };
  await compareInTurn(bench, what, async (side, seconds) => {
    const servers = clusters[side];
    const targets = [await leaderOf(servers)];
    const job = { targets, connections: CLIENTS, method, seconds, others: [{ path, body }] };
    return measure(servers, () => load.run(job));
  });
}
