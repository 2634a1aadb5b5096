// Real Consul agents, Serf's agent and ours in one LAN: who sees whom, and what becomes of it when somebody dies, stands
// still, leaves, is forced out, comes back. Prints one line per promise; any that breaks ends the script with 1. Takes
// two minutes and a half.
//
//   npx tsx scripts/interop-gossip.ts             all three LANs at once
//   npx tsx scripts/interop-gossip.ts --only N    the first (a Consul server), the second (ours) or the third (between)

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { exitOnSignals } from "../test/support/children.ts";
import { withFolder } from "../test/support/cluster.ts";
import { getJson } from "../test/support/http-client.ts";
import { freePorts, loopbackIps } from "../test/support/loopback.ts";
import { programPath } from "../test/support/program.ts";
import { until } from "../test/support/until.ts";
import {
  createLanAgent,
  type Kind,
  type LanAgent,
  type LanAgentSpec,
  membersSeenBy,
  tell,
} from "./interop/agents.ts";
import {
  allKnowAll,
  dies,
  hold,
  isForcedOut,
  joinsThrough,
  type Lan,
  leaves,
  pauses,
  tagNames,
  untilAllAlive,
  untilRegistered,
} from "./interop/lan.ts";
import { openOneWayStreet } from "./interop/one-way-street.ts";
import type { Promises } from "./report/promises.ts";

function isInstalled(program: string): boolean {
  return spawnSync(program, ["version"]).error === undefined;
}

type Create = (name: string, kind: Kind) => LanAgent;

/**
 * An agent for each name, the first of which is a server; each joins whichever of the others it finds, whenever it is
 * started. Killed in the end, as are those that `create` adds, which join nobody by themselves.
 */
async function withLan(
  title: string,
  kinds: readonly (readonly [name: string, kind: Kind])[],
  promises: Promises,
  use: (lan: Lan, create: Create) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const ips = loopbackIps(kinds.length + MOST_LATE);
    const places = await Promise.all(ips.map(async (ip) => ({ ip, ports: await freePorts(ip) })));
    const joins = places.slice(0, kinds.length).map(({ ip, ports }) => `${ip}:${ports.serfLan}`);
    const take = (): (typeof places)[number] => places.shift() as (typeof places)[number];
    const agents = kinds.map(([name, kind], at) =>
      createLanAgent({ kind, name, ...take(), folder, server: at === 0, joins: joins.toSpliced(at, 1) }),
    );
    const created = [...agents];
    const lan: Lan = { title, agents, server: agents[0] as LanAgent, promises };
    try {
      for (const { process } of agents) process.start();
      await use(lan, (name, kind) => {
        const late = createLanAgent({ kind, name, ...take(), folder });
        created.push(late);
        return late;
      });
    } finally {
      await Promise.all(created.map(({ process }) => process.kill()));
    }
    if (promises.broken > 0) throw new Error(`${title}: something broke`);
  });
}

/** Agents that `create` may add. */
const MOST_LATE = 4;

function agentOf({ agents }: Lan, name: string): LanAgent {
  const found = agents.find((agent) => agent.name === name);
  assert(found !== undefined, name);
  return found;
}

const SERF: readonly (readonly [string, Kind])[] = isInstalled("serf") ? [["serf1", "Serf"]] : [];

/** A Consul server leads; a client agent of each is with it. */
async function underConsulsServer(promises: Promises): Promise<void> {
  const kinds = [["server1", "Consul"], ["consul1", "Consul"], ["ours1", "Quorate"], ...SERF] as const;
  await withLan("under Consul's server", kinds, promises, async (lan, create) => {
    const [server, consul1, ours1] = ["server1", "consul1", "ours1"].map((name) => agentOf(lan, name)) as [
      LanAgent,
      LanAgent,
      LanAgent,
    ];
    await allKnowAll(lan);
    await hold(lan, "our client agent has the tags of Consul's client agent", async () =>
      assert.deepEqual(await tagNames(ours1), await tagNames(consul1)),
    );
    await hold(lan, "our client agent is in the catalog with its id and address, serfHealth passing", () =>
      isInCatalog(lan, ours1),
    );
    await joinsThrough(lan, create("consul2", "Consul"), ours1);
    await joinsThrough(lan, create("ours2", "Quorate"), consul1);
    for (const victim of [ours1, consul1]) {
      await pauses(lan, victim);
      await dies(lan, victim);
      await leaves(lan, victim);
    }
    await isForcedOut(lan, ours1, server);
    await isForcedOut(lan, consul1, ours1);
    for (const serf1 of lan.agents.filter(({ kind }) => kind === "Serf")) {
      await dies(lan, serf1);
      await leaves(lan, serf1);
      await isForcedOut(lan, serf1, ours1);
    }
    await pauses(lan, server);
    await dies(lan, server);
    await hold(lan, "in the end all list all alive", () => untilAllAlive(lan));
  });
}

async function isInCatalog(lan: Lan, agent: LanAgent): Promise<void> {
  await untilRegistered(lan, agent, "passing");
  const nodes = await getJson<readonly { ID: string; Node: string; Address: string }[]>(
    lan.server.process.http,
    "/v1/catalog/nodes",
  );
  const { ID, Address } = nodes.find(({ Node }) => Node === agent.name) ?? {};
  const { id } = (await membersSeenBy(agent)).get(agent.name)?.tags ?? {};
  assert.deepEqual([ID, Address], [id, agent.process.spec.ip]);
}

/** Our server leads. Consul's agents cannot ask it anything (our RPC is our own), but gossip knows nothing of that. */
async function underOurServer(promises: Promises): Promise<void> {
  const kinds = [["server1", "Quorate"], ["consul1", "Consul"], ["consul2", "Consul"], ...SERF] as const;
  await withLan("under our server", kinds, promises, async (lan, create) => {
    const [server, consul1, consul2] = ["server1", "consul1", "consul2"].map((name) =>
      agentOf(lan, name),
    ) as [LanAgent, LanAgent, LanAgent];
    await allKnowAll(lan);
    await hold(lan, "Consul's client agents are in our catalog with ids and addresses", async () => {
      for (const agent of [consul1, consul2]) await isInCatalog(lan, agent);
    });
    await joinsThrough(lan, create("consul3", "Consul"), server);
    await pauses(lan, server);
    await dies(lan, server);
    await leaves(lan, server);
    await pauses(lan, consul1);
    await dies(lan, consul1);
    await leaves(lan, consul1);
    await isForcedOut(lan, consul1, server);
    await isForcedOut(lan, server, consul2);
    await hold(lan, "in the end all list all alive", () => untilAllAlive(lan));
  });
}

type Place = Pick<LanAgentSpec, "ip" | "ports">;

/** Some twenty probes of each agent by each other. */
const WATCHED_MS = 10_000;

/** Two Consul agents that reach each other only through ours: it answers for them, and carries what they have to say. */
async function betweenTwo(promises: Promises): Promise<void> {
  await withFolder(async (folder) => {
    const ips = loopbackIps(6);
    const [own, leftPlace, rightPlace, serfPlace] = (await Promise.all(
      ips.slice(0, 4).map(async (ip) => ({ ip, ports: await freePorts(ip) })),
    )) as [Place, Place, Place, Place];
    const [leftStreet = "", rightStreet = ""] = ips.slice(4);
    const between = createLanAgent({ kind: "Quorate", name: "between", ...own, folder });
    const spec = { kind: "Consul", folder, joins: [between.gossip] } as const;
    const left = createLanAgent({ ...spec, ...leftPlace, name: "left", advertise: leftStreet, server: true });
    const right = createLanAgent({ ...spec, ...rightPlace, name: "right", advertise: rightStreet });
    const late = createLanAgent({ kind: "Serf", name: "late", ...serfPlace, folder });
    const streets = [
      await openOneWayStreet(leftStreet, left.gossip, between.gossip),
      await openOneWayStreet(rightStreet, right.gossip, between.gossip),
    ];
    const lan: Lan = { title: "between two", agents: [between, left, right], server: left, promises };
    try {
      for (const { process } of lan.agents) process.start();
      await hold(lan, "two Consul agents hear of each other through ours", () => untilAllAlive(lan));
      await hold(lan, "our indirect probes keep each alive for the other, who can't reach it", async () => {
        const triedBefore = streets.map((street) => street.turnedAway());
        for (let endMs = performance.now() + WATCHED_MS; performance.now() < endMs; await sleep(200))
          for (const agent of lan.agents)
            for (const [name, { status }] of await membersSeenBy(agent))
              assert.equal(status, "alive", `${name}, seen by ${agent.name}`);
        const tried = streets.map((street, at) => street.turnedAway() - (triedBefore[at] ?? 0));
        assert(Math.min(...tried) > 0, `neither was asked in vain: ${tried.join(" and ")}`);
      });
      await hold(lan, "a user event fired at one arrives at the other, with its payload", async () => {
        await until("there is a leader", () => getJson<string>(left.process.http, "/v1/status/leader"));
        await tell(left, "event", ["-name", "deploy", "the payload"]);
        await until("it arrives", async () => {
          const events = await getJson<readonly { Name: string; Payload: string }[]>(
            right.process.http,
            "/v1/event/list",
          );
          const [event] = events.filter(({ Name }) => Name === "deploy");
          return event !== undefined && Buffer.from(event.Payload, "base64").toString() === "the payload";
        });
      });
      if (SERF.length > 0) {
        late.process.start();
        await hold(
          lan,
          "our agent hands past user events to Serf's agent that joins through it",
          async () => {
            await until("it can be asked", async () => (await membersSeenBy(late)).size === 1);
            await tell(late, "join", ["-replay", between.gossip]);
            await until("it is told", () =>
              /Received event: user-event: consul:event:deploy/.test(late.process.log()),
            );
          },
        );
        await late.process.kill();
      }
      await left.process.kill();
      await hold(lan, "the one learns through ours that the other died", () =>
        until("it is failed", async () => (await membersSeenBy(right)).get("left")?.status === "failed"),
      );
    } finally {
      await Promise.all([...lan.agents, late].map(({ process }) => process.kill()));
      for (const street of streets) street.close();
    }
    if (promises.broken > 0) throw new Error(`${lan.title}: something broke`);
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  if (!isInstalled("consul")) {
    console.log("skipped: there is no consul to speak with (Debian has it in the package consul)");
    return 0;
  }
  if (SERF.length === 0)
    console.log("Serf is left out: it is not installed (Debian has it in the package serf)");
  programPath();
  const lans = [underConsulsServer, underOurServer, betweenTwo];
  // Only Linux has the addresses that keep two agents of one machine from each other.
  const possible = process.platform === "linux" ? lans : lans.slice(0, 2);
  const wanted = possible.filter((_, at) => values.only === undefined || values.only === `${at + 1}`);
  const counts: Promises[] = wanted.map(() => ({ held: 0, broken: 0 }));
  const outcomes = await Promise.allSettled(wanted.map((run, at) => run(counts[at] as Promises)));
  const failures = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
  for (const { message } of failures) console.log(message);
  const sum = (kind: keyof Promises): number => counts.reduce((total, each) => total + each[kind], 0);
  console.log(`${sum("held")} held, ${sum("broken")} broken`);
  return failures.length === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
