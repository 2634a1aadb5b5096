// DNS over UDP: addresses and servers of services of 10 and 100 instances, names of nodes, and a mix of names. What is
// compared is how many a second are answered, and what one costs the server in CPU.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { questionBytes } from "../../test/support/dns.ts";
import type { Bench } from "./bench.ts";
import { leaderOf, withBoth } from "./cluster.ts";
import { compare, forBoth, inTurn, median, valuesOf } from "./compare.ts";
import type { DnsJob, DnsResult } from "./dns-load.ts";
import { call, isOk } from "./http.ts";
import { machineCpuSeconds, type Place, pinned } from "./place.ts";
import { amount, figure } from "./report.ts";
import { cpuUs, type Server } from "./server.ts";

interface Workload {
  readonly name: string;
  readonly questions: readonly Uint8Array[];
  readonly bar: number;
}

const NODES = 100;
const UNDER_WAY = 64;
/** A core that others used for more than this share makes a turn's figures doubtful. */
const NOISY_SHARE = 0.25;

const ask = (name: string, type: string, udpBytes?: number): Uint8Array =>
  questionBytes({ name, type, ...(udpBytes === undefined ? {} : { udpBytes }) });
const nodeNames: readonly string[] = Array.from({ length: NODES }, (_, at) => `node-${at}.node.consul`);

const WORKLOADS: readonly Workload[] = [
  { name: "A of 10 instances", questions: [ask("of-10.service.consul", "A")], bar: 4 },
  { name: "SRV of 10 instances", questions: [ask("of-10.service.consul", "SRV")], bar: 6 },
  { name: "A of 100 instances", questions: [ask("of-100.service.consul", "A")], bar: 15 },
  { name: "SRV of 100 instances", questions: [ask("of-100.service.consul", "SRV")], bar: 30 },
  { name: "SRV of 100, EDNS 4096", questions: [ask("of-100.service.consul", "SRV", 4096)], bar: 15 },
  { name: "A of nodes", questions: nodeNames.map((name) => ask(name, "A")), bar: 2 },
  {
    name: "a mix of 200 names",
    questions: nodeNames.flatMap((name, at) => [ask(name, "A"), ask(`service-${at}.service.consul`, "SRV")]),
    bar: 2,
  },
];

export async function runDns(bench: Bench): Promise<void> {
  for (const place of bench.effort.places)
    await bench.attempt(`DNS, ${place.name}`, () => runPlace(bench, place));
}

async function runPlace(bench: Bench, place: Place): Promise<void> {
  const { serverCpus, loadCpus } = place;
  const rest = { kind: "dev", servers: 1, raftMultiplier: 1, serverCpus, folder: bench.folder } as const;
  const [program = "", ...args] = pinned(loadCpus, [
    process.execPath,
    "--import",
    "tsx",
    join(import.meta.dirname, "dns-load.ts"),
  ]);
  const load = spawn(program, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
  try {
    await heard(load);
    await withBoth(
      (side) => ({ product: bench.products[side], ...rest }),
      async (clusters) => {
        await forBoth((side) => fill(clusters[side]));
        for (const workload of WORKLOADS)
          await bench.attempt(`${workload.name}, ${place.name}`, () =>
            runWorkload(bench, place, load, clusters, workload),
          );
      },
    );
  } finally {
    load.kill();
  }
}

type Told = { readonly ready?: true; readonly result?: DnsResult; readonly error?: string };

function heard(load: ChildProcess): Promise<Told> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`the load ended with code ${code}`));
    load.once("exit", onExit);
    load.once("message", (message) => {
      load.off("exit", onExit);
      resolve(message as Told);
    });
  });
}

async function fill(servers: readonly Server[]): Promise<void> {
  const leader = await leaderOf(servers);
  const register = async (node: number, service?: object): Promise<void> => {
    const body = { Node: `node-${node}`, Address: `10.0.0.${node}`, Service: service };
    const answer = await call(leader, "PUT", "/v1/catalog/register", JSON.stringify(body));
    if (answer === undefined || !isOk(answer)) throw new Error(`filling: ${answer?.body ?? "no answer"}`);
  };
  for (let at = 0; at < NODES; at++) {
    const Address = `10.1.0.${at}`;
    await register(at, { ID: `s-${at}`, Service: `service-${at}`, Port: 80 });
    await register(at, { ID: `h-${at}`, Service: "of-100", Address, Port: 8000 + at });
    if (at < 10) await register(at, { ID: `t-${at}`, Service: "of-10", Address, Port: 8000 + at });
  }
}

interface Turn extends DnsResult {
  readonly perSecond: number;
  readonly serverUs: number;
  readonly othersShare: number;
}

async function runWorkload(
  bench: Bench,
  { name: where }: Place,
  load: ChildProcess,
  clusters: { readonly candidate: readonly Server[]; readonly yardstick: readonly Server[] },
  { name, questions, bar }: Workload,
): Promise<void> {
  const { loadPairs, loadSeconds, warmUpSeconds } = bench.effort;
  const turn = async (servers: readonly Server[], seconds: number): Promise<Turn> => {
    const { ip, dnsPort: port } = await leaderOf(servers);
    const job: DnsJob = { ip, port, questions, underWay: UNDER_WAY, seconds };
    const [cpuBefore, machineBefore] = [cpuUs(servers), machineCpuSeconds()];
    const answer = heard(load);
    load.send(job);
    const { result, error } = await answer;
    if (result === undefined) throw new Error(error ?? "the load did not run");
    if (result.empty > 0) throw new Error(`${result.empty} of ${result.answers} answers were empty`);
    const used = cpuUs(servers) - cpuBefore;
    const others = machineCpuSeconds() - machineBefore - (used + result.cpuUs) / 1e6;
    return {
      ...result,
      perSecond: result.answers / result.seconds,
      serverUs: used / result.answers,
      othersShare: others / result.seconds,
    };
  };
  await forBoth((side) => turn(clusters[side], warmUpSeconds));
  const pairs = await inTurn(loadPairs, (side) => turn(clusters[side], loadSeconds));
  const both = (value: (each: Turn) => number, unit: string): [string, string] => {
    const { candidate, yardstick } = valuesOf(pairs, value);
    return [amount(median(candidate), unit), amount(median(yardstick), unit)];
  };
  bench.report({
    workload: name,
    where,
    unit: "µs CPU",
    ...compare(
      valuesOf(pairs, ({ serverUs }) => serverUs),
      "less",
    ),
    bar,
    pairs: pairs.length,
    more: {
      "a second": both(({ perSecond }) => perSecond, "/s"),
      p99: both(({ p99Us }) => p99Us / 1000, "ms"),
      lost: [
        figure(median(pairs.map(({ candidate }) => candidate.lost))),
        figure(median(pairs.map(({ yardstick }) => yardstick.lost))),
      ],
    },
    noisy: pairs.some(
      (pair) => Math.max(pair.candidate.othersShare, pair.yardstick.othersShare) > NOISY_SHARE,
    ),
  });
}
