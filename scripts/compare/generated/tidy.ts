// Takes back what a sequence has left in an agent, so that the next one finds nothing of it where everything is listed.

import { setTimeout as sleep } from "node:timers/promises";
import type { Agent } from "../agents.ts";

/** How long an agent may take to tell the catalog what it does not look after any more. */
const PATIENCE_MS = 30_000;
const ROUNDS = 50;

/** Entries that others depend on go after those. */
const KINDS: readonly string[] = [
  ...["ingress-gateway", "terminating-gateway", "service-router", "service-splitter", "service-resolver"],
  ...["service-defaults", "proxy-defaults"],
];

export async function tidy(agent: Agent, prefix: string): Promise<void> {
  const ask = asker(agent);
  for (const { ID } of await ask<{ ID: string }>("GET", "query")) await ask("DELETE", `query/${ID}`);
  for (const { ID } of await ask<{ ID: string }>("GET", "connect/intentions"))
    await ask("DELETE", `connect/intentions/${ID}`);
  for (const { ID } of await ask<{ ID: string }>("GET", "session/list"))
    await ask("PUT", `session/destroy/${ID}`);
  await ask("DELETE", `kv/${prefix}/?recurse`);
  for (const kind of KINDS)
    for (const { Name } of await ask<{ Name: string }>("GET", `config/${kind}`))
      await ask("DELETE", `config/${kind}/${encodeURIComponent(Name)}`);
  for (const { Node } of await ask<{ Node: string }>("GET", "catalog/nodes?filter=Node!=n1"))
    await ask("PUT", "catalog/deregister", { Node });
  await tidyAgent(ask);
}

/** What the agents wrote was not the same: a node comes and goes, so that the tables of both have changed by the same last. */
export async function evenOut(agent: Agent, prefix: string): Promise<void> {
  const ask = asker(agent);
  const node = { Node: `${prefix}even`, Address: "1.1.1.1" };
  await ask("PUT", "catalog/register", {
    ...node,
    Service: { Service: `${prefix}even` },
    Check: { Name: "even", Status: "passing" },
  });
  await ask("PUT", "catalog/deregister", { Node: node.Node });
}

type Ask = <Item>(method: string, path: string, body?: unknown) => Promise<readonly Item[]>;

async function tidyAgent(ask: Ask): Promise<void> {
  const services = await ask<{ ID: string }>("GET", "agent/services");
  const checks = await ask<{ CheckID: string }>("GET", "agent/checks");
  for (const { ID } of services) await ask("PUT", `agent/service/deregister/${ID}`);
  for (const { CheckID } of await ask<{ CheckID: string }>("GET", "agent/checks"))
    await ask("PUT", `agent/check/deregister/${CheckID}`);
  if (services.length + checks.length === 0) return;
  const until = performance.now() + PATIENCE_MS;
  for (let round = 1; performance.now() < until; round++) {
    const left = await leftOf(ask);
    if (left.length === 0) return;
    // What is registered and taken back within a moment, Consul 1.8 may only find in the catalog a minute later.
    if (round % ROUNDS === 0)
      for (const each of left) await ask("PUT", "catalog/deregister", { Node: "n1", ...each });
    await sleep(10);
  }
  throw new Error("the catalog keeps what an agent was told to take back");
}

/** What the catalog has of the agent's own, but for what is always there. */
async function leftOf(ask: Ask): Promise<readonly object[]> {
  const checks = await ask<{ CheckID: string }>("GET", "health/node/n1?filter=CheckID!=serfHealth");
  const [, services] = await ask<object>("GET", "catalog/node/n1?filter=Service!=consul");
  return [
    ...checks.map(({ CheckID }) => ({ CheckID })),
    ...Object.keys(services ?? {}).map((ServiceID) => ({ ServiceID })),
  ];
}

/** @returns A list, or the values of an object; nothing of an answer that is neither. */
function asker({ http: { host, port } }: Agent): Ask {
  return async <Item>(method: string, path: string, body?: unknown): Promise<readonly Item[]> => {
    const answer = await fetch(`http://${host}:${port}/v1/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (method !== "GET" || answer.status !== 200) return [];
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? Object.values(value) : [];
  };
}
