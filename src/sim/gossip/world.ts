// The world of gossip alone: members by the thousand, a network, one queue of events in true time, every choice behind one
// door. Equal options and equal choices give equal runs: the digest says so. Nothing of catalogs, servers or Raft is in it.
// Here is what a world consists of; run.ts lets time pass in it, faults.ts does things to members.

import type { GossipConfig } from "../../core/gossip/config.ts";
import type { GossipEffect, GossipInput, GossipPool } from "../../core/gossip/ports.ts";
import { assert } from "../../core/lib/assert.ts";
import { type Chance, seededChance } from "../../core/lib/chance.ts";
import { createDigest, type Digest, printDigest } from "../../core/lib/digest.ts";
import type { Address } from "../../core/model/address.ts";
import { type ClockSetting, TRUE_TIME } from "../clock.ts";
import { createEventQueue, type EventQueue, pushEvent, type QueueShape } from "../event-queue.ts";
import { CALM, type LinkWeather } from "../weather.ts";
import { createLinks, type Links } from "./links.ts";
import { createMember, MOST_MEMBERS, memberConfig, type SimMember } from "./member.ts";
import { createSharing } from "./sharing.ts";
import type { SimStream } from "./streams.ts";

export interface GossipWorldOptions {
  /** Everything is drawn from it. */
  readonly seed: string;
  readonly members: number;
  /** A LAN, unless it is said. */
  readonly pool?: GossipPool;
  /** Gossip's knobs, instead of those that the pool has with Consul. */
  readonly knobs?: Partial<GossipConfig>;
  readonly weather?: LinkWeather;
  /** What a way takes longer from one datacenter to another, in microseconds. */
  readonly farUs?: number;
  /** By the member's place; true time for those that are not named. */
  readonly clocks?: readonly ClockSetting[];
  /** Where choices come from, by purpose: a seeded source unless it is given. */
  readonly chances?: (purpose: string) => Chance;
  /** A planted bug, to see the checkers at work. */
  readonly planted?: string | undefined;
  /** Another order of the same moves of the queue of events: nothing may depend on it. */
  readonly queueShape?: QueueShape | undefined;
  /** Each machine is put into plain data and back after so many steps of all: what that loses was not part of its state. */
  readonly reloadEvery?: number | undefined;
  /**
   * For thousands: one copy of all that is equal (sharing.ts), and the memory of a push-pull is used again when it has been
   * taken in. Runs are the same; observers keep nothing of a push-pull.
   */
  readonly sparing?: boolean | undefined;
}

/** Those who look on. They see every step and may not change what they see. */
export interface GossipObserver {
  beforeStep?(member: SimMember, input: GossipInput): void;
  afterStep?(member: SimMember, input: GossipInput, nowMs: number, effects: readonly GossipEffect[]): void;
  onStart?(member: SimMember): void;
  /** A process ended: it was killed, or it had left (`left`). */
  onEnd?(member: SimMember, left: boolean): void;
  /** A fault, or what a user did, in words. */
  onNote?(member: SimMember | undefined, text: string): void;
}

export type GossipEvent =
  /** A datagram comes to an address, whoever lives there by then. */
  | { readonly kind: "packet"; readonly to: number; readonly input: GossipInput }
  | { readonly kind: "input"; readonly to: number; readonly life: number; readonly input: GossipInput }
  | { readonly kind: "wake"; readonly to: number; readonly atUs: number }
  | { readonly kind: "call"; readonly call: () => void };

/** What was sent so far, headers of UDP, TCP and IP not counted. */
export interface Traffic {
  packets: number;
  packetBytes: number;
  streams: number;
  streamBytes: number;
}

export interface GossipWorld {
  readonly options: GossipWorldOptions;
  readonly pool: GossipPool;
  readonly chances: (purpose: string) => Chance;
  readonly members: readonly SimMember[];
  readonly byAddress: ReadonlyMap<Address, SimMember>;
  readonly byName: ReadonlyMap<string, SimMember>;
  readonly links: Links;
  readonly queue: EventQueue<GossipEvent>;
  readonly chance: Chance;
  readonly observers: GossipObserver[];
  readonly digest: Digest;
  /** True time, in microseconds from the beginning. */
  nowUs: number;
  /** Events taken, and steps of machines. */
  events: number;
  steps: number;
  readonly traffic: Traffic;
  /** Streams that are open, by their number in the world. */
  readonly streams: Map<number, SimStream>;
  nextStream: number;
  /** Used again and again: what becomes of a datagram. */
  readonly copies: number[];
}

/** A world whose members are still down. */
export function createGossipWorld(options: GossipWorldOptions): GossipWorld {
  const { seed, members: count, pool = "lan", planted, clocks = [] } = options;
  assert(count >= 1 && count <= MOST_MEMBERS, "a world has one to a million members");
  const chances = options.chances ?? ((purpose: string) => seededChance(`${seed}/${purpose}`));
  const sharing = options.sparing === true ? createSharing() : undefined;
  const knobs = { sharing, ...options.knobs, planted };
  const members = Array.from({ length: count }, (_, index) =>
    createMember(index, memberConfig(index, count, knobs, pool), clocks[index] ?? TRUE_TIME),
  );
  return {
    options,
    pool,
    chances,
    members,
    byAddress: new Map(members.map((member) => [member.address, member])),
    byName: new Map(members.map((member) => [member.name, member])),
    links: createLinks(options.weather ?? CALM, options.farUs ?? 0),
    queue: createEventQueue(options.queueShape),
    chance: chances("world"),
    observers: [],
    digest: createDigest(),
    nowUs: 0,
    events: 0,
    steps: 0,
    traffic: { packets: 0, packetBytes: 0, streams: 0, streamBytes: 0 },
    streams: new Map(),
    nextStream: 1,
    copies: [],
  };
}

/** The whole run so far in sixteen digits. */
export function gossipWorldDigest({ digest }: GossipWorld): string {
  return printDigest(digest);
}

/** Calls back at a true time: for those who act on the world from outside. */
export function callGossipAt(world: GossipWorld, timeUs: number, call: () => void): void {
  pushEvent(world.queue, timeUs, { kind: "call", call });
}

export function noteGossip(world: GossipWorld, member: SimMember | undefined, text: string): void {
  for (const observer of world.observers) observer.onNote?.(member, text);
}
