// From exec to use: a server in memory until it answers, has a leader, takes a write; the third of three until the cluster
// takes one; a durable server until it reads back the last of many entries.

import type { Bench } from "./bench.ts";
import { withBoth } from "./cluster.ts";
import { compare, forBoth, inTurn, type Side, valuesOf } from "./compare.ts";
import { isAcknowledged, isOk, namesLeader, until } from "./http.ts";
import { startLoad } from "./load.ts";
import { keyName } from "./placeholders.ts";
import {
  killServer,
  planServers,
  removeServers,
  type Server,
  type ServerPlan,
  startServer,
} from "./server.ts";

const MANY_CLIENTS = 64;

function plan(bench: Bench, side: Side, kind: ServerPlan["kind"], servers: number): ServerPlan {
  const { products, folder } = bench;
  return { product: products[side], kind, servers, raftMultiplier: 1, serverCpus: undefined, folder };
}

export async function runStart(bench: Bench): Promise<void> {
  await bench.attempt("start of -dev", () => runDev(bench));
  await bench.attempt("start of the third", () => runThird(bench));
  await bench.attempt("restart", () => runRestart(bench));
}

interface Milestones {
  readonly answers: number;
  readonly leads: number;
  readonly writes: number;
}

async function runDev(bench: Bench): Promise<void> {
  const measure = async (side: Side): Promise<Milestones> => {
    const servers = await planServers(plan(bench, side, "dev", 1));
    try {
      return await milestones(servers[0] as Server);
    } finally {
      await removeServers(servers);
    }
  };
  // Both once without counting, so that both programs are in the page cache.
  await forBoth(measure);
  const pairs = await inTurn(bench.effort.startPairs, measure);
  const rows = [
    ["exec → HTTP answers", "answers", undefined],
    ["exec → leader", "leads", 1.1],
    ["exec → first write", "writes", 1.1],
  ] as const;
  for (const [workload, milestone, bar] of rows)
    bench.report({
      workload,
      where: "-dev",
      unit: "ms",
      ...compare(
        valuesOf(pairs, (each) => each[milestone]),
        "less",
      ),
      bar,
      pairs: pairs.length,
      more: {},
      noisy: false,
    });
}

async function milestones(server: Server): Promise<Milestones> {
  const began = startServer(server);
  const answers = await until(server, "GET", "/v1/status/leader", isOk);
  const leads = await until(server, "GET", "/v1/status/leader", namesLeader);
  const writes = await until(server, "PUT", "/v1/kv/first", isAcknowledged, "written");
  return { answers: answers - began, leads: leads - began, writes: writes - began };
}

/** Two of three wait for the last one. */
async function runThird(bench: Bench): Promise<void> {
  const pairs = await inTurn(bench.effort.startPairs, async (side) => {
    const servers = await planServers(plan(bench, side, "durable", 3));
    const [first, second, third] = servers as [Server, Server, Server];
    try {
      for (const server of [first, second]) startServer(server);
      for (const server of [first, second]) await until(server, "GET", "/v1/status/leader", isOk);
      const began = startServer(third);
      await until(first, "GET", "/v1/status/leader", namesLeader);
      return (await until(first, "PUT", "/v1/kv/first", isAcknowledged, "written")) - began;
    } finally {
      await removeServers(servers);
    }
  });
  bench.report({
    workload: "start of the third → first write",
    where: "3 servers",
    unit: "ms",
    ...compare(
      valuesOf(pairs, (ms) => ms),
      "less",
    ),
    bar: 1.3,
    pairs: pairs.length,
    more: {},
    noisy: false,
  });
}

/** The same log is read again at every start; each start ends with kill -9. */
async function runRestart(bench: Bench): Promise<void> {
  const { manyKeys, restartPairs } = bench.effort;
  const planOf = (side: Side): ServerPlan => plan(bench, side, "durable", 1);
  await withBoth(planOf, async (clusters) => {
    for (const servers of [clusters.candidate, clusters.yardstick]) {
      await fill(servers, manyKeys);
      await killServer(servers[0] as Server);
    }
    const pairs = await inTurn(restartPairs, async (side) => {
      const [server] = clusters[side] as [Server];
      const began = startServer(server);
      const read = await until(server, "GET", `/v1/kv/${keyName(manyKeys - 1)}`, isOk);
      await killServer(server);
      return read - began;
    });
    bench.report({
      workload: "start → reads the last key",
      where: `durable, ${manyKeys.toLocaleString("en")} entries`,
      unit: "ms",
      ...compare(
        valuesOf(pairs, (ms) => ms),
        "less",
      ),
      bar: 4,
      pairs: pairs.length,
      more: {},
      noisy: false,
    });
  });
}

/** Writes each key once. */
export async function fill(servers: readonly Server[], keys: number): Promise<void> {
  const load = await startLoad(undefined);
  try {
    await load.run({ targets: servers, connections: MANY_CLIENTS, method: "PUT", keys, answers: keys });
  } finally {
    load.stop();
  }
}
