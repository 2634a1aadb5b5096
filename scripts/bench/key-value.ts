// GET and PUT of keys with values of 128 bytes, by one client and by 64, at a server in memory, at a durable one, and at
// three: how many a second, how long each takes, and what a request costs the servers in CPU.

import type { Bench } from "./bench.ts";
import { leaderOf, withBoth } from "./cluster.ts";
import type { Pair, Side } from "./compare.ts";
import { type LoadProcess, startLoad } from "./load.ts";
import type { LoadResult } from "./load-process.ts";
import type { Place } from "./place.ts";
import type { Server, ServerPlan } from "./server.ts";
import { type Comparing, compareInTurn, LOAD_CPU, measure, RATE, SERVER_CPU } from "./turns.ts";

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
      workload("GET", 64, [1.5, 1.5], { query: "?stale" }),
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

async function runWorkload(
  bench: Bench,
  place: Place,
  load: LoadProcess,
  setup: Setup,
  clusters: Pair<readonly Server[]>,
  { name, method, clients, at, query, bars }: Workload,
): Promise<void> {
  const what: Comparing<LoadResult> = {
    workload: name,
    where: `${setup.name}, ${place.name}`,
    bar: bars[place.loadCpus === undefined ? 1 : 0],
    by: RATE,
    better: "more",
    more: {
      p50: { of: ({ p50Us }) => p50Us, unit: "µs" },
      p99: { of: ({ p99Us }) => p99Us, unit: "µs" },
      "server CPU": { ...SERVER_CPU, unit: "µs" },
      "load CPU": LOAD_CPU,
    },
  };
  await compareInTurn(bench, what, async (side, seconds) => {
    const servers = clusters[side];
    const leader = await leaderOf(servers);
    const target = at === "leader" ? leader : servers.find((server) => server !== leader);
    const job = { targets: [target ?? leader], connections: clients, method, query, keys: KEYS, seconds };
    return measure(servers, () => load.run(job));
  });
}
