// Long answers and many writes at once: the health of services of 10, 100 and 1,000 instances, the names of 5,000 services,
// a thousand keys, and transactions of 64 writes. What is compared is what a request costs the server in CPU: of answers of
// hundreds of kilobytes the load takes longer to receive one than the server to send it.

import type { Bench } from "./bench.ts";
import { leaderOf, withBoth } from "./cluster.ts";
import { compare, forBoth, inTurn, median, type Pair, valuesOf } from "./compare.ts";
import { call, isOk } from "./http.ts";
import { measure, type Turn } from "./key-value.ts";
import { type LoadProcess, startLoad } from "./load.ts";
import { COUNTER, keyName, VALUE_BYTES } from "./load-process.ts";
import type { Place } from "./place.ts";
import { figure } from "./report.ts";
import type { Server, ServerPlan } from "./server.ts";

interface Workload {
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
/** A core that others used for more than this share makes a turn's figures doubtful. */
const NOISY_SHARE = 0.25;

function read(name: string, path: string, bar: number): Workload {
  return { name, method: "GET", path, body: "", bar };
}

const WORKLOADS: readonly Workload[] = [
  ...SIZES.map(([size, bar]) =>
    read(`health of ${size.toLocaleString("en")} instances`, `/v1/health/service/of-${size}`, bar),
  ),
  read("names of 5,000 services", "/v1/catalog/services", 50),
  read("1,000 keys", "/v1/kv/bench/?recurse", 1.5),
  { name: `transaction of ${OPS} writes`, method: "PUT", path: "/v1/txn", body: txnOf(OPS), bar: 2.5 },
];

/** Sets so many keys to something new. */
function txnOf(count: number): string {
  const value = `${"v".repeat((VALUE_BYTES * 4) / 3 - COUNTER.length - 2)}${COUNTER}`;
  const whole = value.slice(value.length % 4);
  return JSON.stringify(
    Array.from({ length: count }, (_, at) => ({ KV: { Verb: "set", Key: `txn/${at}`, Value: whole } })),
  );
}

export async function runLists(bench: Bench): Promise<void> {
  for (const place of bench.effort.places) {
    const load = await startLoad(place.loadCpus);
    try {
      for (const kind of ["dev", "durable"] as const)
        await bench.attempt(`long answers, ${kind}, ${place.name}`, () => runKind(bench, place, load, kind));
    } finally {
      load.stop();
    }
  }
}

async function runKind(
  bench: Bench,
  place: Place,
  load: LoadProcess,
  kind: ServerPlan["kind"],
): Promise<void> {
  const rest = { kind, servers: 1, raftMultiplier: 1, serverCpus: place.serverCpus, folder: bench.folder };
  await withBoth(
    (side) => ({ product: bench.products[side], ...rest }),
    async (clusters) => {
      await forBoth((side) => fill(clusters[side]));
      for (const workload of WORKLOADS.filter(({ method }) => kind === "durable" || method === "GET"))
        await bench.attempt(`${workload.name}, ${kind}, ${place.name}`, () =>
          runWorkload(bench, place, load, kind, clusters, workload),
        );
    },
  );
}

/** Instances spread over the nodes, each with a check; names without. */
async function fill(servers: readonly Server[]): Promise<void> {
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
  place: Place,
  load: LoadProcess,
  kind: string,
  clusters: Pair<readonly Server[]>,
  { name, method, path, body, bar }: Workload,
): Promise<void> {
  const { loadPairs, loadSeconds, warmUpSeconds } = bench.effort;
  const turn = async (servers: readonly Server[], seconds: number): Promise<Turn> => {
    const targets = [await leaderOf(servers)];
    const job = { targets, connections: 8, method, seconds, other: { path, body } };
    return measure(servers, () => load.run(job));
  };
  await forBoth((side) => turn(clusters[side], warmUpSeconds));
  const pairs = await inTurn(loadPairs, (side) => turn(clusters[side], loadSeconds));
  const perSecond = valuesOf(pairs, (each) => each.perSecond);
  bench.report({
    workload: name,
    where: `${kind}, ${place.name}`,
    unit: "µs CPU",
    ...compare(
      valuesOf(pairs, ({ serverUs }) => serverUs),
      "less",
    ),
    bar,
    pairs: pairs.length,
    more: {
      "a second": [figure(median(perSecond.candidate)), figure(median(perSecond.yardstick))],
    },
    noisy: pairs.some(
      (pair) => Math.max(pair.candidate.othersShare, pair.yardstick.othersShare) > NOISY_SHARE,
    ),
  });
}
