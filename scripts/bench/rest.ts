// What the programs take when nobody asks anything of them: memory, empty and with many keys, and CPU.

import type { Bench } from "./bench.ts";
import { startCluster } from "./cluster.ts";
import { compare, forBoth, median, type Pair, type Side } from "./compare.ts";
import { pause } from "./http.ts";
import { cpuUs, removeServers, rssMiB, type Server, type ServerPlan } from "./server.ts";
import { fill } from "./start.ts";

/** How long after a start, or after a load, memory is looked at; both collectors have had their time. */
const SETTLE_MS = 10_000;

export async function runRest(bench: Bench): Promise<void> {
  await runMemory(bench, "-dev", { kind: "dev", servers: 1 }, 0, 1.0);
  await runMemory(bench, "durable", { kind: "durable", servers: 1 }, 0, 1.0);
  await runMemory(bench, "durable", { kind: "durable", servers: 1 }, bench.effort.manyKeys, 1.5);
  await runIdle(bench);
}

type Shape = Pick<ServerPlan, "kind" | "servers">;

function startBoth(bench: Bench, shape: Shape): Promise<Pair<Server[]>> {
  const { products, folder } = bench;
  return forBoth((side: Side) =>
    startCluster({ product: products[side], ...shape, raftMultiplier: 1, serverCpus: undefined, folder }),
  );
}

async function runMemory(bench: Bench, name: string, shape: Shape, keys: number, bar: number): Promise<void> {
  const clusters = await startBoth(bench, shape);
  try {
    if (keys > 0) await forBoth((side) => fill(clusters[side], keys));
    await pause(SETTLE_MS);
    bench.report({
      workload: keys === 0 ? "memory, empty" : `memory, ${keys.toLocaleString("en")} keys of 128 B`,
      where: name,
      unit: "MiB",
      ...compareOnce(clusters, (servers) => median(servers.map(rssMiB))),
      bar,
      pairs: 1,
      more: {},
      noisy: false,
    });
  } finally {
    await removeServers([...clusters.candidate, ...clusters.yardstick]);
  }
}

function compareOnce(
  clusters: Pair<Server[]>,
  value: (servers: readonly Server[]) => number,
): ReturnType<typeof compare> {
  return compare({ candidate: [value(clusters.candidate)], yardstick: [value(clusters.yardstick)] }, "less");
}

/** Both clusters over the same seconds. */
async function runIdle(bench: Bench): Promise<void> {
  const { restSeconds } = bench.effort;
  const clusters = await startBoth(bench, { kind: "durable", servers: 3 });
  try {
    await pause(SETTLE_MS);
    const before = await forBoth(async (side) => cpuUs(clusters[side]));
    await pause(restSeconds * 1000);
    const spentMs = (side: Side): number => (cpuUs(clusters[side]) - before[side]) / 1000;
    bench.report({
      workload: `CPU at rest, of all three in ${restSeconds} s`,
      where: "3 servers",
      unit: "ms",
      ...compare({ candidate: [spentMs("candidate")], yardstick: [spentMs("yardstick")] }, "less"),
      bar: 1.5,
      pairs: 1,
      more: {},
      noisy: false,
    });
  } finally {
    await removeServers([...clusters.candidate, ...clusters.yardstick]);
  }
}
