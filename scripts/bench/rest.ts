// What the programs take when nobody asks anything of them: memory, empty and with many keys, and CPU.

import type { Bench } from "./bench.ts";
import { withBoth } from "./cluster.ts";
import { type Comparison, compare, forBoth, median, type Pair, type Side } from "./compare.ts";
import { pause } from "./http.ts";
import { cpuUs, rssMiB, type Server, type ServerPlan } from "./server.ts";
import { fill } from "./start.ts";

const DEV: Shape = { name: "-dev", kind: "dev", servers: 1 };
const DURABLE: Shape = { name: "durable", kind: "durable", servers: 1 };
const THREE: Shape = { name: "3 servers", kind: "durable", servers: 3 };

export async function runRest(bench: Bench): Promise<void> {
  const { manyKeys } = bench.effort;
  await bench.attempt("memory of -dev", () => measureMemory(bench, DEV, 0, 1));
  await bench.attempt("memory", () => measureMemory(bench, DURABLE, 0, 1));
  await bench.attempt("memory with keys", () => measureMemory(bench, DURABLE, manyKeys, 1.5));
  await bench.attempt("CPU at rest", () => measureCpu(bench));
}

interface Shape extends Pick<ServerPlan, "kind" | "servers"> {
  readonly name: string;
}

function planner({ products, folder }: Bench, { kind, servers }: Shape): (side: Side) => ServerPlan {
  const rest = { kind, servers, raftMultiplier: 1, serverCpus: undefined, folder };
  return (side) => ({ product: products[side], ...rest });
}

async function measureMemory(bench: Bench, shape: Shape, keys: number, bar: number): Promise<void> {
  await withBoth(planner(bench, shape), async (clusters) => {
    if (keys > 0) await forBoth((side) => fill(clusters[side], keys));
    // Both collectors are to have had their time.
    await pause(bench.effort.settleSeconds * 1000);
    bench.report({
      workload: keys === 0 ? "memory, empty" : `memory, ${keys.toLocaleString("en")} keys of 128 B`,
      where: shape.name,
      unit: "MiB",
      ...compareOnce(clusters, (servers) => median(servers.map(rssMiB))),
      bar,
      pairs: 1,
      more: {},
      noisy: false,
    });
  });
}

function compareOnce(clusters: Pair<Server[]>, value: (servers: readonly Server[]) => number): Comparison {
  return compare({ candidate: [value(clusters.candidate)], yardstick: [value(clusters.yardstick)] }, "less");
}

/** Both clusters over the same seconds. */
async function measureCpu(bench: Bench): Promise<void> {
  const { settleSeconds, restSeconds } = bench.effort;
  await withBoth(planner(bench, THREE), async (clusters) => {
    await pause(settleSeconds * 1000);
    const before = await forBoth(async (side) => cpuUs(clusters[side]));
    await pause(restSeconds * 1000);
    const spentMs = (side: Side): number => (cpuUs(clusters[side]) - before[side]) / 1000;
    bench.report({
      workload: `CPU at rest, of all three in ${restSeconds} s`,
      where: THREE.name,
      unit: "ms",
      ...compare({ candidate: [spentMs("candidate")], yardstick: [spentMs("yardstick")] }, "less"),
      bar: 1.5,
      pairs: 1,
      more: {},
      noisy: false,
    });
  });
}
