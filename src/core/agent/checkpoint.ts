// A whole agent as plain data, and back: what checkpoints, time travel and the check that nothing hides outside the state
// are made of. Chance is no part of it: who loads an agent gives it a door of its own.

import type { Chance } from "../lib/chance.ts";
import { createDigest, printDigest } from "../lib/digest.ts";
import { copyPlain, digestPlain } from "../lib/plain.ts";
import { createRememberedReads } from "../service/remembered-reads.ts";
import { dumpSnapshots, loadSnapshots, type SnapshotsDump } from "../snapshot/dump.ts";
import { dumpStore, loadStore, type StoreDump } from "../store/snapshot.ts";
import type { Agent } from "./state.ts";

/** Grows when the state's shape does: a dump of another version is not loaded. */
export const CHECKPOINT_VERSION = 16;

export interface AgentDump {
  readonly version: number;
  /** The agent's record without its store and its doors. */
  readonly machines: unknown;
  /** The replicated tables, which have a plain form of their own; undefined for a client agent. */
  readonly store: StoreDump | undefined;
  readonly snapshots: SnapshotsDump | undefined;
  /** Of a snapshot that waits for the log to be read. */
  readonly incoming: StoreDump | undefined;
}

/** Everything the agent knows, sharing nothing with it. */
export function dumpAgent(agent: Agent): AgentDump {
  const { server } = agent.service;
  if (server === undefined)
    return {
      version: CHECKPOINT_VERSION,
      machines: copyPlain(agent),
      store: undefined,
      snapshots: undefined,
      incoming: undefined,
    };
  const { store, reads: _, ...rest } = server;
  const { snapshots, incoming } = agent;
  const machines = copyPlain({
    ...agent,
    snapshots: undefined,
    incoming: incoming && { meta: incoming.meta },
    service: { ...agent.service, server: rest },
  });
  return {
    version: CHECKPOINT_VERSION,
    machines,
    store: copyPlain(dumpStore(store)),
    snapshots: snapshots && dumpSnapshots(snapshots),
    incoming: incoming && copyPlain(dumpStore(incoming.store)),
  };
}

/** An agent that goes on where the dumped one was, with another source of chance. The dump is used up. */
export function loadAgent(dump: AgentDump, chance: Chance): Agent {
  const agent = dump.machines as Agent;
  const { server } = agent.service;
  const give = (machine: object | undefined): void => {
    if (machine !== undefined) Object.assign(machine, { chance });
  };
  const { lan, wan } = agent.pools;
  for (const machine of [agent, lan, wan, agent.service, agent.wal, agent.local, server?.raft]) give(machine);
  if (server !== undefined && dump.store !== undefined)
    Object.assign(server, { store: loadStore(dump.store), reads: createRememberedReads() });
  if (dump.snapshots !== undefined) agent.snapshots = loadSnapshots(dump.snapshots);
  if (agent.incoming !== undefined && dump.incoming !== undefined)
    agent.incoming = { ...agent.incoming, store: loadStore(dump.incoming) };
  return agent;
}

/** Sixteen digits that say all of the agent's state: equal states have equal digests, whatever their history. */
export function digestAgent(agent: Agent): string {
  const digest = createDigest();
  digestPlain(digest, dumpAgent(agent));
  return printDigest(digest);
}
