// One member of a gossip-only world: its machine, its clock, what its process is doing, what waits for it.

import { CONSUL_GOSSIP_VERSIONS, type GossipConfig, gossipTimings } from "../../core/gossip/config.ts";
import type { KeyText } from "../../core/gossip/keyring.ts";
import type { GossipEffect, GossipInput, GossipPool } from "../../core/gossip/ports.ts";
import type { Gossip } from "../../core/gossip/state.ts";
import { type Address, joinHostPort } from "../../core/model/address.ts";
import { type ClockSetting, createClock, type SimClock } from "../clock.ts";
import { homeOf, poolTags } from "./pools.ts";

export interface SimMember {
  readonly index: number;
  readonly name: string;
  readonly address: Address;
  readonly config: GossipConfig;
  readonly clock: SimClock;
  /** Its ring as its disk remembers it; undefined until it has changed. */
  keptKeys: readonly KeyText[] | undefined;
  /** Undefined while its process does not run. */
  gossip: Gossip | undefined;
  /** Grows with each start and each end: what was meant for an earlier process does not reach a later one. */
  life: number;
  /** Stopped, as by SIGSTOP: nothing happens until it goes on, and what arrives waits. */
  paused: boolean;
  /** Its messages wait, those that come and those that go, and its timers ring on: Lifeguard's slow message processing. */
  blocked: boolean;
  readonly inbox: GossipInput[];
  readonly outbox: GossipEffect[];
  /** The earliest wake in the queue, in true time. */
  wakeAtUs: number;
  /** The datacenter that it is in, and the side on which it is while it is not cut off. */
  readonly home: number;
  /** Which of the network's sides it is on: see links.ts. */
  side: number;
  /** When it was last seen in trouble of any kind, or began its life: what others think of it has reasons until then. */
  unwellUs: number;
}

/** More than a million members have no address here. */
export const MOST_MEMBERS = 1_000_000;
const PORT = 8301;

/** m0, m1, … with as many zeros before the number as the last one needs. */
export function memberName(index: number, members: number): string {
  return `m${String(index).padStart(String(members - 1).length, "0")}`;
}

/** An agent of Consul's as its pool sees it, with the pool's defaults: a client agent in a LAN, a server in the WAN. */
export function memberConfig(
  index: number,
  members: number,
  knobs: Partial<GossipConfig>,
  pool: GossipPool = "lan",
): GossipConfig {
  const host = index + 1;
  return {
    ...gossipTimings(pool),
    name: memberName(index, members),
    ip: `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`,
    port: PORT,
    tags: poolTags(pool, index),
    versions: CONSUL_GOSSIP_VERSIONS,
    ...knobs,
  };
}

export function createMember(index: number, config: GossipConfig, clock: ClockSetting): SimMember {
  const home = homeOf(config.admission ?? "lan", index);
  return {
    index,
    name: config.name,
    address: joinHostPort(config.ip, config.port),
    config,
    clock: createClock(clock),
    keptKeys: undefined,
    gossip: undefined,
    life: 0,
    paused: false,
    blocked: false,
    inbox: [],
    outbox: [],
    wakeAtUs: Number.POSITIVE_INFINITY,
    home,
    side: home,
    unwellUs: 0,
  };
}

/** Whether its process runs and does what it should. */
export function isRunning({ gossip, paused, blocked }: SimMember): boolean {
  return gossip !== undefined && !paused && !blocked;
}
