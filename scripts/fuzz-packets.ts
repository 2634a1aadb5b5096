// Hostile bytes at agents: what no peer should ever send, from a seed.
//
// First without sockets: damaged packets, streams and frames, and well-formed lies, through the pure agent, whose
// invariants are checked after each (test/core/agent/siege.ts; the fast tests run the same, for less long). Then a
// development agent and a pair of servers with encrypted gossip as processes, at whose ports the same is thrown as fast as it goes, and who must
// live, answer HTTP, keep their memory and their logs small, and speak to those who mean well.
//
//   npx tsx scripts/fuzz-packets.ts [--packets 120000] [--gossip 40000] [--dns 100000] [--seconds 20] [--seed S]
//
// --gossip throws so many packets and streams more, and nothing else, half of them at an agent with encrypted gossip.
// Five million of them: docs/testing.md.

import { strict as assert } from "node:assert";
import { besiegeDns } from "../test/core/agent/dns-siege.ts";
import { RING } from "../test/core/agent/hostile-seals.ts";
import { besiege, type SiegeReport, type SiegeScope } from "../test/core/agent/siege.ts";
import { ROLES, type VictimRole } from "../test/core/agent/victim.ts";
import type { AgentProcess } from "../test/support/agent-process.ts";
import { exitOnSignals } from "../test/support/children.ts";
import { createAgent, untilLeads, withFolder } from "../test/support/cluster.ts";
import { getJson } from "../test/support/http-client.ts";
import { freePorts, loopbackIps } from "../test/support/loopback.ts";
import { until } from "../test/support/until.ts";
import { attack, type Blows } from "./fuzz/attack.ts";
import type { Network } from "./fuzz/harmless.ts";
import { acksPing, answersPushPull, answersRpc, type Vitals, watch } from "./fuzz/watch.ts";
import { readOptions } from "./options.ts";
import { type Promises, promise } from "./report/promises.ts";

function besiegeAll(
  promises: Promises,
  seed: string,
  packets: number,
  roles: readonly VictimRole[],
  scope: SiegeScope,
): Promise<unknown> {
  const share = Math.ceil(packets / roles.length);
  const what = scope === "all" ? "input" : "gossip";
  const beganBytes = process.memoryUsage().rss;
  const inTurn = roles.map(
    (role) => () =>
      promise(promises, `no ${what} breaks an agent that is ${role}`, async () => {
        const beganMs = performance.now();
        const report = besiege(role, seed, share, scope);
        assert(report.slowestMs < SLOW_MS, `one input took ${Math.round(report.slowestMs)} ms`);
        const grown = process.memoryUsage().rss - beganBytes;
        assert(grown < MOST_GROWTH_BYTES, `memory grew by ${grown >> 20} MiB`);
        return describeSiege(report, (performance.now() - beganMs) / 1000, grown);
      }),
  );
  return inTurn.reduce<Promise<unknown>>((before, next) => before.then(next), Promise.resolve());
}

function describeSiege(report: SiegeReport, seconds: number, grownBytes: number): string {
  const { inputs, believed, refused, badGossip, unsealed, slowestMs } = report;
  const rate = Math.round(inputs / seconds);
  const gossip = `${badGossip} gossip messages unreadable, ${unsealed} without the right seal`;
  const health = `slowest ${slowestMs.toFixed(1)} ms, ${Math.max(0, grownBytes) >> 20} MiB more`;
  return `${inputs} inputs, ${rate}/s: ${believed} frames believed, ${refused} refused, ${gossip}; ${health}`;
}

/** Resident memory beyond what an agent had before. */
const MOST_GROWTH_BYTES = 400 << 20;
/** Log lines for each connection that was broken off for a reason: one, and some for what else happens meanwhile. */
const LINES_A_CONNECTION = 1.5;
const LINES_BESIDES = 3_000;
const SLOW_MS = 5_000;
/** Of a log whose agent ended. */
const TOLD_CHARACTERS = 2_000;

async function besiegeProcesses(promises: Promises, seed: string, seconds: number): Promise<void> {
  await withFolder(async (folder) => {
    const agents = await startAgents(folder);
    try {
      const endMs = performance.now() + seconds * 1000;
      console.log(`attacking for ${seconds} s: ${agents.map(({ name }) => name).join(", ")}`);
      const outcomes = await Promise.all(
        agents.map(async (agent) => {
          const blows = attack(agent, networkOf(agent), seed, endMs);
          return { agent, vitals: await watch(agent, endMs), blows: await blows };
        }),
      );
      for (const { agent, vitals, blows } of outcomes) await judge(promises, agent, vitals, blows);
    } finally {
      await Promise.all(agents.map((agent) => agent.kill()));
    }
    if (promises.broken > 0) throw new Error("an agent suffered");
  });
}

/** Their names are among those in the recorded gossip, so that some of the damaged rumours are about them. */
async function startAgents(folder: string): Promise<AgentProcess[]> {
  const ips = loopbackIps(3);
  const places = await Promise.all(ips.map(async (ip) => ({ ip, ports: await freePorts(ip) })));
  const [dev, first, second] = places as [
    (typeof places)[number],
    (typeof places)[number],
    (typeof places)[number],
  ];
  const join = ["-retry-join", `${first.ip}:${first.ports.serfLan}`, "-retry-interval", "1s"];
  const pair = [
    "-bootstrap-expect",
    "2",
    "-encrypt",
    RING[0] as string,
    ...join,
    "-hcl",
    "performance { raft_multiplier = 1 }",
  ];
  const agents = [
    createAgent(folder, "s1", { server: true, ...dev, flags: ["-dev", "-log-level", "info"] }),
    createAgent(folder, "c1", { server: true, ...first, flags: pair }),
    createAgent(folder, "c2", { server: true, ...second, flags: pair }),
  ];
  for (const agent of agents) agent.start();
  await untilLeads(agents[0] as AgentProcess);
  for (const { http } of agents.slice(1))
    await until(
      "the pair has a leader",
      async () => (await getJson<string>(http, "/v1/status/leader")) !== "",
    );
  return agents;
}

function networkOf({ spec }: AgentProcess): Network {
  return spec.ip.split(".").slice(0, 3).map(Number) as [number, number, number];
}

async function judge(promises: Promises, agent: AgentProcess, vitals: Vitals, blows: Blows): Promise<void> {
  const { name } = agent;
  await promise(promises, `${name} lives`, async () => {
    if (!agent.isRunning())
      throw new Error(
        `it ended: ${JSON.stringify(await agent.ended())}\n${agent.log().slice(-TOLD_CHARACTERS)}`,
      );
    assert.doesNotMatch(agent.log(), /InvariantError|[Uu]ncaught|^\s+at .*\.js:/m);
    return `${blows.datagrams} datagrams, ${blows.streams} gossip streams, ${blows.connections} RPC connections with ${blows.frames} frames`;
  });
  await promise(promises, `${name} answered HTTP all the time`, async () => {
    const sorted = vitals.answers.toSorted((a, b) => a - b);
    const slowest = sorted.at(-1) ?? 0;
    assert.equal(vitals.unanswered, 0, `${vitals.unanswered} of ${vitals.asked} without an answer`);
    assert(slowest < SLOW_MS, `the slowest answer took ${Math.round(slowest)} ms`);
    const median = sorted[sorted.length >> 1] ?? 0;
    return `${sorted.length} answers, median ${median.toFixed(1)} ms, slowest ${Math.round(slowest)} ms`;
  });
  await promise(promises, `${name} keeps its memory`, async () => {
    const growth = vitals.mostBytes - vitals.firstBytes;
    assert(growth < MOST_GROWTH_BYTES, `it grew by ${growth >> 20} MiB`);
    return `${vitals.firstBytes >> 20} MiB before, ${vitals.mostBytes >> 20} MiB at most`;
  });
  await promise(promises, `${name} keeps its log readable`, async () => {
    const lines = agent.log().split("\n").length;
    const most = LINES_BESIDES + LINES_A_CONNECTION * (blows.streams + blows.connections);
    assert(lines < most, `${lines} lines, where ${Math.round(most)} would be many`);
    return `${lines} lines`;
  });
  await promise(promises, `${name} still speaks: ack, push/pull, RPC`, async () => {
    await acksPing(agent);
    await answersPushPull(agent);
    await answersRpc(agent);
  });
}

async function main(): Promise<number> {
  const { values } = readOptions({
    options: {
      packets: { type: "string", default: "120000" },
      gossip: { type: "string", default: "40000" },
      dns: { type: "string", default: "100000" },
      seconds: { type: "string", default: "20" },
      seed: { type: "string", default: String(Date.now()) },
    },
  });
  console.log(`seed ${values.seed}`);
  const promises: Promises = { held: 0, broken: 0 };
  await besiegeAll(promises, values.seed, Number(values.packets), ROLES, "all");
  if (Number(values.gossip) > 0)
    await besiegeAll(promises, values.seed, Number(values.gossip), ["client", "encrypted"], "gossip");
  if (Number(values.dns) > 0)
    await promise(promises, "no question over DNS breaks an agent", async () => {
      const report = besiegeDns(values.seed, Number(values.dns));
      assert(report.slowestMs < SLOW_MS, `one question took ${Math.round(report.slowestMs)} ms`);
      const { questions, answered, refused, ignored, passedOn, slowestMs } = report;
      return `${questions} questions: ${answered} answered, ${refused} refused, ${ignored} ignored, ${passedOn} passed on; slowest ${slowestMs.toFixed(1)} ms`;
    });
  if (Number(values.seconds) > 0)
    await besiegeProcesses(promises, values.seed, Number(values.seconds)).catch((error: unknown) => {
      console.log(error instanceof Error ? error.message : String(error));
      if (promises.broken === 0) promises.broken++;
    });
  console.log(`${promises.held} held, ${promises.broken} broken`);
  return promises.broken === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
