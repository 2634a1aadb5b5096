// DNS over UDP: addresses and servers of services of 10 and 100 instances, names of nodes, and a mix of names. What is
// compared is how many a second are answered, and what one costs the server in CPU.

import { questionBytes } from "../../test/support/dns.ts";
import type { Bench } from "./bench.ts";
import { type ChildLoad, startChild } from "./child-load.ts";
import { leaderOf, withBoth } from "./cluster.ts";
import { forBoth, type Pair } from "./compare.ts";
import type { DnsJob, DnsResult } from "./dns-load.ts";
import { call, isOk } from "./http.ts";
import { ONE_CORE } from "./place.ts";
import type { Server } from "./server.ts";
import { type Comparing, compareInTurn, measure, RATE, SERVER_CPU } from "./turns.ts";

export interface DnsWorkload {
  readonly name: string;
  readonly questions: readonly Uint8Array[];
  readonly bar: number;
}

const NODES = 100;
const UNDER_WAY = 64;

const ask = (name: string, type: string, udpBytes?: number): Uint8Array =>
  questionBytes({ name, type, ...(udpBytes === undefined ? {} : { udpBytes }) });
const nodeNames: readonly string[] = Array.from({ length: NODES }, (_, at) => `node-${at}.node.consul`);

export const DNS_WORKLOADS: readonly DnsWorkload[] = [
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
  await bench.attempt("DNS", () => runOver(bench));
}

async function runOver(bench: Bench): Promise<void> {
  const { serverCpus, loadCpus } = ONE_CORE;
  const rest = { kind: "dev", servers: 1, raftMultiplier: 1, serverCpus, folder: bench.folder } as const;
  const load = await startDnsLoad(loadCpus);
  try {
    await withBoth(
      (side) => ({ product: bench.products[side], ...rest }),
      async (clusters) => {
        await forBoth((side) => fillDns(clusters[side]));
        for (const workload of DNS_WORKLOADS)
          await bench.attempt(workload.name, () => runWorkload(bench, load, clusters, workload));
      },
    );
  } finally {
    load.stop();
  }
}

export type DnsLoad = ChildLoad<DnsJob, DnsResult>;

export function startDnsLoad(cpus: string | undefined): Promise<DnsLoad> {
  return startChild("dns-load.ts", cpus);
}

/** Asks one server for a while. @throws when an answer is empty: then the figures would say nothing. */
export async function askDns(
  load: DnsLoad,
  { ip, dnsPort: port }: Server,
  questions: readonly Uint8Array[],
  seconds: number,
): Promise<DnsResult> {
  const result = await load.run({ ip, port, questions, underWay: UNDER_WAY, seconds });
  if (result.empty > 0) throw new Error(`${result.empty} of ${result.answers} answers were empty`);
  return result;
}

export async function fillDns(servers: readonly Server[]): Promise<void> {
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

async function runWorkload(
  bench: Bench,
  load: DnsLoad,
  clusters: Pair<readonly Server[]>,
  { name, questions, bar }: DnsWorkload,
): Promise<void> {
  const what: Comparing<DnsResult> = {
    workload: name,
    where: ONE_CORE.name,
    bar,
    by: SERVER_CPU,
    better: "less",
    more: {
      "a second": RATE,
      p99: { of: ({ p99Us }) => p99Us, unit: "µs" },
      lost: { of: ({ lost }) => lost, unit: "" },
    },
  };
  await compareInTurn(bench, what, async (side, seconds) => {
    const servers = clusters[side];
    const leader = await leaderOf(servers);
    return measure(servers, () => askDns(load, leader, questions, seconds));
  });
}
