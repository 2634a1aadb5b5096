// A LAN of agents of several kinds, and what may befall one of them: each trial is a handful of promises about what all
// the others see, and ends with everybody alive for everybody again.

import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { getJson } from "../../test/support/http-client.ts";
import { until } from "../../test/support/until.ts";
import { type Promises, promise } from "../report/promises.ts";
import { type LanAgent, type MemberFacts, membersPrinted, membersSeenBy, tell } from "./agents.ts";

export interface Lan {
  /** What the lines about it begin with. */
  readonly title: string;
  /** Those that run, or are to run again. */
  readonly agents: LanAgent[];
  /** The server whose catalog is looked at; it is asked only while it runs. */
  readonly server: LanAgent;
  readonly promises: Promises;
}

/** Ours suspect for up to seven seconds with these settings, Serf's for twelve; the rest is for a slow machine. */
const PATIENCE_MS = 60_000;
/**
 * Between one thing that befalls a member and the next, so that what was gossiped of the last is not under way any more.
 * Serf's agents need it: 1. A member is pruned. 2. It comes back at once. 3. The prune reaches them again, by another
 * way, and they take it for leaving. 4. Eight seconds later they forget it, alive as it is, until it fails.
 */
const REST_MS = 3_000;
/** By when a rumour has come to everybody whom it will come to. */
const SPREAD_MS = 10_000;
/** What takes longer than a suspicion: most likely something was lost, and the next push/pull repaired it. */
const LONG_SECONDS = 13;

export function hold(lan: Lan, words: string, keep: () => Promise<unknown>): Promise<boolean> {
  return promise(lan.promises, `${lan.title}: ${words}`, keep);
}

/** "our server s1", as the lines say it. */
export function nameOf(lan: Lan, agent: LanAgent): string {
  const what = agent === lan.server ? "server" : "agent";
  return agent.kind === "Quorate" ? `our ${what} ${agent.name}` : `${agent.kind}'s ${what} ${agent.name}`;
}

/**
 * Waits until these agents see the member in this state; undefined is for a member they do not know.
 * @returns Who needed long, and what it saw until then.
 */
export async function untilSeen(
  observers: readonly LanAgent[],
  name: string,
  status: string | undefined,
): Promise<string | undefined> {
  const remarks = await Promise.all(observers.map((observer) => untilSeenBy(observer, name, status)));
  return remarks.find((remark) => remark !== undefined);
}

async function untilSeenBy(
  observer: LanAgent,
  name: string,
  status: string | undefined,
  patienceMs = PATIENCE_MS,
): Promise<string | undefined> {
  const beganMs = performance.now();
  let before = "";
  await until(
    `${observer.name} sees ${name} ${status ?? "no more"}`,
    async () => {
      const seen = (await membersSeenBy(observer)).get(name)?.status;
      if (seen === status) return true;
      before = seen ?? "unknown";
      throw new Error(`it is ${before} there`);
    },
    patienceMs,
  );
  const seconds = (performance.now() - beganMs) / 1000;
  if (seconds < LONG_SECONDS) return undefined;
  return `${name} was ${before} for ${observer.name} until ${seconds.toFixed(1)} s had passed`;
}

/** Waits until each of the LAN's agents sees each of them alive. */
export async function untilAllAlive(lan: Lan): Promise<string | undefined> {
  const remarks: (string | undefined)[] = [];
  for (const { name } of lan.agents) remarks.push(await untilSeen(lan.agents, name, "alive"));
  return remarks.find((remark) => remark !== undefined);
}

export async function allKnowAll(lan: Lan): Promise<void> {
  const names = lan.agents.map((agent) => nameOf(lan, agent)).join(", ");
  await hold(lan, `all list all alive: ${names}`, () => untilAllAlive(lan));
  await hold(lan, "every program's `members` prints the same of every agent", () => printsAgree(lan));
  await hold(lan, "addresses and tags are the same wherever they are read", () => factsAgree(lan));
}

async function printsAgree({ agents }: Lan): Promise<void> {
  const expected = agents.map(({ name }) => `${name} alive`).sort();
  for (const agent of agents)
    for (const kind of agent.kind === "Serf" ? (["Serf"] as const) : (["Consul", "Quorate"] as const)) {
      const printed = [...(await membersPrinted(agent, kind))].map(([name, status]) => `${name} ${status}`);
      assert.deepEqual(printed.sort(), expected, `${kind}'s members of ${agent.name}`);
    }
}

/** What each says of itself is what all the others say of it. */
async function factsAgree({ agents }: Lan): Promise<void> {
  for (const agent of agents) {
    const own = (await membersSeenBy(agent)).get(agent.name);
    for (const observer of agents)
      assert.deepEqual(
        (await membersSeenBy(observer)).get(agent.name),
        own,
        `${agent.name}, ${observer.name}`,
      );
  }
}

/** What the catalog is to say of a member: that it isn't there, or what its serfHealth is. */
export type Registration = "absent" | "passing" | "critical";

/** Our servers have no health endpoints yet: of them only the catalog is asked. */
export async function untilRegistered(lan: Lan, agent: LanAgent, wanted: Registration): Promise<void> {
  const { http } = lan.server.process;
  await until(
    `the catalog says ${wanted} of ${agent.name}`,
    async () => {
      const nodes = await getJson<readonly { readonly Node: string }[]>(http, "/v1/catalog/nodes");
      if (!nodes.some(({ Node }) => Node === agent.name)) return wanted === "absent";
      if (wanted === "absent") return false;
      if (lan.server.kind === "Quorate") return true;
      const path = `/v1/health/node/${agent.name}`;
      const checks = await getJson<readonly { CheckID: string; Status: string }[]>(http, path);
      return checks.some(({ CheckID, Status }) => CheckID === "serfHealth" && Status === wanted);
    },
    PATIENCE_MS,
  );
}

export function others({ agents }: Lan, victim: LanAgent): LanAgent[] {
  return agents.filter((agent) => agent !== victim);
}

/** Whether the catalog has a word on this member: it has none on Serf's, and cannot be asked of its own server's end. */
function isListed(lan: Lan, agent: LanAgent): boolean {
  return agent.kind !== "Serf" && agent !== lan.server;
}

async function untilKnown(
  lan: Lan,
  victim: LanAgent,
  status: string | undefined,
  registration: Registration,
): Promise<string | undefined> {
  const remark = await untilSeen(others(lan, victim), victim.name, status);
  if (isListed(lan, victim)) await untilRegistered(lan, victim, registration);
  return remark;
}

async function untilBack(lan: Lan, victim: LanAgent): Promise<string | undefined> {
  const remark = await untilAllAlive(lan);
  if (isListed(lan, victim)) await untilRegistered(lan, victim, "passing");
  return remark;
}

/** SIGSTOP and SIGCONT. */
export async function pauses(lan: Lan, victim: LanAgent): Promise<void> {
  const who = nameOf(lan, victim);
  await sleep(REST_MS);
  victim.process.signal("SIGSTOP");
  await hold(lan, `${who} is paused: failed for all others`, () =>
    untilKnown(lan, victim, "failed", "critical"),
  );
  victim.process.signal("SIGCONT");
  await hold(lan, `${who} goes on: nobody is lost for anybody`, () => untilBack(lan, victim));
}

/** kill -9, and another life on the same data. */
export async function dies(lan: Lan, victim: LanAgent): Promise<void> {
  const who = nameOf(lan, victim);
  await kill(lan, victim);
  await sleep(REST_MS);
  victim.process.start();
  await hold(lan, `${who} is started again: alive for all`, () => untilBack(lan, victim));
}

export async function kill(lan: Lan, victim: LanAgent): Promise<void> {
  await sleep(REST_MS);
  await victim.process.kill();
  await hold(lan, `${nameOf(lan, victim)} is killed: failed for all others`, () =>
    untilKnown(lan, victim, "failed", "critical"),
  );
}

export async function leaves(lan: Lan, victim: LanAgent): Promise<void> {
  const who = nameOf(lan, victim);
  await sleep(REST_MS);
  await hold(lan, `${who} leaves: left, not failed, for all others, and its process ends`, async () => {
    await tell(victim, "leave");
    const remark = await untilKnown(lan, victim, "left", "absent");
    await until("its process ends", () => !victim.process.isRunning(), PATIENCE_MS);
    assert.deepEqual(await victim.process.ended(), { code: 0, signal: null });
    return remark;
  });
  await victim.process.kill();
  await sleep(REST_MS);
  victim.process.start();
  await hold(lan, `${who} comes back after it left: alive for all`, () => untilBack(lan, victim));
}

/** Dies, and is declared to have left by another; then forgotten. */
export async function isForcedOut(lan: Lan, victim: LanAgent, by: LanAgent): Promise<void> {
  const who = nameOf(lan, victim);
  await kill(lan, victim);
  await sleep(REST_MS);
  await hold(lan, `${who} is forced out at ${nameOf(lan, by)}: left for all others`, async () => {
    await tell(by, "force-leave", [victim.name]);
    return untilKnown(lan, victim, "left", "absent");
  });
  await sleep(REST_MS);
  await hold(lan, `${who} is pruned at ${nameOf(lan, by)}: unknown to all others`, async () => {
    const remark = await prune(others(lan, victim), victim.name, by);
    await untilKnown(lan, victim, undefined, "absent");
    return remark;
  });
  await sleep(REST_MS);
  victim.process.start();
  // The catalog is not asked: to its leader, who remembers the intent, the member joins as one that is leaving, and is
  // registered with the next of Consul's reconciliations, up to a minute later.
  await hold(lan, `${who} comes back after it was forced out: alive for all`, () => untilAllAlive(lan));
}

/**
 * Serf's own weakness, in all of its kin: every push/pull that lists a member as left makes it leave "one later" for who
 * hears it, so that an intent of a moment after may be too old for some. An operator tells those too; so do we.
 * @returns Who had to be told.
 */
async function prune(
  observers: readonly LanAgent[],
  name: string,
  by: LanAgent,
): Promise<string | undefined> {
  await tell(by, "force-leave", ["-prune", name]);
  const deaf: string[] = [];
  for (const observer of observers) {
    const heard = untilSeenBy(observer, name, undefined, SPREAD_MS);
    const missed = await heard.then(() => false).catch(() => true);
    if (!missed) continue;
    deaf.push(observer.name);
    await tell(observer, "force-leave", ["-prune", name]);
  }
  return deaf.length === 0 ? undefined : `too old an intent for ${deaf.join(", ")}, told again`;
}

/** An agent that knew nobody joins through one that is told on the command line, and leaves again. */
export async function joinsThrough(lan: Lan, joiner: LanAgent, through: LanAgent): Promise<void> {
  const who = nameOf(lan, joiner);
  joiner.process.start();
  lan.agents.push(joiner);
  await hold(lan, `${who} joins through ${nameOf(lan, through)}: known to all`, async () => {
    await until("it can be asked", async () => (await membersSeenBy(joiner)).size === 1, PATIENCE_MS);
    await tell(joiner, "join", [through.gossip]);
    return untilBack(lan, joiner);
  });
  lan.agents.pop();
  await hold(lan, `${who} leaves again`, async () => {
    await tell(joiner, "leave");
    return untilSeen(lan.agents, joiner.name, "left");
  });
  await joiner.process.kill();
}

/** The tags' names of one member, as it tells them itself. */
export async function tagNames(agent: LanAgent): Promise<string[]> {
  const facts: MemberFacts | undefined = (await membersSeenBy(agent)).get(agent.name);
  return Object.keys(facts?.tags ?? {}).sort();
}

/** Whether the catalog has the member with the id and the address that it tells of itself, serfHealth passing. */
export async function isInCatalog(lan: Lan, agent: LanAgent): Promise<void> {
  await untilRegistered(lan, agent, "passing");
  const nodes = await getJson<readonly { ID: string; Node: string; Address: string }[]>(
    lan.server.process.http,
    "/v1/catalog/nodes",
  );
  const { ID, Address } = nodes.find(({ Node }) => Node === agent.name) ?? {};
  const { id } = (await membersSeenBy(agent)).get(agent.name)?.tags ?? {};
  assert.deepEqual([ID, Address], [id, agent.process.spec.ip]);
}
