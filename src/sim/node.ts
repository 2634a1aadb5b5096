// A simulated machine: one agent with a clock and a disk. It can crash and come back (with the same disk, another life,
// perhaps another build), or be stopped and go on (SIGSTOP): then what arrives waits.

import type { AgentConfig } from "../core/agent/config.ts";
import type { Input } from "../core/agent/ports.ts";
import type { Agent } from "../core/agent/state.ts";
import type { GossipPool } from "../core/gossip/ports.ts";
import type { Chance } from "../core/lib/chance.ts";
import type { Digest } from "../core/lib/digest.ts";
import { createDigest } from "../core/lib/digest.ts";
import { type Address, joinHostPort } from "../core/model/address.ts";
import { type AgentBuild, THIS_BUILD } from "./builds.ts";
import { type ClockSetting, createClock, type SimClock } from "./clock.ts";
import { createSimDisk, type SimDisk } from "./disk.ts";

export interface SimNode {
  readonly index: number;
  readonly name: string;
  /** What its next life starts with; what is kept on its disk goes before it. */
  config: AgentConfig;
  /** Where its pools are reached, in whatever life. */
  readonly gossipAt: Readonly<Record<GossipPool, Address>>;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  /** What its next life runs, and this one if it is up. */
  build: AgentBuild;
  /** Undefined while it is down. */
  agent: Agent | undefined;
  /** Grows with each start: what was meant for an earlier life does not reach this one. */
  life: number;
  /** This life's door to chance. */
  chance: Chance | undefined;
  paused: boolean;
  /** What arrived while it was stopped. */
  readonly backlog: Input[];
  /** A flush is to come. */
  flushPending: boolean;
  /** When its agent wanted to be woken next, by its own clock, when its last turn ended. */
  dueMs: number;
  /** When it is woken next, in true time, and which of the wake events counts. */
  wakeAtUs: number;
  wakeNumber: number;
  /** Runs of checks of which its agent wants to know nothing any more. */
  readonly unwanted: Set<number>;
  /** Added to the latency of its disk. */
  diskStallUs: number;
  readonly digest: Digest;
}

export function createNode(index: number, config: AgentConfig, clock: ClockSetting): SimNode {
  return {
    index,
    name: config.nodeName,
    config,
    gossipAt: {
      lan: joinHostPort(config.advertiseIp, config.ports.serfLan),
      wan: joinHostPort(config.advertiseIp, config.ports.serfWan),
    },
    clock: createClock(clock),
    disk: createSimDisk(),
    build: THIS_BUILD,
    agent: undefined,
    life: 0,
    chance: undefined,
    paused: false,
    backlog: [],
    flushPending: false,
    dueMs: Number.POSITIVE_INFINITY,
    wakeAtUs: Number.POSITIVE_INFINITY,
    wakeNumber: 0,
    unwanted: new Set(),
    diskStallUs: 0,
    digest: createDigest(),
  };
}

export function isUp(node: SimNode): boolean {
  return node.agent !== undefined;
}
