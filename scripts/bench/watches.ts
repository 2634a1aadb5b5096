// Blocking queries: a thousand that wait for one key, five hundred that wait for a service, and what a thousand that wait
// for something else cost whoever writes.

import type { Socket } from "node:net";
import type { Bench } from "./bench.ts";
import { type ChildLoad, startChild } from "./child-load.ts";
import { leaderOf, withBoth } from "./cluster.ts";
import { forBoth, type Pair } from "./compare.ts";
import { openConnection, requestBytes } from "./connection.ts";
import { call } from "./http.ts";
import { startLoad } from "./load.ts";
import type { LoadResult } from "./load-process.ts";
import type { OddJob, OddResult } from "./odd-load.ts";
import { ONE_CORE } from "./place.ts";
import { COUNTER } from "./placeholders.ts";
import type { Server } from "./server.ts";
import { type Comparing, compareInTurn, measure, RATE, SERVER_CPU } from "./turns.ts";

const BYSTANDERS = 1_000;
const INSTANCES = 10;

const WATCHED = [
  {
    name: "1,000 watchers of a key, all woken",
    watchers: 1_000,
    path: "/v1/kv/watched",
    change: { path: "/v1/kv/watched", body: `value ${COUNTER}` },
    bar: 2,
  },
  {
    name: `500 watchers of a service of ${INSTANCES}, all woken`,
    watchers: 500,
    path: "/v1/health/service/watched",
    change: { path: "/v1/catalog/register", body: instance(0, COUNTER) },
    bar: 4,
  },
];

function instance(at: number, version: string): string {
  const Service = { ID: `watched-${at}`, Service: "watched", Port: 80, Meta: { version } };
  return JSON.stringify({ Node: `node-${at}`, Address: `10.0.0.${at}`, Service });
}

export async function runWatches(bench: Bench): Promise<void> {
  const { serverCpus } = ONE_CORE;
  const plan = { kind: "dev", servers: 1, raftMultiplier: 1, serverCpus, folder: bench.folder } as const;
  const load = await startChild<OddJob, OddResult>("odd-load.ts", ONE_CORE.loadCpus);
  try {
    // All connections come from one address, to which both programs would grant only so many.
    const hcl = ["limits { http_max_conns_per_client = 10000 }"];
    await withBoth(
      (side) => ({ ...plan, hcl, product: bench.products[side] }),
      async (clusters) => {
        for (const watched of WATCHED)
          await bench.attempt(watched.name, () => runWatched(bench, load, clusters, watched));
        await bench.attempt("bystanders", () => runBystanders(bench, clusters));
      },
    );
  } finally {
    load.stop();
  }
}

async function runWatched(
  bench: Bench,
  load: ChildLoad<OddJob, OddResult>,
  clusters: Pair<readonly Server[]>,
  { name, watchers, path, change, bar }: (typeof WATCHED)[number],
): Promise<void> {
  for (const servers of [clusters.candidate, clusters.yardstick]) {
    const leader = await leaderOf(servers);
    await call(leader, "PUT", "/v1/kv/watched", "first");
    for (let at = 0; at < INSTANCES; at++)
      await call(leader, "PUT", "/v1/catalog/register", instance(at, COUNTER));
  }
  const what: Comparing<OddResult> = {
    workload: name,
    where: `-dev, ${ONE_CORE.name}`,
    bar,
    by: { of: ({ p50Us }) => p50Us / 1000, unit: "ms" },
    better: "less",
    more: { "server CPU a wake-up": { ...SERVER_CPU, unit: "µs" } },
  };
  await compareInTurn(bench, what, async (side, seconds) => {
    const servers = clusters[side];
    const { ip, port } = await leaderOf(servers);
    const target = { ip, port };
    return measure(servers, () =>
      load.run({ kind: "watch", target, clients: watchers, seconds, path, change }),
    );
  });
}

/** What a write costs while a thousand wait for other keys. */
async function runBystanders(bench: Bench, clusters: Pair<readonly Server[]>): Promise<void> {
  const load = await startLoad(ONE_CORE.loadCpus);
  const waiting = await forBoth(async (side) => waitForOthers(await leaderOf(clusters[side])));
  const what: Comparing<LoadResult> = {
    workload: `PUT, 1 client, ${BYSTANDERS.toLocaleString("en")} wait for other keys`,
    where: `-dev, ${ONE_CORE.name}`,
    bar: 4,
    by: SERVER_CPU,
    better: "less",
    more: { "a second": RATE, p50: { of: ({ p50Us }) => p50Us, unit: "µs" } },
  };
  try {
    await compareInTurn(bench, what, async (side, seconds) => {
      const servers = clusters[side];
      const targets = [await leaderOf(servers)];
      return measure(servers, () => load.run({ targets, method: "PUT", seconds }));
    });
  } finally {
    for (const socket of [...waiting.candidate, ...waiting.yardstick]) socket.destroy();
    load.stop();
  }
}

async function waitForOthers(target: Server): Promise<Socket[]> {
  return Promise.all(
    Array.from({ length: BYSTANDERS }, async (_, at) => {
      const socket = await openConnection(
        target,
        () => undefined,
        () => undefined,
      );
      socket.write(requestBytes(target, "GET", `/v1/kv/other/${at}?index=1000000000&wait=10m`));
      return socket;
    }),
  );
}
