// The leader of three is killed with kill -9: how long until a write is acknowledged again. At each of the two that are
// left, clients repeat their write until one has gone through.

import type { Bench } from "./bench.ts";
import { leaderOf, settled, withBoth } from "./cluster.ts";
import { compare, inTurn, type Pair, valuesOf } from "./compare.ts";
import { isAcknowledged, pause, until } from "./http.ts";
import { amount } from "./report.ts";
import { killServer, type Server, startServer } from "./server.ts";

const BARS: Readonly<Record<number, number>> = { 1: 3, 5: 5 };
/** Clients at each server that is left. */
const CLIENTS = 4;
/** Given to the cluster between two kills, to find its rhythm again. */
const REST_MS = 3000;

export async function runFailover(bench: Bench): Promise<void> {
  const { products, folder, effort } = bench;
  for (const { raftMultiplier, count } of effort.kills)
    await bench.attempt(`failover, raft_multiplier ${raftMultiplier}`, () =>
      withBoth(
        (side) => ({
          product: products[side],
          kind: "durable",
          servers: 3,
          raftMultiplier,
          serverCpus: undefined,
          folder,
        }),
        (clusters) => killLeaders(bench, clusters, raftMultiplier, count),
      ),
    );
}

async function killLeaders(
  bench: Bench,
  clusters: Pair<Server[]>,
  raftMultiplier: number,
  count: number,
): Promise<void> {
  const pairs = await inTurn(count, (side) => killLeader(clusters[side]));
  const times = valuesOf(pairs, (ms) => ms);
  const range = (values: readonly number[]): string =>
    `${amount(Math.min(...values), "ms")} to ${amount(Math.max(...values), "ms")}`;
  bench.report({
    workload: "kill -9 of the leader → first write",
    where: `3 servers, raft_multiplier ${raftMultiplier}`,
    unit: "ms",
    ...compare(times, "less"),
    bar: BARS[raftMultiplier],
    pairs: pairs.length,
    more: { range: [range(times.candidate), range(times.yardstick)] },
    noisy: false,
  });
}

/** @returns Milliseconds from the kill to the acknowledgement of a write that was sent after it. */
async function killLeader(servers: readonly Server[]): Promise<number> {
  const leader = await leaderOf(servers);
  const left = servers.filter((server) => server !== leader);
  const began = performance.now();
  const gone = killServer(leader);
  const acknowledged = await Promise.any(
    left.flatMap((server) =>
      Array.from({ length: CLIENTS }, (_, client) =>
        until(server, "PUT", `/v1/kv/failover/${server.name}/${client}`, isAcknowledged, String(began)),
      ),
    ),
  );
  await gone;
  startServer(leader);
  await settled(servers);
  await pause(REST_MS);
  return acknowledged - began;
}
