// What the programs take when nobody asks anything of them: memory, empty, with many keys and with many services, and CPU.

import type { Bench } from "./bench.ts";
import { leaderOf, withBoth } from "./cluster.ts";
import { type Comparison, compare, forBoth, median, type Pair, type Side } from "./compare.ts";
import { call, isOk, pause } from "./http.ts";
import { cpuUs, rssMiB, type Server, type ServerPlan } from "./server.ts";
import { fill } from "./start.ts";

const DEV: Shape = { name: "-dev", kind: "dev", servers: 1 };
const DURABLE: Shape = { name: "durable", kind: "durable", servers: 1 };
const THREE: Shape = { name: "3 servers", kind: "durable", servers: 3 };

/** What there is in a server whose memory is looked at. */
interface Contents {
  readonly name: string;
  readonly bar: number;
  fill?(servers: readonly Server[]): Promise<void>;
}

const NOTHING: Contents = { name: "empty", bar: 1 };
const SERVICES = 10_000;
const NODES = 100;
const CLIENTS = 8;

export async function runRest(bench: Bench): Promise<void> {
  const { manyKeys } = bench.effort;
  await bench.attempt("memory of -dev", () => measureMemory(bench, DEV, NOTHING));
  await bench.attempt("memory", () => measureMemory(bench, DURABLE, NOTHING));
  await bench.attempt("memory with keys", () => measureMemory(bench, DURABLE, keys(manyKeys)));
  await bench.attempt("memory with services", () => measureMemory(bench, DURABLE, services(SERVICES)));
  await bench.attempt("CPU at rest", () => measureCpu(bench));
}

interface Shape extends Pick<ServerPlan, "kind" | "servers"> {
  readonly name: string;
}

function planner({ products, folder }: Bench, { kind, servers }: Shape): (side: Side) => ServerPlan {
  const rest = { kind, servers, raftMultiplier: 1, serverCpus: undefined, folder };
  return (side) => ({ product: products[side], ...rest });
}

function keys(count: number): Contents {
  return {
    name: `${count.toLocaleString("en")} keys of 128 B`,
    bar: 1.5,
    fill: (servers) => fill(servers, count),
  };
}

/** In the catalog, on a hundred nodes, each with a check. */
function services(count: number): Contents {
  return {
    name: `${count.toLocaleString("en")} services`,
    bar: 1.3,
    fill: (servers) => register(servers, count),
  };
}

async function register(servers: readonly Server[], count: number): Promise<void> {
  const leader = await leaderOf(servers);
  const lane = async (from: number): Promise<void> => {
    for (let at = from; at < count; at += CLIENTS) {
      const answer = await call(leader, "PUT", "/v1/catalog/register", registration(at));
      if (answer === undefined || !isOk(answer)) throw new Error(`no service: ${answer?.body}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, from) => lane(from)));
}

function registration(at: number): string {
  const Service = `service-${at}`;
  return JSON.stringify({
    Node: `node-${at % NODES}`,
    Address: `10.0.0.${at % NODES}`,
    Service: { Service, Tags: ["a", "b"], Port: 80, Meta: { version: "1" } },
    Check: { CheckID: Service, Name: "up", ServiceID: Service, Status: "passing", Output: "200 OK" },
  });
}

async function measureMemory(bench: Bench, shape: Shape, { name, bar, fill }: Contents): Promise<void> {
  await withBoth(planner(bench, shape), async (clusters) => {
    await forBoth(async (side) => fill?.(clusters[side]));
    // Both collectors are to have had their time.
    await pause(bench.effort.settleSeconds * 1000);
    bench.report({
      workload: `memory, ${name}`,
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
