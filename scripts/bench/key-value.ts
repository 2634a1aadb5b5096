// GET and PUT of keys with values of 128 bytes, by one client and by 64, at a server in memory, at a durable one, and at
// three: how many a second, how long each takes, and what a request costs the servers in CPU.

import type { Bench } from "./bench.ts";
import { leaderOf, withBoth } from "./cluster.ts";
import { compare, forBoth, inTurn, median, type Pair, type Side, valuesOf } from "./compare.ts";
import { type LoadProcess, startLoad } from "./load.ts";
import type { LoadResult } from "./load-process.ts";
import { machineCpuSeconds, type Place } from "./place.ts";
import { figure } from "./report.ts";
import { cpuUs, type Server, type ServerPlan } from "./server.ts";

interface Setup {
  readonly name: string;
  readonly kind: "dev" | "durable";
  readonly servers: number;
  readonly workloads: readonly Workload[];
}

interface Workload {
  readonly name: string;
  readonly method: "GET" | "PUT";
  readonly clients: number;
  readonly at: "leader" | "follower";
  readonly query: string;
  /** The bar on one core, and on all. */
  readonly bars: readonly [oneCore: number, allCores: number];
}

function workload(
  method: "GET" | "PUT",
  clients: number,
  bars: Workload["bars"],
  more: Partial<Pick<Workload, "at" | "query">> = {},
): Workload {
  const { at = "leader", query = "" } = more;
  const where = at === "leader" ? "" : " at a follower";
  const name = `${method}${query}${where}, ${clients} ${clients === 1 ? "client" : "clients"}`;
  return { name, method, clients, at, query, bars };
}

const SETUPS: readonly Setup[] = [
  {
    name: "-dev",
    kind: "dev",
    servers: 1,
    workloads: [
      workload("GET", 1, [1.5, 1.5]),
      workload("GET", 64, [1.5, 1.5]),
      workload("PUT", 1, [1.3, 1.3]),
      workload("PUT", 64, [3, 3]),
    ],
  },
  {
    name: "durable",
    kind: "durable",
    servers: 1,
    workloads: [
      workload("GET", 1, [1.5, 1.5]),
      workload("GET", 64, [1.5, 1.5]),
      workload("PUT", 1, [1.5, 1.5]),
      workload("PUT", 64, [5, 2]),
    ],
  },
  {
    name: "3 servers",
    kind: "durable",
    servers: 3,
    workloads: [
      workload("GET", 1, [1.5, 1.5]),
      workload("GET", 64, [1.5, 1.5]),
      workload("GET", 64, [2, 2], { query: "?consistent" }),
      workload("GET", 1, [1.5, 1.5], { at: "follower" }),
      workload("GET", 64, [1.5, 1.5], { at: "follower" }),
      workload("GET", 64, [1.5, 1.5], { at: "follower", query: "?consistent" }),
      workload("PUT", 1, [1.5, 1.5]),
      workload("PUT", 64, [2, 2]),
    ],
  },
];

const KEYS = 1000;
/** A core that others used for more than this share makes a turn's figures doubtful. */
const NOISY_SHARE = 0.25;

export async function runKeyValue(bench: Bench): Promise<void> {
  for (const place of bench.effort.places) {
    const load = await startLoad(place.loadCpus);
    try {
      for (const setup of SETUPS)
        await bench.attempt(`${setup.name}, ${place.name}`, () => runSetup(bench, place, load, setup));
    } finally {
      load.stop();
    }
  }
}

async function runSetup(bench: Bench, place: Place, load: LoadProcess, setup: Setup): Promise<void> {
  const planOf = (side: Side): ServerPlan => ({
    product: bench.products[side],
    kind: setup.kind,
    servers: setup.servers,
    raftMultiplier: 1,
    serverCpus: place.serverCpus,
    folder: bench.folder,
  });
  await withBoth(planOf, async (clusters) => {
    for (const servers of [clusters.candidate, clusters.yardstick])
      await load.run({
        targets: [await leaderOf(servers)],
        connections: 16,
        method: "PUT",
        keys: KEYS,
        answers: KEYS,
      });
    for (const each of setup.workloads)
      await bench.attempt(`${each.name}, ${setup.name}, ${place.name}`, () =>
        runWorkload(bench, place, load, setup, clusters, each),
      );
  });
}

/** What one turn has shown. */
export interface Turn extends LoadResult {
  readonly perSecond: number;
  readonly serverUs: number;
  /** Share of one core that the load used, and that others used. */
  readonly loadShare: number;
  readonly othersShare: number;
}

async function runWorkload(
  bench: Bench,
  place: Place,
  load: LoadProcess,
  setup: Setup,
  clusters: Pair<readonly Server[]>,
  { name, method, clients, at, query, bars }: Workload,
): Promise<void> {
  const { loadPairs, loadSeconds, warmUpSeconds } = bench.effort;
  const turn = async (servers: readonly Server[], seconds: number): Promise<Turn> => {
    const leader = await leaderOf(servers);
    const target = at === "leader" ? leader : servers.find((server) => server !== leader);
    const job = { targets: [target ?? leader], connections: clients, method, query, keys: KEYS, seconds };
    return measure(servers, () => load.run(job));
  };
  // A first turn that does not count: connections and caches get warm, and V8 compiles what it sees often, which takes it
  // more than a second.
  await forBoth((side) => turn(clusters[side], warmUpSeconds));
  const pairs = await inTurn(loadPairs, (side) => turn(clusters[side], loadSeconds));
  const both = (
    value: (turn: Turn) => number,
    print: (value: number) => string,
  ): readonly [string, string] => {
    const values = valuesOf(pairs, value);
    return [print(median(values.candidate)), print(median(values.yardstick))];
  };
  bench.report({
    workload: name,
    where: `${setup.name}, ${place.name}`,
    unit: "/s",
    ...compare(
      valuesOf(pairs, ({ perSecond }) => perSecond),
      "more",
    ),
    bar: bars[place.loadCpus === undefined ? 1 : 0],
    pairs: pairs.length,
    more: {
      p50: both(({ p50Us }) => p50Us, time),
      p99: both(({ p99Us }) => p99Us, time),
      "server CPU": both(
        ({ serverUs }) => serverUs,
        (us) => `${figure(us)} µs`,
      ),
      "load CPU": both(({ loadShare }) => loadShare, share),
    },
    noisy: pairs.some(
      (pair) => Math.max(pair.candidate.othersShare, pair.yardstick.othersShare) > NOISY_SHARE,
    ),
  });
}

export async function measure(servers: readonly Server[], run: () => Promise<LoadResult>): Promise<Turn> {
  const machineBefore = machineCpuSeconds();
  const ownBefore = process.cpuUsage();
  const serverBefore = cpuUs(servers);
  const began = performance.now();
  const result = await run();
  const elapsed = (performance.now() - began) / 1000;
  const spent = cpuUs(servers) - serverBefore;
  const own = process.cpuUsage(ownBefore);
  const ours = (spent + result.cpuUs + own.user + own.system) / 1e6;
  return {
    ...result,
    perSecond: result.answers / result.seconds,
    serverUs: spent / result.answers,
    loadShare: result.cpuUs / 1e6 / result.seconds,
    othersShare: Math.max(0, machineCpuSeconds() - machineBefore - ours) / elapsed,
  };
}

function time(us: number): string {
  return us < 1000 ? `${figure(us)} µs` : `${figure(us / 1000)} ms`;
}

function share(value: number): string {
  return `${(100 * value).toFixed(0)} %`;
}
