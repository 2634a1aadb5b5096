// Sessions, locks and contention, services registered one after the other with their agent, and connections of one request.

import type { Bench } from "./bench.ts";
import { type ChildLoad, startChild } from "./child-load.ts";
import { leaderOf, withBoth } from "./cluster.ts";
import { compare, forBoth, inTurn, median, type Pair, type Side, valuesOf } from "./compare.ts";
import { type Answer, isOk, until } from "./http.ts";
import { type LoadProcess, startLoad } from "./load.ts";
import type { LoadJob, LoadResult } from "./load-process.ts";
import type { OddJob, OddResult } from "./odd-load.ts";
import { ONE_CORE } from "./place.ts";
import { CONNECTION, COUNTER } from "./placeholders.ts";
import { amount } from "./report.ts";
import type { Server, ServerPlan } from "./server.ts";
import {
  type Comparing,
  compareInTurn,
  type LoadFigures,
  measure,
  RATE,
  SERVER_CPU,
  type Turn,
} from "./turns.ts";

type Kind = ServerPlan["kind"];

/** What is measured at a server of each kind: it is given the servers, and both loads. */
interface Stage {
  readonly bench: Bench;
  readonly kind: Kind;
  readonly clusters: Pair<readonly Server[]>;
  readonly load: LoadProcess;
  readonly odd: ChildLoad<OddJob, OddResult>;
}

export const CLIENTS = 64;
const CONTENDERS = 8;
const SERVICES = 1_000;

const CONTENTION = `writes won by check-and-set, ${CONTENDERS} clients`;
const REGISTRATIONS = `${SERVICES.toLocaleString("en")} services registered, 1 client`;
const CONNECTIONS = `GET, a connection for each, ${CONTENDERS} clients`;

export async function runSessions(bench: Bench): Promise<void> {
  const { serverCpus, loadCpus } = ONE_CORE;
  const load = await startLoad(loadCpus);
  const odd = await startChild<OddJob, OddResult>("odd-load.ts", loadCpus);
  try {
    for (const kind of ["dev", "durable"] as const)
      await bench.attempt(`sessions, ${kind}`, () =>
        withBoth(
          (side) => ({
            product: bench.products[side],
            ...{ kind, servers: 1, raftMultiplier: 1, serverCpus, folder: bench.folder },
          }),
          (clusters) => runStage({ bench, kind, clusters, load, odd }),
        ),
      );
  } finally {
    load.stop();
    odd.stop();
  }
}

async function runStage(stage: Stage): Promise<void> {
  const { bench, kind } = stage;
  const sessions = await forBoth(async (side) => createSession(await leaderOf(stage.clusters[side])));
  const attempt = (name: string, run: () => Promise<void>): Promise<void> =>
    bench.attempt(`${name}, ${kind}`, run);
  for (const each of ASKED) await attempt(each.name, () => ask(stage, sessions, each));
  if (kind === "durable") await attempt(CONTENTION, () => runContention(stage));
  await attempt(REGISTRATIONS, () => runRegistrations(stage));
  if (kind === "dev") await attempt(CONNECTIONS, () => runConnections(stage));
}

/** Once the server has told the catalog that it is well, which sessions rest on. */
export async function createSession(server: Server): Promise<string> {
  const body = JSON.stringify({ TTL: "24h" });
  let id = "";
  const isCreated = (answer: Answer): boolean => {
    if (isOk(answer)) id = (JSON.parse(answer.body) as { readonly ID: string }).ID;
    return id !== "";
  };
  await until(server, "PUT", "/v1/session/create", isCreated, body);
  return id;
}

export const ASKED: readonly Asked[] = [
  {
    name: "session created, 64 clients",
    bar: 2,
    by: "rate",
    requests: () => [{ path: "/v1/session/create", body: "{}" }],
  },
  {
    name: "lock taken or let go, 64 clients",
    bar: 3,
    by: "rate",
    requests: (session) =>
      ["acquire", "release"].map((verb) => ({
        path: `/v1/kv/lock/${CONNECTION}?${verb}=${session}`,
        body: "me",
      })),
    expected: "true",
  },
  {
    name: "session renewed, 64 clients",
    bar: 1.5,
    by: "server CPU",
    requests: (session) => [{ path: `/v1/session/renew/${session}`, body: "" }],
  },
];

function whereOf({ kind }: Stage): string {
  return `${kind === "dev" ? "-dev" : kind}, ${ONE_CORE.name}`;
}

/** What 64 connections ask in turn. */
export interface Asked {
  readonly name: string;
  readonly bar: number;
  /** What the ratio is of. */
  readonly by: "rate" | "server CPU";
  readonly requests: (session: string) => NonNullable<LoadJob["others"]>;
  readonly expected?: string;
}

async function ask(
  stage: Stage,
  sessions: Pair<string>,
  { name, bar, by, requests, expected }: Asked,
): Promise<void> {
  const { bench, clusters, load } = stage;
  await compareInTurn(bench, comparing(stage, name, bar, by), async (side, seconds) => {
    const servers = clusters[side];
    const targets = [await leaderOf(servers)];
    const others = requests(sessions[side]);
    const job = { targets, connections: CLIENTS, method: "PUT", seconds, others, expected } as const;
    return measure(servers, () => load.run(job));
  });
}

function comparing(
  stage: Stage,
  workload: string,
  bar: number,
  by: Asked["by"] = "rate",
): Comparing<LoadFigures & Pick<LoadResult, "p50Us" | "p99Us">> {
  const judged =
    by === "rate" ? ({ by: RATE, better: "more" } as const) : ({ by: SERVER_CPU, better: "less" } as const);
  return {
    workload,
    where: whereOf(stage),
    bar,
    ...judged,
    more: {
      p50: { of: ({ p50Us }) => p50Us, unit: "µs" },
      p99: { of: ({ p99Us }) => p99Us, unit: "µs" },
      ...(by === "rate" ? { "server CPU": { ...SERVER_CPU, unit: "µs" } } : { "a second": RATE }),
    },
  };
}

async function runContention(stage: Stage): Promise<void> {
  await runOdd(stage, CONTENTION, 3, {
    kind: "contend",
    clients: CONTENDERS,
    key: "contended",
  });
}

async function runConnections(stage: Stage): Promise<void> {
  await runOdd(stage, CONNECTIONS, 1, {
    kind: "connect",
    clients: CONTENDERS,
    key: "connected",
  });
}

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;

async function runOdd(
  stage: Stage,
  workload: string,
  bar: number,
  job: Without<OddJob, "target" | "seconds">,
): Promise<void> {
  const { bench, clusters, odd } = stage;
  await compareInTurn(bench, comparing(stage, workload, bar), async (side, seconds) => {
    const servers = clusters[side];
    const { ip, port } = await leaderOf(servers);
    return measure(servers, () => odd.run({ ...job, target: { ip, port }, seconds }));
  });
}

/**
 * A thousand services with a check each, one after the other; then they go again. As everywhere a turn of each goes first
 * that does not count: the first thousand are registered by code that is not compiled yet.
 */
async function runRegistrations({ bench, clusters, load, ...stage }: Stage): Promise<void> {
  const name = `many-${COUNTER}`;
  const body = JSON.stringify({ Name: name, Port: 80, Check: { TTL: "24h" } });
  const all = { method: "PUT", answers: SERVICES, counterFrom: 0 } as const;
  const turn = async (side: Side): Promise<Turn<LoadResult>> => {
    const servers = clusters[side];
    const targets = [await leaderOf(servers)];
    const others = [{ path: "/v1/agent/service/register", body }];
    const measured = await measure(servers, () => load.run({ ...all, targets, connections: 1, others }));
    const gone = [{ path: `/v1/agent/service/deregister/${name}`, body: "" }];
    await load.run({ ...all, targets, connections: CONTENDERS, others: gone });
    return measured;
  };
  await forBoth(turn);
  const pairs = await inTurn(bench.effort.loadPairs, turn);
  const cpu = valuesOf(pairs, SERVER_CPU.of);
  bench.report({
    workload: REGISTRATIONS,
    where: whereOf({ bench, clusters, load, ...stage }),
    unit: "ms",
    ...compare(
      valuesOf(pairs, ({ seconds }) => seconds * 1000),
      "less",
    ),
    bar: 5,
    pairs: pairs.length,
    more: { "server CPU": [amount(median(cpu.candidate), "µs"), amount(median(cpu.yardstick), "µs")] },
    noisy: false,
  });
}
