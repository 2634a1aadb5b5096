// Serf's half of a pool's state: members with their standing, Lamport clocks, what was seen of events and queries.

import type { DeadlineHeap } from "../../lib/deadline-heap.ts";
import type { MemberStatus } from "../../model/member.ts";
import type { EventContent } from "../../wire/gossip/serf-messages.ts";
import type { BroadcastQueue } from "../broadcast-queue.ts";
import type { NodeRecord } from "../node-record.ts";
import type { Coalescing } from "./coalesce.ts";
import type { Coordinates } from "./coordinates.ts";
import type { Forcing } from "./on-force-leave.ts";
import type { Rejoin } from "./rejoin.ts";

/** A member as Serf knows it, from its first join until it is reaped. */
export interface MemberState {
  readonly name: string;
  /** What its node said when it last came or changed its tags. */
  record: NodeRecord;
  status: MemberStatus;
  /** Lamport time of the latest intent about it; older intents are out of date. */
  statusLTime: number;
  /** When it failed, left or said that it would leave, in whole milliseconds; 0 otherwise. */
  leftAtMs: number;
}

/** What somebody said of a node that we do not know yet. */
export interface RecentIntent {
  readonly type: "join" | "leave";
  readonly lTime: number;
  readonly heardAtMs: number;
}

/** The next time that each kind of message gets: above all that were heard of. From 1. */
export interface LamportClocks {
  member: number;
  event: number;
  query: number;
}

/** The user events of one Lamport time. */
export interface EventSlot {
  readonly lTime: number;
  readonly events: EventContent[];
}

/** The ids of the queries of one Lamport time. */
export interface QuerySlot {
  readonly lTime: number;
  readonly ids: number[];
}

/** A query of ours, until its time is up. */
export interface AskedQuery {
  readonly id: number;
  readonly owner: QueryOwner;
  readonly untilMs: number;
  /** Who said that it got the query, and who answered it. */
  readonly acks: Set<string>;
  readonly answers: Set<string>;
}

/** Whom the answers are for. */
export type QueryOwner =
  | { readonly by: "agent"; readonly op: number }
  /** The vote on who has our name: how many said whom they mean by it, and how many of them mean us. */
  | { readonly by: "conflict"; responses: number; matching: number };

/** Another's query, until it is answered or too late to. */
export interface HeardQuery {
  readonly lTime: number;
  readonly id: number;
  /** Where answers go. */
  readonly addr: Uint8Array | null;
  readonly port: number;
  readonly sourceNode: string;
  readonly relayFactor: number;
  readonly untilMs: number;
}

export interface SerfState {
  /** By name, ourselves too. */
  readonly members: Map<string, MemberState>;
  /** How many of `members` have each status. */
  readonly counts: Record<MemberStatus, number>;
  /** By node, oldest first. */
  readonly recentIntents: Map<string, RecentIntent>;
  readonly clocks: LamportClocks;
  /** Earlier user events are not for us: they were fired before we joined. */
  eventMinTime: number;
  /** By Lamport time modulo the size of the window. */
  readonly events: Map<number, EventSlot>;
  readonly coalescing: Coalescing;
  readonly queries: Map<number, QuerySlot>;
  /** Earlier queries are not for us: they were asked before we were restarted. */
  queryMinTime: number;
  /** By Lamport time, of which each of our queries has its own. */
  readonly asked: Map<number, AskedQuery>;
  readonly askedTimers: DeadlineHeap<number>;
  /** Those that the agent was told of, by a number of our own, oldest first. */
  readonly heard: Map<number, HeardQuery>;
  nextHeard: number;
  /** Queries that changed our keys, to be answered once the change is kept. By the number of the change, oldest first. */
  readonly keyAnswers: Map<number, HeardQuery>;
  nextKeyAnswer: number;
  readonly intentBroadcasts: BroadcastQueue;
  readonly queryBroadcasts: BroadcastQueue;
  readonly eventBroadcasts: BroadcastQueue;
  /** Members that are to be forgotten although they have not left for good yet (force-leave with prune). */
  readonly prunes: DeadlineHeap<string>;
  readonly rejoin: Rejoin;
  /** How often a member that had failed was back within a minute. */
  flaps: number;
  /** Who waits until the pool knows whom they gave up; oldest first. */
  readonly forcings: Forcing[];
  /** Undefined where they are disabled. */
  readonly coordinates: Coordinates | undefined;
}
