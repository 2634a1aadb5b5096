// Sets up a LAN for one scenario: an agent of each kind that is asked for, on addresses of its own, started together and
// killed in the end whatever happens.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { withFolder } from "../../test/support/cluster.ts";
import { freePorts, loopbackIps } from "../../test/support/loopback.ts";
import type { Promises } from "../report/promises.ts";
import { createLanAgent, type Kind, type LanAgent } from "./agents.ts";
import type { Lan } from "./lan.ts";

/** What is run by name and judged by the promises that it keeps. */
export interface InteropScenario {
  /** What `--only` calls it. */
  readonly name: string;
  /** It needs the addresses of Linux's loopback, which keep two agents of one machine from each other. */
  readonly linuxOnly?: boolean;
  /** @throws Error when any promise broke. */
  readonly run: (promises: Promises) => Promise<void>;
}

export function isInstalled(program: string): boolean {
  return spawnSync(program, ["version"]).error === undefined;
}

/** An agent's name, its kind, and what else it is started with. */
export type Cast = readonly (readonly [name: string, kind: Kind, flags?: readonly string[]])[];

/** One agent of Serf's where it is installed, nobody otherwise. */
export const SERF: Cast = isInstalled("serf") ? [["serf1", "Serf"]] : [];

export type Create = (name: string, kind: Kind, flags?: readonly string[]) => LanAgent;

/**
 * An agent for each name, the first of which is a server; each joins whichever of the others it finds, whenever it is
 * started. Killed in the end, as are those that `create` adds, which join nobody by themselves.
 */
export async function withLan(
  title: string,
  kinds: Cast,
  promises: Promises,
  use: (lan: Lan, create: Create) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const ips = loopbackIps(kinds.length + MOST_LATE);
    const places = await Promise.all(ips.map(async (ip) => ({ ip, ports: await freePorts(ip) })));
    const joins = places.slice(0, kinds.length).map(({ ip, ports }) => `${ip}:${ports.serfLan}`);
    const take = (): (typeof places)[number] => places.shift() as (typeof places)[number];
    const agents = kinds.map(([name, kind, flags], at) =>
      createLanAgent({
        kind,
        name,
        ...take(),
        folder,
        server: at === 0,
        joins: joins.toSpliced(at, 1),
        flags,
      }),
    );
    const created = [...agents];
    const lan: Lan = { title, agents, server: agents[0] as LanAgent, promises };
    try {
      for (const { process } of agents) process.start();
      await use(lan, (name, kind, flags) => {
        const late = createLanAgent({ kind, name, ...take(), folder, flags });
        created.push(late);
        return late;
      });
    } finally {
      await Promise.all([...created, ...lan.agents].map(({ process }) => process.kill()));
    }
    if (promises.broken > 0) throw new Error(`${title}: something broke`);
  });
}

/** Agents that `create` may add. */
const MOST_LATE = 4;

export function agentOf({ agents }: Lan, name: string): LanAgent {
  const found = agents.find((agent) => agent.name === name);
  assert(found !== undefined, name);
  return found;
}
