// What befalls a cluster under load, and how long it takes until writes go on.

import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "../../src/core/lib/chance.ts";
import type { AgentProcess } from "./agent-process.ts";
import { type Cluster, leaderOf, untilSettled } from "./cluster.ts";
import { AT_REST } from "./complaints.ts";
import { askOnce } from "./http-client.ts";
import type { Load } from "./load.ts";
import { until } from "./until.ts";

/** Writes that a cluster takes between two troubles, so that each strikes it at work. */
const WRITES_BETWEEN = 100;

/** How often a scout asks. */
const SCOUT_INTERVAL_MS = 25;
const SCOUT_PATIENCE_MS = 3000;

/**
 * Sends a write to each of the agents again and again, without waiting for the answers to those before, until one is
 * acknowledged. The load can't tell: all of its clients may be waiting for an answer that will never come. The keys are
 * outside of what the checker judges.
 * @returns When it was, in milliseconds of `performance.now()`.
 */
async function firstAcknowledgement(agents: readonly AgentProcess[]): Promise<number> {
  let acknowledgedMs: number | undefined;
  const scouts: Promise<void>[] = [];
  const send = async ({ http }: AgentProcess): Promise<void> => {
    const write = { method: "PUT", target: "/v1/kv/scout", body: "go on", patienceMs: SCOUT_PATIENCE_MS };
    const result = await askOnce(http, write);
    if (result.ok && result.body === "true") acknowledgedMs ??= performance.now();
  };
  const found = until("a write is acknowledged", () => acknowledgedMs);
  while (acknowledgedMs === undefined) {
    for (const agent of agents) scouts.push(send(agent));
    await Promise.race([found, sleep(SCOUT_INTERVAL_MS)]);
  }
  await Promise.all(scouts);
  return acknowledgedMs;
}

/**
 * Kills the leader, waits for a write that is sent after that to be acknowledged, starts the killed server again on its
 * data, and waits until it takes part again.
 * @returns Milliseconds from the kill to the acknowledgement.
 */
export async function killLeader(cluster: Cluster, load: Load): Promise<number> {
  const leader = await leaderOf(cluster);
  const killedMs = performance.now();
  load.enter("leader killed");
  leader.signal("SIGKILL");
  const acknowledgedMs = await firstAcknowledgement(others(cluster, leader));
  await leader.ended();
  load.enter("another leads");
  await load.untilAcknowledged(WRITES_BETWEEN);
  load.enter("it starts again");
  leader.start();
  await untilSettled(cluster);
  load.enter(AT_REST);
  await load.untilAcknowledged(WRITES_BETWEEN);
  return acknowledgedMs - killedMs;
}

function others({ agents }: Cluster, agent: AgentProcess): AgentProcess[] {
  return agents.filter((each) => each !== agent);
}

/**
 * Stops the leader's process in its tracks, lets the others elect another and go on, and wakes it up as one that
 * believes that no time has passed.
 * @returns Milliseconds from the stop to the first acknowledgement.
 */
export async function pauseLeader(cluster: Cluster, load: Load, pauseMs: number): Promise<number> {
  const leader = await leaderOf(cluster);
  const pausedMs = performance.now();
  load.enter("leader paused");
  leader.signal("SIGSTOP");
  const acknowledgedMs = await firstAcknowledgement(others(cluster, leader));
  await sleep(Math.max(0, pausedMs + pauseMs - performance.now()));
  load.enter("it wakes up");
  leader.signal("SIGCONT");
  await load.untilAcknowledged(WRITES_BETWEEN);
  await untilSettled(cluster);
  load.enter(AT_REST);
  return acknowledgedMs - pausedMs;
}

/** Kills all servers at once and starts them again. @returns Milliseconds from the start to the first acknowledgement. */
export async function killAllServers(cluster: Cluster, load: Load): Promise<number> {
  load.enter("no server");
  for (const server of cluster.servers) server.signal("SIGKILL");
  for (const server of cluster.servers) await server.ended();
  const startedMs = performance.now();
  load.enter("servers start again");
  for (const server of cluster.servers) server.start();
  const acknowledgedMs = await firstAcknowledgement(cluster.agents);
  // The client agent comes later: servers that start again do not know of it until it turns to one of them.
  await untilSettled(cluster, cluster.servers);
  await load.untilAcknowledged(WRITES_BETWEEN);
  await untilSettled(cluster);
  load.enter(AT_REST);
  return acknowledgedMs - startedMs;
}

/** How long a server is left alone, and how long it is down or paused, in a storm. */
const CALM_MS = 3000;
const TROUBLE_MS = 2500;

/**
 * Kills and pauses servers by chance, each in its own time, so that now and then two or all of them are away at once;
 * then lets the cluster come to rest.
 */
export async function storm(cluster: Cluster, load: Load, seconds: number, chance: Chance): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  load.enter("storm");
  await Promise.all(cluster.servers.map((server) => haunt(server, endMs, chance)));
  await untilSettled(cluster, cluster.servers);
  await load.untilAcknowledged(WRITES_BETWEEN);
}

async function haunt(server: AgentProcess, endMs: number, chance: Chance): Promise<void> {
  while (performance.now() < endMs) {
    await sleep(chance.choose("storm.calm", CALM_MS));
    const dies = chance.choose("storm.trouble", 2) === 0;
    if (dies) await server.kill();
    else server.signal("SIGSTOP");
    await sleep(chance.choose("storm.length", TROUBLE_MS));
    if (dies) server.start();
    else server.signal("SIGCONT");
  }
}
